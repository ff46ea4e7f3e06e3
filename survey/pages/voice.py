"""One language's way of saying things: texts, counts and numbers."""

from dataclasses import dataclass
from gettext import GNUTranslations
from typing import Final

NONE: Final = "–"
_MINUS: Final = "−"
_POINT: Final = frozenset({"en"})  # languages with a decimal point; the others have a comma
_CLOSE: Final = frozenset({"en", "is"})  # languages that write the percent sign close to the number


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks one language; numbers are rounded here and nowhere before."""

    language: str
    catalogue: GNUTranslations

    def say(self, text: str, **values: object) -> str:
        """Translate a text and put the values in it."""
        return self.catalogue.gettext(text) % values

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """Translate a text about a number of things, which stands in it as ``num``."""
        return self.catalogue.ngettext(one, many, number) % {"num": number, **values}

    @property
    def decimal_mark(self) -> str:
        """A point in English, else a comma."""
        return "." if self.language in _POINT else ","

    def decimal(self, value: float | None, digits: int = 2) -> str:
        """Write a number with a fixed number of decimals; a dash where there is none."""
        if value is None:
            return NONE
        text = f"{value:.{digits}f}"
        if float(text) == 0:
            text = text.removeprefix("-")
        return text.replace(".", self.decimal_mark).replace("-", _MINUS)

    def span(self, low: float | None, high: float | None, digits: int = 2) -> str:
        """Write an interval by its two ends."""
        if low is None or high is None:
            return NONE
        return f"{self.decimal(low, digits)} – {self.decimal(high, digits)}"

    @property
    def per_cent(self) -> str:
        """The percent sign as it follows a number, which a line break does not part from it."""
        return "%" if self.language in _CLOSE else "\u00a0%"

    def percent(self, share: float) -> str:
        """Write a share as a whole percentage."""
        return f"{100 * share:.0f}{self.per_cent}"
