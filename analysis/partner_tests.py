"""Which partners of one scale surely differ: rank sets, tie bands, and each against the rest."""

from dataclasses import asdict, dataclass
from typing import Any

from analysis.comparisons import Comparison, compare_groups
from analysis.data import Floats, Groups
from analysis.partners import PartnerTable
from analysis.rank_sets import RankSets, rank_sets
from analysis.scale_assessment import Choices
from analysis.tie_bands import TieBand, tie_bands

_DRAWS = 1_000
_PLACES = ("simultaneous_low", "simultaneous_high", "marginal_low", "marginal_high")
_REST = ("difference", "difference_low", "difference_high", "difference_p")


@dataclass(frozen=True, slots=True, eq=False)
class PartnerTests:
    """What can be said for certain of the partners on one scale."""

    sets: RankSets
    bands: tuple[TieBand, ...]
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """Return what concerns all partners, as its part of the JSON."""
        return {
            "omnibus": [asdict(test) for test in self.comparison.omnibus],
            "pairs": self.sets.pairs,
            "pairs_apart": self.sets.pairs_apart if self.sets.pairs else None,
            "bands": [[str(name) for name in band.partners] for band in self.bands],
            "differing": [str(row.partner) for row in self.comparison.differing],
            "sentences": list(self.sentences),
            "notes": list(dict.fromkeys((*self.sets.notes, *self.comparison.notes))),
        }

    def of_partners(self) -> dict[str, dict[str, Any]]:
        """Return the numbers of each partner, None where there are none."""
        found = {
            str(row.partner): {
                **blank_partner(),
                "difference": row.difference,
                "difference_low": row.ci_low,
                "difference_high": row.ci_high,
                "difference_p": row.p_adjusted,
            }
            for row in self.comparison.rows
        }
        for place in self.sets.rows:
            found[str(place.partner)] |= {name: getattr(place, name) for name in _PLACES}
        return found

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say of three partners or more how many pairs are apart, and who differs from the rest."""
        if self.sets.pairs < 2:
            return ()
        apart, pairs = self.sets.pairs_apart, self.sets.pairs
        told = f"{apart:,} of {pairs:,} pairs of partners can be told apart."
        return told, self.comparison.sentence


def blank_partner() -> dict[str, Any]:
    """Return the numbers of a partner of which none may be shown."""
    return dict.fromkeys((*_PLACES, *_REST))


def partner_tests(
    table: PartnerTable, scores: Floats, by: Groups, choices: Choices
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

    Returns
    -------
    PartnerTests
        Partners with fewer than `choices.min_n` scores are in none of it.
    """
    sets = rank_sets(table, level=choices.level, draws=_DRAWS, seed=choices.seed)
    comparison = compare_groups(scores, by, level=choices.level, min_n=choices.min_n)
    return PartnerTests(sets, tie_bands(sets), comparison)
