"""Pairs: how alike their members are, and what each owes to the other."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtri

from analysis.data import Floats
from analysis.errors import BadFrame, NotComputable
from analysis.estimate import Estimate, check_level, one_of
from analysis.least_squares import Effect, Fit, fit

LEAST_PAIRS = 3
_ROUNDING = 1e-20  # squared share of the outcomes' variance that is no error


@dataclass(frozen=True, slots=True)
class Apim:
    """Actor–partner interdependence: how each member's predictor goes with each one's outcome.

    Parameters
    ----------
    actor_a, actor_b
        A member's own predictor on its own outcome, with the members told apart.
    partner_a, partner_b
        The *other* member's predictor on this member's outcome.
    actor, partner
        The same with members that are interchangeable.
    residual_r
        Correlation of the members' residuals, members told apart.
    chi2, df, p
        Likelihood-ratio test of interchangeable members: same intercepts, effects and variances.
    n_used, n_total
        Pairs with all four numbers; pairs.
    """

    actor_a: Effect
    actor_b: Effect
    partner_a: Effect
    partner_b: Effect
    actor: Effect
    partner: Effect
    residual_r: float
    chi2: float
    df: int
    p: float
    n_used: int
    n_total: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries."""
        return asdict(self)


def dyad_icc(
    first: ArrayLike, second: ArrayLike, *, method: str = "anova", level: float = 0.95
) -> Estimate:
    """Say how alike the two members of a pair are, compared with members of other pairs.

    Parameters
    ----------
    first, second : arrays of shape (pairs,)
        The two members' scores on one metric; NaN where there is none.
    method : "anova" or "double entry"
        One-way ICC(1) with its F interval, or Pearson's r with each pair entered twice.
    level : float
        Level of the interval.

    Returns
    -------
    Estimate
        From −1 to 1; without an interval for double entry, whose usual one counts pairs twice.

    Raises
    ------
    NotComputable
        With fewer than 3 complete pairs, or where nothing varies.

    Notes
    -----
    Missing data: pairs with both scores; `n_used` counts pairs.

    ICC(1) = (MSB − MSW)/(MSB + MSW), F = MSB/MSW on n − 1 and n degrees of freedom, ends
    (F′ − 1)/(F′ + 1) at F′ = F/F(.975) and F/F(.025). Checked against psych 2.2.9 ``ICC`` on 148
    couples to 1e-10.

    References
    ----------
    Kenny, Kashy & Cook (2006), Dyadic data analysis, chapter 2. Shrout & Fleiss (1979),
    Psychological Bulletin 86, 420-428.

    Examples
    --------
    >>> found = dyad_icc([1, 2, 3, 4], [1, 3, 3, 5])
    >>> round(found.estimate, 3), round(found.ci_low, 3)
    (0.887, 0.251)
    """
    check_level(level)
    (x, y), total = complete(first, second)
    n = len(x)
    pair, apart = (x + y) / 2, x - y
    between = 2 * float(((pair - pair.mean()) ** 2).sum()) / (n - 1)
    within = float((apart**2).sum()) / (2 * n)
    one_of("method", method, ("anova", "double entry"))
    if between + within == 0:
        raise NotComputable("All scores are the same.")
    if method == "double entry":
        both = np.concatenate([x, y])
        centred = both - both.mean()
        r = 2 * float(centred[:n] @ centred[n:]) / float(centred @ centred)
        return Estimate(r, None, None, None, "double entry", n, total)
    estimate = (between - within) / (between + within)
    if within == 0:
        return Estimate(estimate, None, None, None, "ICC(1), ANOVA", n, total, ("all pairs agree",))
    f = between / within
    low, high = (
        (end - 1) / (end + 1)
        for end in (f / float(fdtri(n - 1, n, (1 + sign * level) / 2)) for sign in (1, -1))
    )
    return Estimate(estimate, low, high, level, "ICC(1), ANOVA", n, total)


def apim(
    outcome_a: ArrayLike,
    outcome_b: ArrayLike,
    predictor_a: ArrayLike,
    predictor_b: ArrayLike,
    *,
    level: float = 0.95,
) -> Apim:
    """Fit the actor–partner interdependence model, with members told apart and not.

    Parameters
    ----------
    outcome_a, outcome_b, predictor_a, predictor_b : arrays of shape (pairs,)
        Outcome and predictor of each member; NaN where there is none.
    level : float
        Level of the intervals.

    Returns
    -------
    Apim
        Effects in units of outcome per unit of predictor.

    Raises
    ------
    NotComputable
        If there are too few complete pairs, or a predictor does not vary.

    Notes
    -----
    Missing data: pairs with all four numbers.

    Members told apart: both outcomes have the same predictors, so generalized least squares with
    any covariance of the two residuals is least squares for each outcome; t has n − 3 degrees of
    freedom. Interchangeable members: half sums and half differences of the outcomes are
    independent, on half sums (slope s) and half differences (slope d) of the predictors; actor =
    (s + d)/2, partner = (s − d)/2, which is REML with compound symmetry in closed form; degrees
    of freedom after Satterthwaite. χ² = n ln(|S₀|/|S₁|) on 4 degrees of freedom, S the residual
    covariances by maximum likelihood.

    Checked against R's nlme 3.1 ``gls`` (corCompSymm; corSymm with varIdent) on 148 couples:
    effects and standard errors to 1e-7, χ² to 1e-5.

    References
    ----------
    Kenny, Kashy & Cook (2006), Dyadic data analysis, chapter 7.

    Examples
    --------
    >>> found = apim([2, 3, 4, 4, 5], [1, 3, 3, 5, 4], [1, 2, 3, 3, 5], [1, 3, 2, 4, 4])
    >>> round(found.actor.estimate, 3), round(found.partner.estimate, 3)
    (0.827, 0.077)
    """
    check_level(level)
    (ya, yb, xa, xb), total = complete(outcome_a, outcome_b, predictor_a, predictor_b)
    n, one = len(ya), np.ones(len(ya))
    of_a, of_b = (fit(np.column_stack([one, *xs]), y) for y, *xs in ((ya, xa, xb), (yb, xb, xa)))
    middle = fit(np.column_stack([one, (xa + xb) / 2]), (ya + yb) / 2)
    apart = fit(((xa - xb) / 2)[:, None], (ya - yb) / 2)
    residuals = np.array([of_a.residuals, of_b.residuals])
    spread = residuals @ residuals.T / n
    unlike = float(np.linalg.det(spread))
    if unlike <= _ROUNDING * float(np.trace(np.cov(ya, yb))) ** 2:
        raise NotComputable(
            "The predictors tell the outcomes exactly; no error is left to judge by."
        )
    chi2 = n * float(np.log(4 * middle.rss * apart.rss / n**2 / unlike))
    actor, partner = (_exchangeable(middle, apart, sign, level) for sign in (1, -1))
    own, other = np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    return Apim(
        actor_a=of_a.combined(own, level),
        actor_b=of_b.combined(own, level),
        partner_a=of_a.combined(other, level),
        partner_b=of_b.combined(other, level),
        actor=actor,
        partner=partner,
        residual_r=float(spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1])),
        chi2=chi2,
        df=4,
        p=float(chdtrc(4, chi2)),
        n_used=n,
        n_total=total,
    )


def _exchangeable(middle: Fit, apart: Fit, sign: int, level: float) -> Effect:
    estimate = (middle.coefficients[1] + sign * apart.coefficients[0]) / 2
    parts = middle.covariance[1, 1], apart.covariance[0, 0]
    df = sum(parts) ** 2 / (parts[0] ** 2 / middle.df + parts[1] ** 2 / apart.df)
    return Effect.of(estimate, np.sqrt(sum(parts)) / 2, df, level)


def complete(*columns: ArrayLike) -> tuple[list[Floats], int]:
    """Return the rows that have every number, and how many rows there are.

    Raises
    ------
    BadFrame
        If the columns differ in length.
    NotComputable
        With fewer than 3 complete rows.
    """
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    sizes = {array.shape for array in arrays}
    if len(sizes) > 1 or arrays[0].ndim != 1:
        raise BadFrame(
            f"The columns have shapes {sorted(sizes)}; give one number per pair in each."
        )
    table = np.array(arrays)
    known = table[:, ~np.isnan(table).any(axis=0)]
    if known.shape[1] < LEAST_PAIRS:
        raise NotComputable(f"It takes {LEAST_PAIRS} complete pairs; there are {known.shape[1]}.")
    return list(known), table.shape[1]
