"""Intervals of partners' true scores that allow for variances known only from the same data.

The conditional standard deviation takes the variances between and within partners as known. With
a dozen partners they are not: «score ± 1.96 standard errors» then holds for four in five true
scores, and where the variance between partners is estimated as 0 it has no width at all. Here
the variances are averaged over.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtr, ndtri, stdtr

from analysis import reml
from analysis.data import Floats
from analysis.errors import NotComputable

LEAST_PARTNERS = 4
_NODES = 81
_NORMAL_FROM = 1_000  # degrees of freedom from which Student's t is taken as normal
_REACH = 40  # scales to either side that hold every quantile asked for
_CLOSE = 1e-11
_STEPS = 60


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
    return intervals_along(reml.profile(n, mean, ss, restricted=True), level)


def intervals_along(along: reml.Profile, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the intervals of true scores along a restricted likelihood: `posterior_intervals`."""
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
    low, high = (mixture_quantile(centre, width, weights, along.freedom, tail) for tail in tails)
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
    density = log_ratio - along.deviance(np.exp(log_ratio)) / 2
    return np.asarray(density - density.max(), dtype=np.float64)


def _given_ratio(along: reml.Profile, ratios: Floats) -> tuple[Floats, Floats]:
    """Return centre and scale of the true scores given each ratio, both (partners, ratios)."""
    weight, mu, rss = along.solve(ratios)
    rest = 1 / (1 + along.n[:, None] * ratios)
    centre = along.mean[:, None] + rest * (mu - along.mean[:, None])
    spread = ratios * rest + rest**2 / weight.sum(axis=1)
    return centre, np.sqrt(rss / along.freedom * spread)


def mixture_quantile(
    centre: Floats, width: Floats, weights: Floats, freedom: float, tail: float
) -> Floats:
    """Find where the mixture of t distributions reaches `tail`: Newton's steps in a bracket."""
    low, high = (centre - _REACH * width).min(axis=1), (centre + _REACH * width).max(axis=1)
    close = (high - low) * _CLOSE
    middle = centre @ weights
    at = middle + ndtri(tail) * np.sqrt((width**2 + (centre - middle[:, None]) ** 2) @ weights)
    for _ in range(_STEPS):
        z = (at[:, None] - centre) / width
        share, density = _student(z, freedom)
        above = share @ weights - tail
        low, high = np.where(above < 0, at, low), np.where(above < 0, high, at)
        step = at - above / np.maximum((density / width) @ weights, np.finfo(float).tiny)
        before, at = at, np.where((step >= low) & (step <= high), step, (low + high) / 2)
        if (np.abs(at - before) <= close).all():
            break
    return at


def _student(z: Floats, freedom: float) -> tuple[Floats, Floats]:
    """Return the distribution function and the density of Student's t."""
    if freedom >= _NORMAL_FROM:
        return ndtr(z), np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    scale = np.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2)) / np.sqrt(freedom * np.pi)
    density = scale * (1 + z**2 / freedom) ** (-(freedom + 1) / 2)
    return np.asarray(stdtr(freedom, z), dtype=np.float64), density
