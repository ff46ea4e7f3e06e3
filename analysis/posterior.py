"""Intervals of partners' true scores that allow for variances known only from the same data.

The conditional standard deviation takes the variances between and within partners as known. With
a dozen partners they are not: «score ± 1.96 standard errors» then holds for four in five true
scores, and where the variance between partners is estimated as 0 it has no width at all. Here
the variances are averaged over.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from analysis import reml
from analysis.data import Floats
from analysis.errors import NotComputable

LEAST_PARTNERS = 4
_NODES = 81
_NORMAL_FROM = 1_000  # degrees of freedom from which Student's t is taken as normal
_HALVINGS = 40


def posterior_intervals(
    n: ArrayLike, mean: ArrayLike, ss: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the central posterior interval of each partner's true score.

    Parameters
    ----------
    n, mean, ss : arrays of shape (partners,)
        Raters (at least 1), mean rating, sum of squared deviations from that mean.
    level : float
        Probability that the interval of one partner is to hold.

    Returns
    -------
    low, high : arrays of shape (partners,)
        In the unit of the ratings. Where all raters of each partner agree, both are the mean.

    Raises
    ------
    NotComputable
        If there are fewer than four partners (the posterior does not exist), or none has two
        raters.

    Notes
    -----
    Model as in `reml.fit`, with a prior that is flat in mu, log sigma2 and tau2. With
    r = tau2/sigma2, w = n/(1 + n r), B = r w: the posterior of r is proportional to the REML
    likelihood; given r, the true score has Student's t with N − 1 degrees of freedom round
    B mean + (1 − B) mu(r), with squared scale s²(r) (r (1 − B) + (1 − B)²/Σw). The interval
    holds the central `level` of that t, averaged over r on a grid of log r.

    References
    ----------
    Box & Tiao (1973), Bayesian inference in statistical analysis, section 5.2. Everson & Morris
    (2000), Journal of the Royal Statistical Society B 62, 399-412 (flat in tau2, for coverage).

    Examples
    --------
    >>> low, high = posterior_intervals([9] * 4, [2.0, 3.0, 3.0, 4.0], [8.0] * 4)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([1.4, 2.36, 2.36, 3.28], [2.72, 3.64, 3.64, 4.6])
    """
    along = reml.profile(n, mean, ss, restricted=True)
    if along.n.size < LEAST_PARTNERS:
        raise NotComputable(
            f"With {along.n.size} partners the variance between them is too little known for an "
            f"interval of a shrunken score; it takes {LEAST_PARTNERS}."
        )
    if along.within == 0:
        return along.mean.copy(), along.mean.copy()
    ratios, weights = _ratios(along)
    centre, width = _given_ratio(along, ratios)
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = (_quantile(centre, width, weights, along.freedom, tail) for tail in tails)
    return low, high


def _ratios(along: reml.Profile) -> tuple[Floats, Floats]:
    """Return a grid of ratios that holds nearly all of their posterior, and its weights."""
    best = np.log(reml.best_ratio(along) + 1 / along.n.mean())
    wide = best + np.arange(-14.0, 34.0, 0.25)
    held = np.flatnonzero(_log_posterior(along, wide) > -16)
    grid = np.linspace(wide[max(held[0] - 1, 0)], wide[min(held[-1] + 1, wide.size - 1)], _NODES)
    weights = np.exp(_log_posterior(along, grid))
    return np.exp(grid), weights / weights.sum()


def _log_posterior(along: reml.Profile, log_ratio: Floats) -> Floats:
    """Return the log density of log r, its highest value on the grid taken as 0."""
    deviance = np.array([along.deviance(ratio) for ratio in np.exp(log_ratio)])
    density = log_ratio - deviance / 2
    return np.asarray(density - density.max(), dtype=np.float64)


def _given_ratio(along: reml.Profile, ratios: Floats) -> tuple[Floats, Floats]:
    """Return centre and scale of the true scores given each ratio, both (partners, ratios)."""
    centre, width = np.empty((2, along.n.size, ratios.size))
    for node, ratio in enumerate(ratios):
        weight, mu, rss = along.solve(ratio)
        rest = 1 - ratio * weight
        centre[:, node] = along.mean + rest * (mu - along.mean)
        width[:, node] = np.sqrt(rss / along.freedom * (ratio * rest + rest**2 / weight.sum()))
    return centre, width


def _quantile(
    centre: Floats, width: Floats, weights: Floats, freedom: float, tail: float
) -> Floats:
    """Halve the range in which the mixture of t distributions reaches `tail`."""
    low, high = (centre - 40 * width).min(axis=1), (centre + 40 * width).max(axis=1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        z = (middle[:, None] - centre) / width
        reached = (ndtr(z) if freedom >= _NORMAL_FROM else stdtr(freedom, z)) @ weights
        low, high = np.where(reached < tail, middle, low), np.where(reached < tail, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)
