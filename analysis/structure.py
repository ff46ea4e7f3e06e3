"""The means and covariances that a factor model implies, and their derivatives.

Each group g has μ = ν + Λα and Σ = ΛΦΛᵀ + diag(θ). Every entry of these is a constant or one of
the free parameters; entries that are one parameter are equal, also across groups.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats

Places = NDArray[np.intp]
FIXED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One parameter matrix: where each entry comes from.

    Parameters
    ----------
    place
        Index of the free parameter, or -1 where the entry is a constant.
    value
        The constants; ignored where the entry is free.
    """

    place: Places
    value: Floats

    @classmethod
    def constant(cls, value: Floats) -> "Part":
        """Return a part without free entries."""
        return cls(np.full(value.shape, FIXED), value)

    def filled(self, parameters: Floats) -> Floats:
        """Return the matrix at these parameters."""
        entries: Floats = np.where(self.place >= 0, parameters[self.place], self.value)
        return entries

    def gather(self, found: Floats, by_entry: Floats) -> None:
        """Add the derivatives by the entries to those of their parameters, `found` `(q,)`."""
        free = self.place >= 0
        np.add.at(found, self.place[free], by_entry[free])


@dataclass(frozen=True, slots=True, eq=False)
class GroupModel:
    """The factor model of one group with p items and m factors.

    Parameters
    ----------
    loadings, factors, uniquenesses
        Λ `(p, m)`, Φ `(m, m)` symmetric, θ `(p,)`.
    intercepts, factor_means
        ν `(p,)` and α `(m,)`; None where the means are not modelled.
    """

    loadings: Part
    factors: Part
    uniquenesses: Part
    intercepts: Part | None = None
    factor_means: Part | None = None

    def covariance(self, parameters: Floats) -> Floats:
        """Return Σ `(p, p)`."""
        loadings, factors = self.loadings.filled(parameters), self.factors.filled(parameters)
        implied: Floats = loadings @ factors @ loadings.T
        implied[np.diag_indices_from(implied)] += self.uniquenesses.filled(parameters)
        return implied

    def mean(self, parameters: Floats) -> Floats | None:
        """Return μ `(p,)`, or None where the means are not modelled."""
        if self.intercepts is None or self.factor_means is None:
            return None
        level = self.loadings.filled(parameters) @ self.factor_means.filled(parameters)
        implied: Floats = self.intercepts.filled(parameters) + level
        return implied

    def covariance_slopes(self, parameters: Floats) -> Floats:
        """Return the derivatives of Σ with respect to each parameter, `(q, p, p)`."""
        loadings, factors = self.loadings.filled(parameters), self.factors.filled(parameters)
        slopes = np.zeros((len(parameters), len(loadings), len(loadings)))
        item, factor = np.nonzero(self.loadings.place >= 0)
        place, rows = self.loadings.place[item, factor], (loadings @ factors).T[factor]
        np.add.at(slopes, (place, item), rows)
        slopes += slopes.transpose(0, 2, 1)
        one, other = np.nonzero(self.factors.place >= 0)  # both triangles: each adds its half
        outer = loadings.T[one][:, :, None] * loadings.T[other][:, None, :]
        np.add.at(slopes, self.factors.place[one, other], outer)
        (item,) = np.nonzero(self.uniquenesses.place >= 0)
        np.add.at(slopes, (self.uniquenesses.place[item], item, item), 1.0)
        return slopes

    def gradient(self, parameters: Floats, by_covariance: Floats, by_mean: Floats) -> Floats:
        """Return the derivatives `(q,)` of a function of Σ and μ, given those by Σ and by μ."""
        found = np.zeros(len(parameters))
        loadings, factors = self.loadings.filled(parameters), self.factors.filled(parameters)
        by_loadings = (by_covariance + by_covariance.T) @ (loadings @ factors)
        if self.intercepts is not None and self.factor_means is not None:
            by_loadings += np.outer(by_mean, self.factor_means.filled(parameters))
            self.intercepts.gather(found, by_mean)
            self.factor_means.gather(found, by_mean @ loadings)
        self.loadings.gather(found, by_loadings)
        self.factors.gather(found, loadings.T @ by_covariance @ loadings)
        self.uniquenesses.gather(found, by_covariance.diagonal())
        return found

    def mean_slopes(self, parameters: Floats) -> Floats:
        """Return the derivatives of μ with respect to each parameter, `(q, p)`."""
        loadings = self.loadings.filled(parameters)
        slopes = np.zeros((len(parameters), len(loadings)))
        if self.intercepts is None or self.factor_means is None:
            return slopes
        (item,) = np.nonzero(self.intercepts.place >= 0)
        np.add.at(slopes, (self.intercepts.place[item], item), 1.0)
        (factor,) = np.nonzero(self.factor_means.place >= 0)
        np.add.at(slopes, self.factor_means.place[factor], loadings.T[factor])
        item, factor = np.nonzero(self.loadings.place >= 0)
        level = self.factor_means.filled(parameters)
        np.add.at(slopes, (self.loadings.place[item, factor], item), level[factor])
        return slopes

    def pulls(self, parameters: Floats, u: Floats) -> Floats:
        """Return the derivatives of uᵀΣu/2 and of uᵀμ, summed, for each of `(n, p)` u: `(n, q)`."""
        found = np.zeros((len(parameters), len(u)))
        by_item = np.ascontiguousarray(u.T)
        on_factors = self.loadings.filled(parameters).T @ by_item
        through = self.factors.filled(parameters) @ on_factors
        if self.intercepts is not None and self.factor_means is not None:
            through += self.factor_means.filled(parameters)[:, None]
            for item in np.flatnonzero(self.intercepts.place >= 0):
                found[self.intercepts.place[item]] += by_item[item]
            for factor in np.flatnonzero(self.factor_means.place >= 0):
                found[self.factor_means.place[factor]] += on_factors[factor]
        for item, factor in zip(*np.nonzero(self.loadings.place >= 0), strict=True):
            found[self.loadings.place[item, factor]] += by_item[item] * through[factor]
        for one, other in zip(*np.nonzero(self.factors.place >= 0), strict=True):
            found[self.factors.place[one, other]] += on_factors[one] * on_factors[other] / 2
        for item in np.flatnonzero(self.uniquenesses.place >= 0):
            found[self.uniquenesses.place[item]] += by_item[item] ** 2 / 2
        return found.T


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The factor models of all groups over one vector of free parameters.

    Parameters
    ----------
    groups
        One model per group.
    start
        Where a search begins, `(q,)`.
    """

    groups: tuple[GroupModel, ...]
    start: Floats

    @property
    def n_free(self) -> int:
        """Number of free parameters."""
        return len(self.start)


def simple_structure(owner: Places, covariance: Floats, mean: Floats | None = None) -> Structure:
    """Return the model in which each item loads on one factor, factor variances 1.

    Parameters
    ----------
    owner
        Index `(p,)` of the factor of each item; factors 0 … m-1, each with an item.
    covariance
        Covariances `(p, p)` from which to start.
    mean
        Means `(p,)` from which to start the intercepts; None: means are not modelled.

    Returns
    -------
    Structure
        Parameters in this order: p loadings, m(m-1)/2 factor correlations row by row, p
        uniquenesses, p intercepts.
    """
    p, m = len(owner), int(owner.max()) + 1
    lower = np.tril_indices(m, -1)
    pairs = len(lower[0])
    loadings = np.full((p, m), FIXED)
    loadings[np.arange(p), owner] = np.arange(p)
    factors = np.full((m, m), FIXED)
    factors[lower] = p + np.arange(pairs)
    factors.T[lower] = factors[lower]
    unique = np.arange(p) + p + pairs
    first, between = _first_guess(owner, covariance)
    start = [first, between[lower], covariance.diagonal() - first**2]
    means: tuple[Part, Part] | tuple[None, None] = (None, None)
    if mean is not None:
        means = Part(unique + p, np.zeros(p)), Part.constant(np.zeros(m))
        start.append(mean)
    group = GroupModel(
        Part(loadings, np.zeros((p, m))),
        Part(factors, np.eye(m)),
        Part(unique, np.zeros(p)),
        *means,
    )
    return Structure((group,), np.concatenate(start))


def _first_guess(owner: Places, covariance: Floats) -> tuple[Floats, Floats]:
    """Return loadings `(p,)` by principal components, and correlations of the sums `(m, m)`."""
    sd = np.sqrt(covariance.diagonal())
    correlation = covariance / np.outer(sd, sd)
    weights = np.zeros((len(owner), int(owner.max()) + 1))
    loadings = np.empty(len(owner))
    for factor in range(weights.shape[1]):
        items = np.flatnonzero(owner == factor)
        values, vectors = np.linalg.eigh(correlation[np.ix_(items, items)])
        leading = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
        weights[items, factor] = leading
        loadings[items] = np.clip(leading * np.sqrt(values[-1]) * 0.9, -0.95, 0.95)
    between = weights.T @ correlation @ weights
    spread = np.sqrt(between.diagonal())
    return loadings * sd, between / np.outer(spread, spread)
