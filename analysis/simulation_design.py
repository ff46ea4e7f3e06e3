"""Designs of simulated answers: what they may say, and what follows from it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from math import isfinite
from typing import Any

from analysis.cuts import FIRST_SIDE
from analysis.errors import UnknownChoice
from analysis.simulation_planted import Planted

MOST_ANSWERS = 200_000_000
SIDES = (FIRST_SIDE, "theirs")


@dataclass(frozen=True, slots=True)
class Design:
    """What is to be simulated.

    Parameters
    ----------
    partners
        Partners that are rated.
    raters
        Raters of each partner; with `each` above 1 the same number, on average.
    each
        Partners that one rater rates: 1 is nested, more is crossed.
    constructs
        Names of the scales.
    items
        Items of each.
    icc
        Share of the variance of a scale score that lies between partners.
    severity
        Share that lies between raters.
    alpha
        Alpha of each scale, over raters and partners.
    correlation
        Between constructs, alike for partners, raters and the rest.
    low, high
        Lowest and highest answer, whole numbers.
    mean
        Mean answer before it is rounded to a point of the scale; None: a little above the middle.
    sd
        Standard deviation of an answer before rounding; None: a quarter of the range.
    reverse
        Items of each scale, its last ones, that are asked the other way round.
    missing
        Share of answers that are left out, at random.
    waves
        Waves, each with all partners.
    sides
        1, or 2 where partners rate the relationship too, with as many raters, who rate no other.
    stability
        Correlation of partners' true scores between any two waves.
    retained
        Share of raters who rate in the next wave too; their severity stays.
    agreement
        Correlation of partners' true scores between the sides.
    accuracy
        Of the guesses of what the other side thinks: 1 knows it, 0 takes it to be one's own view,
        and between them it lies between the two; None: nobody guesses.
    groups
        Points by which each group of raters is milder than the middle of all groups; each rater
        belongs to one of them, by chance. Empty: there are no groups.
    planted
        What is to be true of single partners.

    Raises
    ------
    UnknownChoice
        If the numbers contradict each other.
    """

    partners: int = 12
    raters: int = 10
    each: int = 1
    constructs: tuple[str, ...] = ("trust",)
    items: int = 4
    icc: float = 0.15
    severity: float = 0.0
    alpha: float = 0.85
    correlation: float = 0.5
    low: int = 1
    high: int = 5
    mean: float | None = None
    sd: float | None = None
    reverse: int = 0
    missing: float = 0.0
    waves: int = 1
    sides: int = 1
    stability: float = 1.0
    retained: float = 0.0
    agreement: float = 0.7
    accuracy: float | None = None
    groups: tuple[float, ...] = ()
    planted: Planted = field(default_factory=Planted)

    def __post_init__(self) -> None:
        for told, holds in (*self._rules(), *self._rules_of_many(), *self._rules_of_planted()):
            if not holds:
                raise UnknownChoice(told)

    def _rules(self) -> list[tuple[str, bool]]:
        counts = f"partners {self.partners}, raters {self.raters}, items {self.items}"
        shares = f"icc {self.icc} and severity {self.severity}"
        return [
            (f"{counts}: each must be 1 or more.", min(self.partners, self.raters, self.items) > 0),
            (
                f"each is {self.each}; give 1 to {self.partners}, the number of partners.",
                1 <= self.each <= self.partners,
            ),
            (
                f"constructs are {list(self.constructs)}; give names of letters and _, each once.",
                bool(self.constructs)
                and len(set(self.constructs)) == len(self.constructs)
                and all(name.isascii() and name.isidentifier() for name in self.constructs),
            ),
            (f"{shares} must not be negative.", min(self.icc, self.severity) >= 0),
            (f"alpha is {self.alpha}; give a share above 0 and below 1.", 0 < self.alpha < 1),
            (
                f"{shares} add up to more than alpha, {self.alpha:g}, the true part of a score.",
                self.icc + self.severity <= self.alpha,
            ),
            (f"correlation is {self.correlation}; give 0 to 1.", 0 <= self.correlation <= 1),
            (f"The scale runs from {self.low} to {self.high}.", self.low < self.high),
            (f"sd is {self.sd}; give a number above 0.", self.sd is None or self.sd > 0),
            (
                f"reverse is {self.reverse}; give 0 to {self.items}, the number of items.",
                0 <= self.reverse <= self.items,
            ),
            (f"missing is {self.missing}; give a share below 1.", 0 <= self.missing < 1),
            (
                f"That is more than {MOST_ANSWERS:,} answers; simulate fewer.",
                self._answers <= MOST_ANSWERS,
            ),
        ]

    def _rules_of_many(self) -> Iterator[tuple[str, bool]]:
        yield f"waves is {self.waves}; give 1 or more.", self.waves >= 1
        yield f"sides is {self.sides}; give 1 or 2.", self.sides in (1, 2)
        for name in ("stability", "retained", "agreement"):
            share = getattr(self, name)
            yield f"{name} is {share}; give 0 to 1.", 0 <= share <= 1
        yield (
            f"stability {self.stability} and retained {self.retained} need 2 waves or more.",
            self.waves > 1 or (self.stability == 1 and self.retained == 0),
        )
        yield (
            f"accuracy is {self.accuracy}; give 0 to 1, of both sides.",
            self.accuracy is None or (self.sides == 2 and 0 <= self.accuracy <= 1),
        )
        yield (
            f"groups are {list(self.groups)}; give two numbers or more.",
            len(self.groups) != 1 and all(map(isfinite, self.groups)),
        )

    def _rules_of_planted(self) -> Iterator[tuple[str, bool]]:
        return self.planted.rules(
            partners=self.partners,
            waves=self.waves,
            sides=self.sides,
            guessed=self.accuracy is not None,
        )

    @property
    def _answers(self) -> int:
        """Answers, at most."""
        asked = self.items * len(self.constructs) * (1 if self.accuracy is None else 2)
        return self.partners * self.raters * asked * self.waves * self.sides

    def to_dict(self) -> dict[str, Any]:
        """Return the fields; those on waves, sides, groups and facts where there are any."""
        every = asdict(self)
        several = self.waves > 1 or self.sides > 1 or bool(self.groups) or bool(self.planted)
        if several:
            return every
        return dict(takewhile(lambda each: each[0] != "waves", every.items()))

    @property
    def centre(self) -> float:
        """Mean answer before rounding."""
        if self.mean is not None:
            return self.mean
        return (self.low + self.high) / 2 + 0.1 * (self.high - self.low)

    @property
    def spread(self) -> float:
        """Standard deviation of an answer before rounding."""
        return (self.high - self.low) / 4 if self.sd is None else self.sd

    @property
    def common(self) -> float:
        """Share of an item's variance that it has in common with the others of its scale."""
        return self.alpha / (self.items - (self.items - 1) * self.alpha)

    @property
    def of_true(self) -> tuple[float, float, float]:
        """Shares of a construct's variance between partners, between raters, and the rest."""
        partner, rater = self.icc / self.alpha, self.severity / self.alpha
        return partner, rater, max(1 - partner - rater, 0.0)

    @property
    def shifts(self) -> tuple[float, ...]:
        """Points by which each group is milder than the middle of all; one of 0 without groups."""
        middle = sum(self.groups) / max(len(self.groups), 1)
        return tuple(each - middle for each in self.groups) or (0.0,)

    @property
    def unit(self) -> float:
        """Points of an answer before rounding in one standard deviation of a construct."""
        return self.spread * float(self.common**0.5)
