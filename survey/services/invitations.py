"""Invitations: people read from a sheet, each with a personal link that is shown once."""

import csv
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import WaveState
from survey.services.cells import neutral
from survey.services.naming import email_problem, name_problem
from survey.services.partners import partners_of
from survey.services.sheets import Line, Problems, read_sheet
from survey.services.studies import find
from survey.services.tokens import new_token, token_hash
from survey.storage.models import (
    SIDES,
    Invitation,
    Participant,
    Partner,
    Roster,
    Study,
    Wave,
    new_id,
)

log = logging.getLogger(__name__)

REQUIRED: Final = ("name", "email", "language", "partners")
OPTIONAL: Final = ("side",)


@dataclass(frozen=True, slots=True)
class Link:
    """The personal link of one person; its token is kept nowhere else."""

    name: str
    email: str
    language: str
    link: str


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    email: str
    language: str
    side: str
    partners: tuple[Partner, ...]


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
    study, wave = find(session, slug)
    if wave.status == "closed":
        raise WaveState(
            wave=wave.number,
            slug=slug,
            state="closed",
            needed="draft or open",
            act="invite people",
            hint="",
        )
    lines = read_sheet(data, file, required=REQUIRED, optional=OPTIONAL)
    people = _read_people(lines, file, study, partners_of(session, study), _known(session, study))
    links = _store(session, study, wave, people, base_url)
    log.info("invited: study %s, wave %d, %d people", slug, wave.number, len(links))
    return links


def links_csv(links: Iterable[Link]) -> str:
    """Write links as CSV with a header; cells that a spreadsheet would compute are neutralised."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "email", "language", "link"))
    for link in links:
        writer.writerow([neutral(cell) for cell in asdict(link).values()])
    return text.getvalue()


def _known(session: Session, study: Study) -> set[str]:
    return set(
        session.scalars(sa.select(Participant.email).where(Participant.study_id == study.id))
    )


def _read_people(
    lines: list[Line], file: str, study: Study, partners: list[Partner], known: set[str]
) -> list[_Person]:
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
            _Person(
                name=line["name"],
                email=email,
                language=_chosen(problems, line, "language", tuple(study.languages)),
                side=side,
                partners=_listed(problems, line, by_name, side),
            )
        )
    problems.raise_if_any()
    return people


def _repeat_problem(email: str, rows_of: Mapping[str, int], known: set[str]) -> str | None:
    if email in rows_of:
        return f"{email!r} stands in row {rows_of[email]} already; each person gets one link"
    if email in known:
        return f"{email!r} is invited to this study already; take the row out"
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


def _store(
    session: Session, study: Study, wave: Wave, people: list[_Person], base_url: str
) -> tuple[Link, ...]:
    participants, rosters, invitations, links = [], [], [], []
    for person in people:
        key, token = new_id(), new_token()
        participants.append(
            {
                "id": key,
                "study_id": study.id,
                "name": person.name,
                "email": person.email,
                "language": person.language,
                "side": person.side,
            }
        )
        rosters += [
            {"participant_id": key, "partner_id": partner.id, "place": place}
            for place, partner in enumerate(person.partners, 1)
        ]
        invitations.append(
            {"participant_id": key, "wave_id": wave.id, "token_sha256": token_hash(token)}
        )
        links.append(Link(person.name, person.email, person.language, f"{base_url}/r/{token}"))
    session.execute(sa.insert(Participant), participants)
    session.execute(sa.insert(Roster), rosters)
    session.execute(sa.insert(Invitation), invitations)
    return tuple(links)
