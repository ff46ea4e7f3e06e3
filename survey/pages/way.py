"""Where a respondent goes on, and what is shown there."""

from survey.pages import paths
from survey.pages.sheets import Sheet
from survey.pages.site import site
from survey.services.respond import Respondent, RosterEntry


def sheet_of(known: Respondent, language: str) -> Sheet:
    """Give the questionnaire as this person's side reads it in a language."""
    return site().sheets.get(known.instrument, known.side, language)


def onward(known: Respondent) -> str:
    """Where a person goes on: the list, or with one partner straight to its page."""
    return paths.ROSTER if len(known.roster) > 1 else going_on(known, known.roster[0])


def first_undone(known: Respondent) -> str:
    """Address of the first page that is not done; the list when everything is."""
    undone = (entry for entry in known.roster if not entry.receipt)
    entry = next(undone, None)
    return going_on(known, entry) if entry else paths.ROSTER


def going_on(known: Respondent, entry: RosterEntry) -> str:
    """Address where the assessment of one partner goes on."""
    if entry.receipt:
        return paths.receipt(entry.receipt)
    if entry.pages_done < len(known.instrument.pages):
        return paths.page(entry.place, entry.pages_done + 1)
    return paths.review(entry.place)


def before(known: Respondent, entry: RosterEntry, number: int) -> str:
    """Address of the page before a page."""
    if number > 1:
        return paths.page(entry.place, number - 1)
    return paths.ROSTER if len(known.roster) > 1 else paths.ABOUT
