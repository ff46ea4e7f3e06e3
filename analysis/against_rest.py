"""Each partner against all others taken together: Welch's t from sums."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.adjustment import Adjustment, adjusted
from analysis.all_pairs import equivalence_p
from analysis.data import Floats, Label
from analysis.partner_sums import PartnerSums

_ROUNDING = 1e-12  # a spread below this share of the squared difference is none


@dataclass(frozen=True, slots=True)
class AgainstRest:
    """One partner against all others taken together.

    `difference` = its mean − theirs, with its interval, in scale points; `p` of Welch's t test,
    `p_adjusted` for testing every partner; `hedges_g` in standard deviations; `p_equivalent` is
    that of «the difference is as large as the bound», `p_equal` the same adjusted as p is.
    """

    partner: Label
    n: int
    difference: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    t: float | None = None
    df: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    hedges_g: float | None = None
    p_equivalent: float | None = None
    p_equal: float | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The others of each partner: how far its mean lies above theirs, their rows and spread."""

    difference: Floats
    n: Floats
    ss: Floats


def against_rest(
    sums: PartnerSums, level: float, bound: float | None, adjustment: Adjustment
) -> tuple[AgainstRest, ...]:
    """Compare each partner with all rows of the others, from sums round the grand mean.

    Parameters
    ----------
    sums : PartnerSums
        Of all partners that are compared, each with a row.
    level, bound, adjustment
        As in `comparisons.compare`, where formulas and sources stand.
    """
    total = float(sums.n.sum())
    if len(sums.partners) < 2:
        return tuple(AgainstRest(name, int(total), None) for name in sums.partners)
    mean = sums.mean - sums.n @ sums.mean / total
    others = total - sums.n
    theirs = -sums.n * mean / others
    squares = float(sums.ss.sum() + sums.n @ mean**2)
    ss_rest = np.maximum(squares - sums.ss - sums.n * mean**2 - others * theirs**2, 0.0)
    difference = mean - theirs
    varies = sums.ss + ss_rest > _ROUNDING * (1 + difference**2)
    tested = (sums.n > 1) & (others > 1) & varies
    rest = Rest(difference[tested], others[tested], ss_rest[tested])
    found = iter(_welch(sums.only(tested), rest, level, bound, adjustment))
    rows = zip(sums.partners, sums.n.tolist(), difference.tolist(), tested.tolist(), strict=True)
    return tuple(
        next(found) if known else AgainstRest(name, int(n), apart) for name, n, apart, known in rows
    )


def _welch(
    own: PartnerSums, rest: Rest, level: float, bound: float | None, adjustment: Adjustment
) -> list[AgainstRest]:
    """Compare the means of partners with those of their others."""
    n, ss, difference, m = own.n, own.ss, rest.difference, rest.n
    a, b = ss / (n - 1) / n, rest.ss / (m - 1) / m
    se = np.sqrt(a + b)
    df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    half = stdtrit(df, (1 + level) / 2) * se
    pooled = np.sqrt((ss + rest.ss) / (n + m - 2))
    p = 2 * stdtr(df, -np.abs(difference) / se)
    columns = {
        "difference": difference,
        "ci_low": difference - half,
        "ci_high": difference + half,
        "t": difference / se,
        "df": df,
        "p": p,
        "p_adjusted": adjusted(p, adjustment),
        "hedges_g": difference / pooled * (1 - 3 / (4 * (n + m) - 9)),
    }
    if bound is not None:
        columns["p_equivalent"] = equivalence_p(difference, se, df, bound)
        columns["p_equal"] = adjusted(columns["p_equivalent"], adjustment)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [
        AgainstRest(name, int(raters), **dict(zip(columns, row, strict=True)))
        for name, raters, row in zip(own.partners, n, rows, strict=True)
    ]
