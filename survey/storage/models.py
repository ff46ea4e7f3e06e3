"""The tables. Words of the domain, rules as constraints; triggers stand in the migrations.

Keys are 128 random bits, so that neither order nor size of a key says when its
row was made. Times are UTC. An assessment's row holds all its answers as one
JSON document, and in SQLite lies where its random key puts it.
"""

import datetime as dt
import secrets
import uuid
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KINDS = ("supplier", "customer", "distributor", "other")
SIDES = ("ours", "theirs")
PRIVACY_MODES = ("confidential",)
WAVE_STATES = ("draft", "open", "closed")
LOWEST_GROUP, HIGHEST_GROUP = 3, 20


def new_id() -> uuid.UUID:
    """Make a key of 128 random bits."""
    return uuid.UUID(bytes=secrets.token_bytes(16))


def now() -> dt.datetime:
    """Tell the time, in UTC."""
    return dt.datetime.now(dt.UTC)


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """A moment in UTC, aware in Python on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: dt.datetime | None, _dialect: sa.Dialect) -> Any:  # noqa: ANN401, D102
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


Document = sa.JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Base of all tables, with names for every constraint."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        dt.datetime: UtcTime(),
        uuid.UUID: sa.Uuid(),
        str: sa.String(200),
        dict[str, Any]: Document,
        list[str]: Document,
    }


def _one_of(column: str, allowed: tuple[str, ...]) -> sa.CheckConstraint:
    values = ", ".join(f"'{value}'" for value in allowed)
    return sa.CheckConstraint(f"{column} IN ({values})", name=column)


class Installation(Base):
    """The one organisation that this installation serves."""

    __tablename__ = "installation"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single"),
        sa.CheckConstraint("organisation <> ''", name="organisation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    organisation: Mapped[str]


class Partner(Base):
    """An organisation (or shop, department …) that is rated."""

    __tablename__ = "partner"
    __table_args__ = (_one_of("kind", KINDS), sa.CheckConstraint("name <> ''", name="name"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))


class StoredInstrument(Base):
    """One immutable version of a questionnaire, as the respondents saw it."""

    __tablename__ = "instrument"

    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    canonical: Mapped[str] = mapped_column(sa.Text)


class Study(Base):
    """A questionnaire put to people about partners; frozen rules once it has opened."""

    __tablename__ = "study"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"], ["instrument.id", "instrument.version"]
        ),
        _one_of("privacy_mode", PRIVACY_MODES),
        sa.CheckConstraint(
            f"min_group BETWEEN {LOWEST_GROUP} AND {HIGHEST_GROUP}", name="min_group"
        ),
        sa.CheckConstraint(
            f"min_group_text BETWEEN min_group AND {HIGHEST_GROUP}", name="min_group_text"
        ),
        sa.CheckConstraint("slug <> '' AND title <> ''", name="named"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    title: Mapped[str]
    instrument_id: Mapped[str] = mapped_column(sa.String(60))
    instrument_version: Mapped[str] = mapped_column(sa.String(64))
    privacy_mode: Mapped[str] = mapped_column(sa.String(20))
    sides: Mapped[list[str]]
    languages: Mapped[list[str]]
    min_group: Mapped[int]
    min_group_text: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


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
        _one_of("status", WAVE_STATES),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.CheckConstraint("(status = 'draft') = (opened_at IS NULL)", name="opened"),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("(status = 'closed') = (snapshot_sha256 IS NOT NULL)", name="snapshot"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    study_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("study.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10), default="draft")
    opened_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    snapshot_sha256: Mapped[str | None] = mapped_column(sa.String(64))


class Participant(Base):
    """A person who is asked, on one of the two sides."""

    __tablename__ = "participant"
    __table_args__ = (
        sa.UniqueConstraint("study_id", "email"),
        _one_of("side", SIDES),
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
        sa.CheckConstraint("pages_done >= 1", name="pages_done"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    participant_id: Mapped[uuid.UUID]
    partner_id: Mapped[uuid.UUID]
    wave_id: Mapped[uuid.UUID] = mapped_column(index=True)
    instrument_id: Mapped[str] = mapped_column(sa.String(60))
    instrument_version: Mapped[str] = mapped_column(sa.String(64))
    language: Mapped[str] = mapped_column(sa.String(10))
    answers: Mapped[dict[str, Any]]
    pages_done: Mapped[int]
    started_at: Mapped[dt.datetime] = mapped_column(default=now)
    saved_at: Mapped[dt.datetime] = mapped_column(default=now)
    submitted_at: Mapped[dt.datetime | None]
    receipt: Mapped[str | None] = mapped_column(sa.String(40), unique=True)


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
