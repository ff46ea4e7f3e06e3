"""Sheets that people hand in as CSV: read whole, or refused with every problem by row."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from survey.errors import BadInput
from survey.services.naming import tidy
from survey.words import in_words

_DELIMITERS: Final = (",", ";")
MOST_COLUMNS: Final = 100
MOST_PROBLEMS: Final = 100  # more than anybody reads before trying again


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet, with the number that a spreadsheet shows for it."""

    row: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Problems:
    """Collects what is wrong with one sheet."""

    file: str
    found: list[str]

    def add(self, row: int, column: str, message: str) -> None:
        """Note a problem with one cell."""
        self.found.append(
            in_words(
                "%(file)s, row %(row)d, column %(column)s: %(message)s",
                file=self.file,
                row=row,
                column=column,
                message=message,
            )
        )

    def raise_if_any(self) -> None:
        """Refuse the sheet if anything was noted; of very many problems the first are named."""
        said = self.found[:MOST_PROBLEMS]
        if more := len(self.found) - len(said):
            said.append(in_words("and %(more)d more like these", more=more))
        if said:
            raise BadInput(self.file, tuple(said))


def read_sheet(
    data: bytes, file: str, *, required: Sequence[str], optional: Sequence[str] = ()
) -> list[Line]:
    """Read a CSV sheet with a header, as spreadsheets save it.

    Parameters
    ----------
    data
        The file's bytes: UTF-8, with or without a byte order mark, separated by
        commas or, as Nordic spreadsheets do, by semicolons.
    file
        Its name, for messages.
    required, optional
        Columns that must and may be there, in any order; a header is read without
        regard to case and space.

    Returns
    -------
    list of Line
        Tidied cells of all rows that are not blank.

    Raises
    ------
    BadInput
        Naming the file, and each row and column that cannot be read.
    """
    allowed = (*required, *optional)
    records = _records(_decoded(data, file), file)
    if not records:
        raise BadInput(
            file,
            (
                in_words(
                    "%(file)s is empty; its first row must be %(header)s",
                    file=file,
                    header=",".join(allowed),
                ),
            ),
        )
    header_row, header = records[0]
    columns = [tidy(cell).casefold() for cell in header]
    _check_header(file, header_row, columns, required, allowed)
    problems = Problems(file, [])
    lines = []
    for row, cells in records[1:]:
        if len(cells) != len(columns):
            problems.found.append(
                in_words(
                    "%(file)s, row %(row)d: %(cells)d cells, but the header has %(columns)d; a "
                    'cell that contains the separator must stand in quotes ("…")',
                    file=file,
                    row=row,
                    cells=len(cells),
                    columns=len(columns),
                )
            )
        else:
            tidied = map(tidy, cells)
            lines.append(Line(row, dict(zip(columns, tidied, strict=True))))
    problems.raise_if_any()
    if not lines:
        raise BadInput(file, (in_words("%(file)s has a header but no rows", file=file),))
    return lines


def stands_already(value: str, row: int) -> str:
    """Say that something stands in an earlier row of the same sheet."""
    return in_words("%(value)r stands in row %(row)d already", value=value, row=row)


def _decoded(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            file,
            (
                in_words(
                    "%(file)s, row %(row)d: not UTF-8 text; save it as «CSV UTF-8» and try again",
                    file=file,
                    row=row,
                ),
            ),
        ) from None


def _records(text: str, file: str) -> list[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records = []
    try:
        begins = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        problem = in_words(
            "%(file)s, row %(row)d: this is no CSV (%(error)s)",
            file=file,
            row=reader.line_num,
            error=str(error),
        )
        raise BadInput(file, (problem,)) from None
    return records


def _check_header(
    file: str, row: int, columns: list[str], required: Sequence[str], allowed: Sequence[str]
) -> None:
    problems = Problems(file, [])
    wanted = ", ".join(allowed)
    if len(columns) > MOST_COLUMNS or not set(columns) & set(allowed):
        problems.add(
            row,
            ", ".join(columns)[:80],
            in_words("this is no header; allowed are %(columns)s", columns=wanted),
        )
        problems.raise_if_any()
    for column in columns:
        if column not in allowed:
            problems.add(
                row,
                repr(column),
                in_words("no such column; allowed are %(columns)s", columns=wanted),
            )
    for column in dict.fromkeys(columns):
        if columns.count(column) > 1:
            problems.add(row, column, in_words("the column stands there more than once"))
    for column in required:
        if column not in columns:
            problems.add(
                row,
                column,
                in_words("the column is missing; allowed are %(columns)s", columns=wanted),
            )
    problems.raise_if_any()
