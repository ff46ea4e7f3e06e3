"""Cells of a report's workbook: numbers as the report writes them, texts that are no formulas."""

import math
import re
from typing import Final

from survey.services.cells import neutral
from survey.services.reporting.blocks import Cell

MARKS: Final = {1: "▲", -1: "▼"}
_ROOM: Final = "_ _▲"  # as wide as a mark

# Intervals of the house: no letter and no sign of a keyboard, so nothing that is computed.
_INTERVAL: Final = re.compile(r"[−+]?\d+(?:[.,]\d+)? ?– ?[−+]?\d+(?:[.,]\d+)?", re.ASCII)
_ONE_NUMBER: Final = re.compile(r"([−+]?)(\d+)(?:[.,](\d+))?(?:[ \xa0]?%| \*)?", re.ASCII)
_NUMERAL: Final = re.compile(r"(\D{0,4})(\d(?:.*\d)?)(\D{0,8})", re.ASCII | re.DOTALL)


def read(cell: Cell) -> Cell:
    """Give a cell of a column of numbers with the number that its text is, if it is one.

    The house groups no thousands, so that a point or a comma is the decimal mark.
    """
    found = _ONE_NUMBER.fullmatch(cell.text)
    if cell.value is not None or found is None:
        return cell
    sign, whole, decimals = found.groups(default="")
    value = float(f"{whole}.{decimals}")
    return Cell(cell.text, -value if sign == "−" else value, len(decimals), cell.beyond)


def rounded(cell: Cell) -> float | None:
    """Give the number of a cell with the decimals of its text; none if it is not a number."""
    if cell.value is None or not math.isfinite(cell.value):
        return None
    return round(cell.value, cell.digits) + 0.0  # a zero has no sign


def numbers(cell: Cell, *, marked: bool) -> str:
    """Give the way in which a spreadsheet writes a number as the report does.

    Parameters
    ----------
    cell
        With a value.
    marked
        Whether a number of its column has ▲ or ▼, so that one without stands as far left.

    Returns
    -------
    str
        A number format: the decimals, what stands around the number in the report, the mark.
    """
    plain = "0." + "0" * cell.digits if cell.digits else "0"
    before, after = _around(cell)
    if cell.beyond:
        return f"{_quoted(before)}{plain}{_quoted(f'{after} {MARKS[cell.beyond]}')}"
    return f"{_quoted(before)}{plain}{_quoted(after)}{_ROOM if marked else ''}"


def said(cell: Cell) -> str:
    """Give what a cell says, with its mark, and never a formula."""
    text = f"{cell.text} {MARKS[cell.beyond]}" if cell.beyond else cell.text
    return text if _INTERVAL.fullmatch(text) else neutral(text)


def _around(cell: Cell) -> tuple[str, str]:
    """Give what stands before and after a number, such as per cent; a minus is the number's."""
    found, value = _NUMERAL.fullmatch(cell.text), rounded(cell)
    if found is None or value is None or '"' in cell.text:
        return "", ""
    before, numeral, after = found.groups()
    if _digits(numeral) != _digits(f"{abs(value):.{cell.digits}f}"):
        return "", ""
    return before.rstrip("-−"), after


def _digits(numeral: str) -> str:
    return "".join(letter for letter in numeral if letter in "0123456789")


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""
