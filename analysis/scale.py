"""A scale: the items that measure one construct, and how they are scored."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.data import Floats
from analysis.errors import BadScale

GUESSED = "__meta"  # ends the names of scales of guesses


@dataclass(frozen=True, slots=True)
class Scale:
    """Items of one construct with their answer range and scoring rule.

    Parameters
    ----------
    name
        Identifier of the construct.
    items
        Columns of the data, each named once.
    low, high
        Lowest and highest answer on the scale.
    reverse
        Items whose answer `x` counts as `low + high - x`.
    min_answered
        Share of the items, above 0 and at most 1, that a respondent must have answered to
        get a score; the score is the mean of the answered items.

    Raises
    ------
    BadScale
        If the parts contradict each other.

    Examples
    --------
    >>> Scale("trust", ("t1", "t2", "t3"), 1, 5, reverse=("t3",)).needed
    2
    """

    name: str
    items: tuple[str, ...]
    low: float
    high: float
    reverse: tuple[str, ...] = ()
    min_answered: float = 0.5

    def __post_init__(self) -> None:
        for field in ("items", "reverse"):
            object.__setattr__(self, field, self._names(field))
        if not self.name or not isinstance(self.name, str):
            raise BadScale(f"A scale is named {self.name!r}; give it a non-empty text as name.")
        if not self.items:
            raise self._bad("has no items; name at least one column")
        for field in ("low", "high", "min_answered"):
            if not _is_number(getattr(self, field)):
                raise self._bad(f"has {field} {getattr(self, field)!r}; give a finite number")
        if self.low >= self.high:
            raise self._bad(f"runs from {self.low} to {self.high}; low must lie below high")
        if not 0 < self.min_answered <= 1:
            raise self._bad(
                f"has min_answered {self.min_answered}; give a share above 0 and at most 1"
            )
        strangers = [item for item in self.reverse if item not in self.items]
        if strangers:
            raise self._bad(
                f"reverses {strangers[0]!r}, which is not among its items; "
                "add it to items or take it out of reverse"
            )

    @classmethod
    def from_key(cls, key: Mapping[str, Mapping[str, Any]]) -> tuple["Scale", ...]:
        """Read a scoring key: a mapping from construct to items, range and scoring rule.

        Examples
        --------
        >>> Scale.from_key({"trust": {"items": ["t1", "t2"], "low": 1, "high": 5}})[0].k
        2
        """
        return tuple(cls._from_entry(name, entry) for name, entry in key.items())

    @classmethod
    def _from_entry(cls, name: str, entry: Mapping[str, Any]) -> "Scale":
        known = ("items", "low", "high", "reverse", "min_answered")
        for field in entry:
            if field not in known:
                raise BadScale(f"Scale {name!r} has {field!r}; allowed are {', '.join(known)}.")
        for field in known[:3]:
            if field not in entry:
                raise BadScale(f"Scale {name!r} lacks {field!r}; add it.")
        return cls(name=name, **entry)

    @property
    def k(self) -> int:
        """Number of items."""
        return len(self.items)

    @property
    def needed(self) -> int:
        """Number of answered items from which a respondent gets a score."""
        return max(1, math.ceil(self.min_answered * self.k - 1e-9))

    def scored(self, values: Floats) -> Floats:
        """Return answers `(n, k)` with the reversed items turned round."""
        if not self.reverse:
            return values
        turned = values.copy(order="K")
        for index, item in enumerate(self.items):
            if item in self.reverse:
                turned[:, index] = self.low + self.high - turned[:, index]
        return turned

    def _names(self, field: str) -> tuple[str, ...]:
        given = getattr(self, field)
        if isinstance(given, str) or not all(isinstance(item, str) and item for item in given):
            raise self._bad(f"has {field} {given!r}; give a list of column names")
        names = tuple(given)
        twice = [item for item in names if names.count(item) > 1]
        if twice:
            raise self._bad(f"names {twice[0]!r} twice in {field}; name it once")
        return names

    def _bad(self, what: str) -> BadScale:
        return BadScale(f"Scale {self.name!r} {what}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def own_views(scales: Sequence[Scale]) -> tuple[Scale, ...]:
    """Return the scales that are not guesses of what the other side thinks.

    Guesses are measured with the items of the scale that they guess, by the same people: that
    both go together says nothing of whether two scales are distinct.

    Examples
    --------
    >>> own, guess = Scale("trust", ("t1",), 1, 5), Scale("trust__meta", ("t1__meta",), 1, 5)
    >>> [scale.name for scale in own_views((own, guess))]
    ['trust']
    """
    return tuple(scale for scale in scales if not scale.name.endswith(GUESSED))
