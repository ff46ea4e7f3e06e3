"""The tables of anonymous studies, in which no row leads from answers to a person.

Keys of drafts and of participation are made from the token of a link, which is kept
nowhere, so not even the list of invitations tells whose they are. Answers have a
random key and a day. What is changed in the row of a participation takes as much
room as before, so the order in a page of the file is that of inviting.
"""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.base import INSTRUMENT_ID, SIDES, Base, new_id, one_of, today


class OpenLink(Base):
    """A link for everybody, for a poster or a mailing list."""

    __tablename__ = "open_link"
    __table_args__ = (
        one_of("side", SIDES),
        sa.CheckConstraint("length(code) = 12", name="code"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    side: Mapped[str] = mapped_column(sa.String(10))
    partner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)


class Participation(Base):
    """Whether a link has been used for one partner; no time, no person, no answers."""

    __tablename__ = "participation"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    submitted: Mapped[bool]
    declined: Mapped[bool]
    opened: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Draft(Base):
    """Answers that are not submitted yet; they go when they are, or when the wave closes."""

    __tablename__ = "draft"
    __table_args__ = (
        sa.CheckConstraint("pages_done >= 0", name="pages_done"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    answers: Mapped[dict[str, Any]]
    pages_done: Mapped[int]
    item_order: Mapped[list[str] | None]
    autosaves: Mapped[dict[str, Any] | None]


class AnonymousAnswers(Base):
    """Submitted answers about one partner: whose, nobody can tell; when, to the day."""

    __tablename__ = "anonymous_answers"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"], ["instrument.id", "instrument.version"]
        ),
        one_of("side", SIDES),
        sa.CheckConstraint("length(receipt_sha256) = 64", name="receipt"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    partner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    side: Mapped[str] = mapped_column(sa.String(10))
    instrument_id: Mapped[str] = mapped_column(INSTRUMENT_ID)
    instrument_version: Mapped[str] = mapped_column(sa.String(64))
    answers: Mapped[dict[str, Any]]
    off_path: Mapped[list[str] | None]
    item_order: Mapped[list[str] | None]
    submitted_on: Mapped[dt.date] = mapped_column(default=today)
    withdrawn_on: Mapped[dt.date | None]
    receipt_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
