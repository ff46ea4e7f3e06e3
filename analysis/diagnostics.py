"""Look at the data before computing: what must be refused, and what a reader must know."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.admission import Answers, read_answers
from analysis.copies import copied_rows, repeated_rows
from analysis.data import Floats, Frame, columns, groups
from analysis.findings import Diagnostics, Finding
from analysis.keying import contrary_items
from analysis.moments import Moments
from analysis.scale import Scale

__all__ = ["Diagnostics", "Finding", "check"]

_FEW_ROWS = 30  # below, intervals that rest on large samples are rough
_IDENTIFYING = 0.9  # a column with so many different values names its rows


def check(
    data: Frame,
    scales: Sequence[Scale],
    *,
    missing: Sequence[float] = (),
    partner: str | None = None,
) -> Diagnostics:
    """Look for what would make the statistics of the scales wrong.

    Parameters
    ----------
    data
        One row per respondent (and partner).
    scales
        The scales to be computed.
    missing
        Codes in the data that mean no answer.
    partner
        Column that names the partner of each row.

    Returns
    -------
    Diagnostics
        Refusals: `missing_column`, `partner_item`, `not_numeric`, `out_of_range`, `id_column`,
        `no_rows`.
        Warnings: `empty_item`, `constant_item`, `looks_reversed`, `never_together`,
        `too_few_rows`, `all_empty_rows`, `rows_without_partner`, `duplicate_rows`.

    Notes
    -----
    Missing data: rows without any answer are counted, named and otherwise passed over.
    An item looks reversed if its correlation with the rest of the scale is negative by more
    than chance. Rows count as duplicates only where agreement by chance does not explain them.

    Raises
    ------
    BadFrame
        If the data are not a data frame.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, -99, 4], "t2": [2, 1, 3, 5]})
    >>> found = check(answers, [Scale("trust", ("t1", "t2"), 1, 5)])
    >>> found.refused[0].message
    "Item 't1' of scale 'trust' holds -99 (1 time), off its range 1 to 5."
    """
    findings: list[Finding] = []
    known = columns(data)
    if partner is not None and partner not in known:
        what = f"The data have no partner column {partner!r}."
        action = "Correct its name, or add the column to the data."
        findings.append(Finding("refuse", "missing_column", None, partner, None, what, action))
        partner = None
    findings += _partner_among_items(scales, partner)
    read = [read_answers(data, scale, missing) for scale in scales]
    for answers in read:
        findings += answers.refusals
        if answers.scale is not None:
            findings += _look_at_items(answers.scale, answers)
    readable = [answers for answers in read if answers.scale is not None]
    if readable:
        findings += _look_at_rows(data, readable, partner)
    return Diagnostics(tuple(sorted(findings, key=lambda finding: finding.severity)))


def _partner_among_items(scales: Sequence[Scale], partner: str | None) -> Iterator[Finding]:
    for scale in scales:
        if partner in scale.items:
            what = f"Scale {scale.name!r} has the partner column {partner!r} among its items."
            action = f"Take {partner!r} out of the scale's items, or name another partner column."
            yield Finding("refuse", "partner_item", scale.name, partner, None, what, action)


def _look_at_items(scale: Scale, answers: Answers) -> Iterator[Finding]:
    moments = Moments.of_items(scale.scored(answers.values), scale)
    if not moments.n_rows:
        return
    yield from _empty_items(moments)
    yield from _constant_items(moments)
    yield from _contrary_items(moments)
    yield from _never_together(moments)
    yield from _too_few_rows(moments)


def _empty_items(moments: Moments) -> Iterator[Finding]:
    for item, n in zip(moments.scale.items, moments.item_n, strict=True):
        if n == 0:
            what = f"Item {item!r} of scale {moments.scale.name!r} has no answers."
            action = f"Take {item!r} out of the scale's items, or look for its answers."
            yield _warning("empty_item", moments.scale, item, what, action)


def _constant_items(moments: Moments) -> Iterator[Finding]:
    means = dict(zip(moments.scale.items, moments.means(), strict=True))
    counts = dict(zip(moments.scale.items, moments.item_n, strict=True))
    for item in moments.constant():
        if counts[item] > 1:
            what = (
                f"Item {item!r} of scale {moments.scale.name!r} has the same answer "
                f"({means[item]:g}) in all {counts[item]:.0f} rows."
            )
            action = f"Take {item!r} out of the scale's items: it tells no one from another."
            yield _warning("constant_item", moments.scale, item, what, action)


def _contrary_items(moments: Moments) -> Iterator[Finding]:
    scale = moments.scale
    contrary = dict(contrary_items(moments))
    keyed = [item for item in scale.items if (item in contrary) != (item in scale.reverse)]
    line = ", ".join(f'"{item}"' for item in keyed)
    if scale.k == 2 and contrary:
        first, second = scale.items
        what = (
            f"Items {first!r} and {second!r} of scale {scale.name!r} go against each other "
            f"(r = {min(contrary.values()):.2f}): one of them looks reversed."
        )
        action = f'Read both; set reverse = ["{first}"] or reverse = ["{second}"] or neither.'
        yield _warning("looks_reversed", scale, None, what, action)
        return
    for item, r in contrary.items():
        what = (
            f"Item {item!r} of scale {scale.name!r} looks reversed: it correlates {r:.2f} with "
            "the rest of the scale."
        )
        yield _warning(
            "looks_reversed", scale, item, what, f"If its wording says so: reverse = [{line}]."
        )


def _never_together(moments: Moments) -> Iterator[Finding]:
    scale = moments.scale
    lonely = np.triu((moments.pair_n == 0) & (np.outer(moments.item_n, moments.item_n) > 0), 1)
    if lonely.any():
        first, second = np.argwhere(lonely)[0]
        others = int(lonely.sum()) - 1
        more = f", and {others} more pairs of its items neither" if others else ""
        what = (
            f"No row answered both {scale.items[first]!r} and {scale.items[second]!r} "
            f"of scale {scale.name!r}{more}."
        )
        action = "Alpha needs rows that answered both: split the scale, or leave one out."
        yield _warning("never_together", scale, None, what, action)


def _too_few_rows(moments: Moments) -> Iterator[Finding]:
    if moments.score_n < _FEW_ROWS:
        rows = "1 row" if moments.score_n == 1 else f"{moments.score_n} rows"
        what = f"Scale {moments.scale.name!r} has {rows} with a score."
        action = f"Read its numbers with care: below {_FEW_ROWS} rows intervals are rough."
        yield _warning("too_few_rows", moments.scale, None, what, action)


def _look_at_rows(
    data: Frame, readable: Sequence[Answers], partner: str | None
) -> Iterator[Finding]:
    values = np.column_stack([answers.values for answers in readable])
    if not len(values):
        what, action = "The data have no rows.", "Give data with at least one row."
        yield Finding("refuse", "no_rows", None, None, None, what, action)
        return
    empty: NDArray[np.bool_] = np.asarray(np.isnan(values).all(axis=1))
    if empty.any():
        what = f"{_count(empty)} no answer to any item."
        action = "They are left out of every number; see whether they belong in the data."
        yield _row_warning("all_empty_rows", np.flatnonzero(empty), what, action)
    if partner is not None:
        nowhere: NDArray[np.bool_] = groups(data, partner)[1] == -1
        if nowhere.any():
            what = f"{_count(nowhere)} nothing in the partner column {partner!r}."
            action = "They count for the scales but for no partner; fill in the partner."
            yield _row_warning("rows_without_partner", np.flatnonzero(nowhere), what, action)
    items = {
        item: column
        for answers in readable
        if answers.scale is not None
        for item, column in zip(answers.scale.items, answers.values.T, strict=True)
    }
    copies = _copies(data, items, partner)
    if len(copies):
        n = len(copies)
        repeat = "1 row repeats" if n == 1 else f"{n} rows repeat"
        what = f"{repeat} an earlier row in every answer (such as row {copies[0] + 1})."
        action = "See whether the data were joined or saved twice, and drop the copies."
        yield _row_warning("duplicate_rows", copies, what, action)


def _copies(data: Frame, items: dict[str, Floats], partner: str | None) -> NDArray[np.intp]:
    """Return the rows that copy an earlier one, by their answers or by a column that names rows."""
    values = np.column_stack(list(items.values()))
    answers = values
    if partner is not None:
        answers = np.column_stack([values, groups(data, partner)[1]])
    copies = copied_rows(answers, _departures(values) > 2)
    others = [name for name in columns(data) if name not in items]
    given = np.flatnonzero(~np.isnan(values).all(axis=1))
    if len(copies) or not others or not len(repeated_rows(answers[given])):
        return copies
    labels = np.column_stack([groups(data, name)[1] for name in others])[given]
    repeats = repeated_rows(np.column_stack([answers[given], labels]))
    distinct = max(len(np.unique(column)) for column in labels.T)
    if distinct < _IDENTIFYING * (len(given) - len(repeats)):
        return copies
    return given[repeats]


def _departures(values: Floats) -> NDArray[np.intp]:
    """Count how many answers of each row differ from its middle one."""
    ordered = np.sort(values, axis=1)
    middle = (~np.isnan(values)).sum(axis=1, keepdims=True) // 2
    usual = np.take_along_axis(ordered, middle, axis=1)
    departures: NDArray[np.intp] = ((values != usual) & ~np.isnan(values)).sum(axis=1)
    return departures


def _count(marks: NDArray[np.bool_]) -> str:
    n = int(np.count_nonzero(marks))
    return f"{n} of {len(marks)} rows {'has' if n == 1 else 'have'}"


def _warning(code: str, scale: Scale, item: str | None, message: str, action: str) -> Finding:
    return Finding("warn", code, scale.name, item, None, message, action)


def _row_warning(code: str, rows: NDArray[np.intp], message: str, action: str) -> Finding:
    numbers = tuple((rows + 1).tolist())
    return Finding("warn", code, None, None, numbers, message, action)
