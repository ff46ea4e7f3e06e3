"""What else is known of one scale: other reliabilities, items left out, how the answers spread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.alpha import alpha_of_rows
from analysis.alpha_interval import Interval
from analysis.clusters import Clusters
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import Estimate
from analysis.factor import fit_one_factor
from analysis.moments import Moments
from analysis.omega import omega_of_model
from analysis.ordinal import ordinal_alpha
from analysis.scale import Scale
from analysis.split_interval import BOUNDS, bound_intervals
from analysis.splits import SplitHalf

MOST_POINTS = 21
LARGEST = (
    "no interval of λ4: it is the largest of many numbers, so chance makes it too high, and the "
    "more so the fewer rows there are"
)
NOT_SMOOTH = (
    "no interval of ω h: where group factors are weak the rotation jumps, and no interval that was "
    "tried held its level in simulation"
)
_ESTIMATE = ("estimate", "n_used", "notes")
_INTERVAL = ("ci_low", "ci_high", "method", "n_used", "notes")


@dataclass(frozen=True, slots=True)
class ScaleEvidence:
    """What else is known of one scale.

    Parameters
    ----------
    standardized, ordinal
        Alpha of the standardized items with its interval; of the variables behind the answers.
    odd_even_lambda4
        Reliability from the odd and the even items, without the assumption that they vary alike.
    bounds
        Name in `BOUNDS` to its interval; None where there is none.
    bound_notes
        Why there is none.
    omega_if_deleted
        Item to omega total of the others; None where not computable.
    omega_notes
        Why not.
    histograms
        Item to answer to its share of the answers; empty where answers are not whole numbers or
        there are more than 21 kinds.
    """

    standardized: Estimate
    ordinal: Estimate
    odd_even_lambda4: float | None
    bounds: Mapping[str, tuple[float, float] | None]
    bound_notes: tuple[str, ...]
    omega_if_deleted: Mapping[str, float | None]
    omega_notes: tuple[str, ...]
    histograms: Mapping[str, dict[str, float]]

    def of_scale(self) -> dict[str, Any]:
        """Return what the JSON has of the scale besides halves and items."""
        standardized, ordinal = self.standardized.to_dict(), self.ordinal.to_dict()
        return {
            "alpha_standardized_ci": {name: standardized[name] for name in _INTERVAL},
            "ordinal_alpha": {name: ordinal[name] for name in _ESTIMATE},
        }

    def of_halves(self, notes: list[str]) -> dict[str, Any]:
        """Return what the JSON adds to the reliability from halves, whose notes are given."""
        ends: dict[str, Any] = {"odd_even_lambda4": self.odd_even_lambda4}
        for name in BOUNDS:
            low, high = self.bounds.get(name) or (None, None)
            ends |= {f"{name}_ci_low": low, f"{name}_ci_high": high}
        return {**ends, "notes": [*notes, *self.bound_notes]}

    def of_general(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return what the JSON has of the general factor, with the reason for no interval."""
        if found["omega_h"] is None:
            return found
        return {**found, "notes": [*found["notes"], NOT_SMOOTH]}

    def of_item(self, item: str) -> dict[str, Any]:
        """Return what the JSON adds to an item."""
        shares = dict(self.histograms.get(item, {}))
        return {"omega_if_deleted": self.omega_if_deleted.get(item), "histogram": shares}


def scale_evidence(  # noqa: PLR0913 - each is an option of its own
    data: Frame,
    rows: Floats,
    moments: Moments,
    halves: SplitHalf,
    *,
    missing: str,
    level: float,
    intervals: bool = True,
    clusters: Clusters | None = None,
) -> ScaleEvidence:
    """Compute what else is known of one scale.

    Parameters
    ----------
    data
        One row per respondent, ready to be published; no number rests on other rows than those
        of alpha, omega and the items, so none reveals more than these.
    rows, moments
        Its scored answers `(n, k)` and their sums.
    halves
        Reliability from halves, around which the intervals go.
    missing
        "pairwise" or "listwise" covariances of standardized alpha.
    level
        Level of the intervals.
    intervals
        Whether standardized alpha is to have one.
    clusters
        Rows that belong together; None: rows are independent.

    Returns
    -------
    ScaleEvidence
        Intervals rest on the complete rows.
    """
    scale = moments.scale
    interval = Interval("adf" if intervals else None, level, standardized=True, clusters=clusters)
    bounds, told = _bounds(rows, halves, level, clusters)
    without, why = omega_if_deleted(moments)
    return ScaleEvidence(
        standardized=alpha_of_rows(rows, moments, interval, missing),
        ordinal=ordinal_alpha(data, scale),
        odd_even_lambda4=halves.odd_even_lambda4,
        bounds=bounds,
        bound_notes=told,
        omega_if_deleted=without,
        omega_notes=why,
        histograms=histograms(rows, scale),
    )


def omega_if_deleted(moments: Moments) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """Return omega total of a scale without each of its items, from the complete rows.

    Returns
    -------
    values, notes
        Item to omega; None where the one-factor model of the others has no proper solution, which
        a note says.

    References
    ----------
    McDonald (1999), Test Theory, chapter 6. Checked against psych::omega(nfactors = 1) and lavaan
    0.6-14 without the item: 1e-4.
    """
    scale = moments.scale
    found: dict[str, float | None] = dict.fromkeys(scale.items)
    if scale.k < 4:
        return found, (f"omega if deleted needs 4 items; the scale has {scale.k}",)
    if moments.complete_n < 2:
        return found, ("omega if deleted is not computable: fewer than 2 complete rows",)
    covariance, notes = moments.covariance("listwise"), []
    varying = covariance.diagonal() > 0
    for place, item in enumerate(scale.items):
        others = np.arange(scale.k) != place
        try:
            if not varying[others].all():
                raise NotComputable("an item is constant")  # noqa: TRY301 - reasons in one place
            model = fit_one_factor(covariance[np.ix_(others, others)], moments.complete_n)
            found[item] = omega_of_model(model)
        except NotComputable as reason:
            notes.append(f"no omega without {item}: {reason}")
    return found, tuple(notes)


def histograms(rows: Floats, scale: Scale) -> dict[str, dict[str, float]]:
    """Return the share of each answer of each item, lowest first.

    Parameters
    ----------
    rows
        Scored answers `(n, k)`: reversed items turned round.
    scale
        Its range tells which answers there are.

    Returns
    -------
    dict
        Item to answer to share of the rows that answered it.

    Examples
    --------
    >>> histograms(np.array([[1.0], [3.0], [3.0], [np.nan]]), Scale("trust", ("t",), 1, 3))
    {'t': {'1': 0.3333333333333333, '2': 0.0, '3': 0.6666666666666666}}
    """
    whole = float(scale.low).is_integer() and float(scale.high).is_integer()
    points = int(scale.high - scale.low) + 1
    if not whole or points > MOST_POINTS:
        return {}
    found = {}
    for item, answers in zip(scale.items, rows.T, strict=True):
        given = answers[~np.isnan(answers)] - scale.low
        steps = np.rint(given).astype(np.intp)
        if not len(given) or not np.array_equal(steps, given):
            continue
        shares = np.bincount(steps, minlength=points) / len(given)
        names = (str(int(scale.low) + step) for step in range(points))
        found[item] = dict(zip(names, shares.tolist(), strict=True))
    return found


def _bounds(
    rows: Floats, halves: SplitHalf, level: float, clusters: Clusters | None
) -> tuple[dict[str, tuple[float, float] | None], tuple[str, ...]]:
    if halves.lambda2 is None:
        return dict.fromkeys(BOUNDS), ()
    points = {name: getattr(halves, name) for name in BOUNDS}
    try:
        chosen = ~np.isnan(rows).any(axis=1)
        together = None if clusters is None else clusters.among(chosen)
        return bound_intervals(points, rows[chosen], level, together), (LARGEST,)
    except NotComputable as reason:
        return dict.fromkeys(BOUNDS), (f"no intervals of halves and λ's: {reason}", LARGEST)
