"""One assessment in the database: held against others, read, begun, changed, submitted.

This is how identified and confidential studies keep answers; `survey.services.anonymous` has
the same functions for anonymous ones. The statements are made once: making them anew took
half the time of a request.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.kinds import Answer
from survey.services.paradata import note_post
from survey.services.receipt_codes import new_receipt
from survey.services.respondents import Respondent, RosterEntry, require_open
from survey.storage.models import Assessment, Base, Invitation, Roster, Wave, new_id, now

_ASSESSMENT: Final = Base.metadata.tables[Assessment.__tablename__]
_ROSTER: Final = Base.metadata.tables[Roster.__tablename__]
_WAVE: Final = Base.metadata.tables[Wave.__tablename__]
STATUS: Final = (
    sa.select(_WAVE.c.status)
    .where(_WAVE.c.id == sa.bindparam("wave_id"))
    .with_for_update(read=True)
)
_LISTED: Final = (
    sa.select(_ROSTER.c.declined)
    .where(
        _ROSTER.c.participant_id == sa.bindparam("participant_id"),
        _ROSTER.c.partner_id == sa.bindparam("partner_id"),
    )
    .with_for_update()
)
_READ: Final = sa.select(
    _ASSESSMENT.c.id,
    _ASSESSMENT.c.answers,
    _ASSESSMENT.c.pages_done,
    _ASSESSMENT.c.receipt,
    _ASSESSMENT.c.item_order,
    _ASSESSMENT.c.autosaves,
    _ASSESSMENT.c.withdrawn_on,
).where(
    _ASSESSMENT.c.participant_id == sa.bindparam("participant_id"),
    _ASSESSMENT.c.partner_id == sa.bindparam("partner_id"),
    _ASSESSMENT.c.wave_id == sa.bindparam("wave_id"),
)
_CHANGE: Final = sa.update(_ASSESSMENT).where(_ASSESSMENT.c.id == sa.bindparam("key"))
_BEGIN: Final = sa.insert(_ASSESSMENT)
_INVITATION: Final = Base.metadata.tables[Invitation.__tablename__]
_OPEN: Final = sa.update(_INVITATION).where(
    _INVITATION.c.id == sa.bindparam("key"), _INVITATION.c.opened.is_(False)
)
_DECLINE: Final = (
    sa.update(_ROSTER)
    .where(
        _ROSTER.c.participant_id == sa.bindparam("person"),
        _ROSTER.c.partner_id == sa.bindparam("partner"),
    )
    .values(declined=sa.bindparam("value"))
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What is stored of one assessment; ``id`` is ``None`` before anything is."""

    id: uuid.UUID | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    pages_done: int = 0
    receipt: str | None = None
    order: tuple[str, ...] | None = None
    autosaves: dict[str, int] = field(default_factory=dict)
    withdrawn_on: dt.date | None = None
    submitted: bool = False
    declined: bool = False


def read(session: Session, known: Respondent, entry: RosterEntry) -> Saved:
    """Give what is stored of one person's assessment of one partner."""
    return _read(session, _key(known, entry), declined=entry.state == "declined")


def hold(session: Session, known: Respondent, entry: RosterEntry) -> Saved:
    """Lock the wave against closing and the assessment against other tabs, and read it.

    Raises
    ------
    WaveNotOpen, WaveClosed
        Something closed the wave since the respondent was read.
    """
    key = _key(known, entry)
    status = session.scalars(STATUS, key).one()
    require_open(status, known.study_title, known.language)
    # The list's row is there before the assessment is, so two first posts queue here as well.
    return _read(session, key, declined=session.scalars(_LISTED, key).one())


def write(
    session: Session,
    known: Respondent,
    entry: RosterEntry,
    saved: Saved,
    **values: Any,  # noqa: ANN401
) -> uuid.UUID:
    """Change the assessment that is held, or begin it."""
    moment = now()
    if saved.id is not None:
        session.execute(_CHANGE, {"key": saved.id, "saved_at": moment, **values})
        return saved.id
    key = new_id()
    row = {
        "id": key,
        **_key(known, entry),
        "instrument_id": known.instrument.id,
        "instrument_version": known.instrument.version,
        "notice_sha256": known.notice.sha256,
        "language": known.language,
        "started_at": moment,
        "saved_at": moment,
        **values,
    }
    session.execute(_BEGIN, row)
    return key


def write_page(
    session: Session,
    known: Respondent,
    entry: RosterEntry,
    saved: Saved,
    page: int,
    **values: Any,  # noqa: ANN401 (columns)
) -> None:
    """Change the assessment by a posted page; note when, and in which language it was read."""
    key = write(session, known, entry, saved, language=known.language, **values)
    note_post(session, key, page)


def open_(session: Session, known: Respondent) -> None:
    """Note with the invitation that this person has pressed Start; when, is not noted."""
    session.execute(_OPEN, {"key": known.invitation_id, "opened": True})


def submit(
    session: Session,
    known: Respondent,
    entry: RosterEntry,
    saved: Saved,
    off_path: list[str],
    key: str,  # noqa: ARG001 (anonymous receipts are made from it; these are kept)
) -> str:
    """Hand in the assessment that is held, and give its receipt."""
    code = new_receipt()
    write(session, known, entry, saved, submitted_at=now(), receipt=code, off_path=off_path or None)
    return code


def receipt_of(
    session: Session,  # noqa: ARG001 (of one shape with the anonymous one)
    known: Respondent,  # noqa: ARG001
    entry: RosterEntry,
    key: str,  # noqa: ARG001
) -> str | None:
    """Give the receipt of a submitted assessment."""
    return entry.receipt


def decline(session: Session, known: Respondent, entry: RosterEntry, *, declined: bool) -> None:
    """Note on the list that this person does not know the partner, or does after all."""
    key = {"person": known.participant_id, "partner": entry.partner_id, "value": declined}
    session.execute(_DECLINE, key)


def _read(session: Session, key: dict[str, Any], *, declined: bool) -> Saved:
    row = session.execute(_READ, key).one_or_none()
    if row is None:
        return Saved(declined=declined)
    return Saved(
        id=row.id,
        answers=row.answers,
        pages_done=row.pages_done,
        receipt=row.receipt,
        order=tuple(row.item_order) if row.item_order else None,
        autosaves=row.autosaves or {},
        withdrawn_on=row.withdrawn_on,
        submitted=row.receipt is not None,
        declined=declined,
    )


def _key(known: Respondent, entry: RosterEntry) -> dict[str, uuid.UUID | None]:
    return {
        "participant_id": known.participant_id,
        "partner_id": entry.partner_id,
        "wave_id": known.wave_id,
    }
