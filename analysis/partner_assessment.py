"""All statistics of the partners on one scale together, as the report and the JSON give them."""

from dataclasses import asdict, dataclass
from typing import Any

from analysis.aggregation import Aggregation, aggregate_groups
from analysis.data import Frame, Groups
from analysis.pairwise import equal_within
from analysis.partner_tests import PartnerTests, blank_partner, partner_tests
from analysis.partners import PartnerTable, score_groups
from analysis.place_chances import Chances, blank_chances, place_chances
from analysis.ranks import Ranks, rank_intervals
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix, mean_scores


@dataclass(frozen=True, slots=True, eq=False)
class PartnerAssessment:
    """One scale: whether partners can be told apart, their scores, ranks, and who differs."""

    aggregation: Aggregation
    table: PartnerTable
    ranks: Ranks
    tests: PartnerTests
    chances: Chances

    def aggregation_dict(self) -> dict[str, Any]:
        """Return how far partners differ, as its part of the JSON."""
        found = asdict(self.aggregation)
        notes = dict.fromkeys((*self.aggregation.notes, *self.table.notes, *self.ranks.notes))
        names = ("icc1_anova", "icc1_ci_low", "icc1_ci_high", "icc1_reml")
        agreement = ("rwg_j_median", "rwg_j_negative", "ad_m_median")
        rest = ("icc2_reml", *agreement, "raters_needed_70")
        return {
            **{name: found[name] for name in names},
            "icc2": found["icc2_anova"],
            **{name: found[name] for name in (*rest, "n", "n_partners", "n0")},
            "notes": list(notes),
        }

    def partner_dicts(self) -> list[dict[str, Any]]:
        """Return the partners, in the order of their names, as their part of the JSON."""
        ranks = {row.partner: (row.rank_low, row.rank_high) for row in self.ranks.rows}
        tests, chances = self.tests.of_partners(), self.chances.of_partners()
        return [
            {
                "partner": str(row.partner),
                **{name: getattr(row, name) for name in _PARTNER},
                **dict(
                    zip(
                        ("rank_low", "rank_high"),
                        ranks.get(row.partner, (None, None)),
                        strict=True,
                    )
                ),
                **chances.get(str(row.partner), blank_chances()),
                **tests.get(str(row.partner), blank_partner()),
                "suppressed_reason": row.suppressed_reason,
                "notes": list(row.notes),
            }
            for row in self.table.rows
        ]

    def pooling_dict(self) -> dict[str, Any]:
        """Return the mean of all partners, the variances, and which score tables are to show."""
        numbers = {name: getattr(self.table, name) for name in ("mu", "mu_se", "tau2", "sigma2")}
        return {**numbers, "shown": self.shown}

    @property
    def shown(self) -> str:
        """Name the score to show of every partner: shrunken where it has an interval, else mean."""
        has_interval = any(row.shrunken_ci_low is not None for row in self.table.rows)
        return "shrunken" if has_interval else "mean"


_PARTNER = (
    "n",
    "mean",
    "sd",
    "ci_low",
    "ci_high",
    "shrunken",
    "shrunken_se",
    "shrunken_ci_low",
    "shrunken_ci_high",
    "reliability",
)


def guessed_means(data: Frame, scale: Scale, by: Groups, choices: Choices) -> PartnerTable:
    """Return the means of a scale of guesses, partner by partner.

    What one side thinks that the other thinks says nothing of how good a partner is, so such a
    scale has no shrunken scores, ranks or tests.
    """
    scores = mean_scores(item_matrix(data, scale), scale)
    return score_groups(scores, by, pool=False, level=choices.level, min_n=choices.min_n)


def guessed_dicts(table: PartnerTable) -> list[dict[str, Any]]:
    """Return guesses as their part of the JSON."""
    names = ("n", "mean", "ci_low", "ci_high", "suppressed_reason")
    return [
        {"partner": str(row.partner), **{name: getattr(row, name) for name in names}}
        for row in table.rows
    ]


def assess_partners(data: Frame, scale: Scale, by: Groups, choices: Choices) -> PartnerAssessment:
    """Compute all statistics of the partners on one scale.

    Parameters
    ----------
    data
        One row per respondent and partner, ready to be published.
    scale
        The scale.
    by
        Partners, and the index of each row's.
    choices
        Options of the statistics.

    Returns
    -------
    PartnerAssessment
        Partners with fewer than `choices.min_n` scores are there by name only.
    """
    level, least = choices.level, choices.min_n
    items = item_matrix(data, scale)
    scores = mean_scores(items, scale)
    table = score_groups(scores, by, level=level, min_n=least)
    ranks = rank_intervals(table, seed=choices.seed, level=level)
    return PartnerAssessment(
        aggregation=aggregate_groups(items, scale, by, level=level, min_n=least),
        table=table,
        ranks=ranks,
        tests=partner_tests(table, scores, by, choices, equal_within(scale, choices)),
        chances=place_chances(ranks),
    )
