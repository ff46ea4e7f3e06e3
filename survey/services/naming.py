"""Names that people type: one spelling inside, and what a name may be."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from survey.words import in_words

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


def name_problem(name: str) -> str | None:
    """Say why a tidied name cannot be used, or ``None``."""
    if not name:
        return in_words("the name is empty")
    if len(name) > LONGEST_NAME:
        return in_words(
            "it has %(has)d characters, at most %(most)d are allowed",
            has=len(name),
            most=LONGEST_NAME,
        )
    if _has_control(name):
        return in_words("%(name)r has invisible control characters: type it anew", name=name)
    return None


def none_of(given: str, allowed: Sequence[str]) -> str:
    """Say that something is none of what is allowed."""
    return in_words("%(given)r is none of %(allowed)s", given=given, allowed=", ".join(allowed))


def slug_problem(slug: str) -> str | None:
    """Say why a study cannot be called this, or ``None``."""
    if len(slug) <= LONGEST_SLUG and SLUG.fullmatch(slug):
        return None
    return in_words(
        "%(slug)r cannot name a study; allowed are small letters a-z and digits, with single - or "
        "_ between them, beginning with a letter, at most %(most)d: suppliers-2026",
        slug=slug,
        most=LONGEST_SLUG,
    )


def email_problem(email: str) -> str | None:
    """Say why this is no e-mail address, or ``None``."""
    if len(email) <= LONGEST_EMAIL and _EMAIL.fullmatch(email) and not _has_control(email):
        return None
    return in_words(
        "%(email)r is not an e-mail address; allowed is one like kari@example.org", email=email
    )


def _has_control(text: str) -> bool:
    return any(unicodedata.category(letter).startswith("C") for letter in text)
