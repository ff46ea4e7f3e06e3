"""How large the range of several means becomes by chance, in standard errors of one of them."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.special import gammainccinv, gammaincinv, ndtr

from analysis.data import Floats

_STEP = 0.01  # of the table of ranges, whose spline is then right to 1e-10
_END = 14.0  # no range of normal values is wider, but with probability 1e-15
_NODES = 401
_TAIL = 1e-14
_HALVINGS = 48
_KNOTS = 33  # of a spline through the quantiles, where more are wanted


def beyond_range(q: ArrayLike, k: int, freedom: ArrayLike) -> Floats:
    """Return the probability that the studentized range exceeds q.

    Parameters
    ----------
    q : array of shape (tests,)
        Ranges, in standard errors of one mean; from 0.
    k : int
        Means that are compared, 2 or more.
    freedom : array of shape (tests,)
        Degrees of freedom of the standard errors, above 0; they need not be whole.

    Returns
    -------
    array of shape (tests,)
        From 0 to 1.

    Notes
    -----
    W(w) = k ∫ φ(z) (Φ(z) − Φ(z − w))ᵏ⁻¹ dz is tabled once for each k and averaged over s, with
    ν s² from χ² on ν degrees of freedom, by the trapezoidal rule in log s.

    Checked against scipy's ``studentized_range`` to 1e-8 and R 4.2.2 ``ptukey`` to 1e-6.

    References
    ----------
    Copenhaver & Holland (1988), Journal of Statistical Computation and Simulation 30, 1-15.

    Examples
    --------
    >>> beyond_range([3.5], 3, [20.0]).round(4).tolist()
    [0.0559]
    """
    ranges = np.atleast_1d(np.asarray(q, dtype=np.float64))
    spread, weight = _spreads(np.atleast_1d(np.asarray(freedom, dtype=np.float64)))
    held = _normal_range(k)(np.minimum(ranges[:, None] * spread, _END))
    return np.asarray(np.clip(1 - (held * weight).sum(axis=1), 0.0, 1.0), dtype=np.float64)


def range_quantile(level: float, k: int, freedom: ArrayLike) -> Floats:
    """Return the range that is exceeded with probability 1 − level, for each number of freedom.

    Examples
    --------
    >>> range_quantile(0.95, 3, [20.0]).round(3).tolist()
    [3.578]
    """
    given = np.atleast_1d(np.asarray(freedom, dtype=np.float64))
    values, place = np.unique(given, return_inverse=True)
    if len(values) <= _KNOTS:
        return np.asarray(_quantiles(level, k, values)[place], dtype=np.float64)
    knots = np.linspace(1 / values[-1], 1 / values[0], _KNOTS)
    along = CubicSpline(knots, np.log(_quantiles(level, k, 1 / knots)))
    return np.asarray(np.exp(along(1 / given)), dtype=np.float64)


def _quantiles(level: float, k: int, values: Floats) -> Floats:
    """Halve the bracket of each quantile until it is a point."""
    low, high = np.full(len(values), np.log(1e-4)), np.full(len(values), np.log(1e7))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        wide = beyond_range(np.exp(middle), k, values) < 1 - level
        low, high = np.where(wide, low, middle), np.where(wide, middle, high)
    return np.asarray(np.exp((low + high) / 2), dtype=np.float64)


def _spreads(freedom: Floats) -> tuple[Floats, Floats]:
    """Return points of the estimated over the true standard deviation, and their weights."""
    half = freedom[:, None] / 2
    low, high = (np.log(of(half, _TAIL) / half) / 2 for of in (gammaincinv, gammainccinv))
    log_s = low + (high - low) * np.linspace(0, 1, _NODES)
    density = half * (2 * log_s - np.exp(2 * log_s))
    weight = np.exp(density - density.max(axis=1, keepdims=True))
    return np.exp(log_s), weight / weight.sum(axis=1, keepdims=True)


@lru_cache(maxsize=8)
def _normal_range(k: int) -> CubicSpline:
    """Table the distribution of the range of k standard normal values."""
    z, each = np.polynomial.legendre.leggauss(160)
    z, each = 9 * z, 9 * each * np.exp(-((9 * z) ** 2) / 2) / np.sqrt(2 * np.pi)
    w = np.arange(0.0, _END + _STEP, _STEP)
    held = np.array([k * (each @ (ndtr(z) - ndtr(z - width)) ** (k - 1)) for width in w])
    return CubicSpline(w, np.clip(held, 0.0, 1.0))
