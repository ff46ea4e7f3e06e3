"""Messages that need somebody: those that failed or are doubtful, and what is decided of them."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import UnknownMessage
from survey.services.mail import status
from survey.services.mail.ending import DECIDED_WITHIN
from survey.services.mail.kinds import INVITATION, KINDS
from survey.services.mail.reasons import in_plain_words
from survey.storage.models import (
    ANONYMOUS,
    CONFIDENTIAL,
    Invitation,
    Outbox,
    Participant,
    Study,
    Wave,
)

ON_A_PAGE: Final = 50
AGAIN, DROP = "again", "drop"
LATER: Final = "later"  # a kind that would tell whether somebody has answered


@dataclass(frozen=True, slots=True)
class Trouble:
    """A message that failed, or of which nobody knows whether it arrived.

    Parameters
    ----------
    key
        Of the message.
    slug, title
        The study; empty for mail about accounts.
    kind
        Of the message; ``later`` for any but the invitation in a confidential study, where a
        reminder would say that somebody has not answered.
    state
        ``failed`` or ``doubtful``.
    said
        Why, in `Words`.
    name, address
        To whom, for a card that was let out too; empty in anonymous studies and for mail about
        accounts.
    until
        The day on which it is dropped by itself.
    """

    key: uuid.UUID
    slug: str
    title: str
    kind: str
    state: str
    said: str
    name: str
    address: str
    until: dt.date


@dataclass(frozen=True, slots=True)
class Page:
    """Some of these messages, failed ones after doubtful ones; ``pages`` is at least 1."""

    troubles: tuple[Trouble, ...]
    count: int
    number: int
    pages: int


def listing(session: Session, number: int = 1) -> Page:
    """Read a page of messages that need somebody; a number that is too high gives the last."""
    undecided = Outbox.state.in_(status.OPEN_QUESTIONS)
    counted = sa.select(sa.func.count()).select_from(Outbox).where(undecided)
    count = session.scalars(counted).one()
    pages = max(1, -(-count // ON_A_PAGE))
    number = min(max(number, 1), pages)
    rows = session.execute(
        sa.select(Outbox, Study.slug, Study.title, Study.privacy_mode, Participant.name)
        .select_from(Outbox)
        .outerjoin(Wave, Wave.id == Outbox.wave_id)
        .outerjoin(Study, Study.id == Wave.study_id)
        .outerjoin(Invitation, Invitation.id == Outbox.invitation_id)
        .outerjoin(Participant, Participant.id == Invitation.participant_id)
        .where(undecided)
        .order_by(Outbox.state, Study.title, Participant.name, Outbox.id)
        .limit(ON_A_PAGE)
        .offset((number - 1) * ON_A_PAGE)
    )
    return Page(tuple(map(_trouble, rows)), count, number, pages)


def decide(session: Session, key: uuid.UUID, what: str) -> bool:
    """Send a message once more, or drop it; false if somebody has decided already.

    Raises
    ------
    LinkMayBeOut
        It may have been delivered, with the one link of somebody in an anonymous study.
    """
    try:
        (status.resend if what == AGAIN else status.drop)(session, str(key))
    except UnknownMessage:
        return False
    return True


def _trouble(row: Any) -> Trouble:  # noqa: ANN401
    message, mode = row.Outbox, row.privacy_mode
    of_card = KINDS[message.kind].of_card
    hidden = mode in {None, ANONYMOUS} and not of_card
    later = mode == CONFIDENTIAL and message.kind != INVITATION.name
    return Trouble(
        key=message.id,
        slug=row.slug or "",
        title=row.title or "",
        kind=LATER if later else message.kind,
        state=message.state,
        said=in_plain_words(message.reason),
        name="" if hidden else message.facts["name"] if of_card else row.name or "",
        address="" if hidden else message.recipient or "",
        until=(message.next_at + DECIDED_WITHIN).date(),
    )


def study_of(session: Session, key: uuid.UUID) -> str | None:
    """Give the study that a message is about, empty for mail about accounts.

    ``None`` if there is no such message.
    """
    row = session.execute(
        sa.select(Outbox.id, Study.slug)
        .outerjoin(Wave, Wave.id == Outbox.wave_id)
        .outerjoin(Study, Study.id == Wave.study_id)
        .where(Outbox.id == key)
    ).one_or_none()
    return None if row is None else row.slug or ""
