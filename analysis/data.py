"""Read numbers and labels from a data frame, whichever library made it."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.errors import BadFrame, NotNumeric, UnknownColumn

Floats = NDArray[np.float64]
Label = int | str
Groups = tuple[tuple[Label, ...], NDArray[np.intp]]  # distinct labels; for each row which, or -1


class Frame(Protocol):
    """What pandas and polars data frames have in common, as far as it is needed here."""

    @property
    def columns(self) -> Any:  # noqa: ANN401 - an Index in pandas, a list in polars
        """Names of the columns."""

    def __getitem__(self, name: Any, /) -> Any:  # noqa: ANN401 - a Series of either library
        """Return the column of that name."""


def columns(data: Frame) -> tuple[str, ...]:
    """Return the names of the columns of a data frame.

    Raises
    ------
    BadFrame
        If `data` is not a data frame, or two columns share a name.
    """
    if not hasattr(data, "columns"):
        raise BadFrame(
            f"The data are a {type(data).__name__}; give a pandas or polars DataFrame "
            "with one row per respondent."
        )
    names = tuple(str(name) for name in data.columns)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadFrame(f"Two columns share the name {twice[0]!r}; rename or drop one of them.")
    return names


def column(data: Frame, name: str) -> Any:  # noqa: ANN401 - a Series of either library
    """Return the column `name`, or say which columns there are."""
    names = columns(data)
    if name not in names:
        raise UnknownColumn(
            f"There is no column {name!r}; the data have {_some(names)}. "
            "Correct the name or add the column."
        )
    return data[name]


def matrix(data: Frame, items: Sequence[str], *, missing: Sequence[float] = ()) -> Floats:
    """Return the answers to `items` as numbers.

    Parameters
    ----------
    data
        pandas or polars DataFrame, one row per respondent; it is not changed.
    items
        Names of `k` columns.
    missing
        Numbers in the data that mean «no answer».

    Returns
    -------
    numpy.ndarray
        Shape `(n, k)`, float64; NaN where there is no answer (null, NaN, an empty text,
        or a code in `missing`). Texts that spell a number count as that number, True and
        False as 1 and 0.

    Raises
    ------
    UnknownColumn
        If a column is not there.
    NotNumeric
        If a column holds a text, a date or an infinite value.

    Examples
    --------
    >>> import pandas as pd
    >>> matrix(pd.DataFrame({"a": [1, -99], "b": ["4", ""]}), ["a", "b"], missing=[-99])
    array([[ 1.,  4.],
           [nan, nan]])
    """
    read = [_numbers(column(data, item), item) for item in items]
    values: Floats = np.empty((len(read[0]) if read else 0, len(read)), order="F")
    for index, answers in enumerate(read):
        values[:, index] = answers
    if len(missing):
        values[np.isin(values, np.asarray(missing, dtype=np.float64))] = np.nan
    return values


def labels(data: Frame, name: str) -> NDArray[np.object_]:
    """Return a column of labels, such as partners.

    Returns
    -------
    numpy.ndarray
        Shape `(n,)`, Python int or str each; None where the label is missing, NaN, or nothing
        but spaces. Whole numbers stored as decimals (2.0) become int; spaces around a text go.

    Raises
    ------
    UnknownColumn
        If the column is not there.
    BadFrame
        If it holds lists or the like.
    """
    series = column(data, name)
    absent = _absent(series)
    found = np.empty(len(absent), dtype=object)
    raw = series.to_list()
    try:
        names = {value: _label(value) for value in set(raw)}
    except TypeError:
        raise BadFrame(
            f"Column {name!r} holds {raw[0]!r}, which names nothing; give a column of texts or "
            "numbers."
        ) from None
    found[:] = [
        None if gone else names[value] for value, gone in zip(raw, absent.tolist(), strict=True)
    ]
    return found


def groups(data: Frame, name: str) -> Groups:
    """Return the distinct labels of a column in order, and for each row which it has.

    Returns
    -------
    names
        Distinct labels in the order of `in_order`.
    codes
        Shape `(n,)`, index into `names`; -1 where the label is missing.
    """
    found = labels(data, name)
    distinct = set(found.tolist()) - {None}
    names = in_order(distinct)
    index: dict[Label | None, int] = {label: code for code, label in enumerate(names)}
    index[None] = -1
    return names, np.fromiter(map(index.__getitem__, found), dtype=np.intp, count=len(found))


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Sort labels: whole numbers first, by size, whether a file has them as numbers or as texts.

    Examples
    --------
    >>> in_order(["b", "10", "9", "a", 2])
    (2, '9', '10', 'a', 'b')
    """
    return tuple(sorted(labels, key=_place))


def _place(label: Label) -> tuple[bool, int, str, bool]:
    text = str(label)
    whole = text.removeprefix("-").isdecimal() and str(int(text)) == text
    return (not whole, int(text) if whole else 0, text, isinstance(label, str))


def _some(names: Sequence[str], limit: int = 12) -> str:
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "")


def _absent(series: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - a Series of either library
    absent = series.isna() if hasattr(series, "isna") else series.is_null()
    return np.asarray(absent.to_numpy(), dtype=np.bool_)


def _numbers(series: Any, name: str) -> NDArray[Any]:  # noqa: ANN401 - a Series of either library
    """Return the numbers of a column, in the type in which it keeps them if that has no gaps."""
    numeric = hasattr(series, "isna") and getattr(series.dtype, "kind", "O") in "iufb"
    if numeric and not isinstance(series.dtype, np.dtype):
        raw = series.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        raw = series.to_numpy()
    if raw.dtype.kind in "iub":
        return np.asarray(raw)
    if raw.dtype.kind == "f":
        values: Floats = raw.astype(np.float64, copy=False)
    else:
        values = _spelled(raw.astype(object), _absent(series), name)
    endless = np.flatnonzero(np.isinf(values))
    if endless.size:
        raise _not_numeric(name, float(values[endless[0]]), int(endless[0]))
    return values


def _spelled(raw: NDArray[np.object_], absent: NDArray[np.bool_], name: str) -> Floats:
    """Read a column of Python objects: numbers, texts that spell numbers, nothing."""
    values = np.full(len(raw), np.nan)
    for row in np.flatnonzero(~absent):
        value = raw[row]
        if isinstance(value, str) and not value.strip():
            continue
        try:
            values[row] = float(value)
        except (TypeError, ValueError):
            raise _not_numeric(name, value, int(row)) from None
    return values


def _not_numeric(name: str, value: object, row: int) -> NotNumeric:
    code = json.dumps(value.strip(), ensure_ascii=False) if isinstance(value, str) else None
    return NotNumeric(
        f"Column {name!r} holds {value!r} in data row {row + 1}, which is not a finite number; "
        "recode it as a number on the scale, or leave the cell empty if there is no answer"
        + (f" (or declare missing = [{code}])." if code else ".")
    )


def _label(value: object) -> Label | None:
    if isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value != value else str(value).strip() or None  # noqa: PLR0124 - a NaN
