"""Tables that set partners side by side: numbers as they were kept, in the words of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from survey.pages.compared import COMPOSITE, Compared
from survey.pages.voice import NONE
from survey.services.comparing.model import Measure, Score

MOST_ROWS: Final = 200  # of a table; others are chosen by group, class or region


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
class BesideRow:
    """One measure of all chosen partners, and whether some can be told apart on it."""

    label: str
    cells: tuple[Cell, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Two to eight partners beside each other, each with its flower; `told` leads."""

    partners: tuple[tuple[int, str], ...]
    rows: tuple[BesideRow, ...]
    told: str


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
    told = [view.order] if view.order else []
    told.append(
        say(
            "%(partner)s leads in %(share)s of the weightings within ± %(near)s of the published "
            "ones, with the answers as they are.",
            partner=first,
            share=percent(lead.near or 0),
            near=percent(workspace.near),
        )
    )
    if lead.chance is not None:
        told.append(
            say(
                "With these weights it is truly the highest with probability %(chance)s: other "
                "people might have answered otherwise.",
                chance=percent(lead.chance),
            )
        )
    return told


def beside(view: Compared, places: Sequence[int]) -> Beside:
    """Set some partners beside each other, measure by measure."""
    rows = tuple(_beside_row(view, name, places) for name, _ in view.measures)
    return Beside(
        tuple((place, view.workspace.names[place]) for place in places),
        rows,
        view.voice.say("%(measure)s: %(told)s", measure=rows[0].label, told=rows[0].told),
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
        told = _above(view, measure, seen) or view.voice.say("not all alike")
    return BesideRow(view.label(name), cells, told)


def _above(view: Compared, measure: Measure, places: Sequence[int]) -> str:
    """Say who is surely above whom: the places that they may hold, all at once, do not meet."""
    scores, names = measure.scores, view.workspace.names
    below: dict[tuple[int, ...], list[str]] = {}
    for place in sorted(places, key=lambda each: -(scores[each].score or 0)):
        last = scores[place].last
        under = tuple(p for p in places if last is not None and last < (scores[p].first or 0))
        if under:
            below.setdefault(under, []).append(names[place])
    said = (
        view.voice.say(
            "%(high)s surely above %(low)s",
            high=view.listed(high),
            low=view.listed([names[place] for place in under]),
        )
        for under, high in below.items()
    )
    return "; ".join(said)


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
