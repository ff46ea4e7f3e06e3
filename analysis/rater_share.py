"""How much of what raters of one partner differ by is severity: an exact interval."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import fdtri

from analysis.crossed_design import Design
from analysis.data import Floats

MOST_RATERS = 1_500  # a matrix with a row for each is taken apart: 18 MB, a second or two
_WIDEST = 40.0  # log ratio of variances beyond which there is only severity
_NONE = 1e-9


def rater_share_interval(ratings: Design, level: float) -> tuple[float | None, float | None]:
    """Return the interval of rater variance over rater and residual variance.

    Parameters
    ----------
    ratings : Design
        Who rated whom.
    level : float
        Probability that the interval is to hold.

    Returns
    -------
    low, high : float or None
        From 0 to 1; None where nothing is left to know chance by, or beyond 1,500 raters.

    Notes
    -----
    With the partners' means taken out, the raters' sums t have covariance λ²σ_r² + λσ_e² along
    the eigenvectors of A = Zᵀ(I − X(XᵀX)⁻¹Xᵀ)Z. So Σ w²/(1 + ρλ)/k over the residual mean square,
    w² = (Qᵀt)²/λ, has F on k and N − G − k degrees of freedom at the true ρ = σ_r²/σ_e²; it falls
    with ρ, and the ends are where it passes the quantiles of F. Exact for normal ratings, whatever
    the partners. The share is ρ/(1 + ρ).

    References
    ----------
    Seely & El-Bassiouni (1983), Annals of Statistics 11, 197-201. Wald (1947), Annals of
    Mathematical Statistics 18, 586-589.
    """
    if len(ratings.raters) > MOST_RATERS:
        return None, None
    squared, roots, mean_square, freedom = _pivot(ratings)
    if freedom < 1 or not roots.size or mean_square <= 0:
        return None, None

    def ratio(rho: float) -> float:
        return float((squared / (1 + rho * roots)).mean()) / mean_square

    tails = ((1 + level) / 2, (1 - level) / 2)
    found = [_where(ratio, float(fdtri(roots.size, freedom, tail))) for tail in tails]
    low, high = (1 - 1 / (1 + rho) for rho in found)
    return low, high


def _pivot(ratings: Design) -> tuple[Floats, Floats, float, int]:
    """Return w², λ, and the residual mean square with its degrees of freedom."""
    counts = ratings.counts.toarray()
    n = counts.sum(axis=0)
    mean = np.bincount(ratings.partner, weights=ratings.values) / n
    rest = ratings.values - mean[ratings.partner]
    sums = np.bincount(ratings.rater, weights=rest, minlength=len(counts))
    roots, vectors = np.linalg.eigh(np.diag(counts.sum(axis=1)) - (counts / n) @ counts.T)
    kept = roots > _NONE * roots.max()
    squared = (vectors.T @ sums)[kept] ** 2 / roots[kept]
    freedom = len(rest) - len(n) - int(kept.sum())
    left = float(rest @ rest - squared.sum())
    return squared, roots[kept], max(left, 0.0) / max(freedom, 1), freedom


def _where(ratio: Callable[[float], float], limit: float) -> float:
    """Return the ρ at which the falling ratio passes a limit; 0 if it starts below."""
    if ratio(0.0) <= limit:
        return 0.0
    if ratio(float(np.exp(_WIDEST))) >= limit:
        return float("inf")
    found = brentq(lambda at: ratio(float(np.exp(at))) - limit, -_WIDEST, _WIDEST)
    return float(np.exp(found))
