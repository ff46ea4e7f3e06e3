"""How partners went over the waves: from the report, and from what was measured beside it."""

from collections.abc import Mapping, Sequence
from math import hypot, sqrt
from typing import Any

from scipy.special import stdtrit

from analysis.composite_course import CompositeWave, Moved
from survey.services.comparing.measuring import Measured, Since
from survey.services.comparing.model import Course, Point, Shift

Document = Mapping[str, Any]


def over_waves(
    document: Document, scales: Sequence[str], names: Sequence[str], measured: Measured
) -> dict[str, Any]:
    """Give the waves, the days on which they were closed, and all courses."""
    waves = document.get("waves") or {}
    of_scales = waves.get("scales", {})
    told = document["snapshot"]
    numbers = [int(wave) for wave in waves.get("waves", ())] or [told["wave"]]
    closed = {**measured.closed, told["wave"]: told["closed_on"]}
    level = document["settings"]["level"]
    return {
        "waves": numbers,
        "closed": [closed.get(number, "") for number in numbers],
        "courses": {
            name: _courses(of_scales[name], names, measured.since.get(name, {}))
            for name in scales
            if name in of_scales
        },
        "composite_courses": _composite_courses(names, measured, level),
        "between": measured.lines.between if measured.lines else None,
    }


def _courses(found: Document, names: Sequence[str], since: Since) -> list[Course | None]:
    points: dict[str, list[Point]] = {
        str(chart["partner"]): [
            _point(chart, each) for each in chart["points"] if each["value"] is not None
        ]
        for chart in found.get("charts") or ()
    }
    trends, changes = (
        {str(row["partner"]): row for row in (found.get(part) or {}).get("rows", ())}
        for part in ("trend", "change")
    )
    nothing: dict[str, Any] = {}
    courses: list[Course | None] = []
    for name in names:
        trend, change = trends.get(name, nothing), changes.get(name, nothing)
        if not points.get(name) and trend.get("slope") is None:
            courses.append(None)
            continue
        ends = (
            (row.get("slope"), row.get("ci_low"), row.get("ci_high")) for row in (trend, change)
        )
        courses.append(
            Course(points.get(name, []), *next(ends), *next(ends), since=_shifts(name, since))
        )
    return courses


def _shifts(name: str, since: Since) -> list[Shift]:
    return [_shift(wave, moved[name]) for wave, moved in sorted(since.items()) if name in moved]


def _shift(wave: int, moved: Moved) -> Shift:
    return Shift(wave, moved.estimate, moved.ci_low, moved.ci_high, moved.shrunken, moved.sure)


def _point(chart: Document, each: Document) -> Point:
    """Give one wave of a partner, with the t interval of its mean by the chart's own variance."""
    reach = stdtrit(chart["df"], (1 + chart["level"]) / 2) * chart["sigma"] / sqrt(each["n"])
    value = each["value"]
    return Point(int(each["wave"]), each["n"], value, float(value - reach), float(value + reach))


def _composite_courses(
    names: Sequence[str], measured: Measured, level: float
) -> list[Course | None]:
    """Follow composites over the waves; nothing where there is one wave only."""
    if len(measured.composites) < 2 or measured.lines is None:
        return []
    points: dict[str, list[Point]] = {}
    for number, wave in sorted(measured.composites.items()):
        for name, point in _composite_points(number, wave, level):
            points.setdefault(name, []).append(point)
    slopes = {str(name): moved for name, moved in measured.lines.of.items()}
    return [
        _course(points[name], slopes.get(name), _shifts(name, measured.composite_since))
        if name in points
        else None
        for name in names
    ]


def _composite_points(number: int, wave: CompositeWave, level: float) -> list[tuple[str, Point]]:
    quantile = float(stdtrit(max(wave.freedom, 1.0), (1 + level) / 2))
    rows = zip(
        wave.partners, wave.raters.tolist(), wave.mean.tolist(), wave.variance.tolist(), strict=True
    )
    return [
        (str(name), Point(number, n, mean, mean - quantile * sqrt(v), mean + quantile * sqrt(v)))
        for name, n, mean, v in rows
    ]


def _course(points: list[Point], slope: Moved | None, since: list[Shift]) -> Course:
    """Put the slope of a composite to its points; half-widths of a change add up as errors do."""
    if slope is None:
        return Course(points, since=since)
    halves = [(p.high or p.value) - p.value for p in points[-2:]]
    change, apart = points[-1].value - points[-2].value, hypot(*halves)
    ends = (slope.estimate, slope.ci_low, slope.ci_high, change, change - apart, change + apart)
    return Course(points, *ends, since=since)
