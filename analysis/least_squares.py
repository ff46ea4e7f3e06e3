"""Ordinary least squares, and effects with their t intervals."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.data import Floats
from analysis.errors import NotComputable

_SINGULAR = 1e-9  # share of the largest singular value from which columns are one and the same


@dataclass(frozen=True, slots=True)
class Effect:
    """A coefficient in the unit of outcome per unit of predictor, with its t interval."""

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float

    @classmethod
    def of(cls, estimate: float, se: float, df: float, level: float) -> "Effect":
        """Make the interval of a coefficient from its standard error."""
        half = float(stdtrit(df, (1 + level) / 2)) * se
        p = 2 * float(stdtr(df, -abs(estimate) / se)) if se > 0 else float(estimate == 0)
        return cls(float(estimate), float(se), float(df), estimate - half, estimate + half, p)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A least-squares fit: coefficients `(p,)`, their covariance `(p, p)`, residuals `(n,)`."""

    coefficients: Floats
    covariance: Floats
    residuals: Floats
    df: int

    @property
    def rss(self) -> float:
        """Residual sum of squares."""
        return float(self.residuals @ self.residuals)

    def combined(self, weights: Floats, level: float) -> Effect:
        """Return a weighted sum of the coefficients with its interval."""
        se = float(np.sqrt(weights @ self.covariance @ weights))
        return Effect.of(float(weights @ self.coefficients), se, self.df, level)


def fit(design: Floats, outcome: Floats) -> Fit:
    """Fit outcome `(n,)` on the columns of a design `(n, p)` of complete rows.

    Raises
    ------
    NotComputable
        If there are no more rows than columns, or a column follows from the others.

    Examples
    --------
    >>> line = fit(np.array([[1.0, 0], [1, 1], [1, 2]]), np.array([1.0, 2, 4]))
    >>> line.coefficients.round(3).tolist(), line.df
    ([0.833, 1.5], 1)
    """
    n, p = design.shape
    if n <= p:
        raise NotComputable(f"{p} coefficients need more than {p} complete rows; there are {n}.")
    u, s, v = np.linalg.svd(design, full_matrices=False)
    if s[-1] <= _SINGULAR * s[0]:
        raise NotComputable("A predictor does not vary, or follows from the others.")
    coefficients = (v.T / s) @ (u.T @ outcome)
    residuals = outcome - design @ coefficients
    variance = float(residuals @ residuals) / (n - p)
    return Fit(coefficients, (v.T / s**2) @ v * variance, residuals, n - p)
