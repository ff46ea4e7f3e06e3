"""Links with which a password is chosen: they work once, for an hour."""

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import TooManyTries, UnknownReset, UserDisabled, WrongLogin
from survey.services import audit
from survey.services.accounts import passwords, sessions, throttling
from survey.services.accounts.confirming import confirm
from survey.services.accounts.users import known_of, spelled
from survey.services.audit import Actor
from survey.settings import Settings
from survey.storage.account_models import PasswordReset, User
from survey.storage.engine import Storage

LIFETIME: Final = dt.timedelta(hours=1)
FIRST_LIFETIME: Final = dt.timedelta(hours=24)  # of a link that someone hands over
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """A link that is to be mailed to the person who asked for it."""

    link: str
    name: str
    email: str
    language: str


def make(
    session: Session,
    actor: Actor,
    user: User,
    at: dt.datetime,
    *,
    base_url: str,
    lifetime: dt.timedelta = LIFETIME,
) -> str:
    """Make a link for a new password; of what it opens, only a hash is kept.

    Raises
    ------
    UserDisabled
        A person who may not log in needs no password.
    """
    if user.disabled_at is not None:
        raise UserDisabled
    session.execute(
        sa.delete(PasswordReset).where(
            PasswordReset.user_id == user.id, PasswordReset.expires_at < at
        )
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        PasswordReset(
            token_sha256=_hashed(token), user_id=user.id, made_at=at, expires_at=at + lifetime
        )
    )
    audit.note(session, actor, "link for a password made", audit.of_user(user.id), at=at)
    session.flush()
    return f"{base_url}/reset/{token}"


def ask(session: Session, settings: Settings, email: str, at: dt.datetime) -> Asked | None:
    """Make the link that a stranger asks for; ``None`` where none is to be mailed.

    Nobody is mailed who has no account, who is disabled, or who was asked for too often
    today: what the page answers is the same.
    """
    email = spelled(email)
    try:
        throttling.reserve(session, settings.secret_key, ("reset", email), at)
    except TooManyTries:
        return None
    user = session.scalar(sa.select(User).where(User.email == email, User.disabled_at.is_(None)))
    if user is None:
        return None
    link = make(session, audit.STRANGER, user, at, base_url=settings.base_url)
    return Asked(link, user.name, user.email, user.language)


def owner(session: Session, token: str, at: dt.datetime) -> User:
    """Find whose password a link is for; looking uses nothing up.

    Raises
    ------
    UnknownReset
        Wrong, used, or too old.
    """
    user = session.scalar(
        sa.select(User)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(*_usable(token, at), User.disabled_at.is_(None))
    )
    if user is None:
        raise UnknownReset
    return user


def use(storage: Storage, token: str, password: str, at: dt.datetime) -> None:
    """Choose a password by a link; of two at once, one does. All sessions end.

    Raises
    ------
    UnknownReset
        Wrong, used, or too old.
    WeakPassword
        The link still works then.
    """
    with storage.read() as session:
        user = owner(session, token, at)
        about, user_id = known_of(session, user), user.id
    passwords.require_good(password, about=about)
    kept = passwords.hashed(password)
    with storage.write() as session:
        done = session.execute(
            sa.update(PasswordReset).where(*_usable(token, at)).values(used_at=at)
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            raise UnknownReset
        user = session.get_one(User, user_id)
        _put(session, user, kept, at)
        audit.note(
            session, audit.by(user_id), "password chosen by link", audit.of_user(user_id), at=at
        )


def change(
    storage: Storage,
    settings: Settings,
    user_id: uuid.UUID,
    old: str,
    new: str,
    at: dt.datetime,
) -> str:
    """Choose another password, knowing the old one: all sessions end, and a new one begins.

    Returns
    -------
    str
        The token of the new session.

    Raises
    ------
    WrongLogin, TooManyTries
        The old password is another.
    WeakPassword
    """
    before = confirm(storage, settings, user_id, old, at)
    with storage.read() as session:
        about = known_of(session, session.get_one(User, user_id))
    passwords.require_good(new, about=about)
    kept = passwords.hashed(new)
    with storage.write() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        if user.password_hash != before or user.disabled_at is not None:
            raise WrongLogin
        _put(session, user, kept, at)
        audit.note(session, audit.by(user_id), "password changed", audit.of_user(user_id), at=at)
        return sessions.begin(session, user_id, at)


def _put(session: Session, user: User, kept: str, at: dt.datetime) -> None:
    """Keep a new password; older links for one and all sessions end with the old one."""
    user.password_hash = kept
    session.execute(
        sa.delete(PasswordReset).where(
            PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None)
        )
    )
    sessions.end_all(session, user.id, at)


def _usable(token: str, at: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        PasswordReset.token_sha256 == _hashed(token),
        PasswordReset.used_at.is_(None),
        PasswordReset.expires_at > at,
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
