"""The second factor of one's own account: a code from an app, begun and ended."""

import re
from typing import Any

import segno
from flask import Blueprint, Response, request
from wtforms import PasswordField, StringField

from survey.errors import TooManyTries, WrongLogin
from survey.pages import access
from survey.pages.site import database, go, site
from survey.services import audit
from survey.services.accounts import second_factor, totp, users
from survey.services.accounts.confirming import confirm
from survey.services.accounts.sessions import SignedIn
from survey.storage.models import User

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")

_BEGIN = (("code", StringField()), ("old", PasswordField()), ("nonce", StringField()))
_END = (("old", PasswordField()),)
_NONCE = re.compile(r"[0-9a-f]{64}")


@blueprint.get("")
def ask() -> Response:
    """Show the code to scan, or how to end the second factor."""
    return _ask(access.authorised("account.see").known, 200)


@blueprint.post("")
def begin() -> Response:
    """Begin with the first code; the recovery codes are shown this once."""
    known = access.authorised("account.change").known
    form = access.form(known, request.form, fields=_BEGIN)
    nonce = form["nonce"].data or ""
    if not form.validate() or not _NONCE.fullmatch(nonce):
        return _ask(known, 400, stale=True)
    refused = _refused(known, form["old"].data or "")
    if refused:
        return _ask(known, 400, nonce=nonce, **refused)
    try:
        codes = second_factor.begin(
            database(),
            site().settings.secret_key,
            database().get_one(User, known.user_id, with_for_update=True),
            nonce,
            form["code"].data or "",
            access.now(),
        )
    except WrongLogin:
        return _ask(known, 400, nonce=nonce, wrong_code=True)
    return access.page(known, "recovery_codes.html", codes=codes)


@blueprint.post("/end")
def end() -> Response:
    """Ask for no code any more."""
    known = access.authorised("account.change").known
    form = access.form(known, request.form, fields=_END)
    if not form.validate():
        return _ask(known, 400, stale=True)
    refused = _refused(known, form["old"].data or "")
    if refused:
        return _ask(known, 400, **refused)
    user = database().get_one(User, known.user_id, with_for_update=True)
    second_factor.end(database(), audit.by(known.user_id), user, access.now())
    return go("/account")


def _refused(known: SignedIn, password: str) -> dict[str, Any]:
    """Ask for the password; give what the page is to say if it is another."""
    try:
        confirm(site().storage, site().settings, known.user_id, password, access.now())
    except WrongLogin:
        return {"wrong_password": True}
    except TooManyTries as refused:
        return {"minutes": -(-refused.seconds // 60)}
    return {}


def _ask(known: SignedIn, status: int, *, nonce: str = "", **told: Any) -> Response:  # noqa: ANN401
    nonce = nonce or totp.new_nonce()
    secret = totp.secret_of(site().settings.secret_key, known.user_id, nonce)
    with site().storage.read() as session:
        organisation = users.organisation(session)
    code = segno.make(totp.address(secret, known.email, organisation), error="m", micro=False)
    nothing = {"stale": False, "wrong_code": False, "wrong_password": False, "minutes": 0}
    return access.page(
        known,
        "second_factor.html",
        status=status,
        nonce=nonce,
        letters=totp.in_letters(secret),
        picture=code.svg_data_uri(scale=4, border=4, light="#fff"),
        **(nothing | told),
    )
