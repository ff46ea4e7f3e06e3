"""The record of a partner as it is read: entries by kind, with their steps and their history."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.record.fields import CONTACT, USER, written
from survey.services.record.kinds import ACTION, EXPECTATION, FINAL, STAGE, STATES_OF
from survey.storage.models import Contact, RecordChange, RecordEntry, RecordStep, User

_RUNS: Final = frozenset({EXPECTATION, ACTION})


@dataclass(frozen=True, slots=True)
class Step:
    """A later state of an entry, and its day."""

    state: str
    day: dt.date
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is read; ``owner`` is a name, empty where there is none."""

    id: uuid.UUID
    kind: str
    state: str
    sort: str
    day: dt.date
    due_on: dt.date | None
    ended_on: dt.date | None
    text: str
    party: str
    owner: str
    items: tuple[str, ...]
    touches: uuid.UUID | None
    aspect: str
    limits: str
    give: str
    gain: str
    struck_on: dt.date | None
    struck_why: str
    steps: tuple[Step, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self.struck_on is not None or self.state in FINAL

    def is_late(self, today: dt.date) -> bool:
        """Whether it should be over by now: an action overdue, or something agreed run out."""
        due = self.due_on if self.kind in _RUNS else None
        return due is not None and due < today and not self.is_over


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history of an entry; ``who`` is empty for who did not log in.

    ``fields`` are the names of fields with what stood there before and after, as texts.
    """

    at: dt.datetime
    who: str
    deed: str
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """The whole record of a partner."""

    entries: tuple[Entry, ...]

    def of(self, kind: str) -> tuple[Entry, ...]:
        """Give the entries of a kind: what goes on first, then what is over, then what is struck.

        Within each, the latest first.
        """
        found = [entry for entry in self.entries if entry.kind == kind]
        found.sort(key=lambda entry: entry.day, reverse=True)
        return tuple(sorted(found, key=lambda e: (e.struck_on is not None, e.is_over)))

    @property
    def stage(self) -> Entry | None:
        """The stage that the relationship is in: the latest that is not struck out."""
        return next((entry for entry in self.of(STAGE) if entry.struck_on is None), None)

    def late(self, today: dt.date) -> tuple[Entry, ...]:
        """Give what should be over by now, the longest waiting first."""
        found = [entry for entry in self.entries if entry.is_late(today)]
        return tuple(sorted(found, key=lambda entry: (entry.due_on or today, entry.text)))


def whole(session: Session, partner_id: uuid.UUID) -> Record:
    """Read the whole record of a partner.

    Parameters
    ----------
    session
        Of any kind.
    partner_id
        Whose record it is; who may read it the caller has found out.
    """
    rows = session.scalars(
        sa.select(RecordEntry)
        .where(RecordEntry.partner_id == partner_id)
        .order_by(RecordEntry.day, RecordEntry.id)
    ).all()
    steps: dict[uuid.UUID, list[Step]] = {}
    for step in session.scalars(
        sa.select(RecordStep)
        .join(RecordEntry, RecordEntry.id == RecordStep.entry_id)
        .where(RecordEntry.partner_id == partner_id)
    ):
        steps.setdefault(step.entry_id, []).append(Step(step.state, step.day, step.note or ""))
    names = _names(session, partner_id)
    return Record(tuple(_entry(row, steps.get(row.id, []), names) for row in rows))


def owners(session: Session, partner_id: uuid.UUID, *, kept: str = "") -> list[tuple[str, str]]:
    """Give who may own an action: those who may log in, and the people at the partner.

    Parameters
    ----------
    session
        Of any kind.
    partner_id
        Whose people these are.
    kept
        What is typed for the present owner, who stays one when disabled meanwhile.

    Returns
    -------
    list of tuple
        What is typed for them, and their names.
    """
    may: sa.ColumnElement[bool] = User.disabled_at.is_(None)
    whose, _, key = kept.partition("/")
    if whose == USER and len(key) == 32:
        may = may | (User.id == uuid.UUID(hex=key))
    users = session.execute(sa.select(User.id, User.name).where(may))
    people = session.execute(
        sa.select(Contact.id, Contact.name).where(Contact.partner_id == partner_id)
    )
    ours = sorted((row.name, f"{USER}/{row.id.hex}") for row in users)
    theirs = sorted((row.name, f"{CONTACT}/{row.id.hex}") for row in people)
    return [(value, name) for name, value in (*ours, *theirs)]


def history(session: Session, entry: RecordEntry) -> list[Change]:
    """Give what was done to an entry, the latest first.

    An owner or an expectation that is named by a key is given by its name; what was forgotten
    since is not named.
    """
    names = _names(session, entry.partner_id)
    texts = {
        row.id.hex: row.text
        for row in session.execute(
            sa.select(RecordEntry.id, RecordEntry.text).where(
                RecordEntry.partner_id == entry.partner_id
            )
        )
    }
    known = {**names, **texts}
    rows = session.scalars(
        sa.select(RecordChange)
        .where(RecordChange.entry_id == entry.id)
        .order_by(RecordChange.at.desc(), RecordChange.id)
    ).all()
    users = {row.id: row.name for row in session.execute(sa.select(User.id, User.name))}
    return [
        Change(
            row.at,
            users.get(row.user_id, "") if row.user_id else "",
            row.deed,
            tuple(
                (field, _told(field, row.before, known), _told(field, row.after, known))
                for field in dict.fromkeys((*row.before, *row.after))
            ),
        )
        for row in rows
    ]


def _told(field: str, values: Mapping[str, str], known: Mapping[str, str]) -> str:
    text = values.get(field, "")
    return known.get(text, "–") if text and field in {"owner", "touches"} else text


def _names(session: Session, partner_id: uuid.UUID) -> dict[str, str]:
    """Name everybody who may be an owner, those who may not log in any more among them."""
    users = session.execute(sa.select(User.id, User.name))
    return {f"{USER}/{row.id.hex}": row.name for row in users} | {
        value: name for value, name in owners(session, partner_id) if value.startswith(CONTACT)
    }


def _entry(row: RecordEntry, steps: list[Step], names: Mapping[str, str]) -> Entry:
    return Entry(
        id=row.id,
        kind=row.kind,
        state=row.state,
        sort=row.sort or "",
        day=row.day,
        due_on=row.due_on,
        ended_on=row.ended_on,
        text=row.text,
        party=row.party or "",
        owner=names.get(written(row).get("owner", ""), "") or _free_owner(row),
        items=tuple(row.items or ()),
        touches=row.touches_id,
        aspect=row.aspect or "",
        limits=row.limits or "",
        give=row.give or "",
        gain=row.gain or "",
        struck_on=row.struck_on,
        struck_why=row.struck_why or "",
        steps=tuple(sorted(steps, key=lambda step: STATES_OF[row.kind].index(step.state))),
    )


def _free_owner(row: RecordEntry) -> str:
    return (row.party or "") if row.kind == ACTION else ""
