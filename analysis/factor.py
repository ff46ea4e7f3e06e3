"""The one-factor model by maximum likelihood, from a covariance matrix."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.data import Floats
from analysis.errors import NotComputable

_STEPS = 500
_STANDSTILL = 1e-18  # squared length of a step at which the search has arrived
_RUNAWAY = -10.0  # a uniqueness, of items with variance 1, from which no search came back
_HEYWOOD = "the one-factor model has a negative variance (a Heywood case)"
_ROUNDING = 1e-10  # shorter steps change the discrepancy less than it can be computed


@dataclass(frozen=True, slots=True, eq=False)
class OneFactor:
    """A fitted one-factor model: Σ = λλᵀ + diag(θ), factor variance 1.

    Parameters
    ----------
    loadings, uniquenesses
        λ and θ, `(k,)`, in the metric of the items; the loadings sum to a positive number.
    covariance
        The matrix `(k, k)` that was fitted (dividing by n).
    misfit
        Discrepancy F = log|Σ| + tr(SΣ⁻¹) - log|S| - k at the solution.
    n
        Rows; χ² is n·F with k(k-3)/2 degrees of freedom.
    """

    loadings: Floats
    uniquenesses: Floats
    covariance: Floats
    misfit: float
    n: int

    @property
    def chisq(self) -> float:
        """Likelihood-ratio statistic of the model."""
        return self.n * self.misfit

    @property
    def df(self) -> int:
        """Degrees of freedom of the model."""
        k = len(self.loadings)
        return k * (k - 3) // 2

    def influence(self, rows: Floats, by_loadings: Floats, by_uniquenesses: Floats) -> Floats:
        """Return how much each row moves a statistic of the estimates, `(n,)`.

        Parameters
        ----------
        rows
            The complete rows `(n, k)` whose covariance was fitted.
        by_loadings, by_uniquenesses
            Derivatives `(k,)` of the statistic with respect to λ and θ.

        Raises
        ------
        NotComputable
            If the discrepancy has no curvature at the solution.
        """
        inverse = _inverse(_implied(self.loadings, self.uniquenesses))
        sandwich = inverse @ self.covariance @ inverse
        curvature = _hessian(inverse, sandwich, self.loadings)
        try:
            weights = np.linalg.solve(curvature, np.concatenate([by_loadings, by_uniquenesses]))
        except np.linalg.LinAlgError:
            raise NotComputable("the loadings are not determined by these data") from None
        on_loadings, on_uniquenesses = np.split(weights, 2)
        scores = (rows - rows.mean(axis=0)) @ inverse
        pull = 2 * (scores @ self.loadings) * (scores @ on_loadings) + scores**2 @ on_uniquenesses
        expected = (
            2 * self.loadings @ sandwich @ on_loadings + sandwich.diagonal() @ on_uniquenesses
        )
        moved: Floats = pull - expected
        return moved


def fit_one_factor(covariance: Floats, n: int) -> OneFactor:
    """Fit the one-factor model to a covariance matrix by Fisher scoring.

    Parameters
    ----------
    covariance
        Sample covariances `(k, k)`, dividing by n - 1; at least 3 items.
    n
        Rows it rests on.

    Raises
    ------
    NotComputable
        If there are fewer than 3 items, the items are linearly dependent, the search does not
        converge, or a uniqueness is negative (a Heywood case).

    References
    ----------
    Formula: minimise F = log|Σ| + tr(SΣ⁻¹) - log|S| - k over λ and θ, Σ = λλᵀ + diag(θ).
    Jöreskog (1969), Psychometrika 34, 183-202.
    Checked against lavaan 0.6-14, cfa(std.lv = TRUE): loadings 1e-4, χ² 1e-5 relative.
    """
    k = len(covariance)
    if k < 3:
        raise NotComputable(f"the one-factor model needs 3 items; the scale has {k}")
    sd = np.sqrt(covariance.diagonal())
    correlation = covariance / np.outer(sd, sd)
    eigenvalues, vectors = np.linalg.eigh(correlation)
    if eigenvalues[0] < 1e-10 * eigenvalues[-1]:
        raise NotComputable(f"the items are linearly dependent in the {n} rows")
    start = vectors[:, -1] * np.sqrt(eigenvalues[-1]) * 0.9
    loadings, uniquenesses, misfit = _search(correlation, start)
    if (uniquenesses < 0).any():
        raise NotComputable(_HEYWOOD)
    loadings *= np.sign(loadings @ sd)
    shrink = (n - 1) / n
    scale = np.sqrt(shrink) * sd
    return OneFactor(loadings * scale, uniquenesses * scale**2, covariance * shrink, misfit, n)


def _search(target: Floats, start: Floats) -> tuple[Floats, Floats, float]:
    """Minimise the discrepancy; steps are halved until it falls."""
    k = len(target)
    point = np.concatenate([start, np.clip(1 - start**2, 0.1, 0.9)])
    value = _discrepancy(target, point)
    for _ in range(_STEPS):
        step, decrement = _scoring_step(target, point)
        if decrement < _STANDSTILL:
            saturated = np.linalg.slogdet(target)[1] + k
            return point[:k], point[k:], max(value - saturated, 0.0)
        candidates = (point - step / 2**halvings for halvings in range(30))
        limit = value + (_ROUNDING if decrement < _ROUNDING else 0.0)
        reached = ((p, _discrepancy(target, p)) for p in candidates)
        better = next((pair for pair in reached if pair[1] < limit), None)
        if better is None:
            break  # the same step would fail again
        point, value = better
        if point[k:].min() < _RUNAWAY:
            raise NotComputable(_HEYWOOD)
    raise NotComputable("the one-factor model did not converge")


def _scoring_step(target: Floats, point: Floats) -> tuple[Floats, float]:
    """Return the Fisher-scoring step and its squared length in the metric of the information."""
    loadings, uniquenesses = np.split(point, 2)
    inverse = _inverse(_implied(loadings, uniquenesses))
    gap = inverse - inverse @ target @ inverse
    gradient = np.concatenate([2 * gap @ loadings, gap.diagonal()])
    try:
        step: Floats = np.linalg.solve(_hessian(inverse, inverse, loadings), gradient)
    except np.linalg.LinAlgError:
        raise NotComputable("the one-factor model is not identified by these data") from None
    return step, float(gradient @ step)


def _discrepancy(target: Floats, point: Floats) -> float:
    """Return log|Σ| + tr(SΣ⁻¹), infinite where Σ is no covariance matrix."""
    implied = _implied(*np.split(point, 2))
    try:
        root = np.linalg.cholesky(implied)
    except np.linalg.LinAlgError:
        return math.inf
    return float(2 * np.log(root.diagonal()).sum() + np.trace(np.linalg.solve(implied, target)))


def _implied(loadings: Floats, uniquenesses: Floats) -> Floats:
    return np.outer(loadings, loadings) + np.diag(uniquenesses)


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _hessian(inverse: Floats, sandwich: Floats, loadings: Floats) -> Floats:
    """Return the second derivatives `(2k, 2k)` of the discrepancy with respect to λ and θ.

    With A = Σ⁻¹ and B = Σ⁻¹SΣ⁻¹ they are the observed ones; B = A gives their expectation
    under the model.
    """
    u, v = inverse @ loadings, sandwich @ loadings
    mixed = np.outer(u, v) + np.outer(v, u) - np.outer(u, u)
    expected, observed = (
        inverse * (loadings @ u),
        inverse * (loadings @ v) + sandwich * (loadings @ u),
    )
    own = 2 * (mixed + observed - expected + inverse - sandwich)
    cross = 2 * ((sandwich - inverse) * u + inverse * v)
    unique = inverse * (2 * sandwich - inverse)
    return np.block([[own, cross], [cross.T, unique]])
