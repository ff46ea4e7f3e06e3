"""Fit a simple structure to a sample by maximum likelihood."""

from dataclasses import dataclass

import numpy as np

from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.fit import ChiSquare, Fit, fit_indices, srmr
from analysis.likelihood import Likelihood
from analysis.robust import (
    independent_inflation,
    inflation,
    sandwich,
    saturated_inflation,
    scores,
)
from analysis.sample import Sample
from analysis.search import inverse_of, minimise
from analysis.structure import Places, Structure, simple_structure


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Estimates of a simple structure.

    Parameters
    ----------
    sample, owner, structure
        What was fitted: the data, the factor of each item, the model.
    parameters, spread
        Estimates `(q,)` and their covariances `(q, q)`.
    fit, robust
        Indices; `robust` is None unless asked for.
    """

    sample: Sample
    owner: Places
    structure: Structure
    parameters: Floats
    spread: Floats
    fit: Fit
    robust: Fit | None

    def standardized(self) -> tuple[Floats, Floats]:
        """Return the standardized loadings `(p,)` and their standard errors (delta method)."""
        p = len(self.owner)
        found, group = self.parameters, self.structure.groups[0]
        variance = group.covariance(found).diagonal()
        diagonal = np.einsum("qpp->pq", group.covariance_slopes(found))
        values: Floats = found[:p] / np.sqrt(variance)
        slopes = -diagonal * (values / variance / 2)[:, None]
        slopes[np.arange(p), np.arange(p)] += 1 / np.sqrt(variance)
        spread = np.einsum("pq,qr,pr->p", slopes, self.spread, slopes)
        return values, np.sqrt(np.clip(spread, 0, None))


def solve(sample: Sample, owner: Places, *, robust: bool = False) -> Solution:
    """Fit a simple structure to a sample.

    Raises
    ------
    NotComputable
        If the model is not identified or does not converge.
    """
    structure = simple_structure(owner, sample.covariance)
    likelihood = Likelihood(structure, sample.blocks)
    information = likelihood.expected_information
    found = minimise(likelihood.with_gradient, structure.start, information(structure.start))
    found = _turned(found, owner, sample.covariance)
    spread = inverse_of(information(found) / 2) / sample.n
    fit = _fit(sample, likelihood, found)
    if not robust:
        return Solution(sample, owner, structure, found, spread, fit, None)
    observed = likelihood.hessian(found, np.sqrt(spread.diagonal())) / 2
    each = scores(structure.groups[0], found, sample.rows, sample.mean)
    spread = sandwich(observed, each)
    scalings = _scalings(sample, fit.df, inflation(observed, each))
    return Solution(
        sample, owner, structure, found, spread, fit, _fit(sample, likelihood, found, scalings)
    )


def _fit(
    sample: Sample, likelihood: Likelihood, found: Floats, scalings: tuple[float, float] = (1, 1)
) -> Fit:
    discrepancy = likelihood.value(found)
    group, p = likelihood.structure.groups[0], len(sample.mean)
    df = sample.n_moments - len(found)
    chisq = max(sample.n * (discrepancy - sample.saturated), 0.0)
    alone = sample.n * (sample.independent - sample.saturated)
    return fit_indices(
        ChiSquare(chisq, df, scalings[0]),
        ChiSquare(alone, p * (p - 1) // 2, scalings[1]),
        n=sample.n,
        srmr=srmr(sample.covariance, group.covariance(found), sample.mean, group.mean(found)),
        n_parameters=len(found),
        log_likelihood=sample.log_likelihood(discrepancy),
    )


def _scalings(sample: Sample, df: int, model: float) -> tuple[float, float]:
    """Return by how much χ² of the model and of independent items are inflated."""
    p = len(sample.mean)
    anything = saturated_inflation(sample)
    alone = (anything - independent_inflation(sample)) / (p * (p - 1) / 2)
    if df == 0:
        return 1.0, alone
    scaling = (anything - model) / df
    if scaling <= 0:
        raise NotComputable("no robust test: its scaling is not positive; use estimator 'ml'")
    return scaling, alone


def _turned(found: Floats, owner: Places, covariance: Floats) -> Floats:
    """Return the same solution with factors that point where most of their items point."""
    p, m = len(owner), int(owner.max()) + 1
    sd = np.sqrt(covariance.diagonal())
    direction = np.where(np.bincount(owner, found[:p] / sd) < 0, -1.0, 1.0)
    one, other = np.tril_indices(m, -1)
    turned = found.copy()
    turned[:p] *= direction[owner]
    turned[p : p + len(one)] *= direction[one] * direction[other]
    return turned
