"""How sides, waves, drivers and careful answers were compared, for the methods of a report."""

from analysis.dyad_assessment import LEAST_APIM, LEAST_SURFACE
from analysis.early_warning import FALSE_ALARMS, RULES
from analysis.partner_evidence_methods import partner_methods
from analysis.quality_result import Rules
from analysis.scale_assessment import Choices
from analysis.scale_evidence_methods import evidence_methods
from analysis.study_parts import StudyParts


def study_methods(found: StudyParts, choices: Choices) -> tuple[str, ...]:
    """Describe how the comparisons that there are were computed.

    Parameters
    ----------
    found
        What was compared.
    choices
        Options of the statistics.

    Returns
    -------
    tuple of str
        Paragraphs, in the order of the report.
    """
    level = f"{100 * choices.level:.10g}\u00a0%"
    told = [*evidence_methods(found.evidence, choices), *partner_methods(found.partners, choices)]
    if found.two_sides is not None:
        told.append(_SIDES.format(level=level))
    if found.dyads is not None and found.dyads.reason is None:
        told.append(_PAIRS.format(level=level, apim=LEAST_APIM, surface=LEAST_SURFACE))
    if found.waves is not None:
        told.append(_WAVES.format(level=level))
    if found.warnings is not None:
        told.append(_warnings())
    if found.drivers is not None:
        what = "the rows" if choices.cluster is None else "whole clusters of rows"
        told.append(_DRIVERS.format(level=level, seed=choices.seed, what=what))
    if found.careless is not None:
        told.append(_careless(found.careless.rules))
    return tuple(told)


_SIDES = (
    "Two sides: agreement is the mean of one side less that of the other (Welch), congruency a "
    "side's own view less its guess of the other's (paired), accuracy its guess less the other's "
    "view (McLeod & Chaffee 1973). A difference is close if its whole {level} interval lies within "
    "a quarter of the scale's range, apart if the interval excludes 0 and does not (Lakens, Scheel "
    "& Isager 2018). Both close: true consensus; both apart: true dissensus; apart but believed "
    "close: false consensus; close but believed apart: false conflict; else it cannot be told. The "
    "two false states need that the {level} interval of the accuracy excludes 0."
)
_PAIRS = (
    "Both sides as pairs, one mean of each side per partner: the actor–partner interdependence "
    "model (Kenny, Kashy & Cook 2006) by least squares, with sides told apart and not, from "
    "{apim} pairs; the response surface (Edwards & Parry 1993; a1 and a2 where the sides agree, a3 "
    "and a4 where they do not) from {surface}; t intervals of {level}."
)
_WAVES = (
    "Waves: a trend is the slope of a line through a partner's wave means, weighted by their "
    "raters, its {level} interval from the spread of raters pooled over all partners and waves; "
    "raters in different waves count as different people. Shrunken slopes are drawn towards the "
    "mean of all partners as scores are. The gap between two sides is one side's line less the "
    "other's, each wave with its own variance (Welch and Satterthwaite). The limits of a control "
    "chart hold all waves of a partner with probability {level} where nothing has changed "
    "(analysis of means; Ott 1967)."
)
_DRIVERS = (
    "Drivers: the share of a driver is what it adds to R² on average over all orders in which the "
    "drivers may enter (LMG, the Shapley value; Lindeman, Merenda & Gold 1980), from rows with a "
    "score on every scale. Its {level} interval runs between percentiles of 2,000 resamples of "
    "{what} (seed {seed}); whether one explains more than another, from the same resamples of "
    "their difference."
)


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}\u00a0%"


def _warnings() -> str:
    rules = "; ".join(
        f"{name}: {limit} (at level 95\u00a0% false for at most {_percent(FALSE_ALARMS[name], 1)} "
        "of the partners where nothing is wrong)"
        for name, limit in RULES.items()
    )
    return (
        f"Early warnings: {rules}. A warning stands if its p, of a test in the direction of the "
        "rule, doubled, stays below 1 less the level among all places looked at (Benjamini & "
        "Hochberg 1995). How many chance alone would give: simulated studies without change."
    )


def _careless(rules: Rules) -> str:
    return (
        f"Careless rows: flagged are runs of the same answer over at least {rules.least_run} "
        f"items and {_percent(rules.run_share)} of those answered, other than an end of the "
        f"scale; at least {rules.least_pairs} and {_percent(rules.pair_share)} of the pairs of "
        f"items of one scale that lie {_percent(rules.far)} of its range apart; and, where times "
        f"are known, less than {rules.seconds_per_item:g} seconds for each answered item. Nothing "
        "is deleted: results without them stand beside the results."
    )
