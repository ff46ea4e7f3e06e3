"""Invitations: people read from a sheet, each with a personal link that is shown once."""

import csv
import io
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from sqlalchemy.orm import Session

from survey.services.asking import Asked, of_wave, with_links, without_links
from survey.services.cells import neutral
from survey.services.naming import email_problem, name_problem, none_of
from survey.services.partners import partners_of
from survey.services.people import Known, Link, Person
from survey.services.sheets import Line, Problems, read_sheet
from survey.storage.models import (
    SIDES,
    Partner,
    Study,
)
from survey.words import in_words

log = logging.getLogger(__name__)

REQUIRED: Final = ("name", "email", "language", "partners")
OPTIONAL: Final = ("side",)


def invite(
    session: Session, slug: str, data: bytes, file: str, *, base_url: str
) -> tuple[Link, ...]:
    """Take people from a sheet into the latest wave of a study and make their links.

    Parameters
    ----------
    session
        A writing session.
    slug
        The study.
    data, file
        Bytes and name of a CSV sheet with the columns name, email, language,
        partners (separated by semicolons; empty means all) and perhaps side.
    base_url
        What the links begin with.

    Returns
    -------
    tuple of Link
        In the order of the sheet.

    Raises
    ------
    BadInput
        With every problem by row and column; no one is invited then.
    UnknownStudy, WaveState
    """
    return with_links(session, from_sheet(session, slug, data, file), base_url=base_url)


def enrol(session: Session, slug: str, data: bytes, file: str) -> int:
    """Take people from a sheet as `invite` does, without a link; give how many.

    Their links are made when they are sent: see `survey.services.mail.inviting`.
    """
    return without_links(session, from_sheet(session, slug, data, file))


def from_sheet(session: Session, slug: str, data: bytes, file: str) -> Asked:
    """Read people from a sheet without writing anything: see `invite`."""
    study, wave, known = of_wave(session, slug)
    lines = read_sheet(data, file, required=REQUIRED, optional=OPTIONAL)
    people = _read_people(lines, file, study, partners_of(session, study), known)
    return Asked(study, wave, tuple(people), known)


def links_csv(links: Iterable[Link]) -> str:
    """Write links as CSV with a header; cells that a spreadsheet would compute are neutralised."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "email", "language", "link"))
    for link in links:
        writer.writerow([neutral(cell) for cell in asdict(link).values()])
    return text.getvalue()


def _read_people(
    lines: list[Line], file: str, study: Study, partners: list[Partner], known: Known
) -> list[Person]:
    problems = Problems(file, [])
    by_name = {partner.name.casefold(): partner for partner in partners}
    rows_of: dict[str, int] = {}
    people = []
    for line in lines:
        email = line["email"].lower()
        for column, problem in (
            ("name", name_problem(line["name"])),
            ("email", email_problem(line["email"])),
            ("email", _repeat_problem(email, rows_of, known)),
        ):
            if problem:
                problems.add(line.row, column, problem)
        rows_of.setdefault(email, line.row)
        side = _chosen(problems, line, "side", tuple(study.sides))
        people.append(
            Person(
                name=line["name"],
                email=email,
                language=_chosen(problems, line, "language", tuple(study.languages)),
                side=side,
                partners=_listed(problems, line, by_name, side),
            )
        )
        _check_same(problems, line, people[-1], known)
    problems.raise_if_any()
    return people


def _check_same(problems: Problems, line: Line, person: Person, known: Known) -> None:
    """Refuse somebody of an earlier wave who now stands on another side or for another partner."""
    before = known.get(person.email)
    if before is None:
        return
    if before.side != person.side:
        said = in_words(
            "%(email)r answered on side %(side)s before", email=person.email, side=before.side
        )
        problems.add(line.row, "side", said)
    elif person.side == SIDES[1] and before.partners != {each.id for each in person.partners}:
        said = in_words("%(email)r answered for another partner before", email=person.email)
        problems.add(line.row, "partners", said)


def _repeat_problem(email: str, rows_of: Mapping[str, int], known: Known) -> str | None:
    if email in rows_of:
        return in_words(
            "%(email)r stands in row %(row)d already; each person gets one link",
            email=email,
            row=rows_of[email],
        )
    if email in known and known[email].invited:
        return in_words("%(email)r is invited to this wave already; take the row out", email=email)
    return None


def _chosen(problems: Problems, line: Line, column: str, allowed: tuple[str, ...]) -> str:
    """Read a cell that names one of a few; an empty one means the first."""
    value = line[column].casefold() or allowed[0]
    if value not in allowed:
        problems.add(line.row, column, none_of(value, allowed))
    return value


def _listed(
    problems: Problems, line: Line, by_name: Mapping[str, Partner], side: str
) -> tuple[Partner, ...]:
    """Read the partners a person knows: all if none is named, exactly one on their own side."""
    names = [name.strip() for name in line["partners"].split(";") if name.strip()]
    for name in names:
        if name.casefold() not in by_name:
            said = in_words(
                "%(name)r is no partner of this study (%(partners)s)",
                name=name,
                partners=_names(by_name),
            )
            problems.add(line.row, "partners", said)
    keys = [name.casefold() for name in names]
    for key, times in Counter(keys).items():
        if times > 1:
            said = in_words("%(name)r is named twice", name=names[keys.index(key)])
            problems.add(line.row, "partners", said)
    listed = tuple(by_name[key] for key in keys if key in by_name)
    if not names:
        listed = tuple(by_name.values())
    if side == SIDES[1] and len(listed) > 1:
        said = in_words(
            "people on side %(side)s answer for their own organisation: name one of %(partners)s",
            side=side,
            partners=_names(by_name),
        )
        problems.add(line.row, "partners", said)
    return listed


def _names(by_name: Mapping[str, Partner]) -> str:
    return ", ".join(partner.name for partner in by_name.values())
