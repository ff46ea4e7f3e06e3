"""What was done, by whom, to what: a log that only grows.

It names people and partners by the keys of their own rows, so that it shows them by what they are
called now and forgets a name where these rows do. It holds no answers, no passwords, no links, no
addresses.
"""

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.account_models import ORIGINS, TERMINAL, WEB, AuditEntry, User
from survey.storage.partner_models import Partner

ON_A_PAGE: Final = 50
_KEY: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: someone who logged in, a stranger to the pages, or the command line."""

    user_id: uuid.UUID | None
    origin: str


COMMAND_LINE: Final = Actor(None, TERMINAL)
STRANGER: Final = Actor(None, WEB)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; ``who`` and ``whom`` (a user or a partner) are names, or empty."""

    at: dt.datetime
    who: str
    origin: str
    action: str
    what: str
    whom: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the log, newest first; ``pages`` is at least 1."""

    entries: tuple[Entry, ...]
    number: int
    pages: int


def by(user_id: uuid.UUID) -> Actor:
    """Name someone who logged in."""
    return Actor(user_id, WEB)


def of_user(user_id: uuid.UUID) -> str:
    """Name a user as the object of an action; the name itself stands in the account only."""
    return f"user/{user_id.hex}"


def of_partner(partner_id: uuid.UUID) -> str:
    """Name a partner as the object of an action; the name itself stands in the register only."""
    return f"partner/{partner_id.hex}"


def of_study(slug: str, wave: int | None = None) -> str:
    """Name a study, or a wave of it, as the object of an action."""
    return f"study/{slug}" if wave is None else f"study/{slug}/{wave}"


def of_file(slug: str, wave: int, name: str, sha256: str) -> str:
    """Name a file made of a wave as the object of an action, with the hash of its bytes."""
    return f"{of_study(slug, wave)}/{name}/{sha256}"


def note(
    session: Session, actor: Actor, action: str, what: str, *, at: dt.datetime | None = None
) -> None:
    """Write down what is done in this transaction; without the deed there is no line.

    Parameters
    ----------
    session
        The writing session in which it is done.
    actor
        `by` a user, `COMMAND_LINE` or `STRANGER`.
    action
        A word or a few, the same for the same deed: these are what the log is filtered by.
    what
        `of_user`, `of_partner`, `of_study`, or a text that names no person and holds no secret.
    at
        When; now if not given.
    """
    values = {} if at is None else {"at": at}
    session.add(
        AuditEntry(user_id=actor.user_id, origin=actor.origin, action=action, object=what, **values)
    )


def page(session: Session, number: int, *, who: str = "", action: str = "") -> Page:
    """Read a page of the log, newest first.

    Parameters
    ----------
    session
        Of any kind.
    number
        From 1; one that is too high gives the last.
    who
        The key of a user in hexadecimal, or one of the origins; empty for all.
    action
        One of `actions`; empty for all.
    """
    rows = sa.select(AuditEntry)
    if who in ORIGINS:
        rows = rows.where(AuditEntry.origin == who, AuditEntry.user_id.is_(None))
    elif who:
        rows = rows.where(AuditEntry.user_id == uuid.UUID(hex=who))
    if action:
        rows = rows.where(AuditEntry.action == action)
    count = session.scalars(sa.select(sa.func.count()).select_from(rows.subquery())).one()
    pages = max(1, -(-count // ON_A_PAGE))
    number = min(max(number, 1), pages)
    found = session.scalars(
        rows.order_by(AuditEntry.at.desc(), AuditEntry.id)
        .limit(ON_A_PAGE)
        .offset((number - 1) * ON_A_PAGE)
    ).all()
    names = {
        row.id: row.name
        for table in (User, Partner)
        for row in session.execute(sa.select(table.id, table.name))
    }
    return Page(tuple(_entry(row, names) for row in found), number, pages)


def actions(session: Session) -> list[str]:
    """Give the actions that stand in the log, in alphabetical order."""
    return list(session.scalars(sa.select(AuditEntry.action).distinct().order_by("action")))


def _entry(row: AuditEntry, names: dict[uuid.UUID, str]) -> Entry:
    kind, _, rest = row.object.partition("/")
    is_key = kind in {"user", "partner"} and _KEY.fullmatch(rest)
    whom = names.get(uuid.UUID(hex=rest), "") if is_key else ""
    who = names.get(row.user_id, "") if row.user_id else ""
    return Entry(row.at, who, row.origin, row.action, "" if whom else row.object, whom)
