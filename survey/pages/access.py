"""Who may do what: the one function through which every page of management gets what it shows.

A page names what is to be done and the keys in its address. `authorised` finds out who is
there, looks up in ``ACTIONS`` who may do it, and loads the object. What someone may not see
is answered exactly as what does not exist.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from flask import Response, abort, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict

from questionnaires import LANGUAGES
from survey.errors import StorageBusy, SurveyError
from survey.kinds import Answer
from survey.pages import visitor
from survey.pages.actions import ACTIONS
from survey.pages.explanations import N_
from survey.pages.forms import Fields, Guard, GuardedForm
from survey.pages.refusals import NothingHere, SignInFirst
from survey.pages.site import Navigation, answer, go, site
from survey.services.accounts import sessions, throttling
from survey.services.accounts.logging_in import Visitor
from survey.services.accounts.sessions import SignedIn

LOGIN: Final = "/login"
HOME: Final = "/studies"
_DEVICE_DAYS: Final = 180
_LONGEST_NEXT: Final = 500
_SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Permitted:
    """Someone who may do what they ask for, and the object of it."""

    known: SignedIn
    object: Any


def authorised(action: str, **ids: Any) -> Permitted:  # noqa: ANN401 (keys of an address)
    """Let a visitor do something, or answer in their place.

    Parameters
    ----------
    action
        A row of ``ACTIONS``.
    **ids
        The keys that the address holds, as the row's loader names them.

    Returns
    -------
    Permitted
        Who it is, and the object.

    Raises
    ------
    SignInFirst
        Nobody is logged in; a GET is sent to the log-in instead, whether the object exists or not.
    NothingHere
        The role may not, or the object is not there, or not for this person.
    """
    known = _someone()
    rule = ACTIONS[action]
    if known.role not in rule.roles:
        raise NothingHere
    try:
        found = rule.load(known, **ids)
    except SurveyError as error:
        if error.status == NothingHere.status:
            raise NothingHere from None
        raise
    return Permitted(known, found)


def may(known: SignedIn, action: str) -> bool:
    """Say whether a role may do this to anything at all."""
    return known.role in ACTIONS[action].roles


def signed_in() -> SignedIn | None:
    """Give who is logged in in this browser, or nobody; the session is noted as used."""
    if "signed_in" not in g:
        g.signed_in = _find()
    known: SignedIn | None = g.signed_in
    return known


def form(
    known: SignedIn,
    posted: MultiDict[str, str] | None = None,
    *,
    fields: Fields = (),
    saved: Mapping[str, Answer] | None = None,
    language: str = "",
) -> GuardedForm:
    """Make a form that only this session can send, in the language of the page unless named."""
    guard = Guard(
        site().settings.secret_key,
        {"csrf": _mark(known)},
        site().renderer.catalogues[language or visitor.language()],
    )
    return GuardedForm(guard, posted, fields=fields, saved=saved)


def page(
    known: SignedIn,
    template: str,
    *,
    status: int = 200,
    **context: Any,  # noqa: ANN401 (a template takes what it names)
) -> Response:
    """Answer someone who is logged in; every form of the page may use ``token``."""
    return answer(
        template,
        visitor.language(),
        status=status,
        languages=LANGUAGES if status == 200 and request.method in _SAFE else (),
        token=form(known).token,
        known=known,
        **context,
    )


def now() -> dt.datetime:
    """Tell the time by the clock of this application."""
    return site().clock()


def where_from() -> Visitor:
    """Tell where a log-in comes from: the network, and what the browser keeps.

    Behind a proxy on this machine, the last address that was forwarded is the one that the
    proxy has seen; what stands before it anybody could have written.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    here = request.remote_addr or ""
    proxied = forwarded and throttling.network(here) in {"127.0.0.0/24", "::/48"}
    network = throttling.network(forwarded if proxied else here)
    return Visitor(network, request.cookies.get(f"{site().settings.cookie_name}-device", "")[:200])


def login_token() -> str:
    """Give the token that this browser sent."""
    return request.cookies.get(f"{site().settings.cookie_name}-login", "")[:200]


def let_in(response: Response, token: str, *, device: str = "") -> Response:
    """Let the browser keep a session until it is closed, and a sign that it is known for longer."""
    _keep(response, "login", token)
    if device:
        _keep(response, "device", device, _DEVICE_DAYS * 24 * 3600)
    return response


def let_out(response: Response) -> Response:
    """Let the browser forget its session."""
    return _keep(response, "login", "", 0)


def own_path(given: str | None) -> str:
    """Give an address of ours to go on to, the first page where it is none."""
    path = given or ""
    ours = path.startswith("/") and not path.startswith("//") and len(path) <= _LONGEST_NEXT
    plain = "\\" not in path and all("!" <= sign <= "~" for sign in path)
    return path if ours and plain else HOME


def _someone() -> SignedIn:
    known = signed_in()
    if known is not None:
        return known
    if request.method in _SAFE:
        path = request.full_path.rstrip("?")
        abort(go(f"{LOGIN}?next={quote(path, safe='/')}"))
    raise SignInFirst


def _find() -> SignedIn | None:
    token = login_token()
    if not token:
        return None
    at = now()
    with site().storage.read() as session:
        known = sessions.find(session, token, at)
    if known is None:
        return None
    if at - known.used_at >= sessions.TOUCHED_EVERY:
        # A session that cannot be noted as used still shows what is there.
        with suppress(StorageBusy, OperationalError), site().storage.write() as session:
            sessions.touch(session, known, at)
    g.language = known.language
    rows = tuple((path, text) for path, text, action in _NAVIGATION if may(known, action))
    g.nav = Navigation(known.name, rows, form(known).token)
    return known


def _mark(known: SignedIn) -> str:
    """Give what ties a form to a session, which nobody can tell from the form."""
    secret = site().settings.secret_key.encode()
    return hmac.new(secret, f"forms/{known.token_sha256}".encode(), hashlib.sha256).hexdigest()


def _keep(response: Response, name: str, value: str, seconds: int | None = None) -> Response:
    settings = site().settings
    response.set_cookie(
        f"{settings.cookie_name}-{name}",
        value,
        max_age=seconds,
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


_NAVIGATION: Final = (  # address, text, action that must be allowed
    (HOME, N_("Studies"), "studies.list"),
    ("/partners", N_("Partners"), "partners.list"),
    ("/mail", N_("Mail"), "mail.see"),
    ("/users", N_("Users"), "users.list"),
    ("/log", N_("Log"), "log.see"),
    ("/administration", N_("Administration"), "administration.see"),
    ("/account", N_("My account"), "account.see"),
)
