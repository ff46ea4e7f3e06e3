"""A table as a file that a page holds within a link, so that saving it needs no script.

The file has every number unrounded; an interval is two columns.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from analysis.report.numbers import NONE, behind

_STARTS = ("=", "+", "-", "@", "\t", "\x00")
_PLAIN = "!$'()*+,-./:;=?@_~"  # what an address may hold as it is, besides letters and digits
_MARK = "\ufeff"  # tells spreadsheets that the letters are UTF-8
_ENDS = {2: (" low", " high"), 3: ("", " low", " high")}

Rows = Sequence[Sequence[str]]


def csv_of(head: Sequence[str], body: Rows) -> str:
    """Write a table as comma-separated values.

    Parameters
    ----------
    head, body
        Texts as they are shown; those that `numbers` made know the numbers behind them.

    Returns
    -------
    str
        Numbers unrounded, shares from 0 to 1, nothing where nothing is known. A text that a
        spreadsheet would compute begins with an apostrophe.

    Examples
    --------
    >>> from analysis.report.numbers import coefficient, span
    >>> interval = span(coefficient(0.125), coefficient(0.75))
    >>> csv_of(["Scale", "Interval"], [["=trust", interval]]).split()
    ['Scale,Interval', 'low,Interval', 'high', "'=trust,0.125,0.75"]
    """
    widths = [max([1, *(len(behind(row[at])) for row in body)]) for at in range(len(head))]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_heads(head, widths))
    for row in body:
        writer.writerow(
            [cell for text, n in zip(row, widths, strict=True) for cell in _cells(text, n)]
        )
    return file.getvalue()


def link_of(text: str) -> str:
    """Return the address of a file that the address itself holds."""
    return f"data:text/csv;charset=utf-8,{quote(_MARK + text, safe=_PLAIN)}"


def neutral(text: str) -> str:
    """Give a text that a spreadsheet shows as it is, with an apostrophe where it must.

    Examples
    --------
    >>> neutral("=1+1"), neutral("  @x"), neutral("a = b")
    ("'=1+1", "'  @x", 'a = b')
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    risky = text.startswith(_STARTS) or text.lstrip().startswith(_STARTS)
    return f"'{text}" if risky else text


def _heads(head: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Name the columns of the file; an interval goes by the column before it if it must."""
    found: list[str] = []
    owner = ""
    for text, width in zip(head, widths, strict=True):
        parts = [f"{text}{end}" for end in _ENDS.get(width, ("",))]
        if set(parts) & set(found):
            parts = [f"{owner} {part}" for part in parts]
        if width == 1:
            owner = text
        found += [neutral(part) for part in parts]
    return found


def _cells(text: str, width: int) -> Iterator[float | str]:
    """Yield the cells of the file that one cell of the page becomes."""
    found = behind(text)
    if found:
        yield from found
    else:
        yield "" if text == NONE else neutral(text)
    for _ in range(width - max(1, len(found))):
        yield ""
