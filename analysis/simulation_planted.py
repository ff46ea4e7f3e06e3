"""Facts that are planted in simulated answers, for an analysis to find."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

Sized = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """What is to be true of single partners, counted from 1, whatever chance gave the others.

    Points are those of an answer before it is rounded and cut at the ends of the scale.

    Parameters
    ----------
    falling
        Partner and the points by which it falls from wave to wave, as both sides see it; below 0
        it rises.
    widening
        Partner and the points by which the sides come apart from wave to wave: they begin alike,
        and the other side sees it ever better.
    false_consensus
        Partner and how many points the sides lie apart in every wave, while each believes that
        the other sees it as it does itself.
    tied
        Partners with one true score, half a standard deviation of partners above the best of those
        whose scores nothing planted moves: leaders that nothing tells apart.
    few
        Partner and its raters on each side in each wave, where that is fewer than the others have.
    """

    falling: Sized = ()
    widening: Sized = ()
    false_consensus: Sized = ()
    tied: tuple[int, ...] = ()
    few: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is planted."""
        return any((self.falling, self.widening, self.false_consensus, self.tied, self.few))

    def rules(
        self, *, partners: int, waves: int, sides: int, guessed: bool
    ) -> Iterator[tuple[str, bool]]:
        """Yield what a design must hold for these facts, and whether it does."""
        several = (self.falling, self.widening, self.false_consensus, self.few)
        for given in (*[[who for who, _ in each] for each in several], list(self.tied)):
            yield (
                f"planted partners are {given}; give numbers from 1 to {partners}, each once.",
                len(set(given)) == len(given) and all(1 <= who <= partners for who in given),
            )
        points = [size for each in several[:3] for _, size in each]
        yield f"planted points are {points}; give numbers.", all(map(isfinite, points))
        yield (
            f"tied partners are {list(self.tied)}; give two or more, and leave one to chance.",
            not self.tied or (len(self.tied) > 1 and len(self.moved) < partners),
        )
        yield (
            f"few raters are {[n for _, n in self.few]}; give 1 or more.",
            all(n >= 1 for _, n in self.few),
        )
        yield ("falling and widening partners need 2 waves or more.", waves > 1 or not self.moving)
        apart = bool(self.widening or self.false_consensus)
        yield ("widening and false consensus need both sides.", sides == 2 or not apart)
        yield (
            "false consensus needs guesses; say how accurate the others' are.",
            guessed or not self.false_consensus,
        )

    @property
    def moved(self) -> tuple[int, ...]:
        """Partners, counted from 0, whose scores are not those that chance gave them."""
        sized = (*self.falling, *self.widening, *self.false_consensus)
        return tuple(sorted({who - 1 for who in (*self.tied, *(who for who, _ in sized))}))

    @property
    def moving(self) -> bool:
        """Whether something changes from wave to wave."""
        return bool(self.falling or self.widening)
