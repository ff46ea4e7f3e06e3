"""The kinds of entries: what each holds, and which state may follow which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from survey.storage.record_models import (
    ACTION,
    BRIEF,
    DISPUTE,
    EXPECTATION,
    FINAL,
    INCIDENT,
    RECORD_KINDS,
    SORTS_OF,
    STAGE,
    STATES_OF,
)

__all__ = [
    "ACTION",
    "BRIEF",
    "DISPUTE",
    "EXPECTATION",
    "FINAL",
    "INCIDENT",
    "KINDS",
    "RECORD_KINDS",
    "SORTS_OF",
    "STAGE",
    "STATES_OF",
    "Kind",
    "moves",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of entry holds.

    Parameters
    ----------
    id
        Of the kind.
    fields
        What is asked for, in the order of the form.
    needed
        Those that may not be empty.
    is_past
        Whether it has happened when it is written down, so that its day is not to come.
    """

    id: str
    fields: tuple[str, ...]
    needed: frozenset[str]
    is_past: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    kind.id: kind
    for kind in (
        Kind(
            EXPECTATION,
            ("sort", "text", "party", "day", "due_on", "items"),
            frozenset({"sort", "text", "party", "day"}),
        ),
        Kind(
            INCIDENT,
            ("day", "sort", "text", "touches"),
            frozenset({"day", "sort", "text"}),
            is_past=True,
        ),
        Kind(DISPUTE, ("day", "text", "touches"), frozenset({"day", "text"}), is_past=True),
        Kind(
            ACTION,
            ("text", "owner", "party", "day", "due_on", "aspect"),
            frozenset({"text", "day"}),
        ),
        Kind(STAGE, ("sort", "day", "text"), frozenset({"sort", "day", "text"}), is_past=True),
        Kind(BRIEF, ("day", "text", "limits", "give", "gain"), frozenset({"day", "text"})),
    )
}


def moves(kind: str, state: str) -> tuple[str, ...]:
    """Give the states that may follow a state of a kind: later ones, and none after the last.

    Examples
    --------
    >>> moves("dispute", "clarified")
    ('mediated', 'settled', 'withdrawn')
    >>> moves("dispute", "settled")
    ()
    """
    states = STATES_OF[kind]
    return () if state in FINAL else states[states.index(state) + 1 :]
