"""Where instruments and banks are found, and how often they are read."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import questionnaires
from questionnaires import (
    InstrumentError,
    UnknownInstrument,
    available,
    check_file,
    load,
    load_file,
)
from questionnaires.loader import Library

PACKAGE = Path(questionnaires.__file__).parent
ONE_FILE = """
id = "trust_only"
sides = ["ours"]
perspectives = ["direct"]
min_answered = 1
off_scale = []
sources = []

[title]
en = "Trust"
nb = "Tillit"
nn = "Tillit"
is = "Traust"

[reference_period]
en = "The last month."
nb = "Den siste måneden."
nn = "Den siste månaden."
is = "Síðasti mánuður."

[introduction.ours]
en = "Rate {partner}."
nb = "Vurder {partner}."
nn = "Vurder {partner}."
is = "Mettu {partner}."

[[pages]]
items = ["trust_keeps_promises"]
"""


def test_a_shipped_instrument_is_loaded_once():
    assert load("grunig7") is load("grunig7")


def test_an_unknown_instrument_is_a_named_error_with_a_suggestion():
    with pytest.raises(UnknownInstrument, match="did you mean «grunig7»") as caught:
        load("grunig_7")
    assert caught.value.problems[0].subject == "grunig_7"


@pytest.mark.parametrize("instrument_id", ["../instruments/grunig7", "grunig7.toml", "", "/"])
def test_an_id_is_no_path(instrument_id):
    with pytest.raises(UnknownInstrument):
        load(instrument_id)


def test_loading_is_fast_after_the_first_parse():
    for instrument_id in available():
        load(instrument_id)
    began = time.process_time()
    library = Library(PACKAGE)
    library.bank  # noqa: B018 (the first parse)
    parsed = time.process_time()
    for instrument_id in available():
        library.load(instrument_id)
    read = time.process_time()
    for instrument_id in available():
        load(instrument_id)
    assert read - parsed < 0.05
    assert time.process_time() - read < 0.005
    assert parsed - began < 1


def test_a_file_of_ones_own_uses_the_shipped_bank(tmp_path):
    path = tmp_path / "trust_only.toml"
    path.write_text(ONE_FILE, encoding="utf-8")
    instrument = load_file(str(path))
    assert instrument.items[0].texts == {
        "ours": {"direct": load("grunig7").item("trust_keeps_promises").texts["ours"]["direct"]}
    }
    assert instrument.min_answered == 1.0
    assert isinstance(instrument.min_answered, float)
    assert instrument.off_scale == ()


@pytest.mark.parametrize("place", ["mini.toml", "instruments/mini.toml"])
def test_a_bank_beside_the_file_or_its_folder_is_used(shelf, place):
    if place == "mini.toml":
        shutil.move(shelf.path("instruments/mini.toml"), shelf.path(place))
    assert check_file(shelf.path(place)) == ()
    assert load_file(shelf.path(place)).item("trust_promises").scale.id == "agree3"


def test_a_relative_path_finds_the_same_bank(shelf, monkeypatch):
    monkeypatch.chdir(shelf.path("instruments"))
    assert check_file("mini.toml") == ()
    monkeypatch.chdir(shelf.path("bank/items"))
    assert check_file("trust.toml") == ()


def test_a_bank_that_lacks_a_file_says_which(shelf):
    shelf.path("bank/scales.toml").unlink()
    (problem,) = shelf.check()
    assert (problem.rule, problem.file) == ("unreadable", str(shelf.path("bank/scales.toml")))


def test_checking_a_bank_file_checks_the_instruments_beside_the_bank(shelf):
    shelf.edit("bank/items/trust.toml", "trust_risk", "trust_danger")
    (problem,) = shelf.check("bank/items/trust.toml")
    assert (problem.rule, problem.subject) == ("unknown_item", "trust_risk")
    assert problem.file == str(shelf.path("instruments/mini.toml"))


def test_checking_constructs_or_scales_checks_the_items_that_use_them(shelf):
    shelf.edit("bank/constructs.toml", "[trust", "[faith")
    (problem,) = shelf.check("bank/constructs.toml")
    assert (problem.rule, problem.subject) == ("unknown_construct", "trust")
    shelf.edit("bank/constructs.toml", "[faith", "[trust")
    shelf.edit("bank/scales.toml", "agree3", "agree_3")
    problems = shelf.check("bank/scales.toml")
    assert {(problem.rule, problem.subject) for problem in problems} == {
        ("unknown_scale", "trust_promises"),
        ("unknown_scale", "trust_risk"),
        ("unknown_scale", "overall_good"),
    }


def test_a_single_bank_file_stands_in_for_the_shipped_one(tmp_path):
    shipped = (PACKAGE / "bank/items/trust.toml").read_text(encoding="utf-8")
    path = tmp_path / "trust.toml"
    path.write_text(shipped, encoding="utf-8")
    assert check_file(path) == ()

    path.write_text(shipped.replace("trust_skills", "balance_effort"), encoding="utf-8")
    rules = {problem.rule for problem in check_file(path)}
    assert "unknown_item" in rules

    for name in ("constructs.toml", "scales.toml"):
        whole = (PACKAGE / "bank" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(whole.replace("nb =", "no ="), encoding="utf-8")
        problems = check_file(tmp_path / name)
        assert {problem.file for problem in problems} == {str(tmp_path / name)}
        assert {"missing_language", "unknown_language"} <= {problem.rule for problem in problems}


def test_a_single_new_bank_file_is_added_to_the_shipped_bank(shelf, tmp_path):
    path = tmp_path / "more_questions.toml"
    path.write_text(
        shelf.path("bank/items/open.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert check_file(path) == ()
    path.write_text(
        path.read_text(encoding="utf-8").replace("open_change", "open_one_change"),
        encoding="utf-8",
    )
    assert {problem.rule for problem in check_file(path)} == {"duplicate_id"}


def test_a_failed_load_is_not_remembered(shelf):
    library = Library(shelf.folder)
    path = shelf.path("instruments/mini.toml")
    sound = path.read_text(encoding="utf-8")
    path.write_text("", encoding="utf-8")
    with pytest.raises(InstrumentError, match="missing_key"):
        library.load("mini")
    path.write_text(sound, encoding="utf-8")
    assert library.load("mini").id == "mini"


def test_a_new_instrument_is_one_file(tmp_path):
    """Copy the package, add one file: it is listed, shown and scored, with no other change."""
    shutil.copytree(PACKAGE, tmp_path / "questionnaires")
    new = tmp_path / "questionnaires/instruments/trust_only.toml"
    new.write_text(ONE_FILE, encoding="utf-8")
    program = (
        "import questionnaires; form = questionnaires.load('trust_only');"
        "print(questionnaires.__file__, *questionnaires.available(), form.scoring_key())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    file, *listed = run.stdout.split(maxsplit=len(available()) + 2)
    key = listed.pop()
    assert Path(file).is_relative_to(tmp_path)
    assert listed == sorted([*available(), "trust_only"])
    assert "{'trust': {'items': ['trust_keeps_promises'], 'low': 1, 'high': 5," in key
