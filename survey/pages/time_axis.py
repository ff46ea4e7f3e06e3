"""A line of time as a picture: lanes of spans and moments, in per cent of its width."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from babel.dates import format_date

from survey.services.record.timeline import TIMELINE_KINDS, Event

LANE: Final = 44  # pixels of height
TOP: Final = 8
_MARGIN: Final = 2.0  # per cent on each side, so that nothing is cut off
_MOST_TICKS: Final = 4
_LOCALES: Final = {"en": "en_GB"}
_FEWEST_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, or a span where ``width`` is above 0; ``is_over`` where it has ended.

    ``x`` and ``width`` are per cent of the picture's width.
    """

    x: float
    width: float
    is_over: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """The marks of one kind, and how far from the top they stand, in pixels."""

    kind: str
    y: int
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
        kinds = [kind for kind in TIMELINE_KINDS if any(event.kind == kind for event in events)]
        lanes = tuple(
            Lane(kind, TOP + n * LANE, tuple(_marks(events, kind, scale, today)))
            for n, kind in enumerate(kinds)
        )
        height = TOP + len(kinds) * LANE + 24
        return cls(lanes, _ticks(scale, language), scale.at(today), height)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to per cent."""

    first: dt.date
    days: int

    def at(self, day: dt.date) -> float:
        share = (day - self.first).days / self.days
        return round(_MARGIN + share * (100 - 2 * _MARGIN), 2)


def _marks(events: Sequence[Event], kind: str, scale: _Scale, today: dt.date) -> list[Mark]:
    found = []
    for event in events:
        if event.kind != kind:
            continue
        start = scale.at(event.day)
        end = scale.at(event.until or max(today, event.day)) if event.holds else start
        found.append(Mark(start, round(end - start, 2), not event.holds or event.until is not None))
    return found


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
