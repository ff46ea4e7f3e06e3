"""Score beside volume: where a partner stands among four quadrants, and by what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import median
from typing import Final

from survey.pages.compared import Compared
from survey.pages.explanations import N_
from survey.pages.voice import NONE
from survey.services.comparing.desk import Known
from survey.services.comparing.model import Measure, Score

LARGEST, SMALLEST = 12.0, 5.0  # radius of a point, pixels
_UNCOVERED: Final = 0.5  # coverage that is drawn where it is not told
_WHOLE: Final = 10  # per cent from which a share is written without a decimal
_MOST_NAMES: Final = 10  # more are counted, and named in the table of points
_FEW_POINTS: Final = 12  # of a scale whose axis ends at whole points
BY: Final = ("kraljic", "region", "category")
CORNERS: Final = (N_("Offer more"), N_("Keep and extend"), N_("Watch"), N_("Mend first"))
ADVICE: Final = (
    N_("surely above the others, little volume: room to extend scope or sell more"),
    N_("surely above the others, much volume: keep, and extend with care"),
    N_("surely below the others, little volume: mend or leave, little is at stake"),
    N_("surely below the others, much volume: mend before anything is extended"),
)


@dataclass(frozen=True, slots=True)
class ScopePoint:
    """One partner by volume and score; shares of the way along each axis, radius by coverage.

    `corner` is the place of its quadrant in `CORNERS`; ``None`` where its score may be chance.
    """

    place: int
    partner: str
    number: int
    x: float
    y: float
    y_low: float
    y_high: float
    radius: float
    beyond: int
    share: str
    score: str
    interval: str
    coverage: str
    kraljic: str
    corner: int | None


@dataclass(frozen=True, slots=True)
class Kind:
    """Partners of one class, region or category: who surely stands where, and their volume."""

    value: str
    above: str
    unsure: str
    below: str
    share: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Points, and the partners that cannot be drawn since their volume is not known.

    `across` and `middle` are where the lines between the quadrants lie, from 0 to 1: the median
    share, and the mean of all. `ends` and `most` name the ends of the axes. `quadrants` has a
    heading, its advice and its partners; `kinds` a table for each field that tells them apart.
    """

    points: tuple[ScopePoint, ...]
    without: tuple[str, ...]
    across: float
    middle: float
    ends: tuple[str, str]
    most: str
    typical: str
    quadrants: tuple[tuple[str, str, str], ...]
    unsure: str
    kinds: tuple[tuple[str, tuple[Kind, ...]], ...]


def scope(view: Compared) -> Scope:
    """Set scores beside volume."""
    found = [(place, _share(view.known(place))) for place in view.shown]
    drawn = [(place, share) for place, share in found if share is not None]
    places, shares = [place for place, _ in drawn], [share for _, share in drawn]
    ends = _ends(view.measure, [view.measure.scores[place] for place in places])
    most, typical = max(shares, default=0.0) or 1.0, median(shares) if shares else 0.0
    points = tuple(
        _point(view, place, number, (share, typical, most), ends)
        for number, (place, share) in enumerate(drawn, 1)
    )
    centre = view.measure.centre
    middle = (view.measure.lowest + view.measure.highest) / 2 if centre is None else centre
    return Scope(
        points=points,
        without=tuple(view.workspace.names[p] for p, share in found if share is None),
        across=typical / most,
        middle=min(max((middle - ends[0]) / (ends[1] - ends[0]), 0), 1),
        ends=(_end(view, ends[0]), _end(view, ends[1])),
        most=_percent(view, most),
        typical=_percent(view, typical),
        quadrants=_quadrants(view, points),
        unsure=_named(view, [point.partner for point in points if point.corner is None]),
        kinds=tuple((field, _kinds(view, field)) for field in BY if field in view.desk.choices()),
    )


def _share(known: Known | None) -> float | None:
    return known.share if known else None


def _ends(measure: Measure, scores: Sequence[Score]) -> tuple[float, float]:
    """Give the whole points between which all scores and their intervals lie."""
    ends = [end for s in scores for end in (s.low, s.score, s.high) if end is not None]
    if not ends or measure.highest - measure.lowest > _FEW_POINTS:
        return measure.lowest, measure.highest
    low, high = max(floor(min(ends)), measure.lowest), min(ceil(max(ends)), measure.highest)
    return (low, high) if low < high else (measure.lowest, measure.highest)


def _end(view: Compared, value: float) -> str:
    return view.number(value, 0 if value == int(value) else 1)


def _percent(view: Compared, share: float) -> str:
    return view.number(share, 0 if share >= _WHOLE or share == int(share) else 1)


def _point(
    view: Compared,
    place: int,
    number: int,
    volume: tuple[float, float, float],
    ends: tuple[float, float],
) -> ScopePoint:
    """Place a partner: its volume is its share, the median share and the largest."""
    score, known = view.measure.scores[place], view.known(place)
    share, typical, most = volume
    covered = known.coverage if known else None
    middle = score.score or 0.0
    heights = (middle, *(middle if end is None else end for end in (score.low, score.high)))
    y, y_low, y_high = ((height - ends[0]) / (ends[1] - ends[0]) for height in heights)
    size = _UNCOVERED if covered is None else min(covered, 1)
    row = 0 if score.beyond > 0 else 2
    return ScopePoint(
        place=place,
        partner=view.workspace.names[place],
        number=number,
        x=share / most,
        y=y,
        y_low=y_low,
        y_high=y_high,
        radius=SMALLEST + (LARGEST - SMALLEST) * size,
        beyond=score.beyond,
        share=_percent(view, share),
        score=view.score(score.score, score),
        interval=view.span(score),
        coverage=NONE if covered is None else view.voice.percent(covered),
        kraljic=next(iter(known.values["kraljic"]), "") if known else "",
        corner=row + (share >= typical) if score.beyond else None,
    )


def _beyond(view: Compared, place: int) -> int:
    return view.measure.scores[place].beyond


def _named(view: Compared, names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return view.voice.count("%(num)d partner", "%(num)d partners", len(names))
    return view.listed(names)


def _quadrants(view: Compared, points: Sequence[ScopePoint]) -> tuple[tuple[str, str, str], ...]:
    say = view.voice.say
    return tuple(
        (
            say(CORNERS[corner]),
            say(ADVICE[corner]),
            _named(view, [point.partner for point in points if point.corner == corner]),
        )
        for corner in (1, 0, 3, 2)
    )


def _kinds(view: Compared, field: str) -> tuple[Kind, ...]:
    """Say of each value of a field who of it surely stands above or below the others."""
    known = {place: found for place in view.shown if (found := view.known(place))}
    values = sorted({v for found in known.values() for v in found.values[field]}, key=str.casefold)
    rows = []
    for value in values:
        places = [place for place, found in known.items() if value in found.values[field]]
        shares = [share for place in places if (share := _share(known[place])) is not None]
        above, unsure, below = (
            _named(view, [view.workspace.names[p] for p in places if _beyond(view, p) == beyond])
            or NONE
            for beyond in (1, 0, -1)
        )
        volume = _percent(view, sum(shares)) if shares else NONE
        rows.append(Kind(value, above, unsure, below, volume))
    return tuple(rows)
