"""No sum of fewer than min_n rows follows from the published means, whatever is subtracted."""

from itertools import combinations, combinations_with_replacement, product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.assessment import assess
from analysis.disclosure import protect, protection
from analysis.errors import UnknownChoice
from analysis.items import item_stats
from analysis.partners import partner_scores
from analysis.scale import Scale
from analysis.scoring import score

TRUST = Scale("trust", ("t1", "t2", "t3"), 1, 5)
OPENNESS = Scale("openness", ("o1", "o2"), 1, 5)


def published(data, scales):
    """Return the weights of the published means and sds on the answers they are made of.

    Per scale: totals of each item, of the score, and of the score for each partner shown, and
    the totals of their squares. Each row of the matrix is one published total, each column one
    answer of one row, or one product of two answers of one row.
    """
    items = sorted({item for scale in scales for item in scale.items})
    terms = [(item,) for item in items] + list(combinations_with_replacement(items, 2))
    cells = {(r, term): at for at, (term, r) in enumerate(product(terms, data.index))}
    totals = []
    for scale in scales:
        own = data[list(scale.items)].notna()
        totals.extend({(r, (i,)): 1.0 for r in data.index[own[i]]} for i in scale.items)
        totals.extend({(r, (i, i)): 1.0 for r in data.index[own[i]]} for i in scale.items)
        enough = own.sum(axis=1) >= np.ceil(scale.min_answered * scale.k)
        rows = data.index[enough]
        for chosen in [rows, *data.loc[rows].groupby("who").groups.values()]:
            given = {r: sorted(own.columns[own.loc[r]]) for r in chosen}
            totals.append({(r, (i,)): 1 / len(given[r]) for r in chosen for i in given[r]})
            totals.append(
                {
                    (r, pair): (1 + (pair[0] != pair[1])) / len(given[r]) ** 2
                    for r in chosen
                    for pair in combinations_with_replacement(given[r], 2)
                }
            )
    weights = np.zeros((len(totals), len(cells)))
    for line, total in zip(weights, totals, strict=True):
        line[[cells[cell] for cell in total]] = list(total.values())
    return weights, np.array([row for row, _ in cells])


def attack(data, scales, min_n):
    """Return the rows of a sum over fewer than `min_n` rows that the published numbers give.

    A combination of published numbers that is free of all other rows exists if taking the
    columns of the other rows alone lowers the rank. Rows with the same partner and the same
    gaps are alike: one choice of how many of each is enough.
    """
    weights, owner = published(data, scales)
    if not weights.size:
        return None
    rank = np.linalg.matrix_rank(weights)
    rows = [row for row in data.index if weights[:, owner == row].any()]
    kinds = {row: alike(data, row) for row in rows}
    for size in range(1, min(min_n, len(rows) + 1)):
        seen = set()
        for chosen in combinations(rows, size):
            kind = tuple(sorted(kinds[row] for row in chosen))
            if kind in seen:
                continue
            seen.add(kind)
            if np.linalg.matrix_rank(weights[:, ~np.isin(owner, chosen)]) < rank:
                return chosen
    return None


def alike(data, row):
    items = [column for column in data.columns if column != "who"]
    return (str(data.loc[row, "who"]), *data.loc[row, items].isna())


def frame(who, answers, items):
    data = pd.DataFrame(np.asarray(answers, dtype=float), columns=list(items))
    return data.assign(who=who)


def full(sizes, items=TRUST.items, seed=1):
    who = np.repeat([f"p{i}" for i in range(len(sizes))], sizes)
    answers = np.random.default_rng(seed).integers(1, 6, (len(who), len(items)))
    return frame(who, answers, items)


@st.composite
def studies(draw, items):
    """Draw partners of 1 to 6 raters, a few without a name, and gaps in their answers."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    who = [name for name, size in zip("abcd", sizes, strict=False) for _ in range(size)]
    who += [None] * draw(st.integers(0, 3))
    gaps = draw(st.sampled_from([0.0, 0.05, 0.15, 0.4, 0.7]))
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    answers = source.integers(1, 6, (len(who), len(items))).astype(float)
    answers[source.random(answers.shape) < gaps] = np.nan
    return frame(who, answers, items)


@settings(max_examples=40, deadline=None)
@given(data=studies(TRUST.items), min_n=st.integers(2, 4), needed=st.sampled_from([0.3, 0.5, 1.0]))
def test_no_small_group_follows_from_what_is_published(data, min_n, needed):
    scale = Scale("trust", TRUST.items, 1, 5, min_answered=needed)
    safe = protect(data, [scale], "who", min_n)
    assert attack(safe, [scale], min_n) is None


@settings(max_examples=16, deadline=None)
@given(data=studies((*TRUST.items, *OPENNESS.items)), min_n=st.integers(2, 3))
def test_nor_from_two_scales_together(data, min_n):
    assert attack(protect(data, [TRUST, OPENNESS], "who", min_n), [TRUST, OPENNESS], min_n) is None


@settings(max_examples=16, deadline=None)
@given(data=studies((*TRUST.items, "t4")), min_n=st.integers(2, 3))
def test_nor_where_scales_share_items(data, min_n):
    scales = [TRUST, Scale("all", (*TRUST.items, "t4"), 1, 5), Scale("last", ("t4",), 1, 5)]
    assert attack(protect(data, scales, "who", min_n), scales, min_n) is None


GUESS = Scale("trust__meta", ("t1__meta",), 1, 5)
PART = Scale("trust", ("t1",), 1, 5)  # the items on which two sides and their guesses are compared


@settings(max_examples=16, deadline=None)
@given(data=studies((*TRUST.items, *GUESS.items)), min_n=st.integers(2, 3))
def test_nor_from_the_items_that_were_guessed(data, min_n):
    safe = protect(data, [TRUST, GUESS], "who", min_n)
    assert attack(safe, [TRUST, GUESS, PART], min_n) is None


def test_the_attack_finds_a_row_with_a_gap_beside_sums_of_the_items_that_were_guessed():
    guess, part = Scale("openness__meta", ("o1__meta",), 1, 5), Scale("openness", ("o1",), 1, 5)
    data = full([3, 5, 3], OPENNESS.items).assign(o1__meta=3.0)
    data.loc[[0, 1], "o2"] = np.nan
    data.loc[5, "o1"] = np.nan
    unaware = protect(data, [OPENNESS], "who", 2)
    assert attack(unaware, [OPENNESS, part], 2) == (2,)
    assert attack(protect(data, [OPENNESS, guess], "who", 2), [OPENNESS, guess, part], 2) is None


@pytest.mark.durability
@settings(max_examples=1500, deadline=None)
@given(data=studies(TRUST.items), min_n=st.integers(2, 5), needed=st.sampled_from([0.3, 0.5, 1.0]))
def test_no_small_group_follows_in_many_studies(data, min_n, needed):
    scale = Scale("trust", TRUST.items, 1, 5, min_answered=needed)
    assert attack(protect(data, [scale], "who", min_n), [scale], min_n) is None


def test_the_attack_finds_a_partner_hidden_from_the_list_but_not_from_the_total():
    data = full([6, 6, 3])
    shown = data.assign(who=data["who"].where(data["who"] != "p2"))
    assert attack(shown, [TRUST], 4) == (12, 13, 14)
    assert attack(protect(data, [TRUST], "who", 4), [TRUST], 4) is None


def test_the_attack_finds_the_answers_of_one_incomplete_row():
    data = full([6, 6])
    data.loc[4, "t2"] = np.nan
    assert attack(data, [TRUST], 5) == (4,)
    totals = data[["t1", "t2", "t3"]].sum().sum()
    mean_of_row_4 = 3 * data[["t1", "t2", "t3"]].mean(axis=1).sum() - totals
    assert mean_of_row_4 == pytest.approx(data.loc[4, ["t1", "t3"]].mean())
    safe = protect(data, [TRUST], "who", 5)
    assert attack(safe, [TRUST], 5) is None
    assert safe.loc[4, ["t1", "t2", "t3"]].isna().all()


def test_the_attack_finds_the_answer_of_a_row_without_a_score():
    data = full([6, 6])
    data.loc[4, ["t2", "t3"]] = np.nan
    assert attack(data, [TRUST], 5) == (4,)
    assert attack(protect(data, [TRUST], "who", 5), [TRUST], 5) is None


def test_the_published_functions_are_the_sums_that_are_attacked():
    data = full([6, 5, 2])
    data.loc[[0, 1, 2, 6, 7], "t3"] = np.nan
    data.loc[[8, 9], "t1"] = np.nan
    safe = protect(data, [TRUST], "who", 4)
    weights, _ = published(safe, [TRUST])
    items = safe[sorted(TRUST.items)].fillna(0)
    pairs = combinations_with_replacement(items, 2)
    answers = np.concatenate([items.T.to_numpy().ravel(), *(items[a] * items[b] for a, b in pairs)])
    stated = [row.n * row.mean for row in item_stats(safe, TRUST).rows]
    stated += [squares(row) for row in item_stats(safe, TRUST).rows]
    scores = score(safe, [TRUST]).values["trust"]  # noqa: PD011 - a dictionary
    stated += [np.nansum(scores), np.nansum(scores**2)]
    for row in partner_scores(scores, safe["who"], min_n=4).shown:
        stated += [row.n * row.mean, squares(row)]
    assert weights @ answers == pytest.approx(stated)


def squares(row):
    return (row.n - 1) * row.sd**2 + row.n * row.mean**2


def test_the_answers_taken_out_change_nothing_in_the_whole_assessment():
    items = [*TRUST.items, *OPENNESS.items]
    data = full([7, 6, 3, 9, 5, 8], items)
    data.loc[1, "t2"] = np.nan
    data.loc[[30, 31, 32, 33], list(OPENNESS.items)] = np.nan
    gone = data.notna() & protect(data, [TRUST, OPENNESS], "who", 5).isna()
    assert gone.sum().sum() == 2 + 3 * 5 + 4 * 2
    other = data.copy()
    for item in items:
        other.loc[gone[item], item] = 6 - data.loc[gone[item], item]
    assert not other.equals(data)
    first, second = (
        assess(frame, [TRUST, OPENNESS], partner="who", min_n=5).to_dict()
        for frame in (data, other)
    )
    assert first == second


def test_a_partner_is_hidden_on_the_scale_that_too_few_answered_and_shown_on_the_other():
    data = full([6, 6], (*TRUST.items, *OPENNESS.items))
    data.loc[[0, 1, 2], list(OPENNESS.items)] = np.nan
    safe = protect(data, [TRUST, OPENNESS], "who", 4)
    assert safe.loc[data["who"] == "p0", list(OPENNESS.items)].isna().all(axis=None)
    pd.testing.assert_frame_equal(safe[list(TRUST.items)], data[list(TRUST.items)])


def test_complete_answers_of_large_partners_stay_as_they_are():
    data = full([5, 9, 6])
    found = protection(data, [TRUST], "who", 5)
    pd.testing.assert_frame_equal(found.data, data)
    assert found.notes == {"trust": ()}


def test_many_incomplete_rows_stay():
    data = full([8, 8, 8])
    data.loc[[0, 1, 9, 10, 17], "t2"] = np.nan
    pd.testing.assert_frame_equal(protect(data, [TRUST], "who", 5), data)


def test_complete_rows_go_if_they_are_few_and_the_rest_stays():
    data = full([8, 8], ("t1", "t2", "t3", "t4"))
    scale = Scale("four", ("t1", "t2", "t3", "t4"), 1, 5)
    for row in [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13]:
        data.loc[row, f"t{row % 4 + 1}"] = np.nan
    data.loc[[6, 14], ["t1", "t2"]] = np.nan
    found = protection(data, [scale], "who", 4)
    gone = found.data[list(scale.items)].isna().all(axis=1)
    assert data.index[gone].tolist() == [6, 7, 14, 15]
    assert found.notes["four"] == (
        "Complete rows are left out: statistics of fewer than 4 must not be shown.",
        "Rows with an unusual number of answers are left out: few as they are, totals show them.",
    )


@settings(max_examples=40, deadline=None)
@given(data=studies(TRUST.items), min_n=st.integers(2, 5))
def test_no_number_of_rows_lies_between_none_and_the_smallest_group(data, min_n):
    safe = protect(data, [TRUST], "who", min_n)
    answered = safe[list(TRUST.items)].notna()
    scored = answered.sum(axis=1) >= 2
    sizes = [
        scored.sum(),
        answered.all(axis=1).sum(),
        *answered.sum(),
        *safe[scored].groupby("who", dropna=False).size(),
    ]
    assert all(size == 0 or size >= min_n for size in sizes)
    assert (answered.any(axis=1) == scored).all()


def test_a_partner_that_falls_below_when_its_incomplete_row_goes_is_hidden_too():
    data = full([5, 9])
    data.loc[0, "t2"] = np.nan
    found = protection(data, [TRUST], "who", 5)
    hidden = found.data.loc[data["who"] == "p0", list(TRUST.items)]
    assert hidden.isna().all(axis=None)
    assert [note.split()[0] for note in found.notes["trust"]] == ["Rows", "Partners"]


def test_an_item_that_few_answered_goes_and_the_others_stay():
    data = full([8, 8])
    data.loc[2:, "t3"] = np.nan
    found = protection(data, [TRUST], "who", 4)
    assert found.data["t3"].isna().all()
    assert found.data[["t1", "t2"]].notna().all(axis=None)
    assert found.notes["trust"] == ("Items that fewer than 4 rows answered are left out.",)


def test_items_that_too_few_answered_together_lose_the_incomplete_rows():
    data = full([8, 8], ("t1", "t2"))
    scale = Scale("pair", ("t1", "t2"), 1, 5)
    data.loc[:7, "t1"] = np.nan
    data.loc[8:, "t2"] = np.nan
    assert protect(data, [scale], "who", 4)[["t1", "t2"]].isna().all(axis=None)


def test_rows_without_a_partner_count_as_a_group():
    data = full([6, 3])
    data.loc[data["who"] == "p1", "who"] = None
    safe = protect(data, [TRUST], "who", 4)
    assert safe.loc[6:, list(TRUST.items)].isna().all(axis=None)
    assert safe.loc[:5, list(TRUST.items)].notna().all(axis=None)


def test_without_partners_all_rows_are_one_group():
    data = full([2, 2]).drop(columns="who")
    assert protect(data, [TRUST], None, 5).isna().all(axis=None)
    pd.testing.assert_frame_equal(protect(data, [TRUST], None, 4), data)


def test_a_smallest_group_of_one_takes_nothing_out():
    data = full([1, 2])
    data.loc[0, "t1"] = np.nan
    safe = protect(data, [TRUST], "who", 1)
    pd.testing.assert_frame_equal(safe, data)
    assert safe is not data


@pytest.mark.parametrize("dtype", ["int8", "Int8", "float64"])
def test_the_input_is_not_changed(dtype):
    data = full([6, 2]).astype(dict.fromkeys(TRUST.items, dtype))
    before = data.copy(deep=True)
    assert protect(data, [TRUST], "who", 5)["t1"].isna().sum() == 2
    pd.testing.assert_frame_equal(data, before)


def test_polars_frames_come_back_as_polars_frames():
    plain = full([6, 2]).astype(dict.fromkeys(TRUST.items, "int8"))
    data = pl.DataFrame({name: plain[name].to_list() for name in plain})
    safe = protect(data, [TRUST], "who", 5)
    assert safe.schema == data.schema
    assert safe["t1"].null_count() == 2
    assert data["t1"].null_count() == 0


def test_an_empty_frame_stays_empty():
    assert len(protect(full([]), [TRUST], "who", 5)) == 0


@pytest.mark.parametrize("min_n", [0, -1, 2.5, "5"])
def test_a_smallest_group_that_is_no_positive_number_is_refused(min_n):
    with pytest.raises(UnknownChoice, match="whole number, 1 or more"):
        protect(full([6]), [TRUST], "who", min_n)
