"""Cards that were let out: who finds them, what came of them, taken back, answered."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.mail.ending import cancel_cards
from survey.services.mail.refusing import NO_CARD
from survey.services.record.errors import NoSuchRelease, UnknownReply
from survey.services.record.fields import Problems, Unfit, read_text
from survey.services.record.links import last_day
from survey.services.tokens import TOKEN, token_hash
from survey.storage.models import CardRelease, CardReply, Contact, Partner, Study, Wave
from survey.words import in_words


@dataclass(frozen=True, slots=True)
class Release:
    """A card that was let out, and what came of it; ``contact`` is empty once forgotten.

    ``link_mark`` changes with the link: who asks for a new one says which they knew.
    """

    id: uuid.UUID
    partner_id: uuid.UUID
    partner: str
    title: str
    wave: int
    contact: str
    contact_id: uuid.UUID | None
    language: str
    made_on: dt.date
    reply_by: dt.date
    revoked_on: dt.date | None
    document: dict[str, Any] | None
    sha256: str
    link_mark: str
    reply: CardReply | None
    answer: str
    answered_on: dt.date | None
    answered_times: int | None

    @property
    def last_day(self) -> dt.date:
        """The last day on which its link leads here: an answer of ours can be read for a while."""
        return last_day(self.reply_by, self.answered_on)

    @property
    def awaits_answer(self) -> bool:
        """Whether there is a reply that we have not answered, or that was changed since."""
        if self.reply is None or self.answered_on is None:
            return self.reply is not None
        if self.answered_times is None:  # answered before this was counted
            return self.answered_on < self.reply.changed_on
        return self.answered_times < self.reply.times

    def is_open(self, today: dt.date) -> bool:
        """Whether its link still leads here."""
        return self.revoked_on is None and today <= self.last_day and self.document is not None

    def takes_reply(self, today: dt.date) -> bool:
        """Whether a reply can be sent or changed."""
        return self.is_open(today) and today <= self.reply_by


def by_token(session: Session, token: str, today: dt.date) -> Release:
    """Find the card that a link leads to; looking changes nothing.

    Raises
    ------
    UnknownReply
        Wrong, over, or taken back.
    """
    if not TOKEN.fullmatch(token):
        raise UnknownReply
    row = session.scalar(
        sa.select(CardRelease).where(CardRelease.token_sha256 == token_hash(token))
    )
    if row is None:
        raise UnknownReply
    card = _view(session, row)
    if not card.is_open(today):
        raise UnknownReply
    return card


def found(session: Session, partner_id: uuid.UUID, release_id: uuid.UUID) -> Release:
    """Find a card that was let out to a partner.

    Raises
    ------
    NoSuchRelease
        There is none, or it is another partner's.
    """
    row = session.get(CardRelease, release_id)
    if row is None or row.partner_id != partner_id:
        raise NoSuchRelease
    return _view(session, row)


def waiting(session: Session, partner_id: uuid.UUID) -> list[Release]:
    """Give the cards of a partner whose reply waits for our answer, the latest first."""
    return [card for card in listed(session, partner_id) if card.awaits_answer]


def listed(session: Session, partner_id: uuid.UUID) -> list[Release]:
    """Give all cards that were let out to a partner, the latest first."""
    rows = session.scalars(
        sa.select(CardRelease)
        .where(CardRelease.partner_id == partner_id)
        .order_by(CardRelease.made_on.desc(), CardRelease.id)
    )
    return [_view(session, row) for row in rows]


def revoke(session: Session, actor: Actor, card: Release, today: dt.date) -> None:
    """Take a link back: it leads nowhere from now on; doing it again changes nothing.

    A message that waits with it is not sent.
    """
    row = session.get_one(CardRelease, card.id, with_for_update=True)
    if row.revoked_on is None:
        row.revoked_on = today
        cancel_cards(session, (card.id,), NO_CARD)
        audit.note(session, actor, "card taken back", audit.of_partner(card.partner_id))
        session.flush()


def answer(
    session: Session,
    actor: Actor,
    card: Release,
    text: str,
    today: dt.date,
    *,
    seen: int | None = None,
) -> Problems:
    """Keep our answer to a reply, or give what is wrong with it; it can be written anew.

    Parameters
    ----------
    session, actor
        A writing session, and who answers.
    card
        To whose reply.
    text
        What we say.
    today
        The day on which it is said.
    seen
        How often the reply had been sent when its page was read; ``None`` if nobody asks.
    """
    try:
        words = read_text(text)
    except Unfit as unfit:
        return {"answer": unfit.args[0]}
    if card.reply is None:
        return {"answer": in_words("there is no reply to answer")}
    if seen is not None and seen != card.reply.times:
        return {"answer": in_words("the reply was changed meanwhile: read it again above")}
    if not words:
        return {"answer": in_words("this is needed")}
    row = session.get_one(CardRelease, card.id)
    row.answer, row.answered_on, row.answered_times = words, today, card.reply.times
    audit.note(session, actor, "reply answered", audit.of_partner(card.partner_id))
    session.flush()
    return {}


def _view(session: Session, row: CardRelease) -> Release:
    partner = session.get_one(Partner, row.partner_id).name
    wave = session.get_one(Wave, row.wave_id)
    contact = session.get(Contact, row.contact_id) if row.contact_id else None
    return Release(
        id=row.id,
        partner_id=row.partner_id,
        partner=partner,
        title=session.get_one(Study, wave.study_id).title,
        wave=wave.number,
        contact=contact.name if contact else "",
        contact_id=row.contact_id,
        language=row.language,
        made_on=row.made_on,
        reply_by=row.reply_by,
        revoked_on=row.revoked_on,
        document=msgspec.json.decode(row.document, type=dict[str, Any]) if row.document else None,
        sha256=row.document_sha256,
        link_mark=hashlib.sha256(f"link|{row.token_sha256}".encode()).hexdigest()[:16],
        reply=session.get(CardReply, row.id),
        answer=row.answer or "",
        answered_on=row.answered_on,
        answered_times=row.answered_times,
    )
