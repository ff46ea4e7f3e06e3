"""Comparability: whether a factor model is the same in several groups, step by step."""

from collections.abc import Sequence

import numpy as np

from analysis.cfa import refuse_unidentified
from analysis.data import Floats, Frame, Label, groups
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import one_of
from analysis.group_structure import STEPS, Apart
from analysis.invariance_steps import Step, likelihood_steps
from analysis.ladder import Ladder
from analysis.ordinal_groups import ORDINAL_STEPS
from analysis.ordinal_invariance import ordinal_steps
from analysis.partial_invariance import Groups, seek_partial
from analysis.sample import Sample, complete_sample
from analysis.scale import Scale
from analysis.scoring import item_matrix
from analysis.solution import Solution, solve
from analysis.structure import Places

ESTIMATORS = ("ml", "mlr")


def invariance(
    data: Frame,
    scales: Sequence[Scale],
    group: str,
    *,
    estimator: str = "ml",
    partial: bool = False,
    ordinal: bool = False,
) -> Ladder:
    """Compare factor models in which ever more is equal across groups.

    Parameters
    ----------
    data
        One row per respondent.
    scales
        Scales as in `cfa`; those of one item are left out.
    group
        Column that parts the rows (language, side, wave), with 2 labels or more.
    estimator
        "ml", or "mlr" for answers that are not normal.
    partial
        Whether to seek the items that differ where loadings or intercepts are not all equal
        (`analysis.partial_invariance`).
    ordinal
        Whether to model the variables behind ordinal answers, thresholds first
        (`analysis.ordinal_invariance`); by WLSMV whatever the estimator, and not with `partial`.

    Returns
    -------
    Ladder
        A step that is not estimable says why.

    Notes
    -----
    Missing data: rows with a group and an answer to every item are used.

    Raises
    ------
    BadScale, UnknownChoice, OutOfRange, NotNumeric, UnknownColumn
        If the scales, an option or the data are not valid.

    References
    ----------
    Formula: difference of χ² and of degrees of freedom between steps; with "mlr" over its scaling
    (c₀df₀ - c₁df₁)/(df₀ - df₁). Meredith (1993), Psychometrika 58, 525-543; Satorra & Bentler
    (2001), Psychometrika 66, 507-514. Limits: Cheung & Rensvold (2002), Structural Equation
    Modeling 9, 233-255; Chen (2007), Structural Equation Modeling 14, 464-504.
    Checked against lavaan 0.6-14, cfa(group = , group.equal = , group.partial = ) and lavTestLRT:
    χ² 1e-5 relative, indices 1e-5.

    Examples
    --------
    >>> import pandas as pd
    >>> source = np.random.default_rng(1)
    >>> answers = source.standard_normal((300, 1)) + source.standard_normal((300, 4))
    >>> answers[150:, 1] += 1.5
    >>> frame = pd.DataFrame(answers, columns=["t1", "t2", "t3", "t4"])
    >>> frame["side"] = ["us"] * 150 + ["them"] * 150
    >>> found = invariance(frame, [Scale("trust", ("t1", "t2", "t3", "t4"), -9, 9)], "side",
    ...                    partial=True)
    >>> found.reached, [(row.item, row.parameter) for row in found.partial.freed]
    ('metric', [('t2', 'intercept')])
    """
    one_of("estimator", estimator, ESTIMATORS)
    if partial and ordinal:
        raise UnknownChoice(
            "partial is True, which is not for ordinal answers; choose one of the two."
        )
    measured = tuple(scale for scale in scales if scale.k > 1)
    rows = np.hstack([item_matrix(data, scale) for scale in measured] or [np.empty((0, 0))])
    names, codes = groups(data, group)
    complete = ~np.isnan(rows).any(axis=1)
    parts = [rows[complete & (codes == index)] for index in range(len(names))]
    sizes = tuple(map(len, parts))
    try:
        refuse_unidentified(measured)
        if len(names) < 2:
            raise NotComputable(f"it needs 2 groups; there are {len(names)}")  # noqa: TRY301
        if ordinal:
            steps, found = ordinal_steps(parts, names, *_owned(measured)), None
        else:
            compared = _compared(parts, names, measured, robust=estimator == "mlr")
            steps = likelihood_steps(STEPS, lambda name: compared.solve(name, Apart()))
            found = seek_partial(compared, steps) if partial else None
    except NotComputable as reason:
        all_steps = ORDINAL_STEPS if ordinal else STEPS
        steps, found = tuple(Step(name, None, str(reason)) for name in all_steps), None
    used = "wlsmv" if ordinal else estimator
    return Ladder(group, names, sizes, steps, used, sum(sizes), len(rows), found)


def _owned(scales: tuple[Scale, ...]) -> tuple[tuple[str, ...], Places]:
    """Return the items of all scales, and the index of the scale of each."""
    items = tuple(item for scale in scales for item in scale.items)
    return items, np.repeat(np.arange(len(scales)), [scale.k for scale in scales])


def _compared(
    parts: list[Floats], names: tuple[Label, ...], scales: tuple[Scale, ...], *, robust: bool
) -> Groups:
    items, owner = _owned(scales)
    alone = [_alone(part, items, owner, name) for part, name in zip(parts, names, strict=True)]
    samples, solutions = map(list, zip(*alone, strict=True))
    factors = tuple(scale.name for scale in scales)
    return Groups(names, items, factors, owner, samples, solutions, robust)


def _alone(
    part: Floats, items: tuple[str, ...], owner: Places, name: Label
) -> tuple[Sample, Solution]:
    """Return the sample of a group and its solution by itself."""
    try:
        sample = complete_sample(part, items)
        return sample, solve(sample, owner)
    except NotComputable as reason:
        raise NotComputable(f"in group {name!r}: {reason}") from None
