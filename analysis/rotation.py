"""Exploratory factors: extraction by minimum residuals, rotation to simple structure."""

import numpy as np
from scipy.optimize import minimize

from analysis.data import Floats
from analysis.errors import NotComputable

_LEAST_UNIQUENESS = 0.005  # the bound of psych::fa
_STEPS = 5_000
_STANDSTILL = 1e-9


def minimum_residuals(correlation: Floats, n_factors: int) -> Floats:
    """Extract factors such that the squared residual correlations are least.

    Parameters
    ----------
    correlation
        Correlations `(k, k)`.
    n_factors
        Number of factors m.

    Returns
    -------
    numpy.ndarray
        Loadings `(k, m)`, uncorrelated factors, the largest first, each pointing where most of
        its items point; no uniqueness is below .005.

    References
    ----------
    Formula: minimise the sum of the squared smallest k - m eigenvalues of R - Ψ. Harman & Jones
    (1966), Psychometrika 31, 351-368; Jöreskog (1977), in Statistical Methods for Digital
    Computers III.
    Checked against psych::fa(fm = "minres") 2.2.9: 1e-3.
    """
    k = len(correlation)

    def residual(unique: Floats) -> tuple[float, Floats]:
        values, vectors = np.linalg.eigh(correlation - np.diag(unique))
        small = values[: k - n_factors]
        gradient = -(vectors[:, : k - n_factors] ** 2) @ small
        return float(small @ small) / 2, gradient

    start = _first_uniquenesses(correlation)
    found = minimize(
        residual,
        start,
        jac=True,
        bounds=[(_LEAST_UNIQUENESS, 1.0)] * k,
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000},
    )
    values, vectors = np.linalg.eigh(correlation - np.diag(found.x))
    leading = np.clip(values[::-1][:n_factors], 0, None)
    loadings = vectors[:, ::-1][:, :n_factors] * np.sqrt(leading)
    pointing: Floats = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return pointing


def varimax(loadings: Floats) -> Floats:
    """Rotate uncorrelated factors so that loadings are large or small, items weighted alike.

    References
    ----------
    Kaiser (1958), Psychometrika 23, 187-200.
    """
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    rows = loadings / np.where(length > 0, length, 1.0)
    turn, size = np.eye(loadings.shape[1]), 0.0
    for _ in range(_STEPS):
        turned = rows @ turn
        pull = rows.T @ (turned**3 - turned * (turned**2).mean(axis=0))
        left, values, right = np.linalg.svd(pull)
        turn = left @ right
        if values.sum() < size * (1 + 1e-12):
            break
        size = values.sum()
    found: Floats = loadings @ turn
    return found


def oblimin(loadings: Floats) -> tuple[Floats, Floats]:
    """Rotate factors to simple structure and let them correlate (direct quartimin).

    Parameters
    ----------
    loadings
        Of uncorrelated factors, `(k, m)`; the search starts there.

    Returns
    -------
    pattern, correlations
        Loadings `(k, m)` and factor correlations `(m, m)`.

    Raises
    ------
    NotComputable
        If no minimum is found.

    References
    ----------
    Formula: minimise Σ over pairs of factors of Σᵢ λᵢ²μᵢ²; gradient projection. Jennrich & Sampson
    (1966), Psychometrika 31, 313-323; Jennrich (2002), Psychometrika 67, 7-19.
    Checked against GPArotation::oblimin 2022.10-2: 1e-4.
    """
    turn, size = np.eye(loadings.shape[1]), 1.0
    value, slope = _quartimin(loadings, turn)
    for _ in range(_STEPS):
        projected = slope - turn * (turn * slope).sum(axis=0)
        steep = float((projected**2).sum())
        if steep < _STANDSTILL**2:
            return loadings @ np.linalg.inv(turn).T, turn.T @ turn
        size *= 2
        for _ in range(60):
            moved = turn - size * projected
            moved = moved / np.sqrt((moved**2).sum(axis=0))
            reached, steeper = _quartimin(loadings, moved)
            if reached < value - 0.5 * steep * size or (steep < 1e-12 and reached <= value):
                break
            size /= 2
        else:
            break
        turn, value, slope = moved, reached, steeper
    if steep < 1e-8:
        return loadings @ np.linalg.inv(turn).T, turn.T @ turn
    raise NotComputable("the rotation of the group factors did not converge")


def _quartimin(loadings: Floats, turn: Floats) -> tuple[float, Floats]:
    """Return the criterion and its derivatives with respect to the rotation."""
    inverse = np.linalg.inv(turn)
    pattern = loadings @ inverse.T
    squares = pattern**2
    others = squares.sum(axis=1, keepdims=True) - squares
    slope = -(pattern.T @ (pattern * others) @ inverse).T
    return float((squares * others).sum() / 4), slope


def _first_uniquenesses(correlation: Floats) -> Floats:
    """Return what the other items leave unexplained of each, or a half where none can tell."""
    first = np.full(len(correlation), 0.5)
    try:
        diagonal = np.linalg.inv(correlation).diagonal()
    except np.linalg.LinAlgError:
        return first
    np.divide(1, diagonal, out=first, where=np.isfinite(diagonal) & (diagonal > 0))
    start: Floats = np.clip(first, _LEAST_UNIQUENESS, 1.0)
    return start
