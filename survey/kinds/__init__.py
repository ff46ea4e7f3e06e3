"""Kinds of questions: each is one module with its class and its template, and one row here."""

from typing import Final

from questionnaires import Item
from survey.kinds.choice import Choice
from survey.kinds.kind import (
    DONT_KNOW,
    MISSING,
    NOT_APPLICABLE,
    NOT_REACHED,
    SKIPPED,
    WITHDRAWN,
    Answer,
    Cells,
    Column,
    Given,
    Kind,
    is_blank,
)
from survey.kinds.pick import Pick
from survey.kinds.rating import Rating
from survey.kinds.text import Text

__all__ = [
    "DONT_KNOW",
    "KINDS",
    "MISSING",
    "NOT_APPLICABLE",
    "NOT_REACHED",
    "SKIPPED",
    "WITHDRAWN",
    "Answer",
    "Cells",
    "Column",
    "Given",
    "Kind",
    "is_blank",
    "kind_of",
]

KINDS: Final[dict[str, Kind]] = {
    "rating": Rating(),
    "choice": Choice(),
    "pick": Pick(),
    "text": Text(),
}


def kind_of(item: Item) -> Kind:
    """Give the kind of an item."""
    return KINDS[item.kind]
