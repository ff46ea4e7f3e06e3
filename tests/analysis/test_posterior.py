"""Posterior intervals: against draws from the posterior, limits, coverage."""

import numpy as np
import pytest

from analysis import posterior, reml
from analysis.errors import NotComputable
from analysis.partner_sums import PartnerSums
from analysis.posterior import posterior_intervals


def study(source, sizes, icc):
    """Draw true scores and the sums of ratings with total variance 1."""
    sizes = np.asarray(sizes)
    true = np.sqrt(icc) * source.standard_normal(len(sizes))
    who = np.repeat(np.arange(len(sizes)), sizes)
    ratings = true[who] + np.sqrt(1 - icc) * source.standard_normal(len(who))
    return true, PartnerSums.of(ratings, who)


def gibbs(sums, draws, seed):
    """Draw true scores by Gibbs sampling, with priors flat in mu, log sigma2 and tau2."""
    source = np.random.default_rng(seed)
    n, mean, within = sums.n, sums.mean, sums.ss.sum()
    partners, total = len(n), n.sum()
    true, tau2 = mean.copy(), mean.var(ddof=1)
    out = np.empty((draws, partners))
    for step in range(draws):
        sigma2 = (within + n @ (mean - true) ** 2) / source.chisquare(total)
        mu = source.normal(true.mean(), np.sqrt(tau2 / partners))
        tau2 = ((true - mu) ** 2).sum() / source.chisquare(partners - 2)
        precision = n / sigma2 + 1 / tau2
        centre = (n * mean / sigma2 + mu / tau2) / precision
        true = source.normal(centre, 1 / np.sqrt(precision))
        out[step] = true
    return out[draws // 10 :]


@pytest.mark.parametrize(
    ("sizes", "icc"), [([4, 9, 5, 2, 7, 6, 3, 8], 0.4), ([6, 3, 8, 5, 7, 1], 0.1)]
)
def test_intervals_hold_the_middle_of_draws_from_the_posterior(sizes, icc):
    _, sums = study(np.random.default_rng(11), sizes, icc)
    low, high = posterior_intervals(sums.n, sums.mean, sums.ss, 0.8)
    drawn = gibbs(sums, 20_000, seed=2)
    below, above = (drawn < low).mean(axis=0), (drawn > high).mean(axis=0)
    # Successive draws are correlated: an effective 1,500 give a standard error of .008.
    assert below == pytest.approx(np.full(len(sizes), 0.1), abs=0.02)
    assert above == pytest.approx(np.full(len(sizes), 0.1), abs=0.02)


def test_with_many_partners_they_are_the_conditional_intervals():
    _, sums = study(np.random.default_rng(4), [30] * 600, 0.3)
    low, high = posterior_intervals(sums.n, sums.mean, sums.ss)
    shrunken = reml.shrink(sums.n, sums.mean, reml.fit(sums.n, sums.mean, sums.ss))
    assert low == pytest.approx(shrunken.score - 1.96 * shrunken.se, abs=0.003)
    assert high == pytest.approx(shrunken.score + 1.96 * shrunken.se, abs=0.003)


def test_they_have_width_where_no_variance_between_is_found():
    n, mean, ss = [4.0] * 5, [3.0, 3.1, 3.0, 2.9, 3.0], [3.0] * 5
    assert reml.fit(n, mean, ss).tau2 == 0
    low, high = posterior_intervals(n, mean, ss)
    assert (high - low > 0.5).all()


def test_they_do_not_depend_on_the_unit():
    _, sums = study(np.random.default_rng(6), [5, 3, 8, 6], 0.3)
    low, high = posterior_intervals(sums.n, sums.mean, sums.ss)
    moved = posterior_intervals(sums.n, 7 + 10 * sums.mean, 100 * sums.ss)
    assert moved[0] == pytest.approx(7 + 10 * low, abs=1e-5)
    assert moved[1] == pytest.approx(7 + 10 * high, abs=1e-5)


def test_ratings_far_from_zero_lose_their_last_digits_only():
    _, sums = study(np.random.default_rng(6), [5, 3, 8, 6], 0.3)
    low, high = posterior_intervals(sums.n, sums.mean, sums.ss)
    far = posterior_intervals(sums.n, 1e12 + sums.mean, sums.ss)
    assert far[0] - 1e12 == pytest.approx(low, abs=1e-3)
    assert far[1] - 1e12 == pytest.approx(high, abs=1e-3)


def test_few_steps_come_close_already(monkeypatch):
    _, sums = study(np.random.default_rng(6), [5, 3, 8, 6], 0.3)
    low, high = posterior_intervals(sums.n, sums.mean, sums.ss)
    monkeypatch.setattr(posterior, "_STEPS", 4)
    hasty = posterior_intervals(sums.n, sums.mean, sums.ss)
    assert np.concatenate(hasty) == pytest.approx(np.concatenate([low, high]), abs=1e-3)
    assert not np.array_equal(hasty[0], low)


def test_partners_that_differ_much_keep_the_intervals_of_their_own_raters():
    source = np.random.default_rng(8)
    values = np.array([0.0, 1e4, 2e4, 5e4])[:, None] + source.standard_normal((4, 400))
    sums = PartnerSums.of(values.ravel(), np.repeat(np.arange(4), 400))
    low, high = posterior_intervals(sums.n, sums.mean, sums.ss)
    se = np.sqrt(sums.ss.sum() / 1596 / 400)
    assert low == pytest.approx(sums.mean - 1.9615 * se, abs=0.002)
    assert high == pytest.approx(sums.mean + 1.9615 * se, abs=0.002)


def test_raters_who_agree_give_points():
    low, high = posterior_intervals([2, 3, 2, 4], [1.0, 2.0, 3.0, 4.0], [0.0] * 4)
    assert low.tolist() == high.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_three_partners_are_too_few():
    with pytest.raises(NotComputable, match=r"With 3 partners .* it takes 4"):
        posterior_intervals([5, 5, 5], [1.0, 2.0, 3.0], [4.0, 4.0, 4.0])


def coverage(partners, raters, icc, draws, seed):
    """Return the share of true scores inside the posterior and the conditional interval."""
    source = np.random.default_rng(seed)
    inside = np.zeros(2)
    for _ in range(draws):
        sizes = np.maximum(source.poisson(raters, partners), 1)
        true, sums = study(source, sizes, icc)
        low, high = posterior_intervals(sums.n, sums.mean, sums.ss)
        shrunken = reml.shrink(sums.n, sums.mean, reml.fit(sums.n, sums.mean, sums.ss))
        inside += (
            ((low <= true) & (true <= high)).mean(),
            (np.abs(true - shrunken.score) <= 1.96 * shrunken.se).mean(),
        )
    return inside / draws


@pytest.mark.durability
def test_intervals_cover_where_conditional_ones_do_not():
    posterior, conditional = coverage(12, 5, 0.2, draws=80, seed=1)
    assert posterior > 0.925
    assert conditional < 0.87


@pytest.mark.durability
@pytest.mark.parametrize(
    ("partners", "raters", "icc"),
    [(12, 5, 0.2), (12, 10, 0.2), (12, 30, 0.2), (12, 5, 0.5), (6, 10, 0.2), (40, 5, 0.2)],
)
def test_intervals_cover_at_their_level(partners, raters, icc):
    posterior, _ = coverage(partners, raters, icc, draws=800, seed=3)
    assert 0.935 <= posterior <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("icc", [0.0, 0.05])
def test_intervals_err_on_the_safe_side_where_partners_hardly_differ(icc):
    posterior, _ = coverage(12, 5, icc, draws=2000, seed=4)
    assert posterior >= 0.945
