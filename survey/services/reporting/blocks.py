"""What a report consists of, in one language: blocks that are drawn alike wherever they are drawn.

Every text is final: rounded, translated, in the order in which it is read. Who draws a document,
as a page, a PDF or a workbook, computes nothing and leaves nothing out that its medium can show.
A report that is kept is kept as these.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

PLAIN, LEAD, ASIDE = "plain", "lead", "aside"
ROLES: Final = (PLAIN, LEAD, ASIDE)
ABOVE, BELOW = "above", "below"  # keys of `Document.words`: what ▲ and ▼ mean
PAGE, OF = "page", "of"  # what stands before a page's number, and before how many there are
FINGERPRINT = "fingerprint"  # what the hash of a report is called in its stamp, where it is last


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """A heading; the title of the document is of level 1, so these begin at 2."""

    text: str
    level: int = 2


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph; `role` is one of `ROLES`: a lead says the finding, an aside how to read it."""

    text: str
    role: str = PLAIN


class Bullets(msgspec.Struct, frozen=True, tag="bullets"):
    """A list."""

    items: tuple[str, ...]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Terms and what they are, such as how many answered."""

    rows: tuple[tuple[str, str], ...]


class Column(msgspec.Struct, frozen=True):
    """The head of a column."""

    text: str
    is_number: bool = False


class Cell(msgspec.Struct, frozen=True):
    """A cell of a table.

    Parameters
    ----------
    text
        What it says.
    value, digits
        The same as a number, where it is one, and with how many decimals `text` writes it.
    beyond
        1 or -1 where it lies beyond error above or below the others, drawn as ▲ or ▼; else 0.
    """

    text: str
    value: float | None = None
    digits: int = 0
    beyond: int = 0


class Row(msgspec.Struct, frozen=True):
    """A row of a table, its first cell the heading; one that `is_off` has two: name and reason."""

    cells: tuple[Cell, ...]
    is_off: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table; `name` is short enough for the tab of a sheet."""

    name: str
    caption: str
    head: tuple[Column, ...]
    rows: tuple[Row, ...]


class Figure(msgspec.Struct, frozen=True, tag="figure"):
    """A picture of the house as SVG, with what it shows in words; a table has its numbers."""

    title: str
    description: str
    svg: str


Block = Heading | Text | Bullets | Facts | Table | Figure


class Document(msgspec.Struct, frozen=True):
    """A report in one language.

    Parameters
    ----------
    language
        Of all texts: en, nb, nn or is.
    title, subtitle
        Whom it is about; what it is.
    organisation
        Whose report it is.
    day, written
        On which it was made, and the same in words.
    blocks
        What it says.
    stamp
        What it rests on: hashes, versions, thresholds, weights.
    words
        Fixed words of who draws it, by the keys that are named above.
    """

    language: str
    title: str
    subtitle: str
    organisation: str
    day: dt.date
    written: str
    blocks: tuple[Block, ...]
    stamp: Facts
    words: Mapping[str, str]
