"""Partners from a sheet: what it would change, then that and nothing else."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.naming import name_problem
from survey.services.partners import DEFAULT_KIND, partner_problem, spelled_otherwise
from survey.services.register.cells import (
    Unreadable,
    one_of,
    read_groups,
    read_share,
    written_share,
)
from survey.services.register.changes import Change, Plan, compared, planned
from survey.services.sheets import Line, Problems, read_sheet, stands_already
from survey.storage.models import KRALJIC_CLASSES, PARTNER_KINDS, Partner, PartnerGroup

log = logging.getLogger(__name__)

KEY: Final = "name"
Values = dict[str, str]


def _line(text: str) -> str:
    problem = name_problem(text) if text else None
    if problem:
        raise Unreadable(problem)
    return text


# column → how its cell is brought to its one spelling; `Unreadable` says what is wrong
COLUMNS: Final[Mapping[str, Callable[[str], str]]] = {
    "kind": lambda text: one_of(text, PARTNER_KINDS),
    "category": _line,
    "region": _line,
    "class": lambda text: one_of(text, KRALJIC_CLASSES),
    "share": lambda text: written_share(read_share(text)),
    "groups": lambda text: "; ".join(read_groups(text)),
}


def plan(session: Session, data: bytes, file: str) -> Plan:
    """Say what a sheet of partners would change.

    Parameters
    ----------
    session
        An open session; nothing is written.
    data, file
        Bytes and name of a CSV sheet with the column ``name`` and any of kind, category,
        region, class (Kraljic's), share (of revenue, per cent) and groups (separated by
        semicolons). A column that is not there changes nothing; an empty cell empties.

    Returns
    -------
    Plan
        A change for each row.

    Raises
    ------
    BadInput
        With every problem by row and column.
    """
    return _plan(session, _read(session, data, file), file)


def carry_out(
    session: Session, actor: Actor, data: bytes, file: str, *, seen: str | None = None
) -> Plan:
    """Do what `plan` says of the sheet, all of it or nothing.

    Parameters
    ----------
    session
        A writing session.
    actor
        Who does it, for the log.
    data, file
        The sheet.
    seen
        Digest of the plan that somebody agreed to.

    Raises
    ------
    BadInput
    ChangedMeanwhile
        The sheet would now do something else than what was agreed to.
    """
    rows = _read(session, data, file)
    found = _plan(session, rows, file)
    found.require(seen)
    known = _known(session)
    for line, values in rows:
        partner = known.get(line[KEY].casefold()) or new_partner(session, line[KEY])
        store(session, partner, values)
    audit.note(session, actor, "partners imported", "register")
    session.flush()
    log.info("partners imported: %s", found.counts)
    return found


def values_of(partner: Partner, groups: tuple[str, ...]) -> Values:
    """Write what is known of a partner as a sheet has it."""
    return {
        "kind": partner.kind,
        "category": partner.category or "",
        "region": partner.region or "",
        "class": partner.kraljic or "",
        "share": written_share(partner.revenue_share),
        "groups": "; ".join(groups),
    }


def groups_by_partner(session: Session) -> dict[Any, tuple[str, ...]]:
    """Give the groups of each partner that stands in any, in order of their names."""
    found: dict[Any, list[str]] = {}
    for row in session.scalars(sa.select(PartnerGroup)):
        found.setdefault(row.partner_id, []).append(row.name)
    return {key: tuple(sorted(names, key=str.casefold)) for key, names in found.items()}


def _read(session: Session, data: bytes, file: str) -> list[tuple[Line, Values]]:
    lines = read_sheet(data, file, required=(KEY,), optional=tuple(COLUMNS))
    known = _known(session)
    problems = Problems(file, [])
    rows_of: dict[str, int] = {}
    rows = []
    for line in lines:
        name = line[KEY]
        for problem in (partner_problem(name), _name_problem(name, rows_of, known)):
            if problem:
                problems.add(line.row, KEY, problem)
        rows_of.setdefault(name.casefold(), line.row)
        values, wrong = spelled(line.cells)
        for column, problem in wrong.items():
            problems.add(line.row, column, problem)
        rows.append((line, values))
    problems.raise_if_any()
    return rows


def spelled(given: Mapping[str, str]) -> tuple[Values, dict[str, str]]:
    """Bring cells to their one spelling; with it comes what is wrong, by column."""
    values, problems = {}, {}
    for column, read in COLUMNS.items():
        if column in given:
            try:
                values[column] = read(given[column])
            except Unreadable as error:
                problems[column] = error.args[0]
    if values.get("kind") == "":
        values["kind"] = DEFAULT_KIND
    return values, problems


def _name_problem(
    name: str, rows_of: Mapping[str, int], known: Mapping[str, Partner]
) -> str | None:
    if name.casefold() in rows_of:
        return stands_already(name, rows_of[name.casefold()])
    before = known.get(name.casefold())
    if before is not None and before.name != name:
        return spelled_otherwise(name, before.name)
    return None


def _known(session: Session) -> dict[str, Partner]:
    return {row.name.casefold(): row for row in session.scalars(sa.select(Partner))}


def _plan(session: Session, rows: list[tuple[Line, Values]], file: str) -> Plan:
    known, groups = _known(session), groups_by_partner(session)
    changes: list[Change] = []
    for line, values in rows:
        before = known.get(line[KEY].casefold())
        had = None if before is None else values_of(before, groups.get(before.id, ()))
        after = values if before is not None else {"kind": DEFAULT_KIND, **values}
        changes.append(compared(line.row, line[KEY], had, after))
    return planned(file, changes)


def new_partner(session: Session, name: str) -> Partner:
    """Make the row of a partner of which only the name is known."""
    partner = Partner(name=name, kind=DEFAULT_KIND)
    session.add(partner)
    session.flush()
    return partner


def store(session: Session, partner: Partner, values: Values) -> None:
    """Write down what is known of a partner; what `values` do not name stays as it is."""
    for column, attribute in (("category", "category"), ("region", "region"), ("class", "kraljic")):
        if column in values:
            setattr(partner, attribute, values[column] or None)
    partner.kind = values.get("kind", partner.kind)
    if "share" in values:
        partner.revenue_share = read_share(values["share"])
    if "groups" in values:
        own = PartnerGroup.partner_id == partner.id
        session.execute(sa.delete(PartnerGroup).where(own))
        names = read_groups(values["groups"])
        session.add_all(PartnerGroup(partner_id=partner.id, name=each) for each in names)
