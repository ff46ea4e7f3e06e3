"""Heterotrait-monotrait ratio: whether two scales measure two things."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from analysis.alpha_interval import DRAWS, Seed
from analysis.clusters import FEWEST, Clusters
from analysis.data import Floats, Frame
from analysis.estimate import check_level, one_of
from analysis.readable import Readable
from analysis.resampling import resampled_covariances, wider_tail
from analysis.scale import Scale
from analysis.scoring import item_matrix

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("htmt", "htmt2")
_LOST_DRAWS = 0.05  # share of bootstrap draws that may be without a ratio
_FEWEST_ROWS = 3  # of two rows all correlations are 1


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Matrix(Readable):
    """A ratio for each pair of scales.

    Parameters
    ----------
    names
        Names of the scales.
    values
        Ratios `(scales, scales)`, symmetric, 1 on the diagonal; NaN where not computable.
    n_used, n_total
        Rows that answered every item of all scales; rows in the data.
    notes
        Why a pair has no ratio, or a scale is left out.
    low, high
        Limits of the intervals `(scales, scales)`; None if none were asked for, NaN where there is
        none.
    """

    names: tuple[str, ...]
    values: Floats
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()
    low: Floats | None = None
    high: Floats | None = None

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """Return scale to other scale to ratio, both ways; None where not computable."""
        return {
            name: {
                other: None if math.isnan(value) else float(value)
                for other, value in zip(self.names, row, strict=True)
                if other != name
            }
            for name, row in zip(self.names, self.values, strict=True)
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return the ratios as a pandas data frame with the scales as rows and columns."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame(self.values, index=list(self.names), columns=list(self.names))

    def sentences(self, threshold: float = 0.90) -> tuple[str, ...]:
        """Say of which scales the data do not show that they measure different things.

        Parameters
        ----------
        threshold
            Ratio from which two scales count as not distinct; .90, or .85 to be strict.

        References
        ----------
        Henseler, Ringle & Sarstedt (2015), Journal of the Academy of Marketing Science 43, 115.
        """
        return tuple(
            f"{self.names[one]} and {self.names[other]} cannot be told apart in these data "
            f"(HTMT {self.values[one, other]:.3f}{self._interval(one, other)}, at or above "
            f"{threshold:.2f})."
            for one, other in _pairs(self.names)
            if self.values[one, other] >= threshold
        )

    def _interval(self, one: int, other: int) -> str:
        if self.low is None or self.high is None or math.isnan(self.low[one, other]):
            return ""
        return f", interval {self.low[one, other]:.3f} to {self.high[one, other]:.3f}"


def htmt(
    data: Frame,
    scales: Sequence[Scale],
    *,
    kind: str = "htmt",
    ci: str | None = None,
    level: float = 0.95,
    seed: Seed = None,
    cluster: str | None = None,
) -> Matrix:
    """Compute the heterotrait-monotrait ratio of each pair of scales.

    Parameters
    ----------
    data
        One row per respondent.
    scales
        Scales; those with a single item have no ratio and are left out with a note.
    kind
        "htmt": arithmetic means of the correlations, right where the items of a scale measure it
        alike; "htmt2": geometric means, right where some measure it better than others.
    ci
        "bootstrap": percentiles of 2,000 resamples of the rows; None: no intervals.
    level
        Confidence level between 0 and 1.
    seed
        Seed or generator of the bootstrap.
    cluster
        Column whose labels tell which rows belong together, such as the partner: they are drawn
        together. None: rows are independent.

    Returns
    -------
    Matrix
        Near 1 where items of two scales correlate as highly as items of one.

    Notes
    -----
    Missing data: only rows that answered every item of all scales are used.

    Raises
    ------
    UnknownChoice
        If an option has a value it does not know.
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit a scale.

    References
    ----------
    Formula: mean |r| between items of A and B, over √(mean |r| within A · mean |r| within B).
    Henseler, Ringle & Sarstedt (2015), Journal of the Academy of Marketing Science 43, 115-135;
    "htmt2": Roemer, Schuberth & Henseler (2021), Industrial Management & Data Systems 121, 2637.
    Checked against semTools 0.5-6, htmt(htmt2 = FALSE) and TRUE, to 1e-8; intervals by simulated
    coverage.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"a1": [1, 2, 4, 5], "a2": [2, 1, 5, 4], "b1": [3, 1, 4, 2], "b2": [4, 1, 3, 2]}
    ... )
    >>> ratios = htmt(answers, [Scale("a", ("a1", "a2"), 1, 5), Scale("b", ("b1", "b2"), 1, 5)])
    >>> round(ratios.to_dict()["a"]["b"], 3)
    0.442
    """
    one_of("kind", kind, KINDS)
    one_of("ci", ci, ("bootstrap", None))
    check_level(level)
    measured = [scale for scale in scales if scale.k > 1]
    notes = [f"{scale.name} has one item, so no ratio" for scale in scales if scale.k == 1]
    items = [item_matrix(data, scale) for scale in measured]
    joined = np.hstack(items) if items else np.empty((0, 0))
    chosen = ~np.isnan(joined).any(axis=1)
    complete = joined[chosen]
    values = _ratios(_products(complete), measured, kind)
    for one, other in _pairs(measured):
        reason = _obstacle(values[one, other], measured[one], measured[other], len(complete))
        if reason:
            values[one, other] = values[other, one] = np.nan
            notes.append(f"{measured[one].name} and {measured[other].name}: {reason}")
    names = tuple(scale.name for scale in measured)
    found = Matrix(names, values, len(complete), len(joined), tuple(notes))
    if ci is None or len(complete) < _FEWEST_ROWS:
        return found
    together = None if cluster is None else Clusters.of(data, cluster).among(chosen)
    return _resampled(found, complete, measured, kind, level, seed, together)


def _resampled(
    found: Matrix,
    complete: Floats,
    scales: Sequence[Scale],
    kind: str,
    level: float,
    seed: Seed,
    clusters: Clusters | None,
) -> Matrix:
    """Add intervals by the bootstrap of rows or clusters."""
    tail = (1 - level) / 2
    if clusters is not None:
        if clusters.count < FEWEST:
            why = f"no intervals: there are {clusters.count} clusters ({clusters.column})"
            return replace(found, notes=(*found.notes, why))
        tail = wider_tail(level, clusters.count)
    rng = np.random.default_rng(seed)
    draws = resampled_covariances(complete, DRAWS, rng, clusters=clusters)
    return _with_limits(found, _ratios(draws, scales, kind), tail)


def _pairs(members: Sequence[object]) -> Iterator[tuple[int, int]]:
    return combinations(range(len(members)), 2)


def _products(complete: Floats) -> Floats:
    x = complete - complete.mean(axis=0) if len(complete) else complete
    found: Floats = x.T @ x
    return found


def _ratios(products: Floats, scales: Sequence[Scale], kind: str) -> Floats:
    """Return the ratios `(…, scales, scales)` of covariances `(…, k, k)`; NaN where none."""
    owner = np.repeat(np.eye(len(scales)), [scale.k for scale in scales], axis=0)
    sizes = owner.sum(axis=0)
    mean = np.log if kind == "htmt2" else np.asarray
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(np.diagonal(products, axis1=-2, axis2=-1))
        r = mean(np.abs(products) / (sd[..., :, None] * sd[..., None, :]))
        own = np.diagonal(r, axis1=-2, axis2=-1)  # with themselves items count in no mean
        sums = owner.T @ r @ owner
        within = (np.diagonal(sums, axis1=-2, axis2=-1) - own @ owner) / (sizes * (sizes - 1))
        between = sums / np.outer(sizes, sizes)
        if kind == "htmt2":
            values = np.exp(between - (within[..., :, None] + within[..., None, :]) / 2)
        else:
            values = between / np.sqrt(within[..., :, None] * within[..., None, :])
    same = np.arange(len(scales))
    values[..., same, same] = 1.0
    return np.asarray(values, dtype=np.float64)


def _with_limits(found: Matrix, draws: Floats, tail: float) -> Matrix:
    """Add percentiles of the draws `(draws, scales, scales)`; NaN where too many have no ratio."""
    known = np.isfinite(draws).mean(axis=0) >= 1 - _LOST_DRAWS
    usable = np.where(known & np.isfinite(found.values), draws, 0.0)
    usable = np.where(np.isfinite(usable), usable, np.nanmedian(usable, axis=0))
    low, high = np.quantile(usable, [tail, 1 - tail], axis=0)
    shown = known & np.isfinite(found.values)
    return replace(found, low=np.where(shown, low, np.nan), high=np.where(shown, high, np.nan))


def _obstacle(value: float, one: Scale, other: Scale, n: int) -> str | None:
    shared = [item for item in one.items if item in other.items]
    if shared:
        return f"no ratio, since both hold {shared[0]!r}"
    if n < _FEWEST_ROWS:
        return f"no ratio, since {n} rows answered every item and {_FEWEST_ROWS} are needed"
    if not math.isfinite(value):
        return "no ratio, since an item is constant or no items of a scale correlate"
    return None
