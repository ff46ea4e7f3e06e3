"""A forgotten password: a link by mail, and the page it leads to."""

import secrets

from flask import Blueprint, Response, request
from wtforms import PasswordField, StringField

from questionnaires import LANGUAGES
from survey.errors import UnknownReset, WeakPassword
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.site import answer, database, go, site
from survey.services import mail
from survey.services.accounts import resets

blueprint = Blueprint("new_password", __name__, url_prefix="/reset")

_EMAIL = (("email", StringField()),)
_PASSWORD = (("password", PasswordField()),)
_WEAKNESS = {
    "too_short": N_("A password has at least 12 characters."),
    "too_long": N_("A password has at most 256 characters."),
    "too_common": N_(
        "Too many people use a password like this. Take several words that do not belong together."
    ),
    "tells_whose": N_(
        "A password must hold neither your name nor your address nor the name of this service."
    ),
}


@blueprint.get("")
def ask() -> Response:
    """Ask whose password was forgotten."""
    return _ask(200)


@blueprint.post("")
def send() -> Response:
    """Mail a link if someone has this address; the answer is the same if nobody has."""
    form = visitor.form(visitor.language(), request.form, fields=_EMAIL)
    email = form["email"].data or ""
    if not form.validate():
        return _ask(400, email)
    asked = resets.ask(database(), site().settings, email, access.now())
    if asked is not None:
        mail.queue(
            database(),
            "password_reset",
            to=asked.email,
            language=asked.language,
            values={"name": asked.name, "link": asked.link},
            key=f"password_reset/{secrets.token_hex(16)}",
        )
    return _ask(200, sent=True)


@blueprint.get("/<token>")
def choose(token: str) -> Response:
    """Ask for a new password; looking at the page uses nothing up."""
    return _choose(token, 200)


@blueprint.post("/<token>")
def keep(token: str) -> Response:
    """Keep the new password; all sessions of the person end."""
    form = visitor.form(visitor.language(), request.form, fields=_PASSWORD)
    if not form.validate():
        return _choose(token, 400, stale=True)
    try:
        resets.use(site().storage, token, form["password"].data or "", access.now())
    except WeakPassword as refused:
        return _choose(token, 400, weakness=refused.reason)
    except UnknownReset:
        visitor.count_miss()
        raise
    return access.let_out(go(access.LOGIN))


def say_weakness(reason: str, language: str) -> str:
    """Say in a language why a password is not taken; nothing if nothing is wrong."""
    text = _WEAKNESS.get(reason)
    return site().renderer.catalogues[language].gettext(text) if text else ""


def _ask(status: int, email: str = "", *, sent: bool = False) -> Response:
    language = visitor.language()
    return answer(
        "forgotten.html",
        language,
        status=status,
        languages=LANGUAGES if request.method == "GET" else (),
        token=visitor.form(language).token,
        email=email,
        sent=sent,
        stale=status != 200,
    )


def _choose(token: str, status: int, *, weakness: str = "", stale: bool = False) -> Response:
    with site().storage.read() as session:
        try:
            user = resets.owner(session, token, access.now())
        except UnknownReset:
            visitor.count_miss()
            raise
        name, email, spoken = user.name, user.email, user.language
    language = visitor.language(spoken)
    return answer(
        "new_password.html",
        language,
        status=status,
        languages=LANGUAGES if status == 200 else (),
        token=visitor.form(language).token,
        name=name,
        email=email,
        weakness=say_weakness(weakness, language),
        stale=stale,
    )
