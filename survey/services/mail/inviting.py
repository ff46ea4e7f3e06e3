"""Invitations and reminders: who is written to, and whom one leaves alone."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import NoReminder
from survey.services.mail.codes import person_code, secret_of
from survey.services.mail.kinds import GENERAL_REMINDER, INVITATION, REMINDER, ROUND
from survey.services.mail.queueing import Message, queue_all
from survey.services.mail.refusing import BOUNCED, DONE, STOPPED, finished, unreachable
from survey.services.studies import find, require_state
from survey.storage.models import (
    ANONYMOUS,
    Invitation,
    Outbox,
    Participant,
    Study,
    Wave,
    now,
    today,
)

DAYS: Final = 3
MOST: Final = 3
TOO_SOON: Final = "reminded a short while ago"
OFTEN: Final = f"reminded {MOST} times"
NO_LINK: Final = "not invited by mail yet"
_GONE: Final = ("cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Reminding:
    """How many are reminded, and how many are not for which reason."""

    kind: str
    queued: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a reminder would go to, and how many it would not go to for which reason."""

    kind: str
    messages: tuple[Message, ...]
    left_out: dict[str, int]


def queue_invitations(session: Session, slug: str) -> int:
    """Queue an invitation to everybody in the latest wave who has no link; give how many.

    Raises
    ------
    UnknownStudy, WaveState
    """
    study, wave = find(session, slug)
    session.refresh(wave, with_for_update=True)  # nobody gets a letter and a message at once
    require_state(slug, wave, "draft", "open", act="invite people")
    queued = sa.exists().where(
        Outbox.invitation_id == Invitation.id, Outbox.kind == INVITATION.name
    )
    rows = session.execute(_invited(wave).where(Invitation.unsent, ~queued)).all()
    return queue_all(session, (_message(INVITATION.name, study, wave, row) for row in rows))


def remind(
    session: Session, slug: str, *, days: int = DAYS, moment: dt.datetime | None = None
) -> Reminding:
    """Queue reminders of the latest wave of a study.

    Parameters
    ----------
    session
        A writing session.
    slug
        The study; its wave must be open.
    days
        Whole days since a person's last reminder, at least 1.
    moment
        The time, if it is to be another than now.

    Returns
    -------
    Reminding
        In an anonymous study one message without a link goes to everybody who has one,
        since nobody knows who has answered. In any other it goes to those who are not done.
        Nobody is reminded more than three times in a wave.

    Raises
    ------
    UnknownStudy, WaveState
    NoReminder
        In an anonymous study: everybody has been reminded, too short a while ago or three times.
    """
    plan = planned(session, slug, days=days, moment=moment)
    return Reminding(plan.kind, queue_all(session, plan.messages), plan.left_out)


def planned(
    session: Session, slug: str, *, days: int = DAYS, moment: dt.datetime | None = None
) -> Plan:
    """Say who would be reminded, and why others would not; nothing is queued. As `remind`."""
    study, wave = find(session, slug)
    require_state(slug, wave, "open", act="remind people")
    day = (moment or now()).date() if moment else today()
    rows = session.execute(_invited(wave)).all()
    if study.privacy_mode == ANONYMOUS:
        return _general(session, study, wave, rows, day, days)
    before = _reminded(session, wave)
    done = finished(session, sa.select(Invitation.id).where(Invitation.wave_id == wave.id))
    left_out: Counter[str] = Counter()
    going = []
    for row, why in _reachable(session, rows):
        times, last = before.get(row.id, (0, None))
        reason = why
        if row.id in done:
            reason = DONE
        elif times >= MOST:
            reason = OFTEN
        elif last is not None and last > day - dt.timedelta(days=days):
            reason = TOO_SOON
        if reason:
            left_out[reason] += 1
        else:
            going.append(_message(REMINDER.name, study, wave, row, day))
    return Plan(REMINDER.name, tuple(going), dict(left_out))


def _general(
    session: Session,
    study: Study,
    wave: Wave,
    rows: Any,  # noqa: ANN401
    day: dt.date,
    days: int,
) -> Plan:
    rounds = session.execute(
        sa.select(Outbox.facts, Outbox.sent_on, Outbox.state).where(
            Outbox.wave_id == wave.id,
            Outbox.kind == GENERAL_REMINDER.name,
            Outbox.state.not_in(_GONE),
        )
    ).all()
    last = max((int(row[0][ROUND]) for row in rounds), default=0)
    if last >= MOST:
        raise NoReminder(slug=study.slug, problem=f"everybody was reminded {MOST} times")
    if any(row.sent_on is None or row.sent_on > day - dt.timedelta(days=days) for row in rounds):
        raise NoReminder(slug=study.slug, problem="everybody was reminded a short while ago")
    left_out: Counter[str] = Counter()
    going = []
    for row, why in _reachable(session, rows):
        if why or row.unsent:
            left_out[why or NO_LINK] += 1
        else:
            going.append(_message(GENERAL_REMINDER.name, study, wave, row, day, str(last + 1)))
    return Plan(GENERAL_REMINDER.name, tuple(going), dict(left_out))


def _reachable(session: Session, rows: Any) -> list[tuple[Any, str]]:  # noqa: ANN401
    """Give each person with the reason why no mail may go there; mostly there is none."""
    secret = secret_of(session)
    people = {row.id: person_code(secret, row.email) for row in rows}
    stopped, bounced = unreachable(session, set(people.values()))
    found = []
    for row in rows:
        person = people[row.id]
        why = STOPPED if person in stopped else BOUNCED if person in bounced else ""
        found.append((row, why))
    return found


def _reminded(session: Session, wave: Wave) -> dict[Any, tuple[int, dt.date | None]]:
    """Give how often people of a wave were reminded, and on which day last."""
    rows = session.execute(
        sa.select(
            Outbox.invitation_id,
            sa.func.count(),
            sa.func.max(sa.func.coalesce(Outbox.sent_on, today())),
        )
        .where(
            Outbox.wave_id == wave.id,
            Outbox.kind == REMINDER.name,
            Outbox.state.not_in(_GONE),
        )
        .group_by(Outbox.invitation_id)
    )
    return {key: (times, _day(last)) for key, times, last in rows}


def _day(value: dt.date | str | None) -> dt.date | None:
    """Give a day that the database computed: SQLite gives a text."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _invited(wave: Wave) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Invitation.id,
            Invitation.unsent,
            Participant.name,
            Participant.email,
            Participant.language,
        )
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Invitation.wave_id == wave.id)
        .order_by(Invitation.id)
    )


def _message(
    kind: str,
    study: Study,
    wave: Wave,
    row: Any,  # noqa: ANN401
    day: dt.date | None = None,
    round_: str = "",
) -> Message:
    language = row.language if row.language in study.languages else study.languages[0]
    values = {"name": row.name} | ({ROUND: round_} if round_ else {})
    key = f"{kind}:{row.id.hex}:{day or ''}"
    return Message(kind, row.email, language, values, key, wave.id, row.id)
