"""One score per partner from several scales, and what hangs on its weights."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from analysis.composite import Composite, normalized, parts_of_pairs, scores_on_one_metric
from analysis.composite_standing import NO_STANDING, Standing, standing
from analysis.data import Frame, groups
from analysis.errors import UnknownChoice
from analysis.mean_composite import ScaleMeans, mean_composite
from analysis.partners import PartnerTable
from analysis.ranks import rank_intervals
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.weights import WeightSensitivity, vary_weights

NEAR, FAR = 0.2, 0.5  # by how much weights vary
MOST_PARTNERS = 1_000  # beyond, nobody asks who leads


@dataclass(frozen=True, slots=True)
class Leads:
    """How often each partner leads.

    `near`, `far` and `every` are shares of weightings within ± 20 %, within ± 50 %, and of all
    that add up to 1, with the means as they are; `chance` is the probability that the partner's
    true composite is the highest, with the weights as they are.
    """

    near: float | None = None
    far: float | None = None
    every: float | None = None
    chance: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CompositePart:
    """A composite with what hangs on its weights.

    Parameters
    ----------
    weights
        Scale to its published weight, adding up to 1.
    equal
        Whether nobody chose them.
    found
        The composite; None with a `reason`.
    leads
        Partner to how often it leads.
    standing
        Places, ties, and who differs from the others.
    holds_within
        Share by which every weight may be off and the leader still leads; None where no error
        of weights below 100 % matters.
    """

    weights: dict[str, float]
    equal: bool
    found: Composite | None = None
    leads: dict[str, Leads] | None = None
    standing: Standing | None = None
    holds_within: float | None = None
    draws: int | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the composite as its part of the JSON."""
        document: dict[str, Any] = {"weights": self.weights, "equal": self.equal}
        document["reason"] = self.reason
        if self.found is None or self.found.table is None:
            return {**document, "parts": [], "partners": []}
        found, table = self.found, self.found.table
        names = ("low", "high", "reliability", "n_used", "method")
        return {
            **document,
            "parts": [asdict(part) for part in found.parts],
            **{name: getattr(found, name) for name in names},
            "mu": table.mu,
            "tau2": table.tau2,
            "sigma2": table.sigma2,
            "level": table.level,
            **(self.standing.to_dict() if self.standing else _NOWHERE),
            "partners": [self._partner(row) for row in table.rows],
            "near": NEAR,
            "far": FAR,
            "holds_within": self.holds_within,
            "draws": self.draws,
            "notes": list(dict.fromkeys((*found.notes, *table.notes, *self.notes))),
        }

    def _partner(self, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the partners' table
        leads = (self.leads or {}).get(str(row.partner), Leads())
        return {
            "partner": str(row.partner),
            **{name: getattr(row, name) for name in _PARTNER},
            "rank_low": leads.rank_low,
            "rank_high": leads.rank_high,
            "leads_near": leads.near,
            "leads_far": leads.far,
            "leads_every": leads.every,
            "leads_chance": leads.chance,
            **(self.standing.of_partners() if self.standing else {}).get(
                str(row.partner), NO_STANDING
            ),
            "suppressed_reason": row.suppressed_reason,
        }


_NOWHERE: dict[str, Any] = {"pairs": None, "pairs_apart": None, "bands": [], "differing": []}
_PARTNER = (
    "n",
    "mean",
    "ci_low",
    "ci_high",
    "shrunken",
    "shrunken_ci_low",
    "shrunken_ci_high",
    "reliability",
)


def composite_part(
    data: Frame,
    scales: Sequence[Scale],
    weights: Mapping[str, float] | None,
    partner: str,
    choices: Choices,
    outcome: str | None = None,
) -> CompositePart:
    """Weigh the scales into one score per partner, and see what hangs on the weights.

    Parameters
    ----------
    data
        One row per respondent and partner, ready to be published.
    scales
        Scales that may enter; without weights all of them but the outcome, alike.
    weights
        Scale to its weight, above 0; None: equal ones.
    partner
        Column that names the partner of each row.
    choices
        Their `level`, `seed` and `min_n` hold as elsewhere.
    outcome
        Scale that is explained by the others.

    Returns
    -------
    CompositePart
        Or why there is none.

    Raises
    ------
    UnknownChoice
        If a weight is not above 0 or names no scale.

    Notes
    -----
    Missing data: a partner needs `min_n` raters on every scale that weighs; a rater counts on the
    scales that they have a score on.

    Two kinds of doubt are kept apart: `near`, `far` and `every` let the weights vary and leave
    the means as they are; `chance` leaves the weights and asks, by draws from the posterior of
    the shrunken composites, which partner is truly the highest.

    Nothing is revealed of a hidden partner or scale: a composite is a function of the means of
    scales that are published, of their numbers of raters, and of covariances pooled over all
    partners shown.
    """
    chosen, shares = _shares(scales, weights, outcome)
    part = CompositePart(dict(zip((s.name for s in chosen), shares, strict=True)), weights is None)
    if len(chosen) < 2:
        return replace(part, reason=f"A composite takes 2 scales; there is {len(chosen)}.")
    by, weighed = groups(data, partner), np.array(shares)
    metric, scores, items = scores_on_one_metric(data, chosen)
    table, means = mean_composite(scores, by, weighed, level=choices.level, min_n=choices.min_n)
    if not len(means.partners):
        return replace(part, reason="No partner has enough scores on every scale that weighs.")
    shown = np.isin(by[1], means.partners)
    parts, reliability, notes = parts_of_pairs(
        chosen, weighed, scores[shown], [block[shown] for block in items], choices.min_n
    )
    if shared := _shared_items(chosen):
        reliability, notes = None, (*notes, shared)
    found = Composite(
        parts=parts,
        values=scores @ weighed,
        scores=scores,
        low=metric[0],
        high=metric[1],
        reliability=reliability,
        table=table,
        n_used=table.n_used,
        n_total=table.n_total,
        method=f"{table.method}; reliability by Mosier",
        notes=notes,
    )
    where = standing(table, means, weighed, choices)
    return _with_leads(replace(part, found=found, standing=where), means, choices)


def _shares(
    scales: Sequence[Scale], weights: Mapping[str, float] | None, outcome: str | None
) -> tuple[tuple[Scale, ...], list[float]]:
    """Return the scales that weigh, and their weights adding up to 1."""
    names = [scale.name for scale in scales]
    wanted = weights
    if wanted is None:
        wanted = {name: 1.0 for name in names if name != outcome}
    shares = normalized(wanted)
    for name in shares:
        if name not in names:
            raise UnknownChoice(
                f"There is a weight for {name!r}, which is no scale; the scales are "
                f"{', '.join(map(repr, names))}."
            )
    chosen = tuple(scale for scale in scales if scale.name in shares)
    return chosen, [shares[scale.name] for scale in chosen]


def _shared_items(scales: Sequence[Scale]) -> str | None:
    """Say that scales must not share items, if some do."""
    items = [item for scale in scales for item in scale.items]
    if len(set(items)) == len(items):
        return None
    return "No reliability: scales that weigh share items, so their errors are not apart."


def _with_leads(part: CompositePart, means: ScaleMeans, choices: Choices) -> CompositePart:
    """Let the weights vary, and chance, each on its own."""
    if part.found is None or part.found.table is None:
        return part
    table = part.found.table
    if len(table.shown) > MOST_PARTNERS:
        note = f"Who leads is not asked of more than {MOST_PARTNERS:,} partners."
        return replace(part, notes=(note,))
    ranks = rank_intervals(table, seed=choices.seed, level=choices.level)
    leads = {
        str(row.partner): Leads(
            chance=row.probability_first, rank_low=row.rank_low, rank_high=row.rank_high
        )
        for row in ranks.rows
    }
    if len(table.shown) < 2:
        note = f"To say who leads takes 2 partners; there are {len(table.shown)}."
        return replace(part, leads=leads, notes=(*ranks.notes, note))
    near, far, every = _varied(table, means, part.weights, choices)
    for name, varied in (("near", near), ("far", far), ("every", every)):
        for row in varied.rows:
            share: dict[str, Any] = {name: row.lead}
            leads[str(row.partner)] = replace(leads.get(str(row.partner), Leads()), **share)
    return replace(
        part, leads=leads, holds_within=near.holds_within, draws=near.draws, notes=ranks.notes
    )


def _varied(
    table: PartnerTable, means: ScaleMeans, weights: dict[str, float], choices: Choices
) -> tuple[WeightSensitivity, WeightSensitivity, WeightSensitivity]:
    """Draw weights within ± 20 %, within ± 50 %, and anywhere."""
    shown = tuple(row.partner for row in table.shown)
    partners = (shown, means.means, means.counts.min(axis=1))
    options: dict[str, Any] = {"level": choices.level, "seed": choices.seed}
    near, far = (vary_weights(partners, None, weights, within=x, **options) for x in (NEAR, FAR))
    alike, k = dict.fromkeys(weights, 1 / len(weights)), float(len(weights))
    every = vary_weights(partners, None, alike, within=None, concentration=k, **options)
    return near, far, every
