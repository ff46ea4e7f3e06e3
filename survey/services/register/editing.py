"""One partner changed by hand, and the people there one by one."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.errors import NoPartnerNamed
from survey.services import audit
from survey.services.audit import Actor
from survey.services.naming import email_problem, name_problem, tidy
from survey.services.partners import partner_problem, spelled_otherwise
from survey.services.record.forgetting import forget_person
from survey.services.register.partner_import import new_partner, spelled, store
from survey.storage.engine import leave_no_trace
from survey.storage.models import Contact, Partner
from survey.words import in_words

Problems = dict[str, str]  # field → what is wrong with it


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person at a partner, as it was typed."""

    name: str
    email: str
    language: str
    position: str = ""


def add(session: Session, actor: Actor, name: str) -> tuple[uuid.UUID | None, Problems]:
    """Add a partner of which only the name is known; give its key, or what is wrong."""
    name = tidy(name)
    known = {row.name.casefold(): row.name for row in session.scalars(sa.select(Partner))}
    problem = partner_problem(name)
    before = known.get(name.casefold())
    if before is not None:
        same = in_words("%(name)r is registered already", name=before)
        problem = same if before == name else spelled_otherwise(name, before)
    if problem:
        return None, {"name": problem}
    partner = new_partner(session, name)
    audit.note(session, actor, "partner added", audit.of_partner(partner.id))
    return partner.id, {}


def save(session: Session, actor: Actor, key: uuid.UUID, given: Mapping[str, str]) -> Problems:
    """Keep what was typed about a partner, or give what is wrong, by column.

    Raises
    ------
    NoPartnerNamed
    """
    partner = found(session, key)
    values, problems = spelled({column: tidy(text) for column, text in given.items()})
    if not problems:
        store(session, partner, values)
        audit.note(session, actor, "partner changed", audit.of_partner(partner.id))
        session.flush()
    return problems


def add_contact(session: Session, actor: Actor, key: uuid.UUID, new: NewContact) -> Problems:
    """Add a person at a partner, or give what is wrong, by field.

    Raises
    ------
    NoPartnerNamed
    """
    partner = found(session, key)
    name, email, position = tidy(new.name), tidy(new.email).lower(), tidy(new.position)
    there = sa.select(Contact.id).where(Contact.partner_id == key, Contact.email == email)
    wrong = {
        "name": name_problem(name),
        "email": email_problem(email),
        "position": name_problem(position) if position else None,
        "language": None if new.language in LANGUAGES else in_words("choose a language"),
    }
    if session.scalar(there):
        wrong["email"] = in_words("%(email)r is known there already", email=email)
    problems = {field: problem for field, problem in wrong.items() if problem}
    if not problems:
        row = {"name": name, "email": email, "language": new.language, "position": position or None}
        session.add(Contact(partner_id=key, **row))
        audit.note(session, actor, "contact added", audit.of_partner(partner.id))
        session.flush()
    return problems


def remove_contact(session: Session, actor: Actor, key: uuid.UUID, contact: uuid.UUID) -> None:
    """Forget a person at a partner, in the file as well; who is gone already stays so.

    The words of the partner's record lose the name, too.
    """
    partner = found(session, key)
    leave_no_trace(session)
    person = session.get(Contact, contact)
    if person is not None and person.partner_id == key:
        forget_person(session, person)
        session.delete(person)
    audit.note(session, actor, "contact removed", audit.of_partner(partner.id))


def found(session: Session, key: uuid.UUID) -> Partner:
    """Find a partner by its key.

    Raises
    ------
    NoPartnerNamed
    """
    partner = session.get(Partner, key)
    if partner is None:
        raise NoPartnerNamed(name="?", known="")
    return partner
