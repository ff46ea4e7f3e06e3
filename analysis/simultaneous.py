"""Which of many differences are sure, all of them together: largest values drawn, step-down."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.data import Floats

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]

_AT_ONCE = 1_000_000  # differences held at a time: 8 MB


@dataclass(frozen=True, slots=True)
class Noise:
    """Draws of means whose true values are 0, `(draws, k)`, and of their squared errors.

    `squared` has shape `(draws, k)`, or `(1, k)` where the draws of `means` are already divided
    by the error that they have in common; `shared` are their covariances `(k, k)`, None: none.
    """

    means: Floats
    squared: Floats
    shared: Floats | None = None

    def error(self, rows: slice, left: Places, right: Places) -> Floats:
        """Return the errors of differences, of some of the draws or of all alike."""
        squared = self.squared if len(self.squared) == 1 else self.squared[rows]
        both = squared[:, left] + squared[:, right]
        return np.sqrt(both if self.shared is None else both - 2 * self.shared[left, right])


@dataclass(frozen=True, slots=True)
class Chance:
    """Squared standard errors `(k,)` and their degrees of freedom.

    `freedom` has shape `(1,)` where the errors come from one variance (`common`), else `(k,)`.
    `shared` is the whole covariance `(k, k)` of estimates that hang together; None: they do not.
    """

    squared: Floats
    freedom: Floats
    common: bool
    shared: Floats | None = None

    def draw(self, draws: int, source: np.random.Generator) -> Noise:
        """Draw means without true differences, and errors as they are estimated."""
        shape = (draws, len(self.squared))
        normal = source.standard_normal(shape)
        means = np.sqrt(self.squared) * normal
        if self.shared is not None:
            means = normal @ np.linalg.cholesky(self.shared).T
        width = 1 if self.common else shape[1]
        factor = source.chisquare(self.freedom, (draws, width)) / self.freedom
        if self.common:
            return Noise(means / np.sqrt(factor), self.squared[None], self.shared)
        return Noise(means, self.squared * factor)


def told_apart(
    means: Floats, squared: Floats, noise: Noise, level: float
) -> tuple[Mask, float | None]:
    """Say of each ordered pair whether the first surely lies above the second.

    Parameters
    ----------
    means, squared : arrays of shape (k,)
        Estimates, and their squared standard errors.
    noise : Noise
        Draws of them without true differences.
    level : float
        Probability that all statements hold.

    Returns
    -------
    apart : array of shape (k, k)
        Row i, column j: i lies above j.
    critical : float or None
        Standard errors from which a pair is told apart in the first step; None where the errors
        are 0, and every difference is sure.
    """
    statistic = _statistic(means, squared, noise.shared)
    open_ = np.isfinite(statistic)
    critical = None
    while open_.any():
        limit = _quantile(_largest(noise, open_), level)
        critical = limit if critical is None else critical
        sure = open_ & (statistic > limit)
        if not sure.any():
            break
        open_ &= ~sure
    rest = ~open_ & ~np.eye(len(means), dtype=bool)
    return rest & (statistic > 0), critical


def told_from(means: Floats, squared: Floats, noise: Noise, level: float) -> tuple[Floats, Floats]:
    """Count, for one partner at a time, those surely above and those surely below it.

    Returns
    -------
    above, below : arrays of shape (k,)
        Each pair of counts holds at `level` for its partner alone.
    """
    statistic = _statistic(means, squared, noise.shared)
    above, below = np.zeros(len(means)), np.zeros(len(means))
    for index in range(len(means)):
        above[index], below[index] = _one(statistic[index], noise, index, level)
    return above, below


def cheap_limits(
    partners: int, freedom: float, level: float, draws: int, source: np.random.Generator
) -> tuple[float, float]:
    """Return limits that need no draws of pairs: for all pairs, and for those of one partner.

    Notes
    -----
    Tukey-Kramer: the quantile of the studentized range over √2, here by draws of the range.
    Bonferroni: Student's t at 1 − (1 − level)/(2 (partners − 1)).
    """
    factor = np.sqrt(source.chisquare(freedom, draws) / freedom)
    step = max(1, _AT_ONCE // partners)
    sizes = (min(step, draws - start) for start in range(0, draws, step))
    ranges = np.concatenate(
        [np.ptp(source.standard_normal((size, partners)), axis=1) for size in sizes]
    )
    tukey = _quantile(ranges / factor, level) / np.sqrt(2)
    one = float(stdtrit(freedom, 1 - (1 - level) / (2 * (partners - 1))))
    return float(tukey), min(one, float(tukey))


def wide_limits(partners: int, freedom: float, level: float) -> tuple[float, float]:
    """Return limits that hold however the estimates hang together: for all pairs, and for one's.

    Notes
    -----
    Bonferroni: Student's t at 1 − (1 − level)/(k (k − 1)) and at 1 − (1 − level)/(2 (k − 1)).
    """
    tails = ((1 - level) / (partners * (partners - 1)), (1 - level) / (2 * (partners - 1)))
    every, one = (float(stdtrit(freedom, 1 - tail)) for tail in tails)
    return every, one


def errors_of(squared: Floats, shared: Floats | None) -> Floats:
    """Return the standard error of each difference `(k, k)`."""
    both = squared[:, None] + squared
    return np.sqrt(both if shared is None else np.maximum(both - 2 * shared, 0.0))


def _statistic(means: Floats, squared: Floats, shared: Floats | None) -> Floats:
    """Return the differences in standard errors; infinite where sure, NaN on the diagonal."""
    difference = means[:, None] - means
    error = errors_of(squared, shared)
    found = np.full_like(difference, np.nan)
    np.divide(difference, error, out=found, where=error > 0)
    exact = (error == 0) & (difference != 0)
    found[exact] = np.copysign(np.inf, difference[exact])
    np.fill_diagonal(found, np.nan)
    return found


def _largest(noise: Noise, open_: Mask) -> Floats:
    """Return for each draw the largest difference among the open pairs."""
    left, right = np.nonzero(open_)
    both = open_[right, left] & (left > right)  # its mirror image stands for it
    left, right = left[~both], right[~both]
    two_sided = open_[right, left]
    step = max(1, _AT_ONCE // len(left))
    found = np.empty(len(noise.means))
    for start in range(0, len(found), step):
        part = slice(start, start + step)
        drawn = noise.means[part][:, left] - noise.means[part][:, right]
        drawn /= noise.error(part, left, right)
        np.abs(drawn, out=drawn, where=two_sided)
        found[part] = drawn.max(axis=1)
    return found


def _one(statistic: Floats, noise: Noise, index: int, level: float) -> tuple[int, int]:
    """Step down over the pairs of one partner, in both directions."""
    sure = statistic[np.isinf(statistic)]
    others = np.flatnonzero(np.isfinite(statistic))
    drawn = noise.means[:, [index]] - noise.means[:, others]
    drawn /= noise.error(slice(None), np.full_like(others, index), others)
    signed = np.hstack([drawn, -drawn])
    seen = np.concatenate([statistic[others], -statistic[others]])
    open_ = np.ones(len(seen), dtype=bool)
    while open_.any():
        new = open_ & (seen > _quantile(signed[:, open_].max(axis=1), level))
        if not new.any():
            break
        open_ &= ~new
    higher, lower = np.split(~open_, 2)
    return int(lower.sum() + (sure < 0).sum()), int(higher.sum() + (sure > 0).sum())


def _quantile(values: Floats, level: float) -> float:
    return float(np.quantile(values, level, method="higher"))
