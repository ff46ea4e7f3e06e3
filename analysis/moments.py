"""Mergeable sums: all that the statistics of a scale need to know about the rows.

The sums of two sets of rows add up to the sums of both together, so an engine may compute them
wherever the rows lie, per partner, wave or side, and every statistic stays the same function.
"""

from dataclasses import dataclass, fields
from functools import reduce
from operator import add
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, Frame, Label, groups
from analysis.errors import ScaleMismatch
from analysis.estimate import one_of
from analysis.scale import Scale
from analysis.scoring import item_matrix

MISSING = ("pairwise", "listwise")
_BLOCK = 16_384  # rows summed at a time: they and their products fit in the cache
_ROUNDING = 1e-13  # a spread below this share of the squares is rounding error


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over rows of one scale; `a + b` are the sums over the rows of both.

    Answers are scored (reversed items turned round) and counted from the scale's `low`, so the
    sums of whole-number answers are exact. `k` is the number of items.

    Parameters
    ----------
    scale
        The scale.
    n_rows, n_answered
        Rows; rows with at least one answer.
    pair_n, pair_sum, pair_square, pair_cross
        `(k, k)`, over the rows that answered both i and j: their number, Σxᵢ, Σxᵢ², Σxᵢxⱼ.
    cube, fourth
        `(k,)`, Σxᵢ³ and Σxᵢ⁴ over the rows that answered i.
    floor, ceiling
        `(k,)`, rows whose scored answer to i is the lowest or the highest.
    complete_n, complete_sum, complete_cross
        Rows that answered every item, and over them Σxᵢ `(k,)` and Σxᵢxⱼ `(k, k)`.
    score_n, score_sum, score_square
        Rows with a score m (mean of the answered items, if enough were), Σm, Σm².

    Examples
    --------
    >>> import pandas as pd
    >>> trust = Scale("trust", ("t1", "t2"), 1, 5)
    >>> first = Moments.of(pd.DataFrame({"t1": [1, 2], "t2": [2, 4]}), trust)
    >>> second = Moments.of(pd.DataFrame({"t1": [3, None], "t2": [3, 5]}), trust)
    >>> (first + second).covariance("listwise").tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """

    scale: Scale
    n_rows: int
    n_answered: int
    pair_n: Floats
    pair_sum: Floats
    pair_square: Floats
    pair_cross: Floats
    cube: Floats
    fourth: Floats
    floor: Floats
    ceiling: Floats
    complete_n: int
    complete_sum: Floats
    complete_cross: Floats
    score_n: int
    score_sum: float
    score_square: float

    @classmethod
    def of(cls, data: Frame, scale: Scale) -> Self:
        """Sum over all rows of a data frame.

        Raises
        ------
        OutOfRange, NotNumeric, UnknownColumn
            If the data do not fit the scale.
        """
        return cls.of_items(item_matrix(data, scale), scale)

    @classmethod
    def of_items(cls, items: Floats, scale: Scale) -> Self:
        """Sum over the rows of scored answers `(n, k)`, NaN where missing."""
        starts = range(0, max(len(items), 1), _BLOCK)
        return reduce(add, (cls._block(items[row : row + _BLOCK], scale) for row in starts))

    @classmethod
    def by(cls, data: Frame, scale: Scale, partner: str) -> dict[Label, Self]:
        """Sum over the rows of each partner; rows without a partner are left out.

        Parameters
        ----------
        data
            One row per respondent and partner.
        scale
            The scale.
        partner
            Column that names the partner of each row.

        Returns
        -------
        dict
            Partner to its sums, in the order of the partners' names.
        """
        names, codes = groups(data, partner)
        order = np.argsort(codes, kind="stable")
        ordered = np.ascontiguousarray(item_matrix(data, scale)[order])
        bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
        return {
            name: cls.of_items(ordered[start:stop], scale)
            for name, start, stop in zip(names, bounds, bounds[1:], strict=False)
        }

    @classmethod
    def _block(cls, items: Floats, scale: Scale) -> Self:
        """Sum over a few rows; the work per pair is spared where nothing is missing."""
        x = np.asfortranarray(items) - scale.low
        gaps = np.isnan(x)
        answered = scale.k - gaps.sum(axis=1) if gaps.any() else np.full(len(x), scale.k)
        whole = answered == scale.k
        ends = {"floor": _count(x == 0), "ceiling": _count(x == scale.high - scale.low)}
        if whole.all():
            sums = _sums_without_gaps(x)
        else:
            x = np.where(gaps, 0.0, x)
            sums = _sums_with_gaps(x, (~gaps).astype(np.float64), whole)
        enough = answered >= scale.needed
        scores = x.sum(axis=1)[enough] / answered[enough]
        return cls(
            scale=scale,
            n_rows=len(x),
            n_answered=int(np.count_nonzero(answered)),
            complete_n=int(np.count_nonzero(whole)),
            score_n=len(scores),
            score_sum=float(scores.sum()),
            score_square=float(scores @ scores),
            **ends,
            **sums,
        )

    def __add__(self, other: Self) -> Self:
        if self.scale != other.scale:
            raise ScaleMismatch(
                f"Sums of {self.scale} cannot be added to sums of {other.scale}; "
                "compute both with the same scale."
            )
        both = ((getattr(self, name), getattr(other, name)) for name in _SUMS)
        return type(self)(self.scale, *(a + b for a, b in both))

    @property
    def n_prorated(self) -> int:
        """Rows that have a score although they left at least one item out."""
        return self.score_n - self.complete_n

    def constant(self, missing: str = "pairwise") -> tuple[str, ...]:
        """Return the items that were answered, always with the same value."""
        if missing == "listwise":
            n, total = np.full(self.scale.k, float(self.complete_n)), self.complete_sum
            square = self.complete_cross.diagonal()
        else:
            n, total, square = self.item_n, self.pair_sum.diagonal(), self.pair_square.diagonal()
        spread = square - _ratio(total**2, n)
        flat = spread <= _ROUNDING * square
        return tuple(item for item, same in zip(self.scale.items, flat, strict=True) if same)

    @property
    def item_n(self) -> Floats:
        """Rows that answered each item, `(k,)`."""
        return self.pair_n.diagonal()

    def means(self) -> Floats:
        """Return the mean of each item `(k,)` on the scale; NaN for an item without answers."""
        return self.scale.low + _ratio(np.diagonal(self.pair_sum), self.item_n)

    def covariance(self, missing: str = "pairwise") -> Floats:
        """Return the item covariances `(k, k)`, dividing by n - 1.

        Parameters
        ----------
        missing
            "pairwise": each entry over the rows that answered both items, with the means of
            those rows; "listwise": all entries over the rows that answered every item.

        Returns
        -------
        numpy.ndarray
            NaN where fewer than two rows determine an entry.
        """
        one_of("missing", missing, MISSING)
        if missing == "listwise":
            n = np.float64(self.complete_n)
            products = np.outer(self.complete_sum, self.complete_sum)
            return _ratio(self.complete_cross - _ratio(products, n), n - 1)
        products = self.pair_sum * self.pair_sum.T
        return _ratio(self.pair_cross - _ratio(products, self.pair_n), self.pair_n - 1)

    def correlation(self, missing: str = "pairwise") -> Floats:
        """Return the item correlations `(k, k)`.

        Parameters
        ----------
        missing
            As in `covariance`; pairwise, the variances too are those of the rows that answered
            both items.

        Returns
        -------
        numpy.ndarray
            NaN where an item does not vary.
        """
        covariance = self.covariance(missing)
        if missing == "listwise":
            variance = np.broadcast_to(np.diagonal(covariance)[:, None], covariance.shape)
        else:
            squares = self.pair_square - _ratio(self.pair_sum**2, self.pair_n)
            variance = _ratio(squares, self.pair_n - 1)
        return _ratio(covariance, np.sqrt(variance * variance.T))

    def score_mean(self) -> float:
        """Return the mean of the scores; NaN without any."""
        return float(self.scale.low + _ratio(self.score_sum, self.score_n))

    def score_variance(self) -> float:
        """Return the variance of the scores, dividing by n - 1; NaN with fewer than two."""
        squares = self.score_square - _ratio(self.score_sum**2, self.score_n)
        return float(_ratio(squares, self.score_n - 1))


_SUMS = tuple(field.name for field in fields(Moments))[1:]


def _sums_without_gaps(x: Floats) -> dict[str, Any]:
    square = x * x
    cross = x.T @ x
    total = x.sum(axis=0)
    shape = cross.shape
    return {
        "pair_n": np.full(shape, float(len(x))),
        "pair_sum": np.broadcast_to(total[:, None], shape),
        "pair_square": np.broadcast_to(np.diagonal(cross)[:, None], shape),
        "pair_cross": cross,
        "cube": np.vecdot(square.T, x.T),
        "fourth": np.vecdot(square.T, square.T),
        "complete_sum": total,
        "complete_cross": cross,
    }


def _sums_with_gaps(x: Floats, given: Floats, whole: NDArray[np.bool_]) -> dict[str, Any]:
    """Sum answers that are 0 where `given` is 0; `whole` are the rows without gaps."""
    square = x * x
    complete = x[whole]
    return {
        "pair_n": given.T @ given,
        "pair_sum": x.T @ given,
        "pair_square": square.T @ given,
        "pair_cross": x.T @ x,
        "cube": np.vecdot(square.T, x.T),
        "fourth": np.vecdot(square.T, square.T),
        "complete_sum": complete.sum(axis=0),
        "complete_cross": complete.T @ complete,
    }


def _count(marks: NDArray[np.bool_]) -> Floats:
    return np.array([np.count_nonzero(column) for column in marks.T], dtype=np.float64)


def _ratio(above: Floats | float, below: Floats | float) -> Floats:
    """Divide; NaN where nothing positive divides."""
    top, bottom = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    quotient: Floats = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=quotient, where=bottom > 0)
    return quotient
