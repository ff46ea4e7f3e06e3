"""Early warnings: what in the answers on a partner speaks for trouble ahead, and how surely.

Each rule raises a warning only where an interval or a test says so, and states how often it does
where nothing is wrong (`FALSE_ALARMS`, simulated; docs/reference/waves.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.change import Trend
from analysis.coorientation import Coorientation
from analysis.coorientation_states import FALSE_CONSENSUS
from analysis.data import Label
from analysis.gap_trend import GapLine, Labels, Pair, gap_lines
from analysis.gaps import Gap

RULES = {
    "falling": "the whole interval of the trend lies below 0",
    "widening gap": "the whole interval of the growth of the gap between the sides lies above 0",
    "false consensus": "the sides are apart, and one of them wrongly believes that they are close",
    "spread": "raters lie further from their middle than those of the other partners, by more "
    "than chance gives where all vary alike",
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
    p
        Of a test in the direction of the rule, doubled: below 1 − level where the rule warns.
    raised
        Whether the rule warns; else this is only a place that was looked at.
    """

    partner: Label
    rule: str
    value: float
    ci_low: float
    ci_high: float
    threshold: float
    evidence: str
    p: float
    raised: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary, with how often the rule raises a false alarm."""
        told = {"limit": RULES[self.rule], "false_alarms": FALSE_ALARMS[self.rule]}
        fields = {name: each for name, each in asdict(self).items() if name != "raised"}
        return {**fields, "partner": str(self.partner), **told}


def falling(trend: Trend, *, every: bool = False) -> tuple[EarlyWarning, ...]:
    """Warn of partners whose trend surely falls.

    Parameters
    ----------
    trend
        From `change.trend` or `change.change`. The partner's own slope counts, not the shrunken
        one: an alarm is to be raised in time, and its rate of false ones is known.
    every
        Return all places that the rule looked at, with `raised` false where it does not warn.

    Examples
    --------
    >>> from analysis.change import change
    >>> found = change([5, 4, 5, 2, 1, 2], ["a"] * 6, [1, 1, 1, 2, 2, 2])
    >>> falling(found)[0].evidence
    'Falls by 3.00 per wave, interval 1.69 to 4.31, over waves 1 to 2.'
    """
    return chosen(_falls(trend), every=every)


def false_consensus(
    sides: Mapping[Label, Coorientation],
    names: tuple[str, str] = ("side A", "side B"),
    *,
    every: bool = False,
) -> tuple[EarlyWarning, ...]:
    """Warn of partners where the sides are apart and one wrongly believes that they are not.

    Parameters
    ----------
    sides
        Partner to its two sides, from `coorientation.coorientation`.
    names
        What the evidence is to call the sides.
    every
        As for `falling`; looked at are partners with guesses.

    Examples
    --------
    >>> from analysis.coorientation import coorientation
    >>> found = coorientation([5, 4, 5, 4, 5, 4], [2, 3, 2, 3, 3, 2], [4, 4, 5, 4, 5, 4])
    >>> false_consensus({"Acme": found})[0].evidence.partition("; ")[2]
    'side A believes that they are close (within ± 1.0).'
    """
    return chosen(_blind(sides, names), every=every)


def widening_gap(
    values: Pair,
    partner: Labels,
    wave: Labels,
    *,
    level: float = 0.95,
    min_n: int = 1,
    every: bool = False,
) -> tuple[EarlyWarning, ...]:
    """Warn of partners where the gap between the sides has grown over the waves.

    Parameters
    ----------
    values, partner, wave, level, min_n
        As for `gap_trend.gap_lines`.
    every
        As for `falling`.

    Raises
    ------
    NotComputable
        If there are no two waves in which both sides answered.

    Notes
    -----
    The gap is A − B; its growth is that of its size along a line over the waves, from the first
    to the last.

    Examples
    --------
    >>> ours, theirs = [4, 4, 5, 5, 4, 5], [4, 5, 4, 2, 2, 1]
    >>> who, when = ["a"] * 6, [1, 1, 1, 2, 2, 2]
    >>> widening_gap((ours, theirs), (who, who), (when, when))[0].evidence
    'The gap between the sides grew by 3.00, interval 1.46 to 4.54, from 0.00 to 3.00.'
    """
    return widening(gap_lines(values, partner, wave, level=level, min_n=min_n), level, every=every)


def widening(
    lines: Iterable[GapLine], level: float = 0.95, *, every: bool = False
) -> tuple[EarlyWarning, ...]:
    """Warn of partners whose gap grows along its line; see `widening_gap`."""
    return chosen(_growths(lines, level), every=every)


def chosen(found: Iterable[EarlyWarning], *, every: bool) -> tuple[EarlyWarning, ...]:
    """Return the places where a rule warns, or all that it looked at."""
    return tuple(each for each in found if every or each.raised)


def beyond(t: float, df: float) -> float:
    """Return p that t lies this far above 0, doubled as by an interval that has two ends."""
    return min(1.0, 2 * float(stdtr(df, -t)))


def _falls(trend: Trend) -> Iterator[EarlyWarning]:
    over = f"over waves {trend.waves[0]} to {trend.waves[-1]}"
    for row in trend.rows:
        slope, low, high = row.slope, row.ci_low, row.ci_high
        if slope is None or low is None or high is None or trend.df is None:
            continue
        se = (high - low) / 2 / float(stdtrit(trend.df, (1 + trend.level) / 2))
        p = beyond(-slope / se, trend.df)
        told = f"Falls by {-slope:.2f} per wave, interval {-high:.2f} to {-low:.2f}, {over}."
        row_of = (slope, low, high, 0.0, told, p)
        yield EarlyWarning(row.partner, "falling", *row_of, raised=high < 0)


def _blind(sides: Mapping[Label, Coorientation], names: tuple[str, str]) -> Iterator[EarlyWarning]:
    for partner, pair in sides.items():
        gap = pair.agreement
        if gap.estimate is None or gap.ci_low is None or gap.ci_high is None:
            continue
        wrong = [
            p
            for p in (
                _unaware(pair.congruency_a, pair.accuracy_a, pair.margin, gap.estimate),
                _unaware(pair.congruency_b, pair.accuracy_b, pair.margin, -gap.estimate),
            )
            if p is not None
        ]
        if not wrong:
            continue
        states = (pair.state_a, pair.state_b)
        blind = [n for n, s in zip(names, states, strict=True) if s == FALSE_CONSENSUS]
        size, low, high = _outward(gap.estimate, gap.ci_low, gap.ci_high)
        who = "both sides believe" if len(blind) == 2 else f"{''.join(blind)} believes"
        apart = f"The sides lie {size:.2f} apart, interval {low:.2f} to {high:.2f}"
        told = f"{apart}; {who} that they are close (within ± {pair.margin:.1f})."
        p = max(_differs(gap), min(wrong))
        row = (gap.estimate, gap.ci_low, gap.ci_high, pair.margin, told, p)
        yield EarlyWarning(partner, "false consensus", *row, raised=bool(blind))


def _differs(gap: Gap) -> float:
    return beyond(abs(gap.estimate or 0.0) / (gap.se or np.inf), gap.df or np.inf)


def _unaware(congruency: Gap, accuracy: Gap, margin: float, apart: float) -> float | None:
    """Return p that a side believes in closeness and misses the gap; None without guesses."""
    if congruency.ci_low is None or accuracy.estimate is None or not congruency.se:
        return None
    inside = (margin - abs(congruency.estimate or 0.0)) / congruency.se
    missed = float(np.sign(apart)) * accuracy.estimate / (accuracy.se or np.inf)
    wrong = beyond(missed, accuracy.df or np.inf)
    return max(beyond(inside, congruency.df or np.inf), wrong)


def _growths(lines: Iterable[GapLine], level: float) -> Iterator[EarlyWarning]:
    for line in lines:
        if line.first is None or line.last is None or not line.se or not line.df or not line.span:
            continue
        size, se = abs(line.last) - abs(line.first), line.se * line.span
        half = float(stdtrit(line.df, (1 + level) / 2)) * se
        low, high = size - half, size + half
        grew = f"grew by {size:.2f}, interval {low:.2f} to {high:.2f}"
        told = (
            f"The gap between the sides {grew}, from {abs(line.first):.2f} to {abs(line.last):.2f}."
        )
        row = (size, low, high, 0.0, told, beyond(size / se, line.df))
        yield EarlyWarning(line.partner, "widening gap", *row, raised=low > 0)


def _outward(estimate: float, low: float, high: float) -> tuple[float, float, float]:
    return (estimate, low, high) if estimate >= 0 else (-estimate, -high, -low)
