r"""Cells of files that spreadsheets open: text never becomes a formula.

What counts as the sign of a formula is wider than the four signs on a keyboard. Excel with
Japanese settings takes the full-width forms for them (OWASP/www-community, issue 1088), and
Numbers gives each form of a sign its plain one as Unicode's NFKC does (adaltas/node-csv,
pull request 387). Blanks and letters without a look before a sign do not hold it back.
"""

import re
from typing import Final

# White space, control characters and marks that show nothing, before what is seen first.
_UNSEEN: Final = (
    r"\x00-\x20\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0001\U000e0020-\U000e007f"
)
# All letters of which NFKC makes = + - @, and those typed in place of a minus.
_SIGNS: Final = (
    r"=+\-@\u207a-\u207c\u208a-\u208c\u2212\u2a75\u2a76\u30fc\ufb29\ufe62\ufe63\ufe66\ufe6b"
    r"\uff0b\uff0d\uff1d\uff20\uff70"
)
# In the dialect that `re` and polars share, so that a cell and a column are judged alike.
FORMULA: Final = rf"^(?:[\t\x00]|[{_UNSEEN}]*[{_SIGNS}])"
_FORMULA: Final = re.compile(FORMULA)


def neutral(text: str) -> str:
    """Give a text that a spreadsheet shows as it is, with an apostrophe where it must.

    Parameters
    ----------
    text
        Any text; numbers are not passed through here and stay numbers.

    Returns
    -------
    str
        The text, begun with an apostrophe if it begins with tab or NUL, or if the first
        letter that shows in it is, in any width or form, one of ``= + - @``. A carriage
        return, which some programs take for the end of a row, is a line feed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if _FORMULA.match(text) else text
