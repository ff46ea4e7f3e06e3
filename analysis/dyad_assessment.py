"""Both sides of all partners as pairs: what each view owes to the other, and to both together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from analysis.coorientation import Coorientation
from analysis.data import Label
from analysis.dyads import Apim, apim
from analysis.errors import NotComputable
from analysis.response_surface import ResponseSurface, response_surface

LEAST_APIM = 10
LEAST_SURFACE = 20
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class DyadScale:
    """One scale as the predictor of an outcome, both as the sides of each partner see them.

    Parameters
    ----------
    n_pairs
        Partners with both scales from both sides.
    apim, surface
        What was found; None with its reason.
    apim_reason, surface_reason
        Why not.
    """

    n_pairs: int
    apim: Apim | None = None
    apim_reason: str | None = None
    surface: ResponseSurface | None = None
    surface_reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as they stand in the JSON."""
        return {
            "n_pairs": self.n_pairs,
            "apim": None if self.apim is None else self.apim.to_dict(),
            "apim_reason": self.apim_reason,
            "surface": None if self.surface is None else self.surface.to_dict(),
            "surface_reason": self.surface_reason,
        }


@dataclass(frozen=True, slots=True)
class Dyads:
    """All scales as predictors of one outcome.

    Parameters
    ----------
    outcome
        The scale that is predicted; None with its reason.
    scales
        Scale to what was found.
    reason
        Why there is nothing.
    """

    outcome: str | None
    scales: dict[str, DyadScale]
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the pairs as their part of the JSON."""
        scales = {name: scale.to_dict() for name, scale in self.scales.items()}
        return {"outcome": self.outcome, "reason": self.reason, "scales": scales}


def assess_dyads(
    sides: Mapping[str, Mapping[Label, Coorientation]], outcome: str | None, *, level: float
) -> Dyads:
    """Fit both models of pairs with each scale as the predictor of the outcome.

    Parameters
    ----------
    sides
        Scale to partner to what both sides say, as it may be published.
    outcome
        Scale that is predicted; None: there are no models.
    level
        Level of the intervals.

    Returns
    -------
    Dyads
        Pairs are partners, each with one mean of each side.

    Notes
    -----
    Missing data: partners with all four means. The interdependence model takes 10 pairs, the
    response surface 20: with fewer, its six coefficients are as good as free. The surface has the
    first side's outcome over its own view and that of the other side.

    The means of few raters carry chance, which makes effects of the other side too small. On the
    same side the same raters gave both answers, so what they have in common is in that effect.
    """
    if outcome is None or outcome not in sides:
        return Dyads(None, {}, "Name the scale that is the outcome, such as an overall judgement.")
    others = [name for name in sides if name != outcome]
    if not others:
        return Dyads(outcome, {}, "There is no scale besides the outcome.")
    y = _means(sides[outcome])
    return Dyads(outcome, {name: _of(y, _means(sides[name]), level) for name in others})


def _of(
    y: dict[Label, tuple[float, float]], x: dict[Label, tuple[float, float]], level: float
) -> DyadScale:
    known = [who for who in y if who in x]
    n = len(known)
    table = np.array([(*y[who], *x[who]) for who in known], dtype=np.float64).reshape(n, 4)
    ya, yb, xa, xb = table.T
    pair, no_pair = _try(lambda: apim(ya, yb, xa, xb, level=level), n, LEAST_APIM)
    bent, no_bent = _try(lambda: response_surface(ya, xa, xb, level=level), n, LEAST_SURFACE)
    return DyadScale(n, pair, no_pair, bent, no_bent)


def _try(fit: Callable[[], _Found], n: int, least: int) -> tuple[_Found | None, str | None]:
    if n < least:
        return None, f"It takes {least} partners with both scales from both sides; there are {n}."
    try:
        return fit(), None
    except NotComputable as reason:
        return None, str(reason)


def _means(by: Mapping[Label, Coorientation]) -> dict[Label, tuple[float, float]]:
    """Return the means of both sides of each partner that has both."""
    found = {}
    for who, pair in by.items():
        a, b = pair.a.mean, pair.b.mean
        if a is not None and b is not None and not np.isnan([a, b]).any():
            found[who] = (a, b)
    return found
