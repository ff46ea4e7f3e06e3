"""From the report for researchers, and the kept waves before, to what is compared by."""

from collections.abc import Mapping, Sequence
from math import hypot, sqrt
from typing import Any, Final

from scipy.special import stdtrit

from questionnaires.parts import META_SUFFIX
from survey.services.comparing.model import (
    EDITION,
    SURE,
    Course,
    Driver,
    Lead,
    Measure,
    Point,
    Score,
    Seen,
    Sign,
    Workspace,
)

Document = Mapping[str, Any]
COMPOSITE: Final = "composite"
LEAST_POINTS: Final = 2  # waves of which a line can be drawn
_LIKE: Final = 0.9  # HTMT from which two scales cannot be told apart


def build(document: Document, other: Document | None, before: Sequence[Workspace]) -> Workspace:
    """Choose what is kept.

    Parameters
    ----------
    document
        The report for researchers: the first side's partners, both sides, waves, drivers.
    other
        The results of the other side, if two were asked.
    before
        What was kept of the earlier waves that the report rests on, oldest first.

    Returns
    -------
    Workspace
    """
    told, names = document["snapshot"], _names(document)
    scales = [name for name in document["scales"] if not name.endswith(META_SUFFIX)]
    composite = document.get(COMPOSITE) or {}
    has_composite = bool(composite.get("partners"))
    place = {name: at for at, name in enumerate(names)}
    measure = _composite(composite, place) if has_composite else None
    drivers, rates = document.get("drivers") or {}, document.get("warning_rates") or {}
    return Workspace(
        edition=EDITION,
        study=told["study"],
        title=told["title"],
        organisation=told["organisation"],
        wave=told["wave"],
        closed_on=told["closed_on"],
        side=told["side"],
        instrument=told["instrument"]["id"],
        version=told["instrument"]["version"],
        sha256=document["data"]["sha256"],
        data_version=told.get("data_version", 1),
        min_group=told["thresholds"]["min_group"],
        min_group_text=told["thresholds"]["min_group_text"],
        level=document["settings"]["level"],
        n_rows=document["n_rows"],
        names=names,
        labels={name: told["labels"].get(name, {}) for name in scales},
        scales={name: _measure(document, name, place) for name in scales},
        composite=measure,
        weights=composite.get("weights", {}) if has_composite else {},
        equal_weights=bool(composite.get("equal", True)),
        near=composite.get("near"),
        far=composite.get("far"),
        holds_within=composite.get("holds_within"),
        leads=_leads(composite) if has_composite else [],
        theirs=_theirs(other, scales, place),
        **_both(document, scales, place),
        **_over_waves(document, scales, place),
        composite_courses=_composite_courses(measure, names, told["wave"], before),
        closed=[*(each.closed_on for each in before), told["closed_on"]],
        warnings=[_warning(row, place) for row in document.get("warnings") or ()],
        looked_at=rates.get("looked_at"),
        by_chance=rates.get("by_chance"),
        outcome=drivers.get("outcome"),
        drivers=[_driver(row) for row in drivers.get("rows", ())],
        no_drivers=drivers.get("reason"),
        explained=drivers.get("r2"),
        alike=_alike(document, scales),
        notes=list(document["notes"]),
    )


def _names(document: Document) -> list[str]:
    rows = (row for rows in document["partners"].values() for row in rows)
    return list(dict.fromkeys(str(row["partner"]) for row in rows))


def _measure(document: Document, name: str, place: Mapping[str, int]) -> Measure:
    scale, pooling = document["scales"][name], document["pooling"][name]
    shrunken = pooling["shown"] == "shrunken"
    alpha = scale.get("alpha") or {}
    found = {str(row["partner"]): _score(row, shrunken) for row in document["partners"][name]}
    return Measure(
        lowest=scale["low"],
        highest=scale["high"],
        centre=pooling["mu"],
        shrunken=shrunken,
        scores=[found.get(name, Score()) for name in place],
        bands=_bands(document.get("comparisons", {}).get(name, {}), place),
        alpha=alpha.get("estimate"),
        alpha_low=alpha.get("ci_low"),
        reliability=document["aggregation"][name]["icc2_reml"],
    )


def _composite(composite: Document, place: Mapping[str, int]) -> Measure:
    rows = {str(row["partner"]): row for row in composite["partners"]}
    shrunken = any(row["shrunken_ci_low"] is not None for row in rows.values())
    return Measure(
        lowest=composite["low"],
        highest=composite["high"],
        centre=composite["mu"],
        shrunken=shrunken,
        scores=[_score(rows[name], shrunken) if name in rows else Score() for name in place],
        bands=_bands(composite, place),
        reliability=composite["reliability"],
    )


def _bands(comparison: Document, place: Mapping[str, int]) -> list[list[int]]:
    return [[place[name] for name in band] for band in comparison.get("bands") or ()]


def _score(row: Document, shrunken: bool) -> Score:  # noqa: FBT001 (read with the row)
    if row["mean"] is None:
        return Score()
    chosen = ("shrunken", "shrunken_ci_low", "shrunken_ci_high")
    score, low, high = chosen if shrunken else ("mean", "ci_low", "ci_high")
    p, difference = row.get("difference_p"), row.get("difference")
    beyond = 0
    if p is not None and difference is not None and p < SURE:
        beyond = 1 if difference > 0 else -1
    return Score(
        n=row["n"],
        mean=row["mean"],
        mean_low=row["ci_low"],
        mean_high=row["ci_high"],
        score=row[score],
        low=row[low],
        high=row[high],
        first=row.get("simultaneous_low"),
        last=row.get("simultaneous_high"),
        beyond=beyond,
    )


def _theirs(
    other: Document | None, scales: Sequence[str], place: Mapping[str, int]
) -> dict[str, list[Score]]:
    """Give what the other side's people say of us, partner by partner."""
    if other is None:
        return {}
    found = {}
    for name in scales:
        shrunken = other["pooling"].get(name, {}).get("shown") == "shrunken"
        rows = {str(r["partner"]): r for r in other["partners"].get(name, ())}
        found[name] = [_score(rows[n], shrunken) if n in rows else Score() for n in place]
    return found


def _both(document: Document, scales: Sequence[str], place: Mapping[str, int]) -> dict[str, Any]:
    sides = (document.get("two_sides") or {}).get("scales", {})
    seen, margin = {}, None
    for name in scales:
        if name not in sides:
            continue
        rows = {str(row["partner"]): row for row in sides[name]["partners"]}
        seen[name] = [_seen(rows[n]) if n in rows else Seen() for n in place]
        margin = next((row["margin"] for row in rows.values() if row["margin"]), margin)
    return {"seen": seen, "margin": margin}


def _seen(row: Document) -> Seen:
    gap = row["agreement"] or {}
    sides = [
        row[f"{field}_{side}"]
        for side in "ab"
        for field in ("n", "mean", "ci_low", "ci_high", "guess")
    ]
    ends = (gap.get("estimate"), gap.get("ci_low"), gap.get("ci_high"), gap.get("verdict"))
    fields = (*sides, *ends, row["state_a"], row["state_b"])
    return Seen(*fields)


def _over_waves(
    document: Document, scales: Sequence[str], place: Mapping[str, int]
) -> dict[str, Any]:
    waves = document.get("waves") or {}
    of_scales = waves.get("scales", {})
    courses = {n: _courses(of_scales[n], place) for n in scales if n in of_scales}
    numbers = [int(wave) for wave in waves.get("waves", ())]
    return {"waves": numbers or [document["snapshot"]["wave"]], "courses": courses}


def _courses(found: Document, place: Mapping[str, int]) -> list[Course | None]:
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
    for name in place:
        trend, change = trends.get(name, nothing), changes.get(name, nothing)
        if not points.get(name) and trend.get("slope") is None:
            courses.append(None)
            continue
        ends = (
            (row.get("slope"), row.get("ci_low"), row.get("ci_high")) for row in (trend, change)
        )
        courses.append(Course(points.get(name, []), *next(ends), *next(ends)))
    return courses


def _point(chart: Document, each: Document) -> Point:
    """Give one wave of a partner, with the t interval of its mean by the chart's own variance."""
    reach = stdtrit(chart["df"], (1 + chart["level"]) / 2) * chart["sigma"] / sqrt(each["n"])
    value = each["value"]
    return Point(int(each["wave"]), each["n"], value, float(value - reach), float(value + reach))


def _composite_courses(
    measure: Measure | None, names: Sequence[str], wave: int, before: Sequence[Workspace]
) -> list[Course | None]:
    """Follow composites over the waves; slope and change from their intervals."""
    if measure is None or not before:
        return []
    series: list[list[Point]] = [[] for _ in names]
    earlier = [(w.wave, w.names, w.composite) for w in before if w.composite is not None]
    for number, known, each in (*earlier, (wave, list(names), measure)):
        at = dict(zip(known, each.scores, strict=True))
        for points, name in zip(series, names, strict=True):
            score = at.get(name, Score())
            if score.mean is not None and score.n is not None:
                ends = (score.mean_low, score.mean_high)
                points.append(Point(number, score.n, score.mean, *ends))
    return [_course(points) if points else None for points in series]


def _course(points: list[Point]) -> Course:
    """Draw a line through the points of one partner, and compare the last two.

    Half-widths add up as standard errors do. The intervals allow for chance among raters and not
    for what else moves all answers of a wave: a single wave's ups and downs can look like a slope.
    """
    halves = [0.0 if p.high is None else p.high - p.value for p in points]
    if len(points) < LEAST_POINTS or not all(halves):
        return Course(points)
    middle = sum(p.wave for p in points) / len(points)
    square = sum((p.wave - middle) ** 2 for p in points)
    shares = [(p.wave - middle) / square for p in points]
    slope = sum(share * p.value for share, p in zip(shares, points, strict=True))
    reach = sqrt(sum((share * half) ** 2 for share, half in zip(shares, halves, strict=True)))
    change, apart = points[-1].value - points[-2].value, hypot(*halves[-2:])
    return Course(
        points, slope, slope - reach, slope + reach, change, change - apart, change + apart
    )


def _warning(row: Document, place: Mapping[str, int]) -> Sign:
    return Sign(
        scale=row["scale"],
        partner=place[str(row["partner"])],
        rule=row["rule"],
        value=row["value"],
        low=row["ci_low"],
        high=row["ci_high"],
        threshold=row["threshold"],
        evidence=row["evidence"],
        false_alarms=row["false_alarms"],
        sure=row["stands"],
    )


def _driver(row: Document) -> Driver:
    ends = (row.get("relative_ci_low"), row.get("relative_ci_high"))
    return Driver(row["driver"], row["relative"], *ends)


def _leads(composite: Document) -> list[Lead]:
    kinds = ("near", "far", "every", "chance")
    return [Lead(*(row[f"leads_{kind}"] for kind in kinds)) for row in composite["partners"]]


def _alike(document: Document, scales: Sequence[str]) -> list[list[str]]:
    ratios = document["distinctness"]["htmt"] or {}
    pairs = ((one, two, ratio) for one, row in ratios.items() for two, ratio in row.items())
    found = [[a, b] for a, b, r in pairs if r is not None and r >= _LIKE and a < b]
    return [pair for pair in found if set(pair) <= set(scales)]
