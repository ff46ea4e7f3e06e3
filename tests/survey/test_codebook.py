"""The codebook: every column of an export in words of every language, and what it may hold."""

import csv
import io
import json

import pytest

import questionnaires
from survey.services import closing, codebook, export, snapshots
from survey.services.snapshots import Row
from survey.services.withholding import withhold


@pytest.fixture(scope="module")
def after_sale():
    """Freeze ten rows of an instrument with every kind of question, some of which depend."""
    own = questionnaires.load("post_sale")
    both = questionnaires.combine(own, questionnaires.load("flower5"))
    meta = {
        "study": "shop", "title": "=After the sale", "wave": 1, "organisation": "Vik",
        "instrument": {"id": both.id, "version": both.version}, "privacy_mode": "confidential",
        "sides": ["ours"], "languages": ["en", "nb"], "closed_on": "2026-11-22",
        "thresholds": {"min_group": 5, "min_group_text": 10}, "scoring_key": both.scoring_key(),
    }  # fmt: skip
    rows = [Row("Fjord", "ours", "en", {"recommend_likely": n}) for n in range(10)]
    return snapshots.build(rows, both, 1, meta), both


def by_column(snapshot, instrument):
    book = codebook.codebook(snapshot, instrument)
    return {entry["column"]: entry for entry in book["columns"]}


def test_every_column_is_described_in_its_order(after_sale):
    snapshot, instrument = after_sale
    entries = by_column(snapshot, instrument)
    assert list(entries) == snapshot.frame.columns
    types = {name: str(dtype) for name, dtype in snapshot.frame.schema.items()}
    assert {name: entry["type"] for name, entry in entries.items()} == types
    assert all(entry["content"] for entry in entries.values())


def test_each_kind_says_what_it_can_hold(after_sale):
    entries = by_column(*after_sale)
    likely = entries["recommend_likely"]
    assert (likely["kind"], likely["construct"], likely["least"]) == ("rating", "recommend", 5)
    assert [point["value"] for point in likely["scale"]["points"]] == list(range(11))
    assert likely["scale"]["points"][10]["label"]["nb"] == "Svært sannsynlig"
    assert likely["texts"]["ours"]["is"].startswith("Hversu líklegt")
    pick = entries["flower_importance__expertise"]
    assert pick["option"]["id"] == "expertise"
    assert (pick["at_most"], pick["kind"], pick["construct"]) == (2, "pick", None)
    assert {option["id"] for option in entries["contact_wish"]["options"]} == {"yes", "no"}
    assert entries["open_one_change"]["least"] == 10
    assert entries["open_one_change"]["max_length"] == 2000
    assert "led past" in entries["contact_about_off_path"]["content"]
    assert "texts" not in entries["contact_wish_missing"]


def test_missing_codes_are_explained_for_whatever_a_file_may_hold(after_sale):
    snapshot, instrument = after_sale
    kept, _ = withhold(snapshot)
    book = codebook.codebook(kept, instrument)
    codes = {code for unit in kept.units if unit.missing for code in kept.frame[unit.missing]}
    assert {*codes} - {None} <= set(book["missing_codes"])
    assert book["thresholds"] == {"min_group": 5, "min_group_text": 10}


def test_an_identified_study_has_no_threshold(after_sale):
    snapshot, instrument = after_sale
    named = snapshots.Snapshot(snapshot.frame, {**snapshot.meta, "privacy_mode": "identified"})
    entries = by_column(named, instrument)
    assert {entry.get("least") for entry in entries.values()} == {None}


def test_as_a_table_each_column_is_one_row(after_sale):
    book = codebook.codebook(*after_sale)
    rows = list(csv.DictReader(io.StringIO(codebook.as_csv(book).decode())))
    assert [row["column"] for row in rows] == [entry["column"] for entry in book["columns"]]
    found = {row["column"]: row for row in rows}
    assert found["recommend_likely"]["values_nb"].startswith("0 = Svært usannsynlig; 1 = 1;")
    assert found["flower_importance__expertise"]["values_en"].startswith("1 = Competence")
    assert found["contact_wish"]["text_ours_en"].startswith("Would you")
    assert json.loads(codebook.as_json(book))["title"] == "=After the sale"


def test_a_codebook_lies_beside_an_export(make_study, tmp_path):
    survey = make_study(6)
    survey.fill_in((6,))
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.read() as session:
        exported = export.prepare(session, survey.settings, survey.slug)
    export.write_codebook(exported, tmp_path / "book.json")
    export.write_codebook(exported, tmp_path / "book.CSV")
    book = json.loads((tmp_path / "book.json").read_text())
    assert [entry["column"] for entry in book["columns"]] == exported.snapshot.frame.columns
    assert (tmp_path / "book.CSV").read_text().startswith("column,type,content,item,")
