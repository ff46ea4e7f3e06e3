"""One score per partner from several scales, and what hangs on its weights."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.composite import Composite, composite, normalized
from analysis.data import Floats, Frame, groups, labels
from analysis.disclosure import also_protected
from analysis.errors import NotComputable, UnknownChoice
from analysis.ranks import rank_intervals
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix, mean_scores
from analysis.weights import WeightSensitivity, weight_sensitivity

NEAR, FAR = 0.2, 0.5  # by how much weights vary
MOST_PARTNERS = 1_000  # beyond, nobody asks who leads
_HIDDEN = "few rows have a score on every scale, or lack one: their answers could be found"


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
    holds_within
        Share by which every weight may be off and the leader still leads; None where no error
        of weights below 100 % matters.
    within
        Rows `(n,)` that enter.
    """

    weights: dict[str, float]
    equal: bool
    found: Composite | None = None
    leads: dict[str, Leads] | None = None
    holds_within: float | None = None
    draws: int | None = None
    within: NDArray[np.bool_] | None = None
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
            "suppressed_reason": row.suppressed_reason,
        }


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
    Missing data: a row needs a score on every scale that weighs.

    Two kinds of doubt are kept apart: `near`, `far` and `every` let the weights vary and leave
    the means as they are; `chance` leaves the weights and asks, by draws from the posterior of
    the shrunken composites, which partner is truly the highest.

    Nothing is revealed of a hidden partner or scale: it has no score among the rows that are
    ready, so no row of it has a composite. But where most rows of a partner have a composite and
    a few lack one scale, the composite less the means of the scales would give those few away. So
    with `min_n` above 1 a partner of whom some rows but fewer than `min_n` have a composite, or
    have a score without one, is left out of the composite whole; and there is no composite at all
    unless sums over rows with and without one, partner by partner, could be published of every
    scale that weighs (`disclosure.also_protected`).
    """
    chosen, shares = _shares(scales, weights, outcome)
    part = CompositePart(dict(zip((s.name for s in chosen), shares, strict=True)), weights is None)
    if len(chosen) < 2:
        return replace(part, reason=f"A composite takes 2 scales; there is {len(chosen)}.")
    scores = [mean_scores(item_matrix(data, scale), scale) for scale in chosen]
    whole = np.asarray(~np.isnan(np.column_stack(scores)).any(axis=1))
    hidden = _revealing(data, scores, whole, partner, choices.min_n)
    codes = groups(data, partner)[1]
    entered = whole & ~np.isin(codes, hidden)
    cells = 2 * (codes + 1) + entered
    if not all(also_protected(data, scales, s.name, cells, choices.min_n) for s in chosen):
        return replace(part, reason=f"There is no composite: {_HIDDEN}.")
    if not entered.any():
        return replace(part, reason="No row has a score on every scale that weighs.")
    ready = data if entered.all() or choices.min_n == 1 else _only(data, chosen, entered)
    found = composite(
        ready, chosen, part.weights, partner=partner, level=choices.level, min_n=choices.min_n
    )
    found = _told(found, [groups(data, partner)[0][i] for i in hidden], chosen)
    return _with_leads(replace(part, found=found, within=entered), ready, partner, choices)


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


def _revealing(
    data: Frame, scores: list[Floats], whole: NDArray[np.bool_], partner: str, min_n: int
) -> list[int]:
    """Return the partners of whom a few rows would stand out by having, or lacking, a composite."""
    if min_n == 1:
        return []
    names, codes = groups(data, partner)
    size = len(names) + 1
    groups_of = [np.bincount(codes[whole] + 1, minlength=size)]
    groups_of += [np.bincount(codes[~np.isnan(s) & ~whole] + 1, minlength=size) for s in scores]
    few = np.any([(n > 0) & (n < min_n) for n in groups_of], axis=0)
    return [int(i) - 1 for i in np.flatnonzero(few)]


def _only(data: Any, scales: Sequence[Scale], kept: NDArray[np.bool_]) -> Any:  # noqa: ANN401 - a frame of either library
    """Empty the items of the rows that are not kept."""
    items = list(dict.fromkeys(item for scale in scales for item in scale.items))
    if hasattr(data, "assign"):
        return data.assign(**{item: data[item].where(kept) for item in items})
    series = {item: data[item].set(type(data[item])(~kept), None) for item in items}
    return data.with_columns(**series)


def _told(found: Composite, hidden: list[Any], scales: Sequence[Scale]) -> Composite:
    """Say why partners are left out, and that scales must not share items."""
    items = [item for scale in scales for item in scale.items]
    if len(set(items)) < len(items):
        note = "No reliability: scales that weigh share items, so their errors are not apart."
        found = replace(found, reliability=None, notes=(*found.notes, note))
    if not hidden or found.table is None:
        return found
    rows = (
        replace(row, suppressed_reason=_HIDDEN) if row.partner in hidden else row
        for row in found.table.rows
    )
    return replace(found, table=replace(found.table, rows=tuple(rows)))


def _with_leads(part: CompositePart, data: Frame, partner: str, choices: Choices) -> CompositePart:
    """Let the weights vary, and chance, each on its own."""
    if part.found is None or part.found.table is None:
        return part
    table, found = part.found.table, part.found
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
    who = labels(data, partner).tolist()
    try:
        near, far, every = _varied(found, who, part.weights, choices)
    except NotComputable as reason:
        return replace(part, leads=leads, notes=(*ranks.notes, str(reason)))
    for name, varied in (("near", near), ("far", far), ("every", every)):
        for row in varied.rows:
            share: dict[str, Any] = {name: row.lead}
            leads[str(row.partner)] = replace(leads.get(str(row.partner), Leads()), **share)
    return replace(
        part, leads=leads, holds_within=near.holds_within, draws=near.draws, notes=ranks.notes
    )


def _varied(
    found: Composite, who: list[Any], weights: dict[str, float], choices: Choices
) -> tuple[WeightSensitivity, WeightSensitivity, WeightSensitivity]:
    """Draw weights within ± 20 %, within ± 50 %, and anywhere."""
    scores = {name: found.scores[:, place] for place, name in enumerate(weights)}
    options: dict[str, Any] = {"level": choices.level, "min_n": choices.min_n, "seed": choices.seed}
    near, far = (
        weight_sensitivity(scores, who, weights, within=reach, **options) for reach in (NEAR, FAR)
    )
    alike, k = dict.fromkeys(weights, 1.0), float(len(weights))
    every = weight_sensitivity(scores, who, alike, scheme="dirichlet", concentration=k, **options)
    return near, far, every
