"""Drivers of an outcome: the share of its variance that each explains, with its interval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

from analysis.clusters import Clusters, refuse_few, summed_margin
from analysis.data import Floats, Frame, matrix
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import check_level
from analysis.importance_result import Driver, Importance
from analysis.lmg import SINGULAR, lmg
from analysis.resampling import resampled_covariances, wider_tail
from analysis.steps import Progress

MOST_DRIVERS = 14  # 16,384 regressions for each resample
_HELD = 4_000_000  # shares of explained variance held at a time


def importance(
    data: Frame,
    outcome: str,
    drivers: Sequence[str],
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int | np.random.Generator | None = None,
    cluster: str | None = None,
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
    cluster
        Column whose labels tell which rows belong together, such as the partner: they are drawn
        together. None: rows are independent.

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
    time. Rows count as independent unless `cluster` says otherwise: then n is the clusters, the
    degrees of freedom one less, and performance has the interval of
    `clusters.summed_margin`. An importance is no cause: a driver may be a sign of what
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
    together = None if cluster is None else Clusters.of(data, cluster)
    options: dict[str, Any] = {"level": level, "draws": draws, "seed": seed}
    return shared(values, drivers, outcome, **options, clusters=together)


def shared(  # noqa: PLR0913 - each is an option of its own
    values: Floats,
    drivers: Sequence[str],
    outcome: str,
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int | np.random.Generator | None = None,
    progress: Progress | None = None,
    clusters: Clusters | None = None,
) -> Importance:
    """Do what `importance` does for scores `(n, k + 1)`, the outcome last."""
    check_level(level)
    names = _names(outcome, drivers, draws)
    chosen = ~np.isnan(values).any(axis=1)
    complete, clusters = values[chosen], clusters and clusters.among(chosen)
    if clusters is not None:
        refuse_few(clusters)
    covariance = _covariance(complete, [*names, outcome])
    shares = lmg(covariance[None])[0]
    r2, n, k = float(shares.sum()), len(complete), len(names)
    source = np.random.default_rng(seed)
    drawn = _resampled(complete, draws, source, progress, clusters) if draws else None
    means = _means(complete, clusters, level)
    tail = wider_tail(level, n, k + 1) if clusters is None else wider_tail(level, clusters.count)
    return Importance(
        rows=tuple(_rows(names, means, covariance, shares, drawn, tail)),
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
    complete: Floats,
    draws: int,
    rng: np.random.Generator,
    progress: Progress | None,
    clusters: Clusters | None,
) -> Floats:
    covariances = resampled_covariances(complete, draws, rng, progress, clusters)
    covariances = covariances[covariances[:, -1, -1] > 0]
    step = max(1, _HELD // 2 ** (complete.shape[1] - 1))
    starts = range(0, len(covariances), step)
    return np.concatenate([lmg(covariances[start : start + step]) for start in starts])


def _rows(
    names: Sequence[str],
    means: tuple[Floats, Floats],
    covariance: Floats,
    shares: Floats,
    drawn: Floats | None,
    tail: float,
) -> list[Driver]:
    r2, (mean, half) = float(shares.sum()), means
    sd = np.sqrt(np.diagonal(covariance))
    slopes = np.linalg.lstsq(covariance[:-1, :-1], covariance[:-1, -1], rcond=SINGULAR)[0]
    beta = slopes * sd[:-1] / sd[-1]
    r = covariance[:-1, -1] / sd[:-1] / sd[-1]
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


def _means(complete: Floats, clusters: Clusters | None, level: float) -> tuple[Floats, Floats]:
    """Return the mean scores, and half the widths of their intervals."""
    n, mean = len(complete), complete.mean(axis=0)
    if clusters is not None:
        return mean, summed_margin((complete - mean).T, clusters, level)
    sd = complete.std(axis=0, ddof=1)
    return mean, float(stdtrit(n - 1, (1 + level) / 2)) * sd / np.sqrt(n)


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
