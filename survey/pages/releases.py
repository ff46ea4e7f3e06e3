"""Right of reply, our side: a card let out to somebody at a partner, the reply, our answer."""

import datetime as dt
import uuid
from typing import Any, Final

from flask import Blueprint, Response, request
from wtforms import StringField

from survey.pages import access, record_words, visitor
from survey.pages.forms import Fields
from survey.pages.released_card import card_of
from survey.pages.site import database, go, site
from survey.services import audit
from survey.services.accounts.sessions import SignedIn
from survey.services.record import releases
from survey.services.record.errors import NotReleased
from survey.services.record.fields import Problems, Unfit
from survey.services.record.releases import DAYS, Wanted
from survey.services.register import listing
from survey.storage.models import Partner
from survey.words import say_in

blueprint = Blueprint("releases", __name__, url_prefix="/partners/<uuid:partner_id>/replies")

_WANTED: Final[Fields] = tuple((name, StringField()) for name in ("wave", "contact", "until"))
_ANSWER: Final[Fields] = (("answer", StringField()),)


@blueprint.get("")
def begin(partner_id: uuid.UUID) -> Response:
    """Offer to let a card out."""
    permitted = access.authorised("card.release", partner_id=partner_id)
    until = (_today() + dt.timedelta(days=DAYS)).isoformat()
    return _begin(permitted.known, permitted.object, 200, {"until": until})


@blueprint.post("")
def release(partner_id: uuid.UUID) -> Response:
    """Let a card out, and show the link to it, which is shown nowhere again."""
    permitted = access.authorised("card.release", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_WANTED)
    given = {name: str(form[name].data or "") for name, _ in _WANTED}
    if not form.validate():
        return _begin(known, partner, 400, given, stale=True)
    try:
        wanted = _wanted(given)
        token = releases.release(
            database(), site().settings, audit.by(known.user_id), partner, wanted, today=_today()
        )
    except Unfit as unfit:
        return _begin(known, partner, 400, given, problems=_said({"until": unfit.args[0]}))
    except NotReleased as refused:
        return _begin(known, partner, 400, given, problems=_said({"": refused.why}))
    link = f"{site().settings.base_url}/reply/{token}"
    return _begin(known, partner, 200, given, link=link)


@blueprint.get("/<uuid:release_id>")
def see(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Show a card that was let out, and what came of it."""
    permitted = access.authorised("release.see", partner_id=partner_id, release_id=release_id)
    return _release(permitted.known, permitted.object, 200)


@blueprint.post("/<uuid:release_id>/answer")
def answer(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Keep our answer to a reply."""
    permitted = access.authorised("release.change", partner_id=partner_id, release_id=release_id)
    known, (_, card) = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_ANSWER)
    text = str(form["answer"].data or "")
    if not form.validate():
        return _release(known, permitted.object, 400, text=text, stale=True)
    problems = releases.answer(database(), audit.by(known.user_id), card, text, _today())
    if problems:
        return _release(known, permitted.object, 400, text=text, problems=_said(problems))
    return go(f"/partners/{partner_id}/replies/{release_id}?saved=1")


@blueprint.post("/<uuid:release_id>/revoke")
def revoke(partner_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Take the link to a card back."""
    permitted = access.authorised("release.change", partner_id=partner_id, release_id=release_id)
    known, (_, card) = permitted.known, permitted.object
    if not access.form(known, request.form).validate():
        return _release(known, permitted.object, 400, stale=True)
    releases.revoke(database(), audit.by(known.user_id), card, _today())
    return go(f"/partners/{partner_id}/replies/{release_id}?saved=1")


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
            for slug, wave, title in releases.choices(database(), partner.id)
        ],
        given={"wave": "", "contact": "", "until": ""} | given,
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
        may_change=access.may(known, "release.change"),
        saved="saved" in request.args,
        **({"problems": {}, "stale": False, "text": card.answer} | told),
    )


def _wanted(given: dict[str, str]) -> Wanted:
    """Read what was chosen; what is no study, wave or person is none that there is."""
    slug, _, number = given["wave"].rpartition("/")
    try:
        contact = uuid.UUID(hex=given["contact"])
    except ValueError:
        contact = uuid.UUID(int=0)
    wave = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
    return Wanted(slug, wave, contact, releases.read_until(given["until"], _today()))


def _said(problems: Problems) -> dict[str, str]:
    catalogue = site().renderer.catalogues[visitor.language()]
    return {field: say_in(catalogue, problem) for field, problem in problems.items()}


def _today() -> dt.date:
    return access.now().date()
