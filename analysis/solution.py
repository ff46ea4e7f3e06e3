"""Fit a simple structure to a sample by maximum likelihood."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.clusters import Clusters
from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.fit import ChiSquare, Fit, fit_indices, rescaled, srmr
from analysis.likelihood import Likelihood
from analysis.robust import (
    independent_inflation,
    inflation,
    mean_inflation,
    meat_of,
    sandwich,
    saturated_inflation,
    scores,
)
from analysis.robust_gaps import Saturated, independent_moments, stacked
from analysis.sample import Sample
from analysis.search import inverse_of, minimise
from analysis.structure import Places, Structure, simple_structure


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Estimates of a simple structure.

    Parameters
    ----------
    n, owner, structure
        What was fitted: number of rows, factor of each item, model.
    parameters, spread
        Estimates `(q,)` and their covariances `(q, q)`.
    fit, robust
        Indices; `robust` is None unless asked for.
    clusters
        Clusters that `spread` and `robust` allow for; None: rows are independent.
    """

    n: int
    owner: Places
    structure: Structure
    parameters: Floats
    spread: Floats
    fit: Fit
    robust: Fit | None
    clusters: Clusters | None = None

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
    structure = simple_structure(owner, sample.covariance, sample.mean if sample.gaps else None)
    likelihood = Likelihood(structure, sample.blocks)
    information = likelihood.expected_information
    found = minimise(likelihood.with_gradient, structure.start, information(structure.start))
    found = turned(found, owner, sample.covariance)
    spread = inverse_of(information(found) / 2) / sample.n
    if sample.gaps:  # the expected information would take gaps as independent of the answers
        spread = inverse_of(likelihood.hessian(found, np.sqrt(spread.diagonal())) / 2) / sample.n
    fit = _fit(likelihood, found, sample, *_tests(likelihood, found, sample))
    if not robust:
        return Solution(sample.n, owner, structure, found, spread, fit, None)
    observed = likelihood.hessian(found, np.sqrt(spread.diagonal())) / 2
    each = scores(structure.groups[0], found, sample.rows, sample.mean)
    meat = meat_of(each, sample.clusters)
    of_means = mean_inflation(sample, structure.groups[0].covariance(found))
    scaled = _robust_fit(likelihood, found, sample, inflation(observed, meat) + of_means)
    spread = sandwich(observed, meat, sample.n)
    return Solution(sample.n, owner, structure, found, spread, fit, scaled, sample.clusters)


def _tests(likelihood: Likelihood, found: Floats, sample: Sample) -> tuple[ChiSquare, ChiSquare]:
    """Return χ² of the model and of independent items."""
    p = len(sample.mean)
    chisq = max(sample.n * (likelihood.value(found) - sample.saturated), 0.0)
    alone = sample.n * (sample.independent - sample.saturated)
    model = ChiSquare(chisq, sample.n_moments - len(found))
    return model, ChiSquare(alone, p * (p - 1) // 2)


def _fit(
    likelihood: Likelihood, found: Floats, sample: Sample, model: ChiSquare, baseline: ChiSquare
) -> Fit:
    group = likelihood.structure.groups[0]
    return fit_indices(
        model,
        baseline,
        n=sample.n,
        srmr=srmr(sample.covariance, group.covariance(found), sample.mean, group.mean(found)),
        n_parameters=len(found),
        log_likelihood=sample.log_likelihood(likelihood.value(found)),
    )


def _robust_fit(
    likelihood: Likelihood, found: Floats, sample: Sample, inflation_of_model: float
) -> Fit:
    """Return χ² over its scaling, and indices that allow for it, and for gaps if there are any."""
    model, baseline = _tests(likelihood, found, sample)
    group = likelihood.structure.groups[0]
    mean = group.mean(found)
    if mean is not None:
        anything = Saturated.of(sample)
        scaling = _scaling(anything.inflation - inflation_of_model, model.df)
        slopes = stacked(group.mean_slopes(found), group.covariance_slopes(found))
        free = anything.complete_test(mean, group.covariance(found), slopes)
        fit = _fit(
            likelihood, found, sample, free, anything.complete_test(*independent_moments(sample))
        )
    else:
        kurtosis = saturated_inflation(sample)
        scaling = _scaling(kurtosis - inflation_of_model, model.df)
        alone = _scaling(kurtosis - independent_inflation(sample), baseline.df)
        fit = _fit(
            likelihood,
            found,
            sample,
            replace(model, scaling=scaling),
            replace(baseline, scaling=alone),
        )
    return rescaled(fit, model.chisq, scaling)


def _scaling(excess: float, df: int) -> float:
    if df == 0:
        return 1.0
    if excess <= 0:
        raise NotComputable("no robust test: its scaling is not positive; use estimator 'ml'")
    return excess / df


def turned(found: Floats, owner: Places, covariance: Floats) -> Floats:
    """Return the same solution with factors that point where most of their items point."""
    p, m = len(owner), int(owner.max()) + 1
    sd = np.sqrt(covariance.diagonal())
    direction = np.where(np.bincount(owner, found[:p] / sd) < 0, -1.0, 1.0)
    one, other = np.tril_indices(m, -1)
    straight = found.copy()
    straight[:p] *= direction[owner]
    straight[p : p + len(one)] *= direction[one] * direction[other]
    return straight
