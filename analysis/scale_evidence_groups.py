"""Whether scales mean the same in several groups: a ladder of models for each, and for all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np

from analysis.cuts import rows
from analysis.data import Frame, Label, groups
from analysis.invariance import ESTIMATORS, invariance
from analysis.invariance_steps import CHANCE
from analysis.ladder import Ladder
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scale_evidence_thorough import attempt
from analysis.scoring import item_matrix
from analysis.steps import Progress

ALL = "all scales together"
_EQUAL = {
    "configural": "the same items on each scale",
    "thresholds": "equal thresholds",
    "metric": "equal loadings",
    "scalar": "equal intercepts",
    "strict": "equal uniquenesses",
}
LEAST_PER_ITEM = 5  # rows of a group for each item of the model
MOST_GROUPS = 20
_FIT = ("chisq", "df", "cfi", "rmsea", "srmr")
_FREED = ("item", "parameter", "chisq", "df", "p", "lowest", "highest", "difference")
_MEAN = ("group", "mean", "mean_all_equal")
_STEP = ("chisq_change", "df_change", "p_change", "cfi_change", "rmsea_change", "holds")


@dataclass(frozen=True, slots=True, eq=False)
class Comparability:
    """How far the groups that one column names can be compared.

    Parameters
    ----------
    column
        The column.
    groups
        Groups that are compared.
    ladders
        Scale, and `ALL`, to its ladder or to the reason why there is none.
    reason
        Why nothing is compared; None if something is.
    notes
        What a reader must know, in sentences.
    left_out
        Scale to the groups with too few rows for its model, as far as they may be named.
    """

    column: str
    groups: tuple[Label, ...]
    ladders: dict[str, Ladder | str]
    reason: str | None = None
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, tuple[Label, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the column as its part of the JSON."""
        return {
            "column": self.column,
            "groups": list(map(str, self.groups)),
            "reason": self.reason,
            "scales": {
                name: {
                    **ladder_dict(found, self.column),
                    "left_out": list(map(str, self.left_out.get(name, ()))),
                }
                for name, found in self.ladders.items()
            },
            "notes": list(self.notes),
        }


def ladder_dict(found: Ladder | str, column: str) -> dict[str, Any]:
    """Return a ladder over the groups of a column, or why there is none, as the JSON has it."""
    if isinstance(found, str):
        sentence = (
            f"Whether it means the same across {column} is not estimable, because "
            f"{found.removesuffix('.')}."
        )
        nothing: dict[str, Any] = dict.fromkeys(("reached", "beyond_chance", "estimator", "n_used"))
        lists: dict[str, Any] = {"sizes": [], "steps": [], "freed": [], "means": []}
        return {"reason": found, "sentence": sentence, **nothing, **lists}
    beyond = beyond_chance(found)
    leaves_open = beyond is False and found.reached not in ("scalar", "strict")
    search = found.partial if beyond else None
    partial = None if search is None else search.to_dict()
    return {
        "reason": found.steps[0].reason,
        "reached": found.reached,
        "beyond_chance": beyond,
        "sentence": _open(found) if leaves_open else found.sentence,
        "estimator": found.estimator,
        "n_used": found.n_used,
        "sizes": list(found.sizes),
        "steps": [_step(step) for step in found.steps],
        "freed": [_labelled(row, _FREED) for row in partial["freed"]] if partial else [],
        "means": [_labelled(row, _MEAN) for row in partial["means"]] if partial else [],
    }


def beyond_chance(found: Ladder) -> bool | None:
    """Say whether the first step that does not hold fits worse than chance makes it, at 5 %.

    The limits of CFI and RMSEA are passed by chance alone in a quarter to a half of samples of 150
    to 600 rows whose groups are alike.

    Returns
    -------
    bool or None
        None where every step holds, or one before that is not estimable.
    """
    for step in found.steps:
        if step.fit is None:
            return None
        if not step.holds:
            p = step.p_change if step.df_change is not None else step.fit.p
            return p is None or p < CHANCE
    return None


def _open(found: Ladder) -> str:
    """Say what is known where a step fails by no more than chance gives."""
    step = next(step for step in found.steps if not step.holds)
    return (
        f"Whether it means the same across {found.column} these data leave open: with "
        f"{_EQUAL[step.name]} the model fits worse by its indices, but no worse than by chance."
    )


def comparability(
    data: Frame,
    scales: Sequence[Scale],
    column: str,
    choices: Choices,
    progress: Progress | None = None,
) -> Comparability:
    """Compare factor models over the groups of a column, for each scale and for all together.

    Parameters
    ----------
    data
        One row per respondent, ready to be published.
    scales
        The scales; one of fewer than 3 items is only in the model of all.
    column
        Column that names the group of each row; rows without a group are left out, and groups of
        which fewer than 5 rows per item answered every item.
    choices
        Options. With `min_n` above 1, groups of which fewer rows answered every item are left out
        of a scale's ladder, and nothing is shown where the rows that this leaves out are few: no
        ladder can be set off against another number to find what they answered.
    progress
        Called with the ladders that are done, and their number.

    Returns
    -------
    Comparability
        A ladder that breaks leaves the others as they are.

    Raises
    ------
    UnknownColumn
        If there is no such column.
    """
    names, _ = groups(data, column)
    if not names:
        return Comparability(column, (), {}, f"column {column!r} is empty")
    if len(names) < 2:
        return Comparability(column, names, {}, f"all rows are of {names[0]!r}: one group")
    measured = [scale for scale in scales if scale.k > 1]
    wanted = {scale.name: [scale] for scale in measured if scale.k > 2}
    if len(measured) > 1:
        wanted[ALL] = measured
    found: dict[str, Ladder | str] = {}
    left_out: dict[str, tuple[Label, ...]] = {}
    for name, members in wanted.items():
        found[name], left_out[name] = _ladder(data, members, column, choices)
        if progress:
            progress(len(found), len(wanted))
    short = [scale.name for scale in measured if scale.k == 2]
    notes = (f"{', '.join(short)}: 2 items make no model of their own",) if short else ()
    shown = [part.groups for part in found.values() if isinstance(part, Ladder)]
    kept = tuple(name for name in names if any(name in part for part in shown))
    if wanted:
        return Comparability(column, kept, found, None, notes, left_out)
    return Comparability(column, (), {}, "no scale has 3 items, and there are not two of 2", notes)


def _ladder(
    data: Frame, scales: Sequence[Scale], column: str, choices: Choices
) -> tuple[Ladder | str, tuple[Label, ...]]:
    """Return the ladder of scales, or why there is none, and the groups that are too small."""
    shown = _shown(data, scales, column, choices.min_n)
    if isinstance(shown, str):
        return shown, ()
    options: dict[str, Any] = {"ordinal": True}
    if choices.estimator in ESTIMATORS:
        options = {"estimator": choices.estimator, "partial": len(scales) == 1}
    kept, left_out = shown
    return attempt(partial(invariance, kept, scales, column, **options)), left_out


def _shown(
    data: Any,  # noqa: ANN401 - a frame of either library
    scales: Sequence[Scale],
    column: str,
    least: int,
) -> tuple[Any, tuple[Label, ...]] | str:
    """Return the complete rows of large groups, and which of the other groups may be named.

    A reason in their place says why nothing may be shown.
    """
    given = ~np.isnan(np.hstack([item_matrix(data, scale) for scale in scales]))
    complete, needed = given.all(axis=1), max(least, LEAST_PER_ITEM * given.shape[1])
    names, codes = groups(data, column)
    sizes = np.array([np.count_nonzero(complete & (codes == at)) for at in range(len(names))])
    kept = complete & np.isin(codes, np.flatnonzero(sizes >= needed))
    large = int((sizes >= needed).sum())
    if large < 2:
        return f"fewer than 2 groups have {needed} rows that answered every item, as it takes"
    if large > MOST_GROUPS:
        return f"{large} groups are more than can be compared ({MOST_GROUPS})"
    rest = given[~kept].sum(axis=0)
    if least > 1 and ((rest > 0) & (rest < least)).any():
        return (
            f"fewer than {least} rows are left out, of small groups or with gaps; they could be "
            "found by subtraction"
        )
    small = (sizes >= least) & (sizes < needed)
    return rows(data, kept), tuple(names[at] for at in np.flatnonzero(small))


def _labelled(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return some fields of a row, with the labels of groups as texts."""
    groups = ("group", "lowest", "highest")
    return {name: str(row[name]) if name in groups else row[name] for name in names}


def _step(step: Any) -> dict[str, Any]:  # noqa: ANN401 - a step of any ladder
    fit = asdict(step.fit) if step.fit is not None else {}
    return {
        "name": step.name,
        "reason": step.reason,
        **{name: fit.get(name) for name in _FIT},
        **{name: getattr(step, name) for name in _STEP},
    }
