"""`tillit simulate`: three files that belong together, and what it refuses."""

import json

import pytest
from click.testing import CliRunner

from survey.cli import main


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_what_it_writes_can_be_analysed(tmp_path):
    data = tmp_path / "answers.csv"
    done = run("simulate", data, "--construct", "trust", "--construct", "quality", "--icc", "0.3")
    assert done.exit_code == 0, done.output
    assert "120 rows of 12 partners" in done.output
    truth = json.loads((tmp_path / "answers.truth.json").read_text())
    assert truth["seed"] == 1
    assert truth["design"]["icc"] == 0.3
    assert len(truth["partners"]["quality"]) == 12
    scales = tmp_path / "answers.toml"
    words = ("analyse", data, "--scales", scales, "--partner", "partner", "--json", "-")
    found = json.loads(run(*words).stdout)
    assert [row["partner"] for row in found["partners"]["trust"]] == [
        row["partner"] for row in truth["partners"]["trust"]
    ]


def test_the_same_seed_writes_the_same_files(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        assert run("simulate", tmp_path / folder / "x.csv", "--seed", 7).exit_code == 0
    for file in ("x.csv", "x.toml", "x.truth.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_files_that_are_there_stay_unless_forced(tmp_path):
    data = tmp_path / "x.csv"
    (tmp_path / "x.toml").write_text("mine")
    refused = run("simulate", data)
    assert refused.exit_code == 2
    assert "x.toml would be written over" in refused.output
    assert not data.exists()
    assert run("simulate", data, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x.csv", "--icc", "0.9"], "add up to more than alpha"),
        (["x.csv", "--each", "13"], "each is 13; give 1 to 12"),
        (["x.toml"], "end its name in .csv"),
        (["nowhere/x.csv"], "there is no folder nowhere"),
        (["x.csv", "--raters", "0"], "not in the range"),
    ],
)
def test_what_makes_no_sense_is_refused(words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run("simulate", *words)
    assert refused.exit_code == 2
    assert told in refused.output
    assert list(tmp_path.iterdir()) == []


def test_two_sides_and_waves_are_found_by_the_command_that_it_prints(tmp_path):
    data = tmp_path / "answers.csv"
    words = (
        "--waves",
        2,
        "--sides",
        2,
        "--agreement",
        1,
        "--accuracy",
        1,
        "--items",
        2,
        "--raters",
        20,
    )
    facts = ("--false-consensus", "3=1.8", "--few", "12=2", "--tied", 1, "--tied", 2)
    done = run("simulate", data, *words, *facts, "--rater-group", 0.2, "--rater-group", 0)
    assert done.exit_code == 0, done.output
    command = done.output.splitlines()[-1].split()
    assert command[-6:] == ["--partner", "partner", "--side", "side", "--wave", "wave"]
    found = json.loads(run(*command[1:], "--json", "-").stdout)
    pairs = found["two_sides"]["scales"]["trust"]["partners"]
    blind = [pair["partner"] for pair in pairs if pair["state_a"] == "false consensus"]
    assert blind == ["p03"]
    truth = json.loads((tmp_path / "answers.truth.json").read_text())
    assert truth["design"]["planted"]["few"] == [[12, 2]]


@pytest.mark.parametrize(
    ("option", "told"), [("--falling=3", "write 3=0.4"), ("--few=3=0.5", "write 3=2")]
)
def test_a_fact_needs_a_partner_and_a_number(option, told, tmp_path):
    refused = run("simulate", tmp_path / "x.csv", "--waves", 2, option)
    assert refused.exit_code == 2
    assert told in refused.output
