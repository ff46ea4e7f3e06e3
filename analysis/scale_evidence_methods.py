"""How the evidence on scales was computed, for the methods of a report."""

from analysis.invariance_steps import LEAST_DF_OF_RMSEA, MOST_CFI_LOSS, MOST_RMSEA_GAIN
from analysis.scale_assessment import Choices
from analysis.scale_evidence_groups import LEAST_PER_ITEM
from analysis.scale_evidence_parts import EvidenceParts


def evidence_methods(found: EvidenceParts, choices: Choices) -> tuple[str, ...]:
    """Describe how the evidence on scales that there is was computed.

    Parameters
    ----------
    found
        The evidence.
    choices
        Options of the statistics.

    Returns
    -------
    tuple of str
        Paragraphs, in the order of the report; the first is always there.
    """
    level = f"{100 * choices.level:.10g}\u00a0%"
    told = [_ALWAYS.format(level=level)]
    if found.comparability is not None:
        told.append(_groups(choices))
    if found.retest is not None:
        told.append(_RETEST.format(level=level))
    if found.thorough is not None:
        what = "the rows" if choices.cluster is None else "whole clusters of rows"
        told.append(_THOROUGH.format(level=level, seed=choices.seed, what=what))
    return tuple(told)


def _groups(choices: Choices) -> str:
    estimator = {
        "ml": "maximum likelihood",
        "mlr": "robust maximum likelihood (MLR; χ² differences by Satorra & Bentler 2001)",
        "wlsmv": "WLSMV, with thresholds equal before loadings (Wu & Estabrook 2016)",
    }[choices.estimator]
    freed = (
        ""
        if choices.estimator == "wlsmv"
        else " Where a step fails for one scale, the items whose score tests say most against it "
        "are set free, as long as two stay equal."
    )
    limits = f"CFI falls by at most {MOST_CFI_LOSS:.3f} and RMSEA rises by at most "
    return (
        "Comparability: of each scale, and of all together, factor models are fitted to all "
        "groups at once in which ever more is equal: nothing but the pattern (configural), "
        "loadings (metric), intercepts (scalar), uniquenesses (strict; Meredith 1993), by "
        f"{estimator}, to the rows that answered every item, of "
        f"groups with {LEAST_PER_ITEM} such rows for each item. A step holds where {limits}"
        f"{MOST_RMSEA_GAIN:.3f} (after a step of fewer than {LEAST_DF_OF_RMSEA} degrees of freedom "
        "only where the χ² difference has p below .05; Cheung & Rensvold 2002; Chen 2007), the "
        "first where CFI is .90 and RMSEA .08 or better; where one fails whose own test gives p "
        "from .05 on, the data leave it open. Relations may be compared from metric on, means from "
        "scalar on."
        f"{freed}"
    )


_ALWAYS = (
    "Ordinal alpha is alpha of the polychoric correlations of the complete rows (Zumbo, Gadermann "
    "& Zeisser 2007): of the variables behind the answers, not of the score (Chalmers 2018). The "
    "{level} intervals of standardized alpha, odd-even reliability, λ2 and λ6 are "
    "distribution-free, by the delta method from the complete rows, those of the last three "
    "symmetric in the logarithm of 1 less the number; that of λ6 goes around λ6 less what "
    "chance adds to it. λ4 of the best halves and ω h have none: the first is too high by "
    "chance, the second not smooth. Omega without an item is omega total of the others, from the "
    "complete rows."
)
_RETEST = (
    "Stability: scores of the same raters in two waves are compared by r (Fisher's interval), "
    "ICC(A,1) and ICC(C,1), two-way (McGraw & Wong 1996), the agreement's interval holding for the "
    "waves at hand, all at {level}. SEM is √(E + max(C − E, 0)/n) from the mean squares of error "
    "and waves, SDC z · √2 · SEM (de Vet, Terwee, Knol & Bouter 2006). A change is reliable from "
    "z · SD · √(2(1 − alpha)) on, SD of their first scores and alpha of the first wave "
    "(Jacobson & Truax 1991). Whether a scale means the same to them in both waves is tested as "
    "for groups, in one model of both waves in which the uniquenesses of an item correlate "
    "(Vandenberg & Lance 2000)."
)
_THOROUGH = (
    "Intervals of HTMT, and of HTMT2 (geometric means; Roemer, Schuberth & Henseler 2021), run "
    "between {level} percentiles of 2,000 resamples of {what} that answered every item (seed "
    "{seed}); two scales surely differ where the interval lies below .90. Polychoric correlations "
    "are two-step maximum likelihood from the complete rows (Olsson 1979). Categorical omega "
    "(Green & Yang 2009) is from their one-factor model (WLSMV); its interval is by the delta "
    "method, with six items or more and fewer than 500 rows from omega without each of 15 parts of "
    "the rows. The check for a common method compares, by maximum likelihood, "
    "one factor for all items, one per scale, and these "
    "with an uncorrelated factor that weighs alike on all items (Podsakoff, MacKenzie, Lee & "
    "Podsakoff 2003)."
)
