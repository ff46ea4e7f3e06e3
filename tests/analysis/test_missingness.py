"""Missing answers by kind: counted as the data say, and never so that one person shows."""

import json
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from analysis import Scale, assess
from analysis.missingness import KINDS, missing_kinds
from analysis.reading import numeric, read_answers

SCALE = Scale("trust", ("t1", "t2"), 1, 5)


def frame(kinds, *, rows=40, beside="t1_missing"):
    """Let some rows lack an answer to the first item, each for the reason that is given."""
    reasons = [kind for kind, n in kinds.items() for _ in range(n)]
    padded = [*reasons, *[None] * (rows - len(reasons))]
    return pl.DataFrame(
        {
            "t1": [None] * len(reasons) + [1 + row % 5 for row in range(rows - len(reasons))],
            "t2": [1 + row % 4 for row in range(rows)],
            beside: padded,
        },
        schema_overrides={beside: pl.String},
    )


@pytest.mark.parametrize("library", [pl.DataFrame, pd.DataFrame], ids=["polars", "pandas"])
def test_kinds_are_counted_the_most_frequent_first(library):
    gaps = frame({"skipped": 2, "withdrawn": 1, "dont_know": 7})
    data = library(gaps.to_dict(as_series=False))
    assert list(missing_kinds(data, SCALE)["t1"].items()) == [
        ("dont_know", 7), ("skipped", 2), ("withdrawn", 1),
    ]  # fmt: skip


def test_the_document_has_them_where_the_data_say_the_kind():
    items = assess(frame({"skipped": 2}), [SCALE]).to_dict()["scales"]["trust"]["items"]
    assert items["t1"]["missing_by"] == {"skipped": 2}
    assert "missing_by" not in items["t2"]


def test_an_item_that_all_answered_has_no_kind():
    assert missing_kinds(frame({}), SCALE) == {"t1": {}}


@pytest.mark.parametrize("kinds", [{"1": 2, "0": 3}, {"skipped": 2, "no idea": 1}])
def test_a_column_that_says_something_else_is_left_alone(kinds):
    assert missing_kinds(frame(kinds), SCALE) == {}


def test_a_kind_beside_an_answer_and_a_gap_without_kind_are_not_counted():
    data = frame({"skipped": 2, "dont_know": 1}).with_columns(
        t1=pl.when(pl.int_range(40) == 0).then(pl.lit(3)).otherwise("t1"),
        t1_missing=pl.when(pl.int_range(40) != 2).then("t1_missing"),
    )
    assert missing_kinds(data, SCALE) == {"t1": {"skipped": 1}}


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        ({"dont_know": 6, "skipped": 5}, {"dont_know": 6, "other": 5}),
        ({"dont_know": 6, "skipped": 4, "withdrawn": 1}, {"dont_know": 6, "other": 5}),
        ({"skipped": 7, "dont_know": 6, "not_applicable": 1},
         {"other": 7, "dont_know": 6, "not_applicable": 1}),
        ({"not_reached": 2, "withheld": 2}, {"other": 4}),
        ({"dont_know": 1}, {"dont_know": 1}),
        ({}, {}),
    ],
)  # fmt: skip
def test_with_a_smallest_group_a_withdrawal_is_one_blank_among_others(kinds, shown):
    found = missing_kinds(frame(kinds), SCALE, min_n=5)["t1"]
    assert list(found.items()) == list(shown.items())
    assert missing_kinds(frame(kinds), SCALE)["t1"] == kinds


def test_nor_does_a_document_tell_whether_anyone_withdrew():
    one, none = (
        assess(frame({"skipped": n, "withdrawn": 5 - n}), [SCALE], min_n=5).to_dict()
        for n in (4, 5)
    )
    assert one == none


def test_of_an_item_that_was_taken_out_nothing_is_counted():
    data = frame({"dont_know": 37})
    assert missing_kinds(data, SCALE)["t1"] == {"dont_know": 37}
    found = assess(data, [SCALE], min_n=5).to_dict()["scales"]["trust"]["items"]["t1"]
    assert (found["n"], found["missing_by"]) == (0, {})  # else 40 − 37 would be the three


def test_rows_of_a_hidden_partner_are_in_no_count():
    data = frame({"skipped": 12}).with_columns(
        who=pl.when(pl.int_range(40) < 4).then(pl.lit("Small")).otherwise(pl.lit("Large"))
    )
    found = assess(data, [SCALE], partner="who", min_n=5).to_dict()["scales"]["trust"]
    assert found["n_rows"] == 36
    assert found["items"]["t1"]["missing_by"] == {"other": 8}


def test_an_exported_file_has_them_too(tmp_path):
    frame({"skipped": 6, "withheld": 5}).write_csv(tmp_path / "export.csv")
    read = numeric(read_answers(tmp_path / "export.csv").frame, SCALE.items)
    document = assess(read, [SCALE]).to_dict()
    assert document["scales"]["trust"]["items"]["t1"]["missing_by"] == {"skipped": 6, "withheld": 5}
    assert json.loads(json.dumps(document)) == document


def test_the_reference_page_names_every_kind():
    page = (Path(__file__).parents[2] / "docs/reference/analyse-json.md").read_text("utf-8")
    assert all(f"`{kind}`" in page for kind in (*KINDS, "other"))
