"""Partner scores: closed forms, edges, suppression, coverage of the t interval."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtr

from analysis import reml
from analysis.errors import BadFrame, UnknownChoice
from analysis.partner_sums import PartnerSums
from analysis.partners import partner_scores

NUMBERS = [
    "n",
    "mean",
    "sd",
    "ci_low",
    "ci_high",
    "shrunken",
    "shrunken_se",
    "shrunken_ci_low",
    "shrunken_ci_high",
    "reliability",
]


def test_each_partner_gets_the_t_interval_of_its_own_raters():
    parts = {"a": [3.0, 4.0, 5.0, 2.0], "b": [1.0, 2.0, 4.0], "c": [2.0, 2.5]}
    values = [value for part in parts.values() for value in part]
    who = [name for name, part in parts.items() for _ in part]
    table = partner_scores(values, who, level=0.9)
    assert [row.partner for row in table.rows] == ["a", "b", "c"]
    for row, part in zip(table.rows, parts.values(), strict=True):
        half = stats.t.ppf(0.95, len(part) - 1) * np.std(part, ddof=1) / np.sqrt(len(part))
        assert (row.n, row.mean) == (len(part), pytest.approx(np.mean(part)))
        assert row.sd == pytest.approx(np.std(part, ddof=1))
        assert row.ci_low == pytest.approx(np.mean(part) - half)
        assert row.ci_high == pytest.approx(np.mean(part) + half)
    assert (table.n_used, table.n_total, table.level) == (9, 9, 0.9)


def test_the_shrunken_scores_are_those_of_reml():
    source = np.random.default_rng(1)
    who = np.repeat(np.arange(6), [5, 3, 8, 2, 1, 4])
    values = source.normal(size=6)[who] + source.normal(size=len(who))
    table = partner_scores(values, who)
    sums = PartnerSums.of(values, who)
    found = reml.fit(sums.n, sums.mean, sums.ss)
    shrunken = reml.shrink(sums.n, sums.mean, found)
    assert (table.mu, table.mu_se) == (found.mu, found.mu_se)
    assert (table.tau2, table.sigma2) == (found.tau2, found.sigma2)
    for field, expected in (
        ("shrunken", shrunken.score),
        ("shrunken_se", shrunken.se),
        ("reliability", shrunken.reliability),
    ):
        assert [getattr(row, field) for row in table.rows] == expected.tolist()
    for row in table.rows:
        assert row.shrunken_ci_low < row.shrunken < row.shrunken_ci_high


def test_rows_without_a_value_or_a_partner_are_left_out():
    values = [1.0, np.nan, 3.0, 4.0, 5.0, 2.0, 4.0]
    who = ["a", "a", "a", None, np.nan, "b", pd.NA]
    table = partner_scores(values, who)
    assert [(row.partner, row.n, row.mean) for row in table.rows] == [("a", 2, 2.0), ("b", 1, 2.0)]
    assert (table.n_used, table.n_total) == (3, 7)


def test_labels_are_numbers_before_other_texts_each_in_order():
    who = ["beta", 10, 2.0, np.int64(10), "Alpha", "2", np.str_("beta"), ""]
    table = partner_scores(np.ones(8), who)
    assert [(row.partner, row.n) for row in table.rows] == [
        (2, 1),
        ("2", 1),
        (10, 2),
        ("Alpha", 1),
        ("beta", 2),
    ]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", "category", "str"])
def test_a_column_of_a_data_frame_names_the_partners(dtype):
    who = pd.Series([2, 1, 2, 1], dtype="int64").astype(dtype)
    table = partner_scores(pd.Series([1.0, 2.0, 3.0, 4.0]), who)
    assert [(str(row.partner), row.mean) for row in table.rows] == [("1", 3.0), ("2", 2.0)]


def test_a_single_rater_gives_a_mean_and_a_shrunken_score_but_no_interval():
    table = partner_scores([3, 4, 5, 4, 1, 2, 2], list("aaaabbc"))
    alone = table.rows[2]
    assert (alone.n, alone.mean, alone.sd, alone.ci_low, alone.ci_high) == (1, 2.0, *[None] * 3)
    assert alone.notes == ("One rater: no interval.",)
    assert 2 < alone.shrunken < table.mu


def test_raters_who_agree_give_a_point_and_a_note():
    third = np.mean([4, 4, 3])
    table = partner_scores([third] * 7 + [1.0, 2.0, 4.0], ["a"] * 7 + ["b"] * 3)
    assert (table.rows[0].sd, table.rows[0].ci_low, table.rows[0].ci_high) == (0.0, third, third)
    assert table.rows[0].notes == ("All raters agree: the interval is a point.",)
    assert table.rows[1].notes == ()


def test_no_variance_between_partners_gives_all_the_grand_mean():
    table = partner_scores([1, 5, 1, 5, 2, 4], list("aabbcc"))
    assert table.tau2 == 0
    assert {row.shrunken for row in table.rows} == {3.0}
    assert {(row.shrunken_se, row.reliability) for row in table.rows} == {(0.0, 0.0)}
    assert "tau2 = 0" in table.notes[0]


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (list("aaaa"), "No shrunken scores. The variance between partners needs 2 partners"),
        (list("abcd"), "No shrunken scores. Every partner has a single rater"),
    ],
)
def test_what_cannot_be_pooled_keeps_its_means_and_says_why(who, reason):
    table = partner_scores([1.0, 2.0, 4.0, 5.0], who)
    assert all(row.mean is not None and row.shrunken is None for row in table.rows)
    assert (table.mu, table.mu_se, table.tau2, table.sigma2) == (None,) * 4
    assert table.notes[0].startswith(reason)


def test_three_partners_get_shrunken_scores_without_intervals():
    table = partner_scores([1, 2, 4, 5, 2, 3], list("aabbcc"))
    assert all(row.shrunken is not None for row in table.rows)
    assert all(row.shrunken_ci_low is None for row in table.rows)
    assert table.notes[0].startswith("No intervals of the shrunken scores. With 3 partners")


def test_without_pooling_there_are_means_only():
    table = partner_scores([1, 2, 4, 5], list("aabb"), pool=False)
    assert [row.shrunken for row in table.rows] == [None, None]
    assert (table.mu, table.notes, table.method) == (None, (), "t interval")


def test_small_partners_are_named_and_nothing_else():
    source = np.random.default_rng(2)
    who = np.repeat(["a", "b", "c", "d", "e"], [5, 8, 4, 6, 5])
    values = source.normal(3, 1, len(who))
    table = partner_scores(values, who, min_n=5)
    hidden = table.rows[2]
    assert hidden.partner == "c"
    assert [getattr(hidden, field) for field in NUMBERS] == [None] * len(NUMBERS)
    assert hidden.suppressed_reason == "too few answers (fewer than 5)"
    assert [row.partner for row in table.shown] == ["a", "b", "d", "e"]


def test_small_partners_enter_no_number():
    source = np.random.default_rng(2)
    who = np.repeat(["a", "b", "c", "d", "e"], [5, 8, 4, 6, 5])
    values = source.normal(3, 1, len(who))
    other = np.where(who == "c", 99.0, values)
    with_them = partner_scores(values, who, min_n=5)
    assert with_them == partner_scores(other, who, min_n=5)
    without = partner_scores(values[who != "c"], who[who != "c"])
    assert with_them.shown == without.rows
    assert (with_them.mu, with_them.n_used) == (without.mu, 24 - 1 + 1)


def test_a_partner_whose_raters_all_left_it_out_is_named():
    table = partner_scores([1.0, 2.0, np.nan], ["a", "a", "b"])
    assert (table.rows[1].n, table.rows[1].suppressed_reason) == (None, "no answers")


def test_no_rows_give_an_empty_table():
    table = partner_scores([], [])
    assert (table.rows, table.n_used, table.n_total) == ((), 0, 0)


def test_results_are_plain_when_asked_for():
    table = partner_scores([1, 2, 4, 5, 3], list("aabbc"), min_n=2)
    plain = table.to_dict()
    assert plain["rows"][0]["mean"] == 1.5
    assert plain["rows"][2]["suppressed_reason"] == "too few answers (fewer than 2)"
    assert type(plain["tau2"]) is float
    frame = table.to_frame()
    assert frame["partner"].tolist() == ["a", "b", "c"]
    assert frame["mean"].isna().tolist() == [False, False, True]


def test_values_and_labels_of_different_length_are_refused():
    with pytest.raises(BadFrame, match=r"\(3,\) and 2 partner labels"):
        partner_scores([1, 2, 3], ["a", "b"])


@pytest.mark.parametrize("choice", [{"level": 95}, {"min_n": 0}, {"min_n": 2.5}])
def test_choices_that_make_no_sense_are_refused(choice):
    with pytest.raises(UnknownChoice, match="give a"):
        partner_scores([1, 2], ["a", "b"], **choice)


WITHIN, NOISE = 0.5, 0.36


def ordinal_means(source, level, partners, raters):
    """Draw means of three items, each a normal answer rounded to 1 … 5."""
    rater = level + np.sqrt(WITHIN) * source.standard_normal((partners, raters, 1))
    answers = rater + np.sqrt(NOISE) * source.standard_normal((partners, raters, 3))
    return np.clip(np.rint(answers), 1, 5).mean(axis=2)


def true_mean(level):
    """Return the exact expectation of such a mean."""
    cuts = np.array([1.5, 2.5, 3.5, 4.5])
    return 1 + ndtr((level - cuts) / np.sqrt(WITHIN + NOISE)).sum()


def t_coverage(level, raters, draws):
    values = ordinal_means(np.random.default_rng(9), level, draws, raters)
    who = np.repeat(np.arange(draws), raters)
    rows = partner_scores(values.ravel(), who, pool=False).rows
    return np.mean([row.ci_low <= true_mean(level) <= row.ci_high for row in rows])


@pytest.mark.parametrize("raters", [5, 10, 30])
def test_the_t_interval_covers_ordinal_means(raters):
    assert 0.935 <= t_coverage(3.8, raters, 2000) <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("level", [2.5, 3.2, 3.8, 4.2])
@pytest.mark.parametrize("raters", [5, 10, 30])
def test_the_t_interval_covers_ordinal_means_of_any_height(level, raters):
    assert 0.935 <= t_coverage(level, raters, 20_000) <= 0.965


def test_scores_that_differ_by_rounding_only_are_the_same():
    third = 1e6 / 3
    nearly = np.array([third, np.nextafter(third, 0), np.nextafter(third, 1e9), third])
    same = partner_scores(np.tile(nearly, 4), np.repeat(list("abcd"), 4))
    assert (same.tau2, same.sigma2) == (0, 0)
    assert {row.mean for row in same.rows} == {nearly.min()}
    apart = partner_scores([*nearly, 1.0, 2.0, 3.0], [*"aaaa", *"bbb"])
    assert apart.rows[0].sd == 0
    assert apart.rows[1].sd == 1
