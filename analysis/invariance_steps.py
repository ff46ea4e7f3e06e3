"""Steps of a ladder of ever stricter factor models, each judged against the one before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scipy.special import chdtrc

from analysis.errors import NotComputable
from analysis.fit import ChiSquare, Fit
from analysis.group_solution import GroupSolution

LEAST_CFI, MOST_RMSEA = 0.90, 0.08
MOST_CFI_LOSS = 0.010  # Cheung & Rensvold (2002)
MOST_RMSEA_GAIN = 0.015  # Chen (2007)
CHANCE = 0.05
LEAST_DF_OF_RMSEA = 50  # Kenny, Kaniskan & McCoach (2015)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder against the step before.

    Parameters
    ----------
    name
        "configural", "metric", "scalar" or "strict"; with ordinal answers "thresholds" too.
    fit
        Of this step, robust if asked for; None where it is not estimable.
    reason
        Why it is not estimable, or not judged.
    chisq_change, df_change, p_change
        χ² difference test; None at the first step.
    cfi_change, rmsea_change
        Of this step less that before.
    holds
        Whether it fits about as well as the step before: CFI falls by at most .010 and RMSEA
        rises by at most .015; after a step of fewer than 50 degrees of freedom a rise of
        RMSEA counts only where the χ² difference is beyond chance too (p < .05), since RMSEA rises
        by more than that by chance where groups are alike (Kenny, Kaniskan & McCoach 2015;
        simulated: 13 to 19 % of the time at 4 to 6 degrees of freedom and 150 to 600 rows a
        group), and after a step that leaves nothing to test (three items) never. At the first
        step: whether CFI is .90 and RMSEA .08 or better.
        None after a step that does not hold.
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


def first_step(name: str, fit: Fit) -> Step:
    """Judge a model by itself: CFI from .90 and RMSEA to .08."""
    cfi, rmsea = _ends(fit)
    return Step(name, fit, holds=cfi >= LEAST_CFI and rmsea <= MOST_RMSEA)


def next_step(
    name: str,
    fit: Fit,
    before: Fit,
    change: ChiSquare | None,
    *,
    rmsea_from: int = LEAST_DF_OF_RMSEA,
) -> Step:
    """Judge a model against a less strict one.

    Parameters
    ----------
    name, fit, before
        Of the step; fit of the step before.
    change
        Difference test; None where it has none.
    rmsea_from
        Degrees of freedom of the step before from which a rise of RMSEA counts by itself.
    """
    cfi, rmsea = (now_at - at for now_at, at in zip(_ends(fit), _ends(before), strict=True))
    p = None if change is None else float(chdtrc(change.df, max(change.chisq, 0.0)))
    surely = p is not None and p < CHANCE
    judges = before.df >= rmsea_from or (before.df > 0 and surely)
    return Step(
        name,
        fit,
        chisq_change=None if change is None else change.chisq,
        df_change=fit.df - before.df,
        p_change=p,
        cfi_change=cfi,
        rmsea_change=rmsea,
        holds=cfi >= -MOST_CFI_LOSS and (not judges or rmsea <= MOST_RMSEA_GAIN),
    )


def likelihood_steps(
    names: Sequence[str], solve: Callable[[str], GroupSolution]
) -> tuple[Step, ...]:
    """Fit one step after another; one that is not computable says why, and the next stands alone.

    Parameters
    ----------
    names
        Of the steps, the least strict first.
    solve
        Fits the step of that name.
    """
    found: list[Step] = []
    before: GroupSolution | None = None
    for name in names:
        try:
            now = solve(name)
        except NotComputable as reason:
            found.append(Step(name, None, str(reason)))
            before = None
            continue
        if before is None:
            found.append(first_step(name, now.fit) if name == names[0] else Step(name, now.fit))
        else:
            change = likelihood_change(now.test, before.test)
            found.append(next_step(name, now.fit, before.fit, change))
        before = now
    return judged(found)


def judged(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Take back the judgement of steps that follow one that does not hold, or is not estimable.

    Each step is judged against the one before: where that one is wrong, to fit about as well says
    nothing. Their numbers stay.
    """
    found: list[Step] = []
    failed: str | None = None
    for step in steps:
        if failed is not None and step.fit is not None:
            found.append(replace(step, holds=None, reason=f"not judged, because {failed}"))
            continue
        found.append(step)
        if failed is None and step.fit is None:
            failed = f"{step.name} is not estimable"
        elif failed is None and not step.holds:
            failed = f"{step.name} does not hold"
    return tuple(found)


def likelihood_change(now: ChiSquare, before: ChiSquare) -> ChiSquare | None:
    """Return the difference of two tests over its scaling; None where the scaling is negative.

    References
    ----------
    Formula: (χ²₁ - χ²₀)/c, c = (c₁df₁ - c₀df₀)/(df₁ - df₀). Satorra & Bentler (2001),
    Psychometrika 66, 507-514.
    """
    df = now.df - before.df
    scaling = (now.df * now.scaling - before.df * before.scaling) / df
    return ChiSquare((now.chisq - before.chisq) / scaling, df) if scaling > 0 else None


def _ends(fit: Fit) -> tuple[float, float]:
    """Return CFI and RMSEA; those of a perfect fit where nothing is left to test."""
    return (1.0 if fit.cfi is None else fit.cfi), (fit.rmsea or 0.0)
