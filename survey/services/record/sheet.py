"""The record of a partner as a sheet: one row for each entry, with the ids of the data model."""

import csv
import io
from typing import Final

from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.cells import neutral
from survey.services.record.whole import Entry, whole
from survey.storage.models import Partner

COLUMNS: Final = (
    "id",
    "kind",
    "sort",
    "state",
    "day",
    "due_on",
    "ended_on",
    "text",
    "party",
    "owner",
    "aspect",
    "items",
    "touches",
    "limits",
    "give",
    "gain",
    "steps",
    "struck_on",
    "struck_why",
)


def sheet(session: Session, actor: Actor, partner: Partner) -> str:
    """Write the record of a partner as CSV, the earliest entry first.

    Parameters
    ----------
    session
        A writing session: that the record was taken out is noted.
    actor
        Who takes it out.
    partner
        Whose record it is.

    Returns
    -------
    str
        A header and a row for each entry, those that are struck out among them. Text that a
        spreadsheet would compute is neutralised.
    """
    audit.note(session, actor, "record exported", audit.of_partner(partner.id))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(entry) for entry in whole(session, partner.id).entries)
    return stream.getvalue()


def _row(entry: Entry) -> list[str]:
    steps = "; ".join(
        f"{step.day.isoformat()} {step.state}{': ' if step.note else ''}{step.note}"
        for step in entry.steps
    )
    values = {
        "id": entry.id.hex,
        "touches": entry.touches.hex if entry.touches else "",
        "items": " ".join(entry.items),
        "steps": steps,
        **{name: getattr(entry, name) for name in COLUMNS if name not in _MADE},
    }
    return [neutral(str(values[name] or "")) for name in COLUMNS]


_MADE: Final = frozenset({"id", "touches", "items", "steps"})
