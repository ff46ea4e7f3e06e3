"""A line of time as a picture: lanes of spans and moments, in per cent of its width."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from babel.dates import format_date

from survey.services.record.timeline import TIMELINE_KINDS, Event

HEAD: Final = 20  # pixels: the name of a lane, a row of it, what is left below
ROW: Final = 18
GAP: Final = 8
_MARGIN: Final = 2.0  # per cent on each side, so that nothing is cut off
_MOST_TICKS: Final = 4
_LOCALES: Final = {"en": "en_GB"}
_FEWEST_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, or a span where ``width`` is above 0; ``is_over`` where it has ended.

    ``x`` and ``width`` are per cent of the picture's width; ``y`` is pixels from the top.
    """

    x: float
    width: float
    y: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """The marks of one kind, in as many rows as it takes for no span to cover another.

    ``y`` and ``rows`` are pixels from the top.
    """

    kind: str
    y: int
    rows: tuple[int, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A picture of what happened when.

    Parameters
    ----------
    lanes
        One for each kind that there is.
    ticks
        Where months begin (per cent), and what they are called.
    today
        Where today is, in per cent.
    height
        Of the whole, in pixels.
    """

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    today: float
    height: int

    @classmethod
    def of(cls, events: Sequence[Event], today: dt.date, language: str) -> Self:
        """Draw events, of which there is at least one."""
        days = [day for event in events for day in (event.day, event.until) if day]
        first, last = min(*days, today), max(*days, today)
        last = max(last, first + dt.timedelta(days=_FEWEST_DAYS))
        scale = _Scale(first, (last - first).days)
        lanes, top = [], 0
        for kind in TIMELINE_KINDS:
            of_kind = [event for event in events if event.kind == kind]
            if of_kind:
                lanes.append(_lane(of_kind, top, scale, today))
                top = lanes[-1].rows[-1] + ROW // 2 + GAP
        return cls(tuple(lanes), _ticks(scale, language), scale.at(today), top + HEAD)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to per cent."""

    first: dt.date
    days: int

    def at(self, day: dt.date) -> float:
        share = (day - self.first).days / self.days
        return round(_MARGIN + share * (100 - 2 * _MARGIN), 2)


def _lane(events: Sequence[Event], top: int, scale: _Scale, today: dt.date) -> Lane:
    """Put what holds at the same time into rows of its own; steps stand on their entry's row."""
    ends: list[dt.date] = []  # of the last span in each row
    row_of: dict[uuid.UUID | str, int] = {}
    marks = []
    for event in events:
        end = (event.until or max(today, event.day)) if event.holds else event.day
        row = row_of.get(event.entry_id or event.text)
        if row is None:
            row = next((n for n, last in enumerate(ends) if last < event.day), len(ends))
            ends[row : row + 1] = [end]
            row_of[event.entry_id or event.text] = row
        x, y = scale.at(event.day), top + HEAD + row * ROW + ROW // 2
        over = not event.holds or event.until is not None
        marks.append(Mark(x, round(scale.at(end) - x, 2), y, over))
    rows = tuple(top + HEAD + row * ROW + ROW // 2 for row in range(len(ends)))
    return Lane(events[0].kind, top, rows, tuple(marks))


def _ticks(scale: _Scale, language: str) -> tuple[tuple[float, str], ...]:
    """Name the beginnings of some months: as many as stand beside each other on a phone."""
    last = scale.first + dt.timedelta(days=scale.days)
    months = []
    year, month = scale.first.year, scale.first.month
    while dt.date(year, month, 1) <= last:
        months.append(dt.date(year, month, 1))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    inside = [day for day in months if day >= scale.first]
    step = -(-len(inside) // _MOST_TICKS) or 1
    locale = _LOCALES.get(language, language)
    return tuple(
        (scale.at(day), format_date(day, format="LLL yyyy", locale=locale))
        for day in inside[::step]
    )
