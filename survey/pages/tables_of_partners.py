"""Tables that set partners side by side: numbers as they were kept, in the words of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from survey.pages.compared import COMPOSITE, Compared
from survey.pages.voice import NONE
from survey.services.comparing.model import Score

MOST_ROWS: Final = 200  # of a table; others are chosen by group, class or region
LARGEST, SMALLEST = 14.0, 5.0  # radius of a point, pixels
_UNCOVERED: Final = 0.5  # coverage that is drawn where it is not told


@dataclass(frozen=True, slots=True)
class Cell:
    """One partner on one aspect: its score as text, and whether it is beyond error."""

    text: str
    interval: str
    beyond: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One partner; no cells where too few answered."""

    place: int
    partner: str
    cells: tuple[Cell, ...]

    @property
    def is_shown(self) -> bool:
        """Whether any aspect may be shown."""
        return any(cell.text != NONE for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Heat:
    """Partners by aspects, from the highest to the lowest measure; typical is the median."""

    head: tuple[str, ...]
    typical: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    marked: int


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One partner on the scorecard."""

    place: int
    partner: str
    score: str
    interval: str
    near: str
    far: str
    every: str
    chance: str


@dataclass(frozen=True, slots=True)
class Leading:
    """The scorecard: weights, who leads, and what that hangs on."""

    weights: tuple[tuple[str, str], ...]
    rows: tuple[LeadRow, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScopePoint:
    """One partner by volume and score; shares of the way along each axis, radius by coverage."""

    place: int
    partner: str
    number: int
    x: float
    y: float
    y_low: float
    y_high: float
    radius: float
    share: str
    score: str
    interval: str
    coverage: str
    kraljic: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Points, and the partners that cannot be drawn since their volume or score is not known."""

    points: tuple[ScopePoint, ...]
    without: tuple[str, ...]
    most: str
    middle: float


@dataclass(frozen=True, slots=True)
class BesideRow:
    """One measure of all chosen partners, and whether some can be told apart on it."""

    label: str
    cells: tuple[Cell, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Two to eight partners beside each other, each with its flower."""

    partners: tuple[tuple[int, str], ...]
    rows: tuple[BesideRow, ...]


def heat(view: Compared) -> Heat:
    """Set the partners' scores on all aspects against the median of all."""
    names = view.aspects
    hidden = [place for place in view.places if view.measure.scores[place].mean is None]
    rows = tuple(
        HeatRow(
            place,
            view.workspace.names[place],
            tuple(_cell(view, view.measure_of(name).scores[place]) for name in names),
        )
        for place in (*view.shown[:MOST_ROWS], *hidden[:MOST_ROWS])
    )
    return Heat(
        head=tuple(view.label(name) for name in names),
        typical=tuple(view.number(view.typical(name), 1) for name in names),
        rows=rows,
        marked=sum(cell.beyond != 0 for row in rows for cell in row.cells),
    )


def _cell(view: Compared, score: Score) -> Cell:
    if score.mean is None:
        return Cell(NONE, view.too_few, 0)
    return Cell(view.score(score.score, score), view.span(score), score.beyond)


def leading(view: Compared) -> Leading | None:
    """Say who leads the composite; ``None`` where there is none."""
    workspace = view.workspace
    if workspace.composite is None or view.name != COMPOSITE:
        return None
    percent = view.voice.percent
    rows = []
    for place in view.shown[:MOST_ROWS]:
        score, lead = workspace.composite.scores[place], workspace.leads[place]
        shares = (lead.near, lead.far, lead.every, lead.chance)
        rows.append(
            LeadRow(
                place,
                workspace.names[place],
                view.score(score.score, score),
                view.span(score),
                *(NONE if share is None else percent(share) for share in shares),
            )
        )
    weights = tuple((view.label(name), percent(w)) for name, w in workspace.weights.items())
    return Leading(weights, tuple(rows), tuple(_leads(view)))


def _leads(view: Compared) -> list[str]:
    """Say who leads by the weights, and whether that hangs on weights or on chance."""
    workspace, say, percent = view.workspace, view.voice.say, view.voice.percent
    leads = [(workspace.leads[place], workspace.names[place]) for place in view.shown]
    known = [(lead, name) for lead, name in leads if lead.near is not None]
    if not known or workspace.near is None:
        return []
    lead, first = max(known, key=lambda each: each[0].near or 0)
    told = [
        say(
            "%(partner)s leads in %(share)s of the weightings within ± %(near)s of the published "
            "ones, with the answers as they are.",
            partner=first,
            share=percent(lead.near or 0),
            near=percent(workspace.near),
        )
    ]
    if lead.chance is not None:
        told.append(
            say(
                "With these weights it is truly the highest with probability %(chance)s: other "
                "people might have answered otherwise.",
                chance=percent(lead.chance),
            )
        )
    if view.order:
        told.append(view.order)
    return told


def scope(view: Compared) -> Scope:
    """Set scores beside volume."""
    measure, points, without = view.measure, [], []
    span = measure.highest - measure.lowest
    shares = [k.share for p in view.places if (k := view.known(p)) and k.share is not None]
    most = max(shares, default=0.0)
    for number, place in enumerate(view.shown, 1):
        known, score = view.known(place), measure.scores[place]
        name = view.workspace.names[place]
        if known is None or known.share is None or not most or score.score is None:
            without.append(name)
            continue
        low, high = (score.score if end is None else end for end in (score.low, score.high))
        covered = known.coverage
        points.append(
            ScopePoint(
                place=place,
                partner=name,
                number=number,
                x=known.share / most,
                y=(score.score - measure.lowest) / span,
                y_low=(low - measure.lowest) / span,
                y_high=(high - measure.lowest) / span,
                radius=SMALLEST
                + (LARGEST - SMALLEST) * (_UNCOVERED if covered is None else min(covered, 1)),
                share=f"{view.number(known.share, 0 if known.share >= 10 else 1)}",
                score=view.score(score.score, score),
                interval=view.span(score),
                coverage=NONE if covered is None else view.voice.percent(covered),
                kraljic=next(iter(known.values["kraljic"]), ""),
            )
        )
    middle = 0.5 if measure.centre is None else (measure.centre - measure.lowest) / span
    return Scope(tuple(points), tuple(without), view.number(most, 0), middle)


def beside(view: Compared, places: Sequence[int]) -> Beside:
    """Set some partners beside each other, measure by measure."""
    return Beside(
        tuple((place, view.workspace.names[place]) for place in places),
        tuple(_beside_row(view, name, places) for name, _ in view.measures),
    )


def _beside_row(view: Compared, name: str, places: Sequence[int]) -> BesideRow:
    measure = view.measure_of(name)
    cells = tuple(_cell(view, measure.scores[place]) for place in places)
    seen = [place for place in places if measure.scores[place].mean is not None]
    tied = any(set(seen) <= set(band) for band in measure.bands)
    if len(seen) < 2:
        told = NONE
    elif tied:
        told = view.voice.say("cannot be told apart")
    else:
        told = view.voice.say("not all alike")
    return BesideRow(view.label(name), cells, told)


def flower(view: Compared, place: int, *, theirs: bool = False) -> list[dict[str, Any]]:
    """Give the petals of a partner: its aspects as we see it, or as it sees us."""
    petals = []
    for name in view.aspects:
        measure = view.workspace.scales[name]
        scores = view.workspace.theirs.get(name, []) if theirs else measure.scores
        score = scores[place] if scores else Score()
        petals.append(
            {
                "label": view.label(name),
                "low": measure.lowest,
                "high": measure.highest,
                "n": score.n,
                "score": score.score,
                "ci_low": score.low,
                "ci_high": score.high,
                "suppressed_reason": view.too_few if score.mean is None else None,
            }
        )
    return petals
