"""Partners rated by raters who rate several of them: scores freed from the raters' severity."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize, root

from analysis.crossed_design import Design, design, told_of
from analysis.crossed_interval import LEAST_PARTNERS, score_intervals, sum_intervals
from analysis.crossed_result import Crossed, CrossedPartner, RaterSeverity
from analysis.data import Floats
from analysis.disclosure import check_min_n
from analysis.errors import NotComputable
from analysis.estimate import check_level
from analysis.mixed_equations import Equations, Solution
from analysis.rater_share import rater_share_interval

_WIDEST = 16.0  # log ratio of variances beyond which the residual variance counts as none
_SMALL = 0.05  # information on a factor below which its variance may as well be none


def crossed(
    values: ArrayLike,
    rater: Iterable[object],
    partner: Iterable[object],
    *,
    level: float = 0.95,
    min_n: int = 1,
    raters_effects: bool = False,
) -> Crossed:
    """Score each partner by a model in which raters may be severe or mild.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row, on the scale's own range; NaN where there is none.
    rater, partner : labels of shape (rows,)
        Who rated, and who was rated; None or NaN where that is not known.
    level : float
        Probability that the interval of one partner is to hold.
    min_n : int
        Partners with fewer ratings enter no number.
    raters_effects : bool
        Whether to say of each partner how mild its raters are on average, with an interval.

    Returns
    -------
    Crossed
        Scores and means on the scale's range, variances in its square, `reliability` from 0 to
        1. `ci_low` and `ci_high` are None with fewer than four partners.

    Raises
    ------
    NotComputable
        If the design cannot separate severity from the partners' scores (each rater rates one
        partner, each partner has one rater), or ratings are rater plus partner without rest.
    BadFrame
        If the three differ in length.
    UnknownChoice
        If `level` is not a share or `min_n` not a positive whole number.

    Notes
    -----
    Missing data: rows without a value, a rater or a partner are left out; `n_used` of `n_total`
    rows are in. Where no rater links two groups of partners, `notes` name the groups.

    rating = mu + rater + partner + residual, all three random and independent; variances by
    REML, found as zeros of the exact slope; effects by Henderson's mixed-model equations, with
    the factor of more levels eliminated. se² = (variance of the effect given the ratings and the
    variances), reliability = 1 − se²/partner variance. The interval averages over what the
    partner variance may be, as `posterior_intervals` does, given the ratio of rater to residual
    variance; that of `raters_effect` over what the rater variance may be.

    Checked against lme4 1.1-31 ``lmer(y ~ 1 + (1 | rater) + (1 | partner))``: variances 1e-5
    relative, effects and conditional standard deviations 1e-5; simulated coverage 94-96 %.

    References
    ----------
    Henderson (1975), Biometrics 31, 423-447. Patterson & Thompson (1971), Biometrika 58, 545-554.
    Bates, Mächler, Bolker & Walker (2015), Journal of Statistical Software 67(1).

    Examples
    --------
    >>> found = crossed([5, 4, 2, 4, 3, 2], list("rrrsss"), list("abcabc"))
    >>> [(row.partner, round(row.score, 2)) for row in found.rows]
    [('a', 4.44), ('b', 3.49), ('c', 2.07)]
    """
    check_level(level)
    check_min_n(min_n)
    ratings = design(values, rater, partner, min_n=min_n)
    # The factor with more levels comes first: its equations are eliminated.
    raters_first = len(ratings.raters) >= len(ratings.partners)
    equations = _equations(ratings, raters_first=raters_first)
    ratios = _best(equations)
    solution = equations.solve(ratios)
    if solution.sigma2 <= 1e-6 * float(np.var(equations.values)):
        raise NotComputable(
            "Every rating is its rater's severity plus its partner's score, without a rest, so "
            "chance cannot be estimated; use more ratings."
        )
    places = (0, 1) if raters_first else (1, 0)
    found = _result(ratings, equations, ratios, solution, places, level)
    return _with_raters(found, ratings, equations, ratios, places[0]) if raters_effects else found


def _equations(ratings: Design, *, raters_first: bool) -> Equations:
    if raters_first:
        return Equations(ratings.values, ratings.rater, ratings.partner, ratings.counts)
    return Equations(ratings.values, ratings.partner, ratings.rater, ratings.counts.T.tocsr())


def _best(equations: Equations) -> tuple[float, float]:
    """Return the ratios of the lowest deviance; a ratio may be 0."""
    candidates = [_search(equations, (True, True))]
    small = [
        ratio * float(sizes.mean()) < _SMALL
        for ratio, sizes in zip(candidates[0], equations.sizes, strict=True)
    ]
    if small[0]:
        candidates.append(_search(equations, (False, True)))
    if small[1]:
        candidates.append(_search(equations, (True, False)))
    if all(small):
        candidates.append((0.0, 0.0))
    deviances = [equations.solve(ratios).deviance for ratios in candidates]
    near = min(deviances) + 1e-7
    return next(r for r, d in reversed([*zip(candidates, deviances, strict=True)]) if d <= near)


def _search(equations: Equations, free: tuple[bool, bool]) -> tuple[float, float]:
    """Find where the slope is 0 along the free ratios, the others being 0."""
    chosen = [index for index in range(2) if free[index]]
    solved = lru_cache(maxsize=1)(equations.solve)  # the slope is wanted where the deviance was

    def ratios(point: Floats) -> tuple[float, float]:
        full = [0.0, 0.0]
        for index, value in zip(chosen, np.clip(point, -_WIDEST, _WIDEST), strict=True):
            full[index] = float(np.exp(value))
        return full[0], full[1]

    def slope(point: Floats) -> Floats:
        found = equations.slope(solved(ratios(point)))
        return np.array([found[index] for index in chosen])

    def deviance(point: Floats) -> float:
        return solved(ratios(point)).deviance

    low = minimize(
        deviance,
        np.full(len(chosen), np.log(0.2)),
        jac=slope,
        method="L-BFGS-B",
        bounds=[(-_WIDEST, _WIDEST)] * len(chosen),
        options={"ftol": 1e-9, "gtol": 1e-4},
    )
    if np.abs(low.x).max() > _WIDEST - 2:
        return ratios(low.x)
    exact = root(slope, low.x, tol=1e-10)
    return ratios(exact.x if np.abs(exact.x - low.x).max() < 0.1 else low.x)


def _result(
    ratings: Design,
    equations: Equations,
    ratios: tuple[float, float],
    solution: Solution,
    places: tuple[int, int],
    level: float,
) -> Crossed:
    at_rater, at_partner = places
    sigma2 = solution.sigma2
    known = [sigma2 * equations.variances(solution, place) for place in places]
    tau2 = sigma2 * ratios[at_partner]
    effects, squared = solution.effects[at_partner], known[1]
    low, high = score_intervals(equations, ratios, at_partner, level)
    names = {at_rater: "raters", at_partner: "partners"}
    none = [f"No variance between {names[i]} was found." for i in (0, 1) if ratios[i] == 0]
    few = len(ratings.partners) < LEAST_PARTNERS
    notes = [f"No intervals: they take {LEAST_PARTNERS} partners."] if few else []
    counts = ratings.counts
    n, raters = counts.sum(axis=0), counts.astype(bool).sum(axis=0)
    mean = np.bincount(ratings.partner, weights=ratings.values) / n
    reliability = 1 - squared / tau2 if tau2 > 0 else np.zeros_like(squared)
    columns = (n, raters, mean, solution.mu + effects, effects, np.sqrt(squared))
    listed = [values.tolist() for values in columns]
    rows = zip(ratings.partners, *listed, low, high, reliability.tolist(), strict=True)
    components = ratings.components
    return Crossed(
        rows=tuple(CrossedPartner(p, int(k), int(r), *rest) for p, k, r, *rest in rows),
        raters=_severities(ratings, solution.effects[at_rater], known[0]),
        mu=solution.mu,
        mu_se=float(np.sqrt(sigma2 / solution.weight)),
        partner_variance=tau2,
        rater_variance=sigma2 * ratios[at_rater],
        residual_variance=sigma2,
        log_likelihood=-solution.deviance / 2,
        components=components,
        level=level,
        method="crossed random effects, REML",
        n_used=len(ratings.values),
        n_total=ratings.n_total,
        notes=(*none, *notes, *told_of(components)),
    )


def _with_raters(
    found: Crossed,
    ratings: Design,
    equations: Equations,
    ratios: tuple[float, float],
    at_rater: int,
) -> Crossed:
    """Add how mild the raters of each partner are on average."""
    counts = ratings.counts.toarray()
    weights = counts / counts.sum(axis=0)
    mean = weights.T @ np.array([rater.effect for rater in found.raters])
    low, high = sum_intervals(equations, ratios, at_rater, weights, found.level)
    pairs = zip(found.rows, mean.tolist(), low, high, strict=True)
    rows = (
        replace(row, raters_effect=own, raters_effect_low=a, raters_effect_high=b)
        for row, own, a, b in pairs
    )
    low_share, high_share = rater_share_interval(ratings, found.level)
    return replace(found, rows=tuple(rows), severity_low=low_share, severity_high=high_share)


def _severities(ratings: Design, effects: Floats, squared: Floats) -> tuple[RaterSeverity, ...]:
    counts = ratings.counts
    n, partners = counts.sum(axis=1).tolist(), counts.astype(bool).sum(axis=1).tolist()
    rows = zip(ratings.raters, n, partners, effects.tolist(), np.sqrt(squared), strict=True)
    return tuple(RaterSeverity(r, int(k), int(p), e, float(se)) for r, k, p, e, se in rows)
