"""A preview at one of its pages: who would see it, what was filled in, and where it leads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from questionnaires import Instrument
from survey.kinds import Answer
from survey.pages import access, way
from survey.pages.forms import GuardedForm
from survey.pages.questions import Question
from survey.pages.sheets import Sheet
from survey.pages.walk import LIST, START, Walk
from survey.services import previewing
from survey.services.accounts.sessions import SignedIn
from survey.services.previewing import Subject
from survey.services.respond import Respondent, RosterEntry

ABOUT: Final = "about"
REVIEW: Final = "review"
COPY: Final = "copy"
RECEIPT: Final = "receipt"
WITHDRAW: Final = "withdraw"
WITHDRAWN: Final = "withdrawn"
FACES: Final = (START, ABOUT, LIST, REVIEW, COPY, RECEIPT, WITHDRAW, WITHDRAWN)  # besides numbers
_SEED: Final = 1  # of the order on pages that shuffle: the same at each look


@dataclass(frozen=True, slots=True)
class View:
    """A preview at one of its pages; ``instrument`` has its conditions only if they count."""

    known: SignedIn
    subject: Subject
    walk: Walk
    back: str
    respondent: Respondent
    instrument: Instrument
    answers: Mapping[str, Answer]

    @property
    def entry(self) -> RosterEntry:
        """The partner that is being answered about."""
        return self.respondent.entry(self.walk.place)

    @property
    def sheet(self) -> Sheet:
        """The questionnaire in the language of the preview."""
        return way.sheet_of(self.respondent, self.walk.language)

    @property
    def route(self) -> way.Route:
        """The pages that are on the way of what was filled in."""
        return way.route(self.instrument, self.answers)

    @property
    def order(self) -> tuple[str, ...] | None:
        """The order of the items, where pages are shuffled."""
        return self.instrument.order(_SEED) if self.instrument.shuffles else None

    def to(self, face: str, walk: Walk | None = None) -> str:
        """Address of a page of this preview."""
        return (walk or self.walk).to(face, self.subject.instrument)

    def moved(self, walk: Walk) -> "View":
        """Give the same view with other answers."""
        answers = previewing.answers_of(self.instrument, walk.given)
        return replace(self, walk=walk, answers=answers)

    def asked(self, number: int) -> tuple[Question, ...]:
        """Give the questions of a page that are on the way."""
        return self.sheet.on_page(number, self.answers, self.order)

    def form_of(self, face: str, posted: MultiDict[str, str]) -> GuardedForm:
        """Read what was sent of a page; an item that was not sent is not in the form."""
        there = self.sheet.pages[int(face) - 1] if face.isdecimal() else ()
        return self.form(posted, [each for each in there if each.id in posted])

    def form(
        self, posted: MultiDict[str, str] | None = None, questions: Iterable[Question] = ()
    ) -> GuardedForm:
        """Make a form in the language of the preview, filled with what was answered."""
        return access.form(
            self.known,
            posted,
            fields=self.sheet.fields_of(questions),
            saved=self.answers,
            language=self.walk.language,
        )


class Paths:
    """Addresses of a preview under the names that `survey.pages.paths` has for respondents'."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.ABOUT = view.to(ABOUT)
        self.ROSTER = view.to(LIST)

    def page(self, place: int, number: int) -> str:
        """Address of a page about the partner at a place of the list."""
        return self._at(place, str(number))

    def review(self, place: int) -> str:
        """Address of the review."""
        return self._at(place, REVIEW)

    def copy(self, place: int) -> str:
        """Address of the copy to print."""
        return self._at(place, COPY)

    def receipt(self, _code: str) -> str:
        """Address of the receipt."""
        return self._view.to(RECEIPT)

    def withdrawal(self, _code: str) -> str:
        """Address where answers would be withdrawn."""
        return self._view.to(WITHDRAW)

    def _at(self, place: int, face: str) -> str:
        return self._view.to(face, self._view.walk.at(place))


def is_face(face: str, subject: Subject) -> bool:
    """Say whether a preview of a study has such a page."""
    if face.isascii() and face.isdecimal() and len(face) < 4:
        return 1 <= int(face) <= len(subject.instrument.pages)
    return face in FACES


def view(known: SignedIn, subject: Subject, walk: Walk, back: str, session: Session) -> View:
    """Make the respondent of a preview, and read what was filled in.

    Raises
    ------
    OffScale, TooManyChosen, TextTooLong
        Somebody wrote the address by hand.
    """
    names = (subject.partners[walk.partner - 1],) if walk.partner else subject.partners
    instrument = subject.instrument
    shown = previewing.unconditional(instrument) if walk.everything else instrument
    respondent = previewing.respondent(
        session,
        replace(subject, instrument=shown),
        walk.side,
        walk.language,
        names,
        left_out=walk.left_out,
        done=walk.done,
    )
    answers = previewing.answers_of(shown, walk.given)
    return View(known, subject, walk, back, respondent, shown, answers)


def onward(view: View, face: str, pressed: Mapping[str, str]) -> str:
    """Tell where a button of a page leads, as it would lead a respondent."""
    walk, button = view.walk, pressed.get("go", "next")
    if button == "decline":
        return view.to(LIST, replace(walk, left_out=walk.left_out | {walk.place}))
    if face == REVIEW and button != "back":
        return view.to(RECEIPT, replace(walk, done=walk.done | {walk.place}))
    if face.isdecimal() or face == REVIEW:
        return view.to(_beside(view, face, forward=button != "back"))
    if face == LIST:
        return _from_list(view, pressed)
    if face in {WITHDRAW, WITHDRAWN}:
        return view.to(WITHDRAWN)
    return view.to(LIST if way.has_list(view.respondent) else first_page(view))


def _beside(view: View, face: str, *, forward: bool) -> str:
    """Give the page after a page of questions or before it, or before the review."""
    number = int(face) if face.isdecimal() else len(view.sheet.pages) + 1
    if forward:
        following = view.route.after(number)
        return str(following) if following else REVIEW
    before = view.route.before(number)
    if before:
        return str(before)
    return LIST if way.has_list(view.respondent) else ABOUT


def _from_list(view: View, pressed: Mapping[str, str]) -> str:
    walk, roster = view.walk, view.respondent.roster
    for entry in roster:
        if pressed.get("decline") == str(entry.place):
            return view.to(LIST, replace(walk, left_out=walk.left_out | {entry.place}))
        if pressed.get("undecline") == str(entry.place):
            return view.to(LIST, replace(walk, left_out=walk.left_out - {entry.place}))
    due = next((entry.place for entry in roster if entry.state == "not_started"), None)
    return view.to(LIST) if due is None else view.to(first_page(view), walk.at(due))


def first_page(view: View) -> str:
    """Give the number of the first page of questions."""
    return str(way.route(view.instrument, {}).pages[0])
