"""Workbooks of spreadsheets: how the house opens one, and names its sheets.

Text is never taken for a formula, a number or an address, and the same content gives the same
bytes. xlsxwriter is imported when a book is opened, so that nothing else needs it.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Container, Mapping
from importlib import import_module
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape

from survey.errors import BadSettings

LONGEST_TAB: Final = 31  # units of UTF-16 in the name of a sheet
_PLAIN: Final = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
_NOT_IN_TABS: Final = re.compile(r"[\[\]:*?/\\]")
_RESERVED: Final = "history"  # Excel keeps this name for itself
_ABOUT: Final = "docProps/core.xml"
_END: Final = b"</cp:coreProperties>"


def opened(
    stream: BinaryIO, made: dt.datetime, about: Mapping[str, str] | None = None, **options: bool
) -> Any:  # noqa: ANN401 (untyped)
    """Open an empty book, to be written to a stream when it is closed.

    Parameters
    ----------
    stream
        Where its bytes go.
    made
        The moment that it names as its own; part of its bytes.
    about
        What else its properties say, such as ``title``.
    **options
        Of xlsxwriter, such as ``constant_memory``.

    Raises
    ------
    BadSettings
        The program that writes it is not installed.
    """
    try:
        writer = import_module("xlsxwriter")
    except ImportError:
        raise BadSettings(
            problem="xlsx is written by xlsxwriter, which is not installed: "
            "pip install 'tillit[report]'"
        ) from None
    book = writer.Workbook(stream, {**_PLAIN, **options})
    said = {name: one_line(text) for name, text in (about or {}).items()}
    book.set_properties({**said, "created": made})
    return book


def one_line(text: str) -> str:
    """Give a text as names and properties take it: without line ends and control characters."""
    return " ".join(_UNWRITABLE.sub(" ", text).split())


def tab(name: str, taken: Container[str]) -> str:
    """Make the name of a sheet of a text.

    Parameters
    ----------
    name
        Any text.
    taken
        Names of the book's other sheets, in small letters: Excel sees no difference.

    Returns
    -------
    str
        The name without the signs that Excel forbids, of at most `LONGEST_TAB` units, with a
        number behind it where another sheet has it.
    """
    clean = one_line(_NOT_IN_TABS.sub(" ", name)).strip("' ") or "–"
    number, found = 1, _cut(clean, LONGEST_TAB)
    while found.lower() in taken or found.lower() == _RESERVED:
        number += 1
        found = f"{_cut(clean, LONGEST_TAB - len(str(number)) - 1)} {number}"
    return found


def in_language(book: bytes, language: str) -> bytes:
    """Name the language of a closed book among its properties, where programs look for it."""
    said, kept = f"<dc:language>{escape(language)}</dc:language>".encode(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as made, zipfile.ZipFile(kept, "w") as copy:
        for entry in made.infolist():
            content = made.read(entry)
            if entry.filename == _ABOUT:
                content = content.replace(_END, said + _END)
            copy.writestr(entry, content)
    return kept.getvalue()


def _cut(text: str, most: int) -> str:
    while len(text.encode("utf-16-le")) // 2 > most:
        text = text[:-1]
    return text.rstrip("' ")
