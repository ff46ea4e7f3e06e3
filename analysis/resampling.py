"""Bootstrap of covariance matrices: rows are drawn as counts, and counts times products summed.

A draw weighs each row by how often it was drawn, so all draws are one matrix product with the
rows' cross-products; no resampled copy of the data is made.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from analysis.clusters import Clusters
from analysis.data import Floats
from analysis.steps import Progress

_WEIGHTS = 4_000_000  # row weights held at a time
_ROWS = 4_096  # rows whose products are held at a time


def resampled_covariances(
    items: Floats,
    draws: int,
    rng: np.random.Generator,
    progress: Progress | None = None,
    clusters: Clusters | None = None,
) -> Floats:
    """Return the pairwise item covariances of resampled rows.

    Parameters
    ----------
    items
        Scored answers `(n, k)`, NaN where missing; with complete rows only, the covariances
        are the usual ones.
    draws
        Number of resamples of n rows with replacement.
    rng
        Source of randomness.
    progress
        Called with the draws that are done, and their number.
    clusters
        Rows that are drawn together; None: each row by itself.

    Returns
    -------
    numpy.ndarray
        Shape `(draws, k, k)`; NaN where a draw holds fewer than two rows of a pair.
    """
    n = len(items)
    step = max(1, _WEIGHTS // n)
    found = []
    for done in range(0, draws, step):
        size = min(step, draws - done)
        drawn = _counts(n if clusters is None else clusters.count, size, rng)
        found.append(_covariances(items, drawn if clusters is None else drawn[:, clusters.codes]))
        if progress:
            progress(done + size, draws)
    return np.concatenate(found)


def wider_tail(level: float, units: int, lost: int = 1) -> float:
    """Return which percentile of resamples to read off, a little further out than (1 - level)/2.

    Parameters
    ----------
    level
        Confidence level between 0 and 1.
    units
        What was resampled: rows or clusters.
    lost
        Degrees of freedom that the statistic costs.

    References
    ----------
    Formula: Φ(-t √(n/(n - lost))), t with n - lost degrees of freedom: resamples of few units vary
    too little. Hesterberg (2015), American Statistician 69, 371-386.
    """
    df = units - lost
    return float(ndtr(-stdtrit(df, (1 + level) / 2) * np.sqrt(units / df)))


def _counts(n: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return how often each row was drawn, `(draws, n)`."""
    rows = rng.integers(0, n, size=(draws, n))
    rows += n * np.arange(draws)[:, None]
    return np.bincount(rows.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)


def _covariances(items: Floats, weights: Floats) -> Floats:
    k = items.shape[1]
    pairs = np.triu_indices(k)
    gaps = bool(np.isnan(items).any())
    centred = items - np.nanmean(items, axis=0)
    blocks = (slice(row, row + _ROWS) for row in range(0, len(items), _ROWS))
    sums = np.zeros((len(weights), 4 * len(pairs[0]) if gaps else len(pairs[0]) + k))
    for rows in blocks:
        sums += weights[:, rows] @ _products(centred[rows], pairs, gaps=gaps)
    if gaps:
        cross, first, second, counts = np.split(sums, 4, axis=1)
    else:
        cross, totals = np.split(sums, [len(pairs[0])], axis=1)
        first, second = totals[:, pairs[0]], totals[:, pairs[1]]
        counts = np.broadcast_to(weights.sum(axis=1, keepdims=True), cross.shape)
    entries = np.full_like(cross, np.nan)
    np.divide(first * second, counts, out=first, where=counts > 1)
    np.divide(cross - first, counts - 1, out=entries, where=counts > 1)
    covariances = np.empty((len(weights), k, k))
    covariances[:, pairs[0], pairs[1]] = entries
    covariances[:, pairs[1], pairs[0]] = entries
    return covariances


def _products(
    rows: Floats, pairs: tuple[NDArray[np.intp], NDArray[np.intp]], *, gaps: bool
) -> Floats:
    """Return per row and pair xᵢxⱼ, and xᵢ, xⱼ and 1 (with gaps: where both are given)."""
    first, second = rows[:, pairs[0]], rows[:, pairs[1]]
    cross = first * second
    if not gaps:
        return np.hstack([cross, rows])
    both = ~np.isnan(cross)
    parts = [np.where(both, part, 0.0) for part in (cross, first, second)]
    return np.hstack([*parts, both])
