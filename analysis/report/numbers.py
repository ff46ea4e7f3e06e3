"""Numbers as a reader wants them: no more digits than their uncertainty supports.

The unrounded numbers are in the JSON; rounding happens here and nowhere before.
"""

import math
from collections.abc import Iterable
from statistics import median_low
from typing import Self

NONE = "–"
_MINUS = "−"
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Shown(str):
    """A number as it is shown, with the unrounded number or the ends of its interval.

    A table is drawn from the text; the file that saves the table has the numbers.
    """

    __slots__ = ("numbers",)
    numbers: tuple[float, ...]

    def __new__(cls, text: str, *numbers: float) -> Self:
        """Write numbers as a text."""
        shown = super().__new__(cls, text)
        shown.numbers = numbers
        return shown


def behind(text: str) -> tuple[float, ...]:
    """Return the unrounded numbers of a text; none of a text that is no number."""
    return text.numbers if isinstance(text, Shown) else ()


def decimal(value: float | None, digits: int = 2) -> str:
    """Write a number with a fixed number of decimals.

    Examples
    --------
    >>> decimal(-0.004), decimal(-1.5, 1), decimal(None)
    ('0.00', '−1.5', '–')
    """
    if value is None:
        return NONE
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return Shown(text.replace("-", _MINUS), value)


def coefficient(value: float | None, digits: int = 2) -> str:
    """Write a number that cannot pass 1, without the zero before the point.

    Examples
    --------
    >>> coefficient(0.8249), coefficient(-0.1), coefficient(1.0)
    ('.82', '−.10', '1.00')
    """
    text = decimal(value, digits)
    if not text.lstrip(_MINUS).startswith("0."):
        return text
    return Shown(text.replace("0.", ".", 1), *behind(text))


def span(low: str, high: str) -> str:
    """Join the two ends of an interval; a dash would look like a minus before a negative end.

    Examples
    --------
    >>> span(".78", ".86"), span("−.10", ".35"), span("–", "–")
    ('.78–.86', '−.10 to .35', '–')
    """
    if NONE in (low, high):
        return NONE
    text = f"{low} to {high}" if _MINUS in low + high else f"{low}–{high}"
    return Shown(text, *behind(low), *behind(high))


def percent(share: float | None) -> str:
    """Write a share as a whole percentage, which a line break does not part from its sign.

    Examples
    --------
    >>> percent(0.2432).split(), percent(0.001).split(), percent(None)
    (['24', '%'], ['<1', '%'], '–')
    """
    if share is None:
        return NONE
    return Shown("<1\u00a0%" if 0 < share < 0.005 else f"{100 * share:.0f}\u00a0%", share)


def confidence(level: float) -> str:
    """Write the level of an interval, with all its decimals.

    Examples
    --------
    >>> confidence(0.95).split(), confidence(0.975).split()
    (['95', '%'], ['97.5', '%'])
    """
    return f"{100 * level:.10g}\u00a0%"


def count(n: int | None) -> str:
    """Write a whole number with thousands kept apart.

    Examples
    --------
    >>> count(73421)
    '73,421'
    """
    return NONE if n is None else Shown(f"{n:,}", n)


def number_of(n: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> number_of(1, "partner"), number_of(14, "partner"), number_of(2, "analysis", "analyses")
    ('1 partner', '14 partners', '2 analyses')
    """
    return f"{count(n)} {one if n == 1 else (many or one + 's')}"


def spelled(n: int) -> str:
    """Write a small whole number as a word.

    Examples
    --------
    >>> spelled(8), spelled(40)
    ('eight', '40')
    """
    return _WORDS[n] if n < len(_WORDS) else count(n)


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def digits_for(standard_errors: Iterable[float | None], most: int = 2) -> int:
    """Decimals that show a typical standard error with at most two significant digits.

    Parameters
    ----------
    standard_errors
        Of the numbers in one column, on their own metric; None and 0 do not count.
    most
        Never more decimals than this.

    Returns
    -------
    int
        From 0 to `most`; `most` where no standard error is known.

    Examples
    --------
    >>> digits_for([0.13, 0.22]), digits_for([1.3]), digits_for([12.0]), digits_for([])
    (2, 1, 0, 2)
    """
    known = [error for error in standard_errors if error]
    if not known:
        return most
    return max(0, min(most, 1 - math.floor(math.log10(median_low(known)))))


def whole_raters(needed: float | None) -> int | None:
    """Round a needed number of raters up: at least one, and 7.000000000000001 is still seven.

    Examples
    --------
    >>> whole_raters(6.2), whole_raters(0.7 / 0.3 * 0.75 / 0.25), whole_raters(0.0)
    (7, 7, 1)
    """
    return None if needed is None else max(1, math.ceil(needed - 1e-9))
