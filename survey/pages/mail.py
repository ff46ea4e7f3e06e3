"""Mail, for those who run studies: what waits and when it leaves, what failed, who gets none."""

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from wtforms import StringField
from wtforms.validators import AnyOf

from survey.errors import LinkMayBeOut
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.forms import Fields
from survey.pages.languages import moment
from survey.pages.paging import number_asked
from survey.pages.site import database, go, site
from survey.services import audit
from survey.services.accounts.sessions import SignedIn
from survey.services.mail import outlook, silence, stopping, troubles
from survey.services.mail.codes import person_code, secret_of
from survey.services.mail.kinds import OF_CARDS
from survey.services.naming import email_problem, tidy
from survey.words import say_in

blueprint = Blueprint("mail", __name__, url_prefix="/mail")

KINDS: Final = {
    "invitation": N_("Invitation"),
    "reminder": N_("Reminder"),
    "general_reminder": N_("Reminder to everybody"),
    "thanks": N_("Thanks"),
    "password_reset": N_("Link for a password"),
    "trial": N_("Trial message"),
    "reply_invitation": N_("Card to reply to"),
    "reply_answered": N_("Answer to a reply"),
    troubles.LATER: N_("A later message"),
}
STATES: Final = {
    "waiting": N_("waiting"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "doubtful": N_("doubtful"),
    "stopped": N_("stopped"),
}
REASONS: Final = {  # why somebody gets mail again; the log keeps these words and no name
    "asked": N_("The person asked for mail again"),
    "mistake": N_("It was stopped by mistake"),
    "works": N_("The address takes mail again"),
}
_DECIDE: Final[Fields] = (("do", StringField(validators=[AnyOf(("again", "drop"))])),)
_RESUME: Final[Fields] = tuple((name, StringField()) for name in ("person", "address", "reason"))
_PERSON: Final = re.compile(r"[a-z2-7]{26}")


@blueprint.get("")
def see() -> Response:
    """Show what waits, is sent, failed and is doubtful, of all studies."""
    return _draw(access.authorised("mail.see").known, 200)


@blueprint.post("/<uuid:message_id>")
def decide(message_id: uuid.UUID) -> Response:
    """Send a message once more, or drop it; a second press changes nothing."""
    permitted = access.authorised("mail.decide", message_id=message_id)
    known, slug = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_DECIDE)
    if not form.validate():
        return _draw(known, 400, stale=True)
    again = form["do"].data == troubles.AGAIN
    try:
        decided = troubles.decide(database(), message_id, form["do"].data)
    except LinkMayBeOut:
        return _draw(known, 409, may_be_out=True)
    if decided:
        what = audit.of_study(slug) if slug else "mail"
        who = audit.by(known.user_id)
        if again:
            audit.note(database(), who, "message sent again", what)
        else:
            audit.note(database(), who, "message dropped", what)
    return go(f"/mail?told={'again' if again else 'dropped'}" if decided else "/mail?told=decided")


@blueprint.get("/stopped")
def silent() -> Response:
    """List who asked for no mail, and whose address takes none."""
    return _draw_silent(access.authorised("mail.silent").known, 200)


@blueprint.post("/stopped")
def resume() -> Response:
    """Let somebody get mail again, with a reason that is noted."""
    known = access.authorised("mail.resume").known
    form = access.form(known, request.form, fields=_RESUME)
    given = {name: (form[name].data or "") for name, _ in _RESUME}
    if not form.validate():
        return _draw_silent(known, 400, given=given, stale=True)
    person = _person(given)
    found = silence.one(database(), person) if person else None
    wrong = {}
    if found is None:
        wrong["person"] = True
    if given["reason"] not in REASONS:
        wrong["reason"] = True
    if found is not None and found.stopped_on and given["reason"] == "works":
        wrong["own_wish"] = True
    if found is None or wrong:
        return _draw_silent(known, 400, given=given, wrong=wrong)
    stopping.forget_person(database(), found.person)
    audit.note(
        database(), audit.by(known.user_id), "mail taken up again", f"mail/{given['reason']}"
    )
    return go("/mail/stopped?told=resumed")


def when(at: Any) -> str:  # noqa: ANN401
    """Write a time as pages do."""
    return moment(at, visitor.language())


def _person(given: Mapping[str, str]) -> str:
    """Give the code of who is meant: by an address that was typed, or by a row of the list."""
    address = tidy(given["address"])
    if address:
        return "" if email_problem(address) else person_code(secret_of(database()), address)
    return given["person"] if _PERSON.fullmatch(given["person"]) else ""


def _draw(known: SignedIn, status: int, **told: Any) -> Response:  # noqa: ANN401
    catalogue = site().renderer.catalogues[visitor.language()]
    found = troubles.listing(database(), number_asked())
    return access.page(
        known,
        "mail.html",
        status=status,
        rows=outlook.queue_of(database()),
        outlook=outlook.outlook(database(), site().settings, access.now()),
        when=when,
        kinds=KINDS,
        of_cards=OF_CARDS,
        states=STATES,
        found=found,
        troubles=[(each, say_in(catalogue, each.said)) for each in found.troubles],
        silent=silence.listing(database()).count,
        told=request.args.get("told", "") if status == 200 else "",
        **({"stale": False, "may_be_out": False} | told),
    )


def _draw_silent(known: SignedIn, status: int, **told: Any) -> Response:  # noqa: ANN401
    nothing = {"given": dict.fromkeys(("person", "address", "reason"), ""), "wrong": {}}
    return access.page(
        known,
        "mail_stopped.html",
        status=status,
        found=silence.listing(database(), number_asked()),
        reasons=REASONS,
        resumed=request.args.get("told") == "resumed",
        **({"stale": False} | nothing | told),
    )
