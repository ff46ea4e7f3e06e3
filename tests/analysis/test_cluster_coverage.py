"""How often 95 % intervals hold where raters of one partner answer alike, allowed for and not.

Partners of unequal size; factors and what is unique of each item have intraclass correlation .2.
"""

from dataclasses import replace

import numpy as np
import pytest

from analysis.alpha_interval import Interval
from analysis.cfa_result import share_interval
from analysis.clusters import Clusters, summed_margin
from analysis.covariance import alpha_of_covariance
from analysis.errors import NotComputable
from analysis.estimate import Estimate
from analysis.factor import fit_one_factor
from analysis.htmt import _ratios
from analysis.importance import shared
from analysis.item_gains import item_gains_of_rows
from analysis.lmg import lmg
from analysis.moments import Moments
from analysis.omega import omega_of_model, omega_of_rows
from analysis.resampling import resampled_covariances, wider_tail
from analysis.sample import complete_sample
from analysis.scale import Scale
from analysis.solution import solve
from analysis.split_interval import bound_intervals
from analysis.splits import bounds_of
from tests.analysis.test_scale_coverage import SKEWED, SYMMETRIC, true_covariance

ALIKE = 0.2
LOADINGS = np.array([0.55, 0.62, 0.7, 0.75, 0.82])
FIVE = Scale("five", tuple("abcde"), 0, 4)


def design(partners, raters):
    """Return the clusters of partners with .4 to 1.6 times as many raters."""
    sizes = np.maximum(np.rint(np.linspace(0.4, 1.6, partners) * raters), 3).astype(int)
    return Clusters("partner", np.repeat(np.arange(partners), sizes))


def latent(source, clusters, columns):
    """Draw normal variables, of which partners explain a fifth."""
    own = source.standard_normal((clusters.count, columns))[clusters.codes]
    rest = source.standard_normal((len(clusters.codes), columns))
    return np.sqrt(ALIKE) * own + np.sqrt(1 - ALIKE) * rest


def answers(source, clusters, cuts):
    noise = latent(source, clusters, 5) * np.sqrt(1 - LOADINGS**2)
    rows = latent(source, clusters, 1) * LOADINGS + noise
    return np.searchsorted(cuts, rows.ravel()).reshape(rows.shape) + 0.0


def alphas(partners, raters, cuts, draws, *, standardized=False):
    """Return how often alpha is held by the interval that allows for partners, and by the other."""
    clusters, source = design(partners, raters), np.random.default_rng(partners)
    truth = true_covariance(LOADINGS, cuts)
    if standardized:
        truth = truth / np.sqrt(np.outer(truth.diagonal(), truth.diagonal()))
    truth, held = float(alpha_of_covariance(truth)), np.zeros(2)
    ways = [Interval("adf", 0.95, standardized=standardized, clusters=c) for c in (clusters, None)]
    for _ in range(draws):
        rows = answers(source, clusters, cuts)
        matrix = np.corrcoef(rows.T) if standardized else np.cov(rows.T)
        point = Estimate(float(alpha_of_covariance(matrix)), None, None, None, "adf", 0, 0)
        found = [way.around(point, rows) for way in ways]
        held += [each.ci_low <= truth <= each.ci_high for each in found]
    return held / draws


def test_an_interval_that_allows_for_partners_holds_more_often():
    together, alone = alphas(12, 15, SYMMETRIC, 150)
    assert together >= 0.9
    assert alone <= together - 0.03


@pytest.mark.durability
@pytest.mark.parametrize("cuts", [SYMMETRIC, SKEWED], ids=["symmetric", "skewed"])
@pytest.mark.parametrize(("partners", "raters"), [(10, 20), (12, 15), (30, 15), (100, 10)])
def test_the_interval_of_alpha_holds_where_raters_of_a_partner_are_alike(partners, raters, cuts):
    together, alone = alphas(partners, raters, cuts, 800)
    assert 0.93 <= together <= 0.97
    assert alone < 0.93


@pytest.mark.durability
@pytest.mark.parametrize("partners", [12, 100])
def test_the_interval_of_standardized_alpha_holds_too(partners):
    together, _ = alphas(partners, 15, SYMMETRIC, 400, standardized=True)
    assert 0.92 <= together <= 0.98


@pytest.mark.durability
def test_above_a_hundred_partners_sums_of_influence_hold_as_well():
    together, alone = alphas(120, 10, SYMMETRIC, 600)
    assert 0.925 <= together <= 0.975
    assert alone < 0.93


@pytest.mark.durability
@pytest.mark.parametrize("partners", [12, 30])
def test_intervals_of_omega_halves_bounds_and_gains_hold(partners):
    clusters, source = design(partners, 15), np.random.default_rng(partners + 1)
    covariance = true_covariance(LOADINGS, SYMMETRIC)
    truth = bounds_of(covariance)
    omega = omega_of_model(fit_one_factor(covariance, 10**9))
    without = np.delete(np.delete(covariance, 0, 0), 0, 1)
    gain = float(alpha_of_covariance(without) - alpha_of_covariance(covariance))
    held, draws = dict.fromkeys([*truth, "omega", "gain"], 0), 1_500 // partners
    for _ in range(draws):
        rows = answers(source, clusters, SYMMETRIC)
        found = omega_of_rows(rows, Moments.of_items(rows, FIVE), clusters=clusters)
        held["omega"] += found.ci_low <= omega <= found.ci_high
        first = item_gains_of_rows(rows, FIVE, 0.75, clusters)[0]  # 95 % for each of the five
        held["gain"] += first.ci_low <= gain <= first.ci_high
        bounds = bound_intervals(bounds_of(np.cov(rows.T)), rows, 0.95, clusters)
        for name, value in truth.items():
            held[name] += bounds[name][0] <= value <= bounds[name][1]
    for name, count in held.items():
        assert count / draws >= 0.88, name


@pytest.mark.durability
@pytest.mark.parametrize("partners", [12, 30])
def test_resamples_of_partners_hold_ratios_and_shares(partners):
    clusters, source = design(partners, 15), np.random.default_rng(partners + 2)
    scales = [Scale("a", tuple("abc"), -9, 9), Scale("b", tuple("def"), -9, 9)]
    loadings, owner = np.array([0.8, 0.7, 0.6, 0.75, 0.65, 0.7]), np.repeat([0, 1], 3)
    wanted = np.outer(loadings, loadings) * np.where(owner[:, None] == owner, 1, 0.6)
    np.fill_diagonal(wanted, 1)
    ratio = _ratios(wanted, scales, "htmt")[0, 1]
    between = np.array([[1, 0.5, 0.5], [0.5, 1, 0.4], [0.5, 0.4, 1]])
    shares, root = lmg(between[None])[0], np.linalg.cholesky(between)
    tail, draws, held = wider_tail(0.95, partners), 150, np.zeros(3)
    for draw in range(draws):
        factors = latent(source, clusters, 2) @ np.array([[1, 0.6], [0, 0.8]])
        rows = factors[:, owner] * loadings + latent(source, clusters, 6) * np.sqrt(1 - loadings**2)
        drawn = resampled_covariances(rows, 600, np.random.default_rng(draw), clusters=clusters)
        low, high = np.quantile(_ratios(drawn, scales, "htmt")[:, 0, 1], [tail, 1 - tail])
        held[0] += low <= ratio <= high
        scores = latent(source, clusters, 3) @ root.T
        options = {"draws": 600, "seed": draw, "clusters": clusters}
        found = shared(scores, ["a", "b"], "y", **options).rows
        held[1] += np.mean(
            [
                row.share_ci_low <= x <= row.share_ci_high
                for row, x in zip(found, shares, strict=True)
            ]
        )
        held[2] += found[0].performance_ci_low <= 0 <= found[0].performance_ci_high
    assert (held / draws >= 0.9).all(), held / draws


@pytest.mark.durability
@pytest.mark.parametrize("partners", [12, 30])
def test_intervals_of_loadings_hold_by_scores_summed_within_partners(partners):
    clusters, source = design(partners, 15), np.random.default_rng(partners + 3)
    loadings, owner = np.array([0.8, 0.7, 0.6, 0.75, 0.65, 0.7]), np.repeat([0, 1], 3)
    held, draws = [], 200
    for _ in range(draws):
        factors = latent(source, clusters, 2) @ np.array([[1, 0.6], [0, 0.8]])
        rows = factors[:, owner] * loadings + latent(source, clusters, 6) * np.sqrt(1 - loadings**2)
        sample = replace(complete_sample(rows, tuple("abcdef")), clusters=clusters)
        try:
            values, errors = solve(sample, owner, robust=True).standardized()
        except NotComputable:  # χ² has no scaling: the rows then count as independent
            continue
        ends = [share_interval(v, e, 0.95, partners) for v, e in zip(values, errors, strict=True)]
        known = [(*end, x) for end, x in zip(ends, loadings, strict=True) if end is not None]
        held += [low <= x <= high for low, high, x in known]
    assert len(held) >= 0.9 * 6 * draws
    assert 0.915 <= np.mean(held) <= 0.985


def test_the_mean_of_many_partners_is_held():
    clusters, source = design(40, 10), np.random.default_rng(1)
    held = []
    for _ in range(200):
        values = latent(source, clusters, 1)[:, 0]
        held.append(abs(values.mean()) <= summed_margin(values, clusters, 0.95))
    assert 0.88 <= np.mean(held) <= 0.99
