"""Comparability: whether a factor model is the same in several groups, step by step."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

from analysis.cfa import refuse_unidentified
from analysis.data import Floats, Frame, Label, groups
from analysis.errors import NotComputable
from analysis.estimate import one_of
from analysis.fit import Fit
from analysis.group_solution import GroupSolution, solve_groups
from analysis.group_structure import STEPS, group_structure
from analysis.sample import Sample, complete_sample
from analysis.scale import Scale
from analysis.scoring import item_matrix
from analysis.solution import Solution, solve
from analysis.structure import Places

if TYPE_CHECKING:
    import pandas as pd

ESTIMATORS = ("ml", "mlr")
LEAST_CFI, MOST_RMSEA = 0.90, 0.08
MOST_CFI_LOSS = 0.010  # Cheung & Rensvold (2002)
MOST_RMSEA_GAIN = 0.015  # Chen (2007)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder against the step before.

    Parameters
    ----------
    name
        "configural", "metric", "scalar" or "strict".
    fit
        Of this step, robust if asked for; None where it is not estimable.
    reason
        Why it is not estimable.
    chisq_change, df_change, p_change
        χ² difference test; None at the first step.
    cfi_change, rmsea_change
        Of this step less that before.
    holds
        Whether it fits about as well as the step before: CFI falls by at most .010 and RMSEA
        rises by at most .015. At the first step: whether CFI is .90 and RMSEA .08 or better.
    """

    name: str
    fit: Fit | None
    reason: str | None = None
    chisq_change: float | None = None
    df_change: int | None = None
    p_change: float | None = None
    cfi_change: float | None = None
    rmsea_change: float | None = None
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Whether groups can be compared, from the least to the most that is equal.

    Parameters
    ----------
    column, groups, sizes
        Column that parts the rows; its labels; complete rows of each.
    steps
        The four steps.
    estimator
        "ml" or "mlr".
    n_used, n_total
        Rows that entered; rows in the data.
    """

    column: str
    groups: tuple[Label, ...]
    sizes: tuple[int, ...]
    steps: tuple[Step, ...]
    estimator: str
    n_used: int
    n_total: int

    @property
    def reached(self) -> str | None:
        """Return the last step of those that hold one after another."""
        last = None
        for step in self.steps:
            if not step.holds:
                break
            last = step.name
        return last

    @property
    def sentence(self) -> str:
        """Say what may be compared across the groups."""
        if self.steps[0].fit is None:
            return (
                f"Whether the scales mean the same across {self.column} is not estimable, because "
                f"{self.steps[0].reason}."
            )
        said = _SAID[self.reached]
        unknown = next((step for step in self.steps if step.fit is None), None)
        rest = f" Not estimable: {unknown.name}, because {unknown.reason}." if unknown else ""
        return f"Across {self.column}, {said}.{rest}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries and lists."""
        return {
            **asdict(self),
            "groups": list(self.groups),
            "sizes": list(self.sizes),
            "steps": [asdict(step) for step in self.steps],
            "reached": self.reached,
            "sentence": self.sentence,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per step as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        rows = [{**asdict(step), **(asdict(step.fit) if step.fit else {})} for step in self.steps]
        return pd.DataFrame(rows).drop(columns="fit")


_SAID = {
    None: "the items do not even go with the same scales: compare nothing",
    "configural": "items go with the same scales but weigh differently: compare neither scores "
    "nor their relations",
    "metric": "items weigh alike but start from different levels: relations may be compared, "
    "means may not",
    "scalar": "scores mean the same: means may be compared",
    "strict": "scores mean the same and are equally exact: means may be compared",
}


def invariance(
    data: Frame, scales: Sequence[Scale], group: str, *, estimator: str = "ml"
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
    Checked against lavaan 0.6-14, cfa(group = , group.equal = ) and lavTestLRT: χ² 1e-5 relative,
    indices 1e-5.
    """
    one_of("estimator", estimator, ESTIMATORS)
    measured = tuple(scale for scale in scales if scale.k > 1)
    items = tuple(item for scale in measured for item in scale.items)
    rows = np.hstack([item_matrix(data, scale) for scale in measured] or [np.empty((0, 0))])
    names, codes = groups(data, group)
    complete = ~np.isnan(rows).any(axis=1)
    parts = [rows[complete & (codes == index)] for index in range(len(names))]
    sizes = tuple(map(len, parts))
    owner = np.repeat(np.arange(len(measured)), [scale.k for scale in measured])
    try:
        refuse_unidentified(measured)
        if len(names) < 2:
            raise NotComputable(f"it needs 2 groups; there are {len(names)}")  # noqa: TRY301
        alone = [_alone(part, items, owner, name) for part, name in zip(parts, names, strict=True)]
        steps = _climb(alone, owner, robust=estimator == "mlr")
    except NotComputable as reason:
        steps = tuple(Step(name, None, str(reason)) for name in STEPS)
    return Ladder(group, names, sizes, steps, estimator, sum(sizes), len(rows))


def _alone(
    part: Floats, items: tuple[str, ...], owner: Places, name: Label
) -> tuple[Sample, Solution]:
    """Return the sample of a group and its solution by itself."""
    try:
        sample = complete_sample(part, items)
        return sample, solve(sample, owner)
    except NotComputable as reason:
        raise NotComputable(f"in group {name!r}: {reason}") from None


def _climb(
    parts: list[tuple[Sample, Solution]], owner: Places, *, robust: bool
) -> tuple[Step, ...]:
    samples, alone = map(list, zip(*parts, strict=True))
    found: list[Step] = []
    before: GroupSolution | None = None
    for name in STEPS:
        structure = group_structure(name, owner, alone, [sample.mean for sample in samples])
        try:
            solution = solve_groups(structure, samples, robust=robust)
        except NotComputable as reason:
            found.append(Step(name, None, str(reason)))
            before = None
            continue
        found.append(_step(name, solution, before, first=name == STEPS[0]))
        before = solution
    return tuple(found)


def _step(name: str, now: GroupSolution, before: GroupSolution | None, *, first: bool) -> Step:
    if before is None:
        holds = _fits(now.fit) if first else None
        return Step(name, now.fit, holds=holds)
    cfi, rmsea = (now_at - at for now_at, at in zip(_ends(now.fit), _ends(before.fit), strict=True))
    df = now.test.df - before.test.df
    scaling = (now.test.df * now.test.scaling - before.test.df * before.test.scaling) / df
    chisq = (now.test.chisq - before.test.chisq) / scaling if scaling > 0 else None
    return Step(
        name,
        now.fit,
        chisq_change=chisq,
        df_change=df,
        p_change=None if chisq is None else float(chdtrc(df, max(chisq, 0.0))),
        cfi_change=cfi,
        rmsea_change=rmsea,
        holds=cfi >= -MOST_CFI_LOSS and rmsea <= MOST_RMSEA_GAIN,
    )


def _fits(fit: Fit) -> bool:
    cfi, rmsea = _ends(fit)
    return cfi >= LEAST_CFI and rmsea <= MOST_RMSEA


def _ends(fit: Fit) -> tuple[float, float]:
    """Return CFI and RMSEA; those of a perfect fit where nothing is left to test."""
    return (1.0 if fit.cfi is None else fit.cfi), (fit.rmsea or 0.0)
