"""A table of a report as a sheet of its own."""

from collections.abc import Mapping
from typing import Any, Final

from survey.services.cells import neutral
from survey.services.reporting.blocks import ABOVE, BELOW, Cell, Row, Table
from survey.services.reporting.xlsx_looks import Looks, height
from survey.services.reporting.xlsx_numbers import MARKS, numbers, read, rounded, said

NARROWEST, WIDEST = 8, 44  # letters in a line of a column
FILTERED: Final = 10  # rows that are seen at a glance; more of them can be filtered
_HEAD_LINE: Final = 14  # letters in a line of a column's name
_BUTTON: Final = 3  # letters that the button of a filter hides
_FIRST: Final = 2  # the row below the caption and the names of the columns
_UPRIGHT: Final = 95  # letters beside each other on a page that stands upright


def draw(table: Table, sheet: Any, looks: Looks, words: Mapping[str, str]) -> None:  # noqa: ANN401
    """Write the caption, the names of the columns, the rows, and what ▲ and ▼ mean.

    Parameters
    ----------
    table
        What is written.
    sheet
        An empty sheet of xlsxwriter.
    looks
        Formats of its book.
    words
        Those of the document.
    """
    sheet.write_string(0, 0, neutral(table.caption), looks["caption"])
    for place, column in enumerate(table.head):
        kind = "head of numbers" if column.is_number else "head of words"
        look = looks[kind if place else "head"]
        sheet.write_string(_FIRST - 1, place, neutral(column.text), look)
    marked = _marked(table)
    for number, row in enumerate(table.rows, _FIRST):
        for place, cell in enumerate(row.cells):
            look = _look(table, row, place)
            known = read(cell) if look == "number" else cell
            _write(sheet, (number, place), known, looks, look, marked=place in marked)
    _explain(table, sheet, looks, words)
    _arrange(table, sheet)


def _look(table: Table, row: Row, place: int) -> str:
    if row.is_off:
        return "off"
    if place == 0:
        return "name"
    return "number" if table.head[place].is_number else "words"


def _write(
    sheet: Any,  # noqa: ANN401
    where: tuple[int, int],
    cell: Cell,
    looks: Looks,
    look: str,
    *,
    marked: bool,
) -> None:
    value = rounded(cell)
    if value is None:
        sheet.write_string(*where, said(cell), looks[look])
    else:
        written = looks.of_numbers(look, numbers(cell, marked=marked))
        sheet.write_number(*where, value, written)


def _marked(table: Table) -> set[int]:
    """Find the columns in which a number has a mark."""
    return {
        place
        for row in table.rows
        for place, cell in enumerate(row.cells)
        if cell.beyond and rounded(cell) is not None
    }


def _explain(table: Table, sheet: Any, looks: Looks, words: Mapping[str, str]) -> None:  # noqa: ANN401
    """Say below the table what its marks mean."""
    used = {cell.beyond for row in table.rows for cell in row.cells}
    meant = [
        f"{MARKS[sign]} {words[key]}" for sign, key in ((1, ABOVE), (-1, BELOW)) if sign in used
    ]
    for number, text in enumerate(meant, _FIRST + len(table.rows) + 1):
        sheet.write_string(number, 0, text, looks["off"])


def _arrange(table: Table, sheet: Any) -> None:  # noqa: ANN401
    """Give the columns their widths, keep their names in sight, let many rows be filtered."""
    filtered = len(table.rows) > FILTERED
    widths = [_width(table, place, filtered=filtered) for place in range(len(table.head))]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    heads = (column.text for column in table.head)
    sheet.set_row(_FIRST - 1, height(zip(heads, widths, strict=True)))
    for number, row in enumerate(table.rows, _FIRST):
        if not row.is_off:
            texts = (said(cell) for cell in row.cells)
            sheet.set_row(number, height(zip(texts, widths, strict=False)))
    sheet.freeze_panes(_FIRST, 1)
    sheet.repeat_rows(_FIRST - 1)
    if sum(widths) > _UPRIGHT:
        sheet.set_landscape()
    if filtered:
        sheet.autofilter(_FIRST - 1, 0, _FIRST + len(table.rows) - 1, len(table.head) - 1)


def _width(table: Table, place: int, *, filtered: bool) -> int:
    """Give the letters that a column needs: its longest text, and the words of its name."""
    name = table.head[place].text
    lines = (*name.split(), name[:_HEAD_LINE])
    needed = max((len(line) for line in lines), default=0) + (_BUTTON if filtered else 0)
    texts = (
        len(said(row.cells[place])) + 3
        for row in table.rows
        if place < len(row.cells) and not (row.is_off and place)
    )
    return min(max(NARROWEST, needed + 3, *texts), WIDEST)
