"""Partners freed from the severity of their raters, beside the scores that are not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.crossed import crossed
from analysis.crossed_design import Design, design
from analysis.crossed_places import (
    FreedPlaces,
    crossed_places,
    places_dict,
    places_of_partners,
)
from analysis.crossed_result import Crossed
from analysis.data import Frame, groups, labels
from analysis.disclosure import also_protected
from analysis.errors import NotComputable
from analysis.pairwise import equal_within
from analysis.partners import PartnerScore, partner_scores
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix, mean_scores

Codes = NDArray[np.intp]
_OUT = "unlinked"


@dataclass(frozen=True, slots=True)
class FreedPartner:
    """One partner on one scale.

    Parameters
    ----------
    n, n_raters
        Ratings, and people who gave them.
    mean, shrunken, shrunken_ci_low, shrunken_ci_high
        Raw mean, and the score that takes raters for alike, from the same ratings.
    score, ci_low, ci_high, reliability
        The score freed from severity.
    place, place_freed
        Place by either score, 1 the highest.
    raters_effect, raters_effect_low, raters_effect_high
        How mild its raters are on average: what is taken off.
    corrected
        Whether that interval leaves out 0; None without one.
    """

    partner: str
    n: int
    n_raters: int
    mean: float
    shrunken: float | None
    shrunken_ci_low: float | None
    shrunken_ci_high: float | None
    score: float
    ci_low: float | None
    ci_high: float | None
    reliability: float
    place: int | None
    place_freed: int
    raters_effect: float | None
    raters_effect_low: float | None
    raters_effect_high: float | None
    corrected: bool | None


@dataclass(frozen=True, slots=True)
class Freed:
    """One scale: partners freed from severity, and what the differences are made of.

    `places` says who differs and who stands where by these scores, or why that cannot be told.
    """

    rows: tuple[FreedPartner, ...]
    found: Crossed
    places: FreedPlaces | str

    @property
    def moved(self) -> int:
        """Partners that take another place."""
        return sum(row.place is not None and row.place != row.place_freed for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the scale as its part of the JSON."""
        found = self.found
        names = ("partner_variance", "rater_variance", "residual_variance", "mu", "mu_se")
        of = places_of_partners(self.places, [row.partner for row in self.rows])
        return {
            "reason": None,
            **{name: getattr(found, name) for name in names},
            "shares": found.shares,
            "severity": found.severity,
            "severity_low": found.severity_low,
            "severity_high": found.severity_high,
            "groups": [[str(name) for name in group] for group in found.components],
            "moved": self.moved,
            "n_used": found.n_used,
            "n_raters": len(found.raters),
            "level": found.level,
            "method": found.method,
            **places_dict(self.places),
            "partners": [asdict(row) | of[row.partner] for row in self.rows],
            "notes": list(found.notes),
        }


def freed_scale(
    data: Frame,
    scales: Sequence[Scale],
    scale: Scale,
    columns: tuple[str, str],
    choices: Choices,
    within: NDArray[np.bool_] | None = None,
) -> Freed | str:
    """Free the partners' scores on one scale from the severity of their raters.

    Parameters
    ----------
    data
        One row per rater and partner, ready to be published.
    scales, scale
        All scales that are published together, and the one that is meant.
    columns
        Those that name the partner and the rater.
    choices
        Their `level` and `min_n` hold as elsewhere.
    within
        Rows `(n,)` that enter another number of this scale, such as a composite.

    Returns
    -------
    Freed or str
        Or why the data cannot free them.

    Notes
    -----
    Missing data: rows without a score, a partner or a rater are left out; both scores of a
    partner are from the rows that remain.

    Nothing is revealed of fewer than `min_n` people. A score freed from severity is a sum of
    ratings with weights that depend on whom each rater rated; the difference to the plain mean
    would give away the ratings of one who alone links two partners. So with `min_n` above 1 there
    are numbers only where each set of partners was rated by none or `min_n` raters or more, and
    where sums over the raters of each set, partner by partner, could be published as well
    (`disclosure.also_protected`): then every weighted sum of what is published falls on `min_n`
    rows or more. Else the scale is left out whole, for all partners.
    """
    partner, rater = columns
    scores = mean_scores(item_matrix(data, scale), scale)
    who, by = labels(data, partner), labels(data, rater)
    known = ~np.isnan(scores) & np.array(
        [a is not None and b is not None for a, b in zip(who, by, strict=True)]
    )
    if not any(name is not None for name in by):
        return f"Raters are not linked in this data: column {rater!r} names none."
    if choices.min_n > 1:
        cells, least = _cells(data, columns, known, within)
        if least < choices.min_n or not also_protected(
            data, scales, scale.name, cells, choices.min_n
        ):
            return (
                f"Fewer than {choices.min_n} raters rated the same partners: scores freed from "
                "severity would give away what single raters answered."
            )
    table = partner_scores(scores[known], who[known].tolist(), level=choices.level)
    try:
        found = crossed(
            scores[known],
            by[known].tolist(),
            who[known].tolist(),
            level=choices.level,
            raters_effects=True,
        )
    except NotComputable as reason:
        return str(reason)
    ratings = design(scores[known], by[known].tolist(), who[known].tolist())
    places = _who_differs(ratings, found, scale, choices)
    return Freed(_rows(found, {row.partner: row for row in table.rows}), found, places)


def _who_differs(
    ratings: Design, found: Crossed, scale: Scale, choices: Choices
) -> FreedPlaces | str:
    """Find who differs and who stands where with severity taken out, or why that is not known."""
    limit = equal_within(scale, choices)
    options: dict[str, Any] = {"within": limit, "level": choices.level, "seed": choices.seed}
    try:
        return crossed_places(ratings, found, **options)
    except NotComputable as reason:
        return str(reason)


def _rows(found: Crossed, plain: dict[Any, PartnerScore]) -> tuple[FreedPartner, ...]:
    before = _places([plain[row.partner].shrunken for row in found.rows])
    after = _places([row.score for row in found.rows])
    return tuple(
        FreedPartner(
            partner=str(row.partner),
            n=row.n,
            n_raters=row.raters,
            mean=row.mean,
            shrunken=plain[row.partner].shrunken,
            shrunken_ci_low=plain[row.partner].shrunken_ci_low,
            shrunken_ci_high=plain[row.partner].shrunken_ci_high,
            score=row.score,
            ci_low=row.ci_low,
            ci_high=row.ci_high,
            reliability=row.reliability,
            place=first,
            place_freed=second or 0,
            raters_effect=row.raters_effect,
            raters_effect_low=row.raters_effect_low,
            raters_effect_high=row.raters_effect_high,
            corrected=_beyond(row.raters_effect_low, row.raters_effect_high),
        )
        for row, first, second in zip(found.rows, before, after, strict=True)
    )


def _places(scores: list[float | None]) -> list[int | None]:
    """Return the place of each score, 1 the highest; equal ones share theirs."""
    known = [score for score in scores if score is not None]
    near = 1e-9 * (max(known, default=0.0) - min(known, default=0.0))
    return [
        None if own is None else 1 + sum(other > own + near for other in known) for own in scores
    ]


def _beyond(low: float | None, high: float | None) -> bool | None:
    return None if low is None or high is None else not low <= 0 <= high


def _cells(
    data: Frame,
    columns: tuple[str, str],
    known: NDArray[np.bool_],
    within: NDArray[np.bool_] | None,
) -> tuple[Codes, int]:
    """Give a number to each kind of rows: partner, whom else the rater rated, and `within`.

    Returns also the raters of the rarest set of partners.
    """
    (_, of), (_, by) = (groups(data, name) for name in columns)
    sets: dict[int, list[int]] = {}
    for rater, partner in zip(by[known].tolist(), of[known].tolist(), strict=True):
        sets.setdefault(rater, []).append(partner)
    rated = {rater: tuple(sorted(partners)) for rater, partners in sets.items()}
    raters: dict[tuple[int, ...], int] = {}
    for partners in rated.values():
        raters[partners] = raters.get(partners, 0) + 1
    other = np.zeros(len(of), dtype=bool) if within is None else within
    kinds = [
        (int(p), rated[int(r)] if k else _OUT, bool(w))
        for p, r, k, w in zip(of, by, known, other, strict=True)
    ]
    number = {kind: at for at, kind in enumerate(dict.fromkeys(kinds))}
    return np.array([number[kind] for kind in kinds], dtype=np.intp), min(
        raters.values(), default=0
    )
