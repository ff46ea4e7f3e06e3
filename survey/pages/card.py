"""The card of a partner: what a team needs to know of it before it decides."""

import uuid
from collections.abc import Collection
from typing import Any

from flask import Blueprint, Response

from survey.pages import access, record_words
from survey.pages.agreed import agreed, in_force
from survey.pages.card_measures import named
from survey.pages.card_view import Card
from survey.pages.site import database, site
from survey.pages.warned import warned
from survey.pages.workspace import compared, frame, wave_asked
from survey.services import studies
from survey.services.comparing import comments
from survey.services.comparing.desk import opened_on
from survey.services.record import items
from survey.services.record.kinds import ACTION, BRIEF
from survey.services.record.timeline import timeline
from survey.services.record.whole import whole
from survey.storage.account_models import VIEWER

blueprint = Blueprint("card", __name__, url_prefix="/compare/<slug>/partners")

LATEST_EVENTS = 6


@blueprint.get("/<uuid:partner_id>")
def see(slug: str, partner_id: uuid.UUID) -> Response:
    """Show the card of a partner in a wave."""
    permitted = access.authorised("card.see", slug=slug, partner_id=partner_id, wave=wave_asked())
    known, (desk, place) = permitted.known, permitted.object
    view, own = compared(desk), known.partners if known.role == VIEWER else None
    card = Card(view, place, own)
    _, wave = studies.find(database(), slug, desk.workspace.wave)
    of = comments.read(site().settings, slug, wave.number, wave.data_version)
    return access.page(
        known,
        "card.html",
        **{**frame(view), "compares": access.may(known, "workspace.see")},
        card=card,
        partner_id=partner_id,
        register=desk.partners[place],
        about=[value for values in desk.partners[place].values.values() for value in values],
        told=named(view, card.points),
        evidence=warned(view, place),
        comments=of.get("ours", {}).get(card.partner, []),
        comments_there=of.get("theirs", {}).get(card.partner, []),
        words=record_words,
        **_record(card, partner_id, own),
    )


def _record(
    card: Card, partner_id: uuid.UUID, limit: Collection[uuid.UUID] | None
) -> dict[str, Any]:
    """Give what the partner's record adds: its stage, what was agreed, deeds, the latest events."""
    record = whole(database(), partner_id)
    opened = opened_on(database(), card.view.workspace.study)
    standing = [entry for entry in record.entries if entry.struck_on is None]
    deeds = [
        (entry, card.deed(entry.text, entry.aspect, entry.day.isoformat(), opened))
        for entry in standing
        if entry.kind == ACTION
    ]
    named = any(entry.items for entry in in_force(standing))
    known = items.known(database(), partner_id) if named else None
    events = timeline(database(), partner_id, partners=limit)
    return {
        "record": record,
        "agreed": agreed(card, known, standing),
        "deeds": deeds,
        "notes": [e for e in standing if e.kind == BRIEF][:1],
        "events": events[: -LATEST_EVENTS - 1 : -1],
    }
