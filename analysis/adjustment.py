"""Allow for several tests at once."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.data import Floats

Adjustment = Literal["holm", "bh"]


def adjusted(p: ArrayLike, method: Adjustment = "holm") -> Floats:
    """Allow for several tests: Holm's step-down or Benjamini and Hochberg's step-up.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    >>> adjusted([0.01, 0.04, 0.03], "bh").round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    tests = given.size
    if method == "holm":
        stepped = np.maximum.accumulate(given[order] * np.arange(tests, 0, -1))
    else:
        factor = tests / np.arange(1, tests + 1)
        stepped = np.minimum.accumulate((given[order] * factor)[::-1])[::-1]
    found = np.empty(tests)
    found[order] = np.minimum(stepped, 1)
    return found
