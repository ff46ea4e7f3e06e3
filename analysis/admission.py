"""Which items of a scale can be read as answers, and what must be refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, Frame, columns, matrix
from analysis.errors import NotNumeric
from analysis.findings import Finding
from analysis.scale import Scale

_ID_ROWS = 5  # fewer rows do not show that a column numbers them
_RUN_ROWS = 10  # a run of consecutive numbers this long is no series of answers
_ID_SHARE = 0.9  # «almost all» values
_CODES = 8  # values named in a message


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What can be read of a scale.

    Parameters
    ----------
    scale
        The scale cut down to its readable items; None if there is none.
    values
        Answers `(n, k)` to those items as they were given, before reversal; NaN where missing
        or off the scale.
    refusals
        Findings that forbid an analysis.
    """

    scale: Scale | None
    values: Floats
    refusals: tuple[Finding, ...]


def read_answers(data: Frame, scale: Scale, missing: Sequence[float] = ()) -> Answers:
    """Read the items of a scale one by one, and say what cannot stand.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale.
    missing
        Codes in the data that mean no answer.
    """
    kept: dict[str, Floats] = {}
    refusals: list[Finding] = []
    for item in scale.items:
        values, refusal = _read_item(data, scale, item, missing)
        if values is not None:
            kept[item] = values
        if refusal is not None:
            refusals.append(refusal)
    if not kept:
        return Answers(None, np.empty((0, 0)), tuple(refusals))
    reverse = tuple(item for item in scale.reverse if item in kept)
    cut = replace(scale, items=tuple(kept), reverse=reverse)
    values = np.column_stack(list(kept.values()))
    return Answers(cut, values, tuple(refusals))


def _read_item(
    data: Frame, scale: Scale, item: str, missing: Sequence[float]
) -> tuple[Floats | None, Finding | None]:
    """Return the answers on the scale, if any can be read, and what forbids an analysis."""
    if item not in columns(data):
        what = f"The data have no item {item!r} of scale {scale.name!r}."
        action = "Correct its name, or add the column to the data."
        return None, _refusal("missing_column", scale, item, what, action)
    try:
        values = matrix(data, [item], missing=missing)[:, 0]
    except NotNumeric as error:
        what, _, remedy = str(error).partition("; ")
        action = remedy[0].upper() + remedy[1:]
        return None, _refusal("not_numeric", scale, item, f"{what}.", action)
    off = (values < scale.low) | (values > scale.high)
    if _numbers_the_rows(values, off):
        return None, _id_column(scale, item, values)
    if off.any():
        kept = np.where(off, np.nan, values)
        readable = kept if np.isfinite(kept).any() else None
        return readable, _out_of_range(scale, item, values, off)
    return values, None


def _numbers_the_rows(values: Floats, off: NDArray[np.bool_]) -> bool:
    """Tell an id column: whole numbers, almost all different or in order, mostly off the scale."""
    given = values[~np.isnan(values)]
    if len(given) < _ID_ROWS or (given != np.round(given)).any():
        return False
    steps = np.diff(given)
    if len(given) >= _RUN_ROWS and (steps == 1).all():
        return True
    distinct = len(np.unique(given))
    ordered = bool((steps >= 0).all()) and distinct >= _RUN_ROWS
    mostly_off = bool(off.sum() > len(given) / 2)
    return mostly_off and (ordered or distinct >= _ID_SHARE * len(given))


def _id_column(scale: Scale, item: str, values: Floats) -> Finding:
    low, high = np.nanmin(values), np.nanmax(values)
    what = (
        f"Item {item!r} of scale {scale.name!r} numbers the rows ({low:.0f} to {high:.0f}) "
        "instead of answering: it looks like an id column."
    )
    return _refusal("id_column", scale, item, what, f"Take {item!r} out of the scale's items.")


def _out_of_range(scale: Scale, item: str, values: Floats, off: NDArray[np.bool_]) -> Finding:
    codes, counts = np.unique(values[off], return_counts=True)
    named = [
        f"{code:g} ({count} time{'s' if count > 1 else ''})"
        for code, count in zip(codes[:_CODES], counts[:_CODES], strict=True)
    ]
    if len(codes) > _CODES:
        named.append(f"{len(codes) - _CODES} more values")
    what = (
        f"Item {item!r} of scale {scale.name!r} holds {', '.join(named)}, "
        f"off its range {scale.low:g} to {scale.high:g}."
    )
    listed = ", ".join(f"{code:g}" for code in codes[:_CODES])
    action = f"If they mean no answer, declare missing = [{listed}]; else correct range or data."
    rows = tuple((np.flatnonzero(off) + 1).tolist())
    return _refusal("out_of_range", scale, item, what, action, rows)


def _refusal(
    code: str,
    scale: Scale,
    item: str,
    message: str,
    action: str,
    rows: tuple[int, ...] | None = None,
) -> Finding:
    return Finding("refuse", code, scale.name, item, rows, message, action)
