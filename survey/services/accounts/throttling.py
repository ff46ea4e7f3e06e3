"""How fast someone may guess: the more misses, the longer the wait, and never for anybody else.

Misses are counted for an account as seen from one network, or from one browser that its owner
has used before. Whoever guesses makes only themselves wait: the owner, from home or in a browser
that is known, notices nothing. No address is kept. A count has a key that is made of account and
network with the secret of the installation and a random salt; the salt of a day is deleted with
its counts, and from then on nobody can tell what they were about.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.errors import TooManyTries
from survey.storage.account_models import LoginAttempt, LoginSalt
from survey.storage.base import Base

FREE: Final = 5  # misses before the first wait
FIRST_WAIT: Final = 30  # seconds, twice as long with each further miss
LONGEST_WAIT: Final = 3600


def network(address: str) -> str:
    """Give the part of an address that its neighbours share: /24, or /48 of IPv6."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(given, ipaddress.IPv6Address) and given.ipv4_mapped:
        given = given.ipv4_mapped
    return str(ipaddress.ip_network(f"{given}/{24 if given.version == 4 else 48}", strict=False))


def reserve(session: Session, secret_key: str, what: tuple[str, ...], at: dt.datetime) -> int:
    """Count a try as a miss before it is looked at, so that many at once are all counted.

    Parameters
    ----------
    session
        A writing session, committed before the password is compared.
    secret_key
        Of the installation.
    what
        Kind of try, account, and where from.
    at
        Now.

    Returns
    -------
    int
        Misses of today, with this one; `release` takes them back when it was none.

    Raises
    ------
    TooManyTries
        With the seconds to wait; nothing is counted then.
    """
    row = _row(session, _bucket(session, secret_key, what, at), at)
    left = _wait(row.misses) - (at - row.last_at).total_seconds()
    if row.misses and left > 0:
        raise TooManyTries(seconds=int(left) + 1)
    row.misses, row.last_at = row.misses + 1, at
    session.flush()
    return row.misses


def release(session: Session, secret_key: str, what: tuple[str, ...], at: dt.datetime) -> None:
    """Forget the misses: it was the right one."""
    bucket = _bucket(session, secret_key, what, at)
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.bucket == bucket))


def forget(session: Session, day: dt.date) -> None:
    """Delete the salts and counts of the days before one."""
    if session.execute(sa.delete(LoginSalt).where(LoginSalt.day < day)).rowcount:  # type: ignore[attr-defined]
        begin = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        session.execute(sa.delete(LoginAttempt).where(LoginAttempt.last_at < begin))


def new_device(secret_key: str, email: str) -> str:
    """Make what a browser keeps in which someone has logged in."""
    name = secrets.token_hex(16)
    return f"{name}.{_sign(secret_key, name, email)}"


def known_device(secret_key: str, email: str, cookie: str) -> str | None:
    """Give the name of a browser in which this person has logged in before."""
    name, _, signature = cookie.partition(".")
    right = _sign(secret_key, name, email)
    return name if hmac.compare_digest(right.encode(), signature.encode()) else None


def _sign(secret_key: str, name: str, email: str) -> str:
    return hmac.new(secret_key.encode(), f"device/{name}/{email}".encode(), "sha256").hexdigest()


def _wait(misses: int) -> int:
    if misses < FREE:
        return 0
    return int(min(FIRST_WAIT * 2 ** min(misses - FREE, 20), LONGEST_WAIT))


def _bucket(session: Session, secret_key: str, what: tuple[str, ...], at: dt.datetime) -> str:
    salt = _salt(session, at.date())
    message = "\n".join((salt, *what)).encode()
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()


def _salt(session: Session, day: dt.date) -> str:
    """Give the salt of a day; with the first try of a day, what is older goes."""
    kept = session.get(LoginSalt, day)
    if kept is None:
        forget(session, day)
        new = _insert(session)(LoginSalt).values(day=day, salt=secrets.token_hex(32))
        session.execute(new.on_conflict_do_nothing())
        kept = session.get_one(LoginSalt, day)
    return kept.salt


def _row(session: Session, bucket: str, at: dt.datetime) -> LoginAttempt:
    """Give the count, made where there is none, and held until the end of the transaction."""
    new = _insert(session)(LoginAttempt).values(bucket=bucket, misses=0, last_at=at)
    session.execute(
        new.on_conflict_do_update(index_elements=["bucket"], set_={"misses": LoginAttempt.misses})
    )
    return session.get_one(LoginAttempt, bucket, with_for_update=True, populate_existing=True)


def _insert(session: Session) -> Callable[[type[Base]], postgresql.Insert | sqlite.Insert]:
    """Give the INSERT of this database, which takes it in its stride when the row is there."""
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
