"""Drivers of an outcome: the share of its variance that each explains, with its interval."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, stdtrit

from analysis.data import Floats, Frame, matrix
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import check_level
from analysis.lmg import SINGULAR, lmg
from analysis.readable import Readable
from analysis.resampling import resampled_covariances
from analysis.steps import Progress

if TYPE_CHECKING:
    import pandas as pd

MOST_DRIVERS = 14  # 16,384 regressions for each resample
_HELD = 4_000_000  # shares of explained variance held at a time


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver.

    Parameters
    ----------
    driver
        Its name.
    share, share_ci_low, share_ci_high
        Share of the outcome's variance that it explains, averaged over all orders in which the
        drivers may enter; the shares add up to R².
    relative, relative_ci_low, relative_ci_high
        The same as a share of R²; these add up to 1.
    behind_ci_low
        Lower end of the interval of how far its share lies below the largest, which has None.
    r
        Correlation with the outcome.
    beta
        Standardized coefficient beside all other drivers.
    performance, performance_ci_low, performance_ci_high
        Mean score, on the metric of the scale, with its t interval.
    """

    driver: str
    share: float
    share_ci_low: float | None
    share_ci_high: float | None
    relative: float | None
    relative_ci_low: float | None
    relative_ci_high: float | None
    behind_ci_low: float | None
    r: float
    beta: float | None
    performance: float
    performance_ci_low: float
    performance_ci_high: float


@dataclass(frozen=True, slots=True, repr=False)
class Importance(Readable):
    """Drivers in the order given, and how much of the outcome they explain together."""

    rows: tuple[Driver, ...]
    outcome: str
    r2: float
    r2_adjusted: float
    level: float
    draws: int
    method: str
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [asdict(row) for row in self.rows]
        return {**asdict(self), "rows": rows, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per driver as a pandas data frame: importance and performance."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


def importance(
    data: Frame,
    outcome: str,
    drivers: Sequence[str],
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int | np.random.Generator | None = None,
) -> Importance:
    """Share the explained variance of an outcome among its drivers.

    Parameters
    ----------
    data
        One row per respondent (and partner), scores in columns: `score(...).to_frame()`.
    outcome
        Column of the outcome, such as the overall item; it must not be part of a driver.
    drivers
        Columns of 2 to 14 drivers.
    level
        Level of the intervals.
    draws
        Resamples of the rows; 0: no intervals of the shares.
    seed
        Source of the resamples.

    Returns
    -------
    Importance
        Shares from 0 to 1.

    Raises
    ------
    NotComputable
        If there are too few complete rows, or something does not vary.
    UnknownChoice
        If an option is not valid, or there are too few or too many drivers.

    Notes
    -----
    Missing data: complete rows; `n_used` counts them.

    The share of driver j is the mean of R²(S and j) − R²(S) over all orders, S being the drivers
    before it (Lindeman, Merenda & Gold; the Shapley value). Intervals run between percentiles of
    bootstrapped shares, moved out from α/2 to Φ(−t √(n/(n − k − 1))) with t on n − k − 1 degrees
    of freedom, since resamples of few rows vary too little. They hold for one driver at a
    time. Rows count as independent. An importance is no cause: a driver may be a sign of what
    moves the outcome.

    Checked against R 4.2.2, all subsets with ``lm``, to 1e-10; coverage: docs/reference/drivers.md.

    References
    ----------
    Lindeman, Merenda & Gold (1980), Introduction to bivariate and multivariate analysis. Grömping
    (2007), American Statistician 61, 139-147. Hesterberg (2015), American Statistician 69,
    371-386 (percentiles).

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(200, 2))
    >>> table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": 2 * x[:, 0] + x[:, 1]})
    >>> [round(row.share, 2) for row in importance(table, "y", ["a", "b"], draws=0).rows]
    [0.84, 0.16]
    """
    values = matrix(data, [*drivers, outcome])
    return shared(values, drivers, outcome, level=level, draws=draws, seed=seed)


def shared(
    values: Floats,
    drivers: Sequence[str],
    outcome: str,
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int | np.random.Generator | None = None,
    progress: Progress | None = None,
) -> Importance:
    """Do what `importance` does for scores `(n, k + 1)`, the outcome last."""
    check_level(level)
    names = _names(outcome, drivers, draws)
    complete = values[~np.isnan(values).any(axis=1)]
    covariance = _covariance(complete, [*names, outcome])
    shares = lmg(covariance[None])[0]
    r2, n, k = float(shares.sum()), len(complete), len(names)
    source = np.random.default_rng(seed)
    drawn = _resampled(complete, draws, source, progress) if draws else None
    return Importance(
        rows=tuple(_rows(names, complete, covariance, shares, drawn, level)),
        outcome=outcome,
        r2=r2,
        r2_adjusted=1 - (1 - r2) * (n - 1) / (n - k - 1),
        level=level,
        draws=draws,
        method="LMG (Shapley) shares of R²" + (", percentile bootstrap" if draws else ""),
        n_used=n,
        n_total=len(values),
        notes=_notes(covariance),
    )


def _names(outcome: str, drivers: Sequence[str], draws: int) -> tuple[str, ...]:
    names = tuple(drivers)
    if not 2 <= len(names) <= MOST_DRIVERS:
        raise UnknownChoice(f"There are {len(names)} drivers; give from 2 to {MOST_DRIVERS}.")
    if outcome in names or len(set(names)) < len(names):
        raise UnknownChoice(f"{[*names, outcome]} name a column twice; name each once.")
    if draws and draws < 100:
        raise UnknownChoice(f"draws is {draws!r}; give 100 or more, or 0 for no intervals.")
    return names


def _covariance(complete: Floats, names: Sequence[str]) -> Floats:
    n, columns = complete.shape
    if n <= columns:
        raise NotComputable(
            f"{columns - 1} drivers need more than {columns} complete rows; there are {n}."
        )
    flat = [name for name, column in zip(names, complete.T, strict=True) if np.ptp(column) == 0]
    if flat:
        raise NotComputable(f"{flat[0]!r} has the same value in all complete rows.")
    return np.asarray(np.cov(complete, rowvar=False), dtype=np.float64)


def _resampled(
    complete: Floats, draws: int, rng: np.random.Generator, progress: Progress | None
) -> Floats:
    covariances = resampled_covariances(complete, draws, rng, progress)
    covariances = covariances[covariances[:, -1, -1] > 0]
    step = max(1, _HELD // 2 ** (complete.shape[1] - 1))
    starts = range(0, len(covariances), step)
    return np.concatenate([lmg(covariances[start : start + step]) for start in starts])


def _rows(
    names: Sequence[str],
    complete: Floats,
    covariance: Floats,
    shares: Floats,
    drawn: Floats | None,
    level: float,
) -> list[Driver]:
    n, r2 = len(complete), float(shares.sum())
    sd = np.sqrt(np.diagonal(covariance))
    slopes = np.linalg.lstsq(covariance[:-1, :-1], covariance[:-1, -1], rcond=SINGULAR)[0]
    beta = slopes * sd[:-1] / sd[-1]
    r = covariance[:-1, -1] / sd[:-1] / sd[-1]
    half = float(stdtrit(n - 1, (1 + level) / 2)) * sd / np.sqrt(n)
    mean = complete.mean(axis=0)
    tail = _tail(level, n, len(names))
    ends, behind = _ends(drawn, tail, len(names)), _behind(drawn, tail, shares)
    return [
        Driver(
            driver=name,
            share=float(shares[j]),
            share_ci_low=ends[0][j],
            share_ci_high=ends[1][j],
            relative=float(shares[j]) / r2 if r2 > 0 else None,
            relative_ci_low=ends[2][j],
            relative_ci_high=ends[3][j],
            behind_ci_low=behind[j],
            r=float(r[j]),
            beta=None if _collinear(covariance) else float(beta[j]),
            performance=float(mean[j]),
            performance_ci_low=float(mean[j] - half[j]),
            performance_ci_high=float(mean[j] + half[j]),
        )
        for j, name in enumerate(names)
    ]


def _tail(level: float, n: int, k: int) -> float:
    """Return the percentile to read off: a little further out, since resamples vary too little."""
    df = n - k - 1
    return float(ndtr(-stdtrit(df, (1 + level) / 2) * np.sqrt(n / df)))


def _behind(drawn: Floats | None, tail: float, shares: Floats) -> list[float | None]:
    """Return the lower ends of how far the shares lie below the largest, resampled together."""
    if drawn is None:
        return [None] * len(shares)
    best = int(np.argmax(shares))
    low = np.quantile(drawn[:, [best]] - drawn, tail, axis=0)
    return [None if j == best else float(end) for j, end in enumerate(low)]


def _ends(drawn: Floats | None, tail: float, k: int) -> list[list[float | None]]:
    """Return the ends of the intervals of the shares and of the relative shares."""
    if drawn is None:
        return [[None] * k] * 4
    total = drawn.sum(axis=1, keepdims=True)
    some = total[:, 0] > 0  # few rows drawn again and again may leave nothing that varies
    relative = drawn[some] / total[some]
    ends = (np.quantile(each, (tail, 1 - tail), 0).clip(0, 1) for each in (drawn, relative))
    return [list(map(float, q)) for low_high in ends for q in low_high]


def _collinear(covariance: Floats) -> bool:
    sd = np.sqrt(np.diagonal(covariance)[:-1])
    correlation = covariance[:-1, :-1] / np.outer(sd, sd)
    return bool(np.linalg.eigvalsh(correlation)[0] <= SINGULAR)


def _notes(covariance: Floats) -> tuple[str, ...]:
    if _collinear(covariance):
        return (
            "A driver follows from the others, so there are no coefficients beside each other.",
        )
    return ()
