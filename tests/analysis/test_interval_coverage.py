"""How often intervals hold that no other test follows: ICC(1), test-retest r, bars, surfaces."""

import numpy as np
import pandas as pd
import pytest

from analysis import alpha, response_surface, retest
from analysis.aggregation import aggregation
from analysis.alpha_interval import Interval
from analysis.covariance import alpha_of_covariance
from analysis.estimate import Estimate
from analysis.importance import shared
from analysis.scale import Scale
from analysis.tie_bands import comparison_bars
from tests.analysis.test_scale_coverage import SKEWED, SYMMETRIC, samples, true_covariance

ONE = Scale("one", ("y",), -99, 99)
LOADINGS = np.array([0.6, 0.65, 0.7, 0.75, 0.8])


def icc_held(sizes, icc, draws):
    """Return how often the F interval of ICC(1) holds it."""
    source, held = np.random.default_rng(len(sizes)), 0
    partner = np.repeat(np.arange(len(sizes)), sizes)
    for _ in range(draws):
        level = np.sqrt(icc) * source.standard_normal(len(sizes))
        y = level[partner] + np.sqrt(1 - icc) * source.standard_normal(len(partner))
        found = aggregation(pd.DataFrame({"y": y, "partner": partner}), ONE, "partner")
        held += found.icc1_ci_low <= icc <= found.icc1_ci_high
    return held / draws


@pytest.mark.durability
@pytest.mark.parametrize("icc", [0.05, 0.2, 0.5])
@pytest.mark.parametrize(
    "sizes", [[10] * 12, list(range(4, 28, 2)), [5] * 60], ids=["alike", "unequal", "many"]
)
def test_the_interval_of_icc1_holds_it(sizes, icc):
    assert 0.915 <= icc_held(sizes, icc, 300) <= 0.985


def r_held(n, r, draws):
    """Return how often the interval of the test-retest correlation holds it."""
    source, held = np.random.default_rng(n), 0
    frame = pd.DataFrame({"who": [*range(n)] * 2, "wave": [1] * n + [2] * n})
    for _ in range(draws):
        first = source.standard_normal(n)
        second = r * first + np.sqrt(1 - r**2) * source.standard_normal(n)
        data = frame.assign(y=np.concatenate([first, second]))
        found = retest(data, ONE, respondent="who", wave="wave").r
        held += found.ci_low <= r <= found.ci_high
    return held / draws


@pytest.mark.durability
@pytest.mark.parametrize(("n", "r"), [(20, 0.5), (60, 0.8)])
def test_the_interval_of_test_retest_r_holds_it(n, r):
    assert 0.90 <= r_held(n, r, 200) <= 0.985


def alphas_held(way, n, cuts, draws):
    truth = true_covariance(LOADINGS, cuts)
    if way.standardized:
        truth = truth / np.sqrt(np.outer(truth.diagonal(), truth.diagonal()))
    truth, held = float(alpha_of_covariance(truth)), 0
    for rows in samples(np.random.default_rng(n), draws, n, LOADINGS, cuts):
        matrix = (np.corrcoef if way.standardized else np.cov)(rows.T)
        point = Estimate(float(alpha_of_covariance(matrix)), None, None, None, "", 0, 0)
        found = way.around(point, rows)
        held += found.ci_low <= truth <= found.ci_high
    return held / draws


@pytest.mark.durability
@pytest.mark.parametrize("cuts", [SYMMETRIC, SKEWED], ids=["symmetric", "skewed"])
@pytest.mark.parametrize("n", [100, 300])
def test_the_interval_of_standardized_alpha_holds_it(n, cuts):
    share = alphas_held(Interval("adf", 0.95, standardized=True), n, cuts, 1_500)
    assert 0.93 <= share <= 0.97


@pytest.mark.durability
def test_the_bootstrap_of_alpha_holds_it():
    share = alphas_held(Interval("bootstrap", 0.95, seed=1), 150, SYMMETRIC, 150)
    assert 0.90 <= share <= 0.985


@pytest.mark.durability
@pytest.mark.parametrize("pairs", [15, 60])
def test_the_surface_holds_slopes_and_curvatures(pairs):
    source, held, draws = np.random.default_rng(pairs), np.zeros(4), 1_500
    truth = {"a1": 0.7, "a2": 0.2, "a3": 0.1, "a4": -0.6}  # of y = .4x + .3z - .1x² + .4xz - .1z²
    for _ in range(draws):
        x, z = source.standard_normal((2, pairs))
        y = (
            0.4 * x
            + 0.3 * z
            - 0.1 * x**2
            + 0.4 * x * z
            - 0.1 * z**2
            + source.standard_normal(pairs)
        )
        found = response_surface(y, x, z, centre=0)
        ends = ((getattr(found, name), value) for name, value in truth.items())
        held += [each.ci_low <= value <= each.ci_high for each, value in ends]
    assert ((held / draws >= 0.935) & (held / draws <= 0.965)).all(), held / draws


@pytest.mark.durability
def test_equal_drivers_are_rarely_told_apart_and_true_leads_are_held():
    source, draws, wrong, held = np.random.default_rng(4), 300, 0, 0
    root = np.linalg.cholesky(np.array([[1, 0.4, 0.5], [0.4, 1, 0.5], [0.5, 0.5, 1]]))
    for draw in range(draws):
        scores = source.standard_normal((150, 3)) @ root.T
        rows = shared(scores, ["a", "b"], "y", draws=600, seed=draw).rows
        wrong += any(row.behind_ci_low is not None and row.behind_ci_low > 0 for row in rows)
        held += rows[0].relative_ci_low <= 0.5 <= rows[0].relative_ci_high
    assert wrong / draws <= 0.08
    assert 0.915 <= held / draws <= 0.985


@pytest.mark.parametrize("errors", [[1.0] * 6, [0.4, 0.6, 1.0, 1.5, 2.0]], ids=["equal", "unequal"])
def test_bars_of_equal_partners_fail_to_overlap_as_seldom_as_said(errors):
    source = np.random.default_rng(1)
    factor = comparison_bars(np.zeros(len(errors)), errors).factor
    half = factor * np.array(errors)
    scores = source.standard_normal((20_000, len(errors))) * errors
    one, other = np.triu_indices(len(errors), 1)
    apart = np.abs(scores[:, one] - scores[:, other]) > half[one] + half[other]
    assert 0.045 <= apart.mean() <= 0.055


def test_the_public_function_gives_the_interval_that_is_followed_here():
    rows = samples(np.random.default_rng(1), 1, 60, LOADINGS, SYMMETRIC)[0]
    frame, scale = pd.DataFrame(rows, columns=list("abcde")), Scale("s", tuple("abcde"), 0, 4)
    found = alpha(frame, scale, standardized=True)
    way = Interval("adf", 0.95, standardized=True)
    assert way.around(found, rows).ci_low == pytest.approx(found.ci_low, abs=1e-12)
