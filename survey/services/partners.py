"""Partners: read from a sheet, known under one spelling and kind, listed for a study."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import BadInput
from survey.services.naming import name_problem, none_of
from survey.services.sheets import Problems, read_sheet
from survey.storage.models import PARTNER_KINDS, Partner, Study, StudyPartner
from survey.words import in_words

DEFAULT_KIND: Final = "supplier"


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A partner as it was handed in; ``kind`` is ``None`` where nothing was said."""

    name: str
    kind: str | None = None


def read_partners(data: bytes, file: str) -> tuple[NewPartner, ...]:
    """Read partners from a sheet with the column ``name`` and perhaps ``kind``.

    Raises
    ------
    BadInput
        Naming file, row, column, value and what is allowed.
    """
    problems = Problems(file, [])
    partners: list[NewPartner] = []
    for line in read_sheet(data, file, required=("name",), optional=("kind",)):
        problem = partner_problem(line["name"])
        if problem:
            problems.add(line.row, "name", problem)
        kind = line["kind"].casefold() or None
        if kind is not None and kind not in PARTNER_KINDS:
            problems.add(line.row, "kind", none_of(kind, PARTNER_KINDS))
        same = [partner.name.casefold() for partner in partners].count(line["name"].casefold())
        if same:
            twice = in_words("%(name)r stands there twice", name=line["name"])
            problems.add(line.row, "name", twice)
        partners.append(NewPartner(line["name"], kind))
    problems.raise_if_any()
    return tuple(partners)


def partners_of(session: Session, study: Study) -> list[Partner]:
    """Give the partners of a study, in the order in which they were named."""
    return list(
        session.scalars(
            sa.select(Partner)
            .join(StudyPartner, StudyPartner.partner_id == Partner.id)
            .where(StudyPartner.study_id == study.id)
            .order_by(StudyPartner.place)
        )
    )


def names(session: Session) -> list[str]:
    """Give the names of all partners, in alphabetical order."""
    return sorted(session.scalars(sa.select(Partner.name)), key=str.casefold)


def partner_problem(name: str) -> str | None:
    """Say why a partner cannot be called this, or ``None``."""
    if ";" in name:
        return in_words(
            "%(name)r has a semicolon, which separates partners in the sheet of people", name=name
        )
    return name_problem(name)


def partners_problems(partners: tuple[NewPartner, ...]) -> tuple[str, ...]:
    """Say everything that is wrong with the partners named for a study."""
    if not partners:
        return (in_words("there is no partner: name at least one"),)
    wrong = [
        in_words("partner: %(problem)s", problem=problem)
        for each in partners
        if (problem := partner_problem(each.name))
    ]
    times = Counter(partner.name.casefold() for partner in partners)
    twice = [
        in_words("partner %(name)r was named %(num)d times", name=name, num=num)
        for name, num in times.items()
        if num > 1
    ]
    return (*wrong, *twice)


def spelled_otherwise(given: str, known: str) -> str:
    """Say that an organisation is known under another spelling."""
    return in_words("%(given)r is already spelled %(known)r: keep that", given=given, known=known)


def rows_of(session: Session, partners: tuple[NewPartner, ...]) -> tuple[Partner, ...]:
    """Give the row of each partner, new or known.

    Raises
    ------
    BadInput
        A known organisation keeps its spelling and its kind.
    """
    known = {row.name.casefold(): row for row in session.scalars(sa.select(Partner))}
    rows, problems = [], []
    for partner in partners:
        row = known.get(partner.name.casefold())
        if row is None:
            row = Partner(name=partner.name, kind=partner.kind or DEFAULT_KIND)
        elif row.name != partner.name:
            problems.append(spelled_otherwise(partner.name, row.name))
        elif partner.kind not in {None, row.kind}:
            problems.append(
                in_words(
                    "%(name)r is registered as %(kind)s, not as %(given)s",
                    name=row.name,
                    kind=row.kind,
                    given=partner.kind,
                )
            )
        elif row.archived_on is not None:
            problems.append(in_words("%(name)r is archived; restore it first", name=row.name))
        rows.append(row)
    if problems:
        raise BadInput("partners", tuple(problems))
    return tuple(rows)
