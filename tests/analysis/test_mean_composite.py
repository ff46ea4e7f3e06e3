"""Composites from means: equal to those of raters where nothing is missing, honest where it is."""

import numpy as np
import pytest

from analysis.composite_standing import standing
from analysis.mean_composite import mean_composite, scale_means
from analysis.partners import partner_scores
from analysis.rank_sets import rank_sets
from analysis.scale_assessment import Choices

WEIGHTS = np.array([0.5, 0.3, 0.2])


def drawn(source, partners, raters, gap=0.0, tau=0.5):
    """Scores of three scales that vary together within raters, and the truth of each partner."""
    truth = source.normal(0, tau, (partners, 3))
    codes = np.repeat(np.arange(partners), raters)
    own = source.normal(0, 0.5, (len(codes), 1)) + source.normal(0, 0.5, (len(codes), 3))
    scores = truth[codes] + own
    scores[source.random(scores.shape) < gap] = np.nan
    return scores, (tuple(f"p{i}" for i in range(partners)), codes), truth @ WEIGHTS


def test_with_nothing_missing_it_is_the_mean_of_the_raters_composites():
    scores, by, _ = drawn(np.random.default_rng(1), 8, 6)
    table, found = mean_composite(scores, by, WEIGHTS)
    own = partner_scores(scores @ WEIGHTS, [by[0][i] for i in by[1]])
    for fields in ("mean", "shrunken", "shrunken_se", "reliability", "shrunken_ci_low"):
        one, other = ([getattr(row, fields) for row in t.rows] for t in (table, own))
        assert one == pytest.approx(other, abs=1e-10)
    assert table.tau2 == pytest.approx(own.tau2, abs=1e-10)
    rest = scores - np.array([scores[by[1] == p].mean(axis=0) for p in range(8)])[by[1]]
    assert found.within == pytest.approx(rest.T @ rest / 40, abs=1e-12)


def test_covariances_are_unbiased_with_gaps():
    source, total = np.random.default_rng(2), np.zeros((3, 3))
    for _ in range(400):
        scores, by, _ = drawn(source, 10, 5, gap=0.2)
        total += scale_means(scores, by[1], 10, 1).within / 400
    truth = np.full((3, 3), 0.25) + 0.25 * np.eye(3)
    assert total == pytest.approx(truth, abs=0.02)


def test_partners_with_too_few_raters_on_one_scale_are_left_out_of_everything():
    scores, by, _ = drawn(np.random.default_rng(3), 5, 6)
    scores[:3, 1] = np.nan
    table, found = mean_composite(scores, by, WEIGHTS, min_n=5)
    assert table.rows[0].mean is None
    assert "fewer than 5" in table.rows[0].suppressed_reason
    assert found.partners.tolist() == [1, 2, 3, 4]
    rest = (scores[6:], (by[0][1:], by[1][6:] - 1))
    again, _ = mean_composite(*rest, WEIGHTS, min_n=5)
    assert again.rows == table.rows[1:]


def halves(both):
    """Scores of two scales by three partners, each scale from raters of its own but for a few."""
    source = np.random.default_rng(1)
    scores = source.integers(1, 6, (36, 2)).astype(float)
    place = np.tile(np.arange(12), 3)
    scores[place < 6, 1] = scores[place >= 6, 0] = np.nan
    for row in range(both):  # a little less and far more: no variances fit such covariances
        scores[row] = (1, 1) if row % 2 else (5, 5)
    return scores, (("a", "b", "c"), np.repeat(np.arange(3), 12))


def test_scales_that_few_raters_answered_together_have_no_covariance():
    scores, by = halves(1)
    lone = scale_means(scores, by[1], 3, 1)
    n, own = lone.counts[0], scores[0] - lone.means[0]
    share = 1 - 1 / n[0] - 1 / n[1] + 1 / (n[0] * n[1])
    assert lone.within[0, 1] * share == pytest.approx(own[0] * own[1])  # of one rater
    for both, told in ((1, False), (4, False), (5, True)):
        scores, by = halves(both)
        table, found = mean_composite(scores, by, np.array([0.5, 0.5]), min_n=5)
        assert (found.within is not None) == told
        assert all((row.ci_low is not None) == told for row in table.rows)
        assert all(row.mean is not None for row in table.rows)


@pytest.mark.parametrize("low", [(1, 5), (5, 1)])
def test_covariances_that_fit_no_variance_leave_the_means_alone(low):
    scores, by = halves(1)
    scores[0] = low
    table, _ = mean_composite(scores, by, np.array([0.5, 0.5]))
    assert [row.shrunken for row in table.rows] == [None] * 3
    assert all(row.mean is not None for row in table.rows)


def test_nobody_with_enough_raters_is_no_table():
    scores, by, _ = drawn(np.random.default_rng(4), 2, 3)
    table, found = mean_composite(scores, by, WEIGHTS, min_n=5)
    assert not table.shown
    assert found.within is None


def test_one_rater_each_has_no_interval():
    scores, by, _ = drawn(np.random.default_rng(5), 4, 1)
    table, _ = mean_composite(scores, by, WEIGHTS)
    assert [row.ci_low for row in table.rows] == [None] * 4
    assert "No shrunken composites" in table.notes[0]


@pytest.mark.durability
@pytest.mark.parametrize(("partners", "raters"), [(12, 8), (30, 6)])
def test_intervals_hold_with_a_tenth_of_the_scores_missing(partners, raters):
    source, own, shrunken, total = np.random.default_rng(6), 0, 0, 0
    for _ in range(-(-4000 // partners)):
        scores, by, truth = drawn(source, partners, raters, gap=0.1)
        rows = mean_composite(scores, by, WEIGHTS)[0].rows
        total += partners
        own += sum(r.ci_low <= t <= r.ci_high for r, t in zip(rows, truth, strict=True))
        shrunken += sum(
            r.shrunken_ci_low <= t <= r.shrunken_ci_high for r, t in zip(rows, truth, strict=True)
        )
    assert 0.935 <= own / total <= 0.965
    assert 0.935 <= shrunken / total <= 0.965


def test_standing_is_that_of_a_single_scale_where_nothing_is_missing():
    """With the weights on one scale alone the comparison is the one of its means."""
    scores, by, _ = drawn(np.random.default_rng(7), 6, 9)
    scores[by[1] == 5] += 3
    one = np.array([1.0, 0.0, 0.0])
    table, found = mean_composite(scores, by, one)
    choices = Choices("pairwise", None, 0.95, 1, 1, "partner")
    told = standing(table, found, one, choices)
    alone = rank_sets(partner_scores(scores[:, 0], [by[0][i] for i in by[1]]), draws=1000, seed=1)
    for mine, theirs in zip(told.sets.rows, alone.rows, strict=True):
        assert mine == theirs
    means = np.array([scores[by[1] == p, 0].mean() for p in range(6)])
    assert told.difference[5] == pytest.approx(means[5] - means[:5].mean())
    assert told.to_dict()["differing"][-1] == "p5"
    assert told.to_dict()["bands"][0] == ["p5"]


@pytest.mark.durability
def test_without_differences_nobody_is_said_to_differ_more_often_than_promised():
    source, wrong, draws = np.random.default_rng(8), np.zeros(2), 400
    choices = Choices("pairwise", None, 0.95, 1, 1, "partner")
    for _ in range(draws):
        scores, by, _ = drawn(source, 8, 8, gap=0.1, tau=0.0)
        table, found = mean_composite(scores, by, WEIGHTS)
        told = standing(table, found, WEIGHTS, choices)
        wrong += bool(told.to_dict()["differing"]), told.sets.pairs_apart > 0
    assert (wrong / draws <= 0.05 + 3 * 0.011).all()
