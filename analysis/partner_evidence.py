"""What is known of partners besides their scores: severe raters, composites, levels, waves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.cuts import Cuts
from analysis.data import Frame, column, groups
from analysis.errors import UnknownChoice
from analysis.linked_change import LinkedChange
from analysis.partner_evidence_composite import CompositePart, composite_part
from analysis.partner_evidence_raters import Freed, freed_scale
from analysis.partner_evidence_waves import as_json, linked_waves
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix
from analysis.two_level import TwoLevelOmega, two_level_omega


@dataclass(frozen=True, slots=True)
class PartnersWanted:
    """Which parts on partners are wanted.

    Parameters
    ----------
    rater
        Column that names the rater of each row; None: raters are not linked.
    composite
        Whether one score from all scales is wanted.
    weights
        Scale to its weight in it; None: equal ones.
    two_level
        Whether omega within and between partners is wanted.
    """

    rater: str | None = None
    composite: bool = False
    weights: Mapping[str, float] | None = None
    two_level: bool = False

    @property
    def anything(self) -> bool:
        """Whether any part is wanted."""
        several = self.composite or self.weights is not None or self.two_level
        return several or self.rater is not None


@dataclass(frozen=True, slots=True, eq=False)
class PartnerEvidence:
    """The parts; each is None where it was not wanted.

    Parameters
    ----------
    rater
        Column of the raters.
    freed
        Scale to its partners freed from severity, or to why they cannot be.
    composite
        One score from several scales.
    two_level
        Scale to omega within and between partners, or to why it is not shown.
    linked
        Scale to changes with raters linked over waves, or to why they are not.
    """

    rater: str | None = None
    freed: dict[str, Freed | str] | None = None
    composite: CompositePart | None = None
    two_level: dict[str, TwoLevelOmega | str] | None = None
    linked: dict[str, LinkedChange | str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the parts that there are, as they stand in the JSON."""
        parts: dict[str, Any] = {}
        if self.freed is not None:
            scales = {name: _freed(found) for name, found in self.freed.items()}
            parts["raters"] = {"rater": self.rater, "scales": scales}
        if self.composite is not None:
            parts["composite"] = self.composite.to_dict()
        if self.two_level is not None:
            parts["two_level"] = {n: _levels(found) for n, found in self.two_level.items()}
        if self.linked is not None:
            parts["linked_waves"] = {n: as_json(found) for n, found in self.linked.items()}
        return parts


def partner_evidence(
    ready: Frame,
    cuts: Cuts | None,
    scales: Sequence[Scale],
    wanted: PartnersWanted,
    choices: Choices,
    outcome: str | None = None,
) -> PartnerEvidence:
    """Compute what is wanted to be known of the partners.

    Parameters
    ----------
    ready
        One row per rater and partner, ready to be published.
    cuts
        Rows by side and wave, each ready to be published; None without such columns.
    scales
        Scales, without guesses of the other side's view.
    wanted, choices
        What is wanted, and the options of the statistics.
    outcome
        Scale that is explained by the others; it does not weigh in a composite unless it is told.

    Returns
    -------
    PartnerEvidence
        What each part does so that nothing is revealed stands with `freed_scale`,
        `composite_part` and `linked_waves`.

    Raises
    ------
    UnknownChoice
        If there is no partner column, or a weight is not above 0 or names no scale.
    UnknownColumn
        If there is no column of raters.
    """
    partner = choices.partner
    if partner is None:
        raise UnknownChoice(
            "Raters, composites and omega at two levels are about partners; name the column of "
            "the partners too."
        )
    composite = None
    if wanted.composite or wanted.weights is not None:
        composite = composite_part(ready, scales, wanted.weights, partner, choices, outcome)
    freed = linked = levels = None
    if wanted.rater is not None:
        column(ready, wanted.rater)
        columns = (partner, wanted.rater)
        freed = {s.name: freed_scale(ready, scales, s, columns, choices) for s in scales}
        if cuts is not None and len(cuts.waves) > 1:
            linked = linked_waves(cuts, scales, wanted.rater, choices)
    if wanted.two_level:
        levels = {s.name: _two_level(ready, s, partner, choices.min_n) for s in scales}
    return PartnerEvidence(wanted.rater, freed, composite, levels, linked)


def _two_level(data: Frame, scale: Scale, partner: str, min_n: int) -> TwoLevelOmega | str:
    """Estimate omega at two levels, unless the rows left out of it are few.

    Loadings are functions of sums over complete rows of partners with `min_n` of them. The
    one-factor model of the same scale rests on all complete rows: where the others are some but
    fewer than `min_n`, both together might tell of them.
    """
    if min_n > 1:
        codes = groups(data, partner)[1]
        whole = ~np.isnan(item_matrix(data, scale)).any(axis=1)
        sizes = np.bincount(codes[whole] + 1, minlength=1)
        left = int(sizes[0] + sizes[1:][sizes[1:] < min_n].sum())
        if 0 < left < min_n:
            return (
                "Two-level omega is not shown: it would leave out a few complete rows, whose "
                "answers could be found."
            )
    return two_level_omega(data, scale, partner, min_n=min_n)


def _freed(found: Freed | str) -> dict[str, Any]:
    return {"reason": found, "partners": []} if isinstance(found, str) else found.to_dict()


def _levels(found: TwoLevelOmega | str) -> dict[str, Any]:
    empty = {"omega_within": None, "omega_between": None, "n_used": 0, "n_partners": 0}
    if isinstance(found, str):
        return {**empty, "method": None, "notes": [found]}
    names = (*empty, "method")
    return {**{name: getattr(found, name) for name in names}, "notes": list(found.notes)}
