"""Partners that cannot be told apart, as bands of the list and as bars that may be compared."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import stdtr

from analysis.data import Floats, Label
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import check_level
from analysis.partners import PartnerTable
from analysis.rank_sets import RankSets

_NORMAL = 1e9  # degrees of freedom of a variance taken as known


@dataclass(frozen=True, slots=True)
class TieBand:
    """Partners next to each other, highest first, none of whom is surely above another."""

    first_rank: int
    last_rank: int
    partners: tuple[Label, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Comparison bars, score ± factor · standard error; `low` and `high` have shape (k,)."""

    low: Floats
    high: Floats
    factor: float
    partners: tuple[Label, ...] = ()


def tie_bands(sets: RankSets) -> tuple[TieBand, ...]:
    """Find the longest runs of the list within which no two partners can be told apart.

    Parameters
    ----------
    sets : RankSets
        From `rank_sets`.

    Returns
    -------
    tuple of TieBand
        From the highest; bands overlap where a partner is tied with some above and some below
        that are not tied with each other. A partner alone in its band is apart from all others.

    Notes
    -----
    The pairs told apart are those behind the simultaneous rank sets, so all bands hold together.

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91, 476-518.

    Examples
    --------
    >>> from analysis.partners import partner_scores
    >>> from analysis.rank_sets import rank_sets
    >>> table = partner_scores([1, 2, 1, 2, 4, 5, 4, 5, 4, 4], list("aaaabbbbcc"))
    >>> [band.partners for band in tie_bands(rank_sets(table, seed=1))]
    [('b', 'c'), ('a',)]
    """
    order = sorted(range(len(sets.rows)), key=lambda index: sets.rows[index].rank)
    apart = sets.apart[np.ix_(order, order)]
    found: list[TieBand] = []
    start = 0
    for stop in range(1, len(order) + 1):
        if stop < len(order) and not apart[start:stop, stop].any():
            continue
        names = tuple(sets.rows[index].partner for index in order[start:stop])
        found.append(TieBand(start + 1, stop, names))
        if stop < len(order):
            start += int(np.flatnonzero(apart[start:stop, stop])[-1]) + 1
    return tuple(found)


def comparison_bars(
    score: ArrayLike, se: ArrayLike, *, level: float = 0.95, freedom: float | None = None
) -> Bars:
    """Draw bars of which two may be compared by eye: those of a tied pair overlap.

    Parameters
    ----------
    score, se : arrays of shape (k,)
        Scores and their standard errors, in the same unit.
    level : float
        One less the share of equal pairs whose bars fail to overlap, on average over the pairs.
    freedom : float or None
        Degrees of freedom of the standard errors; None: they are taken as known.

    Returns
    -------
    Bars
        In the unit of the scores.

    Raises
    ------
    NotComputable
        If there are fewer than two scores or a standard error is not above 0.
    UnknownChoice
        If `level` is not a share, or scores and errors differ in number.

    Notes
    -----
    With standard errors a and b, bars of ± c se do not overlap with probability
    2 (1 − T(c (a + b)/√(a² + b²))) where the true scores are equal; c makes its mean over all
    pairs 1 − level. Equal errors: c = 1.96/√2 = 1.39. The bars allow for one comparison that was
    chosen beforehand, not for looking at all of them.

    References
    ----------
    Goldstein & Healy (1995), Journal of the Royal Statistical Society A 158, 175-177.

    Examples
    --------
    >>> bars = comparison_bars([3.0, 3.5], [0.1, 0.1])
    >>> round(bars.factor, 3), bars.low.round(3).tolist()
    (1.386, [2.861, 3.361])
    """
    check_level(level)
    scores, errors = np.asarray(score, dtype=np.float64), np.asarray(se, dtype=np.float64)
    if scores.shape != errors.shape:
        raise UnknownChoice(f"There are {scores.size} scores and {errors.size} standard errors.")
    if scores.size < 2 or not (errors > 0).all():
        raise NotComputable("Bars to compare need two scores with standard errors above 0.")
    reach, share = _pairs(errors)
    known = _NORMAL if freedom is None else freedom

    def excess(factor: float) -> float:
        return float(2 * stdtr(known, -factor * reach) @ share) - (1 - level)

    factor = float(brentq(excess, 0.0, 1e3, xtol=1e-13))
    return Bars(scores - factor * errors, scores + factor * errors, factor)


def partner_bars(table: PartnerTable) -> Bars | None:
    """Draw comparison bars round the raw means of partners, from the variance common to them.

    Parameters
    ----------
    table : PartnerTable
        From `partner_scores`; suppressed partners get no bar.

    Returns
    -------
    Bars or None
        In points of the scale, at the level of the table; None where chance cannot be estimated:
        fewer than two partners, none with two raters, or all raters of each agree.

    Examples
    --------
    >>> from analysis.partners import partner_scores
    >>> bars = partner_bars(partner_scores([1, 2, 1, 2, 4, 5, 4, 5], list("aaaabbbb")))
    >>> bars.low.round(2).tolist(), bars.high.round(2).tolist()
    ([1.0, 4.0], [2.0, 5.0])
    """
    shown = table.shown
    n = np.array([row.n for row in shown], dtype=np.float64)
    spread = np.array([row.sd or 0.0 for row in shown])
    freedom = float((n - 1).sum())
    pooled = float((n - 1) @ spread**2) / freedom if freedom else 0.0
    if len(shown) < 2 or pooled <= 0:
        return None
    means = np.array([row.mean for row in shown], dtype=np.float64)
    found = comparison_bars(means, np.sqrt(pooled / n), level=table.level, freedom=freedom)
    return replace(found, partners=tuple(row.partner for row in shown))


def _pairs(errors: Floats) -> tuple[Floats, Floats]:
    """Return (a + b)/√(a² + b²) of the pairs, and the share of pairs that have each value."""
    different, counts = np.unique(errors, return_counts=True)
    left, right = np.triu_indices(different.size)
    pairs = np.where(
        left == right, counts[left] * (counts[left] - 1) / 2, counts[left] * counts[right]
    )
    a, b = different[left], different[right]
    return (a + b) / np.hypot(a, b), pairs / pairs.sum()
