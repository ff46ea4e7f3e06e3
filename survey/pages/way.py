"""Where a respondent goes on, and what is shown there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from questionnaires import Instrument
from survey.errors import PageTooEarly
from survey.kinds import Answer
from survey.pages import paths
from survey.pages.sheets import Sheet
from survey.pages.site import database, site
from survey.services import respond
from survey.services.respond import Respondent, RosterEntry, Saved


@dataclass(frozen=True, slots=True)
class Route:
    """The pages that one assessment goes through, by number.

    A page of which no question is on the path of the answers is passed over, forth and
    back, and is counted nowhere.
    """

    pages: tuple[int, ...]

    @property
    def last(self) -> int:
        """How many pages there are."""
        return len(self.pages)

    def position(self, number: int) -> int:
        """Count which page this is, from 1."""
        return 1 + sum(page < number for page in self.pages)

    def after(self, number: int) -> int | None:
        """Give the page after a page; none after the last."""
        return next((page for page in self.pages if page > number), None)

    def before(self, number: int) -> int | None:
        """Give the page before a page; none before the first."""
        return next((page for page in reversed(self.pages) if page < number), None)


def route(instrument: Instrument, answers: Mapping[str, Answer]) -> Route:
    """Lay the way through the pages, as far as the answers so far tell."""
    shown = instrument.shown(answers)
    return Route(tuple(number for number, items in enumerate(shown, 1) if items))


def route_now(known: Respondent, place: int) -> Route:
    """Lay the way by what is saved at this moment, which is read only where it matters."""
    if not known.instrument.branches:
        return route(known.instrument, {})
    return route(known.instrument, respond.state(database(), known, place).answers)


def require_reach(known: Respondent, saved: Saved, number: int) -> None:
    """Raise `PageTooEarly` when a page on the path before this one is not done."""
    following = route(known.instrument, saved.answers).after(saved.pages_done)
    if following and number > following:
        raise PageTooEarly(allowed=following)


def sheet_of(known: Respondent, language: str) -> Sheet:
    """Give the questionnaire as this person's side reads it in a language."""
    return site().sheets.get(known.instrument, known.side, language)


def has_list(known: Respondent) -> bool:
    """Whether the list of partners is shown: not for one partner, unless it was declined."""
    return len(known.roster) > 1 or known.roster[0].state == "declined"


def undone(known: Respondent) -> Iterator[RosterEntry]:
    """Give the partners about whom something is still to be answered."""
    return (entry for entry in known.roster if entry.state in {"not_started", "started"})


def onward(known: Respondent) -> str:
    """Where a person goes on: the list, or with one partner straight to its page."""
    return paths.ROSTER if has_list(known) else going_on(known, known.roster[0])


def first_undone(known: Respondent) -> str:
    """Address of the first page that is not done; the list when everything is."""
    entry = next(undone(known), None)
    return going_on(known, entry) if entry else paths.ROSTER


def going_on(known: Respondent, entry: RosterEntry) -> str:
    """Address where the assessment of one partner goes on.

    A page that asks nothing on the path of the answers leads on by itself.
    """
    if entry.state == "submitted":
        return ended(entry)
    if entry.state == "declined":
        return paths.ROSTER
    if entry.pages_done < len(known.instrument.pages):
        return paths.page(entry.place, entry.pages_done + 1)
    return paths.review(entry.place)


def ended(entry: RosterEntry) -> str:
    """Address of what is shown of a submitted assessment: its receipt, where we know it."""
    return paths.receipt(entry.receipt) if entry.receipt else paths.submitted(entry.place)


def onward_from(entry: RosterEntry, way: Route, number: int) -> str:
    """Address of what comes after a page: the next one on the path, or the review."""
    following = way.after(number)
    return paths.page(entry.place, following) if following else paths.review(entry.place)


def back_from(known: Respondent, entry: RosterEntry, way: Route, number: int) -> str:
    """Address of what comes before a page."""
    earlier = way.before(number)
    if earlier:
        return paths.page(entry.place, earlier)
    return paths.ROSTER if len(known.roster) > 1 else paths.ABOUT
