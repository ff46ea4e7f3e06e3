"""The methods paragraph: which estimator gave each number, its formula and its source."""

from collections.abc import Sequence

from analysis.clusters import MOST_LEFT_OUT
from analysis.pair_methods import pair_methods
from analysis.ranks import Ranks
from analysis.scale import Scale
from analysis.scale_assessment import Choices

_INTERVALS = {
    "adf": (
        "Its interval is estimate ± t standard errors, distribution-free (ADF; Maydeu-Olivares, "
        "Coffman & Hartmann 2007), from the complete rows; t has the degrees of freedom that the "
        "kurtosis of the rows' influence leaves (Satterthwaite 1946)."
    ),
    "feldt": (
        "Its interval is Feldt's (1965), from the complete rows; it assumes normal items with "
        "equal covariances and is too narrow on most answer scales."
    ),
    "bootstrap": (
        "Its interval runs between percentiles of 2,000 resamples of the rows (seed {seed})."
    ),
    None: "No interval of alpha was asked for.",
}


def methods(scales: Sequence[Scale], choices: Choices, ranks: Sequence[Ranks]) -> tuple[str, ...]:
    """Describe how the numbers of an assessment were computed.

    Parameters
    ----------
    scales
        The scales.
    choices
        Options of the statistics.
    ranks
        Rank intervals that were computed; empty without partners.

    Returns
    -------
    tuple of str
        Paragraphs, in the order of the report.
    """
    found = [_scoring(scales), _alpha(choices), _OMEGA, _ITEMS]
    if choices.cluster is not None or choices.partner is not None:
        found.append(_clusters(choices))
    if len(scales) > 1:
        found.append(_HTMT)
    found.append(_factors(choices))
    if choices.partner is not None:
        found += [_PARTNERS, _shown(choices), _ranks(choices, ranks), _tests(choices)]
        found.append(pair_methods(choices))
    found.append(_advice(choices))
    if choices.min_n > 1:
        found.append(_protected(choices))
    return tuple(found)


def _scoring(scales: Sequence[Scale]) -> str:
    shares = sorted({scale.min_answered for scale in scales})
    share = " or ".join(f"{100 * value:.0f}\u00a0%" for value in shares)
    reverse = any(scale.reverse for scale in scales)
    turned = " Reversed items count as lowest + highest − answer." if reverse else ""
    return (
        f"A respondent's score is the mean of the answered items of a scale, given where at least "
        f"{share} of them were answered; such a mean of a part of the items is biased where "
        f"item means differ (Mazza, Enders & Ruehlman 2015).{turned}"
    )


def _alpha(choices: Choices) -> str:
    covariances = {
        "pairwise": "each over the rows that answered both items (pairwise)",
        "listwise": "over the rows that answered every item (listwise)",
    }[choices.missing]
    interval = _INTERVALS[choices.ci].format(seed=choices.seed)
    return (
        "Alpha is k/(k − 1) · (1 − Σ variances/Σ all covariances) of the k items (Cronbach 1951), "
        f"with covariances {covariances}; n counts the rows that entered. {interval}"
    )


def _clusters(choices: Choices) -> str:
    if choices.cluster is None:
        return (
            "Intervals of scales take the raters of one partner as independent. The design effect "
            "of alpha is 1 + (Σn²/N − 1) · ρ, ρ the intraclass correlation of the rows' influence "
            "(Kish 1965)."
        )
    feldt = " Feldt's interval of alpha does not." if choices.ci == "feldt" else ""
    return (
        f"Rows with the same «{choices.cluster}» belong together, and intervals of scales allow "
        "for it: those of alpha, omega, halves, λ's and what items take from alpha come from each "
        "statistic without one cluster at a time (jackknife; with more than "
        f"{MOST_LEFT_OUT} clusters from sums of the rows' influence within them, CR1; Liang & "
        "Zeger 1986), with t of at most one degree of freedom less than clusters, fewer where a "
        "few weigh much; resamples draw whole clusters, and percentiles lie further out by the "
        "same t; χ² and standard errors of the factor model (MLR) sum its scores within clusters "
        f"(Asparouhov & Muthén 2005).{feldt} Comparisons of groups, and the check for a common "
        "method, take rows as independent."
    )


_OMEGA = (
    "Omega is omega total, (Σλ)²/((Σλ)² + Σθ), from the one-factor model fitted by maximum "
    "likelihood to the complete rows (McDonald 1999). Mean r is the mean correlation between the "
    "items. SEM is the standard error of measurement of a respondent's score, SD · √(1 − alpha). "
    "Reliability from .70 is taken as enough to compare groups (Nunnally & Bernstein 1994); a "
    "scale passes when the whole interval of alpha does. Odd-even is 2r/(1 + r) of the sums of the "
    "1st, 3rd, … and of the other items (Spearman 1910, Brown 1910); λ2, λ4 and λ6 are Guttman's "
    "(1945), λ4 of the best halves, so too high in small samples; ω h is the share of one general "
    "factor by Schmid & Leiman (1957) from three group factors (minimum residuals, oblimin)."
)

_ITEMS = (
    "Item-rest r is the correlation of an item with the sum of the others. Skew is m₃/s³ and "
    "kurtosis m₄/s⁴ − 3."
)

_HTMT = (
    "HTMT is the mean absolute correlation between the items of two scales over the geometric "
    "mean of those within them, on rows that answered all items (Henseler, Ringle & Sarstedt "
    "2015). From .90 two scales are taken to measure the same thing."
)

_COMPLETE = "the rows that answered every item of all scales"
_FITTED = {
    "ml": "maximum likelihood to {rows}; χ² and indices take the answers for normal",
    "mlr": (
        "maximum likelihood to {rows}, with a scaled χ², standard errors and indices that hold "
        "where answers are not normal (MLR; Yuan & Bentler 2000; Brosseau-Liard, Savalei & Li 2012)"
    ),
    "wlsmv": (
        "diagonally weighted least squares to the polychoric correlations of {rows}, with a χ² "
        "scaled and shifted (WLSMV; Muthén, du Toit & Spisic 1997; Asparouhov & Muthén 2010): "
        "loadings, CR and AVE are of the variables behind the answers, and the limits of fit "
        "below are too easily reached (Xia & Yang 2019)"
    ),
}


def _factors(choices: Choices) -> str:
    whole = not choices.fiml or choices.min_n > 1
    gappy = (
        "the rows that answered both items of each (pairwise; right where gaps depend on nothing)"
        if choices.estimator == "wlsmv"
        else "all rows with an answer (FIML; Yuan & Bentler 2000)"
    )
    rows = _COMPLETE if whole else gappy
    return (
        "The factor model gives each scale one factor and lets factors correlate; it is fitted by "
        f"{_FITTED[choices.estimator].format(rows=rows)}. CR is (Σλ)²/((Σλ)² + Σ(1 − λ²)) and AVE "
        "the mean λ² of the standardized loadings; by Fornell & Larcker's (1981) criterion a "
        "scale's AVE should exceed the squared correlation with its nearest scale; it is stricter "
        "than HTMT, so the two may disagree. The model fits with CFI from .95, RMSEA to .06 and "
        "SRMR to .08 (Hu & Bentler 1999), nearly with .90, .08 and .10."
    )


_PARTNERS = (
    "ICC(1), the reliability of one rater, is estimated in two ways. ICC(1) ANOVA is (MSB − "
    "MSW)/(MSB + (n₀ − 1) MSW) with n₀ = (N − Σn²/N)/(G − 1), and the interval beside it is that "
    "of F; ICC(1) REML is τ²/(τ² + σ²) from a one-way random model fitted by restricted maximum "
    "likelihood. ICC(2), the reliability of the partners' means, is (MSB − MSW)/MSB by analysis of "
    "variance (Bliese 2000). Raters needed are .70/.30 · (1 − ICC(1))/ICC(1) with ICC(1) REML, "
    "rounded up: from there on a partner's mean has reliability .70. rwg(j) is the agreement of a "
    "partner's raters against answers spread evenly over the scale (James, Demaree & Wolf 1984), "
    "set to 0 where it would be negative, and counted as such; its median is over the partners. AD "
    "is how far a partner's raters lie from their mean on average, in points of the scale, the "
    "mean of the items, and its median over the partners (Burke, Finkelstein & Dusig 1999)."
)


def _level(choices: Choices) -> str:
    return f"{100 * choices.level:.10g}\u00a0%"


def _shown(choices: Choices) -> str:
    return (
        "A raw mean has the interval mean ± t · SD/√n. A shrunken score (empirical Bayes) is m + "
        "reliability · (mean − m), with m the mean of all partners and reliability nτ²/(nτ² + σ²), "
        f"all three by REML. Its {_level(choices)} interval is the central one of its "
        "posterior, averaged over what τ² and σ² may be (prior flat in m, log σ² and τ²; Box & "
        "Tiao 1973, Everson & Morris 2000), so the score need not lie in its middle. With fewer "
        "than four partners there is no such interval, and raw means are shown with theirs. The "
        "standard error in the JSON, √(τ² (1 − reliability)), takes the variances as known and is "
        "too small to make an interval of."
    )


def _ranks(choices: Choices, ranks: Sequence[Ranks]) -> str:
    draws = max((rank.draws for rank in ranks), default=0)
    return (
        f"«Could rank» is the {_level(choices)} interval of a partner's rank (1 = "
        f"highest) in {draws:,} draws from the posterior of all scores given τ² and σ² by REML "
        f"(Goldstein & Spiegelhalter 1996; seed {choices.seed}); it holds for one partner at a "
        "time, not for all at once. The probabilities of places are shares of the same draws."
    )


def _tests(choices: Choices) -> str:
    return (
        "«All at once» are rank sets that hold for all partners together at "
        f"{_level(choices)}: a partner's best place is one below all that are surely above it. Two "
        "partners are told apart where their means differ by more standard errors (pooled "
        "variance) than the largest difference that chance gives among the pairs not yet told "
        "apart (Mogstad, Romano, Shaikh & Wilhelm 2024; step-down; seed "
        f"{choices.seed}). Each partner is compared with all others by a t test with the degrees "
        "of freedom of the variance pooled within all partners, and with a variance of its own "
        "where that is larger; p allows for testing every one (Holm 1979)."
    )


def _advice(choices: Choices) -> str:
    level = _level(choices)
    told = (
        "What to do: an item is to be read again where the whole interval of what alpha would gain "
        "without it lies above 0; that is distribution-free, from the influence of the complete "
        f"rows on both alphas, and holds at {level} for all items of a scale (Bonferroni). The "
        "items that a scale would need are k · .70/.30 · (1 − alpha)/alpha, at the ends of the "
        "interval of alpha (Spearman 1910, Brown 1910)."
    )
    if choices.partner is None:
        return told
    return (
        f"{told} Raters needed are named with what the ends of the interval of ICC(1) ANOVA would "
        "ask for, and not named where it reaches 0. A ranking is advised against where a third of "
        "the partners could hold half of all places, or three, by their rank sets."
    )


def _protected(choices: Choices) -> str:
    return (
        f"Groups of fewer than {choices.min_n} answers are not shown, and answers that could be "
        "found by subtracting published numbers from each other are taken out of all of them; rows "
        "that enter no number are not counted."
    )
