"""Right of reply, the partner's side: somebody there sees the partner's card and replies to it.

The address is the secret, as with a link for a password. Looking at the page changes nothing;
a link that is wrong, over or taken back is answered as one that never was.
"""

import datetime as dt
from typing import Any, Final

from flask import Blueprint, Response, request
from wtforms import StringField

from questionnaires import LANGUAGES
from survey.pages import record_words, visitor
from survey.pages.languages import long_date
from survey.pages.released_card import card_of
from survey.pages.site import answer, database, go, site
from survey.services.record import releases, replies
from survey.services.record.errors import UnknownReply
from survey.services.record.releases import Release
from survey.words import say_in

blueprint = Blueprint("reply", __name__, url_prefix="/reply")

_SAID: Final = "about-"  # before the id of an aspect, in the name of its field


@blueprint.get("/<token>")
def see(token: str) -> Response:
    """Show the card, what it is, and a form to reply with."""
    card = _card(token)
    return _page(card, token, 200, _given(card), sent="sent" in request.args)


@blueprint.post("/<token>")
def send(token: str) -> Response:
    """Keep a reply in the place of an earlier one."""
    card = _card(token)
    names = ("stance", "text", *(f"{_SAID}{aspect}" for aspect in replies.aspects_of(card)))
    form = visitor.form(
        visitor.language(card.language),
        request.form,
        fields=tuple((name, StringField()) for name in (*names, "seen")),
    )
    given = {name: str(form[name].data or "") for name in names}
    if not form.validate():
        return _page(card, token, 400, given, stale=True)
    if not card.takes_reply(_today()):
        return _page(card, token, 409, given)
    remarks = {name.removeprefix(_SAID): given[name] for name in names[2:]}
    seen = str(form["seen"].data or "")
    problems = replies.give(
        database(),
        card,
        given["stance"],
        given["text"],
        remarks,
        today=_today(),
        seen=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 6 else 0,
    )
    if problems:
        catalogue = site().renderer.catalogues[visitor.language(card.language)]
        said = {field: say_in(catalogue, problem) for field, problem in problems.items()}
        return _page(card, token, 409 if "" in said else 400, given, problems=said)
    return go(f"/reply/{token}?sent=1")


def _card(token: str) -> Release:
    try:
        return releases.by_token(database(), token, _today())
    except UnknownReply:
        visitor.count_miss()
        raise


def _given(card: Release) -> dict[str, str]:
    """Give what was replied before, to be revised."""
    if card.reply is None:
        return {"stance": "comment", "text": ""}
    about = {f"{_SAID}{aspect}": text for aspect, text in card.reply.aspects.items()}
    return {"stance": card.reply.stance, "text": card.reply.text, **about}


def _page(
    card: Release,
    token: str,
    status: int,
    given: dict[str, str],
    **told: Any,  # noqa: ANN401
) -> Response:
    language = visitor.language(card.language)
    return answer(
        "reply.html",
        language,
        status=status,
        languages=LANGUAGES if status == 200 else (),
        csrf=visitor.form(language).token,
        address=f"/reply/{token}",
        card=card,
        may_reply=card.takes_reply(_today()),
        shown=card_of(card.document, language),
        closed_on=long_date(dt.date.fromisoformat((card.document or {})["closed_on"]), language),
        given=given,
        words=record_words,
        said=_SAID,
        **({"problems": {}, "stale": False, "sent": False} | told),
    )


def _today() -> dt.date:
    return site().clock().date()
