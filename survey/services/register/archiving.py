"""A relationship that has ended: archived, brought back, and its people forgotten."""

import logging
import secrets
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import PartnerInUse
from survey.services import audit
from survey.services.audit import Actor
from survey.services.mail.ending import forget_people
from survey.services.record.forgetting import forget_partner
from survey.services.register.listing import named
from survey.storage.engine import leave_no_trace
from survey.storage.models import (
    SIDES,
    Contact,
    Participant,
    Roster,
    Study,
    StudyPartner,
    Wave,
    today,
)

log = logging.getLogger(__name__)

FORGOTTEN = "(removed)"


def archive(session: Session, actor: Actor, name: str) -> None:
    """Put a partner away: it is in no list and no new study; what was measured stays.

    Raises
    ------
    NoPartnerNamed
    PartnerInUse
        A wave about it is not closed.
    """
    partner = named(session, name)
    _require_closed(session, partner.id, partner.name, "archived")
    partner.archived_on = partner.archived_on or today()
    audit.note(session, actor, "partner archived", audit.of_partner(partner.id))
    session.flush()
    log.info("partner archived")


def restore(session: Session, actor: Actor, name: str) -> None:
    """Bring an archived partner back; its people, once forgotten, are not.

    Raises
    ------
    NoPartnerNamed
    """
    partner = named(session, name)
    partner.archived_on = None
    audit.note(session, actor, "partner restored", audit.of_partner(partner.id))
    session.flush()
    log.info("partner restored")


def anonymise(session: Session, actor: Actor, name: str) -> tuple[int, int]:
    """Archive a partner and forget the people there, in the file as well.

    Contacts are deleted, and the whole record, which may name anybody. Of those who were asked
    on the partner's side, name and e-mail are taken away; their answers stay without them, save
    in the data of identified studies, which hold names until they are erased by receipt or
    their time is over.

    Returns
    -------
    tuple of int
        Contacts deleted, people forgotten.

    Raises
    ------
    NoPartnerNamed
    PartnerInUse
        A wave about it is not closed.
    """
    archive(session, actor, name)
    leave_no_trace(session)
    partner = named(session, name)
    entries = forget_partner(session, partner.id)
    gone = session.scalars(
        sa.delete(Contact).where(Contact.partner_id == partner.id).returning(Contact.id)
    ).all()
    people = _their_people(session, partner.id)
    forget_people(session, people)
    for key in people:
        session.execute(
            sa.update(Participant)
            .where(Participant.id == key)
            .values(name=FORGOTTEN, email=f"{secrets.token_hex(16)}@removed.invalid")
        )
    audit.note(session, actor, "partner anonymised", audit.of_partner(partner.id))
    session.flush()
    counts = (len(gone), len(people), entries)
    log.info("partner anonymised: %d contacts, %d people, %d entries", *counts)
    return len(gone), len(people)


def _their_people(session: Session, partner: uuid.UUID) -> list[uuid.UUID]:
    """Find those who were asked on the partner's own side and are not forgotten yet."""
    rows = session.scalars(
        sa.select(Participant.id)
        .join(Roster, Roster.participant_id == Participant.id)
        .where(
            Roster.partner_id == partner,
            Participant.side == SIDES[1],
            Participant.name != FORGOTTEN,
        )
    )
    return list(rows)


def _require_closed(session: Session, partner: uuid.UUID, name: str, act: str) -> None:
    waves = session.execute(
        sa.select(Study.slug, Wave.number, Wave.status)
        .join(StudyPartner, StudyPartner.study_id == Study.id)
        .join(Wave, Wave.study_id == Study.id)
        .where(StudyPartner.partner_id == partner, Wave.status != "closed")
        .order_by(Study.slug)
    ).all()
    if waves:
        where = ", ".join(f"wave {row.number} of {row.slug!r} is {row.status}" for row in waves)
        raise PartnerInUse(name=name, act=act, where=where)
