"""How the gap between two sides moves over the waves, partner by partner."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.data import Floats, Label
from analysis.disclosure import check_min_n, too_few
from analysis.errors import NotComputable
from analysis.estimate import check_level
from analysis.wave_sums import WaveSums

Pair = tuple[ArrayLike, ArrayLike]
Labels = tuple[Iterable[object], Iterable[object]]


@dataclass(frozen=True, slots=True)
class GapLine:
    """The gap of one partner, side A less side B, along a straight line over the waves.

    Parameters
    ----------
    n_waves, n_a, n_b
        Waves with two raters or more on each side, and the raters of each side in all of them.
    first, last
        The gap in the first and the last of these waves, on the line.
    slope
        Change of the gap per unit of time; with two waves one unit apart, last less first.
    se, df, ci_low, ci_high
        Its standard error, degrees of freedom and t interval; None where raters all agree.
    span
        Units of time from the first of these waves to the last.
    suppressed_reason
        Why there are no numbers.
    """

    partner: Label
    n_waves: int | None = None
    n_a: int | None = None
    n_b: int | None = None
    first: float | None = None
    last: float | None = None
    slope: float | None = None
    se: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    span: float | None = None
    suppressed_reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary."""
        return {**asdict(self), "partner": str(self.partner)}


def gap_lines(
    values: Pair, partner: Labels, wave: Labels, *, level: float = 0.95, min_n: int = 1
) -> tuple[GapLine, ...]:
    """Fit a line to the waves of each partner and side, and take one less the other.

    Parameters
    ----------
    values, partner, wave
        One score per row, whom it rates, and when: of side A, and of side B.
    level
        Level of the intervals.
    min_n
        Fewest raters of each side in a wave that enters; two are needed in any case.

    Returns
    -------
    tuple of GapLine
        All partners, on the metric of the scale.

    Raises
    ------
    NotComputable
        If there are no two waves in which both sides answered.

    Notes
    -----
    Missing data: a wave of a partner enters with both sides or not at all; the raters of
    different waves count as different people.

    Slope of a side b = Σn(t − t̄)m/Σn(t − t̄)² over wave means m of n raters, its variance
    Σ(n(t − t̄)/Σn(t − t̄)²)²s²/n with the variance s² of each wave, and of the gap the sum of both;
    degrees of freedom after Welch and Satterthwaite over all cells. Two waves: the difference of
    two differences of means.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2, 110-114.

    Examples
    --------
    >>> ours, theirs = [4, 4, 5, 5, 4, 5], [4, 5, 4, 2, 2, 1]
    >>> who, when = ["a"] * 6, [1, 1, 1, 2, 2, 2]
    >>> (line,) = gap_lines((ours, theirs), (who, who), (when, when))
    >>> line.first, line.last, round(line.ci_low, 2)
    (0.0, 3.0, 1.46)
    """
    check_level(level)
    check_min_n(min_n)
    sides = [_sums(values, partner, wave, side) for side in (0, 1)]
    answered = [side.n.sum(axis=0) > 0 for side in sides]
    if (answered[0] & answered[1]).sum() < 2:
        raise NotComputable("A gap over waves needs 2 waves in which both sides answered.")
    least = max(min_n, 2)
    a, b = (side.shown(least) for side in sides)
    both = (a.n > 0) & (b.n > 0)
    return tuple(
        _line(name, (a, b), at, np.flatnonzero(both[at]), level, least)
        for at, name in enumerate(a.partners)
    )


def _sums(values: Pair, partner: Labels, wave: Labels, side: int) -> WaveSums:
    """Sum one side up, over the partners and waves of both."""
    scores = [np.asarray(each, dtype=np.float64) for each in values]
    scores[1 - side] = np.full(scores[1 - side].shape, np.nan)
    who, when = ([*labels[0], *labels[1]] for labels in (partner, wave))
    return WaveSums.of(np.concatenate(scores), who, when)


def _line(
    name: Label,
    sides: tuple[WaveSums, WaveSums],
    row: int,
    at: NDArray[np.intp],
    level: float,
    least: int,
) -> GapLine:
    if len(at) < 2:
        few = f"{too_few(least)} of one side in all waves but one"
        return GapLine(name, suppressed_reason=few if len(at) else f"{too_few(least)} of one side")
    times = sides[0].times[at]
    ends = [_ends(side, row, at, times) for side in sides]
    (first_a, last_a, _, n_a), (first_b, last_b, _, n_b) = ends
    span = float(times[-1] - times[0])
    first, last = first_a - first_b, last_a - last_b
    slope = (last - first) / span
    known = GapLine(name, len(at), int(n_a.sum()), int(n_b.sum()), first, last, slope, span=span)
    parts, n = np.concatenate([ends[0][2], ends[1][2]]), np.concatenate([n_a, n_b])
    squared = float(parts.sum())
    if squared <= 0:
        return known
    df = squared**2 / float((parts**2 / (n - 1)).sum())
    se = float(np.sqrt(squared))
    half = float(stdtrit(df, (1 + level) / 2)) * se
    fields = {**asdict(known), "se": se, "df": df}
    return GapLine(**fields | {"ci_low": slope - half, "ci_high": slope + half})


def _ends(
    side: WaveSums, row: int, at: NDArray[np.intp], times: Floats
) -> tuple[float, float, Floats, Floats]:
    """Return a side's line at both ends, its waves' shares of the slope's variance, and raters."""
    n, mean = side.n[row, at], side.mean[row, at]
    middle = float(n @ times) / float(n.sum())
    weight = n * (times - middle)
    weight = weight / float(weight @ (times - middle))
    slope, centre = float(weight @ mean), float(n @ mean) / float(n.sum())
    first, last = (centre + slope * float(time - middle) for time in (times[0], times[-1]))
    return first, last, weight**2 * side.ss[row, at] / (n - 1) / n, n
