"""How often the intervals of factor models hold the true value, by simulation."""

import numpy as np
import pytest

from analysis.cfa_result import share_interval
from analysis.sample import complete_sample
from analysis.solution import solve

OWNER = np.array([0, 0, 0, 0, 1, 1, 1])
LOADINGS = np.array([0.8, 0.7, 0.6, 0.5, 0.75, 0.65, 0.7])
ITEMS = tuple("abcdefg")
SKEWED = np.array([-2.2, -1.5, -0.8, 0.1])  # 46 % of the answers at the highest point


def answers(source, n, *, cuts=None, extra=0.0):
    """Draw rows of two factors that correlate .5; `extra` ties the items of each end further."""
    factors = source.standard_normal((n, 2)) @ np.array([[1, 0.5], [0, np.sqrt(0.75)]])
    noise = source.standard_normal((n, 7)) * np.sqrt(1 - LOADINGS**2)
    rows = factors[:, OWNER] * LOADINGS + noise
    rows[:, [3, 4]] += extra * source.standard_normal((n, 1))
    return rows if cuts is None else np.searchsorted(cuts, rows.ravel()).reshape(rows.shape) + 0.0


def truth(**how):
    rows = answers(np.random.default_rng(0), 200_000, **how)
    found = solve(complete_sample(rows, ITEMS), OWNER)
    return found.standardized()[0], found.parameters[7], found.fit.rmsea


def holds(value, se, true):
    found = share_interval(value, se, 0.95)
    return found is not None and found[0] <= true <= found[1]


def coverage(draws, n, *, robust, **how):
    """Return the share of intervals that hold: of loadings, correlation, RMSEA (90 %)."""
    loadings, between, misfit = truth(**how)
    source = np.random.default_rng(n)
    held = np.zeros(3)
    for _ in range(draws):
        found = solve(complete_sample(answers(source, n, **how), ITEMS), OWNER, robust=robust)
        values, errors = found.standardized()
        fit = found.robust or found.fit
        held += [
            np.mean([holds(*three) for three in zip(values, errors, loadings, strict=True)]),
            holds(found.parameters[7], np.sqrt(found.spread[7, 7]), between),
            fit.rmsea_low <= misfit <= fit.rmsea_high,
        ]
    return held / draws


def test_the_sample_of_a_large_population_is_that_population():
    loadings, between, misfit = truth()
    np.testing.assert_allclose(loadings, LOADINGS, atol=0.005)
    assert between == pytest.approx(0.5, abs=0.005)
    assert misfit < 0.006


@pytest.mark.durability
def test_intervals_of_a_factor_model_hold_the_truth():
    loadings, between, _ = coverage(200, 250, robust=False)
    assert 0.92 <= loadings <= 0.975
    assert 0.9 <= between <= 0.985


@pytest.mark.durability
@pytest.mark.parametrize("n", [100, 400])
def test_normal_answers_have_intervals_that_hold(n):
    loadings, between, _ = coverage(1_500, n, robust=False)
    assert 0.935 <= loadings <= 0.965
    assert 0.935 <= between <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("n", [250, 600])
def test_skewed_answers_have_robust_intervals_that_hold(n):
    loadings, between, _ = coverage(1_500, n, robust=True, cuts=SKEWED)
    assert 0.935 <= loadings <= 0.965
    assert 0.935 <= between <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("n", [250, 600])
def test_the_interval_of_rmsea_holds_the_misfit_of_a_model_that_is_wrong(n):
    *_, misfit = coverage(1_500, n, robust=False, extra=0.4)
    assert 0.88 <= misfit <= 0.92
