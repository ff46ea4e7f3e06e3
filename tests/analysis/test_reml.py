"""Variance components: closed forms, brute force on the full likelihood, edges."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis import reml
from analysis.errors import NotComputable, UnknownChoice

METHODS = ["reml", "ml"]


def sums(parts):
    n = np.array([len(part) for part in parts], dtype=float)
    mean = np.array([np.mean(part) for part in parts])
    ss = np.array([np.sum((np.array(part) - np.mean(part)) ** 2) for part in parts])
    return n, mean, ss


def log_likelihood(parts, tau2, sigma2, *, restricted):
    """Log-likelihood of all ratings from their full covariance matrix, mu at its best."""
    y = np.concatenate(parts)
    who = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    covariance = sigma2 * np.eye(len(y)) + tau2 * (who[:, None] == who)
    inverse = np.linalg.inv(covariance)
    information = inverse.sum()
    rest = y - inverse.sum(axis=0) @ y / information
    value = np.linalg.slogdet(covariance)[1] + rest @ inverse @ rest
    if restricted:
        value += np.log(information)
    return -0.5 * (value + (len(y) - restricted) * np.log(2 * np.pi))


def draw(seed, sizes, tau2=0.3):
    source = np.random.default_rng(seed)
    return [np.sqrt(tau2) * source.normal() + source.normal(size=size) for size in sizes]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sizes", [[3, 5, 1, 8], [2, 2], [1, 1, 1, 2], [20, 1, 4, 4, 9, 3]])
def test_nothing_near_the_estimate_is_more_likely(method, sizes):
    restricted = method == "reml"
    for seed in range(5):
        parts = draw(seed, sizes)
        found = reml.fit(*sums(parts), method=method)
        best = log_likelihood(parts, found.tau2, found.sigma2, restricted=restricted)
        assert found.log_likelihood == pytest.approx(best, abs=1e-9)
        for more_tau2 in (0.0, 1e-4, 0.01, 0.3, 3.0):
            for factor in (0.5, 0.99, 1, 1.01, 2):
                for tau2 in (max(found.tau2 - more_tau2, 0), found.tau2 + more_tau2):
                    other = log_likelihood(
                        parts, tau2, found.sigma2 * factor, restricted=restricted
                    )
                    assert other <= best + 1e-12


def test_equal_numbers_of_raters_give_the_closed_forms():
    parts = draw(3, [6] * 9)
    n, mean, ss = sums(parts)
    msb, msw = 6 * mean.var(ddof=1), ss.sum() / (9 * 5)
    found = reml.fit(n, mean, ss)
    assert found.tau2 == pytest.approx((msb - msw) / 6, rel=1e-10)
    assert found.sigma2 == pytest.approx(msw, rel=1e-10)
    assert found.mu == pytest.approx(mean.mean(), rel=1e-12)
    assert found.mu_se == pytest.approx(np.sqrt(msb / 54), rel=1e-10)
    shrunken = reml.shrink(n, mean, found)
    assert shrunken.reliability == pytest.approx(np.full(9, 1 - msw / msb), rel=1e-10)


def test_means_closer_than_chance_give_no_variance_between():
    n, mean, ss = [5.0, 4.0, 3.0], [3.0, 3.1, 3.05], [4.0, 4.0, 4.0]
    found = reml.fit(n, mean, ss)
    total = 12 + sum(n * (np.array(mean) - found.mu) ** 2)
    assert (found.tau2, found.icc) == (0.0, 0.0)
    assert found.mu == pytest.approx((15 + 12.4 + 9.15) / 12)
    assert found.sigma2 == pytest.approx(total / 11)
    assert "tau2 = 0" in found.notes[0]
    shrunken = reml.shrink(n, mean, found)
    assert shrunken.score.tolist() == [found.mu] * 3
    assert shrunken.se.tolist() == shrunken.reliability.tolist() == [0.0] * 3


def test_a_variance_just_above_the_boundary_is_found():
    # With 4 raters each and MSW = 1, tau2 = (MSB - 1)/4; here MSB = 1 + 4e-7.
    spread = np.sqrt((1 + 4e-7) / 4)
    found = reml.fit([4, 4, 4], [3 - spread, 3, 3 + spread], [3, 3, 3])
    assert found.tau2 == pytest.approx(1e-7, rel=1e-6)


def test_raters_who_agree_leave_only_the_variance_between():
    found = reml.fit([3, 2, 1], [2.0, 3.0, 5.0], [0.0, 0.0, 0.0])
    assert (found.sigma2, found.icc, found.log_likelihood) == (0.0, 1.0, None)
    assert found.tau2 == pytest.approx(np.var([2, 3, 5], ddof=1))
    assert "sigma2 = 0" in found.notes[0]
    shrunken = reml.shrink([3, 2, 1], [2.0, 3.0, 5.0], found)
    assert shrunken.score == pytest.approx([2.0, 3.0, 5.0])
    assert shrunken.se.tolist() == [0.0] * 3
    assert shrunken.reliability.tolist() == [1.0] * 3


def test_raters_who_nearly_agree_come_close_to_that():
    exact = reml.fit([3, 2, 2], [2.0, 3.0, 5.0], [0.0, 0.0, 0.0])
    near = reml.fit([3, 2, 2], [2.0, 3.0, 5.0], [1e-13, 1e-13, 1e-13])
    assert near.tau2 == pytest.approx(exact.tau2, rel=1e-8)
    assert near.mu == pytest.approx(exact.mu)
    assert 0 < near.sigma2 < 1e-12


def test_ml_divides_by_the_partners_where_all_raters_agree():
    found = reml.fit([3, 2], [2.0, 4.0], [0.0, 0.0], method="ml")
    assert found.tau2 == pytest.approx(1.0)


def test_ratings_that_are_all_the_same_have_no_icc():
    found = reml.fit([3, 2], [4.0, 4.0], [0.0, 0.0])
    assert (found.mu, found.tau2, found.sigma2, found.icc) == (4.0, 0.0, 0.0, None)
    assert "same" in found.notes[0]
    assert reml.shrink([3, 2], [4.0, 4.0], found).score.tolist() == [4.0, 4.0]


def test_a_partner_with_one_rater_is_shrunken_too():
    parts = draw(1, [8, 6, 1], tau2=2.0)
    n, mean, ss = sums(parts)
    found = reml.fit(n, mean, ss)
    shrunken = reml.shrink(n, mean, found)
    share = found.tau2 / (found.tau2 + found.sigma2)
    assert shrunken.reliability[2] == pytest.approx(share)
    assert shrunken.score[2] == pytest.approx(found.mu + share * (mean[2] - found.mu))
    assert shrunken.se[2] == pytest.approx(np.sqrt(found.tau2 * (1 - share)))


@pytest.mark.parametrize(
    ("n", "reason"),
    [
        ([], "needs 2 partners with answers; there are 0"),
        ([7], "there are 1"),
        ([7, 0], "there are 1"),
        ([1, 1, 1], "single rater"),
    ],
)
def test_what_the_data_cannot_tell_is_said(n, reason):
    with pytest.raises(NotComputable, match=reason):
        reml.fit(n, np.arange(len(n), dtype=float), np.ones(len(n)))


def test_an_unknown_method_is_refused():
    with pytest.raises(UnknownChoice, match="'reml', 'ml'"):
        reml.fit([2, 2], [1, 2], [1, 1], method="bayes")


parts_of_answers = st.lists(
    st.lists(st.integers(1, 5), min_size=1, max_size=6), min_size=2, max_size=6
)


@given(parts=parts_of_answers, method=st.sampled_from(METHODS))
def test_any_answers_give_the_most_likely_variances(parts, method):
    n, mean, ss = sums(parts)
    assume(n.max() > 1)
    assume(ss.sum() > 0)
    found = reml.fit(n, mean, ss, method=method)
    restricted = method == "reml"
    for ratio in (0.0, 1e-3, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0):
        rss = reml.profile(n, mean, ss, restricted=restricted).solve(ratio)[2]
        sigma2 = rss / (n.sum() - restricted)
        other = log_likelihood(parts, ratio * sigma2, sigma2, restricted=restricted)
        assert other <= found.log_likelihood + 1e-9


@given(parts=parts_of_answers, shift=st.integers(-3, 3), factor=st.sampled_from([0.5, 2.0]))
def test_another_range_changes_the_unit_only(parts, shift, factor):
    n, mean, ss = sums(parts)
    assume(n.max() > 1)
    assume(ss.sum() > 0)
    found = reml.fit(n, mean, ss)
    moved = reml.fit(n, shift + factor * mean, factor**2 * ss)
    assert moved.tau2 == pytest.approx(factor**2 * found.tau2, rel=1e-6, abs=1e-9)
    assert moved.sigma2 == pytest.approx(factor**2 * found.sigma2, rel=1e-6)
    assert moved.mu == pytest.approx(shift + factor * found.mu, rel=1e-6, abs=1e-6)
