"""What mail waits, by which rules it leaves, and whom it goes to next; nothing changes."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail import pace
from survey.services.mail.kinds import INVITATION
from survey.settings import Settings
from survey.storage.models import (
    CONFIDENTIAL,
    IDENTIFIED,
    Invitation,
    Outbox,
    Participant,
    Study,
    Wave,
)

WAITS: Final = ("queued", "claimed")
STATES: Final = {  # what pages call a state → states of the outbox
    "waiting": ("queued", "claimed", "sending"),
    "sent": ("sent",),
    "failed": ("failed",),
    "doubtful": ("doubtful",),
    "stopped": ("cancelled",),
}
_SHOWN: Final = {each: name for name, states in STATES.items() for each in states}


@dataclass(frozen=True, slots=True)
class Row:
    """How many messages of a kind, about a study or about accounts, are in which state."""

    slug: str
    title: str
    kind: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """When mail leaves.

    Parameters
    ----------
    sends
        Whether a mail server is set.
    waiting, held
        Messages that may leave, and those of waves that are not open yet.
    again
        Those of ``waiting`` that the server did not take at first.
    next_at
        When the next may leave, in UTC; ``None`` where none waits.
    quiet
        The hours in which nothing is sent, as set; empty for none.
    per_hour, left
        The limit and what is left of it now; ``None`` for no limit.
    """

    sends: bool
    waiting: int
    held: int
    again: int
    next_at: dt.datetime | None
    quiet: str
    per_hour: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """Messages of a kind that wait: how many, and when the first is due."""

    kind: str
    count: int
    first: dt.datetime


def queue_of(session: Session, slug: str | None = None) -> tuple[Row, ...]:
    """Count the messages of the outbox by study, kind and state, of one study if it is named."""
    asked = (
        sa.select(Study.slug, Study.title, Outbox.kind, Outbox.state, sa.func.count())
        .select_from(Outbox)
        .outerjoin(Wave, Wave.id == Outbox.wave_id)
        .outerjoin(Study, Study.id == Wave.study_id)
        .group_by(Study.slug, Study.title, Outbox.kind, Outbox.state)
    )
    if slug is not None:
        asked = asked.where(Study.slug == slug)
    rows: dict[tuple[str, str, str], dict[str, int]] = {}
    for study, title, kind, state, number in session.execute(asked):
        counts = rows.setdefault((study or "", title or "", kind), dict.fromkeys(STATES, 0))
        counts[_SHOWN[state]] += number
    return tuple(Row(*key, counts) for key, counts in sorted(rows.items()))


def outlook(session: Session, settings: Settings, moment: dt.datetime) -> Outlook:
    """Say what waits and when it leaves.

    Parameters
    ----------
    session
        An open session.
    settings
        Of the installation.
    moment
        The time, in UTC.
    """
    waits = (
        sa.select(sa.func.count(), sa.func.min(Outbox.next_at))
        .select_from(Outbox)
        .outerjoin(Wave, Wave.id == Outbox.wave_id)
        .where(Outbox.state.in_(WAITS))
    )
    draft = Wave.status == "draft"
    may = sa.or_(Wave.id.is_(None), ~draft)
    number, first = session.execute(waits.where(may)).one()
    held, _ = session.execute(waits.where(draft)).one()
    again, _ = session.execute(waits.where(may, Outbox.attempts > 0)).one()
    limit = settings.mail_per_hour
    return Outlook(
        sends=settings.smtp_url is not None,
        waiting=number,
        held=held,
        again=again,
        next_at=_next(session, settings, max(first, moment)) if first else None,
        quiet=quiet_as_set(settings),
        per_hour=limit,
        left=pace.left(session, limit, moment),
    )


def due(session: Session, wave: Wave) -> tuple[Due, ...]:
    """Count what waits about a wave, by kind."""
    asked = (
        sa.select(Outbox.kind, sa.func.count(), sa.func.min(Outbox.next_at))
        .where(Outbox.wave_id == wave.id, Outbox.state.in_(WAITS))
        .group_by(Outbox.kind)
        .order_by(Outbox.kind)
    )
    return tuple(Due(*row) for row in session.execute(asked))


def waiting_of(session: Session, wave: Wave, kind: str) -> int:
    """Count the messages of a kind that wait about a wave: new words are sent with them."""
    return sum(each.count for each in due(session, wave) if each.kind == kind)


def names_of(
    session: Session, study: Study, wave: Wave, *, most: int
) -> list[tuple[str, str, dt.datetime]]:
    """Give name, kind and time of those whose message waits and who may be named, by name.

    In a confidential study who is invited is no secret, but a reminder or thanks would tell
    whether somebody has answered; in an anonymous one nobody is named.
    """
    asked = (
        sa.select(Participant.name, Outbox.kind, Outbox.next_at)
        .select_from(Outbox)
        .join(Invitation, Invitation.id == Outbox.invitation_id)
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Outbox.wave_id == wave.id, Outbox.state.in_(WAITS))
        .order_by(Participant.name, Participant.email)
        .limit(most)
    )
    if study.privacy_mode == CONFIDENTIAL:
        asked = asked.where(Outbox.kind == INVITATION.name)
    elif study.privacy_mode != IDENTIFIED:
        return []
    return [(name, kind, at) for name, kind, at in session.execute(asked)]


def quiet_as_set(settings: Settings) -> str:
    """Give the quiet hours as they are set: 20:00–07:00 Europe/Oslo."""
    quiet = settings.mail_quiet
    return f"{quiet.begin:%H:%M}–{quiet.end:%H:%M} {quiet.zone.key}" if quiet else ""


def _next(session: Session, settings: Settings, moment: dt.datetime) -> dt.datetime:
    free = pace.free_at(session, settings.mail_per_hour, moment)
    quiet = settings.mail_quiet
    return (quiet.until(free) or free) if quiet else free
