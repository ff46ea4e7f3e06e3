"""Agreement among the raters of one partner: rwg(j) and the average deviation."""

from collections.abc import Iterator
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
    order = np.flatnonzero(whole)[np.argsort(codes[whole], kind="stable")]
    bounds = np.searchsorted(codes[order], np.arange(len(partners) + 1))
    smallest = max(2, min_n)
    return tuple(
        _measured(name, items[order[start:stop]], chance_variance(scale))
        for name, start, stop in _spans(partners, bounds)
        if stop - start >= smallest
    )


def _spans(
    partners: tuple[Label, ...], bounds: NDArray[np.intp]
) -> Iterator[tuple[Label, int, int]]:
    return zip(partners, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)


def _measured(name: Label, answers: Floats, chance: float) -> Agreement:
    variance = float(answers.var(axis=0, ddof=1).mean())
    away = np.abs(answers - answers.mean(axis=0))
    share = variance / chance
    k = answers.shape[1]
    rwg_j = k * (1 - share) / (k * (1 - share) + share) if share < 1 else 0.0
    return Agreement(name, len(answers), rwg_j, variance, float(away.mean()))
