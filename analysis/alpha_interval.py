"""Intervals of coefficient alpha: distribution-free, Feldt, bootstrap."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from analysis.clusters import (
    MOST_LEFT_OUT,
    Clusters,
    covariances_without,
    left_out_margin,
    refuse_few,
    summed_margin,
)
from analysis.covariance import alpha_of_covariance
from analysis.data import Floats
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import Estimate, check_level, one_of
from analysis.influence import margin
from analysis.resampling import resampled_covariances, wider_tail
from analysis.steps import Progress

METHODS = ("adf", "feldt", "bootstrap", None)
DRAWS = 2_000
_BLOCK = 16_384  # rows whose influence is computed at a time
_FEWEST_ROWS = 5  # below, no interval that rests on large samples is worth printing
_ROUNDING = 1e-10  # a variance below this share of the usual one is rounding error
_LOST_DRAWS = 0.05  # share of bootstrap draws that may be without an alpha

Seed = int | np.random.Generator | None


@dataclass(frozen=True, slots=True)
class Interval:
    """Which interval to put around alpha.

    Parameters
    ----------
    method
        "adf", "feldt", "bootstrap" or None for no interval.
    level
        Confidence level between 0 and 1.
    seed
        Seed or generator of the bootstrap.
    standardized
        Whether alpha is that of the standardized items.
    progress
        Called with the resamples that are done, and their number.
    clusters
        Rows that belong together; the ADF and the bootstrap interval allow for it. None: rows are
        independent.

    Raises
    ------
    UnknownChoice
        If there is no such interval, or none of this kind.
    """

    method: str | None
    level: float
    seed: Seed = None
    standardized: bool = False
    progress: Progress | None = None
    clusters: Clusters | None = None

    def __post_init__(self) -> None:
        one_of("ci", self.method, METHODS)
        check_level(self.level)
        if self.clusters is not None and self.method == "feldt":
            raise UnknownChoice(
                "ci is 'feldt', which takes rows as independent; choose 'adf' or 'bootstrap'."
            )
        if self.standardized and self.method == "feldt":
            raise UnknownChoice(
                "ci is 'feldt', which is for raw alpha; choose 'adf' or 'bootstrap'."
            )

    def among(self, chosen: NDArray[np.bool_] | np.bool_) -> "Interval":
        """Return the same for some of the rows."""
        return (
            self if self.clusters is None else replace(self, clusters=self.clusters.among(chosen))
        )

    def around(self, point: Estimate, rows: Floats) -> Estimate:
        """Return the estimate with its interval, or with a note why there is none.

        Parameters
        ----------
        point
            Alpha.
        rows
            Scored answers `(n, k)`: complete rows, or for a pairwise bootstrap all.
        """
        if self.method is None or point.estimate is None:
            return point
        try:
            low, high = self._bounds(point.estimate, rows)
        except NotComputable as reason:
            return replace(point, notes=(*point.notes, f"no interval: {reason}"))
        return replace(point, ci_low=low, ci_high=min(high, 1.0), level=self.level)

    def _bounds(self, value: float, rows: Floats) -> tuple[float, float]:
        n, k = rows.shape
        if self.method == "bootstrap":
            return self._percentiles(rows)
        if n < _FEWEST_ROWS:
            raise NotComputable(f"needs {_FEWEST_ROWS} complete rows; there are {n}")
        if np.ptp(rows.sum(axis=1)) == 0 or (np.ptp(rows, axis=0) == 0).any():
            raise NotComputable("an item or the sum of the items is constant in the complete rows")
        if self.method == "feldt":
            return feldt_interval(value, n, k, self.level)
        reach = float(self._margin(rows))
        return value - reach, value + reach

    def _margin(self, rows: Floats) -> Floats:
        """Return half the width of the distribution-free interval."""
        if self.clusters is None:
            influence = alpha_influence(rows, standardized=self.standardized)
            return margin(influence, self.level)
        refuse_few(self.clusters)
        if self.clusters.count > MOST_LEFT_OUT:
            influence = alpha_influence(rows, standardized=self.standardized)
            return summed_margin(influence, self.clusters, self.level)
        without = covariances_without(rows, self.clusters)
        if self.standardized:
            without = _correlations(without)
        return left_out_margin(alpha_of_covariance(without), self.level)

    def _percentiles(self, rows: Floats) -> tuple[float, float]:
        if self.clusters is not None:
            refuse_few(self.clusters)
        rng = np.random.default_rng(self.seed)
        draws = resampled_covariances(rows, DRAWS, rng, self.progress, self.clusters)
        variance = np.diagonal(draws, axis1=1, axis2=2)
        varies = (variance > _ROUNDING * np.nanmax(variance, axis=0)).all(axis=1)
        draws, variance = draws[varies], variance[varies]
        if self.standardized:
            draws = _correlations(draws)
        adds_up = draws.sum(axis=(1, 2)) > _ROUNDING * np.trace(draws, axis1=1, axis2=2)
        values = alpha_of_covariance(draws[adds_up])
        if len(values) < (1 - _LOST_DRAWS) * DRAWS:
            raise NotComputable(f"alpha is undefined in {DRAWS - len(values)} of {DRAWS} resamples")
        tail = (1 - self.level) / 2
        if self.clusters is not None:
            tail = wider_tail(self.level, self.clusters.count)
        low, high = np.quantile(values, [tail, 1 - tail])
        return float(low), float(high)


def _correlations(covariances: Floats) -> Floats:
    sd = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    found: Floats = covariances / (sd[:, :, None] * sd[:, None, :])
    return found


def alpha_influence(rows: Floats, *, standardized: bool = False) -> Floats:
    """Return how much each row moves alpha, the ground of its distribution-free (ADF) interval.

    Parameters
    ----------
    rows
        Scored answers `(…, n, k)` without gaps, every item varying.
    standardized
        For standardized alpha.

    Returns
    -------
    numpy.ndarray
        Influence `(…, n)`, without unit.

    References
    ----------
    Formula: for a centred row x with total t it is
    -k/(k-1) · (Σxᵢ²/V - tr(S)·t²/V²), V the variance of the totals; standardized, with z for x
    and R for S, k²/(k-1) · (t² - Σᵢ zᵢ² Σⱼ rᵢⱼ)/V². Maydeu-Olivares, Coffman & Hartmann (2007).
    """
    return _of_standardized(rows) if standardized else _of_raw(rows)


def _of_raw(rows: Floats) -> Floats:
    n, k = rows.shape[-2:]
    mean = rows.mean(axis=-2, keepdims=True)
    total, own = np.empty(rows.shape[:-1]), np.empty(rows.shape[:-1])
    for start in range(0, n, _BLOCK):  # a second copy of a million rows would take longer than this
        part = slice(start, start + _BLOCK)
        x = rows[..., part, :] - mean
        total[..., part], own[..., part] = x.sum(axis=-1), np.einsum("...k,...k->...", x, x)
    variance = np.vecdot(total, total)[..., None] / (n - 1)
    trace = own.sum(axis=-1, keepdims=True) / (n - 1)
    influence: Floats = k / (k - 1) * (trace * total**2 / variance - own) / variance
    return influence


def _of_standardized(rows: Floats) -> Floats:
    n, k = rows.shape[-2:]
    x = rows - rows.mean(axis=-2, keepdims=True)
    x = x / x.std(axis=-2, ddof=1, keepdims=True)
    total = x.sum(axis=-1)
    variance = np.vecdot(total, total)[..., None] / (n - 1)
    with_all = np.vecdot(x.swapaxes(-1, -2), total[..., None, :]) / (n - 1)
    own = np.einsum("...nk,...nk,...k->...n", x, x, with_all)
    influence: Floats = k**2 / (k - 1) * (total**2 - own) / variance**2
    return influence


def feldt_interval(value: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """Return Feldt's interval of alpha from `n` complete rows and `k` items.

    References
    ----------
    Formula: 1 - (1-α)·F with the (1±level)/2 quantiles of F(n-1, (n-1)(k-1)).
    Feldt (1965), Psychometrika 30, 357-370.
    """
    tail = (1 - level) / 2
    degrees = n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - value) * fdtri(*degrees, p) for p in (1 - tail, tail))
    return float(low), float(high)
