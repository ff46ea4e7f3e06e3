"""Links to cards that were let out: how long they lead there, and a new one in place of the old.

Of a link only its hash is kept, and a card has one: whoever gets a new one makes the one before
it worthless.
"""

import datetime as dt
import uuid
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.kinds import REPLY_INVITATION
from survey.services.tokens import token_hash
from survey.storage.models import CardRelease

SEEN_FOR: Final = dt.timedelta(days=28)  # that an answer of ours can be seen at the link


def last_day(reply_by: dt.date, answered_on: dt.date | None) -> dt.date:
    """Give the last day on which a link leads to its card.

    Parameters
    ----------
    reply_by
        Until when a reply is taken.
    answered_on
        When we answered; whoever replied can read it for `SEEN_FOR` from then on.
    """
    return reply_by if answered_on is None else max(reply_by, answered_on + SEEN_FOR)


def leads(session: Session, message: Any, day: dt.date) -> bool:  # noqa: ANN401 (a row)
    """Whether the link in a message about a card would lead there on a day."""
    row = session.get(CardRelease, uuid.UUID(hex=message.values["release"]))
    return _leads(row, message.kind, day)


def exchange(session: Session, release_id: uuid.UUID, token: str, kind: str, day: dt.date) -> bool:
    """Let a new link lead to a card in place of the old one.

    Parameters
    ----------
    session
        A writing session; the old link works until it commits.
    release_id
        The card.
    token
        The new link's, from `new_token`; only its hash is kept.
    kind
        Of the message that brings it: an invitation to reply is no use once no reply is taken.
    day
        Today.

    Returns
    -------
    bool
        False where the card may not be seen any more; the old link is left as it is then.
    """
    asked = sa.select(CardRelease).where(CardRelease.id == release_id).with_for_update()
    row = session.scalars(asked, execution_options={"populate_existing": True}).one_or_none()
    if row is None or not _leads(row, kind, day):
        return False
    row.token_sha256 = token_hash(token)
    session.flush()
    return True


def _leads(row: CardRelease | None, kind: str, day: dt.date) -> bool:
    if row is None or row.revoked_on is not None or row.document is None:
        return False
    if kind == REPLY_INVITATION.name:
        return day <= row.reply_by
    return day <= last_day(row.reply_by, row.answered_on)
