"""One assessment in the database: held against others, read, begun, changed.

The statements are made once: making them anew took half the time of a request.
"""

import uuid
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.answers import Answer
from survey.services.respondents import Respondent, RosterEntry, require_open
from survey.storage.models import Assessment, Base, Roster, Wave, new_id, now

_ASSESSMENT: Final = Base.metadata.tables[Assessment.__tablename__]
_STATUS: Final = (
    sa.select(Wave.status).where(Wave.id == sa.bindparam("wave_id")).with_for_update(read=True)
)
_LISTED: Final = (
    sa.select(Roster.place)
    .where(
        Roster.participant_id == sa.bindparam("participant_id"),
        Roster.partner_id == sa.bindparam("partner_id"),
    )
    .with_for_update()
)
_READ: Final = sa.select(
    Assessment.id, Assessment.answers, Assessment.pages_done, Assessment.receipt
).where(
    Assessment.participant_id == sa.bindparam("participant_id"),
    Assessment.partner_id == sa.bindparam("partner_id"),
    Assessment.wave_id == sa.bindparam("wave_id"),
)
_CHANGE: Final = sa.update(_ASSESSMENT).where(_ASSESSMENT.c.id == sa.bindparam("key"))
_BEGIN: Final = sa.insert(_ASSESSMENT)


@dataclass(frozen=True, slots=True)
class Saved:
    """What is stored of one assessment; ``id`` is ``None`` before its first page."""

    id: uuid.UUID | None
    answers: dict[str, Answer]
    pages_done: int
    receipt: str | None


def read(session: Session, respondent: Respondent, entry: RosterEntry) -> Saved:
    """Give what is stored of one person's assessment of one partner."""
    row = session.execute(_READ, _key(respondent, entry)).one_or_none()
    return Saved(*row) if row else Saved(None, {}, 0, None)


def hold(session: Session, respondent: Respondent, entry: RosterEntry) -> Saved:
    """Lock the wave against closing and the assessment against other tabs, and read it.

    Raises
    ------
    WaveNotOpen, WaveClosed
        Something closed the wave since the respondent was read.
    """
    key = _key(respondent, entry)
    status = session.scalars(_STATUS, key).one()
    require_open(status, respondent.study_title, respondent.language)
    # The list's row is there before the assessment is, so two first posts queue here as well.
    session.execute(_LISTED, key)
    return read(session, respondent, entry)


def write(
    session: Session, respondent: Respondent, entry: RosterEntry, saved: Saved, **values: object
) -> uuid.UUID:
    """Change the assessment that is held, or begin it with its first page."""
    moment = now()
    if saved.id is not None:
        session.execute(_CHANGE, {"key": saved.id, "saved_at": moment, **values})
        return saved.id
    key = new_id()
    row = {
        "id": key,
        **_key(respondent, entry),
        "instrument_id": respondent.instrument.id,
        "instrument_version": respondent.instrument.version,
        "started_at": moment,
        "saved_at": moment,
        **values,
    }
    session.execute(_BEGIN, row)
    return key


def _key(respondent: Respondent, entry: RosterEntry) -> dict[str, uuid.UUID]:
    return {
        "participant_id": respondent.participant_id,
        "partner_id": entry.partner_id,
        "wave_id": respondent.wave_id,
    }
