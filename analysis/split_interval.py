"""Intervals of reliability from halves and of Guttman's bounds, whatever the distribution.

Each of them is a smooth function of the item covariances, so a row moves it by as much as its own
products of answers move them (the delta method by rows). λ4 of the best halves is no such
function: it is the largest of many numbers, too high by chance, and gets no interval.
"""

import numpy as np

from analysis.clusters import (
    MOST_LEFT_OUT,
    Clusters,
    covariances_without,
    left_out_margin,
    refuse_few,
    summed_margin,
)
from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.influence import margin
from analysis.splits import bounds_of

BOUNDS = ("spearman_brown", "odd_even_lambda4", "lambda2", "lambda6")
_FEWEST_ROWS = 5  # below, no interval that rests on large samples is worth printing
_TINY = 1e-10


def bound_intervals(
    points: dict[str, float | None],
    rows: Floats,
    level: float,
    clusters: Clusters | None = None,
) -> dict[str, tuple[float, float] | None]:
    """Return the intervals of odd-even reliability (two ways), λ2 and λ6.

    Parameters
    ----------
    points
        The numbers that the intervals go around, named as in `BOUNDS`; None: no such number.
    rows
        Scored answers `(n, k)` without gaps.
    level
        Confidence level between 0 and 1.
    clusters
        Rows that belong together; None: rows are independent.

    Returns
    -------
    dict
        Name to lower and upper end, at most 1; None where there is none.

    Raises
    ------
    NotComputable
        With the reason why there is no interval at all: too few rows, items that do not vary.

    References
    ----------
    Formula: with G the derivative of the statistic on the covariances S, a centred row x moves it
    by xᵀGx - tr(GS); half the width is that of `analysis.influence.margin`. λ6 explains each item
    by k-1 others and so is too high by (1-λ6)(k-1)/(n-k); its interval goes around the number
    without that. Guttman (1945), Psychometrika 10, 255-282; Maydeu-Olivares, Coffman & Hartmann
    (2007), Psychological Methods 12, 157-176. Checked by simulated coverage.
    """
    n, k = rows.shape
    needed = max(_FEWEST_ROWS, k + 2)
    if n < needed:
        raise NotComputable(f"needs {needed} complete rows; there are {n}")
    centred = rows - rows.mean(axis=0)
    covariance = centred.T @ centred / (n - 1)
    if (covariance.diagonal() <= 0).any() or not covariance.sum() > _TINY * covariance.trace():
        raise NotComputable("an item or the sum of the items is constant in the complete rows")
    found: dict[str, tuple[float, float] | None] = dict.fromkeys(BOUNDS)
    without = _without(rows, clusters)
    for name, slope in bound_slopes(covariance).items():
        value = points[name]
        if value is None:
            continue
        moved = np.einsum("ni,ij,nj->n", centred, slope, centred, optimize=True)
        if value >= 1:
            continue
        ratio = np.exp(_margin(moved, value, without[name], level, clusters))
        error = (1 - value) * ((n - 1) / (n - k) if name == "lambda6" else 1.0)
        found[name] = (float(1 - error * ratio), float(1 - error / ratio))
    return found


def _without(rows: Floats, clusters: Clusters | None) -> dict[str, Floats | None]:
    """Return log(1 - value) of each statistic without each cluster; None where not computable."""
    if clusters is not None:
        refuse_few(clusters)
    if clusters is None or clusters.count > MOST_LEFT_OUT:
        return dict.fromkeys(BOUNDS)
    each = [bounds_of(matrix) for matrix in covariances_without(rows, clusters)]
    found: dict[str, Floats | None] = {}
    for name in BOUNDS:
        values = [bounds[name] for bounds in each]
        known = all(value is not None and value < 1 for value in values)
        found[name] = np.log1p(-np.array(values, dtype=np.float64)) if known else None
    return found


def _margin(
    moved: Floats, value: float, without: Floats | None, level: float, clusters: Clusters | None
) -> Floats:
    """Return half the width of the interval of log(1 - value)."""
    if clusters is None:
        return margin(moved, level) / (1 - value)
    if without is None:
        return summed_margin(moved, clusters, level) / (1 - value)
    return left_out_margin(without, level)


def bound_slopes(covariance: Floats) -> dict[str, Floats]:
    """Return the derivatives `(k, k)` of each statistic on the covariances `(k, k)`.

    A statistic that is not smooth here is left out: λ2 where no two items covary, λ6 where items
    depend on each other, the odd-even correlation where a half does not vary.
    """
    k = len(covariance)
    total = covariance.sum()
    ones = np.ones((k, k))
    odd = (np.arange(k) % 2 == 0).astype(np.float64)
    across = np.outer(odd, 1 - odd) + np.outer(1 - odd, odd)
    between = float((covariance * across).sum()) / 2
    found = {"odd_even_lambda4": (2 * across - 4 * between / total * ones) / total}
    first, second = np.outer(odd, odd), np.outer(1 - odd, 1 - odd)
    one, other = float((covariance * first).sum()), float((covariance * second).sum())
    if min(one, other) > _TINY * covariance.trace():
        size = np.sqrt(one * other)
        r = between / size
        by_r = across / 2 / size - r / 2 * (first / one + second / other)
        if r > -1:
            found["spearman_brown"] = 2 / (1 + r) ** 2 * by_r
    off = covariance - np.diag(covariance.diagonal())
    squares = float((off**2).sum())
    if squares > _TINY * covariance.trace() ** 2:
        weight = np.sqrt(k / (k - 1))
        lambda2 = (off.sum() + weight * np.sqrt(squares)) / total
        pull = ones - np.eye(k) + weight * off / np.sqrt(squares)
        found["lambda2"] = (pull - lambda2 * ones) / total
    values = np.linalg.eigvalsh(covariance)
    if values[0] > _TINY * values[-1]:
        inverse = np.linalg.inv(covariance)
        unique = 1 / inverse.diagonal()
        by_unique = (inverse * unique**2) @ inverse
        found["lambda6"] = (unique.sum() / total * ones - by_unique) / total
    return found
