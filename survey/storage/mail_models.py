"""The tables of mail: what waits to be sent, who wants or gets none, and links that were mailed.

No row holds a link: it is made when a message is sent, and only its hash is kept. Once a
message is sent its row forgets the address and the values; that of an anonymous study
forgets the person as well, so that neither order nor time of sending is there to be read.
"""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.base import SIDES, Base, new_id, one_of, today

OUTBOX_STATES = ("queued", "claimed", "sending", "sent", "failed", "doubtful", "cancelled")
QUEUED, CLAIMED, SENDING, SENT, FAILED, DOUBTFUL, CANCELLED = OUTBOX_STATES
BOUNCES = ("hard", "soft")
HARD, SOFT = BOUNCES
PERSON_CODE = sa.String(26)  # keyed hash of an address, see `survey.services.mail.codes`


class Outbox(Base):
    """One message to one person, from queueing to what became of it."""

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("state", OUTBOX_STATES),
        sa.CheckConstraint("kind <> '' AND key <> ''", name="named"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.CheckConstraint(
            "(state IN ('sent', 'cancelled')) = (recipient IS NULL)", name="recipient"
        ),
        sa.CheckConstraint(
            "(state IN ('claimed', 'sending')) = (claimed_until IS NOT NULL)", name="claimed_until"
        ),
        sa.CheckConstraint(
            "(claimed_until IS NULL) = (claimed_by IS NULL) OR state = 'doubtful'",
            name="claimed_by",
        ),
        sa.CheckConstraint("length(message_id) = 32", name="message_id"),
        sa.Index("ix_outbox_state_next_at", "state", "next_at"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.String(30))
    recipient: Mapped[str | None] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(10))
    facts: Mapped[dict[str, Any]] = mapped_column("values")
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(sa.String(10), default=QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime]
    claimed_until: Mapped[dt.datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(sa.String(32))
    message_id: Mapped[str] = mapped_column(sa.String(32))
    sent_on: Mapped[dt.date | None]
    reason: Mapped[str | None]
    wave_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("invitation.id", ondelete="CASCADE"), index=True
    )


class InvitationLink(Base):
    """A further link of an invitation, made when a message or a letter was; both keep working."""

    __tablename__ = "invitation_link"
    __table_args__ = (sa.CheckConstraint("length(token_sha256) = 64", name="token"),)

    token_sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    invitation_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("invitation.id", ondelete="CASCADE"), index=True
    )
    made_on: Mapped[dt.date] = mapped_column(default=today)


class OptOut(Base):
    """Somebody who asked for no more mail about surveys; the address is kept as a keyed hash."""

    __tablename__ = "opt_out"
    __table_args__ = (sa.CheckConstraint("length(person) = 26", name="person"),)

    person: Mapped[str] = mapped_column(PERSON_CODE, primary_key=True)
    day: Mapped[dt.date] = mapped_column(default=today)


class Bounce(Base):
    """A message that came back; hard means that the address takes none."""

    __tablename__ = "bounce"
    __table_args__ = (
        one_of("kind", BOUNCES),
        sa.CheckConstraint("length(person) = 26", name="person"),
        sa.UniqueConstraint("person", "kind", "day"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person: Mapped[str] = mapped_column(PERSON_CODE)
    kind: Mapped[str] = mapped_column(sa.String(10))
    day: Mapped[dt.date] = mapped_column(default=today)


class MailText(Base):
    """What a study says to a side in a kind of message instead of our words, in one language."""

    __tablename__ = "mail_text"
    __table_args__ = (
        one_of("side", SIDES),
        sa.CheckConstraint("subject IS NOT NULL OR lead IS NOT NULL", name="something"),
    )

    study_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("study.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    side: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    subject: Mapped[str | None]
    lead: Mapped[str | None] = mapped_column(sa.Text)


class MailChoice(Base):
    """What a study wants of mail: whether whoever has answered everything is thanked."""

    __tablename__ = "mail_choice"

    study_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("study.id"), primary_key=True)
    thanks: Mapped[bool]


class MailMinute(Base):
    """How many messages began to be sent in a minute, for the limit per hour; no more than that."""

    __tablename__ = "mail_minute"
    __table_args__ = (sa.CheckConstraint("sent >= 1", name="sent"),)

    minute: Mapped[dt.datetime] = mapped_column(primary_key=True)
    sent: Mapped[int]


class MailSecret(Base):
    """The key of this installation's hashes of addresses and of its links that stop mail."""

    __tablename__ = "mail_secret"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single"),
        sa.CheckConstraint("length(secret) = 64", name="secret"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    secret: Mapped[str] = mapped_column(sa.String(64))
