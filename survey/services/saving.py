"""What saving does whatever the privacy mode: hold, merge, keep orders and numbers."""

import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from sqlalchemy.orm import Session

from survey.errors import AlreadySubmitted, BadAutosave, PageTooEarly, UnknownPage, WrongOrder
from survey.kinds import Answer
from survey.services import anonymous, assessments
from survey.services.answers import next_page
from survey.services.assessments import Saved
from survey.services.respondents import Respondent, RosterEntry

_CLIENT: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_TABS_KEPT: Final = 20
_LARGEST_NUMBER: Final = 2**53


def keeping(known: Respondent) -> ModuleType:
    """Give the module that keeps the answers of a study of this mode."""
    return anonymous if known.is_anonymous else assessments


def held(session: Session, known: Respondent, place: int, page: int) -> tuple[RosterEntry, Saved]:
    """Lock an assessment that takes this page, and read it."""
    entry = known.entry(place)
    pages = len(known.instrument.pages)
    if not 1 <= page <= pages:
        raise UnknownPage(page=page, last=pages)
    saved: Saved = keeping(known).hold(session, known, entry)
    if saved.submitted:
        raise AlreadySubmitted(receipt=saved.receipt)
    reach = next_page(known.instrument, saved.answers, saved.pages_done) or pages
    if page > reach:
        raise PageTooEarly(allowed=reach)
    return entry, saved


def merged(saved: Saved, read: dict[str, Answer | None]) -> dict[str, Answer]:
    """Put what was read over what was saved."""
    return {
        item: answer for item, answer in {**saved.answers, **read}.items() if answer is not None
    }


def changes(
    known: Respondent,
    saved: Saved,
    changed: dict[str, Answer],
    done: int,
    order: Sequence[str] | None,
) -> dict[str, Any]:
    """List the columns to write."""
    done = min(done, _undone(known, saved, changed) - 1)
    values: dict[str, Any] = {"answers": changed, "pages_done": done}
    if order is not None and saved.order is None and known.instrument.shuffles:
        values["item_order"] = _allowed(known, order)
    return values


def _undone(known: Respondent, saved: Saved, changed: dict[str, Answer]) -> int:
    """Give the first page that was done, but now asks something new; else one past the last."""
    before, after = known.instrument.shown(saved.answers), known.instrument.shown(changed)
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old is not new and number <= saved.pages_done:
            ids = {item.id for item in old}
            if any(item.id not in ids for item in new):
                return number
    return len(after) + 1


def _allowed(known: Respondent, order: Sequence[str]) -> list[str]:
    """Give an order that the questionnaire may be drawn in, as a list."""
    if not known.instrument.allows_order(order):
        raise WrongOrder
    return list(order)


def numbered(autosaves: Mapping[str, int], client: str, number: int) -> dict[str, int]:
    """Note a tab's last number; of many tabs those that have sent most are kept."""
    if not (_CLIENT.fullmatch(client) and 1 <= number <= _LARGEST_NUMBER):
        raise BadAutosave
    others = sorted(((n, tab) for tab, n in autosaves.items() if tab != client), reverse=True)
    kept = {tab: n for n, tab in others[: _TABS_KEPT - 1]}
    return {**kept, client: max(number, autosaves.get(client, 0))}
