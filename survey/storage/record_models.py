"""The tables of a partner's record: what was agreed, what happened, what is done about it.

An entry of any kind is one row; what moves it on is a step, what is changed of it a change.
The right of reply has two: a card that was let out, and what was replied to it. Of a link
only its hash is kept.
"""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.base import Base, new_id, now, one_of, today

RECORD_KINDS = ("expectation", "incident", "dispute", "action", "stage", "brief")
EXPECTATION, INCIDENT, DISPUTE, ACTION, STAGE, BRIEF = RECORD_KINDS
STATES_OF = {  # kind → its states, the first one first
    EXPECTATION: ("in_force", "ended"),
    INCIDENT: ("open", "closed"),
    DISPUTE: ("raised", "clarified", "mediated", "settled", "withdrawn"),
    ACTION: ("planned", "under_way", "done", "dropped"),
    STAGE: ("noted",),
    BRIEF: ("noted",),
}
FINAL = ("ended", "closed", "settled", "withdrawn", "done", "dropped")
SORTS_OF = {  # kind → what sorts of it there are
    EXPECTATION: ("expectation", "rule", "boundary"),
    INCIDENT: ("slight", "serious", "severe"),
    STAGE: ("exploring", "agreeing", "working", "renewing", "leaving", "ended"),
}
STANCES = ("comment", "contest")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_STATES = " OR ".join(
    f"(kind = '{kind}' AND state IN ({_listed(states)}))" for kind, states in STATES_OF.items()
)
_SORTS = " OR ".join(
    f"(kind = '{kind}' AND sort IN ({_listed(sorts)}))" for kind, sorts in SORTS_OF.items()
)


class RecordEntry(Base):
    """One thing of the record of a partner, of one of the kinds."""

    __tablename__ = "record_entry"
    __table_args__ = (
        one_of("kind", RECORD_KINDS),
        sa.CheckConstraint(_STATES, name="state"),
        sa.CheckConstraint(
            f"{_SORTS} OR (kind NOT IN ({_listed(tuple(SORTS_OF))}) AND sort IS NULL)", name="sort"
        ),
        sa.CheckConstraint("text <> ''", name="text"),
        sa.CheckConstraint(
            f"(state IN ({_listed(FINAL)})) = (ended_on IS NOT NULL)", name="ended_on"
        ),
        sa.CheckConstraint("ended_on >= day", name="ends_after"),
        sa.CheckConstraint("due_on >= day", name="due_after"),
        sa.CheckConstraint("(struck_on IS NULL) = (struck_why IS NULL)", name="struck"),
        sa.CheckConstraint("owner_user_id IS NULL OR owner_contact_id IS NULL", name="one_owner"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(20))
    sort: Mapped[str | None] = mapped_column(sa.String(20))
    day: Mapped[dt.date]
    due_on: Mapped[dt.date | None]
    ended_on: Mapped[dt.date | None]
    text: Mapped[str] = mapped_column(sa.Text)
    party: Mapped[str | None]  # who agreed; who does it, if neither a user nor a contact
    items: Mapped[list[str] | None]  # of the item bank
    touches_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("record_entry.id", ondelete="SET NULL"), index=True
    )
    owner_user_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("user_account.id"), index=True
    )
    owner_contact_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("contact.id", ondelete="SET NULL"), index=True
    )
    aspect: Mapped[str | None] = mapped_column(sa.String(60))  # id of a construct
    limits: Mapped[str | None] = mapped_column(sa.Text)
    give: Mapped[str | None] = mapped_column(sa.Text)
    gain: Mapped[str | None] = mapped_column(sa.Text)
    struck_on: Mapped[dt.date | None]
    struck_why: Mapped[str | None]


class RecordStep(Base):
    """An entry moved on to its next state, on a day."""

    __tablename__ = "record_step"

    entry_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("record_entry.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    day: Mapped[dt.date]
    note: Mapped[str | None] = mapped_column(sa.Text)


class RecordChange(Base):
    """Who changed what of an entry, and when: its fields as they were, and as they are since."""

    __tablename__ = "record_change"
    __table_args__ = (sa.CheckConstraint("deed <> ''", name="deed"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("record_entry.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[dt.datetime] = mapped_column(default=now)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    deed: Mapped[str] = mapped_column(sa.String(20))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class CardRelease(Base):
    """A partner's card as it was let out to somebody there: its very bytes, and their hash."""

    __tablename__ = "card_release"
    __table_args__ = (
        sa.CheckConstraint("length(token_sha256) = 64", name="token"),
        sa.CheckConstraint("length(document_sha256) = 64", name="document"),
        sa.CheckConstraint("reply_by >= made_on", name="reply_by"),
        sa.CheckConstraint("(answer IS NULL) = (answered_on IS NULL)", name="answer"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("contact.id", ondelete="SET NULL"), index=True
    )
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    language: Mapped[str] = mapped_column(sa.String(10))
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    document: Mapped[bytes | None]  # gone when the data of the wave are
    document_sha256: Mapped[str] = mapped_column(sa.String(64))
    made_on: Mapped[dt.date] = mapped_column(default=today)
    reply_by: Mapped[dt.date]
    revoked_on: Mapped[dt.date | None]
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_on: Mapped[dt.date | None]
    answered_times: Mapped[int | None]  # how often the reply had been sent that it answers


class CardReply(Base):
    """What somebody at a partner says to the card: a comment or an objection, by aspect or not."""

    __tablename__ = "card_reply"
    __table_args__ = (
        one_of("stance", STANCES),
        sa.CheckConstraint("changed_on >= sent_on", name="changed_on"),
        sa.CheckConstraint("times >= 1", name="times"),
    )

    release_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("card_release.id", ondelete="CASCADE"), primary_key=True
    )
    stance: Mapped[str] = mapped_column(sa.String(10))
    text: Mapped[str] = mapped_column(sa.Text)
    aspects: Mapped[dict[str, Any]]  # construct id → what is said of it
    sent_on: Mapped[dt.date] = mapped_column(default=today)
    changed_on: Mapped[dt.date] = mapped_column(default=today)
    times: Mapped[int] = mapped_column(default=1)
