"""The tables. Words of the domain, rules as constraints; triggers stand in the migrations.

Keys are 128 random bits, so that neither order nor size of a key says when its
row was made. Times are UTC. An assessment's row holds all its answers as one
JSON document, and in SQLite lies where its random key puts it.
"""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.account_models import ROLES, User, UserPartner, UserSession
from survey.storage.anonymous_models import AnonymousAnswers, Draft, OpenLink, Participation
from survey.storage.base import INSTRUMENT_ID, SIDES, Base, new_id, now, one_of, today
from survey.storage.mail_models import (
    Bounce,
    InvitationLink,
    MailChoice,
    MailMinute,
    MailSecret,
    MailText,
    OptOut,
    Outbox,
)
from survey.storage.partner_models import (
    KRALJIC_CLASSES,
    PARTNER_KINDS,
    Contact,
    Partner,
    PartnerGroup,
)
from survey.storage.record_models import (
    CardRelease,
    CardReply,
    RecordChange,
    RecordEntry,
    RecordStep,
)
from survey.storage.report_models import REPORT_KINDS, Report

__all__ = [
    "ANONYMOUS",
    "CONFIDENTIAL",
    "HIGHEST_GROUP",
    "IDENTIFIED",
    "KRALJIC_CLASSES",
    "LONGEST_KEPT",
    "LOWEST_GROUP",
    "PARTNER_KINDS",
    "PRIVACY_MODES",
    "REPORT_KINDS",
    "ROLES",
    "SHORTEST_KEPT",
    "SIDES",
    "WAVE_STATES",
    "AnonymousAnswers",
    "Assessment",
    "Base",
    "Bounce",
    "CardRelease",
    "CardReply",
    "Contact",
    "Draft",
    "Installation",
    "Invitation",
    "InvitationLink",
    "MailChoice",
    "MailMinute",
    "MailSecret",
    "MailText",
    "Notice",
    "OpenLink",
    "OptOut",
    "Outbox",
    "PageVisit",
    "Participant",
    "Participation",
    "Partner",
    "PartnerGroup",
    "RecordChange",
    "RecordEntry",
    "RecordStep",
    "Report",
    "Roster",
    "SheetUpload",
    "StoredInstrument",
    "Study",
    "StudyDraft",
    "StudyPartner",
    "User",
    "UserPartner",
    "UserSession",
    "Wave",
    "new_id",
    "now",
    "today",
]

PRIVACY_MODES = ("identified", "confidential", "anonymous")
IDENTIFIED, CONFIDENTIAL, ANONYMOUS = PRIVACY_MODES
WAVE_STATES = ("draft", "open", "closed")
LOWEST_GROUP, HIGHEST_GROUP = 3, 20
SHORTEST_KEPT, LONGEST_KEPT = 30, 3650  # days


class Installation(Base):
    """The one organisation that this installation serves."""

    __tablename__ = "installation"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single"),
        sa.CheckConstraint("organisation <> ''", name="organisation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    organisation: Mapped[str]


class StoredInstrument(Base):
    """One immutable version of a questionnaire, as the respondents saw it."""

    __tablename__ = "instrument"

    id: Mapped[str] = mapped_column(INSTRUMENT_ID, primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    canonical: Mapped[str] = mapped_column(sa.Text)


class Study(Base):
    """A questionnaire put to people about partners; frozen rules once it has opened."""

    __tablename__ = "study"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"], ["instrument.id", "instrument.version"]
        ),
        one_of("privacy_mode", PRIVACY_MODES),
        sa.CheckConstraint(
            f"min_group BETWEEN {LOWEST_GROUP} AND {HIGHEST_GROUP}", name="min_group"
        ),
        sa.CheckConstraint(
            f"min_group_text BETWEEN min_group AND {HIGHEST_GROUP}", name="min_group_text"
        ),
        sa.CheckConstraint("slug <> '' AND title <> ''", name="named"),
        sa.CheckConstraint(
            f"retention_days BETWEEN {SHORTEST_KEPT} AND {LONGEST_KEPT}", name="retention_days"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    title: Mapped[str]
    instrument_id: Mapped[str] = mapped_column(INSTRUMENT_ID)
    instrument_version: Mapped[str] = mapped_column(sa.String(64))
    privacy_mode: Mapped[str] = mapped_column(sa.String(20))
    sides: Mapped[list[str]]
    languages: Mapped[list[str]]
    min_group: Mapped[int]
    min_group_text: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    contact: Mapped[str | None]
    retention_days: Mapped[int | None]
    translations: Mapped[dict[str, Any] | None]
    weights: Mapped[dict[str, Any] | None]


class StudyDraft(Base):
    """A study that somebody is making, step by step; nothing of it counts yet."""

    __tablename__ = "study_draft"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    chosen: Mapped[dict[str, Any]]
    changed_at: Mapped[dt.datetime] = mapped_column(default=now)


class SheetUpload(Base):
    """A sheet that somebody handed in and is looking at, before it is taken in or dropped."""

    __tablename__ = "sheet_upload"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID]
    purpose: Mapped[str] = mapped_column(sa.String(80))
    file: Mapped[str]
    data: Mapped[bytes]
    made_at: Mapped[dt.datetime] = mapped_column(default=now)


class StudyPartner(Base):
    """A partner that a study asks about."""

    __tablename__ = "study_partner"
    __table_args__ = (sa.UniqueConstraint("study_id", "place"),)

    study_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("study.id"), primary_key=True)
    partner_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("partner.id"), primary_key=True, index=True
    )
    place: Mapped[int]


class Wave(Base):
    """One round of a study: draft, then open, then closed for good."""

    __tablename__ = "wave"
    __table_args__ = (
        sa.UniqueConstraint("study_id", "number"),
        one_of("status", WAVE_STATES),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.CheckConstraint("(status = 'draft') = (opened_at IS NULL)", name="opened"),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("(status = 'closed') = (snapshot_sha256 IS NOT NULL)", name="snapshot"),
        sa.CheckConstraint("data_version >= 1", name="data_version"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    study_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("study.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10), default="draft")
    opened_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    snapshot_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    data_version: Mapped[int] = mapped_column(default=1, server_default=sa.text("1"))
    keep_until: Mapped[dt.date | None]
    purged_on: Mapped[dt.date | None]
    overrides: Mapped[dict[str, Any] | None]
    answer_by: Mapped[dt.date | None]
    # what closing an anonymous wave keeps of the notes that it deletes
    counted: Mapped[dict[str, Any] | None]


class Notice(Base):
    """What page one says about privacy in one language, as it stood when the wave opened."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("side", SIDES),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), primary_key=True)
    side: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    text: Mapped[dict[str, Any]]


class Participant(Base):
    """A person who is asked, on one of the two sides."""

    __tablename__ = "participant"
    __table_args__ = (
        sa.UniqueConstraint("study_id", "email"),
        one_of("side", SIDES),
        sa.CheckConstraint("name <> '' AND email <> ''", name="named"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    study_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("study.id"))
    name: Mapped[str]
    email: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(10))
    side: Mapped[str] = mapped_column(sa.String(10))


class Roster(Base):
    """A partner that this person is asked about, and where on the list it stands."""

    __tablename__ = "roster"
    __table_args__ = (
        sa.UniqueConstraint("participant_id", "place"),
        sa.CheckConstraint("place >= 1", name="place"),
    )

    participant_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("participant.id"), primary_key=True
    )
    partner_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("partner.id"), primary_key=True, index=True
    )
    place: Mapped[int]
    declined: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Invitation(Base):
    """The personal link of one person to one wave; only the token's hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.UniqueConstraint("participant_id", "wave_id"),
        sa.CheckConstraint("length(token_sha256) = 64", name="token"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    participant_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("participant.id"))
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    # Nobody has a link yet: it is made when a message or a letter is, see `invitation_link`.
    unsent: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    opened: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Assessment(Base):
    """One person's answers about one partner in one wave: what is filled in and submitted."""

    __tablename__ = "assessment"
    __table_args__ = (
        sa.UniqueConstraint("participant_id", "partner_id", "wave_id"),
        sa.ForeignKeyConstraint(
            ["participant_id", "partner_id"], ["roster.participant_id", "roster.partner_id"]
        ),
        sa.ForeignKeyConstraint(
            ["participant_id", "wave_id"], ["invitation.participant_id", "invitation.wave_id"]
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"], ["instrument.id", "instrument.version"]
        ),
        sa.CheckConstraint("(submitted_at IS NULL) = (receipt IS NULL)", name="receipt"),
        sa.CheckConstraint("pages_done >= 0", name="pages_done"),
        sa.CheckConstraint("withdrawn_on IS NULL OR submitted_at IS NOT NULL", name="withdrawn_on"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    participant_id: Mapped[uuid.UUID]
    partner_id: Mapped[uuid.UUID]
    wave_id: Mapped[uuid.UUID] = mapped_column(index=True)
    instrument_id: Mapped[str] = mapped_column(INSTRUMENT_ID)
    instrument_version: Mapped[str] = mapped_column(sa.String(64))
    language: Mapped[str] = mapped_column(sa.String(10))
    answers: Mapped[dict[str, Any]]
    pages_done: Mapped[int]
    started_at: Mapped[dt.datetime] = mapped_column(default=now)
    saved_at: Mapped[dt.datetime] = mapped_column(default=now)
    submitted_at: Mapped[dt.datetime | None]
    receipt: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    withdrawn_on: Mapped[dt.date | None]
    item_order: Mapped[list[str] | None]
    off_path: Mapped[list[str] | None]
    autosaves: Mapped[dict[str, Any] | None]
    notice_sha256: Mapped[str | None] = mapped_column(sa.String(64))


class PageVisit(Base):
    """Paradata: when a page of an assessment was posted, and how often. No address, no browser."""

    __tablename__ = "page_visit"
    __table_args__ = (sa.CheckConstraint("page >= 1 AND posts >= 1", name="counted"),)

    assessment_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assessment.id", ondelete="CASCADE"), primary_key=True
    )
    page: Mapped[int] = mapped_column(primary_key=True)
    first_at: Mapped[dt.datetime]
    last_at: Mapped[dt.datetime]
    posts: Mapped[int]
