"""Partners of one scale compared two by two, if they are not too many for a reader."""

from dataclasses import dataclass
from typing import Any

from analysis.all_pairs import MOST_PARTNERS, Pair, games_howell
from analysis.data import Floats, Groups
from analysis.errors import UnknownChoice
from analysis.partner_sums import PartnerSums
from analysis.scale import Scale
from analysis.scale_assessment import Choices

FEW = 15  # partners up to whom all pairs are compared without being asked for
SHARE = 1 / 16  # of the range of a scale: a quarter of a step on one of five points


@dataclass(frozen=True, slots=True)
class Pairwise:
    """All pairs, or why they are not compared.

    Parameters
    ----------
    rows
        Pairs of partners, in the order of the partners.
    within
        Difference in scale points from which two partners count as different.
    level
        Level of the intervals and of what is told.
    left_out
        Partners with one rater, or whose raters all agree.
    reason
        Why there are no pairs.
    """

    rows: tuple[Pair, ...]
    within: float
    level: float
    left_out: int = 0
    reason: str | None = None

    @property
    def differing(self) -> tuple[Pair, ...]:
        """Pairs that differ, all of them together."""
        return tuple(pair for pair in self.rows if pair.p <= 1 - self.level)

    @property
    def equal(self) -> tuple[Pair, ...]:
        """Pairs that differ by less than `within`, all of them together."""
        known = (pair for pair in self.rows if pair.p_equal is not None)
        return tuple(pair for pair in known if (pair.p_equal or 0.0) <= 1 - self.level)

    def to_dict(self) -> dict[str, Any]:
        """Return the pairs as their part of the JSON."""
        return {
            "reason": self.reason,
            "left_out": self.left_out,
            "differing": len(self.differing) if self.rows else None,
            "equal": len(self.equal) if self.rows else None,
            "rows": [pair.to_dict() for pair in self.rows],
        }


def equal_within(scale: Scale, choices: Choices) -> float:
    """Return the difference from which partners count as different, in points of the scale.

    Raises
    ------
    UnknownChoice
        If the difference that was chosen is not above 0.

    Notes
    -----
    It is fixed before the data are seen, as a test of equivalence needs it, and so not a share of
    a standard deviation: as chosen, or else 1/16 of the range. On a scale from 1 to 5 that is a
    quarter of a point, as much as if every fourth rater had answered one step higher.
    """
    chosen = choices.equal_within
    if chosen is not None and not chosen > 0:
        raise UnknownChoice(f"equal_within is {chosen!r}; give points of the scale, above 0.")
    return (scale.high - scale.low) * SHARE if chosen is None else chosen


def pairwise(scores: Floats, by: Groups, within: float, choices: Choices) -> Pairwise:
    """Compare all pairs of partners, if they were asked for or are few.

    Parameters
    ----------
    scores
        Score of each row `(n,)`, ready to be published.
    by
        Partners, and the index of each row's.
    within
        Difference in scale points from which two partners count as different.
    choices
        Their `pairs`, `level` and `min_n` hold.

    Returns
    -------
    Pairwise
        Partners with fewer than `choices.min_n` scores are in none of it.
    """
    names, codes = by
    every = PartnerSums.of_codes(names, scores, codes)
    sums = every.only(every.n >= max(1, choices.min_n))
    vary = (sums.n > 1) & (sums.ss > 0)
    found, left_out = int(vary.sum()), int((~vary).sum())
    reason = _no_pairs(found, asked=choices.pairs)
    if reason:
        return Pairwise((), within, choices.level, left_out, reason)
    rows = games_howell(sums.only(vary), choices.level, within)
    return Pairwise(rows, within, choices.level, left_out)


def _no_pairs(partners: int, *, asked: bool) -> str | None:
    """Say why partners are not compared two by two."""
    if partners < 2:
        return "Partners are not compared two by two: that takes two whose raters differ."
    if partners > MOST_PARTNERS:
        return (
            f"Partners are not compared two by two: {partners:,} would make "
            f"{partners * (partners - 1) // 2:,} pairs, and allowing for so many tests leaves few "
            f"differences to be found. Above {MOST_PARTNERS} each is compared with the rest only."
        )
    if partners > FEW and not asked:
        return (
            f"Partners are not compared two by two without being asked for: {partners} make "
            f"{partners * (partners - 1) // 2:,} pairs (--pairs)."
        )
    return None
