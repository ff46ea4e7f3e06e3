"""Differences of two means of raters, their intervals, and whether they are close or apart."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from analysis.data import Floats
from analysis.errors import UnknownChoice

CLOSE, APART, UNCLEAR = "close", "apart", "unclear"
_ROUNDING = 1e-12  # a variance below this is rounding error: answers are whole steps


@dataclass(frozen=True, slots=True)
class Gap:
    """First mean less second mean, on the metric of the scale.

    Parameters
    ----------
    estimate, se
        The difference and its standard error; None where there are no raters to tell.
    df
        Degrees of freedom of its t interval.
    ci_low, ci_high
        Interval; None with a single rater, or where all raters agree.
    verdict
        "close": the interval lies within the margin; "apart": it lies on one side of 0 and not
        within the margin; "unclear": neither. None where nothing is shown.
    n_first, n_second
        Raters on which the two means rest.
    """

    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    verdict: str | None = None
    n_first: int | None = None
    n_second: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sample:
    """Answers of one group: how many, their mean and their variance (NaN for one answer)."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Floats) -> "Sample":
        """Sum up the answers that are there."""
        given = values[~np.isnan(values)]
        n = len(given)
        variance = float(given.var(ddof=1)) if n > 1 else np.nan
        return cls(n, float(given.mean()) if n else np.nan, _whole(variance))


def check_margin(margin: float) -> None:
    """Refuse a margin of equivalence that is not above 0."""
    if not margin > 0:
        raise UnknownChoice(f"margin is {margin!r}; give a difference above 0.")


def independent(first: Sample, second: Sample, *, level: float, margin: float) -> Gap:
    """Compare the means of two groups of different raters (Welch).

    Parameters
    ----------
    first, second
        The two groups.
    level
        Level of the interval.
    margin
        Smallest difference that matters, on the metric of the scale.

    Returns
    -------
    Gap
        `estimate` without an interval where a group has a single rater.

    Notes
    -----
    SE² = s₁²/n₁ + s₂²/n₂, with Welch–Satterthwaite degrees of freedom. Checked against R 4.2.2
    ``t.test`` to 1e-10.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35.

    Examples
    --------
    >>> a, b = Sample(10, 4.1, 0.5), Sample(8, 3.0, 0.6)
    >>> found = independent(a, b, level=0.95, margin=1)
    >>> round(found.ci_low, 3), round(found.ci_high, 3), found.verdict
    (0.344, 1.856, 'apart')
    """
    shares = (first.variance / max(first.n, 1), second.variance / max(second.n, 1))
    squared = shares[0] + shares[1]
    df = np.nan
    if squared > 0:
        df = squared**2 / (shares[0] ** 2 / (first.n - 1) + shares[1] ** 2 / (second.n - 1))
    return _gap(first, second, squared, df, (level, margin))


def pooled(first: Sample, second: Sample, *, level: float, margin: float) -> Gap:
    """Compare the means of two groups that vary alike (Student).

    Parameters
    ----------
    first, second, level, margin
        As for `independent`.

    Notes
    -----
    SE² = s² (1/n₁ + 1/n₂), s² the variance within both groups, on n₁ + n₂ − 2 degrees of
    freedom. Checked against scipy 1.17 ``ttest_ind`` to 1e-10.

    Examples
    --------
    >>> found = pooled(Sample(4, 2.0, 1.0), Sample(4, 1.0, 1.0), level=0.95, margin=1)
    >>> found.df, round(found.se, 3)
    (6.0, 0.707)
    """
    df = float(first.n + second.n - 2)
    parts = [(each.n - 1) * each.variance for each in (first, second) if each.n > 1]
    within = sum(parts) / df if parts else np.nan
    squared = within * (1 / max(first.n, 1) + 1 / max(second.n, 1))
    return _gap(first, second, squared, df, (level, margin))


def related(
    first: Sample,
    second: Sample,
    both: int,
    covariance: float,
    *,
    level: float,
    margin: float,
) -> Gap:
    """Compare two means of the same raters, some of whom may have given only one of the answers.

    Parameters
    ----------
    first, second
        The two answers.
    both, covariance
        Raters who gave both, and the covariance of their answers.
    level, margin
        As for `independent`.

    Returns
    -------
    Gap
        With everyone in both it is the paired t interval.

    Notes
    -----
    SE² = s₁²/n₁ + s₂²/n₂ − 2 b s₁₂/(n₁n₂) for b raters in both; degrees of freedom are those of
    the smaller group, min(n₁, n₂) − 1. The means are those of everyone who answered, so that
    they are the same in each comparison.

    Examples
    --------
    >>> found = related(Sample(6, 4, 0.5), Sample(6, 3, 0.5), 6, 0.5, level=0.95, margin=1)
    >>> found.estimate, found.se, found.ci_low
    (1, 0.0, None)
    """
    product = max(first.n, 1) * max(second.n, 1)
    shared = 2 * both * covariance / product if both > 1 else 0.0
    squared = first.variance / max(first.n, 1) + second.variance / max(second.n, 1) - shared
    smaller = min(first.n, second.n)
    return _gap(first, second, _whole(squared), smaller - 1, (level, margin))


def verdict(low: float, high: float, margin: float) -> str:
    """Say what an interval of a difference allows.

    Examples
    --------
    >>> verdict(-0.4, 0.3, 0.5), verdict(0.1, 0.7, 0.5), verdict(0.1, 0.4, 0.5)
    ('close', 'apart', 'close')
    """
    if -margin < low and high < margin:
        return CLOSE
    return APART if low > 0 or high < 0 else UNCLEAR


def _gap(
    first: Sample, second: Sample, squared: float, df: float, rule: tuple[float, float]
) -> Gap:
    counts = {"n_first": first.n, "n_second": second.n}
    if not (first.n and second.n):
        return Gap(**counts, verdict=UNCLEAR)
    estimate = first.mean - second.mean
    if np.isnan(squared):
        return Gap(estimate, verdict=UNCLEAR, **counts)
    se = float(np.sqrt(max(squared, 0.0)))
    if se == 0:
        return Gap(estimate, se, verdict=UNCLEAR, **counts)
    level, margin = rule
    half = float(stdtrit(df, (1 + level) / 2)) * se
    low, high = estimate - half, estimate + half
    return Gap(estimate, se, float(df), low, high, verdict(low, high, margin), **counts)


def _whole(variance: float) -> float:
    return 0.0 if abs(variance) < _ROUNDING else variance
