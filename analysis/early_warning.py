"""Early warnings: what in the answers on a partner speaks for trouble ahead, and how surely.

Each rule raises a warning only where an interval says so, and states how often it does where
nothing is wrong (`FALSE_ALARMS`, simulated; docs/reference/waves.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.change import Trend
from analysis.coorientation import FALSE_CONSENSUS, Coorientation
from analysis.data import Floats, Label
from analysis.disclosure import check_min_n
from analysis.errors import BadFrame, NotComputable
from analysis.estimate import check_level
from analysis.gaps import Sample, pooled
from analysis.partner_sums import coded
from analysis.wave_sums import WaveSums

RULES = {
    "falling": "the whole interval of the trend lies below 0",
    "widening gap": "the whole interval of the growth of the gap between the sides lies above 0",
    "false consensus": "the sides are apart, and one of them believes that they are close",
    "spread": "raters lie further from their middle than those of the other partners, by more "
    "than chance gives",
}
FALSE_ALARMS = {
    "falling": 0.030,
    "widening gap": 0.025,
    "false consensus": 0.040,
    "spread": 0.070,
}
"""Share of partners warned of although nothing is wrong, at level .95: the highest found."""


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """One warning of one partner on one scale.

    Parameters
    ----------
    partner
        Whom it concerns.
    rule
        A key of `RULES`.
    value, ci_low, ci_high
        What was found, with its interval, on the metric of the scale.
    threshold
        What the interval passed.
    evidence
        The same in a sentence.
    """

    partner: Label
    rule: str
    value: float
    ci_low: float
    ci_high: float
    threshold: float
    evidence: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary, with how often the rule raises a false alarm."""
        told = {"limit": RULES[self.rule], "false_alarms": FALSE_ALARMS[self.rule]}
        return {**asdict(self), "partner": str(self.partner), **told}


def falling(trend: Trend) -> tuple[EarlyWarning, ...]:
    """Warn of partners whose trend surely falls.

    Parameters
    ----------
    trend
        From `change.trend` or `change.change`. The partner's own slope counts, not the shrunken
        one: an alarm is to be raised in time, and its rate of false ones is known.

    Examples
    --------
    >>> from analysis.change import change
    >>> found = change([5, 4, 5, 2, 1, 2], ["a"] * 6, [1, 1, 1, 2, 2, 2])
    >>> falling(found)[0].evidence
    'Falls by 3.00 per wave, interval 1.69 to 4.31, over waves 1 to 2.'
    """
    found = []
    over = f"over waves {trend.waves[0]} to {trend.waves[-1]}"
    for row in trend.rows:
        slope, low, high = row.slope, row.ci_low, row.ci_high
        if slope is None or low is None or high is None or high >= 0:
            continue
        told = f"Falls by {-slope:.2f} per wave, interval {-high:.2f} to {-low:.2f}, {over}."
        found.append(EarlyWarning(row.partner, "falling", slope, low, high, 0.0, told))
    return tuple(found)


def false_consensus(
    sides: Mapping[Label, Coorientation], names: tuple[str, str] = ("side A", "side B")
) -> tuple[EarlyWarning, ...]:
    """Warn of partners where the sides are apart and one believes that they are not.

    Parameters
    ----------
    sides
        Partner to its two sides, from `coorientation.coorientation`.
    names
        What the evidence is to call the sides.

    Examples
    --------
    >>> from analysis.coorientation import coorientation
    >>> found = coorientation([5, 4, 5, 4, 5, 4], [2, 3, 2, 3, 3, 2], [4, 4, 5, 4, 5, 4])
    >>> false_consensus({"Acme": found})[0].evidence
    'The sides lie 2.00 apart, interval 1.30 to 2.70; side A believes that they are close.'
    """
    found = []
    for partner, pair in sides.items():
        states = (pair.state_a, pair.state_b)
        blind = [n for n, s in zip(names, states, strict=True) if s == FALSE_CONSENSUS]
        gap = pair.agreement
        if not blind or gap.estimate is None or gap.ci_low is None or gap.ci_high is None:
            continue
        size, low, high = _outward(gap.estimate, gap.ci_low, gap.ci_high)
        who = "both sides believe" if len(blind) == 2 else f"{blind[0]} believes"
        apart = f"The sides lie {size:.2f} apart, interval {low:.2f} to {high:.2f}"
        told = f"{apart}; {who} that they are close."
        row = (gap.estimate, gap.ci_low, gap.ci_high, pair.margin)
        found.append(EarlyWarning(partner, "false consensus", *row, told))
    return tuple(found)


def widening_gap(
    values: tuple[ArrayLike, ArrayLike],
    partner: tuple[Iterable[object], Iterable[object]],
    wave: tuple[Iterable[object], Iterable[object]],
    *,
    level: float = 0.95,
    min_n: int = 1,
) -> tuple[EarlyWarning, ...]:
    """Warn of partners where the gap between the sides has grown since the wave before.

    Parameters
    ----------
    values, partner, wave
        One score per row, whom it rates, and when: of side A, and of side B.
    level
        Level of the interval.
    min_n
        Fewest raters of each side in each of the two waves.

    Raises
    ------
    NotComputable
        If either side has a single wave.

    Notes
    -----
    The gap is A − B; its growth is that away from 0, with the sign of the last wave, and it must
    have become larger. SE² sums
    s²/n over the four cells, with Welch–Satterthwaite degrees of freedom.

    Examples
    --------
    >>> ours, theirs = [4, 4, 5, 5, 4, 5], [4, 5, 4, 2, 2, 1]
    >>> who, when = ["a"] * 6, [1, 1, 1, 2, 2, 2]
    >>> widening_gap((ours, theirs), (who, who), (when, when))[0].evidence
    'The gap between the sides grew by 3.00, interval 1.46 to 4.54, from 0.00 to 3.00.'
    """
    check_level(level)
    check_min_n(min_n)
    a, b = (
        WaveSums.of(*each).shown(max(min_n, 2)) for each in zip(values, partner, wave, strict=True)
    )
    last = [wave for wave in a.waves if wave in b.waves][-2:]
    if len(last) < 2:
        raise NotComputable("A widening gap needs 2 waves in which both sides answered.")
    found = []
    for name in (name for name in a.partners if name in b.partners):
        cells = [_cells(side, name, last) for side in (a, b)]
        row = _growth(cells, level)
        if row is None:
            continue
        size, low, high, before, after = row
        if low > 0:
            grew = f"grew by {size:.2f}, interval {low:.2f} to {high:.2f}"
            told = f"The gap between the sides {grew}, from {before:.2f} to {after:.2f}."
            found.append(EarlyWarning(name, "widening gap", size, low, high, 0.0, told))
    return tuple(found)


def spread(
    values: ArrayLike, partner: Iterable[object], *, level: float = 0.95, min_n: int = 1
) -> tuple[EarlyWarning, ...]:
    """Warn of partners whose raters disagree more than those of the other partners.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row.
    partner : labels of shape (rows,)
        Who is rated.
    level
        Level of the interval.
    min_n
        Partners with fewer raters are left out; three are needed in any case.

    Notes
    -----
    Each rater's distance from the median of the partner; the mean distance of the partner less
    that of all other partners' raters, with Student's interval. It holds for skewed answers,
    unlike a ratio of variances; near an end of the scale there is less room to differ, so a
    partner in the middle may be named for that alone.

    References
    ----------
    Brown & Forsythe (1974), Journal of the American Statistical Association 69, 364-367 (here
    for one group against the rest).

    Examples
    --------
    >>> calm = [3, 3, 4, 3, 4, 3, 3, 4, 4, 3]
    >>> who = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    >>> [w.partner for w in spread([*calm, *calm, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5], who)]
    ['c']
    """
    check_level(level)
    check_min_n(min_n)
    scores = np.asarray(values, dtype=np.float64)
    names, codes = coded(partner)
    if scores.shape != codes.shape:
        raise BadFrame(
            f"There are values of shape {scores.shape} and {len(codes)} partner labels; "
            "give one value and one label per row."
        )
    distance, codes = _distances(scores, codes, len(names), max(min_n, 3))
    found = []
    for code in np.unique(codes[codes >= 0]).tolist():
        own = Sample.of(distance[codes == code])
        rest = Sample.of(distance[(codes >= 0) & (codes != code)])
        gap = pooled(own, rest, level=level, margin=1.0)
        if gap.estimate is None or gap.ci_low is None or gap.ci_high is None or gap.ci_low <= 0:
            continue
        told = (
            f"Raters lie {own.mean:.2f} from their middle on average, those of other partners "
            f"{rest.mean:.2f}: {gap.estimate:.2f} more, interval {gap.ci_low:.2f} to "
            f"{gap.ci_high:.2f}."
        )
        row = (gap.estimate, gap.ci_low, gap.ci_high, 0.0)
        found.append(EarlyWarning(names[code], "spread", *row, told))
    return tuple(found)


def _distances(
    scores: Floats, codes: NDArray[np.intp], partners: int, least: int
) -> tuple[Floats, NDArray[np.intp]]:
    """Return each row's distance from its partner's median, and its partner: -1 if too small."""
    codes = np.where(np.isnan(scores), -1, codes)
    distance = np.full(len(scores), np.nan)
    for code in range(partners):
        own = codes == code
        if own.sum() < least:
            codes = np.where(own, -1, codes)
        else:
            distance[own] = np.abs(scores[own] - np.median(scores[own]))
    return distance, codes


def _cells(side: WaveSums, name: Label, waves: list[Label]) -> list[Sample]:
    row = side.partners.index(name)
    at = [side.waves.index(wave) for wave in waves]
    return [
        Sample(int(side.n[row, j]), side.mean[row, j], side.ss[row, j] / max(side.n[row, j] - 1, 1))
        for j in at
    ]


def _growth(
    cells: list[list[Sample]], level: float
) -> tuple[float, float, float, float, float] | None:
    """Return how much the gap grew, its interval, and the gap before and after."""
    (a1, a2), (b1, b2) = cells
    four = (a1, a2, b1, b2)
    shares = np.array([cell.variance / max(cell.n, 1) for cell in four])
    if min(cell.n for cell in four) < 2 or not shares.sum():
        return None
    before, after = a1.mean - b1.mean, a2.mean - b2.mean
    df = shares.sum() ** 2 / (shares**2 / [cell.n - 1 for cell in four]).sum()
    half = float(stdtrit(df, (1 + level) / 2) * np.sqrt(shares.sum()))
    size = float(abs(after) - abs(before))
    return size, size - half, size + half, float(abs(before)), float(abs(after))


def _outward(estimate: float, low: float, high: float) -> tuple[float, float, float]:
    return (estimate, low, high) if estimate >= 0 else (-estimate, -high, -low)
