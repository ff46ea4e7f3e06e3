"""Which letters the font of a PDF has, and what stands for others.

PDF/UA wants every letter to be seen, and what sets the PDF refuses a document with one that is in
none of its fonts. Fonts of the machine would make other bytes on another machine. So letters of
alphabets that the font knows are set, and □ for others. A page that is printed has them all.
"""

import unicodedata
from functools import lru_cache
from itertools import chain
from typing import Final

BOX: Final = "□"

_RANGES: Final = (  # of Libertinus Serif: all of its styles have all of these
    (0x0020, 0x023F), (0x0250, 0x02E4),  # Latin, with phonetic letters
    (0x0384, 0x03CE), (0x0400, 0x045F), (0x0490, 0x04C4), (0x04D0, 0x04F9),  # Greek, Cyrillic
    (0x05D0, 0x05EA), (0x1E00, 0x1E9B), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9),  # Hebrew, more Latin
    (0x2000, 0x2037), (0x2039, 0x203E), (0x2044, 0x2044),  # dashes, quotation marks, spaces
    (0x2070, 0x208E), (0x20A2, 0x20A4), (0x20AB, 0x20AC), (0x20BF, 0x20BF),  # small numbers, money
    (0x2116, 0x2116), (0x2122, 0x2122), (0x2126, 0x2126), (0x2153, 0x215F), (0x2190, 0x2199),
    (0x2211, 0x2212), (0x221A, 0x221A), (0x221E, 0x221E), (0x2248, 0x2248), (0x2260, 0x2261),
    (0x2264, 0x2265), (0x25A0, 0x25A1), (0x25B2, 0x25B3), (0x25BC, 0x25BD),
    (0x25C6, 0x25C7), (0x25CF, 0x25CF), (0x2605, 0x2605), (0x2660, 0x2660), (0x2663, 0x2663),
)  # fmt: skip
_KNOWN: Final = frozenset(map(chr, chain.from_iterable(range(a, b + 1) for a, b in _RANGES)))
_ALIKE: Final = str.maketrans({"⋮": "…"})  # of the house's own signs, what the font has instead
_NO_XML: Final = dict.fromkeys(
    {*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - set(map(ord, "\t\n\r"))
)
_BREAKS: Final = ("Cc", "Zl", "Zp")  # of Unicode's categories: what steers a machine, ends of lines
_NOT_SEEN: Final = ("Cf", "Mn", "Mc", "Me")  # turns lines around; marks that no letter takes in


def drawable(text: str) -> str:
    """Return a text as the font can show it: composed, □ for letters that it has not.

    Line feeds stay, other control characters are blanks, and what has no width of its own goes,
    such as what would turn a line around. A text of which nothing is left is □.
    """
    if text.isascii() and text.isprintable():
        return text
    drawn = "".join(map(_drawable, unicodedata.normalize("NFC", text.translate(_ALIKE))))
    return drawn if drawn.strip() or not text.strip() else BOX


def parsable(xml: str) -> str:
    """Return XML without the characters that XML cannot have, not even escaped."""
    return xml.translate(_NO_XML)


@lru_cache(maxsize=4096)
def _drawable(letter: str) -> str:
    kind = unicodedata.category(letter)
    if letter == "\n":
        return letter
    if kind in _BREAKS:
        return " "
    if kind in _NOT_SEEN:
        return ""
    return letter if letter in _KNOWN and kind != "Cn" else BOX  # some numbers have no letter yet
