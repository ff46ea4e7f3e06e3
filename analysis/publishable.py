"""What may be published of the data: no answer of a group that is too small, however one counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.data import matrix
from analysis.diagnostics import check
from analysis.disclosure import protection
from analysis.findings import Finding
from analysis.scale import Scale
from analysis.scale_assessment import Choices


@dataclass(frozen=True, slots=True, eq=False)
class Publishable:
    """What may be published of the data.

    Parameters
    ----------
    frame
        All rows; answers that must not be found are missing.
    of
        Scale name to the rows that answer it.
    n_rows
        Rows of which something is left.
    reasons
        Scale name to what was taken out of it, and why.
    problems
        What is wrong with the data that are left.
    notes
        What a reader must know of the whole.
    """

    frame: Any
    of: dict[str, Any]
    n_rows: int
    reasons: dict[str, tuple[str, ...]]
    problems: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def publishable(
    data: Any,  # noqa: ANN401 - a frame of either library
    scales: tuple[Scale, ...],
    choices: Choices,
    findings: tuple[Finding, ...],
) -> Publishable:
    """Take out what must not be found, and the rows of which nothing is left.

    Parameters
    ----------
    data
        One row per respondent; it is not changed.
    scales
        All scales that are to be published together.
    choices
        Their `min_n` is the smallest group of which a number may be shown; 1 takes nothing out.
    findings
        What is wrong with the data as they are.

    Returns
    -------
    Publishable
        With `min_n` above 1, `findings` are replaced by those of the data that are left, so that
        they tell nothing of a small group either.
    """
    least = choices.min_n
    if least == 1:
        everything = {scale.name: data for scale in scales}
        reasons: dict[str, tuple[str, ...]] = {scale.name: () for scale in scales}
        return Publishable(data, everything, len(data[scales[0].items[0]]), reasons, findings)
    protected = protection(data, scales, choices.partner, least)
    every = tuple(dict.fromkeys(item for scale in scales for item in scale.items))
    rest = _answering(protected.data, every)
    n_rows = len(rest[every[0]])
    return Publishable(
        frame=protected.data,
        of={scale.name: _answering(protected.data, scale.items) for scale in scales},
        n_rows=n_rows,
        reasons=protected.notes,
        problems=check(rest, scales, partner=choices.partner).findings if n_rows else (),
        notes=()
        if n_rows
        else (f"No group of {least} or more answers: there is nothing to show.",),
    )


def _answering(data: Any, items: Sequence[str]) -> Any:  # noqa: ANN401 - a frame of either library
    """Return the rows that answered at least one of the items."""
    some = ~np.isnan(matrix(data, items)).all(axis=1)
    return data.filter(some) if hasattr(data, "with_columns") else data[some]
