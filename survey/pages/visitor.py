"""Who is on the other side: the session's personal link, language and forms."""

import hashlib
import hmac
from collections.abc import Mapping

from flask import g, request, session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import TooManyRequests

from questionnaires import LANGUAGES
from survey.kinds import Answer
from survey.pages.forms import Fields, Guard, GuardedForm
from survey.pages.languages import preferred
from survey.pages.refusals import NoSession, OtherLink
from survey.pages.site import database, site
from survey.pages.throttle import SECONDS
from survey.services import respond
from survey.services.respond import Respondent

_TICKET = "ticket"
_LANGUAGE = "language"


def begin(respondent: Respondent, language: str) -> None:
    """Let this browser go on as the person behind a link; another person's session ends."""
    if session.get(_TICKET) != respondent.ticket:
        session.clear()
        session[_TICKET] = respondent.ticket
    session[_LANGUAGE] = language


def respondent() -> Respondent:
    """Load the person whose link was opened in this browser, or raise `NoSession`."""
    if _TICKET not in session:
        raise NoSession
    found = respond.by_ticket(database(), session[_TICKET])
    g.language = found.language
    return found


def is_known() -> bool:
    """Whether a personal link was opened in this browser."""
    return _TICKET in session


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
    key = site().settings.secret_key.encode()
    link = known.ticket.rpartition(".")[2]  # the same in every language
    return hmac.new(key, b"form" + link.encode(), hashlib.sha256).hexdigest()[:24]


def require_mark(known: Respondent) -> None:
    """Refuse a form that was made for another personal link than the session's."""
    if request.form.get("link", mark(known)) != mark(known):
        raise OtherLink


def count_miss() -> None:
    """Count a wrong link or receipt; too many in a minute from one visitor are refused."""
    if not site().throttle.allows(request.remote_addr or ""):
        raise TooManyRequests(retry_after=SECONDS)
