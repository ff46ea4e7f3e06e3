"""Codes of receipts: 140 random bits that a person can read aloud."""

import hashlib
import secrets
from typing import Final

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another
MISREAD: Final = str.maketrans("ILO", "110", "- ")
_LENGTH: Final = 28


def new_receipt() -> str:
    """Make a receipt code: 140 random bits in seven groups of four."""
    return _grouped("".join(secrets.choice(LETTERS) for _ in range(_LENGTH)))


def receipt_from(digest: bytes) -> str:
    """Write the first 140 bits of a digest as a receipt code."""
    number = int.from_bytes(digest)
    return _grouped("".join(LETTERS[number >> 5 * n & 31] for n in range(_LENGTH)))


def as_kept(code: str) -> str | None:
    """Give a code, written with or without dashes, as it is kept; ``None`` if it is none.

    Other letters than ours, such as NUL, no database need see.
    """
    kept = _grouped(code.upper().translate(MISREAD)[: _LENGTH + 1])
    return kept if set(kept) <= {*LETTERS, "-"} else None


def receipt_hash(code: str) -> str:
    """Give the form in which the receipt of anonymous answers is kept."""
    return hashlib.sha256(code.encode()).hexdigest()


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
