"""Intervals of partners' scores in the crossed model, averaged over their variance."""

from dataclasses import dataclass

import numpy as np

from analysis.data import Floats
from analysis.mixed_equations import Equations
from analysis.posterior import mixture_quantile

LEAST_PARTNERS = 4
_DEPTH = 12.0  # log density below its highest value from which the posterior is left out
_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Log density, and centre and scale of the scores, given the ratios."""

    density: float
    centre: Floats
    width: Floats


def score_intervals(
    equations: Equations, ratios: tuple[float, float], place: int, level: float
) -> tuple[list[float | None], list[float | None]]:
    """Return the central posterior interval of mu plus each effect of one factor.

    Parameters
    ----------
    equations : Equations
        The ratings.
    ratios : tuple of float
        Variances of the two factors over that of the residuals, by REML.
    place : int
        Which of the two factors is wanted.
    level : float
        Probability that the interval of one level is to hold.

    Returns
    -------
    low, high : lists of length (levels,)
        In the unit of the ratings; None with fewer than four levels.

    Notes
    -----
    Prior flat in mu, log sigma2 and the variance of the factor; the ratio of the other factor is
    taken as known. Given the ratio r, mu + effect has Student's t with N − 1 degrees of freedom;
    it is averaged over a grid of log r, with the restricted likelihood times r as density.
    """
    levels = len(equations.sizes[place])
    if levels < LEAST_PARTNERS:
        return [None] * levels, [None] * levels
    points = _grid(equations, ratios, place)
    density = np.array([point.density for point in points])
    weights = np.exp(density - density.max())
    centre = np.column_stack([point.centre for point in points])
    width = np.column_stack([point.width for point in points])
    ends = (
        mixture_quantile(centre, width, weights / weights.sum(), equations.freedom, tail)
        for tail in ((1 - level) / 2, (1 + level) / 2)
    )
    low, high = (end.tolist() for end in ends)
    return low, high


def _grid(equations: Equations, ratios: tuple[float, float], place: int) -> list[_Point]:
    """Walk from the best ratio to either side until the posterior is spent."""
    sizes = equations.sizes[place]
    best = float(np.log(ratios[place] + 1 / sizes.mean()))
    # A log ratio is known to √(2/levels) at best; a few points to that suffice.
    step = min(0.4, 1.2 * float(np.sqrt(2 / len(sizes))))
    points = [_given(equations, best, ratios, place)]
    for side in (-step, step):
        for far in range(1, _STEPS):
            points.append(_given(equations, best + far * side, ratios, place))
            if points[-1].density < max(point.density for point in points) - _DEPTH:
                break
    return points


def _given(
    equations: Equations, log_ratio: float, ratios: tuple[float, float], place: int
) -> _Point:
    """Solve for the scores given the logarithm of the factor's ratio."""
    own = float(np.exp(log_ratio))
    solution = equations.solve((own, ratios[1]) if place == 0 else (ratios[0], own))
    spread = equations.variances(solution, place)
    spread = spread + (1 - solution.ones[place]) ** 2 / solution.weight
    centre = solution.mu + solution.effects[place]
    return _Point(log_ratio - solution.deviance / 2, centre, np.sqrt(solution.sigma2 * spread))
