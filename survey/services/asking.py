"""Who is to be asked in a wave: people at the partners, those of the wave before, or a sheet's."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import BadInput
from survey.services.partners import partners_of
from survey.services.people import Known, KnownPerson, Link, Person, known_people, store
from survey.services.register.archiving import FORGOTTEN
from survey.services.studies import find, require_state
from survey.storage.models import (
    SIDES,
    Contact,
    Invitation,
    Participant,
    Partner,
    Roster,
    Study,
    Wave,
)
from survey.words import in_words

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """People who are to be invited to a wave, and those of the study who are known before."""

    study: Study
    wave: Wave
    people: tuple[Person, ...]
    known: Known


def from_contacts(session: Session, slug: str) -> Asked:
    """Take the people whom the register knows at the study's partners, on their side.

    Raises
    ------
    UnknownStudy, WaveState
    BadInput
        The study does not ask the partners' side.
    """
    study, wave, known = of_wave(session, slug)
    if SIDES[1] not in study.sides:
        said = in_words("the study does not ask the partners' own side (theirs)")
        raise BadInput(f"study {slug}", (said,))
    people: dict[str, Person] = {}
    for partner in partners_of(session, study):
        there = sa.select(Contact).where(Contact.partner_id == partner.id).order_by(Contact.email)
        for contact in session.scalars(there):
            language = contact.language if contact.language in study.languages else ""
            row = (contact.email, language or study.languages[0], SIDES[1], (partner,))
            people.setdefault(contact.email, Person(contact.name, *row))
    return Asked(study, wave, _not_yet(people.values(), known), known)


def from_last_wave(session: Session, slug: str) -> Asked:
    """Take those who were asked in the wave before, about the same partners.

    Raises
    ------
    UnknownStudy, WaveState
    BadInput
        There is no wave before.
    """
    study, wave, known = of_wave(session, slug)
    before = sa.select(Wave.id).where(Wave.study_id == study.id, Wave.number == wave.number - 1)
    key = session.scalar(before)
    if key is None:
        raise BadInput(f"study {slug}", (in_words("this is the first wave: nobody was asked"),))
    partners = {partner.id: partner for partner in partners_of(session, study)}
    lists: dict[Any, list[Partner]] = {}
    asked = (
        sa.select(Participant, Roster.partner_id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .join(Roster, Roster.participant_id == Participant.id)
        .where(Invitation.wave_id == key, Participant.name != FORGOTTEN)
        .order_by(Participant.email, Roster.place)
    )
    for person, partner in session.execute(asked):
        if partner in partners:
            lists.setdefault(person, []).append(partners[partner])
    people = [
        Person(person.name, person.email, person.language, person.side, tuple(listed))
        for person, listed in lists.items()
    ]
    return Asked(study, wave, _not_yet(people, known), known)


def of_wave(session: Session, slug: str) -> tuple[Study, Wave, Known]:
    """Find the latest wave of a study, which people may still be asked in, and who is known."""
    study, wave = find(session, slug)
    require_state(slug, wave, "draft", "open", act="invite people")
    return study, wave, known_people(session, study, wave)


def _not_yet(people: Iterable[Person], known: Known) -> tuple[Person, ...]:
    """Leave out who is invited already, or stands on another side or for another partner."""
    return tuple(
        person
        for person in people
        if (before := known.get(person.email)) is None
        or not (before.invited or _differs(person, before))
    )


def _differs(person: Person, before: KnownPerson) -> bool:
    listed = {partner.id for partner in person.partners}
    return before.side != person.side or (person.side == SIDES[1] and not listed <= before.partners)


def with_links(session: Session, asked: Asked, *, base_url: str) -> tuple[Link, ...]:
    """Invite people and make their links, which are shown this once."""
    links = store(session, asked.study, asked.wave, asked.people, asked.known, base_url)
    _told(asked)
    return links


def without_links(session: Session, asked: Asked) -> int:
    """Invite people whose links are made when a message or a letter is; give how many."""
    store(session, asked.study, asked.wave, asked.people, asked.known, None)
    _told(asked)
    return len(asked.people)


def _told(asked: Asked) -> None:
    place = (asked.study.slug, asked.wave.number)
    log.info("invited: study %s, wave %d, %d people", *place, len(asked.people))
