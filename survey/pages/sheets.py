"""What an instrument shows on paper: prepared once per version, side and language."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from questionnaires import Instrument, Item, fill
from survey.kinds import Answer, kind_of
from survey.pages.forms import Fields
from survey.pages.questions import Question, read_question

SECONDS_PER_ITEM: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """An instrument as one side reads it in one language, with the form field of each item."""

    instrument: Instrument
    introduction: str
    period: str
    pages: tuple[tuple[Question, ...], ...]
    questions: Mapping[str, Question]
    fields: Mapping[str, Any]
    minutes: int

    def on_page(
        self, number: int, saved: Mapping[str, Answer], order: Sequence[str] | None = None
    ) -> tuple[Question, ...]:
        """Give the questions of a page that are on the path of what is saved.

        Parameters
        ----------
        number
            Of the page, from 1.
        saved
            The answers stored so far.
        order
            Ids of all items in the order of this assessment, where its pages are shuffled.
        """
        return in_order(self._asked(self.instrument.shown(saved)[number - 1]), order)

    def on_pages(
        self, saved: Mapping[str, Answer], order: Sequence[str] | None = None
    ) -> tuple[tuple[Question, ...], ...]:
        """Give the questions of every page; as `on_page`, and quicker than one by one."""
        shown = self.instrument.shown(saved)
        return tuple(in_order(self._asked(items), order) for items in shown)

    def _asked(self, items: Iterable[Item]) -> tuple[Question, ...]:
        return tuple(self.questions[item.id] for item in items)

    def fields_of(self, questions: Iterable[Question]) -> Fields:
        """Give the fields of some questions; each request binds them to its own form."""
        return tuple((question.id, self.fields[question.id]) for question in questions)


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


def in_order(questions: tuple[Question, ...], order: Sequence[str] | None) -> tuple[Question, ...]:
    """Put questions in the order in which one assessment asks them."""
    if order is None:
        return questions
    place = {item_id: number for number, item_id in enumerate(order)}
    return tuple(sorted(questions, key=lambda question: place[question.id]))


def review(
    sheet: Sheet,
    saved: Mapping[str, Answer],
    order: Sequence[str] | None = None,
    *,
    partner: str,
    organisation: str,
) -> list[ReviewRow]:
    """List every item on the path with the words of its answer, in the order of asking."""
    return [
        ReviewRow(
            id=question.id,
            text=fill(question.text, partner=partner, organisation=organisation),
            answer=question.words(saved.get(question.id)),
            page=number,
        )
        for number, questions in enumerate(sheet.on_pages(saved, order), 1)
        for question in questions
    ]


def _sheet(instrument: Instrument, side: str, language: str) -> Sheet:
    pages = tuple(
        tuple(read_question(instrument, item, side, language) for item in page.items)
        for page in instrument.pages
    )
    fields = {
        item.id: kind_of(item).field(item, side, language, instrument.off_scale)
        for item in instrument.items
    }
    return Sheet(
        instrument=instrument,
        introduction=instrument.introduction[side][language],
        period=instrument.reference_period[language],
        pages=pages,
        questions={question.id: question for questions in pages for question in questions},
        fields=fields,
        minutes=max(1, round(len(instrument.items) * SECONDS_PER_ITEM / 60)),
    )
