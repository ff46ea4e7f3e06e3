"""Who is on the other side: the session's personal link, language and forms."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from flask import g, request, session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import TooManyRequests

from questionnaires import LANGUAGES
from survey.errors import SurveyError
from survey.kinds import Answer
from survey.pages.forms import Fields, Guard, GuardedForm
from survey.pages.languages import preferred
from survey.pages.refusals import NoSession, OtherLink
from survey.pages.site import database, site
from survey.pages.throttle import SECONDS
from survey.services import respond
from survey.services.respond import Respondent

_TICKET = "ticket"
_KEY = "key"
_LINK = "link"
_LANGUAGE = "language"


def begin(known: Respondent, language: str, *, link: str = "") -> None:
    """Let this browser go on as the person behind a link; another person's session ends.

    Besides the ticket the session's cookie holds a secret, which decides the order of items on
    pages that shuffle, and makes receipts that this browser can show again.

    Parameters
    ----------
    known
        From `respond.by_token`.
    language
        In which this browser goes on.
    link
        Token of a personal link that was made just now and must be shown.
    """
    if _link_in(session.get(_TICKET, "")) != _link_in(known.ticket):
        session.clear()
        session[_KEY] = secrets.token_urlsafe(24)
    session[_TICKET] = known.ticket
    if link:
        session[_LINK] = link
    session[_LANGUAGE] = language


def respondent() -> Respondent:
    """Load the person whose link was opened in this browser, or raise `NoSession`."""
    if not is_known():
        raise NoSession
    found = respond.by_ticket(database(), session[_TICKET])
    g.language = found.language
    return found


def left_to_answer() -> int | None:
    """Count the partners that this browser's person has not answered about; ``None`` if unknown."""
    if _TICKET not in session:
        return None
    try:
        known = respond.by_ticket(database(), session[_TICKET])
    except SurveyError:
        return None
    return sum(entry.state in {"not_started", "started"} for entry in known.roster)


def is_known() -> bool:
    """Whether a personal link was opened in this browser."""
    return _TICKET in session and _KEY in session


def key() -> str:
    """Give the secret of this browser's session from which anonymous receipts are made."""
    return str(session[_KEY])


def receipts(known: Respondent) -> list[str]:
    """Give the receipts of what was submitted, as far as they are known or this browser's."""
    mine = _link_in(session.get(_TICKET, "")) == _link_in(known.ticket)
    found = [
        entry.receipt or (mine and respond.receipt_of(database(), known, entry.place, key=key()))
        for entry in known.roster
    ]
    return [code for code in found if code]


def link() -> str:
    """Give the token of the personal link that this browser was given; often there is none."""
    return str(session.get(_LINK, ""))


def order(known: Respondent, place: int) -> tuple[str, ...] | None:
    """Draw the order of items for an assessment, always the same in this browser.

    Orders are kept with answers. They come from the secret, so that nobody can tell from the
    orders of two anonymous assessments that they are one person's.
    """
    if not known.instrument.shuffles:
        return None
    drawn = hmac.digest(key().encode(), f"order|{place}".encode(), hashlib.sha256)
    return known.instrument.order(int.from_bytes(drawn[:8]))


def change_language(known: Respondent, language: str) -> None:
    """Go on in another language, for this browser and for the next one."""
    session[_TICKET] = respond.set_language(database(), known, language)
    session[_LANGUAGE] = language


def language(*others: str) -> str:
    """Give the language of a page: asked for, of the person, of the session, else the browser's.

    Parameters
    ----------
    *others
        Languages to take before the browser's wishes, best first.
    """
    wishes = (request.args.get("lang"), g.get("language"), session.get(_LANGUAGE), *others)
    known: str | None = next((wish for wish in wishes if wish in LANGUAGES), None)
    return known or preferred(request.accept_languages, LANGUAGES)


def form(
    language: str,
    posted: MultiDict[str, str] | None = None,
    *,
    fields: Fields = (),
    saved: Mapping[str, Answer] | None = None,
) -> GuardedForm:
    """Make a form that carries this session's token and speaks the language of the page."""
    guard = Guard(site().settings.secret_key, session, site().renderer.catalogues[language])
    return GuardedForm(guard, posted, fields=fields, saved=saved)


def mark(known: Respondent) -> str:
    """Give the sign, in each form of questions, of the link for which the page was made."""
    secret = site().settings.secret_key.encode()
    content = b"form" + _link_in(known.ticket).encode()
    return hmac.new(secret, content, hashlib.sha256).hexdigest()[:24]


def _link_in(ticket: str) -> str:
    """Give the part of a ticket that is the same in every language."""
    return ticket.rpartition(".")[2]


def require_mark(known: Respondent) -> None:
    """Refuse a form that was made for another personal link than the session's."""
    if request.form.get("link", mark(known)) != mark(known):
        raise OtherLink


def count_miss() -> None:
    """Count a wrong link or receipt; too many in a minute from one visitor are refused."""
    if not site().throttle.allows(request.remote_addr or ""):
        raise TooManyRequests(retry_after=SECONDS)
