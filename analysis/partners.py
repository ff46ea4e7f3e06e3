"""Score each partner: its own mean with a t interval, and the mean shrunken by what n allows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from analysis import reml
from analysis.data import Floats, Groups, Label
from analysis.disclosure import check_min_n, too_few
from analysis.errors import NotComputable
from analysis.estimate import check_level
from analysis.partner_sums import PartnerSums, coded
from analysis.posterior import posterior_intervals
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PartnerScore:
    """One partner; numbers are None where not computable, all of them where suppressed."""

    partner: Label
    n: int | None
    mean: float | None = None
    sd: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    shrunken: float | None = None
    shrunken_se: float | None = None
    shrunken_ci_low: float | None = None
    shrunken_ci_high: float | None = None
    reliability: float | None = None
    suppressed_reason: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class PartnerTable(Readable):
    """Partners in the order of their labels, and the variances they were shrunken by."""

    rows: tuple[PartnerScore, ...]
    mu: float | None
    mu_se: float | None
    tau2: float | None
    sigma2: float | None
    level: float
    method: str
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[PartnerScore, ...]:
        """The partners that are not suppressed."""
        return tuple(row for row in self.rows if row.suppressed_reason is None)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [{**asdict(row), "notes": list(row.notes)} for row in self.rows]
        return {**asdict(self), "rows": rows, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame(self.to_dict()["rows"])


def partner_scores(
    values: ArrayLike,
    partner: Iterable[object],
    *,
    pool: bool = True,
    level: float = 0.95,
    min_n: int = 1,
) -> PartnerTable:
    """Score each partner by the mean of its raters, with and without shrinkage.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row, on the scale's own range; NaN where there is none.
    partner : labels of shape (rows,)
        Who is rated in each row; None or NaN where that is not known.
    pool : bool
        Whether to shrink the means towards the grand mean.
    level : float
        Confidence level of the t interval.
    min_n : int
        Partners with fewer raters are suppressed and enter no number of the table.

    Returns
    -------
    PartnerTable
        Per partner `n` (raters with a score), `mean`, `sd` and the t interval on the scale's
        range, `shrunken`, `shrunken_se` and `shrunken_ci_low`, `shrunken_ci_high` on the same
        range, `reliability` from 0 to 1. `mu` and `mu_se` on the scale's range, `tau2` and
        `sigma2` in its square.

    Raises
    ------
    BadFrame
        If `values` and `partner` differ in length.
    UnknownChoice
        If `level` is not a share or `min_n` not a positive whole number.

    Notes
    -----
    Missing data: rows without a value or without a partner are left out; `n_used` of `n_total`
    rows are in.

    Interval: mean ± t(n − 1) sd/√n. Shrunken score: mu + reliability (mean − mu), with
    reliability = n tau2/(n tau2 + sigma2), by `reml.fit` and `reml.shrink`. `shrunken_se` takes
    tau2 and sigma2 as known; the interval averages over them (`posterior_intervals`), so it is
    wider than 1.96 standard errors to either side.

    Checked against R 4.2.2 ``t.test`` to 1e-10, lme4 1.1-31 ``ranef(condVar = TRUE)`` to 1e-5.

    References
    ----------
    Student (1908), Biometrika 6, 1-25. Morris (1983), Journal of the American Statistical
    Association 78, 47-55.

    Examples
    --------
    >>> table = partner_scores([3, 4, 5, 1, 2, 3], ["a", "a", "a", "b", "b", "b"])
    >>> [(row.partner, row.mean, round(row.shrunken, 3)) for row in table.rows]
    [('a', 4.0, 3.833), ('b', 2.0, 2.167)]
    """
    check_level(level)
    check_min_n(min_n)
    scores = np.asarray(values, dtype=np.float64)
    return score_groups(scores, coded(partner), pool=pool, level=level, min_n=min_n)


def score_groups(
    scores: Floats, by: Groups, *, pool: bool = True, level: float = 0.95, min_n: int = 1
) -> PartnerTable:
    """Score each partner as `partner_scores` does, from scores `(n,)` and partners by index."""
    names, codes = by
    sums = PartnerSums.of_codes(names, scores, codes)
    enough = sums.n >= min_n
    shown = sums.only(enough)
    scored = iter(_scored(shown, level))
    table = PartnerTable(
        rows=tuple(
            next(scored) if ok else _suppressed(name, min_n)
            for name, ok in zip(sums.partners, enough, strict=True)
        ),
        mu=None,
        mu_se=None,
        tau2=None,
        sigma2=None,
        level=level,
        method="t interval",
        n_used=int(shown.n.sum()),
        n_total=len(scores),
    )
    return _pooled(table, shown) if pool else table


def _suppressed(name: Label, min_n: int) -> PartnerScore:
    return PartnerScore(partner=name, n=None, suppressed_reason=too_few(min_n))


def _scored(sums: PartnerSums, level: float) -> list[PartnerScore]:
    freedom = np.maximum(sums.n - 1, 1)
    sd = np.sqrt(sums.ss / freedom)
    half = stdtrit(freedom, (1 + level) / 2) * sd / np.sqrt(sums.n)
    rows = zip(sums.partners, sums.n, sums.mean, sd, half, strict=True)
    return [_row(name, int(n), float(m), float(s), float(h)) for name, n, m, s, h in rows]


def _row(name: Label, n: int, mean: float, sd: float, half: float) -> PartnerScore:
    if n == 1:
        return PartnerScore(name, n, mean, notes=("One rater: no interval.",))
    notes = () if sd > 0 else ("All raters agree: the interval is a point.",)
    return PartnerScore(name, n, mean, sd, mean - half, mean + half, notes=notes)


def _pooled(table: PartnerTable, sums: PartnerSums) -> PartnerTable:
    try:
        found = reml.fit(sums.n, sums.mean, sums.ss)
    except NotComputable as reason:
        return replace(table, notes=(*table.notes, f"No shrunken scores. {reason}"))
    by_partner, notes = _shrunken(sums, found, table.level)
    return replace(
        table,
        rows=tuple(replace(row, **by_partner.get(row.partner, {})) for row in table.rows),
        mu=found.mu,
        mu_se=found.mu_se,
        tau2=found.tau2,
        sigma2=found.sigma2,
        method="t interval; empirical Bayes from one-way REML",
        notes=(*table.notes, *found.notes, *notes),
    )


def _shrunken(
    sums: PartnerSums, found: reml.VarianceComponents, level: float
) -> tuple[dict[Label, dict[str, Any]], tuple[str, ...]]:
    """Return the fields that pooling fills for each partner, and what a reader must know."""
    score = reml.shrink(sums.n, sums.mean, found)
    fields = {
        "shrunken": score.score,
        "shrunken_se": score.se,
        "reliability": score.reliability,
    }
    notes: tuple[str, ...] = ()
    try:
        ends = posterior_intervals(sums.n, sums.mean, sums.ss, level)
        fields |= dict(zip(("shrunken_ci_low", "shrunken_ci_high"), ends, strict=True))
    except NotComputable as reason:
        notes = (f"No intervals of the shrunken scores. {reason}",)
    lists = {name: values.tolist() for name, values in fields.items()}
    by_partner = {
        name: {field: values[at] for field, values in lists.items()}
        for at, name in enumerate(sums.partners)
    }
    return by_partner, notes
