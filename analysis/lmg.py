"""Shares of explained variance, averaged over all orders in which drivers may enter."""

import numpy as np
from scipy.special import gammaln

from analysis.data import Floats

SINGULAR = 1e-9  # share of its variance from which a driver follows from the others


def lmg(covariances: Floats) -> Floats:
    """Share R² among the drivers, for each of several covariance matrices.

    Parameters
    ----------
    covariances
        `(draws, k + 1, k + 1)`, the outcome last.

    Returns
    -------
    numpy.ndarray
        `(draws, k)`; a driver that follows from those before it adds nothing.
    """
    k = covariances.shape[1] - 1
    explained = np.zeros((2**k, len(covariances)))
    _explain(explained, covariances, covariances, 0, 0)
    members = np.array([[mask >> j & 1 for j in range(k)] for mask in range(2**k)], dtype=bool)
    size = members.sum(axis=1)
    weight = np.exp(gammaln(size + 1) + gammaln(np.maximum(k - size, 1)) - gammaln(k + 1))
    shares = np.empty((len(covariances), k))
    for j in range(k):
        without = np.flatnonzero(~members[:, j])
        gain = explained[without | 1 << j] - explained[without]
        shares[:, j] = weight[without] @ gain
    return shares


def _explain(explained: Floats, whole: Floats, left: Floats, mask: int, first: int) -> None:
    """Fill in R² of every set of drivers that adds to `mask` drivers from `first` on.

    `left` holds what the drivers of `mask` leave of the covariances, from driver `first` on.
    """
    total = whole[:, -1, -1]
    for j in range(left.shape[1] - 1):
        at = first + j
        pivot = left[:, j, j]
        free = pivot > SINGULAR * whole[:, at, at]
        weight = np.zeros_like(left[:, j, j:])
        np.divide(left[:, j, j:], pivot[:, None], out=weight, where=free[:, None])
        rest = left[:, j + 1 :, j + 1 :] - left[:, j + 1 :, j, None] * weight[:, None, 1:]
        grown = mask | 1 << at
        explained[grown] = 1 - rest[:, -1, -1] / total
        _explain(explained, whole, rest, grown, at + 1)
