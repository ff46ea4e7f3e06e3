"""One-time codes by time (RFC 6238), with SHA-1, six digits and thirty seconds as all apps have.

The secret of a second factor is made from the installation's own secret and a number that
the account keeps, so a copy of the database makes no codes.
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import uuid
from typing import Final
from urllib.parse import quote, urlencode

SECONDS: Final = 30
DIGITS: Final = 6
_SECRET_BYTES: Final = 20  # as long as what SHA-1 gives (RFC 4226, section 4)


def new_nonce() -> str:
    """Make the number from which, with the installation's secret, a second factor is made."""
    return secrets.token_hex(32)


def secret_of(secret_key: str, user_id: uuid.UUID, nonce: str) -> bytes:
    """Make the secret that the person's app shares with us."""
    message = f"totp/{user_id.hex}/{nonce}".encode()
    return hmac.digest(secret_key.encode(), message, hashlib.sha256)[:_SECRET_BYTES]


def step_at(at: dt.datetime) -> int:
    """Count the steps of thirty seconds since 1970."""
    return int(at.timestamp()) // SECONDS


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Give the code of a step: RFC 4226, section 5.3, on the step's number."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, given: str, at: dt.datetime) -> int | None:
    """Find the step whose code this is: this one, or the one before or after it."""
    now = step_at(at)
    found = None
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(code(secret, step).encode(), given.encode()):
            found = step
    return found


def in_letters(secret: bytes) -> str:
    """Write a secret as people type it into an app."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, email: str, organisation: str) -> str:
    """Give the address that an app reads from the QR code."""
    label = quote(f"{organisation}:{email}", safe="@:")
    told = {"secret": in_letters(secret), "issuer": organisation, "digits": DIGITS}
    return f"otpauth://totp/{label}?{urlencode(told | {'period': SECONDS}, quote_via=quote)}"
