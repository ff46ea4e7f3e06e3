"""Two sides on all scales: per partner, how they see it and how they think the other does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.coorientation import Coorientation, coorientation, default_margin
from analysis.coorientation_evidence import standing
from analysis.data import Floats, Frame, Label, groups, in_order
from analysis.disclosure import META
from analysis.dyads import dyad_icc
from analysis.errors import NotComputable
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix, mean_scores

EVERYBODY = "all"
LEAST_SCALES = 3
LEAST_PARTNERS = 5


@dataclass(frozen=True, slots=True)
class Profile:
    """Correlations over the scales: of the sides' profiles, and of each with its guesses.

    They describe how alike the ups and downs are, whatever the level; with so few scales they
    have no interval.
    """

    n_scales: int
    agreement: float | None
    congruency_a: float | None
    congruency_b: float | None
    accuracy_a: float | None
    accuracy_b: float | None


@dataclass(frozen=True, slots=True, eq=False)
class TwoSides:
    """Two sides A and B.

    Parameters
    ----------
    sides
        What A and B are called in the data.
    scales
        Scale to partner to what both sides say.
    items
        Scale to the items on which its comparison rests.
    alike
        Scale to the intraclass correlation of both sides' means over partners, and its interval.
    profiles
        Partner to its profile correlations, where there are three scales to compare.
    level
        Of the intervals.
    notes
        What a reader must know.
    """

    sides: tuple[Label, Label]
    scales: dict[str, dict[Label, Coorientation]]
    items: dict[str, tuple[str, ...]]
    alike: dict[str, dict[str, Any]]
    profiles: dict[Label, Profile]
    level: float
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the sides as their part of the JSON."""
        stands = standing(self.scales, self.level)
        return {
            "sides": [str(side) for side in self.sides],
            "scales": {
                name: {
                    "items": list(self.items[name]),
                    "alike": self.alike[name],
                    "partners": [
                        {"partner": str(who), **found.to_dict(), **stands[name, who]}
                        for who, found in by.items()
                    ],
                }
                for name, by in self.scales.items()
            },
            "profiles": [{"partner": str(who), **asdict(p)} for who, p in self.profiles.items()],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared on one scale: own views, and guesses of the same items if there are any."""

    own: Scale
    guess: Scale | None


def compared(scales: Sequence[Scale]) -> tuple[Compared, ...]:
    """Pair each scale with the guesses of it.

    A scale's guesses are the scale of its name with «__meta», item by item where the items too
    are named so: then only the items that were asked in both ways are compared.

    Examples
    --------
    >>> own, guess = Scale("trust", ("t1", "t2"), 1, 5), Scale("trust__meta", ("t2__meta",), 1, 5)
    >>> [(pair.own.items, pair.guess.items) for pair in compared([own, guess])]
    [(('t2',), ('t2__meta',))]
    """
    by_name = {scale.name: scale for scale in scales}
    own = [scale for scale in scales if not scale.name.endswith(META)]
    return tuple(_pair(scale, by_name.get(f"{scale.name}{META}")) for scale in own)


def assess_sides(
    a: Frame,
    b: Frame,
    scales: Sequence[Scale],
    sides: tuple[Label, Label],
    choices: Choices,
) -> TwoSides:
    """Compare two sides on every scale.

    Parameters
    ----------
    a, b
        Rows of each side, ready to be published.
    scales
        All scales, guesses included.
    sides
        What the sides are called.
    choices
        Their `partner` names the partner of each row (None: there is but one relationship),
        `level` is that of the intervals, `min_n` the fewest raters of each side.

    Returns
    -------
    TwoSides
        Differences that matter are a quarter of the scale's range or more.
    """
    pairs = compared(scales)
    where = [rows_by_partner(frame, choices.partner, pairs[0].own) for frame in (a, b)]
    names = in_order({name for rows in where for name in rows})
    none = np.empty(0, dtype=np.intp)
    found: dict[str, dict[Label, Coorientation]] = {}
    for pair in pairs:
        (own_a, guess_a), (own_b, guess_b) = (_answers(frame, pair) for frame in (a, b))
        found[pair.own.name] = {}
        for name in names:
            at_a, at_b = (rows.get(name, none) for rows in where)
            sides_of = (own_a[at_a], own_b[at_b], guess_a[at_a], guess_b[at_b])
            found[pair.own.name][name] = _coorientation(sides_of, pair.own, choices)
    return TwoSides(
        sides=sides,
        scales=found,
        items={pair.own.name: pair.own.items for pair in pairs},
        alike={name: _alike(by, choices.level) for name, by in found.items()},
        profiles=_profiles(found, names),
        level=choices.level,
        notes=_notes(pairs, scales),
    )


def _pair(own: Scale, meta: Scale | None) -> Compared:
    if meta is None or (meta.low, meta.high) != (own.low, own.high):
        return Compared(own, None)
    asked = [item for item in own.items if f"{item}{META}" in meta.items]
    if not asked:
        return Compared(own, meta)
    turned = tuple(item for item in own.reverse if item in asked)
    ends = (own.low, own.high)
    guessed = tuple(f"{item}{META}" for item in asked)
    back = tuple(item for item in meta.reverse if item in guessed)
    return Compared(
        Scale(own.name, tuple(asked), *ends, turned, own.min_answered),
        Scale(meta.name, guessed, *ends, back, meta.min_answered),
    )


def rows_by_partner(
    frame: Frame, partner: str | None, scale: Scale
) -> dict[Label, NDArray[np.intp]]:
    """Return the rows of each partner; without a partner column, all rows as one."""
    if partner is None:
        return {EVERYBODY: np.arange(len(item_matrix(frame, scale)))}
    names, codes = groups(frame, partner)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: order[start:stop]
        for name, start, stop in zip(names, bounds, bounds[1:], strict=False)
    }


def _answers(frame: Frame, pair: Compared) -> tuple[Floats, Floats]:
    own = mean_scores(item_matrix(frame, pair.own), pair.own)
    if pair.guess is None:
        return own, np.full(len(own), np.nan)
    return own, mean_scores(item_matrix(frame, pair.guess), pair.guess)


def _coorientation(
    answers: tuple[Floats, Floats, Floats, Floats], scale: Scale, choices: Choices
) -> Coorientation:
    margin = default_margin(scale.low, scale.high)
    return coorientation(*answers, margin=margin, level=choices.level, min_n=choices.min_n)


def _alike(by: dict[Label, Coorientation], level: float) -> dict[str, Any]:
    """Return how alike the sides' means are over partners, or why that is not known."""
    means = [(pair.a.mean, pair.b.mean) for pair in by.values() if pair.a.mean is not None]
    both = [(a, b) for a, b in means if not (a is None or b is None or np.isnan(a) or np.isnan(b))]
    empty = {"icc": None, "ci_low": None, "ci_high": None, "n_partners": len(both)}
    if len(both) < LEAST_PARTNERS:
        reason = f"it takes {LEAST_PARTNERS} partners with both sides; there are {len(both)}"
        return {**empty, "reason": reason}
    try:
        found = dyad_icc(*np.array(both, dtype=np.float64).T, level=level)
    except NotComputable as reason:
        return {**empty, "reason": str(reason)}
    ends = {"ci_low": found.ci_low, "ci_high": found.ci_high}
    return {**empty, "icc": found.estimate, **ends, "reason": None}


def _profiles(
    found: dict[str, dict[Label, Coorientation]], names: Sequence[Label]
) -> dict[Label, Profile]:
    profiles = {}
    for name in names:
        rows = [by[name] for by in found.values() if by[name].a.mean is not None]
        if len(rows) >= LEAST_SCALES:
            a, b, guess_a, guess_b = (
                np.array([getattr(getattr(row, side), field) for row in rows], dtype=np.float64)
                for field in ("mean", "guess")
                for side in "ab"
            )
            pairs = ((a, b), (a, guess_a), (b, guess_b), (guess_a, b), (guess_b, a))
            profiles[name] = Profile(len(rows), *(_correlation(x, y) for x, y in pairs))
    return profiles


def _correlation(x: Floats, y: Floats) -> float | None:
    known = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[known], y[known]
    if len(x) < LEAST_SCALES or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _notes(pairs: Sequence[Compared], scales: Sequence[Scale]) -> tuple[str, ...]:
    whole = {scale.name: scale.k for scale in scales}
    notes = []
    part = [pair.own.name for pair in pairs if pair.own.k < whole[pair.own.name]]
    if part:
        notes.append("Where only some items of a scale were guessed, those alone are compared.")
    if all(pair.guess is None for pair in pairs):
        notes.append("Nobody guessed the other side's view, so there are no states.")
    return tuple(notes)
