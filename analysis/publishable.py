"""What may be published of the data: no answer of a group that is too small, however one counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.data import matrix
from analysis.diagnostics import check
from analysis.disclosure import protection
from analysis.findings import Finding
from analysis.scale import Scale
from analysis.scale_assessment import Choices

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Publishable:
    """What may be published of the data.

    Parameters
    ----------
    frame
        All rows; answers that must not be found are missing.
    of
        Scale name to the rows that answer it.
    missing
        Scale name to the covariances that may be shown, "pairwise" or "listwise".
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
    missing: dict[str, str]
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
    missing = dict.fromkeys((scale.name for scale in scales), choices.missing)
    if least == 1:
        everything = {scale.name: data for scale in scales}
        reasons: dict[str, tuple[str, ...]] = {scale.name: () for scale in scales}
        n_rows = len(data[scales[0].items[0]])
        return Publishable(data, everything, missing, n_rows, reasons, findings)
    protected = protection(data, scales, choices.partner, least)
    every = tuple(dict.fromkeys(item for scale in scales for item in scale.items))
    kept = _answering(protected.data, every)
    loose = {s.name for s in scales if _rarely_together(protected.data, s, least)}
    together = f"Covariances are of complete rows: fewer than {least} answered both of some items."
    return Publishable(
        frame=protected.data,
        of={s.name: _rows(protected.data, _answering(protected.data, s.items)) for s in scales},
        missing=missing | dict.fromkeys(loose, "listwise"),
        n_rows=int(kept.sum()),
        reasons={
            name: (*notes, together) if name in loose and choices.missing == "pairwise" else notes
            for name, notes in protected.notes.items()
        },
        problems=tuple(_problems(protected.data, scales, choices, kept, loose)),
        notes=()
        if kept.any()
        else (f"No group of {least} or more answers: there is nothing to show.",),
    )


def _problems(
    data: Any,  # noqa: ANN401 - a frame of either library
    scales: tuple[Scale, ...],
    choices: Choices,
    kept: Mask,
    loose: set[str],
) -> Iterator[Finding]:
    """Yield what is wrong with the rows that are left, if enough of them show it."""
    if not kept.any():
        return
    numbers = np.flatnonzero(kept) + 1
    for finding in check(_rows(data, kept), scales, partner=choices.partner).findings:
        if finding.code == "looks_reversed" and finding.scale in loose:
            continue
        if finding.rows is None:
            yield finding
        elif len(finding.rows) >= choices.min_n:
            rows = tuple(numbers[np.array(finding.rows) - 1].tolist())
            told = finding.message.replace(f"row {finding.rows[0]})", f"row {rows[0]})")
            yield replace(finding, rows=rows, message=told)


def _answering(data: Any, items: Sequence[str]) -> Mask:  # noqa: ANN401 - a frame of either library
    """Mark the rows that answered at least one of the items."""
    return np.asarray(~np.isnan(matrix(data, items)).all(axis=1))


def _rows(data: Any, kept: Mask) -> Any:  # noqa: ANN401 - a frame of either library
    return data.filter(kept) if hasattr(data, "with_columns") else data[kept]


def _rarely_together(data: Any, scale: Scale, least: int) -> bool:  # noqa: ANN401 - as above
    """Say whether some items were answered together, but by too few rows."""
    given = (~np.isnan(matrix(data, scale.items))).astype(np.float64)
    together = given.T @ given
    return bool(((together > 0) & (together < least)).any())
