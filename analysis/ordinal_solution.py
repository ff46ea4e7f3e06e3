"""Fit a simple structure to ordinal answers: polychoric correlations, diagonal weights (WLSMV)."""

import math
from dataclasses import replace

import numpy as np

from analysis.data import Floats
from analysis.fit import ChiSquare, Fit, fit_indices, srmr
from analysis.polychoric import NOBODY
from analysis.polychoric_errors import OrdinalSample
from analysis.search import inverse_of, minimise
from analysis.solution import Solution, turned
from analysis.structure import Places, simple_structure


def solve_ordinal(sample: OrdinalSample, owner: Places) -> Solution:
    """Fit a simple structure to polychoric correlations.

    Parameters
    ----------
    sample
        Answers with their correlations; with gaps, each pair's from the rows that answered both.
    owner
        Index `(p,)` of the factor of each item.

    Returns
    -------
    Solution
        The variables behind the answers have variance 1, so loadings are standardized.

    Raises
    ------
    NotComputable
        If the model is not identified or does not converge.

    References
    ----------
    Formula: minimise Σ(r - ρ)²/γ over the pairs of items, γ the variances of the polychoric
    correlations r; χ² is n - 1 times that; standard errors and the scaled and shifted χ² from all
    their covariances.
    Muthén, du Toit & Spisic (1997), Robust inference using weighted least squares; Asparouhov &
    Muthén (2010), Simple second order chi-square correction.
    Checked against lavaan 0.6-14, cfa(ordered = TRUE, estimator = "WLSMV"), also with missing =
    "pairwise": χ² 1e-5 relative, loadings and standard errors 1e-4, indices 1e-5.
    """
    tables, values, gamma = sample.tables, sample.values, sample.errors
    structure = simple_structure(owner, values)
    group, p, n = structure.groups[0], len(owner), sample.n
    pairs, weights = (tables.one, tables.other), 1 / gamma.diagonal()

    def slopes_at(free: Floats) -> Floats:
        slopes: Floats = group.covariance_slopes(_completed(free, p))[: len(free), *pairs]
        return slopes

    def misfit(free: Floats) -> tuple[float, Floats]:
        gap = (values - group.covariance(_completed(free, p)))[pairs]
        return float(weights @ gap**2), -2 * slopes_at(free) @ (weights * gap)

    start = structure.start[:-p]
    first = slopes_at(start)
    found = minimise(misfit, start, 2 * first * weights @ first.T)
    found = turned(found, owner, values)
    implied = group.covariance(_completed(found, p))
    tests = _Tests(n, weights, gamma)
    slopes = slopes_at(found)
    gap, nothing = (values - implied)[pairs], np.empty((0, len(weights)))
    n_parameters = len(found) + int((tables.thresholds < NOBODY).sum())

    def indices(model: ChiSquare, baseline: ChiSquare) -> Fit:
        residual = srmr(values, implied)
        return fit_indices(model, baseline, n=n - 1, srmr=residual, n_parameters=n_parameters)

    fit = indices(tests.plain(gap, slopes), tests.plain(values[pairs], nothing))
    scaled = indices(tests.scaled(gap, slopes), tests.scaled(values[pairs], nothing))
    return Solution(
        n=n,
        owner=owner,
        structure=structure,
        parameters=_completed(found, p),
        spread=_with_uniquenesses(tests.spread(slopes), found, p),
        fit=fit,
        robust=replace(scaled, scaling=tests.inflation(slopes)[0]),
    )


class _Tests:
    """What follows from n, the weights `(P,)` and the covariances `(P, P)` of the correlations."""

    def __init__(self, n: int, weights: Floats, gamma: Floats) -> None:
        self.n, self.weights, self.gamma = n, weights, gamma

    def plain(self, gap: Floats, slopes: Floats) -> ChiSquare:
        """Return n - 1 times the weighted misfit of a model with slopes `(q, P)`."""
        return ChiSquare(float((self.n - 1) * self.weights @ gap**2), len(gap) - len(slopes))

    def inflation(self, slopes: Floats) -> tuple[float, float]:
        """Return the scaling and the shift that give the misfit mean and variance of a χ²."""
        weighted = np.diag(self.weights)
        if len(slopes):
            through = slopes * self.weights
            weighted = weighted - through.T @ inverse_of(through @ slopes.T) @ through
        product = weighted @ self.gamma
        first, second = float(np.trace(product)), float((product * product.T).sum())
        df = len(self.weights) - len(slopes)
        if df == 0:
            return 1.0, 0.0
        scaling = math.sqrt(second / df)
        return scaling, df - first / scaling

    def scaled(self, gap: Floats, slopes: Floats) -> ChiSquare:
        """Return the scaled and shifted misfit."""
        plain = self.plain(gap, slopes)
        scaling, shift = self.inflation(slopes)
        return ChiSquare(plain.chisq / scaling + shift, plain.df)

    def spread(self, slopes: Floats) -> Floats:
        """Return the covariances `(q, q)` of the estimates."""
        through = slopes * self.weights
        turn = inverse_of(through @ slopes.T) @ through
        spread: Floats = turn @ self.gamma @ turn.T / (self.n - 1)
        return spread


def _completed(free: Floats, p: int) -> Floats:
    """Append the uniquenesses that make all variances 1."""
    return np.concatenate([free, 1 - free[:p] ** 2])


def _with_uniquenesses(spread: Floats, free: Floats, p: int) -> Floats:
    """Return the covariances of the estimates with those of the uniquenesses."""
    turn = np.vstack([np.eye(len(free)), np.zeros((p, len(free)))])
    turn[len(free) + np.arange(p), np.arange(p)] = -2 * free[:p]
    found: Floats = turn @ spread @ turn.T
    return found
