"""Cells of files that spreadsheets open: text never becomes a formula."""

from typing import Final

_STARTS: Final = ("=", "+", "-", "@", "\t", "\x00")


def neutral(text: str) -> str:
    """Give a text that a spreadsheet shows as it is, with an apostrophe where it must.

    Parameters
    ----------
    text
        Any text; numbers are not passed through here and stay numbers.

    Returns
    -------
    str
        The text, begun with an apostrophe if it, or what follows its leading
        blanks, begins with one of ``= + - @``, tab or NUL. A carriage return, which
        some programs take for the end of a row, is a line feed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith(_STARTS) or text.lstrip().startswith(_STARTS):
        return "'" + text
    return text
