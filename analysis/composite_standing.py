"""Where partners stand by their composite: places that all hold at once, ties, who differs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.adjustment import adjusted
from analysis.data import Floats
from analysis.mean_composite import ScaleMeans
from analysis.partners import PartnerTable
from analysis.rank_sets import RankSets, sets_of
from analysis.scale_assessment import Choices
from analysis.simultaneous import Chance
from analysis.tie_bands import TieBand, tie_bands

_DRAWS = 1_000
NO_STANDING = dict.fromkeys(
    (
        "simultaneous_low",
        "simultaneous_high",
        "difference",
        "difference_low",
        "difference_high",
        "difference_p",
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where the partners shown stand.

    Parameters
    ----------
    sets, bands
        Places that partners may hold, all at once, and runs of partners that are tied.
    difference, low, high, p
        Of each partner from the mean of the others, in the order of the table's partners that
        are shown; p by Holm over all of them.
    level
        Of intervals and places.
    """

    sets: RankSets
    bands: tuple[TieBand, ...]
    difference: Floats
    low: Floats
    high: Floats
    p: Floats
    level: float

    def to_dict(self) -> dict[str, Any]:
        """Return what concerns all partners, as its part of the JSON."""
        surely = self.p < 1 - self.level
        return {
            "pairs": self.sets.pairs,
            "pairs_apart": self.sets.pairs_apart,
            "bands": [[str(name) for name in band.partners] for band in self.bands],
            "differing": [
                str(row.partner) for row, far in zip(self.sets.rows, surely, strict=True) if far
            ],
        }

    def of_partners(self) -> dict[str, dict[str, Any]]:
        """Return the numbers of each partner that is shown."""
        columns = (self.difference, self.low, self.high, self.p)
        numbers = zip(*(column.tolist() for column in columns), strict=True)
        return {
            str(row.partner): dict(
                zip(NO_STANDING, (row.simultaneous_low, row.simultaneous_high, *four), strict=True)
            )
            for row, four in zip(self.sets.rows, numbers, strict=True)
        }


def standing(
    table: PartnerTable, means: ScaleMeans, weights: Floats, choices: Choices
) -> Standing | None:
    """Compare the composites of partners.

    Parameters
    ----------
    table, means
        From `mean_composite`.
    weights
        Of the scales, adding up to 1.
    choices
        Their `level` and `seed` hold as elsewhere.

    Returns
    -------
    Standing or None
        None of fewer than two partners, or where chance among raters is not known.

    Notes
    -----
    Places and ties as on a single scale (`rank_sets.sets_of`), from the composites and their
    sampling variances. Difference of a partner from the mean of the others: its variance is
    v_p + Σ v_q/(k − 1)²; t on the degrees of freedom of the scale with fewest raters.
    """
    squared = means.variances(weights)
    k = len(squared)
    if k < 2 or means.freedom < 1 or not (squared > 0).all():
        return None
    composites = means.means @ weights
    chance = Chance(squared, np.array([means.freedom]), common=True)
    names = [row.partner for row in table.shown]
    sets = sets_of(names, composites, chance, level=choices.level, draws=_DRAWS, seed=choices.seed)
    others = (composites.sum() - composites) / (k - 1)
    difference = composites - others
    error = np.sqrt(squared + (squared.sum() - squared) / (k - 1) ** 2)
    half = stdtrit(means.freedom, (1 + choices.level) / 2) * error
    p = 2 * stdtr(means.freedom, -np.abs(difference) / error)
    return Standing(
        sets=sets,
        bands=tie_bands(sets),
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=adjusted(p),
        level=choices.level,
    )
