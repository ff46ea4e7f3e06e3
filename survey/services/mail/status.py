"""What the outbox holds: counts, what is doubtful or failed, and what to do with that."""

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import LinkMayBeOut, UnknownMessage
from survey.services.mail import ending
from survey.services.mail.kinds import KINDS
from survey.storage.models import ANONYMOUS, Outbox, Study, Wave, now

OPEN_QUESTIONS = ("doubtful", "failed")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A message that failed, or of which nobody knows whether it was delivered."""

    number: str
    kind: str
    study: str | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """How many messages are in which state, by kind; and those that need somebody."""

    counts: dict[str, dict[str, int]]
    troubles: tuple[Trouble, ...]


def waiting(session: Session) -> int:
    """Count the messages that are still to be sent."""
    return session.scalars(
        sa.select(sa.func.count())
        .select_from(Outbox)
        .where(Outbox.state.in_(("queued", "claimed")))
    ).one()


def is_due(session: Session, moment: dt.datetime) -> bool:
    """Whether a message is to be sent now, or was left by a worker that died."""
    waits = sa.and_(Outbox.state == "queued", Outbox.next_at <= moment)
    left = sa.and_(Outbox.state.in_(("claimed", "sending")), Outbox.claimed_until < moment)
    return bool(session.scalar(sa.select(sa.exists().where(sa.or_(waits, left)))))


def status(session: Session) -> Status:
    """Count the messages of the outbox; no address and no name is among it."""
    counts: dict[str, dict[str, int]] = {}
    counted = sa.select(Outbox.kind, Outbox.state, sa.func.count()).group_by(
        Outbox.kind, Outbox.state
    )
    for kind, state, number in session.execute(counted.order_by(Outbox.kind, Outbox.state)):
        counts.setdefault(kind, {})[state] = number
    rows = session.execute(
        _with_study().where(Outbox.state.in_(OPEN_QUESTIONS)).order_by(Outbox.state, Outbox.id)
    )
    troubles = (
        Trouble(str(row.id), row.kind, row.slug, row.state, row.reason or "") for row in rows
    )
    return Status(counts, tuple(troubles))


def resend(session: Session, number: str) -> None:
    """Let a message that is doubtful or failed be sent once more.

    Raises
    ------
    UnknownMessage
    LinkMayBeOut
        It is doubtful and has the one link of somebody in an anonymous study.
    """
    row = _found(session, number)
    if row.state == "doubtful" and row.privacy_mode == ANONYMOUS and KINDS[row.kind].links:
        raise LinkMayBeOut(number=number, slug=row.slug)
    session.execute(
        sa.update(Outbox)
        .where(Outbox.id == row.id)
        .values(
            state="queued",
            attempts=0,
            next_at=now(),
            claimed_until=None,
            claimed_by=None,
            reason=None,
            message_id=secrets.token_hex(16),
        )
    )


def drop(session: Session, number: str) -> None:
    """Let a message that is doubtful or failed be; raises `UnknownMessage`."""
    row = _found(session, number)
    ending.cancel(session, row.id, "dropped", anonymous=row.privacy_mode == ANONYMOUS)


def _with_study() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Outbox.id, Outbox.kind, Outbox.state, Outbox.reason, Study.slug, Study.privacy_mode
        )
        .outerjoin(Wave, Wave.id == Outbox.wave_id)
        .outerjoin(Study, Study.id == Wave.study_id)
    )


def _found(session: Session, number: str) -> sa.Row[*tuple[Any, ...]]:
    try:
        key = uuid.UUID(number)
    except ValueError:
        raise UnknownMessage(number=number[:40]) from None
    asked = _with_study().where(Outbox.id == key, Outbox.state.in_(OPEN_QUESTIONS))
    row = session.execute(asked.with_for_update(of=Outbox)).one_or_none()
    if row is None:
        raise UnknownMessage(number=number)
    return row
