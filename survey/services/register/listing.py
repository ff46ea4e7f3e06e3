"""The register read: all partners with what is known of them, or one with its people."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import NoPartnerNamed
from survey.services.naming import tidy
from survey.services.register.partner_import import groups_by_partner
from survey.storage.models import Contact, Partner, Study, StudyPartner


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner as a list shows it; ``share`` in per cent."""

    id: uuid.UUID
    name: str
    kind: str
    category: str | None
    region: str | None
    kraljic: str | None
    share: float | None
    groups: tuple[str, ...]
    contacts: int
    studies: tuple[str, ...]
    archived_on: dt.date | None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person at a partner."""

    id: uuid.UUID
    name: str
    email: str
    language: str
    position: str | None


def partners(session: Session, *, archived: bool = False) -> list[PartnerRow]:
    """List the partners by name, those that are archived only where they are asked for."""
    kept = sa.true() if archived else Partner.archived_on.is_(None)
    rows = session.scalars(sa.select(Partner).where(kept)).all()
    return _rows(session, sorted(rows, key=lambda row: row.name.casefold()))


def partner(session: Session, name: str) -> tuple[PartnerRow, list[ContactRow]]:
    """Give one partner, archived or not, and the people we know there.

    Raises
    ------
    NoPartnerNamed
    """
    return whole(session, named(session, name))


def whole(session: Session, found: Partner) -> tuple[PartnerRow, list[ContactRow]]:
    """Give all that is known of a partner, and the people there by name."""
    people = session.scalars(sa.select(Contact).where(Contact.partner_id == found.id))
    contacts = [
        ContactRow(row.id, row.name, row.email, row.language, row.position) for row in people
    ]
    (row,) = _rows(session, [found])
    return row, sorted(contacts, key=lambda contact: contact.name.casefold())


def named(session: Session, name: str) -> Partner:
    """Find a partner by its name, whatever the case.

    Raises
    ------
    NoPartnerNamed
        Naming some that there are.
    """
    wanted = tidy(name).casefold()
    known = session.scalars(sa.select(Partner).order_by(Partner.name)).all()
    for row in known:
        if row.name.casefold() == wanted:
            return row
    raise NoPartnerNamed(name=name[:80], known=_some([row.name for row in known]))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more if names else "none"


def _rows(session: Session, rows: list[Partner]) -> list[PartnerRow]:
    groups = groups_by_partner(session)
    people = _counted(session)
    studies: dict[Any, list[str]] = {}
    for key, slug in session.execute(
        sa.select(StudyPartner.partner_id, Study.slug)
        .join(Study, Study.id == StudyPartner.study_id)
        .order_by(Study.slug)
    ):
        studies.setdefault(key, []).append(slug)
    return [
        PartnerRow(
            id=row.id,
            name=row.name,
            kind=row.kind,
            category=row.category,
            region=row.region,
            kraljic=row.kraljic,
            share=row.revenue_share,
            groups=groups.get(row.id, ()),
            contacts=people.get(row.id, 0),
            studies=tuple(studies.get(row.id, ())),
            archived_on=row.archived_on,
        )
        for row in rows
    ]


def _counted(session: Session) -> dict[uuid.UUID, int]:
    rows = session.execute(
        sa.select(Contact.partner_id, sa.func.count()).group_by(Contact.partner_id)
    )
    return {key: count for key, count in rows}  # noqa: C416 (rows are no pairs to a type checker)
