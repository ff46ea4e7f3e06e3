"""Rank intervals: exact cases, many partners, coverage, and why bare ranks are noise."""

import tracemalloc

import numpy as np
import pytest
from scipy.special import ndtr

from analysis import ranks
from analysis.errors import UnknownChoice
from analysis.partners import partner_scores
from analysis.ranks import rank_intervals


def league(source, partners, raters, icc):
    true = np.sqrt(icc) * source.standard_normal(partners)
    who = np.repeat(np.arange(partners), raters)
    values = true[who] + np.sqrt(1 - icc) * source.standard_normal(len(who))
    return true, partner_scores(values, who)


def test_two_partners_rank_by_the_probability_that_one_is_above_the_other():
    table = partner_scores([1, 2, 3, 2, 4, 2, 3, 4, 3, 5], [1] * 5 + [2] * 5)
    low, high = table.rows
    apart = high.shrunken - low.shrunken
    se = np.sqrt(high.shrunken_se**2 + low.shrunken_se**2)  # mu moves both alike
    found = rank_intervals(table, draws=200_000, seed=1)
    assert found.rows[1].probability_first == pytest.approx(ndtr(apart / se), abs=0.004)
    assert found.rows[0].mean_rank == pytest.approx(1 + ndtr(apart / se), abs=0.004)


def test_probabilities_are_those_of_places():
    _, table = league(np.random.default_rng(3), 7, 6, 0.3)
    found = rank_intervals(table, draws=2000, seed=2)
    assert found.probabilities.shape == (7, 7)
    assert found.probabilities.sum(axis=0) == pytest.approx(np.ones(7))
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(7))
    for row, places in zip(found.rows, found.probabilities, strict=True):
        assert places[: row.rank_low - 1].sum() < 0.025
        assert places[row.rank_high :].sum() < 0.025 + 1e-9
        assert places[row.rank_low - 1 : row.rank_high].sum() >= 0.95 - 1e-9
        assert row.mean_rank == pytest.approx(places @ np.arange(1, 8))
        assert row.probability_first == places[0]


def test_rank_one_is_the_highest():
    table = partner_scores([1, 2, 1, 3, 4, 3, 5, 5, 4], list("aaabbbccc"))
    found = rank_intervals(table, seed=1)
    assert [row.partner for row in sorted(found.rows, key=lambda row: row.mean_rank)] == list("cba")


def test_the_same_seed_gives_the_same_ranks_and_another_nearly():
    _, table = league(np.random.default_rng(3), 5, 8, 0.3)
    first, again = (rank_intervals(table, draws=5000, seed=5) for _ in range(2))
    other = rank_intervals(table, draws=5000, seed=np.random.default_rng(6))
    assert first.rows == again.rows
    assert first.rows != other.rows
    assert other.probabilities == pytest.approx(first.probabilities, abs=0.04)


def test_drawing_in_parts_counts_every_draw(monkeypatch):
    monkeypatch.setattr(ranks, "_CHUNK", 70)
    _, table = league(np.random.default_rng(3), 7, 6, 0.3)
    found = rank_intervals(table, draws=1003, seed=2)
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(7))


def test_without_variance_between_partners_every_order_is_as_likely():
    table = partner_scores([1, 5, 1, 5, 2, 4], list("aabbcc"))
    found = rank_intervals(table, draws=30_000, seed=1)
    assert found.probabilities == pytest.approx(np.full((3, 3), 1 / 3), abs=0.01)
    assert [(row.rank_low, row.rank_high) for row in found.rows] == [(1, 3)] * 3
    assert "every order is equally likely" in found.notes[0]


def test_equal_scores_known_exactly_share_their_places():
    table = partner_scores([4, 4, 2, 2, 4, 4], list("aabbcc"))
    found = rank_intervals(table, draws=5000, seed=1)
    assert [(row.rank_low, row.rank_high) for row in found.rows] == [(1, 2), (3, 3), (1, 2)]


def test_suppressed_partners_get_no_rank():
    source = np.random.default_rng(2)
    who = np.repeat(["a", "b", "c", "d"], [5, 8, 3, 6])
    table = partner_scores(source.normal(3, 1, len(who)), who, min_n=5)
    found = rank_intervals(table, seed=1)
    assert [row.partner for row in found.rows] == ["a", "b", "d"]
    assert max(row.rank_high for row in found.rows) <= 3
    assert "Ranks are among the 3 partners shown." in found.notes


@pytest.mark.parametrize("who", [list("aaaa"), list("abcd")])
def test_what_was_not_pooled_is_not_ranked(who):
    found = rank_intervals(partner_scores([1.0, 2.0, 3.0, 4.0], who))
    assert found.rows == ()
    assert found.probabilities.shape == (0, 0)
    assert "No ranks without shrunken scores" in found.notes[0]


def test_too_many_partners_are_not_ranked(monkeypatch):
    monkeypatch.setattr(ranks, "MOST_PARTNERS", 3)
    _, table = league(np.random.default_rng(3), 4, 6, 0.3)
    assert "more than 3" in rank_intervals(table).notes[0]


@pytest.mark.durability
def test_a_thousand_partners_fit_in_memory():
    _, table = league(np.random.default_rng(1), 1000, 4, 0.2)
    tracemalloc.start()
    found = rank_intervals(table, draws=3000, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.rows) == 1000
    assert peak < 100e6


def test_results_are_plain_when_asked_for():
    _, table = league(np.random.default_rng(3), 4, 6, 0.3)
    found = rank_intervals(table, draws=200, seed=1)
    plain = found.to_dict()
    assert plain["rows"][0]["partner"] == 0
    assert np.shape(plain["probabilities"]) == (4, 4)
    assert found.to_frame()["rank_low"].tolist() == [row.rank_low for row in found.rows]


@pytest.mark.parametrize("choice", [{"draws": 50}, {"level": 95}])
def test_choices_that_make_no_sense_are_refused(choice):
    _, table = league(np.random.default_rng(3), 4, 6, 0.3)
    with pytest.raises(UnknownChoice, match="give "):
        rank_intervals(table, **choice)


def coverage(partners, raters, icc, runs, seed):
    """Return the share of true ranks inside their interval, and the mean width."""
    source = np.random.default_rng(seed)
    inside, width = [], []
    for _ in range(runs):
        true, table = league(source, partners, raters, icc)
        rank = np.argsort(np.argsort(-true)) + 1
        rows = rank_intervals(table, draws=2000, seed=source).rows
        low, high = np.array([(row.rank_low, row.rank_high) for row in rows]).T
        inside.append(((low <= rank) & (rank <= high)).mean())
        width.append((high - low + 1).mean())
    return np.mean(inside), np.mean(width)


@pytest.mark.durability
def test_rank_intervals_cover_the_true_ranks():
    share, width = coverage(12, 5, 0.2, runs=100, seed=1)
    assert share >= 0.95
    assert width > 8


@pytest.mark.durability
@pytest.mark.parametrize(
    ("partners", "raters", "icc"), [(12, 5, 0.2), (12, 30, 0.2), (12, 5, 0.05), (40, 10, 0.1)]
)
def test_rank_intervals_cover_the_true_ranks_in_many_leagues(partners, raters, icc):
    assert coverage(partners, raters, icc, runs=2000, seed=2)[0] >= 0.95


def test_the_observed_best_is_seldom_the_true_best():
    # 12 partners, ICC(1) .2, 5 raters each: in fewer than half of the runs (44 %, s.e. 0.4 %).
    source = np.random.default_rng(4)
    true = np.sqrt(0.2) * source.standard_normal((20_000, 12))
    seen = true + np.sqrt(0.8 / 5) * source.standard_normal(true.shape)
    hits = (true.argmax(axis=1) == seen.argmax(axis=1)).mean()
    assert 0.43 <= hits <= 0.47


@pytest.mark.durability
def test_the_probability_of_being_first_says_how_seldom():
    # Where the model holds, the probability given to the observed best is the share of hits.
    source = np.random.default_rng(5)
    given, hits = [], []
    for _ in range(150):
        true, table = league(source, 12, 5, 0.2)
        best = int(np.argmax([row.mean for row in table.rows]))
        rows = rank_intervals(table, draws=1000, seed=source).rows
        given.append(rows[best].probability_first)
        hits.append(true.argmax() == best)
    assert np.mean(given) == pytest.approx(np.mean(hits), abs=0.1)
