"""What an instrument shows on paper: prepared once per version, side and language."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from questionnaires import Instrument, fill
from survey.pages.forms import Fields, fields_of
from survey.pages.questions import Answer, Question, read_question

SECONDS_PER_ITEM: Final = 9


@dataclass(frozen=True, slots=True)
class Sheet:
    """An instrument as one side reads it in one language, with the form fields of each page."""

    introduction: str
    period: str
    pages: tuple[tuple[Question, ...], ...]
    fields: tuple[Fields, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One item on the review page: what was asked, what was answered, on which page."""

    id: str
    text: str
    answer: str
    page: int


class Sheets:
    """Keeps every sheet that was asked for; a version of an instrument never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sheets: dict[tuple[str, str, str], Sheet] = {}

    def get(self, instrument: Instrument, side: str, language: str) -> Sheet:
        """Give the sheet of an instrument for a side and a language."""
        key = (instrument.version, side, language)
        found = self._sheets.get(key)
        if found is None:
            with self._lock:
                found = self._sheets.setdefault(key, _sheet(instrument, side, language))
        return found


def review(
    sheet: Sheet, saved: Mapping[str, Answer], *, partner: str, organisation: str
) -> list[ReviewRow]:
    """List every item with the words of its answer, in the order in which it was asked."""
    return [
        ReviewRow(
            id=question.id,
            text=fill(question.text, partner=partner, organisation=organisation),
            answer=question.words(saved.get(question.id)),
            page=number,
        )
        for number, questions in enumerate(sheet.pages, 1)
        for question in questions
    ]


def _sheet(instrument: Instrument, side: str, language: str) -> Sheet:
    pages = tuple(
        tuple(read_question(instrument, item, side, language) for item in page.items)
        for page in instrument.pages
    )
    return Sheet(
        introduction=instrument.introduction[side][language],
        period=instrument.reference_period[language],
        pages=pages,
        fields=tuple(fields_of(questions) for questions in pages),
        minutes=max(1, round(len(instrument.items) * SECONDS_PER_ITEM / 60)),
    )
