"""Logging in: password, then the second factor, then a session.

The password is compared between two short transactions, so nobody waits for it to be written
down. Whether an e-mail address is known makes no difference to what is answered, to what is
written or to how many passwords are compared.
"""

import datetime as dt
import logging
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import WrongLogin
from survey.services import audit
from survey.services.accounts import passwords, second_factor, sessions, throttling
from survey.services.accounts.users import spelled
from survey.settings import Settings
from survey.storage.account_models import User, UserSession
from survey.storage.engine import Storage

log = logging.getLogger(__name__)

CODES_ALLOWED = 5  # wrong codes before the password is asked for again


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where someone comes from: the network of their address, and what their browser keeps."""

    network: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session that began; ``device`` is for the browser to keep, empty while a code is due."""

    token: str
    owes_code: bool
    device: str = ""


def log_in(
    storage: Storage,
    settings: Settings,
    email: str,
    password: str,
    *,
    visitor: Visitor,
    at: dt.datetime,
) -> LoggedIn:
    """Log in with a password.

    Parameters
    ----------
    storage, settings
        Of the installation.
    email, password
        As typed.
    visitor
        Where from.
    at
        Now.

    Returns
    -------
    LoggedIn
        With a session that owes the second factor, where the account has one.

    Raises
    ------
    WrongLogin
        No such account, no password yet, disabled, or another password: which, is not said.
    TooManyTries
        The same for accounts that there are not.
    """
    email = spelled(email)
    with storage.write() as session:
        what = _what(settings, email, visitor)
        misses = throttling.reserve(session, settings.secret_key, what, at)
        user = session.scalar(sa.select(User).where(User.email == email))
        kept = user.password_hash if user and user.disabled_at is None else None
        user_id = user.id if user else None
        if user_id and misses == throttling.FREE:
            audit.note(session, audit.STRANGER, "log-in slowed down", audit.of_user(user_id), at=at)
    if not passwords.fits(kept, password) or user_id is None or kept is None:
        log.info("log-in refused")
        raise WrongLogin
    renewed = passwords.hashed(password) if passwords.is_outdated(kept) else kept
    with storage.write() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        if user.password_hash != kept or user.disabled_at is not None:
            raise WrongLogin
        user.password_hash = renewed
        if user.totp_nonce is not None:
            return LoggedIn(sessions.begin(session, user_id, at, owes_code=True), owes_code=True)
        return _let_in(session, settings, user, what, at)


def pass_code(
    storage: Storage,
    settings: Settings,
    token: str,
    given: str,
    *,
    visitor: Visitor,
    at: dt.datetime,
) -> LoggedIn:
    """Log in with the second factor, after the password.

    Parameters
    ----------
    storage, settings
        Of the installation.
    token
        Of the session that owes the code.
    given
        The code of the app, or a recovery code.
    visitor, at
        Where from, and now.

    Raises
    ------
    WrongLogin
        Another code, or none is due: after five wrong ones the password is asked for again.
    TooManyTries
        Too many wrong codes for this account today.
    """
    with storage.write() as session:
        known = sessions.find(session, token, at, owes_code=True)
        if known is None:
            raise WrongLogin
        codes = ("code", known.user_id.hex)
        throttling.reserve(session, settings.secret_key, codes, at)
        user = session.get_one(User, known.user_id, with_for_update=True)
        if second_factor.fits(session, settings.secret_key, user, given, at):
            sessions.end(session, user.id, known.session_id, at)
            throttling.release(session, settings.secret_key, codes, at)
            what = _what(settings, user.email, visitor)
            return _let_in(session, settings, user, what, at)
        _count_miss(session, known.session_id, at)
    log.info("code refused")
    raise WrongLogin


def _let_in(
    session: Session, settings: Settings, user: User, what: tuple[str, ...], at: dt.datetime
) -> LoggedIn:
    throttling.release(session, settings.secret_key, what, at)
    token = sessions.begin(session, user.id, at)
    audit.note(session, audit.by(user.id), "logged in", audit.of_user(user.id), at=at)
    device = throttling.new_device(settings.secret_key, user.email)
    return LoggedIn(token, owes_code=False, device=device)


def _what(settings: Settings, email: str, visitor: Visitor) -> tuple[str, ...]:
    """Name what is counted: this account from a known browser, or else from a network."""
    device = throttling.known_device(settings.secret_key, email, visitor.device)
    return ("device", email, device) if device else ("network", email, visitor.network)


def _count_miss(session: Session, session_id: uuid.UUID, at: dt.datetime) -> None:
    row = session.get_one(UserSession, session_id, with_for_update=True)
    row.misses += 1
    if row.misses >= CODES_ALLOWED:
        row.ended_at = at
