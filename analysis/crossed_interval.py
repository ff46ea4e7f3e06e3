"""Intervals of partners' scores in the crossed model, averaged over their variance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.data import Floats
from analysis.mixed_equations import Equations, Solution
from analysis.posterior import mixture_quantile

LEAST_PARTNERS = 4
_DEPTH = 12.0  # log density below its highest value from which the posterior is left out
_STEPS = 60
_MANY = 200

_Wanted = Callable[[Solution], tuple[Floats, Floats]]  # centre, and variance over the residuals


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Log density of a ratio, and centre and scale of what is wanted given it."""

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

    def score(solution: Solution) -> tuple[Floats, Floats]:
        spread = equations.variances(solution, place)
        spread = spread + (1 - solution.ones[place]) ** 2 / solution.weight
        return solution.mu + solution.effects[place], spread

    levels = len(equations.sizes[place])
    if levels < LEAST_PARTNERS:
        return [None] * levels, [None] * levels
    return _ends(_grid(equations, ratios, place, score), equations.freedom, level)


def sum_intervals(
    equations: Equations, ratios: tuple[float, float], place: int, weights: Floats, level: float
) -> tuple[list[float | None], list[float | None]]:
    """Return the central posterior interval of weighted sums of one factor's effects.

    Parameters
    ----------
    equations, ratios, place, level
        As for `score_intervals`.
    weights : array of shape (levels, sums)
        Weight of each effect in each sum.

    Returns
    -------
    low, high : lists of length (sums,)
        In the unit of the ratings; None with fewer than four levels. Of more than 200 sums the
        ratio is taken as known, as it nearly is from so many ratings.
    """

    def total(solution: Solution) -> tuple[Floats, Floats]:
        return weights.T @ solution.effects[place], equations.combined(solution, place, weights)

    if len(weights) < LEAST_PARTNERS:
        return [None] * weights.shape[1], [None] * weights.shape[1]
    if weights.shape[1] > _MANY and ratios[place] > 0:
        points = [_given(equations, float(np.log(ratios[place])), ratios, place, total)]
    else:
        points = _grid(equations, ratios, place, total)
    return _ends(points, equations.freedom, level)


def _ends(
    points: list[_Point], freedom: float, level: float
) -> tuple[list[float | None], list[float | None]]:
    """Average over the points and find the ends of the central interval."""
    density = np.array([point.density for point in points])
    weights = np.exp(density - density.max())
    centre = np.column_stack([point.centre for point in points])
    width = np.column_stack([point.width for point in points])
    ends = (
        mixture_quantile(centre, width, weights / weights.sum(), freedom, tail)
        for tail in ((1 - level) / 2, (1 + level) / 2)
    )
    low, high = (end.tolist() for end in ends)
    return low, high


def _grid(
    equations: Equations, ratios: tuple[float, float], place: int, wanted: _Wanted
) -> list[_Point]:
    """Walk from the best ratio to either side until the posterior is spent."""
    sizes = equations.sizes[place]
    best = float(np.log(ratios[place] + 1 / sizes.mean()))
    # A log ratio is known to √(2/levels) at best; a few points to that suffice.
    step = min(0.4, 1.2 * float(np.sqrt(2 / len(sizes))))
    points = [_given(equations, best, ratios, place, wanted)]
    for side in (-step, step):
        for far in range(1, _STEPS):
            points.append(_given(equations, best + far * side, ratios, place, wanted))
            if points[-1].density < max(point.density for point in points) - _DEPTH:
                break
    return points


def _given(
    equations: Equations,
    log_ratio: float,
    ratios: tuple[float, float],
    place: int,
    wanted: _Wanted,
) -> _Point:
    """Solve for what is wanted given the logarithm of the factor's ratio."""
    own = float(np.exp(log_ratio))
    solution = equations.solve((own, ratios[1]) if place == 0 else (ratios[0], own))
    centre, spread = wanted(solution)
    return _Point(log_ratio - solution.deviance / 2, centre, np.sqrt(solution.sigma2 * spread))
