"""Invitations: people read from a sheet, each with a personal link that is shown once."""

import csv
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from sqlalchemy.orm import Session

from survey.services.cells import neutral
from survey.services.naming import email_problem, name_problem
from survey.services.partners import partners_of
from survey.services.people import Known, Link, Person, known_people, store
from survey.services.sheets import Line, Problems, read_sheet
from survey.services.studies import find, require_state
from survey.storage.models import SIDES, Partner, Study

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
    return _take_in(session, slug, data, file, base_url)[1]


def enrol(session: Session, slug: str, data: bytes, file: str) -> int:
    """Take people from a sheet as `invite` does, without a link; give how many.

    Their links are made when they are sent: see `survey.services.mail.inviting`.
    """
    return _take_in(session, slug, data, file, None)[0]


def _take_in(
    session: Session, slug: str, data: bytes, file: str, base_url: str | None
) -> tuple[int, tuple[Link, ...]]:
    study, wave = find(session, slug)
    require_state(slug, wave, "draft", "open", act="invite people")
    lines = read_sheet(data, file, required=REQUIRED, optional=OPTIONAL)
    known = known_people(session, study, wave)
    people = _read_people(lines, file, study, partners_of(session, study), known)
    links = store(session, study, wave, people, known, base_url)
    log.info("invited: study %s, wave %d, %d people", slug, wave.number, len(people))
    return len(people), links


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
        problems.add(line.row, "side", f"{person.email!r} answered on side {before.side} before")
    elif person.side == SIDES[1] and before.partners != {each.id for each in person.partners}:
        problems.add(line.row, "partners", f"{person.email!r} answered for another partner before")


def _repeat_problem(email: str, rows_of: Mapping[str, int], known: Known) -> str | None:
    if email in rows_of:
        return f"{email!r} stands in row {rows_of[email]} already; each person gets one link"
    if email in known and known[email].invited:
        return f"{email!r} is invited to this wave already; take the row out"
    return None


def _chosen(problems: Problems, line: Line, column: str, allowed: tuple[str, ...]) -> str:
    """Read a cell that names one of a few; an empty one means the first."""
    value = line[column].casefold() or allowed[0]
    if value not in allowed:
        problems.add(line.row, column, f"{value!r} is none of {', '.join(allowed)}")
    return value


def _listed(
    problems: Problems, line: Line, by_name: Mapping[str, Partner], side: str
) -> tuple[Partner, ...]:
    """Read the partners a person knows: all if none is named, exactly one on their own side."""
    names = [name.strip() for name in line["partners"].split(";") if name.strip()]
    for name in names:
        if name.casefold() not in by_name:
            known = ", ".join(partner.name for partner in by_name.values())
            problems.add(line.row, "partners", f"{name!r} is no partner of this study ({known})")
    keys = [name.casefold() for name in names]
    for key in dict.fromkeys(keys):
        if keys.count(key) > 1:
            problems.add(line.row, "partners", f"{names[keys.index(key)]!r} is named twice")
    listed = tuple(by_name[key] for key in keys if key in by_name)
    if not names:
        listed = tuple(by_name.values())
    if side == SIDES[1] and len(listed) > 1:
        problems.add(
            line.row,
            "partners",
            f"people on side {side} answer for their own organisation: name one of "
            + ", ".join(partner.name for partner in by_name.values()),
        )
    return listed
