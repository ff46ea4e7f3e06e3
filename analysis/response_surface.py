"""Two views and an outcome: a surface instead of a difference score."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.dyads import complete
from analysis.estimate import check_level
from analysis.least_squares import Effect, fit

_SLOPES = ((0, 1, 1, 0, 0, 0), (0, 0, 0, 1, 1, 1), (0, 1, -1, 0, 0, 0), (0, 0, 0, 1, -1, 1))


@dataclass(frozen=True, slots=True)
class ResponseSurface:
    """A surface of outcome over own and other's view, and its slopes along two lines.

    Parameters
    ----------
    coefficients
        b0 … b5 of outcome = b0 + b1 x + b2 y + b3 x² + b4 xy + b5 y², x and y centred.
    a1, a2
        Slope and curvature where both views agree (x = y).
    a3, a4
        Slope and curvature where they disagree (x = −y). a4 below 0: disagreement costs.
    centre
        What was taken off x and y, on their common metric.
    r2
        Share of the outcome's variance.
    n_used, n_total
        Complete rows; rows.
    """

    coefficients: tuple[Effect, ...]
    a1: Effect
    a2: Effect
    a3: Effect
    a4: Effect
    centre: float
    r2: float
    n_used: int
    n_total: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {**asdict(self), "coefficients": [asdict(each) for each in self.coefficients]}


def response_surface(
    outcome: ArrayLike,
    own: ArrayLike,
    other: ArrayLike,
    *,
    centre: float | None = None,
    level: float = 0.95,
) -> ResponseSurface:
    """Fit the outcome as a surface over two views, rather than over their difference.

    Parameters
    ----------
    outcome, own, other : arrays of shape (rows,)
        An outcome, and two views of the same thing on one metric; NaN where there is none.
    centre : float or None
        Taken off both views; None: the mean of all of both. Take the middle of the scale where
        "agree" is to mean "agree at the middle".
    level : float
        Level of the intervals.

    Returns
    -------
    ResponseSurface
        Coefficients and slopes with t intervals on n − 6 degrees of freedom.

    Raises
    ------
    NotComputable
        If there are too few complete rows, or the views do not span a surface.

    Notes
    -----
    Missing data: complete rows.

    a1 = b1 + b2, a2 = b3 + b4 + b5, a3 = b1 − b2, a4 = b3 − b4 + b5. Checked against R 4.2.2
    ``lm`` and its covariance matrix on 148 couples to 1e-10.

    References
    ----------
    Edwards & Parry (1993), Academy of Management Journal 36, 1577-1613. Shanock et al. (2010),
    Journal of Business and Psychology 25, 543-554.

    Examples
    --------
    >>> x, y = np.tile([1.0, 2, 3], 3), np.repeat([1.0, 2, 3], 3)
    >>> found = response_surface(5 - (x - y) ** 2 + 0.01 * x**3, x, y)
    >>> round(found.a2.estimate, 1), round(found.a4.estimate, 1)
    (0.1, -3.9)
    """
    check_level(level)
    (z, x, y), total = complete(outcome, own, other)
    at = float((x.mean() + y.mean()) / 2) if centre is None else centre
    x, y = x - at, y - at
    surface = fit(np.column_stack([np.ones(len(x)), x, y, x * x, x * y, y * y]), z)
    spread = float(((z - z.mean()) ** 2).sum())
    a1, a2, a3, a4 = (surface.combined(np.array(each, float), level) for each in _SLOPES)
    return ResponseSurface(
        tuple(surface.combined(each, level) for each in np.eye(6)),
        a1,
        a2,
        a3,
        a4,
        centre=at,
        r2=1 - surface.rss / spread if spread > 0 else 0.0,
        n_used=len(x),
        n_total=total,
    )
