"""Straight lines over the waves of each partner: slopes, their weights, and their mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis import reml
from analysis.data import Floats
from analysis.wave_sums import WaveSums


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A line for each partner with two waves or more.

    Parameters
    ----------
    at
        Where the partner stands among all, `(partners,)`.
    slope, weight
        Its slope b and S = Σn(t − t̄)², so that b has variance σ²/S.
    bend, bend_df
        Sum of squares of wave means round their lines, over all partners, and its degrees of
        freedom.
    """

    at: NDArray[np.intp]
    slope: Floats
    weight: Floats
    bend: float
    bend_df: int


def lines(cells: WaveSums) -> Lines:
    """Fit a line to the means of each partner that has two waves or more."""
    n, t = cells.n, cells.times
    total = np.maximum(n.sum(axis=1), 1)
    mean = np.where(n > 0, cells.mean, 0.0)
    middle, centre = (n @ t) / total, (n * mean).sum(axis=1) / total
    apart = t - middle[:, None]
    weight = (n * apart**2).sum(axis=1)
    several = (n > 0).sum(axis=1) >= 2
    at = np.flatnonzero(several)
    slope = (n * apart * mean).sum(axis=1)[at] / weight[at]
    fitted = centre[at, None] + slope[:, None] * apart[at]
    bend = float((n[at] * (mean[at] - fitted) ** 2).sum())
    return Lines(at, slope, weight[at], bend, int(((n[at] > 0).sum(axis=1) - 2).sum()))


def knapp(along: reml.Profile, found: reml.VarianceComponents, level: float) -> float:
    """Return half the width of the interval of the mean slope."""
    weight = 1 / (found.tau2 + found.sigma2 / along.n)
    df = along.n.size - 1
    squared = float(weight @ (along.mean - found.mu) ** 2) / df / float(weight.sum())
    return float(stdtrit(df, (1 + level) / 2)) * float(np.sqrt(squared))
