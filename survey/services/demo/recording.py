"""What the demonstration's records hold: what was agreed, what went wrong, what was done."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.audit import COMMAND_LINE
from survey.services.record import entries
from survey.services.record.kinds import (
    ACTION,
    BRIEF,
    DISPUTE,
    EXPECTATION,
    INCIDENT,
    STAGE,
)
from survey.services.register import editing
from survey.services.register.editing import NewContact
from survey.storage.models import Partner, RecordEntry, new_id

_FALLING, _CLOSED, _BLIND, _WEAK = (
    "Fjordheim Papir",
    "Havblikk IT",
    "Lyngstad Renhold",
    "Breiddal Bygg",
)
_PEOPLE: Final = (  # who may be sent a card of their own, at whom
    (_FALLING, NewContact("Ingunn Fjord", "ingunn@example.org", "nb", "Key account")),
    (_BLIND, NewContact("Lars Lyng", "lars@example.org", "nn", "Head of sales")),
)
# partner, kind, days ago, fields; then the steps that followed: state, days ago, note
_ENTRIES: Final = (
    (_FALLING, STAGE, 900, {"sort": "working", "text": "Three-year agreement signed."}, ()),
    (
        _FALLING,
        EXPECTATION,
        900,
        {
            "sort": "expectation",
            "text": "Orders arrive complete, on the day that was confirmed.",
            "party": "Both, in the agreement",
            "items": "accuracy_as_agreed accuracy_deadlines",
        },
        (),
    ),
    (
        _FALLING,
        INCIDENT,
        160,
        {"sort": "serious", "text": "Two pallets missing in the week of the annual mailing."},
        (("closed", 150, "Delivered by another supplier at our cost."),),
    ),
    (
        _FALLING,
        DISPUTE,
        148,
        {"text": "Who pays for the replacement of the missing pallets?"},
        (("clarified", 130, "Both sides put their papers on the table."),),
    ),
    (
        _FALLING,
        ACTION,
        140,
        {
            "text": "Weekly call about open orders",
            "party": "Purchasing",
            "due_on": 60,
            "aspect": "accuracy",
        },
        (("under_way", 135, ""),),
    ),
    (
        _FALLING,
        BRIEF,
        20,
        {
            "text": "Settle the pallets before the agreement is renewed.",
            "limits": "No renewal without penalties for late orders.",
            "give": "Longer notice of large orders.",
            "gain": "A named person for our orders.",
        },
        (),
    ),
    (
        _CLOSED,
        EXPECTATION,
        400,
        {
            "sort": "rule",
            "text": "Planned downtime is announced five working days before.",
            "party": "Both, by letter",
            "items": "openness_early_notice",
        },
        (),
    ),
    (
        _CLOSED,
        ACTION,
        120,
        {
            "text": "Ask for a monthly plan of changes",
            "party": "IT",
            "due_on": 30,
            "aspect": "openness",
        },
        (("under_way", 110, ""), ("done", 100, "The first plan came.")),
    ),
    (
        _BLIND,
        ACTION,
        10,
        {
            "text": "Workshop about what each side expects",
            "party": "Operations",
            "due_on": -30,
            "aspect": "mutual_understanding",
        },
        (),
    ),
    (
        _WEAK,
        EXPECTATION,
        500,
        {
            "sort": "boundary",
            "text": "No work on site without a permit signed by us.",
            "party": "We, after an inspection",
        },
        (),
    ),
    (_WEAK, STAGE, 30, {"sort": "leaving", "text": "Tender for a successor is prepared."}, ()),
)


def write_records(session: Session, today: dt.date) -> None:
    """Write who is known at some of the suppliers, and what happened, in days before today."""
    partners = {row.name: row for row in session.scalars(sa.select(Partner))}
    for name, person in _PEOPLE:
        _require(editing.add_contact(session, COMMAND_LINE, partners[name].id, person))
    for name, kind, ago, fields, steps in _ENTRIES:
        given = {key: str(value) for key, value in fields.items()}
        given["day"] = _day(today, ago)
        if "due_on" in fields:
            given["due_on"] = _day(today, int(str(fields["due_on"])))
        key = new_id()
        _require(
            entries.make(session, COMMAND_LINE, partners[name], kind, given, key=key, today=today)
        )
        entry = session.get_one(RecordEntry, key)
        for state, then, note in steps:
            step = {"state": state, "on": _day(today, then), "note": note}
            _require(entries.move(session, COMMAND_LINE, entry, step, today=today))


def _day(today: dt.date, ago: int) -> str:
    return (today - dt.timedelta(days=ago)).isoformat()


def _require(problems: Mapping[str, str]) -> None:
    if problems:
        raise ValueError(f"the demonstration's record cannot be written: {problems}")
