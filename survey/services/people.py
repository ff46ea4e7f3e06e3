"""The people of a study: who they are, whom they know, and their links to a wave."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.anonymous import part_key
from survey.services.tokens import new_token, token_hash
from survey.storage.models import (
    ANONYMOUS,
    Invitation,
    Participant,
    Participation,
    Partner,
    Roster,
    Study,
    Wave,
    new_id,
)


@dataclass(frozen=True, slots=True)
class Link:
    """The personal link of one person; its token is kept nowhere else."""

    name: str
    email: str
    language: str
    link: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the sheet has it."""

    name: str
    email: str
    language: str
    side: str
    partners: tuple[Partner, ...]


@dataclass(slots=True)
class KnownPerson:
    """A person of the same study; ``invited`` if to this very wave."""

    id: uuid.UUID
    side: str
    invited: bool
    partners: set[uuid.UUID] = field(default_factory=set)


Known = dict[str, KnownPerson]


def known_people(session: Session, study: Study, wave: Wave) -> Known:
    """Give the people of a study by e-mail, and the partners on their lists."""
    invited = sa.exists().where(
        Invitation.participant_id == Participant.id, Invitation.wave_id == wave.id
    )
    rows = session.execute(
        sa.select(
            Participant.email,
            Participant.id,
            Participant.side,
            invited.label("invited"),
            Roster.partner_id,
        )
        .join(Roster, Roster.participant_id == Participant.id)  # nobody is asked about no one
        .where(Participant.study_id == study.id)
    )
    known: Known = {}
    for row in rows:
        person = known.setdefault(row.email, KnownPerson(row.id, row.side, bool(row.invited)))
        person.partners.add(row.partner_id)
    return known


def store(
    session: Session,
    study: Study,
    wave: Wave,
    people: Sequence[Person],
    known: Known,
    base_url: str | None,
) -> tuple[Link, ...]:
    """Write down people, their lists and their invitations; give the links.

    Without ``base_url`` nobody has a link yet, and none is given: it is made when a message or
    a letter is sent, see `survey.services.mail.minting`.

    Somebody of an earlier wave stays the same person, with what is new on the list after
    what was there. In an anonymous study this is a list of addresses and no more: what is
    answered is kept under keys that are made from the token.
    """
    participants, rosters, invitations, parts, links = [], [], [], [], []
    for person in people:
        before = known.get(person.email)
        key, token = before.id if before else new_id(), new_token()
        if before:
            _update(session, person, before)
        else:
            participants.append(_row(study, person, key))
        rosters += _listed(person, before, key)
        invitations.append(
            {
                "participant_id": key,
                "wave_id": wave.id,
                "token_sha256": token_hash(token),
                "unsent": base_url is None,
            }
        )
        if base_url is None:
            continue
        parts += [part_key(token, wave.id, partner) for partner in _asked(person, before)]
        links.append(Link(person.name, person.email, person.language, f"{base_url}/r/{token}"))
    for model, rows in ((Participant, participants), (Roster, rosters), (Invitation, invitations)):
        if rows:
            session.execute(sa.insert(model), rows)
    if parts and study.privacy_mode == ANONYMOUS:
        row = {"wave_id": wave.id, "submitted": False, "declined": False}
        # In the order of the keys, which is none.
        session.execute(sa.insert(Participation), [{"key": key, **row} for key in sorted(parts)])
    return tuple(links)


def _row(study: Study, person: Person, key: uuid.UUID) -> dict[str, Any]:
    return {
        "id": key,
        "study_id": study.id,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "side": person.side,
    }


def _update(session: Session, person: Person, before: KnownPerson) -> None:
    """Take over name and language; a partner that is asked about again is known again."""
    session.execute(
        sa.update(Participant)
        .where(Participant.id == before.id)
        .values(name=person.name, language=person.language)
    )
    session.execute(
        sa.update(Roster)
        .where(
            Roster.participant_id == before.id,
            Roster.partner_id.in_([partner.id for partner in person.partners]),
        )
        .values(declined=False)
    )


def _listed(person: Person, before: KnownPerson | None, key: uuid.UUID) -> list[dict[str, Any]]:
    had = before.partners if before else set()
    new = [partner for partner in person.partners if partner.id not in had]
    return [
        {"participant_id": key, "partner_id": partner.id, "place": place}
        for place, partner in enumerate(new, len(had) + 1)
    ]


def _asked(person: Person, before: KnownPerson | None) -> set[uuid.UUID]:
    return {partner.id for partner in person.partners} | (before.partners if before else set())
