"""How often the 95 % intervals of alpha, omega, halves and λ's hold the true value, by simulation.

Five ordinal items on five points from a one-factor model of unequal loadings. Their true
covariances, and so alpha and omega, are integrals over the factor, computed by quadrature.
"""

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.alpha_interval import alpha_influence
from analysis.covariance import alpha_of_covariance
from analysis.errors import NotComputable
from analysis.factor import fit_one_factor
from analysis.influence import margin
from analysis.omega import omega_influence, omega_of_model
from analysis.split_interval import bound_intervals

SYMMETRIC = np.array([-1.5, -0.5, 0.5, 1.5])
SKEWED = np.array([-2.2, -1.5, -0.8, 0.1])  # 46 % of the answers at the highest point
CEILING = np.array([-2.5, -2.0, -1.5, -0.5])  # 69 %
UNEQUAL = np.array([-0.1, -0.05, 0.0, 0.03, 0.06])


def true_covariance(loadings, cuts):
    points, weights = np.polynomial.hermite_e.hermegauss(201)
    weights = weights / weights.sum()
    spread = np.sqrt(1 - loadings**2)
    above = ndtr((loadings[None, :, None] * points - cuts[:, None, None]) / spread[None, :, None])
    mean = above.sum(axis=0)
    steps = 2 * np.arange(1, len(cuts) + 1) - 1
    square = (steps[:, None, None] * above).sum(axis=0)
    centred = mean - (mean @ weights)[:, None]
    covariance = centred * weights @ centred.T
    np.fill_diagonal(covariance, square @ weights - (mean @ weights) ** 2)
    return covariance


def samples(source, draws, n, loadings, cuts):
    factor = source.standard_normal((draws, n, 1))
    noise = source.standard_normal((draws, n, len(loadings))) * np.sqrt(1 - loadings**2)
    latent = factor * loadings + noise
    return np.searchsorted(cuts, latent.ravel()).reshape(latent.shape).astype(float)


def alpha_coverage(draws, n, loading, cuts):
    loadings = loading + UNEQUAL
    truth = float(alpha_of_covariance(true_covariance(loadings, cuts)))
    source = np.random.default_rng(n)
    held = 0
    for _ in range(draws // 500):
        rows = samples(source, 500, n, loadings, cuts)
        centred = rows - rows.mean(axis=1, keepdims=True)
        found = alpha_of_covariance(centred.swapaxes(1, 2) @ centred / (n - 1))
        held += np.count_nonzero(np.abs(found - truth) <= margin(alpha_influence(rows), 0.95))
    return held / draws


def omega_coverage(draws, n, loading, cuts):
    loadings = loading + 2 * UNEQUAL
    truth = omega_of_model(fit_one_factor(true_covariance(loadings, cuts), 10**9))
    held = []
    for rows in samples(np.random.default_rng(n), draws, n, loadings, cuts):
        try:
            model = fit_one_factor(np.cov(rows.T), n)
        except NotComputable:
            continue
        reach = margin(omega_influence(model, rows), 0.95)
        held.append(abs(omega_of_model(model) - truth) <= reach)
    assert len(held) > 0.95 * draws
    return np.mean(held)


def test_the_true_covariances_are_those_of_a_large_sample():
    loadings = 0.7 + UNEQUAL
    rows = samples(np.random.default_rng(1), 1, 400_000, loadings, SKEWED)[0]
    np.testing.assert_allclose(np.cov(rows.T), true_covariance(loadings, SKEWED), atol=0.01)


@pytest.mark.parametrize("cuts", [SYMMETRIC, SKEWED], ids=["symmetric", "skewed"])
@pytest.mark.parametrize("n", [100, pytest.param(300, marks=pytest.mark.durability)])
def test_the_interval_of_alpha_holds_the_truth(n, cuts):
    assert 0.935 <= alpha_coverage(4_000, n, 0.7, cuts) <= 0.965


@pytest.mark.durability
def test_the_interval_of_omega_holds_the_truth():
    assert 0.935 <= omega_coverage(500, 300, 0.7, SYMMETRIC) <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("loading", [0.4, 0.55, 0.7, 0.8, 0.9])
@pytest.mark.parametrize(
    ("n", "cuts"),
    [(100, SYMMETRIC), (300, SYMMETRIC), (100, SKEWED), (300, SKEWED), (300, CEILING)],
    ids=["symmetric 100", "symmetric 300", "skewed 100", "skewed 300", "ceiling 300"],
)
def test_the_interval_of_alpha_holds_the_truth_from_low_to_high(n, cuts, loading):
    assert 0.935 <= alpha_coverage(20_000, n, loading, cuts) <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("loading", [0.55, 0.7, 0.8])
@pytest.mark.parametrize("n", [100, 300])
@pytest.mark.parametrize("cuts", [SYMMETRIC, SKEWED], ids=["symmetric", "skewed"])
def test_the_interval_of_omega_holds_the_truth_from_low_to_high(n, cuts, loading):
    assert 0.935 <= omega_coverage(2_000, n, loading, cuts) <= 0.965


def bounds_of(covariance):
    """Return odd-even reliability two ways, λ2 and λ6 by their formulas."""
    k, total = len(covariance), covariance.sum()
    odd = np.arange(k) % 2 == 0
    across = covariance[odd][:, ~odd].sum()
    halves = (covariance[half][:, half].sum() for half in (odd, ~odd))
    r = across / np.sqrt(np.prod([*halves]))
    off = covariance - np.diag(covariance.diagonal())
    return {
        "spearman_brown": 2 * r / (1 + r),
        "odd_even_lambda4": 4 * across / total,
        "lambda2": (off.sum() + np.sqrt(k / (k - 1) * (off**2).sum())) / total,
        "lambda6": 1 - (1 / np.linalg.inv(covariance).diagonal()).sum() / total,
    }


def bounds_coverage(draws, n, k, cuts):
    loadings = np.linspace(0.5, 0.8, k)
    truth = bounds_of(true_covariance(loadings, cuts))
    held = dict.fromkeys(truth, 0)
    for rows in samples(np.random.default_rng(n + k), draws, n, loadings, cuts):
        found = bound_intervals(bounds_of(np.cov(rows.T)), rows, 0.95)
        for name, value in truth.items():
            held[name] += found[name][0] <= value <= found[name][1]
    return {name: count / draws for name, count in held.items()}


@pytest.mark.durability
@pytest.mark.parametrize("cuts", [SYMMETRIC, SKEWED], ids=["symmetric", "skewed"])
@pytest.mark.parametrize(("n", "k"), [(100, 4), (100, 7), (100, 20), (300, 5), (300, 20)])
def test_the_intervals_of_halves_and_bounds_hold_the_truth(n, k, cuts):
    for name, share in bounds_coverage(3_000, n, k, cuts).items():
        assert 0.935 <= share <= 0.965, name
