"""What can be done on the pages of those who log in: by which roles, and to what.

`survey.pages.access.authorised` reads this table; a page names one of its rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from survey.errors import BadInput, WaveState
from survey.pages.refusals import NothingHere
from survey.pages.site import database, site
from survey.services import (
    calling,
    drafts,
    open_links,
    overview,
    previewing,
    qr_codes,
    studies,
    uploads,
)
from survey.services.accounts import sessions, users
from survey.services.accounts.sessions import SignedIn
from survey.services.comparing import desk
from survey.services.mail import own_words, troubles
from survey.services.record import entries, releases
from survey.services.record.kinds import KINDS
from survey.services.register import editing
from survey.services.reporting import freezing
from survey.storage.account_models import ADMIN, MANAGER, RESEARCHER, ROLES, VIEWER

REPORT_FORMATS: Final = ("pdf", "xlsx")
SHEETS: Final = ("partners", "contacts")  # what the register takes from sheets


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do something, and how what it is done to is loaded: from who asks, and the keys."""

    roles: frozenset[str]
    load: Callable[..., Any] = lambda _known: None


def _partners(known: SignedIn) -> frozenset[Any] | None:
    """Give the partners to which someone is limited; ``None`` for all."""
    return known.partners if known.role == VIEWER else None


def _studies(known: SignedIn) -> Any:  # noqa: ANN401
    return overview.listing(database(), _partners(known))


def _study(known: SignedIn, slug: str) -> Any:  # noqa: ANN401
    return overview.one(database(), slug, _partners(known))


def _draft(_known: SignedIn, draft_id: Any, step: str = "") -> Any:  # noqa: ANN401
    """Load a study in the making; a step that there is not is not there."""
    if step and step not in (*drafts.STEPS, drafts.LAST):
        raise NothingHere
    return drafts.draft(database(), draft_id)


def _preview(known: SignedIn, slug: str) -> Any:  # noqa: ANN401
    return previewing.of_study(database(), _study(known, slug).slug)


def _open_link(_known: SignedIn, code: str, file_format: str) -> Any:  # noqa: ANN401
    """Load the address of an open link, to be drawn in a format that there is."""
    if file_format not in qr_codes.FORMATS:
        raise NothingHere
    return open_links.address(database(), code, base_url=site().settings.base_url)


def _people(known: SignedIn, slug: str, source: str) -> Any:  # noqa: ANN401
    """Load who would be invited: nobody from there now is as if it were not there."""
    study = _study(known, slug)
    try:
        return calling.people(database(), known.user_id, study.slug, source)
    except (BadInput, WaveState):
        raise NothingHere from None


def _words(known: SignedIn, slug: str, message: str, side: str, language: str) -> Any:  # noqa: ANN401
    """Load a study that says something in such a message, and its latest wave."""
    study, wave = studies.find(database(), _study(known, slug).slug)
    if (
        message not in own_words.kinds_of(study)
        or side not in study.sides
        or language not in study.languages
    ):
        raise NothingHere
    return study, wave


def _message(_known: SignedIn, message_id: Any) -> str:  # noqa: ANN401
    """Load the study that a message is about, empty for mail about accounts."""
    slug = troubles.study_of(database(), message_id)
    if slug is None:
        raise NothingHere
    return slug


def _results(_known: SignedIn, slug: str, wave: int) -> Any:  # noqa: ANN401
    return studies.find(database(), slug, wave)


def _workspace(_known: SignedIn, slug: str, wave: int | None) -> Any:  # noqa: ANN401
    return desk.desk(database(), site().settings, slug, wave)


def _card(known: SignedIn, slug: str, partner_id: Any, wave: int | None) -> Any:  # noqa: ANN401
    """Load a wave and the place of a partner in it; another's than one's own is not there."""
    limit = _partners(known)
    if limit is not None and partner_id not in limit:
        raise NothingHere
    found = desk.desk(database(), site().settings, slug, wave)
    place = found.place_of(partner_id)
    if place is None:
        raise NothingHere
    return found, place


def _report(_known: SignedIn, slug: str, report_id: Any, file_format: str = "") -> Any:  # noqa: ANN401
    """Load a report of a study, to be had in a format that there is, if one is named."""
    if file_format and file_format not in REPORT_FORMATS:
        raise NothingHere
    return freezing.found(database(), slug, report_id)


def _partner(_known: SignedIn, partner_id: Any) -> Any:  # noqa: ANN401
    return editing.found(database(), partner_id)


def _recorded(known: SignedIn, partner_id: Any) -> Any:  # noqa: ANN401
    """Load a partner whose record is read; to a viewer another's is not there."""
    limit = _partners(known)
    if limit is not None and partner_id not in limit:
        raise NothingHere
    return editing.found(database(), partner_id)


def _new_entry(known: SignedIn, partner_id: Any, what: str) -> Any:  # noqa: ANN401
    """Load a partner to whose record an entry is added, of a kind that there is."""
    if what not in KINDS:
        raise NothingHere
    return _recorded(known, partner_id)


def _entry(known: SignedIn, partner_id: Any, entry_id: Any) -> Any:  # noqa: ANN401
    """Load an entry with its partner; of another partner's record it is not there."""
    partner = _recorded(known, partner_id)
    return partner, entries.found(database(), partner.id, entry_id)


def _release(known: SignedIn, partner_id: Any, release_id: Any) -> Any:  # noqa: ANN401
    """Load a card that was let out, with its partner."""
    partner = _recorded(known, partner_id)
    return partner, releases.found(database(), partner.id, release_id)


def _kind_of_sheet(_known: SignedIn, kind: str) -> str:
    if kind not in SHEETS:
        raise NothingHere
    return kind


def _sheet(known: SignedIn, kind: str, key: Any) -> Any:  # noqa: ANN401
    """Load a sheet that one has handed in oneself; another's is not there."""
    return uploads.find(database(), known.user_id, _kind_of_sheet(known, kind), key)


def _user(_known: SignedIn, user_id: Any) -> Any:  # noqa: ANN401
    found = users.listing(database(), user_id)
    if not found:
        raise NothingHere
    return found[0]


def _own_session(known: SignedIn, session_id: Any) -> Any:  # noqa: ANN401
    """Load a session of one's own; another's is not there."""
    for each in sessions.listed(database(), known.user_id, site().clock()):
        if each.id == session_id:
            return each
    raise NothingHere


_ALL: Final = frozenset(ROLES)
_STAFF: Final = frozenset({ADMIN, RESEARCHER, MANAGER})
_ANALYSTS: Final = frozenset({ADMIN, RESEARCHER})
_KEEPERS: Final = frozenset({ADMIN, MANAGER})
_ADMINS: Final = frozenset({ADMIN})
ACTIONS: Final[Mapping[str, Rule]] = {
    "account.see": Rule(_ALL),
    "account.change": Rule(_ALL),
    "session.end": Rule(_ALL, _own_session),
    "studies.list": Rule(_ALL, _studies),
    "study.see": Rule(_ALL, _study),
    "study.make": Rule(_KEEPERS),
    "draft.see": Rule(_KEEPERS, _draft),
    "study.run": Rule(_KEEPERS, _study),
    "study.preview": Rule(_KEEPERS, _preview),
    "draft.preview": Rule(_KEEPERS, _draft),
    "links.code": Rule(_KEEPERS, _open_link),
    "study.people": Rule(_KEEPERS, _people),
    "study.mail": Rule(_KEEPERS, _study),
    "study.words": Rule(_KEEPERS, _words),
    "mail.see": Rule(_KEEPERS),
    "mail.decide": Rule(_KEEPERS, _message),
    "mail.silent": Rule(_KEEPERS),
    "mail.resume": Rule(_KEEPERS),
    "rows.export": Rule(_ANALYSTS, _results),
    "results.see": Rule(_STAFF, _results),
    "workspace.see": Rule(_STAFF, _workspace),
    "card.see": Rule(_ALL, _card),
    "report.make": Rule(_KEEPERS, _study),
    "report.see": Rule(_STAFF, _report),
    "report.file": Rule(_STAFF, _report),
    "report.destroy": Rule(_KEEPERS, _report),
    "partners.list": Rule(_STAFF),
    "partner.add": Rule(_KEEPERS),
    "partner.see": Rule(_STAFF, _partner),
    "partner.change": Rule(_KEEPERS, _partner),
    "record.see": Rule(_ALL, _recorded),
    "record.change": Rule(_KEEPERS, _recorded),
    "record.add": Rule(_KEEPERS, _new_entry),
    "entry.see": Rule(_ALL, _entry),
    "entry.change": Rule(_KEEPERS, _entry),
    "card.release": Rule(_KEEPERS, _recorded),
    "release.see": Rule(_ALL, _release),
    "release.change": Rule(_KEEPERS, _release),
    "register.import": Rule(_KEEPERS, _kind_of_sheet),
    "register.sheet": Rule(_KEEPERS, _sheet),
    "users.list": Rule(_ADMINS),
    "user.add": Rule(_ADMINS),
    "user.see": Rule(_ADMINS, _user),
    "user.change": Rule(_ADMINS, _user),
    "log.see": Rule(_ADMINS),
    "administration.see": Rule(_ADMINS),
}
