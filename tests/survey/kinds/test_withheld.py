"""Withholding counts each kind by itself, off the path too, and nothing where names stand."""

import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from survey.services import snapshots
from survey.services.cells import neutral
from survey.services.formats import FORMATS, as_csv
from survey.services.snapshots import Row, Snapshot
from survey.services.withholding import WITHHELD, Withheld, withhold

LEAST, LEAST_TEXT = 3, 4
META = {"thresholds": {"min_group": LEAST, "min_group_text": LEAST_TEXT}}


def build(instrument, rows, **more):
    meta = {**META, "scoring_key": instrument.scoring_key(), **more}
    return snapshots.build(rows, instrument, 1, meta)


def row(off_path=(), partner="Fjord", **answers):
    return Row(partner, "ours", "en", answers, off_path)


def test_a_choice_or_pick_that_too_few_have_made_is_withheld(branching):
    some = {"agrees": 1, "wish": "call", "say": "x"}
    rows = [row(**some, petals=["care"], why=["care"])] * 2 + [row(agrees=1, petals=["price"])] * 2
    kept, told = withhold(build(branching, rows))
    assert kept.frame["petals__care"].to_list() == [1, 1, 0, 0]
    assert kept.frame["why__care"].to_list() == [None] * 4
    assert kept.frame["why_missing"].to_list() == [WITHHELD] * 2 + ["not_reached"] * 2
    assert kept.frame["wish"].to_list() == [None] * 4
    assert kept.frame["wish_missing"].to_list() == [WITHHELD] * 2 + ["not_reached"] * 2
    assert told == Withheld(choices=2, texts=2)


def test_answers_off_the_path_need_as_many_as_any_other(branching):
    off = row(("why", "wish"), agrees=5, why=["care"], wish="call")
    kept, told = withhold(build(branching, [off] * 2 + [row(agrees=5)] * 2))
    assert kept.frame["why_off_path"].null_count() == 4
    assert kept.frame["why_missing"].to_list() == ["not_reached"] * 4
    assert told == Withheld(choices=2)
    kept, told = withhold(build(branching, [off] * 3 + [row(agrees=5)]))
    assert kept.frame["why_off_path"].to_list() == ["care"] * 3 + [None]
    assert told == Withheld()


def test_nothing_is_withheld_where_every_row_has_a_name(branching):
    rows = [Row("Fjord", "ours", "is", {"agrees": 1}, person="Ada", code="c0ffee")]
    snapshot = build(branching, rows, privacy_mode="identified", removed=[])
    kept, told = withhold(snapshot)
    assert told == Withheld()
    assert kept.frame.equals(snapshot.frame)
    assert kept.frame["person"].to_list() == ["Ada"]
    assert "removed" not in kept.meta


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "agrees": st.sampled_from([1, 2, 5, "dont_know", "skipped"]),
        "petals": st.sampled_from([["care"], ["care", "price"], "skipped"]),
        "why": st.sampled_from([["care"], ["speed"], "skipped"]),
        "wish": st.sampled_from(["call", "none", "skipped"]),
        "say": st.just("x"),
    },
)


@st.composite
def rows_of(draw):
    answers = draw(ANSWERS)
    apart = [name for name in ("why", "wish") if name in answers and draw(st.booleans())]
    return Row(draw(st.sampled_from("AB")), "ours", "en", answers, apart)


@given(rows=st.lists(rows_of(), min_size=1, max_size=25))
def test_no_column_of_a_partner_rests_on_fewer_than_its_threshold(branching_once, rows):
    kept, _ = withhold(build(branching_once, rows))
    columns = [c for unit in kept.units for c in (*unit.values, unit.off_path) if c]
    least = {c: LEAST_TEXT if c.startswith("say") else LEAST for c in columns}
    for group in kept.frame.partition_by("partner"):
        assert group.height >= LEAST
        for column in columns:
            given_here = group.height - group[column].null_count()
            assert given_here == 0 or given_here >= least[column], column
    for unit in kept.units:
        if unit.missing:
            both = kept.frame[unit.values[0]].is_null() == kept.frame[unit.missing].is_null()
            assert not both.any()


LOOKALIKES = (" =1", "\t-1", "\x1c@x", "\r\n+1", "\u2003=A1", "a\rb", "'=1", " \tb", "\x00", "–1")
TEXTS = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(LOOKALIKES))


@given(st.lists(TEXTS))
def test_a_column_is_neutralised_as_its_cells_would_be(texts):
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    expected = [None if text is None else neutral(text) for text in texts]
    assert frame.select(as_csv.neutral("text"))["text"].to_list() == expected


def test_a_csv_without_rows_has_its_names(branching):
    stream = io.BytesIO()
    empty = build(branching, [])
    FORMATS["csv"](Snapshot(empty.frame, empty.meta), stream)
    assert stream.getvalue().decode() == ",".join(empty.frame.columns) + "\n"
