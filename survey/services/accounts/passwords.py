"""Passwords: which are taken, how they are kept, and how they are compared.

Rules of OWASP ASVS level 2: twelve characters or more, any of them, nothing about their
composition, none that many people use, none that says whose it is. Kept with argon2id under
OWASP's parameters; those of an older hash are brought up to date when its owner logs in.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from survey.errors import WeakPassword
from survey.services.accounts.common_passwords import is_common, undisguised

SHORTEST: Final = 12
LONGEST: Final = 256
_OURS: Final = "tillit"
_SHORTEST_TELLING: Final = 4
HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16
)
WHY: Final = {
    "too_short": f"it has fewer than {SHORTEST} characters",
    "too_long": f"it has more than {LONGEST} characters",
    "too_common": "too many people use one like it; take several words that do not belong together",
    "tells_whose": "it holds a part of the name, the e-mail address or the word «tillit»",
}


def require_good(password: str, *, about: Iterable[str]) -> None:
    """Return if a password may be chosen.

    Parameters
    ----------
    password
        As it was typed; blanks count.
    about
        What everybody knows of its owner: name, e-mail address, organisation.

    Raises
    ------
    WeakPassword
        Naming the rule; the password is in no message.
    """
    reason = _weakness(_spelled(password), about)
    if reason:
        raise WeakPassword(reason=reason, why=WHY[reason])


def hashed(password: str) -> str:
    """Give the form in which a password is kept."""
    return HASHER.hash(_spelled(password))


def fits(kept: str | None, password: str) -> bool:
    """Say whether this is the password; it takes as long where nothing is kept.

    Parameters
    ----------
    kept
        From `hashed`; ``None`` for an account that has no password, or that does not exist.
    password
        What was typed.
    """
    try:
        HASHER.verify(kept or _of_nobody(), _spelled(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@cache
def _of_nobody() -> str:
    """Make the hash that stands in where there is none; nobody knows its password."""
    return HASHER.hash(secrets.token_urlsafe(32))


def _spelled(password: str) -> str:
    """Give the one spelling of letters that keyboards compose in different ways."""
    return unicodedata.normalize("NFKC", password)[: LONGEST + 1]


def _weakness(password: str, about: Iterable[str]) -> str | None:
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    folded = password.casefold()
    spellings = (folded, undisguised(folded))
    if any(part in spelling for part in _telling(about) for spelling in spellings):
        return "tells_whose"
    return "too_common" if is_common(password) else None


def _telling(about: Iterable[str]) -> set[str]:
    """Split what is known into its words; the ending of a host name tells nothing."""
    words = {_OURS}
    for text in about:
        folded = unicodedata.normalize("NFKC", text).casefold()
        named = folded.rpartition(".")[0] if "@" in folded else folded
        words |= set(re.findall(r"[^\W_]+", named))
    return {word for word in words if len(word) >= _SHORTEST_TELLING}
