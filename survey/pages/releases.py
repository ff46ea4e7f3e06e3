"""Right of reply, our side: a card let out to somebody at a partner, the reply, our answer."""

import datetime as dt
import uuid
from typing import Any, Final

from flask import Blueprint, Response, request
from wtforms import StringField

from survey.pages import access, record_words, visitor
from survey.pages.explanations import N_
from survey.pages.forms import Fields
from survey.pages.refusals import NothingHere
from survey.pages.released_card import card_of
from survey.pages.site import database, go, site
from survey.services import audit
from survey.services.accounts.sessions import SignedIn
from survey.services.mail.kinds import REPLY_ANSWERED, REPLY_INVITATION
from survey.services.record import letting_out, releases, telling
from survey.services.record.errors import NoMailThere, NotReleased
from survey.services.record.fields import Problems, Unfit
from survey.services.record.letting_out import DAYS, Wanted
from survey.services.record.links import SEEN_FOR
from survey.services.record.releases import Release
from survey.services.register import listing
from survey.storage.models import Contact, Partner, new_id
from survey.words import say_in

blueprint = Blueprint("releases", __name__, url_prefix="/partners/<uuid:partner_id>/replies")

MAIL, SHOW = "mail", "show"  # the ways of a link
_WANTED: Final[Fields] = tuple(
    (name, StringField()) for name in ("wave", "contact", "until", "send", "key")
)
_ANSWER: Final[Fields] = tuple((name, StringField()) for name in ("answer", "seen", "tell"))
_LINK: Final[Fields] = tuple((name, StringField()) for name in ("do", "mark"))
MESSAGES: Final = {  # what a message about a card brings
    REPLY_INVITATION.name: N_("The link"),
    REPLY_ANSWERED.name: N_("That there is an answer"),
}
STATES: Final = {  # what became of it; where it did not leave, the reason follows
    "queued": N_("waits to be sent"),
    "claimed": N_("waits to be sent"),
    "sending": N_("is being sent"),
    "sent": N_("sent on %(day)s"),
    "failed": N_("failed"),
    "doubtful": N_("may have arrived or not"),
    "cancelled": N_("not sent"),
}
_UNTYPED: Final[dict[str, Any]] = {"problems": {}, "stale": False, "tell": True, "link": ""}


@blueprint.get("")
def begin(partner_id: uuid.UUID) -> Response:
    """Offer to let a card out."""
    permitted = access.authorised("card.release", partner_id=partner_id)
    until = (_today() + dt.timedelta(days=DAYS)).isoformat()
    return _begin(permitted.known, permitted.object, 200, {"until": until})


@blueprint.post("")
def release(partner_id: uuid.UUID) -> Response:
    """Let a card out, and mail the link to it or show it, which is done nowhere again."""
    permitted = access.authorised("card.release", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_WANTED)
    given = {name: str(form[name].data or "") for name, _ in _WANTED}
    if not form.validate():
        return _begin(known, partner, 400, given, stale=True)
    try:
        wanted = _wanted(given)
        made = letting_out.release(
            database(), site().settings, audit.by(known.user_id), partner, wanted, today=_today()
        )
    except Unfit as unfit:
        return _begin(known, partner, 400, given, problems=_said({"until": unfit.args[0]}))
    except NotReleased as refused:
        return _begin(known, partner, 400, given, problems=_said({"": refused.why}))
    except NoMailThere as refused:
        given["send"] = SHOW
        return _begin(known, partner, 400, given, problems=_said({"send": refused.why}))
    if not made.token:
        return go(f"/partners/{partner_id}/replies/{made.id}?told=let-out")
    return _begin(known, partner, 200, given, link=_address(made.token))


@blueprint.get("/<uuid:release_id>")
def see(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Show a card that was let out, and what came of it."""
    permitted = access.authorised("release.see", partner_id=partner_id, release_id=release_id)
    return _release(permitted.known, permitted.object, 200)


@blueprint.post("/<uuid:release_id>/link")
def link(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Mail a new link to a card, or show it once; the one before it works no longer."""
    permitted = access.authorised("release.change", partner_id=partner_id, release_id=release_id)
    known, (_, card) = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_LINK)
    if not form.validate():
        return _release(known, permitted.object, 400, stale=True)
    here, who = f"/partners/{partner_id}/replies/{release_id}", audit.by(known.user_id)
    if not card.is_open(_today()) or form["mark"].data != card.link_mark:
        return go(f"{here}?told=meanwhile")
    if form["do"].data == SHOW:
        shown = _address(telling.show(database(), who, card.id))
        return _release(known, _anew(permitted.object), 200, link=shown)
    if _obstacle(card):
        return _release(known, permitted.object, 400)
    if card.takes_reply(_today()):
        telling.invite(database(), who, card.id)
    else:
        telling.tell_answered(database(), who, card.id)
    return go(f"{here}?told=mailed")


@blueprint.post("/<uuid:release_id>/answer")
def answer(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Keep our answer to a reply, and tell the person by mail if that is wished."""
    permitted = access.authorised("release.change", partner_id=partner_id, release_id=release_id)
    known, (_, card) = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_ANSWER)
    text, tell = str(form["answer"].data or ""), bool(form["tell"].data)
    if not form.validate():
        return _release(known, permitted.object, 400, text=text, tell=tell, stale=True)
    who, seen = audit.by(known.user_id), _number(form["seen"].data)
    problems = releases.answer(database(), who, card, text, _today(), seen=seen)
    if problems:
        said = _said(problems)
        return _release(known, permitted.object, 400, text=text, tell=tell, problems=said)
    here, told = f"/partners/{partner_id}/replies/{release_id}", "saved"
    if tell:
        _, now = _anew(permitted.object)
        may = now.is_open(_today()) and not _obstacle(now)
        told = "answered" if may else "saved-only"
        if may:
            telling.tell_answered(database(), who, card.id)
    return go(f"{here}?told={told}")


@blueprint.post("/<uuid:release_id>/revoke")
def revoke(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Take the link to a card back."""
    permitted = access.authorised("release.change", partner_id=partner_id, release_id=release_id)
    known, (_, card) = permitted.known, permitted.object
    if not access.form(known, request.form).validate():
        return _release(known, permitted.object, 400, stale=True)
    releases.revoke(database(), audit.by(known.user_id), card, _today())
    return go(f"/partners/{partner_id}/replies/{release_id}?told=saved")


def _begin(
    known: SignedIn,
    partner: Partner,
    status: int,
    given: dict[str, str],
    **told: Any,  # noqa: ANN401
) -> Response:
    _, people = listing.whole(database(), partner)
    return access.page(
        known,
        "release.html",
        status=status,
        partner=partner,
        people=[(person.id.hex, person.name) for person in people],
        waves=[
            (f"{slug}/{wave}", title, wave)
            for slug, wave, title in letting_out.choices(database(), partner.id)
        ],
        given={"wave": "", "contact": "", "until": "", "send": _usual_way(), "key": new_id().hex}
        | {name: value for name, value in given.items() if value or name != "key"},
        mails=_usual_way() == MAIL,
        cards=releases.listed(database(), partner.id),
        today=_today(),
        words=record_words,
        **({"problems": {}, "stale": False, "link": ""} | told),
    )


def _release(known: SignedIn, place: Any, status: int, **told: Any) -> Response:  # noqa: ANN401
    partner, card = place
    return access.page(
        known,
        "release_seen.html",
        status=status,
        partner=partner,
        card=card,
        shown=card_of(card.document, visitor.language()),
        today=_today(),
        words=record_words,
        seen_for=SEEN_FOR.days,
        may_change=access.may(known, "release.change"),
        told=request.args.get("told", "") if status == 200 else "",
        obstacle=_in_words(_obstacle(card) or ""),
        messages=[
            (MESSAGES[each.kind], STATES[each.state], each.on, _in_words(each.why))
            for each in telling.messages(database(), card.id)
        ],
        **(_UNTYPED | {"text": card.answer} | told),
    )


def _usual_way() -> str:
    """Give how a link is sent if nothing else is said: by mail, where mail is sent at all."""
    settings = site().settings
    return MAIL if settings.smtp_url is not None and settings.mail_from is not None else SHOW


def _obstacle(card: Release) -> str | None:
    """Say why no mail goes to whom a card was let out to, or ``None``."""
    person = database().get(Contact, card.contact_id) if card.contact_id else None
    return telling.obstacle(database(), site().settings, person)


def _anew(place: tuple[Partner, Release]) -> tuple[Partner, Release]:
    """Read a card once more, after something was done to it."""
    partner, card = place
    return partner, releases.found(database(), partner.id, card.id)


def _address(token: str) -> str:
    return f"{site().settings.base_url}/reply/{token}"


def _wanted(given: dict[str, str]) -> Wanted:
    """Read what was chosen; what is no study, wave or person is none that there is."""
    slug, _, number = given["wave"].rpartition("/")
    try:
        contact = uuid.UUID(hex=given["contact"])
    except ValueError:
        contact = uuid.UUID(int=0)
    wave = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
    until = letting_out.read_until(given["until"], _today())
    return Wanted(slug, wave, contact, until, given["send"] == MAIL, _key(given["key"]))


def _key(text: str) -> uuid.UUID:
    """Read the key that was made with the form; what is none is a page of nobody's."""
    try:
        return uuid.UUID(hex=text)
    except ValueError:
        raise NothingHere from None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else None


def _said(problems: Problems) -> dict[str, str]:
    return {field: _in_words(problem) for field, problem in problems.items()}


def _in_words(sentence: str) -> str:
    return say_in(site().renderer.catalogues[visitor.language()], sentence)


def _today() -> dt.date:
    return access.now().date()
