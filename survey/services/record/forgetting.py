"""Forgetting: the record of a partner that is forgotten, and a person's name in all its words."""

import re
import uuid
from collections.abc import Collection
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.ending import FORGOTTEN, cancel_cards
from survey.services.reporting import freezing
from survey.storage.models import (
    CardRelease,
    CardReply,
    Contact,
    RecordChange,
    RecordEntry,
    RecordStep,
    Wave,
    today,
)

REMOVED: Final = "(removed)"
_WORDS: Final = (  # every column in which somebody may have written a name
    (RecordEntry, ("text", "party", "limits", "give", "gain", "struck_why")),
    (RecordStep, ("note",)),
    (RecordChange, ("before", "after")),
    (CardRelease, ("answer",)),
    (CardReply, ("text", "aspects")),
)
_CODES: Final = frozenset(  # fields of a change that nobody writes in words of their own
    ("day", "due_on", "ended_on", "on", "state", "sort", "aspect", "items", "touches", "owner")
)


def forget_partner(session: Session, partner_id: uuid.UUID) -> int:
    """Delete the whole record of a partner, cards and replies too; give how many entries it had.

    The caller lets nothing remain in the database's log, see `leave_no_trace`.
    """
    entries = sa.select(RecordEntry.id).where(RecordEntry.partner_id == partner_id)
    releases = sa.select(CardRelease.id).where(CardRelease.partner_id == partner_id)
    cancel_cards(session, session.scalars(releases).all(), FORGOTTEN, leaving=True)
    session.execute(sa.delete(CardReply).where(CardReply.release_id.in_(releases)))
    session.execute(sa.delete(CardRelease).where(CardRelease.partner_id == partner_id))
    freezing.forget_partner(session, partner_id)
    for table in (RecordChange, RecordStep):
        session.execute(sa.delete(table).where(table.entry_id.in_(entries)))
    gone = session.scalars(
        sa.delete(RecordEntry).where(RecordEntry.partner_id == partner_id).returning(RecordEntry.id)
    ).all()
    session.expire_all()
    return len(gone)


def forget_person(session: Session, contact: Contact) -> None:
    """Take a person's name and address out of the record, and take back their links.

    What the person replied stays as the partner's, without the name. Mail to them about a card is
    not sent, and its address goes.

    Parameters
    ----------
    session
        A writing session; the caller deletes the contact, and with it what the person owned.
    contact
        The person. A name is found as a whole, whatever the case and the space in it; a part of
        it, or another spelling, is not.
    """
    pattern = _pattern((contact.name, contact.email))
    for table, columns in _WORDS:
        for row in session.scalars(_rows_of(table, contact.partner_id)).all():
            for column in columns:
                value = getattr(row, column)
                cleaned = _cleaned(value, pattern)
                if table is RecordChange:
                    cleaned |= {field: value[field] for field in _CODES & value.keys()}
                if cleaned != value:
                    setattr(row, column, cleaned)
    freezing.reword(session, contact.partner_id, partial(_cleaned, pattern=pattern))
    theirs = sa.select(CardRelease.id).where(CardRelease.contact_id == contact.id)
    cancel_cards(session, session.scalars(theirs).all(), FORGOTTEN, leaving=True)
    session.execute(
        sa.update(CardRelease)
        .where(CardRelease.contact_id == contact.id, CardRelease.revoked_on.is_(None))
        .values(revoked_on=today())
    )
    session.flush()


def forget_wave(session: Session, wave: Wave) -> None:
    """Let go of the numbers of a wave whose data are deleted; what was replied to them stays."""
    session.execute(
        sa.update(CardRelease).where(CardRelease.wave_id == wave.id).values(document=None)
    )
    freezing.forget_wave(session, wave)


def _rows_of(table: Any, partner_id: uuid.UUID) -> sa.Select[Any]:  # noqa: ANN401 (a model)
    """Choose the rows of a table that belong to a partner."""
    rows = sa.select(table)
    if table in (RecordStep, RecordChange):
        rows = rows.join(RecordEntry, RecordEntry.id == table.entry_id)
        return rows.where(RecordEntry.partner_id == partner_id)
    if table is CardReply:
        rows = rows.join(CardRelease, CardRelease.id == CardReply.release_id)
        return rows.where(CardRelease.partner_id == partner_id)
    return rows.where(table.partner_id == partner_id)


def _pattern(names: Collection[str]) -> re.Pattern[str]:
    spelled = (r"\s+".join(re.escape(part) for part in name.split()) for name in names)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)


def _cleaned(value: Any, pattern: re.Pattern[str]) -> Any:  # noqa: ANN401 (text or a document)
    if isinstance(value, str):
        return pattern.sub(REMOVED, value)
    if isinstance(value, dict):
        return {key: _cleaned(each, pattern) for key, each in value.items()}
    if isinstance(value, list):
        return [_cleaned(each, pattern) for each in value]
    return value
