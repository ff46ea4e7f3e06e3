"""How a result looks in a console and in a notebook: its numbers, its rows, and what to note."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 12


def figure(value: object) -> str:
    """Write a number with four significant digits, and anything else as it is.

    Examples
    --------
    >>> figure(0.85096839), figure(73421), figure(None)
    ('0.851', '73421', 'none')
    """
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class Readable:
    """A result with fields, notes and a `to_frame`, shown rounded; its fields stay unrounded."""

    __slots__ = ()

    to_frame: "Callable[..., pd.DataFrame]"

    def __repr__(self) -> str:
        """Return the numbers in a line, then the rows, then the notes."""
        frame = self._rows()
        lines = [f"{type(self).__name__}: {self._line()}".removesuffix(": ")]
        if frame is not None:
            lines.append(
                frame.to_string(max_rows=_MOST_ROWS, float_format=figure, na_rep="", index=False)
            )
        return "\n".join([*lines, *(f"Note: {note}" for note in self._notes())])

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        frame = self._rows()
        name, line = type(self).__name__, escape(self._line())
        parts = [f"<p><strong>{name}</strong> {line}</p>"]
        if frame is not None:
            parts.append(
                frame.to_html(max_rows=_MOST_ROWS, float_format=figure, na_rep="", index=False)
            )
        return "\n".join([*parts, *(f"<p>Note: {escape(note)}</p>" for note in self._notes())])

    def _line(self) -> str:
        """Return the fields that are a number, a word or nothing."""
        return ", ".join(f"{name} {figure(value)}" for name, value in self._single())

    def _single(self) -> Iterator[tuple[str, object]]:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if value is None or isinstance(value, bool | int | float | str):
                yield field.name, value

    def _notes(self) -> tuple[str, ...]:
        return tuple(getattr(self, "notes", ()))

    def _rows(self) -> "pd.DataFrame | None":
        """Return the rows without what the line or the notes say; None where it is all."""
        frame = self.to_frame()
        said = {"notes", *(name for name, _ in self._single())}
        rest = frame.drop(columns=[name for name in frame.columns if name in said])
        if len(rest) < 2 or rest.empty:
            return None
        words = list(rest.select_dtypes(["object", "string"]).columns)
        return rest.fillna(dict.fromkeys(words, ""))
