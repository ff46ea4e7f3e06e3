"""Entries of a record: made, changed, moved on, struck out. Each deed leaves a line behind.

Nothing is deleted here: what was wrong is struck out with a reason and stays to be read. Only
a partner or a person that is forgotten takes entries along, see `forgetting`.
"""

import datetime as dt
import hashlib
import logging
import uuid
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.record import items
from survey.services.record.errors import EntryStruck, NoSuchEntry
from survey.services.record.fields import (
    Given,
    Place,
    Problems,
    Unfit,
    read,
    read_day,
    read_text,
    written,
)
from survey.services.record.kinds import FINAL, STATES_OF, moves
from survey.storage.models import Partner, RecordChange, RecordEntry, RecordStep
from survey.words import in_words

log = logging.getLogger(__name__)

MADE, CHANGED, MOVED, STRUCK = "made", "changed", "moved", "struck"
_LONGEST_REASON: Final = 200


def make(
    session: Session,
    actor: Actor,
    partner: Partner,
    kind: str,
    given: Given,
    *,
    key: uuid.UUID,
    today: dt.date,
) -> Problems:
    """Add an entry to a record, or give what is wrong, by field.

    Parameters
    ----------
    session, actor
        A writing session, and who does it.
    partner
        Whose record it is.
    kind
        One of `KINDS`.
    given
        What was typed, by field.
    key
        Of the entry, made with the form: sent twice, it is kept once.
    today
        The day on which it is written down.
    """
    values, problems = read(place_of(session, partner.id, today), kind, given)
    if problems or session.get(RecordEntry, key) is not None:
        return problems
    entry = RecordEntry(
        id=key, partner_id=partner.id, kind=kind, state=STATES_OF[kind][0], **values
    )
    session.add(entry)
    session.flush()
    _keep(session, actor, entry, MADE, {})
    audit.note(session, actor, "record entry made", audit.of_partner(partner.id))
    log.info("record entry made: %s", kind)
    return {}


def save(
    session: Session,
    actor: Actor,
    entry: RecordEntry,
    given: Given,
    *,
    seen: str,
    today: dt.date,
) -> Problems:
    """Keep what was typed of an entry, or give what is wrong, by field.

    Parameters
    ----------
    session, actor, entry, given, today
        As for `make`; the state and the steps stay as they are.
    seen
        The `digest` of what the form was made from: somebody else may have changed it since.

    Raises
    ------
    EntryStruck
    """
    _require_standing(session, entry)
    if seen != digest(entry):
        return {"": in_words("somebody else changed this meanwhile: look at it again")}
    values, problems = read(place_of(session, entry.partner_id, today), entry.kind, given)
    problems = problems or _against_steps(session, entry, values["day"])
    if problems:
        return problems
    before = written(entry)
    for column, value in values.items():
        setattr(entry, column, value)
    session.flush()
    if before != written(entry):
        _keep(session, actor, entry, CHANGED, before)
        audit.note(session, actor, "record entry changed", audit.of_partner(entry.partner_id))
        log.info("record entry changed: %s", entry.kind)
    return {}


def move(
    session: Session,
    actor: Actor,
    entry: RecordEntry,
    given: Given,
    *,
    today: dt.date,
) -> Problems:
    """Take an entry on to a later state, or give what is wrong, by field.

    Parameters
    ----------
    session, actor, entry, today
        As for `make`.
    given
        ``state``, one of `moves`; ``on``, the day, neither before the step before it nor
        still to come; ``note``.

    Raises
    ------
    EntryStruck
    """
    _require_standing(session, entry)
    state = given.get("state", "")
    if state not in moves(entry.kind, entry.state):
        return {"state": in_words("choose one of them")}
    try:
        day = _step_day(session, entry, given.get("on", ""), today)
    except Unfit as unfit:
        return {"on": unfit.args[0]}
    try:
        note = read_text(given.get("note", "")) or None
    except Unfit as unfit:
        return {"note": unfit.args[0]}
    before = {"state": entry.state}
    entry.state = state
    entry.ended_on = day if state in FINAL else None
    session.add(RecordStep(entry_id=entry.id, state=state, day=day, note=note))
    session.flush()
    after = {"state": state, "on": day.isoformat(), "note": note or ""}
    _note_change(session, actor, entry, MOVED, (before, after))
    audit.note(session, actor, "record entry moved on", audit.of_partner(entry.partner_id))
    log.info("record entry moved on: %s, %s", entry.kind, state)
    return {}


def strike(
    session: Session, actor: Actor, entry: RecordEntry, why: str, *, today: dt.date
) -> Problems:
    """Strike an entry out for a reason; it stays to be read, and changes no more.

    Raises
    ------
    EntryStruck
        It was struck out before.
    """
    _require_standing(session, entry)
    try:
        reason = read_text(why, _LONGEST_REASON)
    except Unfit as unfit:
        return {"why": unfit.args[0]}
    if not reason:
        return {"why": in_words("this is needed")}
    entry.struck_on, entry.struck_why = today, reason
    session.flush()
    _note_change(session, actor, entry, STRUCK, ({}, {"why": reason}))
    audit.note(session, actor, "record entry struck out", audit.of_partner(entry.partner_id))
    log.info("record entry struck out: %s", entry.kind)
    return {}


def found(session: Session, partner_id: uuid.UUID, entry_id: uuid.UUID) -> RecordEntry:
    """Find an entry of a partner's record.

    Raises
    ------
    NoSuchEntry
        There is none, or it is another partner's.
    """
    entry = session.get(RecordEntry, entry_id)
    if entry is None or entry.partner_id != partner_id:
        raise NoSuchEntry
    return entry


def digest(entry: RecordEntry) -> str:
    """Give what stands for exactly these fields: SHA-256 (hex)."""
    return hashlib.sha256(msgspec.json.encode(sorted(written(entry).items()))).hexdigest()


def place_of(session: Session, partner_id: uuid.UUID, today: dt.date) -> Place:
    """Give the place of entries about a partner."""
    return Place(session, partner_id, today, items.known(session, partner_id))


def last_day(session: Session, entry: RecordEntry) -> dt.date:
    """Give the day of the last step of an entry, or on which it began."""
    last = sa.select(sa.func.max(RecordStep.day)).where(RecordStep.entry_id == entry.id)
    return session.scalar(last) or entry.day


def _against_steps(session: Session, entry: RecordEntry, day: dt.date) -> Problems:
    first = sa.select(sa.func.min(RecordStep.day)).where(RecordStep.entry_id == entry.id)
    earliest = session.scalar(first)
    if earliest is None or day <= earliest:
        return {}
    return {"day": in_words("this is after its first step")}


def _step_day(session: Session, entry: RecordEntry, text: str, today: dt.date) -> dt.date:
    """Read the day of a step: no step back in time, and none into the future."""
    day = read_day(text.strip())
    if day > today:
        raise Unfit(in_words("this day is still to come"))
    if day < last_day(session, entry):
        raise Unfit(in_words("this is before the step before it"))
    return day


def _require_standing(session: Session, entry: RecordEntry) -> None:
    session.refresh(entry, with_for_update=True)  # of two who change it at once, one waits
    if entry.struck_on is not None:
        raise EntryStruck


def _keep(
    session: Session, actor: Actor, entry: RecordEntry, deed: str, before: dict[str, str]
) -> None:
    """Keep the fields that differ, as they were and as they are."""
    after = written(entry)
    changed = [field for field in after if before.get(field, "") != after[field]]
    pair = ({f: before[f] for f in changed if f in before}, {f: after[f] for f in changed})
    _note_change(session, actor, entry, deed, pair)


def _note_change(
    session: Session,
    actor: Actor,
    entry: RecordEntry,
    deed: str,
    pair: tuple[dict[str, str], dict[str, str]],
) -> None:
    before, after = pair
    session.add(
        RecordChange(
            entry_id=entry.id, user_id=actor.user_id, deed=deed, before=before, after=after
        )
    )
    session.flush()
