"""The people we know at our partners, from a sheet: what it would change, then that."""

import logging
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.services import audit
from survey.services.audit import Actor
from survey.services.naming import email_problem, name_problem, none_of
from survey.services.register.changes import Plan, compared, planned
from survey.services.sheets import Line, Problems, read_sheet, stands_already
from survey.storage.models import Contact, Partner, new_id
from survey.words import in_words

log = logging.getLogger(__name__)

REQUIRED: Final = ("partner", "name", "email")
OPTIONAL: Final = ("language", "position")
Key = tuple[str, str]  # partner's name, folded, and e-mail


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the sheet that can be stored."""

    row: int
    partner: Partner
    email: str
    values: dict[str, str]

    @property
    def key(self) -> Key:
        return self.partner.name.casefold(), self.email


def plan(session: Session, data: bytes, file: str) -> Plan:
    """Say what a sheet of contacts would change.

    Parameters
    ----------
    session
        An open session; nothing is written.
    data, file
        Bytes and name of a CSV sheet with the columns partner, name and email, and perhaps
        language (English for new people, if nothing is said) and position. A person is known
        by partner and e-mail; nobody is taken out by a sheet.

    Returns
    -------
    Plan
        A change for each row.

    Raises
    ------
    BadInput
        With every problem by row and column.
    """
    rows = _read(session, data, file)
    known = _known(session)
    return planned(
        file,
        [
            compared(
                row.row,
                f"{row.email}, {row.partner.name}",
                _written(known[row.key]) if row.key in known else None,
                row.values if row.key in known else _new(row.values),
            )
            for row in rows
        ],
    )


def carry_out(
    session: Session, actor: Actor, data: bytes, file: str, *, seen: str | None = None
) -> Plan:
    """Do what `plan` says of the sheet, all of it or nothing.

    Raises
    ------
    BadInput
    ChangedMeanwhile
        The sheet would now do something else than what was agreed to.
    """
    found = plan(session, data, file)
    found.require(seen)
    known = _known(session)
    new = []
    for row in _read(session, data, file):
        contact = known.get(row.key)
        if contact is None:
            values = _columns(_new(row.values))
            ids = {"id": new_id(), "partner_id": row.partner.id, "email": row.email}
            new.append({**values, **ids})
        else:
            for name, value in _columns(row.values).items():
                setattr(contact, name, value)
    if new:
        session.execute(sa.insert(Contact), new)
    audit.note(session, actor, "contacts imported", "register")
    session.flush()
    log.info("contacts imported: %s", found.counts)
    return found


def _read(session: Session, data: bytes, file: str) -> list[_Row]:
    lines = read_sheet(data, file, required=REQUIRED, optional=OPTIONAL)
    partners = {row.name.casefold(): row for row in session.scalars(sa.select(Partner))}
    problems = Problems(file, [])
    rows_of: dict[Key, int] = {}
    rows = []
    for line in lines:
        partner, email = partners.get(line["partner"].casefold()), line["email"].lower()
        _check(line, partner, problems)
        if partner is None:
            continue
        key = (partner.name.casefold(), email)
        if key in rows_of:
            problems.add(line.row, "email", stands_already(email, rows_of[key]))
        rows_of.setdefault(key, line.row)
        values: dict[str, str] = {
            column: line[column] for column in ("name", *OPTIONAL) if column in line.cells
        }
        if "language" in values:
            values["language"] = values["language"].casefold() or LANGUAGES[0]
        rows.append(_Row(line.row, partner, email, values))
    problems.raise_if_any()
    return rows


def _check(line: Line, partner: Partner | None, problems: Problems) -> None:
    if partner is None:
        problems.add(
            line.row,
            "partner",
            in_words(
                "%(name)r is no partner that is known here; import partners first",
                name=line["partner"],
            ),
        )
    elif partner.archived_on is not None:
        problems.add(
            line.row,
            "partner",
            in_words("%(name)r is archived; restore it first", name=partner.name),
        )
    language = line["language"].casefold()
    wrong_language = none_of(language, LANGUAGES)
    for column, problem in (
        ("name", name_problem(line["name"])),
        ("email", email_problem(line["email"])),
        ("language", wrong_language if language and language not in LANGUAGES else None),
        ("position", name_problem(line["position"]) if line["position"] else None),
    ):
        if problem:
            problems.add(line.row, column, problem)


def _known(session: Session) -> dict[Key, Contact]:
    rows = session.execute(
        sa.select(Partner.name, Contact).join(Contact, Contact.partner_id == Partner.id)
    )
    return {(row.name.casefold(), row.Contact.email): row.Contact for row in rows}


def _written(contact: Contact) -> dict[str, str]:
    return {
        "name": contact.name,
        "language": contact.language,
        "position": contact.position or "",
    }


def _new(values: dict[str, str]) -> dict[str, str]:
    return {"language": LANGUAGES[0], "position": "", **values}


def _columns(values: dict[str, str]) -> dict[str, str | None]:
    return {name: value or None for name, value in values.items()}
