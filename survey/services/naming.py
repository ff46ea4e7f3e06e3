"""Names that people type: one spelling inside, and what a name may be."""

import re
import unicodedata
from typing import Final

LONGEST_NAME: Final = 200
SLUG: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
LONGEST_SLUG: Final = 60
_EMAIL: Final = re.compile(
    r"[^\s@,;<>\"()\[\]\\]+@[^\s@,;<>\"()\[\]\\.]+(\.[^\s@,;<>\"()\[\]\\.]+)+"
)
LONGEST_EMAIL: Final = 254


def tidy(text: str) -> str:
    """Give a name its one spelling: composed letters, single spaces, nothing around it."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def name_problem(name: str, what: str = "name") -> str | None:
    """Say why a tidied name cannot be used, or ``None``."""
    if not name:
        return f"the {what} is empty"
    if len(name) > LONGEST_NAME:
        return f"the {what} has {len(name)} characters, at most {LONGEST_NAME} are allowed"
    if _has_control(name):
        return f"{name!r} has invisible control characters: type it anew"
    return None


def slug_problem(slug: str) -> str | None:
    """Say why a study cannot be called this, or ``None``."""
    if len(slug) <= LONGEST_SLUG and SLUG.fullmatch(slug):
        return None
    return (
        f"{slug!r} cannot name a study; allowed are small letters a-z and digits, with single - "
        f"or _ between them, beginning with a letter, at most {LONGEST_SLUG}: suppliers-2026"
    )


def email_problem(email: str) -> str | None:
    """Say why this is no e-mail address, or ``None``."""
    if len(email) <= LONGEST_EMAIL and _EMAIL.fullmatch(email) and not _has_control(email):
        return None
    return f"{email!r} is not an e-mail address; allowed is one like kari@example.org"


def _has_control(text: str) -> bool:
    return any(unicodedata.category(letter).startswith("C") for letter in text)
