"""How the parts on partners were computed, for the methods of a report."""

from analysis.partner_evidence import PartnerEvidence
from analysis.partner_evidence_composite import FAR, NEAR
from analysis.scale_assessment import Choices


def partner_methods(found: PartnerEvidence, choices: Choices) -> tuple[str, ...]:
    """Describe how the parts that there are were computed.

    Parameters
    ----------
    found
        The parts.
    choices
        Options of the statistics.

    Returns
    -------
    tuple of str
        Paragraphs, in the order of the report.
    """
    level = f"{100 * choices.level:.10g}\u00a0%"
    told = []
    if found.freed is not None:
        told.append(_RATERS.format(level=level))
    if found.two_level is not None:
        told.append(_LEVELS)
    if found.composite is not None:
        told.append(_COMPOSITE.format(near=_percent(NEAR), far=_percent(FAR), seed=choices.seed))
    if found.linked is not None:
        told.append(_LINKED.format(level=level))
    return tuple(told)


_RATERS = (
    "Severity: a rating is mean + partner + rater + rest, all three random; variances by "
    "restricted maximum likelihood, scores by Henderson's (1975) mixed-model equations, n the "
    "ratings with a score, a partner and a rater. The {level} interval of a score is the central "
    "one of its posterior, averaged over what the partners' variance may be; that of how mild a "
    "partner's raters are over what theirs may be. The share of severity is rater variance over "
    "rater and residual variance, its {level} interval exact for normal ratings (Seely & "
    "El-Bassiouni 1983). The score beside it takes all raters for alike. Who differs and which "
    "places are possible rests on the partners' means by generalized least squares, raters random "
    "with these variances, and on the whole covariance of these means: rank sets and Student's t "
    "against the weighted mean of the others (Holm) as for raters taken for alike; what to do "
    "follows them."
)
_LEVELS = (
    "Omega at two levels is (Σλ)²/((Σλ)² + Σθ) of one factor within and one between partners, "
    "fitted together by maximum likelihood to the complete rows (Muthén 1994; Geldhof, Preacher & "
    "Zyphur 2014); residual variances are kept from being negative."
)
_COMPOSITE = (
    "Composite of a partner: Σ weight · its mean on the scale, the weights adding up to 1; a rater "
    "counts on each scale that they have a score on, n is that of the scale with fewest. Its "
    "variance is Σ weight weight covariance · n of both/(n · n), covariances within partners "
    "pooled over them; partners are pooled as on a single scale. The reliability, 1 − Σ weight² "
    "SD² (1 − alpha)/variance (Mosier 1943), is that of one respondent. Weights and chance are "
    "kept apart: leads are counted in 10,000 weightings, each weight anywhere within ± {near} or ± "
    "{far} of the published one, or all weightings that add up to 1 alike, with the means as they "
    "are (Butler, Jia & Dyer 1997); «truly highest» is the share of 10,000 draws from the "
    "posterior of the composites, the weights as they are (seed {seed})."
)
_LINKED = (
    "Raters linked over waves: the change of a partner is its last mean less the one before, n the "
    "ratings of these two waves, a rater known by the same mark in both. Its "
    "variance is that of the differences and sums of the two ratings of raters who are in both "
    "waves, pooled within partners, and of the ratings of the others; the {level} interval is "
    "Student's, with degrees of freedom by Satterthwaite (1946). With all raters in both waves it "
    "is the paired t interval. Shrunken changes are drawn towards the mean of all partners."
)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"
