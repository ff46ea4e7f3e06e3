"""Sheets that somebody handed in and is looking at, before they are taken in or dropped.

They hold names and addresses: each is seen by who handed it in alone, and is gone when it was
taken in, dropped, or a day old.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import NoUpload
from survey.services.naming import LONGEST_NAME
from survey.storage.engine import leave_no_trace
from survey.storage.models import SheetUpload, new_id, now

KEPT: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Upload:
    """A sheet: its file's name and bytes."""

    key: uuid.UUID
    file: str
    data: bytes = field(repr=False)


def keep(session: Session, user: uuid.UUID, purpose: str, file: str, data: bytes) -> Upload:
    """Keep a sheet; those that are a day old, and what the person left of this kind, go.

    Parameters
    ----------
    session
        A writing session.
    user
        Who hands it in.
    purpose
        What it is for, such as "partners" or "people of suppliers-2026".
    file, data
        Its name and bytes.
    """
    old = SheetUpload.made_at < now() - KEPT
    left = sa.and_(SheetUpload.user_id == user, SheetUpload.purpose == purpose)
    if session.execute(sa.delete(SheetUpload).where(sa.or_(old, left))).rowcount:  # type: ignore[attr-defined]
        leave_no_trace(session)
    shown = "".join(filter(str.isprintable, file))  # PostgreSQL takes no NUL, and nobody sees one
    found = Upload(new_id(), shown[-LONGEST_NAME:] or "sheet.csv", data)
    row = {"id": found.key, "user_id": user, "purpose": purpose}
    session.add(SheetUpload(**row, file=found.file, data=data))
    session.flush()
    return found


def find(session: Session, user: uuid.UUID, purpose: str, key: uuid.UUID) -> Upload:
    """Find a sheet of one's own again.

    Raises
    ------
    NoUpload
        It was taken in, dropped, a day old, for something else, or is another's.
    """
    row = session.get(SheetUpload, key)
    if row is None or (row.user_id, row.purpose) != (user, purpose) or _is_old(row):
        raise NoUpload
    return Upload(row.id, row.file, row.data)


def drop(session: Session, key: uuid.UUID) -> None:
    """Let a sheet go, in the file as well."""
    leave_no_trace(session)
    session.execute(sa.delete(SheetUpload).where(SheetUpload.id == key))


def forget_old(session: Session) -> int:
    """Let the sheets go that are a day old, in the file as well; give how many."""
    found = session.execute(sa.delete(SheetUpload).where(SheetUpload.made_at < now() - KEPT))
    if gone := int(found.rowcount):  # type: ignore[attr-defined]
        leave_no_trace(session)
    return gone


def _is_old(row: SheetUpload) -> bool:
    return row.made_at < now() - KEPT
