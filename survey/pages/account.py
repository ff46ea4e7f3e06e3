"""One's own account: language, password, second factor, and where one is logged in."""

import uuid
from typing import Any

from flask import Blueprint, Response, request
from wtforms import PasswordField, StringField

from survey.errors import TooManyTries, WeakPassword, WrongLogin
from survey.pages import access, visitor
from survey.pages.languages import moment
from survey.pages.new_password import say_weakness
from survey.pages.site import database, go, site
from survey.services.accounts import resets, second_factor, sessions, users
from survey.services.accounts.sessions import SignedIn

blueprint = Blueprint("account", __name__, url_prefix="/account")

HERE = "/account"
_LANGUAGE = (("language", StringField()),)
_PASSWORD = (("old", PasswordField()), ("password", PasswordField()))


@blueprint.get("")
def see() -> Response:
    """Show one's own account."""
    return _account(access.authorised("account.see").known, 200)


@blueprint.post("/language")
def speak() -> Response:
    """Let the pages speak another language."""
    known = access.authorised("account.change").known
    form = access.form(known, request.form, fields=_LANGUAGE)
    if not form.validate():
        return _account(known, 400, stale=True)
    users.speak(database(), known.user_id, form["language"].data or "")
    return go(HERE)


@blueprint.post("/password")
def change_password() -> Response:
    """Choose another password; one goes on here, and is logged out everywhere else."""
    known = access.authorised("account.change").known
    form = access.form(known, request.form, fields=_PASSWORD)
    if not form.validate():
        return _account(known, 400, stale=True)
    try:
        token = resets.change(
            site().storage,
            site().settings,
            known.user_id,
            form["old"].data or "",
            form["password"].data or "",
            access.now(),
        )
    except WrongLogin:
        return _account(known, 400, wrong=True)
    except WeakPassword as refused:
        return _account(known, 400, weakness=say_weakness(refused.reason, visitor.language()))
    except TooManyTries as refused:
        return _account(known, 429, minutes=-(-refused.seconds // 60))
    return access.let_in(go(HERE), token)


@blueprint.post("/sessions/<uuid:session_id>/end")
def end_session(session_id: uuid.UUID) -> Response:
    """End one of one's sessions."""
    permitted = access.authorised("session.end", session_id=session_id)
    known = permitted.known
    if not access.form(known, request.form).validate():
        return _account(known, 400, stale=True)
    sessions.end(database(), known.user_id, permitted.object.id, access.now())
    return go(HERE)


@blueprint.post("/sessions/end")
def end_sessions() -> Response:
    """Log out everywhere, here too."""
    known = access.authorised("account.change").known
    if not access.form(known, request.form).validate():
        return _account(known, 400, stale=True)
    sessions.end_all(database(), known.user_id, access.now())
    return access.let_out(go(access.LOGIN))


def _account(known: SignedIn, status: int, **told: Any) -> Response:  # noqa: ANN401
    with site().storage.read() as session:
        opened = sessions.listed(session, known.user_id, access.now())
        codes_left = second_factor.left(session, known.user_id)
    language = visitor.language()
    return access.page(
        known,
        "account.html",
        status=status,
        sessions=[
            (each.id, moment(each.made_at, language), moment(each.used_at, language))
            for each in opened
        ],
        codes_left=codes_left,
        **({"stale": False, "wrong": False, "weakness": "", "minutes": 0} | told),
    )
