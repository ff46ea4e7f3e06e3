"""Sessions: rows that say in which browser someone is logged in, and that end on the server."""

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.account_models import User, UserPartner, UserSession

IDLE: Final = dt.timedelta(minutes=30)
ABSOLUTE: Final = dt.timedelta(hours=12)
OWING: Final = dt.timedelta(minutes=10)  # between the password and the second factor
TOUCHED_EVERY: Final = dt.timedelta(minutes=1)
KEPT: Final = dt.timedelta(days=30)
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a token, as far as pages need to know."""

    session_id: uuid.UUID
    token_sha256: str
    user_id: uuid.UUID
    name: str
    email: str
    role: str
    language: str
    partners: frozenset[uuid.UUID]
    has_second_factor: bool
    used_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a person's sessions that go on."""

    id: uuid.UUID
    made_at: dt.datetime
    used_at: dt.datetime


def begin(session: Session, user_id: uuid.UUID, at: dt.datetime, *, owes_code: bool = False) -> str:
    """Begin a session; give its token of 256 random bits, which is kept nowhere.

    Parameters
    ----------
    session
        A writing session.
    user_id
        Whose it is.
    at
        Now.
    owes_code
        The password was right, the second factor is still to come: it opens nothing yet.
    """
    session.execute(
        sa.delete(UserSession).where(
            UserSession.user_id == user_id, UserSession.made_at < at - KEPT
        )
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        UserSession(
            user_id=user_id,
            token_sha256=_hashed(token),
            made_at=at,
            used_at=at,
            owes_code=owes_code,
        )
    )
    session.flush()
    return token


def find(
    session: Session, token: str, at: dt.datetime, *, owes_code: bool = False
) -> SignedIn | None:
    """Find who is behind a token; nobody when the session has ended or the account is disabled.

    Parameters
    ----------
    session
        Of any kind.
    token
        What the browser sent.
    at
        Now: a session ends 30 minutes after it was last used and 12 hours after it began.
    owes_code
        Look for one that waits for the second factor; it ends after ten minutes.
    """
    found = session.execute(
        sa.select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.token_sha256 == _hashed(token),
            UserSession.owes_code == owes_code,
            *_going_on(at, OWING if owes_code else ABSOLUTE),
        )
    ).one_or_none()
    if found is None:
        return None
    row, user = found
    partners = session.scalars(
        sa.select(UserPartner.partner_id).where(UserPartner.user_id == user.id)
    )
    return SignedIn(
        session_id=row.id,
        token_sha256=row.token_sha256,
        user_id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        language=user.language,
        partners=frozenset(partners),
        has_second_factor=user.totp_nonce is not None,
        used_at=row.used_at,
    )


def touch(session: Session, known: SignedIn, at: dt.datetime) -> None:
    """Note that a session is used."""
    session.execute(
        sa.update(UserSession)
        .where(UserSession.id == known.session_id, UserSession.ended_at.is_(None))
        .values(used_at=at)
    )


def listed(session: Session, user_id: uuid.UUID, at: dt.datetime) -> list[OpenSession]:
    """Give a person's sessions that go on, the one used last first."""
    rows = session.scalars(
        sa.select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.user_id == user_id,
            ~UserSession.owes_code,
            *_going_on(at, ABSOLUTE),
        )
        .order_by(UserSession.used_at.desc(), UserSession.made_at.desc())
    )
    return [OpenSession(row.id, row.made_at, row.used_at) for row in rows]


def end(session: Session, user_id: uuid.UUID, session_id: uuid.UUID, at: dt.datetime) -> bool:
    """End one of a person's own sessions; false where it is no such session."""
    return _end(session, at, UserSession.user_id == user_id, UserSession.id == session_id)


def end_all(session: Session, user_id: uuid.UUID, at: dt.datetime) -> None:
    """End all of a person's sessions, and those that wait for a code: at their next request."""
    _end(session, at, UserSession.user_id == user_id)


def _end(session: Session, at: dt.datetime, *which: sa.ColumnElement[bool]) -> bool:
    done = session.execute(
        sa.update(UserSession).where(*which, UserSession.ended_at.is_(None)).values(ended_at=at)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _going_on(at: dt.datetime, longest: dt.timedelta) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        UserSession.ended_at.is_(None),
        UserSession.used_at > at - IDLE,
        UserSession.made_at > at - longest,
        User.disabled_at.is_(None),
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
