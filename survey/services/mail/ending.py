"""What becomes of a message: sent, to be tried again, failed, doubtful or cancelled.

A message that is over forgets its address and its values. One of an anonymous study forgets
all that is about a person or a time finer than a day; what is left of it is a number.
"""

import datetime as dt
import secrets
import uuid
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.kinds import AT_ONCE, OF_CARDS
from survey.storage.engine import leave_no_trace
from survey.storage.models import ANONYMOUS, Base, Invitation, today

_OUTBOX: Final = Base.metadata.tables["outbox"]
_LONG_AGO: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
ATTEMPTS: Final = 6
_OVER: Final = {"recipient": None, "claimed_until": None, "claimed_by": None}
FORGOTTEN: Final = "the person is forgotten"
_FIRST_WAIT: Final = dt.timedelta(minutes=5)
_WAVE: Final = Base.metadata.tables["wave"]
_STUDY: Final = Base.metadata.tables["study"]
DECIDED_WITHIN: Final = dt.timedelta(days=30)  # for messages that failed or are doubtful
_WITHIN_A_DAY: Final = dt.timedelta(days=1)  # what they asked for does not work any longer


def sent(session: Session, key: uuid.UUID, kept: dict[str, str], *, anonymous: bool) -> None:
    """Note that the mail server took a message; of its values only those ``kept`` stay."""
    values: dict[str, Any] = {"state": "sent", **_OVER, "reason": None, "sent_on": today()}
    values["values"] = kept
    _update(session, key, values, anonymous=anonymous)


def cancel(session: Session, key: uuid.UUID, reason: str, *, anonymous: bool) -> None:
    """Note that a message will not be sent, and why."""
    values: dict[str, Any] = {"state": "cancelled", **_OVER, "reason": reason, "values": {}}
    _update(session, key, values, anonymous=anonymous)


def again(
    session: Session, key: uuid.UUID, attempts: int, reason: str, moment: dt.datetime
) -> bool:
    """Let a message be tried again later; false if it has been tried often enough and failed.

    The waits are 5, 10, 20, 40 and 80 minutes.
    """
    attempts += 1
    if attempts >= ATTEMPTS:
        failed(session, key, reason, attempts=attempts)
        return False
    later = moment + _FIRST_WAIT * 2 ** (attempts - 1)
    values = {"state": "queued", "attempts": attempts, "reason": reason, "next_at": later}
    _update(session, key, {**values, "claimed_until": None, "claimed_by": None})
    return True


def failed(session: Session, key: uuid.UUID, reason: str, *, attempts: int) -> None:
    """Note that a message cannot be delivered; the address stays, to be corrected."""
    values = {"state": "failed", "attempts": attempts, "reason": reason}
    _update(session, key, {**values, "claimed_until": None, "claimed_by": None})


def doubtful(session: Session, key: uuid.UUID, reason: str) -> None:
    """Note that nobody knows whether the mail server took a message."""
    _update(session, key, {"state": "doubtful", "claimed_until": None, "reason": reason})


def give_up(session: Session, moment: dt.datetime) -> int:
    """End messages that nobody will send any more, so that their addresses are forgotten.

    Parameters
    ----------
    session
        A writing session.
    moment
        The time, in UTC.

    Returns
    -------
    int
        How many. Those of a wave that is closed, whatever they waited for, except what is being
        sent just now; those that failed, or are doubtful, 30 days after they were due, and
        mail about accounts after a day.
    """
    rows = session.execute(_hopeless(moment)).all()
    for row in rows:
        over = "the wave is closed" if row.status == "closed" else "nobody decided in time"
        cancel(session, row.id, over, anonymous=row.privacy_mode == ANONYMOUS)
    if rows:
        leave_no_trace(session)
    return len(rows)


def _hopeless(moment: dt.datetime) -> sa.Select[Any]:
    undecided = _OUTBOX.c.state.in_(("failed", "doubtful"))
    at_once = _OUTBOX.c.kind.in_(AT_ONCE)
    late = sa.or_(
        _OUTBOX.c.next_at < moment - DECIDED_WITHIN,
        sa.and_(at_once, _OUTBOX.c.next_at < moment - _WITHIN_A_DAY),
    )
    closed = sa.and_(
        _WAVE.c.status == "closed", _OUTBOX.c.state.in_(("queued", "failed", "doubtful"))
    )
    return (
        sa.select(_OUTBOX.c.id, _WAVE.c.status, _STUDY.c.privacy_mode)
        .select_from(_OUTBOX)
        .outerjoin(_WAVE, _WAVE.c.id == _OUTBOX.c.wave_id)
        .outerjoin(_STUDY, _STUDY.c.id == _WAVE.c.study_id)
        .where(sa.or_(closed, sa.and_(undecided, late)))
        .with_for_update(of=_OUTBOX, skip_locked=True)
    )


def forget_people(session: Session, people: Collection[uuid.UUID]) -> None:
    """Cancel what is not sent to some participants, and forget their addresses there."""
    theirs = sa.select(Invitation.id).where(Invitation.participant_id.in_(people))
    session.execute(
        sa.update(_OUTBOX)
        .where(_OUTBOX.c.invitation_id.in_(theirs), _OUTBOX.c.recipient.is_not(None))
        .values(state="cancelled", **_OVER, reason=FORGOTTEN, values={})
    )


def cancel_cards(
    session: Session, releases: Collection[uuid.UUID], reason: str, *, leaving: bool = False
) -> None:
    """Cancel what is not sent about some cards that were let out, and forget addresses there.

    Parameters
    ----------
    session
        A writing session.
    releases
        The keys of the cards.
    reason
        Why, as `reasons.in_plain_words` knows it.
    leaving
        Whether also what is leaving just now is forgotten; it may arrive all the same.
    """
    open_ = ("queued", "claimed", "failed", "doubtful", *(("sending",) if leaving else ()))
    for release in releases:
        session.execute(
            sa.update(_OUTBOX)
            .where(about_card(release), _OUTBOX.c.state.in_(open_))
            .values(state="cancelled", **_OVER, reason=reason, values={})
        )


def about_card(release: uuid.UUID) -> sa.ColumnElement[bool]:
    """Say which messages are about a card: their key begins with its own, see `card_key`."""
    keys = (_OUTBOX.c.key.startswith(card_key(kind, release, "")) for kind in OF_CARDS)
    return sa.or_(*keys)


def card_key(kind: str, release: uuid.UUID, which: str) -> str:
    """Give the key of a message about a card; ``which`` tells it from others of its kind."""
    return f"{kind}:{release.hex}:{which}"


def _update(
    session: Session, key: uuid.UUID, values: dict[str, Any], *, anonymous: bool = False
) -> None:
    if anonymous:
        leave_no_trace(session)
        values |= {
            "key": secrets.token_hex(16),
            "message_id": secrets.token_hex(16),
            "language": "",
            "attempts": 0,
            "next_at": _LONG_AGO,
            "invitation_id": None,
        }
    over = _OUTBOX.c.recipient.is_(None)  # forgotten since it was claimed: nothing brings it back
    session.execute(sa.update(_OUTBOX).where(_OUTBOX.c.id == key, ~over).values(values))
