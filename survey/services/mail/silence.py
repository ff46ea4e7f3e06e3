"""Who gets no mail about surveys: people who asked for none, and addresses that take none."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.codes import person_code, secret_of
from survey.storage.mail_models import HARD
from survey.storage.models import Bounce, Contact, OptOut, Participant

ON_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Silent:
    """Somebody who gets no mail.

    Parameters
    ----------
    person
        The code of the address, which itself is not kept here.
    names
        What people with this address are called in studies and in the register; mostly one.
    stopped_on
        When they asked for no more mail; ``None`` if they did not.
    bounced_on
        When mail to the address last came back for good; ``None`` if it did not.
    """

    person: str
    names: tuple[str, ...]
    stopped_on: dt.date | None
    bounced_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of those who get no mail, the latest first; ``pages`` is at least 1."""

    people: tuple[Silent, ...]
    count: int
    number: int
    pages: int


def listing(session: Session, number: int = 1) -> Page:
    """Read a page of those who get no mail; a number that is too high gives the last."""
    found = _silent()
    count = session.scalars(sa.select(sa.func.count()).select_from(found)).one()
    pages = max(1, -(-count // ON_A_PAGE))
    number = min(max(number, 1), pages)
    rows = session.execute(
        sa.select(found)
        .order_by(found.c.day.desc(), found.c.person)
        .limit(ON_A_PAGE)
        .offset((number - 1) * ON_A_PAGE)
    ).all()
    names = _names(session, {row.person for row in rows})
    people = tuple(
        Silent(row.person, tuple(sorted(names.get(row.person, ()))), row.stopped_on, row.bounced_on)
        for row in rows
    )
    return Page(people, count, number, pages)


def one(session: Session, person: str) -> Silent | None:
    """Give why a person gets no mail; ``None`` for one who gets it."""
    found = _silent()
    row = session.execute(sa.select(found).where(found.c.person == person)).one_or_none()
    return None if row is None else Silent(row.person, (), row.stopped_on, row.bounced_on)


def _silent() -> sa.Subquery:
    bounced = (
        sa.select(Bounce.person, sa.func.max(Bounce.day).label("bounced_on"))
        .where(Bounce.kind == HARD)
        .group_by(Bounce.person)
        .subquery()
    )
    everybody = sa.union(sa.select(OptOut.person), sa.select(bounced.c.person)).subquery()
    latest = sa.case(
        (OptOut.day > bounced.c.bounced_on, OptOut.day),
        else_=sa.func.coalesce(bounced.c.bounced_on, OptOut.day),
    )
    return (
        sa.select(
            everybody.c.person,
            OptOut.day.label("stopped_on"),
            bounced.c.bounced_on,
            latest.label("day"),
        )
        .select_from(everybody)
        .outerjoin(OptOut, OptOut.person == everybody.c.person)
        .outerjoin(bounced, bounced.c.person == everybody.c.person)
        .subquery()
    )


def _names(session: Session, people: Collection[str]) -> dict[str, set[str]]:
    """Find out who has these codes: every address that is known is hashed and compared."""
    if not people:
        return {}
    secret, found = secret_of(session), dict[str, set[str]]()
    tables: tuple[Any, ...] = (Participant, Contact)
    known: dict[str, str] = {}
    for table in tables:
        for name, email in session.execute(sa.select(table.name, table.email)):
            if email not in known:
                known[email] = person_code(secret, email)
            if known[email] in people:
                found.setdefault(known[email], set()).add(name)
    return found
