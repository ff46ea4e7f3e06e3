"""How cells of a report's workbook look, and how high rows with long texts are."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Final

_MUTED, _ACCENT = "#56666E", "#1F6676"
_WRAPPED: Final = {"text_wrap": True, "valign": "top"}
_SIZE, _LINE, _HIGHEST = 11, 15, 409  # points: of letters, of a line, of the highest row
_HEAD: Final = {"text_wrap": True, "valign": "bottom", "bold": True, "bottom": 1}
LOOKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "title": {**_WRAPPED, "bold": True, "font_size": 16},
    "subtitle": {**_WRAPPED, "font_size": 12},
    "heading 2": {**_WRAPPED, "bold": True, "font_size": 14},
    "heading 3": {**_WRAPPED, "bold": True, "font_size": 12},
    "lead": {**_WRAPPED, "bold": True},
    "plain": _WRAPPED,
    "words": {**_WRAPPED, "align": "left", "indent": 1},
    "aside": {**_WRAPPED, "italic": True, "font_color": _MUTED},
    "item": {**_WRAPPED, "align": "left", "indent": 1},
    "term": {**_WRAPPED, "font_color": _MUTED},
    "link": {**_WRAPPED, "font_color": _ACCENT, "underline": 1},
    "caption": {"bold": True, "font_size": 12},
    "head": _HEAD,
    "head of words": {**_HEAD, "align": "left", "indent": 1},
    "head of numbers": {**_HEAD, "align": "right"},
    "name": {**_WRAPPED, "bold": True},
    "number": {"valign": "top", "align": "right"},
    "off": {"valign": "top", "italic": True, "font_color": _MUTED},
}


class Looks:
    """The formats of a book, each made when it is first needed."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 (untyped)
        self._book = book
        self._made: dict[tuple[str, str], Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        return self.of_numbers(name, "")

    def of_numbers(self, name: str, written: str) -> Any:  # noqa: ANN401
        """Give the format of a kind of cell with numbers that are written in a way."""
        if (name, written) not in self._made:
            numbers = {"num_format": written} if written else {}
            self._made[name, written] = self._book.add_format({**LOOKS[name], **numbers})
        return self._made[name, written]


def height(cells: Iterable[tuple[str, float]], look: str = "plain") -> float:
    """Give the height of a row, since not all programs measure wrapped text themselves.

    Parameters
    ----------
    cells
        What stands in each, and how many letters a line of it takes.
    look
        By which they are written.

    Returns
    -------
    float
        In points.
    """
    size: float = LOOKS[look].get("font_size", _SIZE)
    lines = max((_lines(text, width * _SIZE / size) for text, width in cells), default=1)
    return min(lines * _LINE * size / _SIZE, _HIGHEST)


def _lines(text: str, width: float) -> int:
    parts = text.split("\n")
    return sum(max(len(textwrap.wrap(part, max(int(width), 1))), 1) for part in parts)
