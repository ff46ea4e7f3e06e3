"""Agreement among the raters of one partner: rwg(j) and the average deviation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, Label
from analysis.scale import Scale


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement among the raters of one partner, over its complete rows.

    `n` counts those rows; `rwg_j` runs from 0 (no better than chance) to 1 (all the same);
    `item_variance` is the mean of the items' variances, in squared scale points; `ad_m` is the
    mean absolute deviation from the items' means, in scale points.
    """

    partner: Label
    n: int
    rwg_j: float
    item_variance: float
    ad_m: float


def chance_variance(scale: Scale) -> float:
    """Return the variance of answers that fall on each point of the scale equally often.

    Examples
    --------
    >>> chance_variance(Scale("trust", ("t1", "t2"), 1, 5))
    2.0
    """
    points = scale.high - scale.low + 1
    return float((points**2 - 1) / 12)


def agreement(
    items: Floats,
    partners: tuple[Label, ...],
    codes: NDArray[np.intp],
    scale: Scale,
    *,
    min_n: int = 2,
) -> tuple[Agreement, ...]:
    """Measure for each partner how far its raters give the same answers.

    Parameters
    ----------
    items : array of shape (rows, k)
        Answers on the scale, NaN where missing.
    partners : tuple of labels
        Distinct partners.
    codes : array of shape (rows,)
        Index into `partners`; -1 where a row has none.
    scale : Scale
        Its range sets the variance that chance would give.
    min_n : int
        Partners with fewer complete rows are left out; never below 2.

    Returns
    -------
    tuple of Agreement
        In the order of `partners`.

    Notes
    -----
    Missing data: only rows that answered every item count.

    With s² the mean variance (dividing by n − 1) of the k items within the partner and
    σ² = (A² − 1)/12 for A scale points, q = s²/σ² and
    rwg(j) = k(1 − q)/(k(1 − q) + q); it is set to 0 where q ≥ 1, outside of which the formula
    leaves the range from 0 to 1.

    Checked against R package multilevel 2.7, ``rwg.j(ranvar = (A^2 - 1)/12)`` and
    ``ad.m(type = "mean")``, to 1e-10.

    References
    ----------
    James, Demaree & Wolf (1984), Journal of Applied Psychology 69, 85-98. Burke, Finkelstein &
    Dusig (1999), Organizational Research Methods 2, 49-68.
    """
    whole = (codes >= 0) & ~np.isnan(items).any(axis=1)
    answers, codes = items[whole], codes[whole]
    n = np.bincount(codes, minlength=len(partners))
    away = answers - _mean_by(answers, codes, n)[codes]
    variance = _mean_by(away**2, codes, n - 1).mean(axis=1)
    ad_m = _mean_by(np.abs(away), codes, n).mean(axis=1)
    rows = zip(partners, n.tolist(), variance.tolist(), ad_m.tolist(), strict=True)
    smallest, chance = max(2, min_n), chance_variance(scale)
    return tuple(
        Agreement(name, raters, _rwg_j(spread / chance, scale.k), spread, deviation)
        for name, raters, spread, deviation in rows
        if raters >= smallest
    )


def _mean_by(values: Floats, codes: NDArray[np.intp], n: NDArray[np.intp]) -> Floats:
    """Return the sums `(partners, k)` of the rows `(rows, k)` of each partner, over n."""
    sums = [np.bincount(codes, weights=column, minlength=len(n)) for column in values.T]
    means: Floats = np.column_stack(sums) / np.maximum(n, 1)[:, None]
    return means


def _rwg_j(share: float, k: int) -> float:
    """Return rwg(j) of k items whose variance is that share of what chance would give."""
    return k * (1 - share) / (k * (1 - share) + share) if share < 1 else 0.0
