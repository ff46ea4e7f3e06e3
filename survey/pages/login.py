"""Logging in and out: the password, then the second factor of those who have one."""

from urllib.parse import quote

from flask import Blueprint, Response, g, request
from wtforms import PasswordField, StringField

from questionnaires import LANGUAGES
from survey.errors import TooManyTries, WrongLogin
from survey.pages import access, visitor
from survey.pages.site import answer, go, site
from survey.services.accounts import logging_in, sessions
from survey.services.accounts.logging_in import LoggedIn

blueprint = Blueprint("login", __name__)

_FIELDS = (("email", StringField()), ("password", PasswordField()), ("next", StringField()))
_CODE = (("code", StringField()), ("next", StringField()))


@blueprint.get("/login")
def ask() -> Response:
    """Ask for e-mail address and password; who is logged in already goes on."""
    way = access.own_path(request.args.get("next"))
    return go(way) if access.signed_in() else _ask(200, way)


@blueprint.post("/login")
def log_in() -> Response:
    """Log in; a session of before in this browser ends."""
    form = visitor.form(visitor.language(), request.form, fields=_FIELDS)
    way, email = access.own_path(form["next"].data), form["email"].data or ""
    if not form.validate():
        return _ask(400, way, email, stale=True)
    before = access.signed_in()
    try:
        done = logging_in.log_in(
            site().storage,
            site().settings,
            email,
            form["password"].data or "",
            visitor=access.where_from(),
            at=access.now(),
        )
    except WrongLogin:
        return _ask(400, way, email, wrong=True)
    except TooManyTries as refused:
        return _ask(429, way, email, wait=refused.seconds)
    if before is not None:
        with site().storage.write() as session:
            sessions.end(session, before.user_id, before.session_id, access.now())
    return _on(done, f"/login/code?next={quote(way)}" if done.owes_code else way)


@blueprint.get("/login/code")
def ask_code() -> Response:
    """Ask for the second factor, where the password was right a moment ago."""
    way = access.own_path(request.args.get("next"))
    return _ask_code(200, way) if _owes_code() else go(access.LOGIN)


@blueprint.post("/login/code")
def give_code() -> Response:
    """Take the second factor."""
    form = visitor.form(visitor.language(), request.form, fields=_CODE)
    way = access.own_path(form["next"].data)
    if not form.validate():
        return _ask_code(400, way, stale=True)
    try:
        done = logging_in.pass_code(
            site().storage,
            site().settings,
            access.login_token(),
            (form["code"].data or "")[:100],
            visitor=access.where_from(),
            at=access.now(),
        )
    except WrongLogin:
        return _ask_code(400, way, wrong=True) if _owes_code() else _ask(400, way, again=True)
    except TooManyTries as refused:
        return _ask_code(429, way, wait=refused.seconds)
    return _on(done, way)


@blueprint.post("/logout")
def leave() -> Response:
    """End the session of this browser, on the server too."""
    known = access.authorised("account.see").known
    if not access.form(known, request.form).validate():
        return access.page(known, "logout.html", status=400)
    with site().storage.write() as session:
        sessions.end(session, known.user_id, known.session_id, access.now())
    return access.let_out(go(access.LOGIN))


def _on(done: LoggedIn, way: str) -> Response:
    return access.let_in(go(way), done.token, device=done.device)


def _owes_code() -> bool:
    """Whether someone's password was right in this browser; the page then speaks their language."""
    with site().storage.read() as session:
        known = sessions.find(session, access.login_token(), access.now(), owes_code=True)
    if known is not None:
        g.language = known.language
    return known is not None


def _ask(
    status: int,
    way: str,
    email: str = "",
    *,
    wrong: bool = False,
    again: bool = False,
    stale: bool = False,
    wait: int = 0,
) -> Response:
    language = visitor.language()
    response = answer(
        "login.html",
        language,
        status=status,
        languages=LANGUAGES if status == 200 else (),
        query=f"next={quote(way)}&",
        token=visitor.form(language).token,
        way=way,
        email=email,
        wrong=wrong,
        again=again,
        stale=stale,
        minutes=-(-wait // 60),
    )
    return _waiting(response, wait)


def _ask_code(
    status: int, way: str, *, wrong: bool = False, stale: bool = False, wait: int = 0
) -> Response:
    language = visitor.language()
    response = answer(
        "code.html",
        language,
        status=status,
        languages=LANGUAGES if status == 200 else (),
        query=f"next={quote(way)}&",
        token=visitor.form(language).token,
        way=way,
        wrong=wrong,
        stale=stale,
        minutes=-(-wait // 60),
    )
    return _waiting(response, wait)


def _waiting(response: Response, seconds: int) -> Response:
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response
