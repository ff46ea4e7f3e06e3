"""Control charts over waves with any number of raters: which wave is out of the ordinary."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, stdtrit

from analysis.data import Floats, Label
from analysis.disclosure import check_min_n
from analysis.errors import NotComputable
from analysis.estimate import check_level, one_of
from analysis.readable import Readable
from analysis.wave_sums import WaveSums

if TYPE_CHECKING:
    import pandas as pd

LIMITS = ("whole chart", "three sigma")
LEAST_WAVES = 2


@dataclass(frozen=True, slots=True)
class Point:
    """One wave: its raters, its value, and the limits within which chance would leave it.

    `outside` says whether the value lies beyond a limit.
    """

    wave: Label
    n: int
    value: float
    low: float
    high: float
    outside: bool


@dataclass(frozen=True, slots=True, repr=False)
class ControlChart(Readable):
    """Waves in their order, the middle of the chart, and how its limits were found.

    Parameters
    ----------
    points
        Waves that are shown.
    centre
        Mean, or share, of all raters of these waves.
    sigma
        Standard deviation within waves; None for shares.
    df
        Its degrees of freedom; None for shares.
    method
        "mean" or "share", and the kind of limits.
    level
        Probability that no wave lies outside by chance; None for three sigma.
    """

    points: tuple[Point, ...]
    centre: float
    sigma: float | None
    df: int | None
    method: str
    level: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {**asdict(self), "points": [asdict(point) for point in self.points]}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per wave as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(point) for point in self.points])


def mean_chart(
    values: ArrayLike,
    wave: Iterable[object],
    *,
    limits: str = "whole chart",
    level: float = 0.95,
    min_n: int = 1,
) -> ControlChart:
    """Chart the means of one partner's waves with limits that allow for each wave's raters.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row; NaN where there is none.
    wave : labels of shape (rows,)
        When.
    limits : "whole chart" or "three sigma"
        Limits that no wave passes with probability `level` where nothing has changed, or the
        customary three standard errors.
    level : float
        Level of the limits of the whole chart.
    min_n : int
        Waves with fewer raters are left out.

    Returns
    -------
    ControlChart
        Values and limits on the metric of the scores.

    Raises
    ------
    NotComputable
        With fewer than two waves, or no wave of two raters, or raters who all agree.

    Notes
    -----
    Missing data: rows without a value or a wave are left out.

    Whole chart (analysis of means): centre ± t(1 − α/2W; N − W) · s · √(1/n − 1/N) for W waves
    of N raters, α = 1 − level; s pools the variances within waves. Three sigma: centre ± 3s/√n.
    How often they raise a false alarm: docs/reference/waves.md. Checked against base R to 1e-10.

    References
    ----------
    Ott (1967), Industrial Quality Control 24, 101-109. Nelson, Wludyka & Copeland (2005), The
    analysis of means. Montgomery (2013), Introduction to statistical quality control, chapter 6.

    Examples
    --------
    >>> chart = mean_chart([4, 5, 4, 4, 5, 4, 2, 1, 2], [1, 1, 1, 2, 2, 2, 3, 3, 3])
    >>> [(point.wave, point.outside) for point in chart.points]
    [(1, False), (2, False), (3, True)]
    """
    check_level(level)
    check_min_n(min_n)
    one_of("limits", limits, LIMITS)
    n, mean, waves, (ss, df) = _shown(values, wave, min_n)
    if not df or not ss:
        raise NotComputable("No limits: raters within each wave are too few, or all agree.")
    total, sigma = float(n.sum()), float(np.sqrt(ss / df))
    centre = float(n @ mean) / total
    if limits == "three sigma":
        half = 3 * sigma / np.sqrt(n)
    else:
        reach = float(stdtrit(df, 1 - (1 - level) / (2 * len(n))))
        half = reach * sigma * np.sqrt(1 / n - 1 / total)
    return ControlChart(
        points=_points(waves, n, mean, (centre - half, centre + half)),
        centre=centre,
        sigma=sigma,
        df=int(df),
        method=f"mean, {limits}",
        level=level if limits == "whole chart" else None,
    )


def share_chart(
    marks: ArrayLike, wave: Iterable[object], *, level: float = 0.95, min_n: int = 1
) -> ControlChart:
    """Chart the share of one partner's raters who are marked, such as those who would recommend.

    Parameters
    ----------
    marks : array of shape (rows,)
        1 for a marked row, 0 for one that is not, NaN where that is not known.
    wave : labels of shape (rows,)
        When.
    level : float
        Probability that no wave lies outside where nothing has changed, at least.
    min_n : int
        Waves with fewer raters are left out.

    Returns
    -------
    ControlChart
        Shares from 0 to 1. A share on a limit is inside.

    Raises
    ------
    NotComputable
        With fewer than two waves.

    Notes
    -----
    Missing data: rows without a mark or a wave are left out.

    The limits are exact for any number of raters: given how many of all are marked, the number in
    a wave is hypergeometric where nothing has changed, and each tail holds at most α/2W. Checked
    against R 4.2.2 ``qhyper``.

    References
    ----------
    Nelson, Wludyka & Copeland (2005), The analysis of means, chapter 3 (for large samples).

    Examples
    --------
    >>> marks = [1] * 9 + [0] + [1] * 8 + [0] * 2 + [0] * 9 + [1]
    >>> chart = share_chart(marks, [1] * 10 + [2] * 10 + [3] * 10)
    >>> [(point.value, point.outside) for point in chart.points]
    [(0.9, False), (0.8, False), (0.1, True)]
    """
    check_level(level)
    check_min_n(min_n)
    n, share, waves, _ = _shown(marks, wave, min_n)
    total, marked = int(n.sum()), round(float(n @ share))
    tail = (1 - level) / (2 * len(n))
    ends = np.array([_hypergeometric(total, marked, int(k), tail) for k in n]) / n[:, None]
    return ControlChart(
        points=_points(waves, n, share, (ends[:, 0], ends[:, 1])),
        centre=marked / total,
        sigma=None,
        df=None,
        method="share, whole chart",
        level=level,
    )


def _shown(
    values: ArrayLike, wave: Iterable[object], min_n: int
) -> tuple[Floats, Floats, list[Label], tuple[float, float]]:
    """Return raters and means of the waves that may be shown, the waves, and their spread."""
    when = list(wave)
    cells = WaveSums.of(values, ["one"] * len(when), when).shown(min_n)
    there = np.flatnonzero(cells.n[0] > 0)
    if len(there) < LEAST_WAVES:
        raise NotComputable(f"A chart needs {LEAST_WAVES} waves; there are {len(there)}.")
    waves = [cells.waves[at] for at in there]
    return cells.n[0, there], cells.mean[0, there], waves, cells.within


def _points(
    waves: list[Label], n: Floats, value: Floats, limits: tuple[Floats, Floats]
) -> tuple[Point, ...]:
    low, high = limits
    rounding = 1e-12
    outside = (value < low - rounding) | (value > high + rounding)
    columns = (n.astype(int), value, low, high, outside)
    rows = zip(waves, *(column.tolist() for column in columns), strict=True)
    return tuple(Point(*row) for row in rows)


def _hypergeometric(total: int, marked: int, drawn: int, tail: float) -> tuple[int, int]:
    """Return the smallest and largest count that are not rarer than `tail` to either side."""
    counts = np.arange(max(0, drawn + marked - total), min(drawn, marked) + 1)
    logs = _log_choose(marked, counts) + _log_choose(total - marked, drawn - counts)
    chance = np.exp(logs - _log_choose(total, np.array([drawn])))
    below, above = np.cumsum(chance), np.cumsum(chance[::-1])[::-1]
    exact = 1e-12
    return int(counts[below > tail - exact].min()), int(counts[above > tail - exact].max())


def _log_choose(n: int, k: np.ndarray) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
