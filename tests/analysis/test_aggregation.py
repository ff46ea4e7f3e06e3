"""Aggregation: brute force over raters, closed forms, edges."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.aggregation import aggregation, raters_needed
from analysis.agreement import agreement, chance_variance
from analysis.errors import OutOfRange, UnknownChoice, UnknownColumn
from analysis.scale import Scale

ONE = Scale("one", ("x",), 1, 5)
THREE = Scale("three", ("x", "y", "z"), 1, 5)


def frame(parts, items=("x",)):
    """One row per rater; `parts` maps each partner to its raters' answers."""
    rows = [(who, *np.atleast_1d(row)) for who, part in parts.items() for row in part]
    return pd.DataFrame(rows, columns=["who", *items])


def simulated(sizes, items=3, seed=1):
    source = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(sizes)), sizes)
    level = 3 + 0.8 * source.standard_normal(len(sizes))[who]
    answers = level[:, None] + source.standard_normal((len(who), items))
    answers = np.clip(np.rint(answers), 1, 5)
    return pd.DataFrame(answers, columns=list("xyz")[:items]).assign(who=who)


def test_mean_squares_come_from_sums_over_raters():
    data = simulated([4, 7, 2, 5])
    score = data[["x", "y", "z"]].mean(axis=1)
    groups = [score[data["who"] == who] for who in range(4)]
    between = sum(len(part) * (part.mean() - score.mean()) ** 2 for part in groups)
    within = sum(((part - part.mean()) ** 2).sum() for part in groups)
    found = aggregation(data, THREE, "who")
    assert (found.df1, found.df2, found.n, found.n_partners) == (3, 14, 18, 4)
    assert found.msb == pytest.approx(between / 3, rel=1e-12)
    assert found.msw == pytest.approx(within / 14, rel=1e-12)
    assert found.f == pytest.approx(found.msb / found.msw)
    assert found.n0 == pytest.approx((18 - (16 + 49 + 4 + 25) / 18) / 3)
    assert found.eta_squared == pytest.approx(between / (between + within))


def test_with_equal_numbers_of_raters_anova_and_reml_agree():
    found = aggregation(simulated([6] * 8), THREE, "who")
    assert found.n0 == pytest.approx(6)
    assert found.icc1_reml == pytest.approx(found.icc1_anova, rel=1e-9)
    assert found.icc1_mean_size == pytest.approx(found.icc1_anova, rel=1e-12)
    assert found.icc2_reml == pytest.approx(found.icc2_anova, rel=1e-9)
    stepped_up = 6 * found.icc1_anova / (1 + 5 * found.icc1_anova)
    assert found.icc2_anova == pytest.approx(stepped_up, rel=1e-9)


def test_with_equal_numbers_icc1_is_the_correlation_of_pairs_of_raters():
    data = simulated([5] * 40, seed=3)
    score = data[["x", "y", "z"]].mean(axis=1)
    pairs = [
        pair
        for who in range(40)
        for a, b in combinations(score[data["who"] == who], 2)
        for pair in ((a, b), (b, a))
    ]
    # The correlation of all pairs divides by the number of partners, ANOVA by one less.
    correlation = np.corrcoef(np.array(pairs).T)[0, 1]
    assert aggregation(data, THREE, "who").icc1_anova == pytest.approx(correlation, abs=0.02)


def test_the_interval_of_icc1_has_zero_at_its_end_where_f_is_at_its_critical_value():
    found = aggregation(simulated([6] * 8), THREE, "who")
    at_p = aggregation(simulated([6] * 8), THREE, "who", level=1 - 2 * found.p)
    assert at_p.icc1_ci_low == pytest.approx(0, abs=1e-9)
    assert found.icc1_ci_low < found.icc1_anova < found.icc1_ci_high


def test_raters_needed_is_the_number_that_gives_reliability_70():
    found = aggregation(simulated([6, 4, 9, 3]), THREE, "who")
    n = found.raters_needed_70
    assert n * found.icc1_reml / (1 + (n - 1) * found.icc1_reml) == pytest.approx(0.70)
    assert raters_needed(0.5, 0.8) == pytest.approx(4)
    assert raters_needed(1.0) == 0


@pytest.mark.parametrize(("icc", "target"), [(0, 0.7), (-0.1, 0.7), (1.2, 0.7), (0.2, 1), (0.2, 0)])
def test_raters_needed_refuses_what_is_no_share(icc, target):
    with pytest.raises(UnknownChoice, match="between 0 and 1"):
        raters_needed(icc, target)


def test_partners_closer_than_chance_are_said_to_be():
    found = aggregation(frame({"a": [1, 5], "b": [2, 4], "c": [3, 3]}), ONE, "who")
    assert (found.msb, found.icc1_reml, found.raters_needed_70) == (0.0, 0.0, None)
    assert found.icc1_anova == pytest.approx(-1)
    assert found.icc2_anova is None
    assert found.icc2_reml == 0
    assert any("MSB < MSW" in note for note in found.notes)
    assert any("No number of raters" in note for note in found.notes)


def test_raters_who_agree_leave_f_without_a_value():
    found = aggregation(frame({"a": [2, 2], "b": [4, 4, 4]}), ONE, "who")
    assert (found.f, found.p, found.icc1_ci_low, found.icc1_ci_high) == (None,) * 4
    assert (found.icc1_anova, found.icc2_anova, found.icc1_reml) == (1.0, 1.0, 1.0)
    assert found.raters_needed_70 == 0
    assert any("F and the interval" in note for note in found.notes)


def test_answers_that_are_all_the_same_have_no_icc():
    found = aggregation(frame({"a": [3, 3], "b": [3, 3]}), ONE, "who")
    assert (found.icc1_anova, found.icc1_reml, found.icc2_reml, found.eta_squared) == (None,) * 4
    assert found.rwg_j_median == 1


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"a": [1, 2, 3]}, "needs 2 partners"),
        ({"a": [1], "b": [2], "c": [4]}, "single rater"),
        ({}, "needs 2 partners"),
    ],
)
def test_what_cannot_be_told_is_none_with_the_reason(parts, reason):
    found = aggregation(frame(parts).astype({"x": float}), ONE, "who")
    numbers = (found.msb, found.icc1_anova, found.icc1_reml, found.icc2_anova, found.n0)
    assert numbers == (None,) * 5
    assert found.raters_needed_70 is None
    assert any(reason in note for note in found.notes)


def test_agreement_of_one_partner_by_hand():
    data = frame({"a": [[1, 2, 3], [3, 2, 4]], "b": [[5, 5, 5], [5, 4, 5]]}, "xyz")
    first, second = aggregation(data, THREE, "who").agreement
    assert first.item_variance == pytest.approx((2 + 0 + 0.5) / 3)
    share = first.item_variance / 2
    assert first.rwg_j == pytest.approx(3 * (1 - share) / (3 * (1 - share) + share))
    assert first.ad_m == pytest.approx((1 + 0 + 0.5) / 3)
    assert second.ad_m == pytest.approx(0.5 / 3)
    assert chance_variance(THREE) == 2
    assert chance_variance(Scale("seven", ("x",), 1, 7)) == 4


def test_raters_who_disagree_more_than_chance_count_as_negative_and_zero():
    data = frame({"a": [1, 5, 1, 5], "b": [3, 3, 4, 3], "c": [2, 2, 2, 3]})
    found = aggregation(data, ONE, "who")
    assert (found.agreement[0].rwg_j, found.rwg_j_negative) == (0.0, 1)
    assert found.rwg_j_median == pytest.approx(np.median([row.rwg_j for row in found.agreement]))
    assert found.ad_m_median == pytest.approx(np.median([row.ad_m for row in found.agreement]))


def test_variance_just_as_chance_gives_counts_as_zero_but_not_negative():
    data = frame({"a": [2, 4], "b": [3, 3]})
    found = aggregation(data, ONE, "who")
    assert (found.agreement[0].item_variance, found.agreement[0].rwg_j) == (2.0, 0.0)
    assert found.rwg_j_negative == 0


def test_agreement_takes_complete_rows_and_variance_takes_scored_ones():
    data = simulated([4, 4, 4]).astype(float)
    data.loc[[0, 1, 2], "z"] = np.nan
    data.loc[11, ["y", "z"]] = np.nan
    found = aggregation(data, THREE, "who")
    assert (found.n, found.n_total) == (11, 12)
    assert [(row.partner, row.n) for row in found.agreement] == [(1, 4), (2, 3)]
    assert "rwg(j) and AD leave out partners with too few complete rows (1)." in found.notes


def test_no_complete_rows_leave_agreement_without_a_value():
    data = simulated([4, 4]).astype(float)
    data["z"] = np.nan
    found = aggregation(data, THREE, "who")
    assert (found.rwg_j_median, found.rwg_j_negative, found.ad_m_median) == (None,) * 3
    assert found.agreement == ()
    assert found.icc1_anova is not None
    assert any("No partner has two complete rows" in note for note in found.notes)


def test_small_partners_enter_no_number():
    data = simulated([6, 2, 7])
    found = aggregation(data, THREE, "who", min_n=5)
    without = aggregation(data[data["who"] != 1], THREE, "who")
    assert found.icc1_reml == without.icc1_reml
    assert found.agreement == without.agreement
    assert (found.n, found.n_partners) == (13, 2)


def test_a_reversed_item_counts_turned_round():
    data = simulated([5, 6, 4])
    turned = Scale("three", THREE.items, 1, 5, reverse=("y",))
    expected = aggregation(data, THREE, "who")
    assert aggregation(data.assign(y=6 - data["y"]), turned, "who") == expected


def test_rows_without_a_partner_are_left_out():
    data = simulated([5, 6, 4])
    more = pd.concat([data, pd.DataFrame({"x": [1.0], "y": 1.0, "z": 1.0, "who": [None]})])
    found = aggregation(more, THREE, "who")
    expected = aggregation(data, THREE, "who")
    assert (found.icc1_anova, found.agreement) == (expected.icc1_anova, expected.agreement)
    assert (found.n, found.n_total) == (15, 16)


def test_results_are_plain_when_asked_for():
    found = aggregation(simulated([5, 6], seed=2), THREE, "who")
    plain = found.to_dict()
    assert plain["agreement"][1]["partner"] == 1
    assert plain["icc1_anova"] == found.icc1_anova
    assert plain["notes"] == []
    assert found.to_frame()["rwg_j"].tolist() == [row.rwg_j for row in found.agreement]


def test_data_that_do_not_fit_are_refused():
    with pytest.raises(UnknownColumn, match="'whom'"):
        aggregation(simulated([3, 3]), THREE, "whom")
    with pytest.raises(OutOfRange, match="off scale"):
        aggregation(frame({"a": [1, 99]}), ONE, "who")
    for choice in ({"level": 95}, {"min_n": 0}):
        with pytest.raises(UnknownChoice, match="give a"):
            aggregation(simulated([3, 3]), THREE, "who", **choice)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=1, max_size=6),
        min_size=2,
        max_size=5,
    )
)
def test_all_numbers_stay_in_their_range(parts):
    assume(any(len(part) > 1 for part in parts))
    found = aggregation(frame(dict(enumerate(parts)), "xyz"), THREE, "who")
    lowest = -1 / max(found.n0 - 1, 1e-9)  # where partners do not differ at all
    assert found.icc1_anova is None or lowest - 1e-9 <= found.icc1_anova <= 1 + 1e-12
    assert found.icc1_reml is None or 0 <= found.icc1_reml <= 1
    assert found.icc2_reml is None or 0 <= found.icc2_reml <= 1
    for row in found.agreement:
        assert 0 <= row.rwg_j <= 1
        assert 0 <= row.ad_m <= 2


def test_agreement_can_be_asked_of_plain_arrays():
    items = np.array([[1.0, 2.0], [2.0, 2.0], [5.0, np.nan], [4.0, 4.0]])
    scale = Scale("two", ("x", "y"), 1, 5)
    rows = agreement(items, ("a", "b"), np.array([0, 0, 1, 1]), scale)
    assert [(row.partner, row.n) for row in rows] == [("a", 2)]
    assert rows[0].item_variance == 0.25
