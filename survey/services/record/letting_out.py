"""Letting a partner see its own card: frozen, hashed, behind a link of one person there.

The link is shown once to who lets the card out, or made and mailed; only its hash is kept.
"""

import datetime as dt
import hashlib
import logging
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import SurveyError
from survey.services import audit
from survey.services.audit import Actor
from survey.services.record import telling
from survey.services.record.errors import NoMailThere, NoSuchRelease, NotReleased
from survey.services.record.fields import Unfit, read_day
from survey.services.record.released import OURS, Released, released
from survey.services.tokens import new_token, token_hash
from survey.settings import Settings
from survey.storage.models import (
    IDENTIFIED,
    CardRelease,
    Contact,
    Partner,
    Study,
    StudyPartner,
    Wave,
    new_id,
)
from survey.words import in_words

log = logging.getLogger(__name__)

DAYS: Final = 28  # that a reply is taken, if nothing else is said
LONGEST: Final = 365


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card that is to be let out, as it was chosen: to whom, of which wave, until when.

    ``mailed`` says that the link goes by mail; ``key`` is that of the card, so that of two
    presses of one button one lets it out.
    """

    slug: str
    wave: int
    contact_id: uuid.UUID
    reply_by: dt.date
    mailed: bool = False
    key: uuid.UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class LetOut:
    """A card that was let out; ``token`` is of its link, kept nowhere, empty where it is mailed."""

    id: uuid.UUID
    token: str = field(repr=False)


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
) -> LetOut:
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
    LetOut
        Without a token also where the card with this key was let out before.

    Raises
    ------
    NotReleased
        The wave is not closed or its data are gone, its mode or its side forbids it, too few
        answered, there is no such person, or they have a link to it already.
    NoSuchRelease
        The key is that of another partner's card.
    NoMailThere
        The link is to be mailed, and no mail goes to that person.
    """
    before = session.get(CardRelease, wanted.key)
    if before is not None:
        if before.partner_id != partner.id:
            raise NoSuchRelease
        return LetOut(wanted.key, "")
    contact = session.get(Contact, wanted.contact_id)
    if contact is None or contact.partner_id != partner.id:
        raise NotReleased(in_words("choose a person at the partner"))
    wave = _allowed(session, partner.id, wanted)
    if _has_link(session, wave, contact, today):
        raise NotReleased(in_words("this person has a link to this card already"))
    card = _card(session, settings, partner, wanted)
    if wanted.mailed and (why := telling.obstacle(session, settings, contact)):
        raise NoMailThere(why)
    frame = {"id": wanted.key, "user_id": actor.user_id, "made_on": today}
    token = _kept(session, card, wave, contact, frame | {"reply_by": wanted.reply_by})
    audit.note(session, actor, "card released", audit.of_partner(partner.id))
    if wanted.mailed:
        telling.invite(session, actor, wanted.key)
    log.info("card released: study %s, wave %d", wanted.slug, wanted.wave)
    return LetOut(wanted.key, "" if wanted.mailed else token)


def _has_link(session: Session, wave: Wave, contact: Contact, today: dt.date) -> bool:
    """Whether somebody has a link to the card of a wave that takes replies."""
    asked = sa.exists().where(
        CardRelease.wave_id == wave.id,
        CardRelease.contact_id == contact.id,
        CardRelease.revoked_on.is_(None),
        CardRelease.reply_by >= today,
    )
    return bool(session.scalar(sa.select(asked)))


def _card(session: Session, settings: Settings, partner: Partner, wanted: Wanted) -> Released:
    try:
        card = released(session, settings, partner.id, wanted.slug, wanted.wave)
    except SurveyError:
        raise NotReleased(in_words("the results of the wave are not there")) from None
    if card is None:
        raise NotReleased(in_words("too few people answered about this partner"))
    return card


def _kept(
    session: Session, card: Released, wave: Wave, contact: Contact, frame: dict[str, Any]
) -> str:
    """Keep a card and the hash of its link; gives the token."""
    token, document = new_token(), msgspec.json.encode(card.document, order="sorted")
    session.add(
        CardRelease(
            partner_id=contact.partner_id,
            wave_id=wave.id,
            contact_id=contact.id,
            language=contact.language,
            token_sha256=token_hash(token),
            document=document,
            document_sha256=hashlib.sha256(document).hexdigest(),
            **frame,
        )
    )
    session.flush()
    return token


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
