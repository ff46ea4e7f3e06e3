"""The card of a partner: what a team needs to know of it before it decides."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from flask import Blueprint, Response

from survey.pages import access, record_words
from survey.pages.card_measures import named
from survey.pages.card_rows import AskedRow
from survey.pages.card_view import Card
from survey.pages.site import database, site
from survey.pages.workspace import compared, frame, wave_asked
from survey.services import studies
from survey.services.comparing import comments
from survey.services.comparing.desk import opened_on
from survey.services.record import items
from survey.services.record.kinds import ACTION, BRIEF, EXPECTATION
from survey.services.record.timeline import timeline
from survey.services.record.whole import Entry, whole
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
    events = timeline(database(), partner_id, partners=limit)
    return {
        "record": record,
        "agreed": _agreed(card, partner_id, standing),
        "deeds": deeds,
        "notes": [e for e in standing if e.kind == BRIEF][:1],
        "events": events[: -LATEST_EVENTS - 1 : -1],
    }


def _agreed(
    card: Card, partner_id: uuid.UUID, standing: Sequence[Entry]
) -> list[tuple[Entry, list[AskedRow]]]:
    """Give what was agreed and is in force, each with the items that measure it."""
    agreed = [e for e in standing if e.kind == EXPECTATION and not e.is_over]
    named = any(entry.items for entry in agreed) and card.is_shown
    known = items.known(database(), partner_id) if named else None
    said = {
        item: known.text(
            item,
            card.view.voice.language,
            partner=card.partner,
            organisation=card.view.workspace.organisation,
        )
        for entry in agreed
        for item in entry.items
        if known is not None
    }
    return [
        (entry, [card.asked(item, said[item]) for item in entry.items if item in said])
        for entry in agreed
    ]
