"""Careless answers: flagged by open rules that need no other rows, explained, never deleted."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, Frame, labels, matrix
from analysis.errors import UnknownChoice
from analysis.quality_result import Flag, Quality, Rules
from analysis.scale import Scale


def quality(
    data: Frame,
    scales: Sequence[Scale],
    *,
    seconds: str | None = None,
    instructed: Mapping[str, float | str] | None = None,
    keep: Collection[int] = (),
    rules: Rules | None = None,
) -> Quality:
    """Look for sheets that were filled in without care.

    Parameters
    ----------
    data
        One row per respondent (and partner); items in the order of the scales.
    scales
        Scales of the answers.
    seconds
        Column with the seconds that a row took; None: nobody is too fast.
    instructed
        Column to the answer it asked for («please tick 2 here»): a number, or a text as the column
        has it, such as the name of an option.
    keep
        Rows, counted from 1, that someone looked at and decided to keep.
    rules
        Other limits than the usual ones.

    Returns
    -------
    Quality
        Flags; no row is changed or deleted.

    Raises
    ------
    UnknownColumn, NotNumeric
        If a column is not there or not numeric.
    UnknownChoice
        If `keep` names a row that is not flagged.

    Notes
    -----
    Missing data: rows without any answer are not judged; gaps neither break nor lengthen a run;
    an instructed item left out is not flagged.

    Same answer: the longest run of one answer as ticked, before reversal. A run at an end of the
    scale is not flagged, since it may be what a delighted customer means; it is counted in the
    notes. Contradictions: pairs of items of one scale, reversed items turned round. How many
    careful people are flagged, and how many careless ones are not: docs/reference/quality.md.

    References
    ----------
    Curran (2016), Journal of Experimental Social Psychology 66, 4-19 (runs). Huang et al. (2012),
    Journal of Business and Psychology 27, 99-114 (two seconds an item). Meade & Craig (2012),
    Psychological Methods 17, 437-455 (instructed items).

    Examples
    --------
    >>> import pandas as pd
    >>> items = tuple(f"t{i}" for i in range(12))
    >>> answers = pd.DataFrame([[4] * 12, [4, 5, 4, 3] * 3], columns=items)
    >>> [flag.message for flag in quality(answers, [Scale("trust", items, 1, 5)]).flags]
    ['12 items in a row have the same answer, 4.']
    """
    limits = rules or Rules()
    read = _Sheets.of(data, scales)
    tests = {"same_answer": _same(read, limits), "contradictions": _contrary(read, limits)}
    if seconds is not None:
        tests["too_fast"] = _fast(read, matrix(data, [seconds])[:, 0], limits)
    if instructed:
        tests["instructed_item"] = _instructed(data, instructed)
    found = sorted((flag for flags in tests.values() for flag in flags), key=lambda flag: flag.row)
    strangers = sorted(set(keep) - {flag.row for flag in found})
    if strangers:
        raise UnknownChoice(f"keep names row {strangers[0]}, which is not flagged; leave it out.")
    flags = tuple(
        Flag(f.row, f.rule, f.value, f.threshold, f.message, kept=f.row in set(keep)) for f in found
    )
    flagged = np.zeros(len(read.answers), dtype=bool)
    flagged[[flag.row - 1 for flag in flags if not flag.kept]] = True
    return Quality(
        flags=flags,
        counts={rule: sum(flag.rule == rule for flag in flags) for rule in tests},
        flagged=flagged,
        n_rows=int((read.count > 0).sum()),
        rules=limits,
        notes=_notes(read, limits, seconds),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sheets:
    """Answers as ticked `(n, items)`, and per scale as scored."""

    answers: Floats
    low: Floats
    high: Floats
    scored: tuple[tuple[Scale, Floats], ...]
    count: NDArray[np.intp] = field(repr=False)

    @classmethod
    def of(cls, data: Frame, scales: Sequence[Scale]) -> "_Sheets":
        ends = {item: (s.low, s.high) for s in scales for item in s.items}
        answers = matrix(data, list(ends))
        low, high = np.array(list(ends.values())).T
        scored = tuple((s, s.scored(matrix(data, s.items))) for s in scales if s.k > 1)
        return cls(answers, low, high, scored, (~np.isnan(answers)).sum(axis=1))

    def runs(self) -> tuple[NDArray[np.intp], Floats, NDArray[np.bool_]]:
        """Return each row's longest run, its answer, and whether that is an end of the scale."""
        n = len(self.answers)
        best, run = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp)
        last, at = np.full(n, np.nan), np.full(n, np.nan)
        end = np.zeros(n, dtype=bool)
        for column, low, high in zip(self.answers.T, self.low, self.high, strict=True):
            given = ~np.isnan(column)
            run = np.where(given, np.where(column == last, run + 1, 1), run)
            last = np.where(given, column, last)
            longer = given & (run > best)
            best, at = np.where(longer, run, best), np.where(longer, column, at)
            end = np.where(longer, (column == low) | (column == high), end)
        return best, at, end


def _same(read: _Sheets, rules: Rules) -> Iterator[Flag]:
    length, answer, end = read.runs()
    least = np.maximum(rules.least_run, np.ceil(rules.run_share * read.count - 1e-9))
    for row in np.flatnonzero((length >= least) & ~end):
        what = f"{length[row]} items in a row have the same answer, {answer[row]:g}."
        yield Flag(int(row) + 1, "same_answer", float(length[row]), float(least[row]), what)


def _contrary(read: _Sheets, rules: Rules) -> Iterator[Flag]:
    pairs, far = np.zeros((2, len(read.answers)), dtype=np.intp)
    for scale, values in read.scored:
        for i, j in combinations(range(scale.k), 2):
            apart = np.abs(values[:, i] - values[:, j])
            pairs += ~np.isnan(apart)
            far += apart >= rules.far * (scale.high - scale.low)
    least = np.maximum(rules.least_pairs, np.ceil(rules.pair_share * pairs - 1e-9))
    for row in np.flatnonzero(far >= least):
        what = f"{far[row]} of {pairs[row]} pairs of items of one scale contradict each other."
        yield Flag(int(row) + 1, "contradictions", float(far[row]), float(least[row]), what)


def _fast(read: _Sheets, seconds: Floats, rules: Rules) -> Iterator[Flag]:
    pace = np.full(len(seconds), np.nan)
    np.divide(seconds, read.count, out=pace, where=read.count > 0)
    limit = rules.seconds_per_item
    for row in np.flatnonzero(pace < limit):
        what = f"{seconds[row]:g} seconds for {read.count[row]} items: {pace[row]:.1f} each."
        yield Flag(int(row) + 1, "too_fast", float(pace[row]), limit, what)


def _instructed(data: Frame, instructed: Mapping[str, float | str]) -> Iterator[Flag]:
    for item, asked in instructed.items():
        wanted = _answer(asked)
        for row, label in enumerate(labels(data, item), start=1):
            given = None if label is None else _answer(label)
            if given is None or given == wanted:
                continue
            what = f"Item {item!r} asked for {_said(wanted)} and got {_said(given)}."
            value, limit = (each if isinstance(each, float) else None for each in (given, wanted))
            yield Flag(row, "instructed_item", value, limit, what)


def _answer(label: float | str) -> float | str:
    """Return an answer as a number if it spells one."""
    try:
        return float(label)
    except ValueError:
        return str(label).strip()


def _said(answer: float | str) -> str:
    return f"{answer:g}" if isinstance(answer, float) else f"«{answer}»"


_APPLIES: tuple[tuple[Callable[[_Sheets, Rules], bool], str], ...] = (
    (
        lambda read, rules: read.answers.shape[1] >= rules.least_run,
        "Runs of the same answer are not looked for: there are too few items.",
    ),
    (
        lambda read, _: bool(read.scored),
        "Contradictions are not looked for: no scale has two items.",
    ),
)


def _notes(read: _Sheets, rules: Rules, seconds: str | None) -> tuple[str, ...]:
    notes = [text for applies, text in _APPLIES if not applies(read, rules)]
    if seconds is None:
        notes.append("Nobody is called too fast: the data do not say how long answers took.")
    length, _, end = read.runs()
    sheets = int((end & (length == read.count) & (length >= rules.least_run)).sum())
    if sheets:
        rows = "1 row ticks" if sheets == 1 else f"{sheets} rows tick"
        notes.append(f"{rows} one end of the scale throughout: not flagged, since it may be meant.")
    return tuple(notes)
