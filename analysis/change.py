"""Change of partners from wave to wave, each with its interval, and shrunken over partners."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc, stdtrit

from analysis import reml, slopes
from analysis.data import Label
from analysis.disclosure import check_min_n, too_few
from analysis.errors import NotComputable
from analysis.estimate import check_level
from analysis.posterior import intervals_along
from analysis.readable import Readable
from analysis.wave_sums import WaveSums

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PartnerTrend:
    """One partner over its waves; numbers are None where not computable or suppressed.

    Parameters
    ----------
    n_waves, n_raters
        Waves and raters on which the slope rests.
    n_first, first, n_last, last
        Raters and mean of its first and its last wave.
    slope
        Change per unit of time; with two waves one unit apart, last less first.
    ci_low, ci_high
        t interval of the slope.
    shrunken, shrunken_ci_low, shrunken_ci_high
        Slope drawn towards the mean of all partners, and its posterior interval.
    reliability
        Of the slope: how much of it is kept.
    """

    partner: Label
    n_waves: int | None = None
    n_raters: int | None = None
    n_first: int | None = None
    first: float | None = None
    n_last: int | None = None
    last: float | None = None
    slope: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    shrunken: float | None = None
    shrunken_ci_low: float | None = None
    shrunken_ci_high: float | None = None
    reliability: float | None = None
    suppressed_reason: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Trend(Readable):
    """Slopes of all partners, and their mean.

    Parameters
    ----------
    rows
        Partners in the order of their labels.
    waves
        Waves in their order.
    mu, mu_ci_low, mu_ci_high
        Mean slope over partners, with its interval.
    tau2, sigma2, df
        Variance between true slopes, and between the raters of a partner in a wave; the degrees
        of freedom of the latter, and so of the t intervals.
    bend_f, bend_df1, bend_df2, bend_p
        F test whether wave means leave their straight lines by more than raters explain; None
        with two waves.
    """

    rows: tuple[PartnerTrend, ...]
    waves: tuple[Label, ...]
    level: float
    method: str
    n_used: int
    n_total: int
    mu: float | None = None
    mu_ci_low: float | None = None
    mu_ci_high: float | None = None
    tau2: float | None = None
    sigma2: float | None = None
    df: int | None = None
    bend_f: float | None = None
    bend_df1: int | None = None
    bend_df2: int | None = None
    bend_p: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [asdict(row) for row in self.rows]
        return {**asdict(self), "rows": rows, "waves": list(self.waves), "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


def change(
    values: ArrayLike,
    partner: Iterable[object],
    wave: Iterable[object],
    *,
    level: float = 0.95,
    min_n: int = 1,
    since: Label | None = None,
) -> Trend:
    """Compare the last wave with the one before it, or with a wave that is named; see `trend`.

    Parameters
    ----------
    values, partner, wave, level, min_n
        As for `trend`.
    since
        An earlier wave; None: the last but one.

    Returns
    -------
    Trend
        Over those two waves; `slope` is the last mean less the earlier one (with `since` however
        far they lie apart, else per unit of time).

    Raises
    ------
    NotComputable
        If there is a single wave, or `since` is none of them or the last.

    Examples
    --------
    >>> found = change([3, 4, 3, 4, 5, 5], ["a"] * 6, [1, 1, 1, 2, 2, 2])
    >>> round(found.rows[0].slope, 3), round(found.rows[0].ci_low, 3)
    (1.333, 0.025)
    """
    sums = WaveSums.of(values, partner, wave)
    if since is not None:
        return _trend(sums.since(since), level, min_n)
    return _trend(sums, level, min_n, last=2)


def trend(
    values: ArrayLike,
    partner: Iterable[object],
    wave: Iterable[object],
    *,
    level: float = 0.95,
    min_n: int = 1,
) -> Trend:
    """Fit a straight line over the waves of each partner, and shrink the slopes.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row, on the metric of the scale; NaN where there is none.
    partner, wave : labels of shape (rows,)
        Who is rated, and when. Waves that are whole numbers are points in time; others count as
        0, 1, 2 … in their order.
    level : float
        Level of the intervals.
    min_n : int
        Waves of a partner with fewer raters enter no number.

    Returns
    -------
    Trend
        Slopes on the metric of the scale per unit of time.

    Raises
    ------
    NotComputable
        If there is a single wave.
    BadFrame, UnknownChoice
        If lengths or choices do not fit.

    Notes
    -----
    Missing data: rows without a value, a partner or a wave are left out. The raters of a
    partner in different waves count as different people, as they are where answers cannot be
    linked; where the same people answer again, intervals are wider than they need be.

    Slope b = Σn(t − t̄)m/S with S = Σn(t − t̄)², over the wave means m of n raters. Its variance is
    σ²/S, with σ² from all cells, on Σ(n − 1) degrees of freedom. Slopes are shrunken like means
    (`partners.partner_scores`), S in the place of the number of raters. The interval of the mean
    slope is that of Hartung and Knapp.

    Checked against R 4.2.2 ``lm`` with a line per partner and σ from the cells, and lme4 1.1-31
    for τ² (`docs/reference/waves.md`). With two waves the slope is the difference of means.

    References
    ----------
    Hartung & Knapp (2001), Statistics in Medicine 20, 3875-3889 (interval of the mean). Morris
    (1983), Journal of the American Statistical Association 78, 47-55 (shrinkage).

    Examples
    --------
    >>> who, when = ["a"] * 4 + ["b"] * 4, [1, 1, 2, 2] * 2
    >>> found = trend([3, 4, 4, 5, 2, 3, 2, 3], who, when)
    >>> [(row.partner, row.slope) for row in found.rows]
    [('a', 1.0), ('b', 0.0)]
    """
    return _trend(WaveSums.of(values, partner, wave), level, min_n)


def _trend(sums: WaveSums, level: float, min_n: int, last: int = 0) -> Trend:
    check_level(level)
    check_min_n(min_n)
    total = int(sums.n.sum())
    if len(sums.waves) < 2:
        raise NotComputable(f"Change needs 2 waves; there are {len(sums.waves)}.")
    cells = (sums.last(last) if last else sums).shown(min_n)
    lines = slopes.lines(cells)
    rows = [_row(cells, at, min_n) for at in range(len(cells.partners))]
    for at, slope in zip(lines.at, lines.slope.tolist(), strict=True):
        rows[at] = replace(rows[at], slope=slope)
    ss, df = cells.within
    table = Trend(
        rows=tuple(rows),
        waves=cells.waves,
        level=level,
        method="t interval",
        n_used=int(cells.n.sum()),
        n_total=total,
    )
    if not len(lines.at):
        return replace(table, notes=("No partner has answers in two waves.",))
    if not df:
        return replace(table, notes=("No intervals: no partner has two raters in a wave.",))
    if not ss:
        return replace(table, notes=("No intervals: the raters of each wave all agree.",))
    return _pooled(_with_intervals(table, lines, ss / df, df), lines, ss, df)


def _row(cells: WaveSums, at: int, min_n: int) -> PartnerTrend:
    name, waves = cells.partners[at], np.flatnonzero(cells.n[at] > 0)
    if len(waves) < 2:
        few = "answers in one wave only" if min_n == 1 else f"{too_few(min_n)} in all waves but one"
        reason = few if len(waves) else too_few(min_n)
        return PartnerTrend(name, suppressed_reason=reason)
    first, last = waves[0], waves[-1]
    return PartnerTrend(
        partner=name,
        n_waves=len(waves),
        n_raters=int(cells.n[at].sum()),
        n_first=int(cells.n[at, first]),
        first=float(cells.mean[at, first]),
        n_last=int(cells.n[at, last]),
        last=float(cells.mean[at, last]),
    )


def _with_intervals(table: Trend, lines: slopes.Lines, sigma2: float, df: float) -> Trend:
    """Add slopes, their t intervals, and the test of the straight line."""
    half = float(stdtrit(df, (1 + table.level) / 2)) * np.sqrt(sigma2 / lines.weight)
    rows = list(table.rows)
    for at, slope, reach in zip(lines.at, lines.slope.tolist(), half.tolist(), strict=True):
        rows[at] = replace(rows[at], ci_low=slope - reach, ci_high=slope + reach)
    table = replace(table, rows=tuple(rows), sigma2=sigma2, df=int(df))
    if not lines.bend_df:
        return table
    f = lines.bend / lines.bend_df / sigma2
    p = float(fdtrc(lines.bend_df, df, f))
    note = "Wave means leave their straight lines by more than raters explain: read each wave."
    return replace(
        table,
        bend_f=f,
        bend_df1=lines.bend_df,
        bend_df2=int(df),
        bend_p=p,
        notes=(note,) if p < 1 - table.level else (),
    )


def _pooled(table: Trend, lines: slopes.Lines, ss: float, df: float) -> Trend:
    """Shrink the slopes towards their mean."""
    along = reml.Profile(lines.weight, lines.slope, ss, True, df)  # noqa: FBT003 - restricted
    if along.n.size < 2:
        return replace(table, notes=(*table.notes, "One partner: nothing to shrink towards."))
    found = reml.fit_along(along)
    half = slopes.knapp(along, found, table.level)
    shrunken = reml.shrink(along.n, along.mean, found)
    numbers = {"shrunken": shrunken.score, "reliability": shrunken.reliability}
    notes: tuple[str, ...] = ()
    try:
        low, high = intervals_along(along, table.level)
        numbers |= {"shrunken_ci_low": low, "shrunken_ci_high": high}
    except NotComputable as reason:
        notes = (f"No intervals of the shrunken changes. {reason}",)
    rows = list(table.rows)
    for place, at in enumerate(lines.at):
        own = {name: float(each[place]) for name, each in numbers.items()}
        rows[at] = replace(rows[at], **own)
    return replace(
        table,
        rows=tuple(rows),
        mu=found.mu,
        mu_ci_low=found.mu - half,
        mu_ci_high=found.mu + half,
        tau2=found.tau2,
        method="t interval; empirical Bayes from REML of the slopes",
        notes=(*table.notes, *found.notes, *notes),
    )
