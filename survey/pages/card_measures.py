"""Where a measure is good, which way a course turns, and its points in words."""

from collections.abc import Sequence
from typing import Any, Final

from survey.pages.card_rows import MET, UNMET, UNSURE
from survey.pages.compared import Compared
from survey.services.comparing.model import Course, Measure, Point

_MOST_POINTS: Final = 10  # between the ends of a scale that is answered by points


def middle(measure: Measure) -> float:
    """Give the middle of a measure's range."""
    return (measure.lowest + measure.highest) / 2


def enough(measure: Measure) -> float:
    """Give the score from which a measure is good: half a point above the middle.

    That is 3.5 of 1 to 5, nearer to «agree» than to the middle. Where scales of different ranges
    are put on one from 0 to 100, it is an eighth of the range above the middle, as there.
    """
    span = measure.highest - measure.lowest
    return middle(measure) + (0.5 if span <= _MOST_POINTS else span / 8)


def step(measure: Measure, low: float | None, high: float | None) -> str:
    """Say whether a score is met: its whole interval is good, or surely not, or neither."""
    least = enough(measure)
    if low is None or high is None:
        return UNSURE
    if low >= least:
        return MET
    return UNMET if high < least else UNSURE


def turns(course: Course) -> int:
    """Say whether a course surely falls (-1), surely rises (1), or neither."""
    if course.slope_low is None or course.slope_high is None:
        return 0
    if course.slope_high < 0:
        return -1
    return 1 if course.slope_low > 0 else 0


def named(view: Compared, points: Sequence[Point]) -> str:
    """Tell the points of a course in words, for who cannot see the picture."""
    told = (f"{point.wave}: {view.number(point.value)} (n {point.n})" for point in points)
    return "; ".join(told) + "."


def spread(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw points apart across: the least end becomes 0 and the largest 1."""
    if not points:
        return []
    least, most = min(p["x_low"] for p in points), max(p["x_high"] for p in points)
    span = most - least or 1.0
    places = ("x", "x_low", "x_high")
    return [{**p, **{name: (p[name] - least) / span for name in places}} for p in points]
