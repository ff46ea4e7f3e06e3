"""A report as a workbook: its sentences on the first sheet, then a sheet for each table.

Numbers stay numbers, with the decimals that the report writes and no more; ▲ and ▼ belong to the
format of a number, so that it can be sorted and computed with. No cell is a formula.
"""

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any, Final

from survey.services import workbooks
from survey.services.cells import neutral
from survey.services.reporting.blocks import (
    OF,
    PAGE,
    Block,
    Bullets,
    Document,
    Facts,
    Figure,
    Heading,
    Table,
    Text,
)
from survey.services.reporting.xlsx_looks import Looks, height
from survey.services.reporting.xlsx_tables import draw

_A4: Final = 9  # as Excel numbers paper
_WIDTHS: Final = (72, 66)  # letters in a line of the first sheet's columns; a hash has 64
_LONGEST_TITLE: Final = 90  # letters of it at the foot of a printed sheet
_DEEPEST: Final = 3  # headings below this level look alike


def as_xlsx(document: Document) -> bytes:
    """Write a report as a workbook; the same document gives the same bytes.

    Raises
    ------
    BadSettings
        The program that writes it is not installed.
    """
    stream = io.BytesIO()
    about = {
        "title": document.title,
        "subject": document.subtitle,
        "author": document.organisation,
        "company": document.organisation,
    }
    made = dt.datetime.combine(document.day, dt.time())
    book = workbooks.opened(stream, made, about, in_memory=True)
    looks = Looks(book)
    tables = [block for block in document.blocks if isinstance(block, Table)]
    tabs: list[str] = []
    for name in (document.title, *(table.name for table in tables)):
        tabs.append(workbooks.tab(name, {taken.lower() for taken in tabs}))
    _First(_sheet(book, tabs[0], document), looks, iter(tabs[1:])).draw(document)
    for table, tab in zip(tables, tabs[1:], strict=True):
        draw(table, _sheet(book, tab, document), looks, document.words)
    book.close()
    return workbooks.in_language(stream.getvalue(), document.language)


def _sheet(book: Any, tab: str, document: Document) -> Any:  # noqa: ANN401 (untyped)
    """Add a sheet that prints on A4, with its page at the foot."""
    sheet = book.add_worksheet(tab)
    title, page, of = (
        workbooks.one_line(text).replace("&", "&&")
        for text in (document.title[:_LONGEST_TITLE], document.words[PAGE], document.words[OF])
    )
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{title}&R{page} &P {of} &N")
    return sheet


class _First:
    """The first sheet, written downwards: all that is no table, and where the tables are."""

    def __init__(self, sheet: Any, looks: Looks, tabs: Iterator[str]) -> None:  # noqa: ANN401
        self.sheet, self.looks, self.tabs = sheet, looks, tabs
        self.row = 0

    def draw(self, document: Document) -> None:
        """Write what the document says, in its order, and what it rests on."""
        for place, width in enumerate(_WIDTHS):
            self.sheet.set_column(place, place, width)
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self._line(document.organisation, "aside")
        self._line(document.title, "title")
        self._line(document.subtitle, "subtitle")
        self._line(document.written, "aside")
        for block in document.blocks:
            self._block(block)
        self.row += 1
        self._facts(document.stamp)

    def _block(self, block: Block) -> None:
        match block:
            case Heading(text, level):
                self.row += 1
                self._line(text, f"heading {min(level, _DEEPEST)}")
            case Text(text, role):
                self._line(text, role)
            case Bullets(items):
                for item in items:
                    self._line(f"• {item}", "item")
            case Facts():
                self._facts(block)
            case Table():
                self._link(block.caption)
            case Figure():
                self._line(block.title, "name")
                self._line(block.description, "aside")

    def _line(self, text: str, look: str, value: str = "") -> None:
        cells = zip((text, value), _WIDTHS, strict=True)
        self.sheet.set_row(self.row, height(cells, look))
        self.sheet.write_string(self.row, 0, neutral(text), self.looks[look])
        if value:
            self.sheet.write_string(self.row, 1, neutral(value), self.looks["plain"])
        self.row += 1

    def _facts(self, facts: Facts) -> None:
        for term, value in facts.rows:
            self._line(term, "term", value)

    def _link(self, caption: str) -> None:
        place = next(self.tabs).replace("'", "''")
        address, look = f"internal:'{place}'!A1", self.looks["link"]
        text = neutral(workbooks.one_line(caption))
        self.sheet.set_row(self.row, height([(text, _WIDTHS[0])]))
        self.sheet.write_url(self.row, 0, address, look, text)
        self.row += 1
