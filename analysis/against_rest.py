"""Each partner against all others taken together: t tests that few raters do not mislead."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.adjustment import Adjustment, adjusted
from analysis.all_pairs import equivalence_p
from analysis.data import Floats, Label
from analysis.partner_sums import PartnerSums

NO_VARIANCE = "No test against the rest: no two raters of one partner differ."


@dataclass(frozen=True, slots=True)
class AgainstRest:
    """One partner against all others taken together.

    `difference` = its mean − theirs, with its interval, in scale points; `p` of the t test,
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
    difference = mean + sums.n * mean / (total - sums.n)
    tested = (sums.n > 1) & (total - sums.n > 1) & (sums.ss.sum() > 0)
    columns = _tested(sums, difference, level, bound) if tested.any() else {}
    columns = {name: values[tested] for name, values in columns.items()}
    for raw, name in (("p", "p_adjusted"), ("p_equivalent", "p_equal")):
        if raw in columns:
            columns[name] = adjusted(columns[raw], adjustment)
    found = iter(list(zip(*(values.tolist() for values in columns.values()), strict=True)))
    rows = zip(sums.partners, sums.n.tolist(), difference.tolist(), tested.tolist(), strict=True)
    return tuple(
        AgainstRest(name, int(n), apart, **dict(zip(columns, next(found), strict=True)))
        if known
        else AgainstRest(name, int(n), apart)
        for name, n, apart, known in rows
    )


def _tested(
    sums: PartnerSums, difference: Floats, level: float, bound: float | None
) -> dict[str, Floats]:
    """Return intervals and tests of every difference from the rest."""
    freedom = float(sums.n.sum()) - len(sums.partners)
    se, df = np.sqrt(_squared_errors(sums)), np.full(len(difference), freedom)
    half = stdtrit(df, (1 + level) / 2) * se
    spread = np.sqrt(sums.ss.sum() / freedom)
    columns = {
        "ci_low": difference - half,
        "ci_high": difference + half,
        "t": difference / se,
        "df": df,
        "p": 2 * stdtr(df, -np.abs(difference) / se),
        "hedges_g": difference / spread * (1 - 3 / (4 * freedom - 1)),
    }
    if bound is not None:
        columns["p_equivalent"] = equivalence_p(difference, se, df, bound)
    return columns


def _squared_errors(sums: PartnerSums) -> Floats:
    """Return the squared standard error of each partner's mean less that of its others.

    Raters who happen to agree say little of how far others would lie: no variance is taken for
    smaller than the one pooled within all partners.
    """
    n, others = sums.n, sums.n.sum() - sums.n
    freedom = n - 1
    pooled = sums.ss.sum() / freedom.sum()
    theirs = freedom.sum() - freedom
    own = np.divide(sums.ss, freedom, out=np.zeros(len(n)), where=freedom > 0)
    rest = np.divide(sums.ss.sum() - sums.ss, theirs, out=np.zeros(len(n)), where=theirs > 0)
    found = np.maximum(own, pooled) / n + np.maximum(rest, pooled) / others
    return np.asarray(found, dtype=np.float64)
