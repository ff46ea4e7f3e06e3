"""Rows by side and wave: which of them the main analysis is of, and which it is compared with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.data import Frame, Label, groups
from analysis.errors import BadFrame, NotComputable

FIRST_SIDE = "ours"


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Rows of each side and wave.

    Parameters
    ----------
    cells
        Side and wave to their rows; both None where there is no such column.
    sides
        The two sides, the one that the main analysis is of first; empty without a side column.
    waves
        Waves in their order; empty without a wave column.
    main
        Rows `(n,)` of the first side in the last wave.
    notes
        What a reader must know of the whole.
    """

    cells: dict[tuple[Label | None, Label | None], Any]
    sides: tuple[Label, ...]
    waves: tuple[Label, ...]
    main: NDArray[np.bool_]
    notes: tuple[str, ...]

    @property
    def last(self) -> Label | None:
        """The last wave; None without waves."""
        return self.waves[-1] if self.waves else None


def cut(data: Frame, *, side: str | None, wave: str | None) -> Cuts:
    """Part the rows by side and wave.

    Parameters
    ----------
    data
        One row per respondent, partner, side and wave.
    side, wave
        Columns that name them; None: all rows are alike in that.

    Raises
    ------
    UnknownColumn
        If a column is not there.
    BadFrame
        If there are more than two sides.
    NotComputable
        If a column names no side, or no wave.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"who": ["theirs", "ours", "ours"], "when": [2, 1, 2], "t": [1, 2, 3]})
    >>> found = cut(rows, side="who", wave="when")
    >>> found.sides, found.waves, found.main.tolist()
    (('ours', 'theirs'), (1, 2), [False, False, True])
    """
    n = len(data[data.columns[0]])
    sides, of_side = _read(data, side, n)
    waves, of_wave = _read(data, wave, n)
    if len(sides) > 2:
        raise BadFrame(
            f"Column {side!r} names {len(sides)} sides, such as {sides[2]!r}; a relationship has "
            "two. Leave out the rows of the others."
        )
    if FIRST_SIDE in sides:
        sides = tuple(sorted(sides, key=lambda name: name != FIRST_SIDE))
    cells = {
        (a, w): rows(data, _rows_of(of_side, a) & _rows_of(of_wave, w))
        for a in sides or (None,)
        for w in waves or (None,)
    }
    first, last = (sides[0] if sides else None), (waves[-1] if waves else None)
    main = _rows_of(of_side, first) & _rows_of(of_wave, last)
    return Cuts(cells, sides, waves, main, tuple(_told(sides, waves)))


def rows(data: Any, kept: NDArray[np.bool_]) -> Any:  # noqa: ANN401 - a frame of either library
    """Return the rows of a data frame for which `kept` is true."""
    return data.filter(kept) if hasattr(data, "with_columns") else data[kept]


def _read(data: Frame, name: str | None, n: int) -> tuple[tuple[Label, ...], NDArray[np.object_]]:
    found = np.full(n, None, dtype=object)
    if name is None:
        return (), found
    names, codes = groups(data, name)
    if not names:
        raise NotComputable(f"Column {name!r} is empty; fill it in, or leave it out.")
    known = codes >= 0
    found[known] = np.array(names, dtype=object)[codes[known]]
    return names, found


def _rows_of(found: NDArray[np.object_], label: Label | None) -> NDArray[np.bool_]:
    if label is None:
        return np.ones(len(found), dtype=bool)
    return np.asarray(found == label, dtype=np.bool_)


def _told(sides: tuple[Label, ...], waves: tuple[Label, ...]) -> list[str]:
    of = [f"side «{sides[0]}»"] if sides else []
    of += [f"wave {waves[-1]}"] if len(waves) > 1 else []
    if not of:
        return []
    what = "the comparison of sides and waves has the others too"
    if len(waves) < 2:
        what = "the section on two sides has the other too"
    elif not sides:
        what = "the section on waves has the others too"
    return [f"Scales and partners are those of {' in '.join(of)}; {what}."]
