"""What people write about a partner in one cell, read or refused."""

import re
from typing import Final

from survey.services.naming import name_problem, none_of
from survey.words import in_words

_SHARE: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")


class Unreadable(Exception):  # noqa: N818 (it says what is wrong)
    """A cell that cannot be read; the only argument says why."""


def read_share(text: str) -> float | None:
    """Read a share in per cent, written as 12, 12.5, 12,5 or 12,5 %.

    Raises
    ------
    Unreadable
        Saying what is allowed.
    """
    if not text:
        return None
    found = _SHARE.fullmatch(text)
    share = float(f"{found[1]}.{found[2] or 0}") if found else 101.0
    if share > 100:
        raise Unreadable(
            in_words("%(text)r is no share; allowed is 0 to 100 per cent, such as 12.5", text=text)
        )
    return share


def written_share(share: float | None) -> str:
    """Write a share as `read_share` reads it."""
    return "" if share is None else f"{share:g}"


def read_groups(text: str) -> tuple[str, ...]:
    """Read the names of groups, separated by semicolons, each once and in order.

    Raises
    ------
    Unreadable
        Naming the group that cannot be called so.
    """
    named = [name.strip() for name in text.split(";") if name.strip()]
    for name in named:
        problem = name_problem(name)
        if problem:
            raise Unreadable(problem)
    spelled = {name.casefold(): name for name in reversed(named)}
    return tuple(sorted(spelled.values(), key=str.casefold))


def one_of(text: str, allowed: tuple[str, ...]) -> str:
    """Read one of a few words, whatever the case; nothing stays nothing.

    Raises
    ------
    Unreadable
        Naming the words.
    """
    value = text.casefold()
    if value and value not in allowed:
        raise Unreadable(none_of(text, allowed))
    return value
