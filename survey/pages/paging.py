"""Long lists, a leaf at a time: a page of any list stays small however long the list grows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from flask import request

MOST: Final = 100
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Leaf(Generic[Row]):
    """Some rows of a list of ``count`` rows; ``number`` is from 1 to ``pages``."""

    rows: Sequence[Row]
    count: int
    number: int
    pages: int


def number_asked() -> int:
    """Read which leaf of a list the address asks for; the first, if that is no number."""
    number = request.args.get("page", "1")
    return int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 1


def leaf(rows: Sequence[Row], number: int, most: int = MOST) -> Leaf[Row]:
    """Give a leaf of a list; a number that is too high gives the last."""
    pages = max(1, -(-len(rows) // most))
    number = min(max(number, 1), pages)
    return Leaf(rows[(number - 1) * most : number * most], len(rows), number, pages)
