"""Comparability of ordinal answers: thresholds before loadings before intercepts."""

import numpy as np

from analysis.data import Floats, Label
from analysis.errors import NotComputable
from analysis.invariance_steps import Step, first_step, judged, next_step
from analysis.ordinal_group_solution import OrdinalData, OrdinalGroupSolution
from analysis.ordinal_groups import ORDINAL_STEPS, OrdinalStart, ordinal_groups
from analysis.ordinal_solution import solve_ordinal
from analysis.polychoric import NOBODY
from analysis.polychoric_errors import OrdinalSample
from analysis.structure import Places


def ordinal_steps(
    parts: list[Floats], names: tuple[Label, ...], items: tuple[str, ...], owner: Places
) -> tuple[Step, ...]:
    """Fit ever stricter models to the variables behind the answers.

    Parameters
    ----------
    parts
        Complete answers `(n, p)` of each group, of 3 to 12 kinds per item, the same in all groups.
    names
        Labels of the groups.
    items
        Names of the items.
    owner
        Index `(p,)` of the factor of each item.

    Raises
    ------
    NotComputable
        Naming item and group: two answers only, an answer that a group never gave, what stops a
        model of one group alone.

    Notes
    -----
    With three answers to an item, equal thresholds say nothing about it: its intercept and
    uniqueness make up for them. Two answers do not determine these at all.

    References
    ----------
    Wu & Estabrook (2016), Psychometrika 81, 1014-1045. Limits of CFI and RMSEA are those found for
    ML (`analysis.invariance_steps`) on the scaled and shifted χ²; look at its difference test too.
    """
    _refuse_unlike(parts, names, items)
    alone = [_alone(part, items, owner, name) for part, name in zip(parts, names, strict=True)]
    first, standardized, _ = alone[0]
    own = first.tables.thresholds
    cuts = np.where(own < NOBODY, own / np.sqrt(1 - standardized**2)[:, None], NOBODY)
    starts = [OrdinalStart.of(*each, cuts) for each in alone]
    data = OrdinalData([sample for sample, _, _ in alone], cuts < NOBODY)
    found: list[Step] = []
    before: OrdinalGroupSolution | None = None
    for name in ORDINAL_STEPS:
        try:
            now = data.solve(*ordinal_groups(name, owner, starts, cuts))
        except NotComputable as reason:
            found.append(Step(name, None, str(reason)))
            before = None
            continue
        if before is None:
            first_one = name == ORDINAL_STEPS[0]
            found.append(first_step(name, now.fit) if first_one else Step(name, now.fit))
        else:
            found.append(next_step(name, now.fit, before.fit, data.change(now, before)))
        before = now
    return judged(found)


def _alone(
    part: Floats, items: tuple[str, ...], owner: Places, name: Label
) -> tuple[OrdinalSample, Floats, Floats]:
    """Return the sample of a group, its standardized loadings and its factor correlations."""
    p = len(items)
    try:
        sample = OrdinalSample.of(part, items)
        found = solve_ordinal(sample, owner).parameters
    except NotComputable as reason:
        raise NotComputable(f"in group {name!r}: {reason}") from None
    beyond = np.flatnonzero(np.abs(found[:p]) >= 1)
    if len(beyond):
        raise NotComputable(
            f"in group {name!r}: the uniqueness of {items[beyond[0]]!r} is negative (a Heywood "
            "case)"
        )
    return sample, found[:p], found[p:-p]


def _refuse_unlike(parts: list[Floats], names: tuple[Label, ...], items: tuple[str, ...]) -> None:
    for index, item in enumerate(items):
        given = [set(part[:, index].tolist()) for part in parts]
        everywhere = set().union(*given)
        if len(everywhere) == 2:
            raise NotComputable(
                f"{item!r} has two answers; a model of ordinal answers in groups needs three"
            )
        for name, own in zip(names, given, strict=True):
            lacking = sorted(everywhere - own)
            if lacking:
                raise NotComputable(
                    f"in group {name!r} nobody gave the answer {lacking[0]:g} to {item!r}, as "
                    "scored; join it with the answer next to it, in all groups"
                )
