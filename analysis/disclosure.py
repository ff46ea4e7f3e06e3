"""Take out answers that could be found by subtracting one published number from another.

Hiding a partner's own line is not enough: the total less the partners shown gives it away. Nor
are totals and lines of the same rows enough: the sum of the item totals less the number of items
times the sum of the scores leaves what the incomplete rows answered, and there may be one of
them. So answers are taken out of the data before anything is computed, until every weighted sum
that the published means of items, scales and partners determine is a sum over at least `min_n`
rows. Then it does not matter which statistics are printed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.data import Frame, column, groups, matrix
from analysis.errors import UnknownChoice
from analysis.scale import GUESSED, Scale

Mask = NDArray[np.bool_]
META = GUESSED  # ends the names of what the other side was guessed to think


@dataclass(frozen=True, slots=True)
class Protected:
    """Data without the answers that must not be found; per scale, what was taken out and why."""

    data: Frame
    notes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Which of the items each row answered, (rows, items), and whom it rates, (rows,)."""

    answered: Mask
    group: NDArray[np.intp]
    needed: int
    min_n: int

    @property
    def count(self) -> NDArray[np.intp]:
        given: NDArray[np.intp] = self.answered.sum(axis=1, dtype=np.intp)
        return given

    def rows(self, kept: Mask) -> Mask:
        return self.answered & kept[:, None]


def check_min_n(min_n: int) -> None:
    """Refuse a smallest group that is not a positive whole number."""
    if not isinstance(min_n, int | np.integer) or min_n < 1:
        raise UnknownChoice(f"min_n is {min_n!r}; give a whole number, 1 or more.")


def too_few(min_n: int) -> str:
    """Say why a group is not shown."""
    return "no answers" if min_n == 1 else f"too few answers (fewer than {min_n})"


def protect(data: Frame, scales: Sequence[Scale], partner: str | None, min_n: int) -> Frame:
    """Return a copy of the data from which no group below `min_n` can be found.

    Parameters
    ----------
    data : DataFrame
        One row per rater and partner; it is not changed.
    scales : sequence of Scale
        All scales that are to be published together.
    partner : str or None
        Column that names the partner of each row; None where nothing is shown per partner.
    min_n : int
        Smallest group whose sum may be found; 1 takes nothing out.

    Returns
    -------
    DataFrame
        Of the same library, with the same rows and columns; answers that were taken out are
        missing.

    Raises
    ------
    UnknownColumn, NotNumeric
        If the data lack a column or an item is not numeric.
    UnknownChoice
        If `min_n` is not a positive whole number.

    Notes
    -----
    Missing data: a row without enough answers for a score on a scale keeps none of them; rows
    without a partner are a group like any other.

    On each scale, again and again until nothing changes: rows without a score go; partners with
    fewer than `min_n` scores go; an item that fewer than `min_n` rows answered goes; where items
    do not hang together by pairs that `min_n` rows answered both of, incomplete rows go; where
    the rows that answered another number of items than is usual for their partner are some but
    fewer than `min_n`, they go; so do rows that answered every item if they are some but fewer
    than `min_n`. Scales that share items keep only rows that answered all their items, and so
    does a scale of which only some items were guessed (in a scale of its name with «__meta»):
    two sides are compared on those items alone, which are as good as a scale that shares them.

    Why this is enough: let a sum of item totals (weights c) and partners' score sums (weights d)
    be free of row r, which rates p and answered a items. Then c = −d_p/a for each item that r
    answered. If c differs between items, the rows that answered both of some linked pair remain:
    at least `min_n`. If c is the same for all, the rows with another a than −d_p/c remain: whole
    partners, or the unusual rows, none or at least `min_n`. If c is 0, whole partners remain.

    Checked by searching all groups below `min_n` for a sum in the span of what is published.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"who": list("aaab"), "t1": [1, 2, 3, 4]})
    >>> protect(answers, [Scale("trust", ("t1",), 1, 5)], "who", 3)["t1"].tolist()
    [1.0, 2.0, 3.0, nan]
    """
    return protection(data, scales, partner, min_n).data


def protection(data: Frame, scales: Sequence[Scale], partner: str | None, min_n: int) -> Protected:
    """Protect the data as `protect` does, and say per scale what was taken out and why."""
    check_min_n(min_n)
    blanked: dict[str, Mask] = {}
    notes: dict[str, tuple[str, ...]] = {scale.name: () for scale in scales}
    if min_n > 1:
        for family in _families(scales):
            items = tuple(dict.fromkeys(item for scale in family for item in scale.items))
            answered = ~np.isnan(matrix(data, items))
            group = _group(data, partner, len(answered))
            cells = _Cells(answered, group, _needed(family, scales), min_n)
            kept, reasons = _settled(cells)
            blanked.update(zip(items, (answered & ~kept).T, strict=True))
            notes.update((scale.name, reasons) for scale in family)
    return Protected(_without(data, blanked), notes)


def also_protected(
    data: Frame, scales: Sequence[Scale], name: str, cells: NDArray[np.intp], min_n: int
) -> bool:
    """Say whether sums over finer groups than partners may be published of one scale as well.

    Parameters
    ----------
    data : DataFrame
        As `protect` left it.
    scales : sequence of Scale
        All scales that are published together.
    name : str
        The scale whose sums over `cells` are to be published.
    cells : array of shape (rows,)
        Number of the group of each row, from 0; rows of different partners in different groups.
    min_n : int
        Smallest group whose sum may be found.

    Returns
    -------
    bool
        True if `protect` with the cells in the place of partners would take nothing out: then
        no combination of totals of items and sums over cells falls on fewer than `min_n` rows.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, 4]})
    >>> scale = Scale("trust", ("t1",), 1, 5)
    >>> [also_protected(answers, [scale], "trust", np.array(c), 2) for c in ([0, 0, 1, 1], [0] * 4)]
    [True, True]
    >>> also_protected(answers, [scale], "trust", np.array([0, 0, 0, 1]), 2)
    False
    """
    if min_n == 1:
        return True
    family = next(f for f in _families(scales) if any(scale.name == name for scale in f))
    items = tuple(dict.fromkeys(item for scale in family for item in scale.items))
    answered = ~np.isnan(matrix(data, items))
    kept, _ = _settled(_Cells(answered, cells, _needed(family, scales), min_n))
    return bool(np.array_equal(kept, answered))


def stands_alone(
    data: Frame, scales: Sequence[Scale], name: str, rows: Mask, group: NDArray[np.intp], min_n: int
) -> bool:
    """Say whether totals of the items of one scale over some rows alone may be known.

    Parameters
    ----------
    data : DataFrame
        As `protect` left it.
    scales : sequence of Scale
        All scales that are published together.
    name : str
        The scale whose totals are to be known over these rows.
    rows : array of shape (rows,)
        The rows, all of a partner or none.
    group : array of shape (rows,)
        Number of the partner of each row, from 0.
    min_n : int
        Smallest group whose sum may be found.

    Returns
    -------
    bool
        True if `protect` of these rows alone would take nothing out: then no combination of
        their totals and of their partners' scores falls on fewer than `min_n` of them.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, None], "t2": [1, 2, 3, 4]})
    >>> every, scale = np.ones(4, dtype=bool), Scale("trust", ("t1", "t2"), 1, 5)
    >>> stands_alone(answers, [scale], "trust", every, np.zeros(4, dtype=np.intp), 2)
    False
    """
    if min_n == 1 or not rows.any():
        return True
    family = next(f for f in _families(scales) if any(scale.name == name for scale in f))
    items = tuple(dict.fromkeys(item for scale in family for item in scale.items))
    answered = ~np.isnan(matrix(data, items))[rows]
    _, partner = np.unique(group[rows], return_inverse=True)  # from 0 among these rows too
    kept, _ = _settled(_Cells(answered, partner, _needed(family, scales), min_n))
    return bool(np.array_equal(kept, answered))


def _families(scales: Sequence[Scale]) -> list[list[Scale]]:
    """Group scales that share items, directly or through others."""
    families: list[list[Scale]] = []
    for scale in scales:
        near = [f for f in families if any(set(scale.items) & set(o.items) for o in f)]
        families = [f for f in families if f not in near]
        families.append([*(member for family in near for member in family), scale])
    return families


def _needed(family: Sequence[Scale], scales: Sequence[Scale]) -> int:
    """Give how many of a family's items a row must answer: all, if scores of some are published."""
    items = {item for scale in family for item in scale.items}
    if len(family) > 1 or _is_compared_in_part(family[0], scales):
        return len(items)
    return family[0].needed


def _is_compared_in_part(scale: Scale, scales: Sequence[Scale]) -> bool:
    """Say whether two sides are compared on some items of a scale alone, as they were guessed."""
    names = {other.name: other for other in scales}
    if scale.name.endswith(META):
        own = names.get(scale.name.removesuffix(META))
        asked = [i for i in scale.items if own and i.removesuffix(META) in own.items]
    else:
        guess = names.get(f"{scale.name}{META}")
        asked = [i for i in scale.items if guess and f"{i}{META}" in guess.items]
    return 0 < len(asked) < len(scale.items)


def _group(data: Frame, partner: str | None, rows: int) -> NDArray[np.intp]:
    if partner is None:
        return np.zeros(rows, dtype=np.intp)
    names, codes = groups(data, partner)
    return np.where(codes < 0, len(names), codes)


def _settled(cells: _Cells) -> tuple[Mask, tuple[str, ...]]:
    """Apply the first rule that takes something out, until none does."""
    reasons: list[str] = []
    while True:
        for rule, reason in _RULES:
            kept = rule(cells)
            if not np.array_equal(kept, cells.answered):
                reasons.append(reason.format(min_n=cells.min_n))
                cells = replace(cells, answered=kept)
                break
        else:
            return cells.answered, tuple(dict.fromkeys(reasons))


def _scored(cells: _Cells) -> Mask:
    return cells.rows(cells.count >= cells.needed)


def _large_groups(cells: _Cells) -> Mask:
    size = np.bincount(cells.group[cells.count > 0], minlength=len(cells.group) + 1)
    return cells.rows(size[cells.group] >= cells.min_n)


def _common_items(cells: _Cells) -> Mask:
    common: Mask = cells.answered.sum(axis=0) >= cells.min_n
    return cells.answered & common


def _linked_items(cells: _Cells) -> Mask:
    """Keep all if the items hang together by pairs that enough rows answered both of."""
    present = np.flatnonzero(cells.answered.any(axis=0))
    answered = cells.answered[:, present].astype(np.float64)
    linked = answered.T @ answered >= cells.min_n
    reached = np.arange(len(linked)) == 0
    while (more := linked[reached].any(axis=0) | reached).sum() > reached.sum():
        reached = more
    if reached.all():
        return cells.answered
    return cells.rows(cells.count == len(present))


def _usual_rows(cells: _Cells) -> Mask:
    """Take out the rows that answered an unusual number of items, if they are few."""
    count, wide = cells.count, cells.answered.shape[1] + 1
    some = count > 0
    cell = (cells.group * wide + count)[some]
    tally = np.bincount(cell, minlength=(cells.group.max(initial=0) + 1) * wide)
    usual = wide - 1 - np.argmax(tally.reshape(-1, wide)[:, ::-1], axis=1)
    unusual = some & (count != usual[cells.group])
    return cells.rows(~unusual) if 0 < unusual.sum() < cells.min_n else cells.answered


def _whole_rows(cells: _Cells) -> Mask:
    """Take out the rows that answered every item, if they are few: omega and others use them."""
    whole = cells.count == cells.answered.shape[1]
    return cells.rows(~whole) if 0 < whole.sum() < cells.min_n else cells.answered


_RULES: tuple[tuple[Callable[[_Cells], Mask], str], ...] = (
    (
        _scored,
        "Rows without a score, or with a gap where scales overlap, are left out.",
    ),
    (_large_groups, "Partners with fewer than {min_n} scores are left out."),
    (_common_items, "Items that fewer than {min_n} rows answered are left out."),
    (
        _linked_items,
        "Incomplete rows are left out: too few rows answered some of the items together.",
    ),
    (
        _usual_rows,
        "Rows with an unusual number of answers are left out: few as they are, totals show them.",
    ),
    (
        _whole_rows,
        "Complete rows are left out: statistics of fewer than {min_n} must not be shown.",
    ),
)


def _without(data: Any, blanked: dict[str, Mask]) -> Any:  # noqa: ANN401 - a frame of either library
    columns = {
        item: _blank(column(data, item), mask) for item, mask in blanked.items() if mask.any()
    }
    return data.assign(**columns) if hasattr(data, "assign") else data.with_columns(**columns)


def _blank(series: Any, hidden: Mask) -> Any:  # noqa: ANN401 - a Series of either library
    if hasattr(series, "mask"):
        return series.mask(hidden)
    return series.set(type(series)(hidden), None)
