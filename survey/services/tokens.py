"""Tokens of personal links: made here, kept as hashes only."""

import hashlib
import re
import secrets
import string
from typing import Final

TOKEN: Final = re.compile(r"[0-9A-Za-z]{22}")  # 128 random bits, base 62
_DIGITS: Final = string.digits + string.ascii_letters
_TOKEN_BITS, _TOKEN_LENGTH = 128, 22


def new_token() -> str:
    """Make the token of a link: 128 random bits in letters and digits."""
    number = secrets.randbits(_TOKEN_BITS)
    digits = []
    for _ in range(_TOKEN_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


def token_hash(token: str) -> str:
    """Give the form in which the token of a link is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code(length: int) -> str:
    """Make a short random word of letters and digits."""
    return "".join(secrets.choice(_DIGITS) for _ in range(length))
