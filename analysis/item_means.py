"""Means of single items per partner, as far as they add nothing to what scores already tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, Frame, Label, groups
from analysis.disclosure import check_min_n, protect, stands_alone
from analysis.estimate import check_level
from analysis.partners import PartnerScore, score_groups
from analysis.scale import Scale
from analysis.scoring import item_matrix


@dataclass(frozen=True, slots=True)
class ItemMean:
    """One item of one partner: raters, mean on the scale's range, and its t interval."""

    n: int
    mean: float
    ci_low: float | None
    ci_high: float | None


def item_means(
    data: Frame,
    scales: Sequence[Scale],
    partner: str,
    *,
    level: float = 0.95,
    min_n: int = 1,
) -> dict[str, dict[Label, ItemMean]]:
    """Average the answers to each item by partner, where no small group can be found from that.

    Parameters
    ----------
    data : DataFrame
        One row per rater and partner, of one side in one wave; it is not changed.
    scales : sequence of Scale
        All scales that are published together.
    partner : str
        Column that names the partner of each row.
    level : float
        Level of the intervals.
    min_n : int
        Smallest group of which a number may be shown, whatever is subtracted.

    Returns
    -------
    dict
        Item to partner to its mean on the range of the scale, reversed items turned round. A
        partner, or a whole scale, that may not be shown is not there.

    Raises
    ------
    UnknownColumn, NotNumeric, UnknownChoice
        If data or options do not fit.

    Notes
    -----
    Missing data: means are of the rows that `disclosure.protect` leaves, and n counts them.

    With `min_n` above 1 a partner's items of a scale are shown where each of its rows that count
    for its score answered every item, so that they rest on exactly the rows of that score, and
    where its raters do not all give the same answer to an item, which would tell what each of
    them said. Nothing is shown of a scale where the rows of all other partners taken by
    themselves, whose totals follow by subtraction, would not pass `protect`.

    Why this is enough: a combination of published sums treats the rows of a shown partner
    alike, since they have the same gaps, none; so it falls on all of them or on none, and
    they are at least `min_n`. On the other rows it is a combination of the totals of those rows
    and their partners' scores, which falls on at least `min_n` of them by `protect`.

    Interval: mean ± t(n − 1) sd/√n, as for scores. Checked against `partners.partner_scores`,
    and by searching all groups below `min_n` for a sum in the span of what is published.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"who": list("aaabbb"), "t1": [3, 4, 5, 1, 2, 2]})
    >>> found = item_means(rows, [Scale("trust", ("t1",), 1, 5)], "who", min_n=3)
    >>> [(who, each.n, each.mean) for who, each in found["t1"].items()]
    [('a', 3, 4.0), ('b', 3, 1.6666666666666667)]
    """
    check_level(level)
    check_min_n(min_n)
    shown = protect(data, scales, partner, min_n)
    names, codes = groups(shown, partner)
    group = np.where(codes < 0, len(names), codes).astype(np.intp)
    found: dict[str, dict[Label, ItemMean]] = {}
    for scale in scales:
        items = item_matrix(shown, scale)
        told = _told(items, codes, len(names), min_n)
        some = ~np.isnan(items).all(axis=1)
        rest = some & ~np.isin(codes, told)
        if not len(told) or not stands_alone(shown, scales, scale.name, rest, group, min_n):
            continue
        own = np.where(np.isin(codes, told), codes, -1)
        for item, answers in zip(scale.items, items.T, strict=True):
            table = score_groups(answers, (names, own), pool=False, level=level, min_n=1)
            found[item] = {row.partner: _mean(row) for row in table.rows if row.mean is not None}
    return found


def _told(items: Floats, codes: NDArray[np.intp], partners: int, min_n: int) -> NDArray[np.intp]:
    """Return the partners whose items may be shown, unless those of the rest forbid it."""
    given = ~np.isnan(items)
    some, whole = np.asarray(given.any(axis=1)), np.asarray(given.all(axis=1))
    if min_n == 1:
        return np.unique(codes[some & (codes >= 0)])
    found = []
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(partners + 1))
    for at, (start, stop) in enumerate(pairwise(bounds)):
        own = order[start:stop]
        own = own[some[own]]
        if len(own) >= min_n and whole[own].all() and (np.ptp(items[own], axis=0) > 0).all():
            found.append(at)
    return np.array(found, dtype=np.intp)


def _mean(row: PartnerScore) -> ItemMean:
    return ItemMean(int(row.n or 0), float(row.mean or 0.0), row.ci_low, row.ci_high)
