"""Covariance matrices that a statistic may rest on, or the reason why there is none."""

import numpy as np

from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.moments import Moments

_NEGATIVE = -1e-10  # an eigenvalue below this share of the largest is no rounding error


def proper_covariance(moments: Moments, missing: str) -> Floats:
    """Return the item covariances `(k, k)` of a scale.

    Parameters
    ----------
    moments
        Sums over the rows.
    missing
        "pairwise" or "listwise", as in `Moments.covariance`.

    Raises
    ------
    NotComputable
        If the scale has one item, too few rows answered together, an item is constant, or the
        pairwise matrix is not a covariance matrix of any data.
    """
    covariance = moments.covariance(missing)
    _enough(moments, missing)
    constant = moments.constant(missing)
    if constant:
        raise NotComputable(f"constant item: every answer to {_listed(constant)} is the same")
    eigenvalues = np.linalg.eigvalsh(covariance)
    if eigenvalues[0] < _NEGATIVE * eigenvalues[-1]:
        raise NotComputable(
            "the pairwise covariances contradict each other (a negative eigenvalue); "
            "use listwise, or leave out the item with the most missing answers"
        )
    return covariance


def proper_correlation(moments: Moments, missing: str) -> Floats:
    """Return the item correlations `(k, k)` of a scale.

    Raises
    ------
    NotComputable
        As `proper_covariance`, and if an item does not vary among the rows of a pair.
    """
    proper_covariance(moments, missing)
    correlation = moments.correlation(missing)
    if np.isnan(correlation).any():
        first, second = np.argwhere(np.isnan(correlation))[0]
        raise NotComputable(
            f"constant item: {moments.scale.items[first]!r} or {moments.scale.items[second]!r} "
            "does not vary among the rows that answered both"
        )
    return correlation


def alpha_of_covariance(covariance: Floats) -> Floats:
    """Return alpha `(…)` from covariance matrices `(…, k, k)`."""
    k = covariance.shape[-1]
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    share: Floats = k / (k - 1) * (1 - trace / covariance.sum(axis=(-2, -1)))
    return share


def _enough(moments: Moments, missing: str) -> None:
    scale = moments.scale
    if scale.k < 2:
        raise NotComputable(f"needs 2 items; the scale has {scale.k}")
    if missing == "listwise":
        if moments.complete_n < 2:
            raise NotComputable(
                f"needs 2 rows that answered every item; there are {moments.complete_n}"
            )
        return
    lonely = np.argwhere(moments.pair_n < 2)
    if len(lonely):
        first, second = lonely[0]
        together = int(moments.pair_n[first, second])
        names = " and ".join(dict.fromkeys(repr(scale.items[index]) for index in (first, second)))
        raise NotComputable(f"needs 2 rows that answered {names}; there are {together}")


def _listed(items: tuple[str, ...]) -> str:
    return ", ".join(repr(item) for item in items)
