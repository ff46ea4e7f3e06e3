"""One line of time: the entries of a partner's record, the waves about it, cards and replies.

Days only: nobody is to read from it when somebody answered.
"""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.record.kinds import RECORD_KINDS
from survey.services.record.whole import Entry, whole
from survey.storage.models import CardRelease, CardReply, Study, StudyPartner, Wave

WAVE, CARD = "wave", "card"
TIMELINE_KINDS: Final = (*RECORD_KINDS, WAVE, CARD)


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a day, or from that day on.

    Parameters
    ----------
    day
        When it was, or began.
    kind
        One of `TIMELINE_KINDS`.
    state
        What it was that day: the state of an entry, ``opened``, ``closed``, ``released`` …
    text
        What it is about.
    sort
        Of the entry, empty where there is none.
    until
        The last day on which it held; ``None`` for a moment, or while it still holds.
    holds
        Whether it goes on from that day, to ``until`` or until now.
    entry_id
        Of the entry, if it is one.
    """

    day: dt.date
    kind: str
    state: str
    text: str
    sort: str = ""
    until: dt.date | None = None
    holds: bool = False
    entry_id: uuid.UUID | None = None


def timeline(
    session: Session,
    partner_id: uuid.UUID,
    kinds: Collection[str] = TIMELINE_KINDS,
    *,
    partners: Collection[uuid.UUID] | None = None,
) -> list[Event]:
    """Join what the record says with the waves about a partner, in the order of days.

    Parameters
    ----------
    session
        Of any kind.
    partner_id
        The partner.
    kinds
        Those that are asked for.
    partners
        Waves only of studies that ask about none but these, as in `overview.listing`; ``None``
        for all.

    Returns
    -------
    list of Event
        The earliest first; what is struck out is not among them. Something that holds from a
        day on is there once as a span, and each later step of it as a moment.
    """
    found = [event for entry in whole(session, partner_id).entries for event in _of_entry(entry)]
    if WAVE in kinds:
        found += _waves(session, partner_id, partners)
    if CARD in kinds:
        found += _cards(session, partner_id)
    chosen = [event for event in found if event.kind in kinds]
    return sorted(chosen, key=lambda event: (event.day, TIMELINE_KINDS.index(event.kind)))


def _of_entry(entry: Entry) -> list[Event]:
    if entry.struck_on is not None:
        return []
    moment = entry.kind in {"stage", "brief"}
    first = Event(
        day=entry.day,
        kind=entry.kind,
        state="" if moment else entry.kind,
        text=entry.text,
        sort=entry.sort,
        until=entry.ended_on,
        holds=not moment,
        entry_id=entry.id,
    )
    steps = (
        Event(step.day, entry.kind, step.state, entry.text, entry.sort, entry_id=entry.id)
        for step in entry.steps
    )
    return [first, *steps]


def _waves(
    session: Session, partner_id: uuid.UUID, partners: Collection[uuid.UUID] | None
) -> list[Event]:
    asked: dict[uuid.UUID, set[uuid.UUID]] = {}
    for study_id, key in session.execute(sa.select(StudyPartner.study_id, StudyPartner.partner_id)):
        asked.setdefault(study_id, set()).add(key)
    rows = session.execute(
        sa.select(Study.id, Study.title, Wave.number, Wave.opened_at, Wave.closed_at)
        .join(Wave, Wave.study_id == Study.id)
        .join(StudyPartner, StudyPartner.study_id == Study.id)
        .where(StudyPartner.partner_id == partner_id)
    )
    found = []
    for study_id, title, number, opened, closed in rows:
        if opened is None or not (partners is None or asked[study_id] <= set(partners)):
            continue
        until = closed.date() if closed else None
        text = f"{title} ({number})"
        found.append(Event(opened.date(), WAVE, "opened", text, until=until, holds=True))
        if until:
            found.append(Event(until, WAVE, "wave_closed", text))
    return found


def _cards(session: Session, partner_id: uuid.UUID) -> list[Event]:
    rows = session.execute(
        sa.select(Study.title, Wave.number, CardRelease, CardReply)
        .join(Wave, Wave.id == CardRelease.wave_id)
        .join(Study, Study.id == Wave.study_id)
        .outerjoin(CardReply, CardReply.release_id == CardRelease.id)
        .where(CardRelease.partner_id == partner_id)
    )
    found = []
    for title, number, release, reply in rows:
        text = f"{title} ({number})"
        found.append(Event(release.made_on, CARD, "released", text))
        if reply is not None:
            found.append(Event(reply.sent_on, CARD, f"reply_{reply.stance}", text))
        if release.answered_on:
            found.append(Event(release.answered_on, CARD, "answered", text))
    return found
