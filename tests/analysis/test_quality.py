"""Careless answers: each rule by hand, how many it finds, and results with and without them."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis import assess
from analysis.errors import UnknownChoice, UnknownColumn
from analysis.quality import Rules, quality
from analysis.scale import Scale
from analysis.sensitivity import compare, hidden_reason

ITEMS = tuple(f"q{i:02}" for i in range(12))
ONE = [Scale("one", ITEMS, 1, 5)]
FOUR = [Scale(f"s{i}", ITEMS[3 * i : 3 * i + 3], 1, 5) for i in range(4)]


def sheet(*rows):
    return pd.DataFrame(rows, columns=ITEMS)


def rules_of(found):
    return [(flag.row, flag.rule) for flag in found.flags]


@pytest.mark.parametrize(
    ("answers", "run"),
    [
        ([4] * 12, 12),
        ([4] * 10 + [3, 3], 10),
        ([3] + [4] * 9 + [3, 2], None),  # nine of twelve
        ([None] + [4] * 5 + [None] + [4] * 5, 10),  # gaps do not break a run
        ([5] * 12, None),  # what a delighted customer means
        ([1] * 12, None),
        ([4] * 9 + [None] * 3, None),  # too few items to tell
        ([None] * 12, None),
    ],
)
def test_a_run_of_the_same_answer(answers, run):
    found = quality(sheet(answers), ONE)
    assert [flag.value for flag in found.flags if flag.rule == "same_answer"] == (
        [run] if run else []
    )


def test_one_end_of_the_scale_throughout_is_told_but_not_flagged():
    found = quality(sheet([5] * 12, [1] * 12, [5] * 11 + [4]), ONE)
    assert found.n_flagged == 0
    assert "2 rows tick one end of the scale throughout" in " ".join(found.notes)


def test_one_end_throughout_is_flagged_where_reversed_items_contradict_it():
    turned = [Scale(s.name, s.items, 1, 5, reverse=s.items[:1]) for s in FOUR]
    found = quality(sheet([5] * 12, [1, 5, 5] * 4), turned)
    assert rules_of(found) == [(1, "contradictions")]
    assert found.flags[0].message == "8 of 12 pairs of items of one scale contradict each other."


@pytest.mark.parametrize(
    ("answers", "flagged"),
    [
        ([1, 5, 1] + [3, 4, 3] * 3, True),  # two pairs, four steps apart
        ([1, 4, 3] + [3, 4, 3] * 3, False),  # one pair
        ([1, 4, 4] + [3, 4, 3] * 3, True),
        ([1, 3, 4] + [5, 3, 3] + [3, 4, 3] * 2, False),
        ([1, 3, 3] + [5, 4, 5] + [3, 4, 3] * 2, False),  # apart between scales only
        ([1, 5, None] + [1, 4, None] + [None] * 6, True),
    ],
)
def test_pairs_of_one_scale_that_contradict_each_other(answers, flagged):
    assert rules_of(quality(sheet(answers), FOUR)) == ([(1, "contradictions")] if flagged else [])


def test_too_fast_only_where_times_are_known():
    data = sheet([3, 4, 3] * 4, [4, 3, 4] * 4, [4, 3, 4] * 2 + [None] * 6).assign(took=[23, 25, 13])
    assert rules_of(quality(data, FOUR)) == []
    assert any("how long" in note for note in quality(data, FOUR).notes)
    found = quality(data, FOUR, seconds="took")
    assert rules_of(found) == [(1, "too_fast")]
    assert found.flags[0].message == "23 seconds for 12 items: 1.9 each."
    assert rules_of(quality(data, FOUR, seconds="took", rules=Rules(seconds_per_item=1))) == []


def test_an_instructed_item_must_hold_what_it_asked_for():
    data = sheet(*([3, 4, 3] * 4,) * 3).assign(check=[2, 3, None])
    found = quality(data, FOUR, instructed={"check": 2})
    assert rules_of(found) == [(2, "instructed_item")]
    assert found.flags[0].message == "Item 'check' asked for 2 and got 3."
    with pytest.raises(UnknownColumn):
        quality(data, FOUR, instructed={"other": 2})


def test_an_instructed_item_may_ask_for_an_option():
    data = sheet(*([3, 4, 3] * 4,) * 3).assign(check=["disagree", "agree", None])
    found = quality(data, FOUR, instructed={"check": "disagree"})
    (flag,) = found.flags
    assert (flag.row, flag.value, flag.threshold) == (2, None, None)
    assert flag.message == "Item 'check' asked for «disagree» and got «agree»."


def test_an_assessment_looks_for_it_when_it_is_told(simulated, key):
    data = simulated({"A": 12, "B": 12}).with_columns(check=pl.Series([2] * 23 + [4]))
    found = assess(data, key, instructed={"check": 2})
    assert found.to_dict()["quality"]["counts"]["instructed_item"] == 1
    assert "quality" not in assess(data, key).to_dict()


def test_a_flag_can_be_overridden_and_stays_to_be_seen():
    data = sheet([4] * 12, [3] * 12, [3, 4, 5] * 4)
    found = quality(data, ONE, keep=[2])
    assert [(flag.row, flag.kept) for flag in found.flags] == [(1, False), (2, True)]
    assert found.flagged.tolist() == [True, False, False]
    assert found.counts == {"same_answer": 2, "contradictions": 0}
    with pytest.raises(UnknownChoice, match="row 3, which is not flagged"):
        quality(data, ONE, keep=[3])


def test_what_a_rule_cannot_see_is_said():
    single = [Scale(item, (item,), 1, 5) for item in ITEMS[:4]]
    notes = " ".join(quality(sheet([4] * 12), single).notes)
    assert "too few items" in notes
    assert "no scale has two items" in notes


def test_both_libraries_give_the_same_and_nothing_is_changed():
    data = sheet([4] * 12, [1, 5, 1] * 4)
    before = data.copy()
    one, other = quality(data, FOUR), quality(pl.from_pandas(data), FOUR)
    assert one.to_dict() == other.to_dict()
    assert json.dumps(one.to_dict(), allow_nan=False)
    pd.testing.assert_frame_equal(data, before)
    assert list(one.to_frame()["row"]) == [1, 2]
    assert list(quality(sheet([3, 4, 3] * 4), FOUR).to_frame().columns)[:2] == ["row", "rule"]


def careful(source, n, scales, *, mean=3.8, noise=0.6, within=0.5):
    """Answer three items a scale with care: a level, a level for the scale, and noise."""
    level = mean + 0.7 * source.standard_normal((n, 1, 1))
    level = level + within * source.standard_normal((n, scales, 1))
    raw = level + noise * source.standard_normal((n, scales, 3))
    return np.clip(np.rint(raw), 1, 5).reshape(n, -1)


def careless(source, n, scales, kind):
    if kind == "random":
        return source.integers(1, 6, (n, 3 * scales)).astype(float)
    if kind == "middle":
        return np.clip(np.rint(3 + source.standard_normal((n, 3 * scales))), 1, 5)
    return np.repeat(source.integers(2, 5, (n, 1)), 3 * scales, axis=1).astype(float)


def caught(rows):
    items = [f"i{j}" for j in range(rows.shape[1])]
    scales = [Scale(f"s{j}", items[3 * j : 3 * j + 3], 1, 5) for j in range(len(items) // 3)]
    return quality(pd.DataFrame(rows, columns=items), scales).n_flagged / len(rows)


@pytest.mark.parametrize("scales", [4, 7, 11])
def test_careful_people_are_rarely_flagged(scales):
    source = np.random.default_rng(1)
    assert caught(careful(source, 4000, scales)) < 0.025
    assert caught(careful(source, 4000, scales, mean=4.5)) < 0.04


@pytest.mark.parametrize(
    ("kind", "scales", "least"),
    [("random", 4, 0.75), ("random", 7, 0.85), ("random", 11, 0.93), ("line", 4, 0.99)],
)
def test_careless_people_mostly_are(kind, scales, least):
    assert caught(careless(np.random.default_rng(2), 3000, scales, kind)) > least


KEY = {f"s{i}": {"items": list(ITEMS[3 * i : 3 * i + 3]), "low": 1, "high": 5} for i in range(4)}


@pytest.fixture
def mixed():
    source = np.random.default_rng(4)
    rows = np.vstack([careful(source, 40, 4), careless(source, 25, 4, "random")])
    who = [f"P{i}" for i in range(5)] * 13
    return pd.DataFrame(rows, columns=ITEMS).assign(partner=who)


def both(data, flagged):
    run = (assess(rows, KEY, partner="partner").to_dict() for rows in (data, data[~flagged]))
    return compare(*run, int(flagged.sum()))


def test_every_result_stands_beside_itself_without_the_flagged(mixed):
    flagged = quality(mixed, FOUR).flagged
    found = both(mixed, flagged)
    assert found.n_flagged == flagged.sum() > 5
    names = {(row.scale, row.statistic) for row in found.rows if row.partner is None}
    assert names >= {(f"s{i}", name) for i in range(4) for name in ("alpha", "mean", "icc1_reml")}
    assert {row.partner for row in found.rows} == {None, *mixed["partner"]}
    alphas = [row for row in found.rows if row.statistic == "alpha"]
    assert all(row.without > row.with_all for row in alphas)
    assert any(row.matters for row in alphas)
    assert set(found.moved) == {row for row in found.rows if row.matters}


def test_without_anything_flagged_nothing_moves(mixed):
    found = both(mixed, np.zeros(len(mixed), dtype=bool))
    assert all(row.with_all == row.without for row in found.rows)
    assert not found.moved


def test_a_partner_that_is_gone_has_no_second_number(mixed):
    found = both(mixed, (mixed["partner"] == "P0").to_numpy())
    gone = [row for row in found.rows if row.partner == "P0"]
    assert [row.without for row in gone] == [None] * 4
    assert [row.matters for row in gone] == [None] * 4


@pytest.mark.parametrize(
    ("flagged", "shown"),
    [([], True), (range(4), False), (range(0, 25, 5), True), (range(6), False)],
)
def test_the_difference_must_not_tell_what_a_few_answered(mixed, flagged, shown):
    marks = np.isin(np.arange(len(mixed)), list(flagged))
    reason = hidden_reason(mixed, tuple(FOUR), "partner", marks, 5)
    assert (reason is None) == shown
    assert hidden_reason(mixed, tuple(FOUR), "partner", marks, 1) is None
