"""`tillit analyse` with raters, weights and levels: from what is typed to what is said."""

import json

import polars as pl
import pytest
from click import UsageError
from click.testing import CliRunner

from analysis.simulation import Design, scales_toml, simulate
from survey.cli.analyse import analyse
from survey.cli.analysed_rows import CODE, Asked, rules_for
from survey.cli.analysed_weights import weights_from


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    simulated = simulate(Design(partners=5, raters=6, each=2, items=2, constructs=("a", "b")), 1)
    path = tmp_path_factory.mktemp("partners")
    simulated.frame.with_columns(wave=pl.lit(1)).write_csv(path / "answers.csv")
    (path / "scales.toml").write_text(scales_toml(simulated), encoding="utf-8")
    return path


@pytest.fixture
def run(folder):
    def typed(*words):
        fixed = ["answers.csv", "--scales", "scales.toml", "--partner", "partner", "--json", "-"]
        files = [str(folder / word) if "." in word and word[0] != "-" else word for word in fixed]
        return CliRunner().invoke(analyse, [*files, *words])

    return typed


def test_raters_and_weights_are_in_the_document(run):
    result = run("--rater", "rater", "--weight", "a=3", "--weight", "b=1", "--two-level")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["raters"]["scales"]["a"]["reason"] is None
    assert document["composite"]["weights"] == {"a": 0.75, "b": 0.25}
    assert document["two_level"]["a"]["omega_within"] is None
    assert "linked_waves" not in document


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--weight", "a"], "'a' is no weight; give SCALE=NUMBER"),
        (["--weight", "a=much"], "the weight of 'a' is 'much'; give a number above 0"),
        (["--weight", "a=1", "--weight", "a=2"], "'a' has two weights"),
        (["--weight", "a=0", "--weight", "b=1"], "The weight of 'a' is 0.0; give a number above 0"),
        (["--weight", "a=nan", "--weight", "b=1"], "The weight of 'a' is nan"),
        (["--weight", "c=1", "--weight", "b=1"], "'c', which is no scale; the scales are 'a', 'b'"),
        (["--rater", "who"], "--rater: there is no column 'who'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_words_of_the_command(run, typed, told):
    result = run(*typed)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_of_an_instrument_outcomes_do_not_weigh():
    kinds = {"trust": "relationship", "price": "performance", "renew": "outcome"}
    assert weights_from([], composite=True, kinds=kinds) == {"trust": 1.0, "price": 1.0}
    assert weights_from([], composite=False, kinds=kinds) is None
    assert weights_from([], composite=True, kinds={"renew": "outcome"}) is None


class Closed:
    """The rules of a snapshot, as a file of it would bring them."""

    partner, min_n = "partner", 1

    def __init__(self, frame):
        self.frame, self.snapshot = frame, self


def test_a_snapshot_without_codes_links_no_raters():
    frame = pl.DataFrame({"partner": ["x"], "side": ["ours"], "wave": [1]})
    rules = rules_for(Closed(frame), Asked(rater=CODE))
    assert rules.frame[CODE].to_list() == [None]
    marked = frame.with_columns(code=pl.lit("c1"))
    assert rules_for(Closed(marked), Asked(rater=CODE)).frame[CODE].to_list() == ["c1"]
    with pytest.raises(UsageError, match="give --rater code"):
        rules_for(Closed(frame), Asked(rater="person"))
