"""Letting a partner see its own card: frozen, hashed, behind a link of one person there.

Only the hash of the link is kept. A link that is wrong, over or taken back is unknown.
"""

import datetime as dt
import hashlib
import logging
import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import SurveyError
from survey.services import audit
from survey.services.audit import Actor
from survey.services.record.errors import NoSuchRelease, NotReleased, UnknownReply
from survey.services.record.fields import Problems, Unfit, read_day, read_text
from survey.services.record.released import OURS, released
from survey.services.tokens import TOKEN, new_token, token_hash
from survey.settings import Settings
from survey.storage.models import (
    IDENTIFIED,
    CardRelease,
    CardReply,
    Contact,
    Partner,
    Study,
    StudyPartner,
    Wave,
)
from survey.words import in_words

log = logging.getLogger(__name__)

DAYS: Final = 28  # that a reply is taken, if nothing else is said
LONGEST: Final = 365


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card that is to be let out, as it was chosen: to whom, of which wave, until when."""

    slug: str
    wave: int
    contact_id: uuid.UUID
    reply_by: dt.date


@dataclass(frozen=True, slots=True)
class Release:
    """A card that was let out, and what came of it; ``contact`` is empty once forgotten."""

    id: uuid.UUID
    partner_id: uuid.UUID
    partner: str
    title: str
    wave: int
    contact: str
    language: str
    made_on: dt.date
    reply_by: dt.date
    revoked_on: dt.date | None
    document: dict[str, Any] | None
    sha256: str
    reply: CardReply | None
    answer: str
    answered_on: dt.date | None

    def is_open(self, today: dt.date) -> bool:
        """Whether its link still leads here."""
        return self.revoked_on is None and today <= self.reply_by and self.document is not None


def choices(session: Session, partner_id: uuid.UUID) -> list[tuple[str, int, str]]:
    """Give the waves of which a card may be let out, the latest first: study, number, title."""
    rows = session.execute(
        sa.select(Study, Wave)
        .join(Wave, Wave.study_id == Study.id)
        .join(StudyPartner, StudyPartner.study_id == Study.id)
        .where(StudyPartner.partner_id == partner_id)
        .order_by(Wave.closed_at.desc())
    )
    return [(s.slug, w.number, s.title) for s, w in rows if _hindrance(s, w) is None]


def read_until(text: str, today: dt.date) -> dt.date:
    """Read the day until which a reply is taken.

    Raises
    ------
    Unfit
    """
    day = read_day(text)
    if not today <= day <= today + dt.timedelta(days=LONGEST):
        raise Unfit(in_words("choose a day within a year from today"))
    return day


def release(
    session: Session,
    settings: Settings,
    actor: Actor,
    partner: Partner,
    wanted: Wanted,
    *,
    today: dt.date,
) -> str:
    """Let a card out to somebody at a partner.

    Parameters
    ----------
    session, settings, actor
        A writing session, the installation, and who does it.
    partner
        Whose card it is.
    wanted
        Of which wave, to whom there, until when.
    today
        The day on which it is let out.

    Returns
    -------
    str
        The token of the link; it is kept nowhere.

    Raises
    ------
    NotReleased
        The wave is not closed or its data are gone, its mode or its side forbids it, too few
        answered, or there is no such person.
    """
    contact = session.get(Contact, wanted.contact_id)
    if contact is None or contact.partner_id != partner.id:
        raise NotReleased(in_words("choose a person at the partner"))
    wave = _allowed(session, partner.id, wanted)
    try:
        card = released(session, settings, partner.id, wanted.slug, wanted.wave)
    except SurveyError:
        raise NotReleased(in_words("the results of the wave are not there")) from None
    if card is None:
        raise NotReleased(in_words("too few people answered about this partner"))
    document = msgspec.json.encode(card.document, order="sorted")
    token = new_token()
    session.add(
        CardRelease(
            partner_id=partner.id,
            wave_id=wave.id,
            contact_id=contact.id,
            user_id=actor.user_id,
            language=contact.language,
            token_sha256=token_hash(token),
            document=document,
            document_sha256=hashlib.sha256(document).hexdigest(),
            made_on=today,
            reply_by=wanted.reply_by,
        )
    )
    audit.note(session, actor, "card released", audit.of_partner(partner.id))
    session.flush()
    log.info("card released: study %s, wave %d", wanted.slug, wanted.wave)
    return token


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


def listed(session: Session, partner_id: uuid.UUID) -> list[Release]:
    """Give all cards that were let out to a partner, the latest first."""
    rows = session.scalars(
        sa.select(CardRelease)
        .where(CardRelease.partner_id == partner_id)
        .order_by(CardRelease.made_on.desc(), CardRelease.id)
    )
    return [_view(session, row) for row in rows]


def revoke(session: Session, actor: Actor, card: Release, today: dt.date) -> None:
    """Take a link back: it leads nowhere from now on; doing it again changes nothing."""
    row = session.get_one(CardRelease, card.id)
    if row.revoked_on is None:
        row.revoked_on = today
        audit.note(session, actor, "card taken back", audit.of_partner(card.partner_id))
        session.flush()


def answer(session: Session, actor: Actor, card: Release, text: str, today: dt.date) -> Problems:
    """Keep our answer to a reply, or give what is wrong with it; it can be written anew."""
    try:
        words = read_text(text)
    except Unfit as unfit:
        return {"answer": unfit.args[0]}
    if not words:
        return {"answer": in_words("this is needed")}
    row = session.get_one(CardRelease, card.id)
    row.answer, row.answered_on = words, today
    audit.note(session, actor, "reply answered", audit.of_partner(card.partner_id))
    session.flush()
    return {}


def _allowed(session: Session, partner_id: uuid.UUID, wanted: Wanted) -> Wave:
    row = session.execute(
        sa.select(Study, Wave)
        .join(Wave, Wave.study_id == Study.id)
        .join(StudyPartner, StudyPartner.study_id == Study.id)
        .where(
            Study.slug == wanted.slug,
            Wave.number == wanted.wave,
            StudyPartner.partner_id == partner_id,
        )
    ).one_or_none()
    if row is None:
        raise NotReleased(in_words("choose a wave about this partner"))
    study, wave = row
    hindrance = _hindrance(study, wave)
    if hindrance is not None:
        raise NotReleased(hindrance)
    return wave


def _hindrance(study: Study, wave: Wave) -> str | None:
    """Say why no card of a wave may be let out at all, or ``None``."""
    if wave.status != "closed":
        return in_words("the wave is not closed")
    if wave.purged_on is not None:
        return in_words("the data of the wave were deleted")
    if study.privacy_mode == IDENTIFIED:
        return in_words("the study is identified: its answers were promised to stay with us")
    if OURS not in study.sides:
        return in_words("the study asks the partner about us, not us about the partner")
    return None


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
        language=row.language,
        made_on=row.made_on,
        reply_by=row.reply_by,
        revoked_on=row.revoked_on,
        document=msgspec.json.decode(row.document, type=dict[str, Any]) if row.document else None,
        sha256=row.document_sha256,
        reply=session.get(CardReply, row.id),
        answer=row.answer or "",
        answered_on=row.answered_on,
    )
