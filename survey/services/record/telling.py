"""Mail about a card that was let out: the link to it, and that we have answered.

A message carries no number of the card and no word of a reply or an answer, only the way there.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.mail.codes import person_code, secret_of
from survey.services.mail.ending import about_card, cancel_cards, card_key
from survey.services.mail.kinds import REPLY_ANSWERED, REPLY_INVITATION
from survey.services.mail.queueing import Message, queue_all
from survey.services.mail.reasons import REPLACED, in_plain_words
from survey.services.mail.refusing import unreachable
from survey.services.tokens import new_token, token_hash
from survey.settings import Settings
from survey.storage.models import CardRelease, Contact, Outbox
from survey.words import in_words

_ON_ITS_WAY: Final = ("queued", "claimed", "sending")
_DEEDS: Final = {
    REPLY_INVITATION.name: "link to a card mailed",
    REPLY_ANSWERED.name: "answer to a reply mailed",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One message about a card, and what became of it.

    Parameters
    ----------
    kind
        One of `OF_CARDS`.
    state
        As the outbox says it.
    on
        The day on which it left; ``None`` if it has not.
    why
        Why it has not, in `Words`; empty where nothing stands in the way.
    """

    kind: str
    state: str
    on: dt.date | None
    why: str


def obstacle(session: Session, settings: Settings, contact: Contact | None) -> str | None:
    """Say why no mail goes to somebody at a partner, in `Words`; ``None`` if it does."""
    if settings.smtp_url is None or settings.mail_from is None:
        return in_words("no mail server is set")
    if contact is None:
        return in_words("the person is forgotten")
    person = person_code(secret_of(session), contact.email)
    stopped, bounced = unreachable(session, {person})
    if stopped:
        return in_words("the person asked for no more mail about surveys")
    if bounced:
        return in_words("mail to this address came back")
    return None


def invite(session: Session, actor: Actor, release_id: uuid.UUID) -> bool:
    """Queue the link to a card; false where one is on its way already.

    What failed or is doubtful before is given up: the new link takes the place of any other.
    """
    return _queue(session, actor, REPLY_INVITATION.name, release_id)


def tell_answered(session: Session, actor: Actor, release_id: uuid.UUID) -> bool:
    """Queue that we have answered, with a new link; false where that is on its way already."""
    return _queue(session, actor, REPLY_ANSWERED.name, release_id)


def show(session: Session, actor: Actor, release_id: uuid.UUID) -> str:
    """Make a new link to a card, to be handed over; no message that waits makes it worthless.

    Returns
    -------
    str
        Its token, which is kept nowhere; the link before it no longer works.
    """
    token = new_token()
    row = session.get_one(CardRelease, release_id, with_for_update=True)
    row.token_sha256 = token_hash(token)
    cancel_cards(session, (release_id,), REPLACED)
    audit.note(session, actor, "link to a card made", audit.of_partner(row.partner_id))
    session.flush()
    return token


def messages(session: Session, release_id: uuid.UUID) -> tuple[Sent, ...]:
    """Give the messages about a card, the latest first."""
    rows = session.scalars(
        sa.select(Outbox).where(about_card(release_id)).order_by(Outbox.id.desc())
    )
    return tuple(_sent(row) for row in rows)


def _sent(row: Outbox) -> Sent:
    told = row.reason if row.state != "sent" else None
    return Sent(row.kind, row.state, row.sent_on, in_plain_words(told) if told else "")


def _queue(session: Session, actor: Actor, kind: str, release_id: uuid.UUID) -> bool:
    row = session.get_one(CardRelease, release_id, with_for_update=True)
    contact = session.get_one(Contact, row.contact_id)
    known = session.execute(sa.select(Outbox.kind, Outbox.state).where(about_card(release_id)))
    before = known.all()
    if any(each.kind == kind and each.state in _ON_ITS_WAY for each in before):
        return False
    cancel_cards(session, (release_id,), REPLACED)
    values = {"name": contact.name, "release": release_id.hex}
    key = card_key(kind, release_id, str(len(before)))
    queue_all(session, [Message(kind, contact.email, row.language, values, key)])
    audit.note(session, actor, _DEEDS[kind], audit.of_partner(row.partner_id))
    session.flush()
    return True
