"""Codes of people: hashes of their addresses, and the secret with which they stop mail.

Both are made with a key that the installation drew when it was set up. So a list of
addresses tells nothing about who opted out to whoever has not the database as well, and
nobody can stop the mail of somebody else.
"""

import base64
import hashlib
import hmac
import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.models import MailSecret

_SIGNED: Final = 10  # letters of five bits
_STOP: Final = re.compile(r"([a-z2-7]{26})([a-z2-7]{10})")
_SECRET: Final = sa.select(MailSecret.secret)


def secret_of(session: Session) -> bytes:
    """Give the key of this installation's codes."""
    return bytes.fromhex(session.scalars(_SECRET).one())


def person_code(secret: bytes, address: str) -> str:
    """Give the code of whoever has an address: 128 bits of a keyed hash, in 26 letters."""
    plain = f"address|{address.strip().lower()}".encode()
    return _letters(hmac.digest(secret, plain, hashlib.sha256)[:16])


def stop_code(secret: bytes, person: str) -> str:
    """Give the code that stops mail to a person: theirs, signed, 36 letters."""
    return person + _signature(secret, person)


def read_stop_code(secret: bytes, code: str) -> str | None:
    """Give the person whose mail a code stops; ``None`` for one that was not made here."""
    match = _STOP.fullmatch(code)
    if match is None or not hmac.compare_digest(_signature(secret, match[1]), match[2]):
        return None
    return match[1]


def _signature(secret: bytes, person: str) -> str:
    return _letters(hmac.digest(secret, f"stop|{person}".encode(), hashlib.sha256))[:_SIGNED]


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
