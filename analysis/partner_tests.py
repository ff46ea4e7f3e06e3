"""Which partners of one scale surely differ: rank sets, tie bands, and each against the rest."""

from dataclasses import asdict, dataclass
from typing import Any

from analysis.comparisons import Comparison, compare_groups
from analysis.data import Floats, Groups
from analysis.pairwise import Pairwise, pairwise
from analysis.partners import PartnerTable
from analysis.rank_sets import RankSets, rank_sets
from analysis.scale_assessment import Choices
from analysis.tie_bands import Bars, TieBand, partner_bars, tie_bands

_DRAWS = 1_000
_PLACES = ("simultaneous_low", "simultaneous_high", "marginal_low", "marginal_high")
_REST = {
    "difference": "difference",
    "difference_low": "ci_low",
    "difference_high": "ci_high",
    "difference_p": "p_adjusted",
    "difference_g": "hedges_g",
    "difference_equal_p": "p_equal",
}
_BARS = ("bar_low", "bar_high")


@dataclass(frozen=True, slots=True, eq=False)
class PartnerTests:
    """What can be said for certain of the partners on one scale."""

    sets: RankSets
    bands: tuple[TieBand, ...]
    comparison: Comparison
    pairwise: Pairwise
    bars: Bars | None

    def to_dict(self) -> dict[str, Any]:
        """Return what concerns all partners, as its part of the JSON."""
        return {
            "omnibus": [asdict(test) for test in self.comparison.omnibus],
            "pairs": self.sets.pairs,
            "pairs_apart": self.sets.pairs_apart if self.sets.pairs else None,
            "bands": [[str(name) for name in band.partners] for band in self.bands],
            "differing": [str(row.partner) for row in self.comparison.differing],
            "equal": [str(row.partner) for row in self.comparison.equivalent],
            "within": self.pairwise.within,
            "bar_factor": None if self.bars is None else self.bars.factor,
            "pairwise": self.pairwise.to_dict(),
            "sentences": list(self.sentences),
            "notes": list(dict.fromkeys((*self.sets.notes, *self.comparison.notes))),
        }

    def of_partners(self) -> dict[str, dict[str, Any]]:
        """Return the numbers of each partner, None where there are none."""
        found = {
            str(row.partner): {
                **blank_partner(),
                **{name: getattr(row, of) for name, of in _REST.items()},
            }
            for row in self.comparison.rows
        }
        if self.bars is not None:
            ends = zip(self.bars.partners, self.bars.low, self.bars.high, strict=True)
            for name, low, high in ends:
                found[str(name)] |= {"bar_low": float(low), "bar_high": float(high)}
        for place in self.sets.rows:
            found[str(place.partner)] |= {name: getattr(place, name) for name in _PLACES}
        return found

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say of three partners or more how many pairs are apart, and who differs from all."""
        if self.sets.pairs < 2:
            return ()
        apart, pairs = self.sets.pairs_apart, self.sets.pairs
        told = f"{apart:,} of {pairs:,} pairs of partners can be told apart."
        return told, self.comparison.sentence, self.comparison.equal_sentence


def blank_partner() -> dict[str, Any]:
    """Return the numbers of a partner of which none may be shown."""
    return dict.fromkeys((*_PLACES, *_REST, *_BARS))


def partner_tests(
    table: PartnerTable, scores: Floats, by: Groups, choices: Choices, within: float
) -> PartnerTests:
    """Compute what can be said for certain of the partners on one scale.

    Parameters
    ----------
    table
        Partner scores of these rows.
    scores
        Score of each row `(n,)`, ready to be published.
    by
        Partners, and the index of each row's.
    choices
        Options of the statistics.
    within
        Difference in scale points from which two partners count as different.

    Returns
    -------
    PartnerTests
        Partners with fewer than `choices.min_n` scores are in none of it.
    """
    sets = rank_sets(table, level=choices.level, draws=_DRAWS, seed=choices.seed)
    comparison = compare_groups(scores, by, bound=within, level=choices.level, min_n=choices.min_n)
    pairs = pairwise(scores, by, within, choices)
    return PartnerTests(sets, tie_bands(sets), comparison, pairs, partner_bars(table))
