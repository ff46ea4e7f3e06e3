"""Rows that belong together, such as the raters of one partner, and intervals that allow for it."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.data import Floats, Frame, groups
from analysis.errors import NotComputable

FEWEST = 3  # clusters below which nothing tells how much they differ
ENOUGH = 10  # clusters from which an assessment allows for partners without being asked
_ROUNDING = 1e-10  # a variance below this share of the usual one is rounding error
MOST_LEFT_OUT = 100  # clusters up to which each is left out in turn


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Which rows belong together.

    Parameters
    ----------
    column
        Column that names the cluster of each row.
    codes
        Cluster of each row `(n,)`, counted from 0 without gaps; a row without a label is a cluster
        of its own.
    """

    column: str
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, data: Frame, column: str) -> Self:
        """Read the clusters of a frame.

        Raises
        ------
        UnknownColumn
            If there is no such column.
        """
        names, codes = groups(data, column)
        alone = codes < 0
        codes = codes.copy()
        codes[alone] = len(names) + np.arange(np.count_nonzero(alone))
        return cls(column, _numbered(codes))

    def among(self, chosen: NDArray[np.bool_] | np.bool_) -> Self:
        """Return the clusters of some of the rows, marked `(n,)`."""
        kept = np.asarray(chosen, dtype=np.bool_)
        return self if kept.all() else type(self)(self.column, _numbered(self.codes[kept]))

    @property
    def count(self) -> int:
        """Number of clusters."""
        return int(self.codes.max()) + 1 if len(self.codes) else 0

    @property
    def correction(self) -> float:
        """Factor G/(G - 1) by which squared sums within G clusters fall short."""
        return self.count / max(self.count - 1, 1)

    def sums(self, values: Floats) -> Floats:
        """Return the sums `(clusters, …)` of the rows' values `(n, …)` within each cluster."""
        flat = values.reshape(len(values), -1)
        found = np.empty((self.count, flat.shape[1]))
        for index, column in enumerate(flat.T):
            found[:, index] = np.bincount(self.codes, column, minlength=self.count)
        return found.reshape(self.count, *values.shape[1:])


def covariances_without(rows: Floats, clusters: Clusters) -> Floats:
    """Return the covariances `(clusters, k, k)` of the rows `(n, k)` without each cluster.

    Raises
    ------
    NotComputable
        If a cluster holds all rows but one, or all, or only in one of them an item varies.
    """
    sizes = np.bincount(clusters.codes, minlength=clusters.count)
    left = (len(rows) - sizes)[:, None, None]
    if left.min() < 2:
        raise NotComputable(f"without one {clusters.column!r} fewer than 2 rows are left")
    centred = rows - rows.mean(axis=0)
    sums = clusters.sums(centred)
    order = np.argsort(clusters.codes, kind="stable")
    parts = np.split(centred[order], np.cumsum(sizes)[:-1])
    products = np.stack([part.T @ part for part in parts])
    rest, products = sums.sum(axis=0) - sums, products.sum(axis=0) - products
    found: Floats = (products - rest[:, :, None] * rest[:, None, :] / left) / (left - 1)
    spread = np.diagonal(found, axis1=1, axis2=2)
    if (spread <= _ROUNDING * spread.max(axis=0)).any():
        raise NotComputable(f"without one {clusters.column!r} an item is constant")
    return found


def left_out_margin(without: Floats, level: float) -> Floats:
    """Return half the width of an interval from a statistic without each cluster.

    Parameters
    ----------
    without
        The statistic without each cluster, `(…, clusters)`.
    level
        Confidence level between 0 and 1.

    Returns
    -------
    numpy.ndarray
        t · standard error, `(…)`.

    References
    ----------
    Formula: the squared standard error is (G - 1)/G · Σ(value without g less their mean)², G the
    number of clusters; t as in `reach`. Tukey (1958); Bell & McCaffrey (2002), Survey Methodology
    28, 169-181, on why sums of linear influences are too narrow with few clusters. Checked by
    simulated coverage of alpha, omega and what else uses it.
    """
    count = without.shape[-1]
    gaps = without - without.mean(axis=-1, keepdims=True)
    return reach(gaps, (count - 1) / count, level)


def summed_margin(influence: Floats, clusters: Clusters, level: float) -> Floats:
    """Return half the width of an interval from the rows' influence `(…, n)`, summed in clusters.

    Parameters
    ----------
    influence
        How much each row moves the statistic.
    clusters
        Of the rows.
    level
        Confidence level between 0 and 1.

    References
    ----------
    Formula: the squared standard error is G/(G - 1) · Σ(sum of the influence in g)²/n² (CR1); t as
    in `reach`. Liang & Zeger (1986), Biometrika 73, 13-22. Holds from some hundred clusters on.
    """
    refuse_few(clusters)
    centred = influence - influence.mean(axis=-1, keepdims=True)
    sums = np.moveaxis(clusters.sums(np.moveaxis(centred, -1, 0)), 0, -1)
    count, n = clusters.count, influence.shape[-1]
    return reach(sums, count / (count - 1) / n**2, level)


def reach(parts: Floats, weight: float, level: float) -> Floats:
    """Return t · √(weight · Σ parts²) of the clusters' parts `(…, clusters)`, which sum to 0.

    References
    ----------
    Formula: t has 2G/(κ - 1) degrees of freedom, at most G - 1, κ the kurtosis m₄/m₂² of the
    parts, as for rows in `analysis.influence.margin`. Satterthwaite (1946), Biometrics Bulletin 2.
    """
    count = parts.shape[-1]
    squares = parts**2
    second, fourth = squares.mean(axis=-1), (squares**2).mean(axis=-1)
    excess = fourth - second**2
    degrees = np.full(np.shape(second), count - 1.0)
    np.divide(2 * count * second**2, excess, out=degrees, where=excess > 0)
    t = stdtrit(np.minimum(degrees, count - 1.0), (1 + level) / 2)
    return np.asarray(t * np.sqrt(weight * squares.sum(axis=-1)))


def refuse_few(clusters: Clusters) -> None:
    """Refuse clusters that are too few to tell how much they differ.

    Raises
    ------
    NotComputable
        Naming the column and how many there are.
    """
    if clusters.count < FEWEST:
        raise NotComputable(
            f"it needs {FEWEST} clusters ({clusters.column}); there are {clusters.count}"
        )


def design_effect(influence: Floats, clusters: Clusters) -> float | None:
    """Return by how much the variance of a statistic grows because rows belong together.

    Parameters
    ----------
    influence
        How much each row moves it, `(n,)`.
    clusters
        Of the rows.

    Returns
    -------
    float or None
        At least 1 where rows of one cluster are alike; None where it cannot be told.

    References
    ----------
    Formula: 1 + (Σn²/n - 1)·ρ, ρ the intraclass correlation of the influence by analysis of
    variance. Kish (1965), Survey Sampling, section 5.4.
    """
    n, count = len(influence), clusters.count
    sizes = np.bincount(clusters.codes, minlength=count)
    if count < 2 or n <= count:
        return None
    centred = influence - influence.mean()
    between = float((clusters.sums(centred) ** 2 / sizes).sum())
    within = (float(centred @ centred) - between) / (n - count)
    typical = (n - float((sizes**2).sum()) / n) / (count - 1)
    spread = (between / (count - 1) - within) / typical
    if not spread + within > 0:
        return None
    effect = 1 + (float((sizes**2).sum()) / n - 1) * spread / (spread + within)
    return effect if math.isfinite(effect) else None


def _numbered(codes: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.unique(codes, return_inverse=True)[1].astype(np.intp, copy=False)
