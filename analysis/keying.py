"""Find items that look reversed: those that go against the rest of their scale."""

import math

import numpy as np

from analysis.data import Floats
from analysis.moments import Moments

_ONE_SIDED = 1.6448536269514722  # normal quantile of .95: chance alone seldom accuses


def contrary_items(moments: Moments) -> tuple[tuple[str, float], ...]:
    """Return the items that go against the rest, each with its item-rest correlation.

    The item most against the rest is turned round first and the others are judged again, so
    one reversed item does not make its neighbours look reversed; at most half can be.

    Parameters
    ----------
    moments
        Sums over the rows of a scale, scored by its present key.

    Returns
    -------
    tuple
        In the scale's order, the items whose corrected item-rest r is below 0 by more than
        chance (the upper limit of a one-sided 95 % interval by Fisher's z is negative), each
        with its r when the other contrary items are turned round.
    """
    covariance = np.nan_to_num(moments.covariance("pairwise"))
    counts = np.where(moments.pair_n > 1, moments.pair_n, np.inf).min(axis=0)
    signs = np.ones(moments.scale.k)
    for _ in range(moments.scale.k // 2):
        r = _item_rest(covariance * np.outer(signs, signs))
        limits = np.array([_upper(*pair) for pair in zip(r, counts, strict=True)])
        limits[signs < 0] = math.inf
        worst = int(np.argmin(limits))
        if not limits[worst] < 0:
            break
        signs[worst] = -1
    r = _item_rest(covariance * np.outer(signs, signs))
    return tuple(
        (moments.scale.items[index], -float(r[index]))
        for index in np.flatnonzero((signs < 0) & (r > 0))
    )


def _item_rest(covariance: Floats) -> Floats:
    own = covariance.diagonal()
    with_rest = covariance.sum(axis=0) - own
    rest = covariance.sum() - 2 * with_rest - own
    spread = own * rest
    r = np.zeros(len(own))
    np.divide(with_rest, np.sqrt(np.abs(spread)), out=r, where=spread > 1e-12)
    return r


def _upper(r: float, n: float) -> float:
    if n <= 3 or not math.isfinite(n):
        return math.inf
    return math.atanh(max(r, -1 + 1e-12) if r < 0 else 0.0) + _ONE_SIDED / math.sqrt(n - 3)
