"""Who sends which message: claimed by one worker for a while, and marked before it leaves.

A message goes queued → claimed → sending → sent. A worker that dies leaves what it had
claimed to others once the time is over: nothing of it had left. What it was *sending* may
have been taken by the mail server, so it is doubtful from then on and is never sent again
by itself.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.codes import person_code, secret_of
from survey.services.mail.ending import cancel
from survey.services.mail.kinds import AT_ONCE, KINDS, OF_CARDS, SEALED_KINDS
from survey.services.mail.minting import mint
from survey.services.mail.refusing import NO_CARD, refusals
from survey.services.record import links
from survey.services.tokens import new_token
from survey.storage.engine import SEALS, leave_no_trace
from survey.storage.models import ANONYMOUS, Base

BATCH: Final = 100
_OUTBOX: Final = Base.metadata.tables["outbox"]
_WAVE: Final = Base.metadata.tables["wave"]
_STUDY: Final = Base.metadata.tables["study"]
_INVITATION: Final = Base.metadata.tables["invitation"]
_PARTICIPANT: Final = Base.metadata.tables["participant"]
_COLUMNS: Final = _OUTBOX.c


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that this worker sends, with the token of a link that was made for it."""

    id: uuid.UUID
    kind: str
    recipient: str = field(repr=False)
    language: str
    values: Mapping[str, Any] = field(repr=False)
    message_id: str
    attempts: int
    person: str
    wave_id: uuid.UUID | None
    invitation_id: uuid.UUID | None
    study_id: uuid.UUID | None
    side: str | None
    answer_by: dt.date | None
    anonymous: bool
    token: str = field(default="", repr=False)
    release_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """Who claims, and for how long: ``lease`` seconds."""

    name: str
    lease: float


def claim(
    session: Session, worker: Worker, moment: dt.datetime, *, most: int = BATCH, urgent: bool
) -> list[Claim]:
    """Claim messages that are due, and make the links that they carry.

    Parameters
    ----------
    session
        A writing session; nothing may be sent before it commits.
    worker
        Who claims.
    moment
        The time, in UTC.
    most
        How many messages at most.
    urgent
        Whether only mail is claimed that waits for no quiet hour and no limit.

    Returns
    -------
    list of Claim
        In random order, so that the order of sending is nobody's.
    """
    _give_up_lost(session, moment)
    due = _due(moment, most, urgent=urgent)
    if not session.info.get(SEALS):  # what is sealed waits for a worker that has the key
        due = due.where(_COLUMNS.kind.not_in(SEALED_KINDS))
    rows = session.execute(due).all()
    if not rows:
        return []
    if any(row.privacy_mode == ANONYMOUS for row in rows):
        leave_no_trace(session)
    secret = secret_of(session)
    people = {row.id: person_code(secret, row.recipient) for row in rows}
    refused = refusals(session, rows, people, moment.date())
    for row in rows:
        if row.id in refused:
            cancel(session, row.id, refused[row.id], anonymous=row.privacy_mode == ANONYMOUS)
    going = [row for row in rows if row.id not in refused]
    _mark(session, going, worker, moment)
    tokens = mint(session, (row.invitation_id for row in going if KINDS[row.kind].links))
    return [_claimed(row, people[row.id], tokens) for row in going]


def begin(session: Session, claimed: Claim, worker: Worker, moment: dt.datetime) -> bool:
    """Mark that a message is about to leave; false if it is no longer this worker's.

    A link to a card works from here on, and the one before it no longer; where the card may not
    be seen any more the message is cancelled.
    """
    if claimed.anonymous:
        leave_no_trace(session)
    until = moment + dt.timedelta(seconds=worker.lease)
    begun = _changed(
        session,
        sa.update(_OUTBOX)
        .where(
            _COLUMNS.id == claimed.id,
            _COLUMNS.state == "claimed",
            _COLUMNS.claimed_by == worker.name,
        )
        .values(state="sending", claimed_until=until),
    )
    if not begun or claimed.release_id is None:
        return begun
    if links.exchange(session, claimed.release_id, claimed.token, claimed.kind, moment.date()):
        return True
    cancel(session, claimed.id, NO_CARD, anonymous=False)
    return False


def release(session: Session, worker: Worker) -> int:
    """Give back what this worker had claimed and has not begun to send."""
    found = session.execute(
        sa.update(_OUTBOX)
        .where(_COLUMNS.state == "claimed", _COLUMNS.claimed_by == worker.name)
        .values(state="queued", claimed_until=None, claimed_by=None)
    )
    return int(found.rowcount)  # type: ignore[attr-defined]


def _give_up_lost(session: Session, moment: dt.datetime) -> None:
    session.execute(
        sa.update(_OUTBOX)
        .where(_COLUMNS.state == "sending", _COLUMNS.claimed_until < moment)
        .values(state="doubtful", claimed_until=None, reason="the worker died while sending it")
    )


def _due(moment: dt.datetime, most: int, *, urgent: bool) -> sa.Select[Any]:
    waiting = sa.and_(_COLUMNS.state == "queued", _COLUMNS.next_at <= moment)
    left = sa.and_(_COLUMNS.state == "claimed", _COLUMNS.claimed_until < moment)
    at_once = _COLUMNS.kind.in_(AT_ONCE)
    may_leave = sa.or_(_COLUMNS.kind.in_(OF_CARDS), _WAVE.c.status != "draft")
    return (
        sa.select(
            *_COLUMNS,
            _WAVE.c.status,
            _WAVE.c.study_id,
            _WAVE.c.answer_by,
            _STUDY.c.privacy_mode,
            _PARTICIPANT.c.side,
        )
        .select_from(_OUTBOX)
        .outerjoin(_WAVE, _WAVE.c.id == _COLUMNS.wave_id)
        .outerjoin(_STUDY, _STUDY.c.id == _WAVE.c.study_id)
        .outerjoin(_INVITATION, _INVITATION.c.id == _COLUMNS.invitation_id)
        .outerjoin(_PARTICIPANT, _PARTICIPANT.c.id == _INVITATION.c.participant_id)
        .where(
            sa.or_(waiting, left),
            sa.or_(at_once, sa.and_(sa.literal(not urgent), may_leave)),
        )
        .order_by(at_once.desc(), _COLUMNS.id)
        .limit(most)
        .with_for_update(of=_OUTBOX, skip_locked=True)
    )


def _mark(session: Session, rows: list[Any], worker: Worker, moment: dt.datetime) -> None:
    session.execute(
        sa.update(_OUTBOX)
        .where(_COLUMNS.id.in_([row.id for row in rows]))
        .values(
            state="claimed",
            claimed_by=worker.name,
            claimed_until=moment + dt.timedelta(seconds=worker.lease),
        )
    )


def _claimed(row: Any, person: str, tokens: Mapping[uuid.UUID, str]) -> Claim:  # noqa: ANN401
    token = tokens.get(row.invitation_id, "") if row.invitation_id else ""
    of_card = KINDS[row.kind].of_card
    return Claim(
        id=row.id,
        kind=row.kind,
        recipient=row.recipient,
        language=row.language,
        values=row.values,
        message_id=row.message_id,
        attempts=row.attempts,
        person=person,
        wave_id=row.wave_id,
        invitation_id=row.invitation_id,
        study_id=row.study_id,
        side=row.side,
        answer_by=row.answer_by,
        anonymous=row.privacy_mode == ANONYMOUS,
        token=new_token() if of_card else token,
        release_id=uuid.UUID(hex=row.values["release"]) if of_card else None,
    )


def _changed(session: Session, statement: sa.Update) -> bool:
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
