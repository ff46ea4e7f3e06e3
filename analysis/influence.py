"""Standard errors and intervals from the influence of each row, whatever the distribution."""

import math

import numpy as np
from scipy.special import stdtrit

from analysis.data import Floats


def standard_error(influence: Floats) -> Floats:
    """Return the standard error `(…)` of a statistic from its rows' influence `(…, n)`.

    References
    ----------
    Formula: standard deviation of the influence (dividing by n), over √n.
    """
    return np.asarray(influence.std(axis=-1) / math.sqrt(influence.shape[-1]))


def margin(influence: Floats, level: float) -> Floats:
    """Return half the width of the interval around a statistic.

    Parameters
    ----------
    influence
        Shape `(…, n)`: how much each row moves the statistic.
    level
        Confidence level between 0 and 1.

    Returns
    -------
    numpy.ndarray
        t · standard error, `(…)`, in the unit of the statistic.

    References
    ----------
    Formula: t has 2n/(κ-1) degrees of freedom, at most n-1, κ the kurtosis m₄/m₂² of the
    influence. The squared standard error is a mean of squares that are far from normal, so it
    varies as if it rested on fewer rows; Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    With many rows t is the normal quantile. Checked by simulated coverage of alpha and omega.
    """
    n = influence.shape[-1]
    centred = influence - influence.mean(axis=-1, keepdims=True)
    squares = centred**2
    second, fourth = squares.mean(axis=-1), (squares**2).mean(axis=-1)
    excess = fourth - second**2
    degrees = np.full(np.shape(second), n - 1.0)
    np.divide(2 * n * second**2, excess, out=degrees, where=excess > 0)
    t: Floats = stdtrit(np.minimum(degrees, n - 1.0), (1 + level) / 2)
    return t * standard_error(influence)
