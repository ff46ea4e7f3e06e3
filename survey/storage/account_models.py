"""The tables of people who work with the surveys: accounts, sessions, and what was done.

Nothing in them opens anything: passwords are kept as argon2 hashes, tokens and codes as
SHA-256, and of a second factor only the number from which the installation's secret makes it.
"""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.base import Base, new_id, now, one_of

ROLES = ("admin", "researcher", "manager", "viewer")
ADMIN, RESEARCHER, MANAGER, VIEWER = ROLES
ORIGINS = ("web", "command line")
WEB, TERMINAL = ORIGINS


class User(Base):
    """A person who may log in."""

    __tablename__ = "user_account"
    __table_args__ = (
        one_of("role", ROLES),
        sa.CheckConstraint("name <> ''", name="name"),
        sa.CheckConstraint("email <> '' AND email = lower(email)", name="email"),
        sa.CheckConstraint("totp_step IS NULL OR totp_nonce IS NOT NULL", name="totp"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    language: Mapped[str] = mapped_column(sa.String(10))
    password_hash: Mapped[str | None]
    totp_nonce: Mapped[str | None] = mapped_column(sa.String(64))
    totp_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    made_at: Mapped[dt.datetime] = mapped_column(default=now)
    disabled_at: Mapped[dt.datetime | None]


class UserPartner(Base):
    """A partner that a viewer may see."""

    __tablename__ = "user_partner"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)
    partner_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("partner.id"), primary_key=True, index=True
    )


class UserSession(Base):
    """A browser in which someone has logged in, or still owes the second factor."""

    __tablename__ = "user_session"
    __table_args__ = (
        sa.CheckConstraint("length(token_sha256) = 64", name="token"),
        sa.CheckConstraint("misses >= 0", name="misses"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    owes_code: Mapped[bool]
    misses: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))


class RecoveryCode(Base):
    """A code that stands in for the second factor, once."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.CheckConstraint("length(code_sha256) = 64", name="code"),)

    code_sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    used_at: Mapped[dt.datetime | None]


class PasswordReset(Base):
    """A link with which a password is chosen, once."""

    __tablename__ = "password_reset"
    __table_args__ = (sa.CheckConstraint("length(token_sha256) = 64", name="token"),)

    token_sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class LoginSalt(Base):
    """What the keys of a day's attempts are made with; gone a day later."""

    __tablename__ = "login_salt"
    __table_args__ = (sa.CheckConstraint("length(salt) = 64", name="salt"),)

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    salt: Mapped[str] = mapped_column(sa.String(64))


class LoginAttempt(Base):
    """How often someone somewhere tried in vain today; whom and where, the key does not tell."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        sa.CheckConstraint("length(bucket) = 64", name="bucket"),
        sa.CheckConstraint("misses >= 0", name="misses"),
    )

    bucket: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    misses: Mapped[int]
    last_at: Mapped[dt.datetime]


class AuditEntry(Base):
    """Who did what to what, and when. No answers, no secrets, no addresses; never changed."""

    __tablename__ = "audit_log"
    __table_args__ = (
        one_of("origin", ORIGINS),
        sa.CheckConstraint("action <> ''", name="action"),
        sa.CheckConstraint("user_id IS NULL OR origin = 'web'", name="who"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[dt.datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    origin: Mapped[str] = mapped_column(sa.String(20))
    action: Mapped[str] = mapped_column(sa.String(60), index=True)
    object: Mapped[str]
