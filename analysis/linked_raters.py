"""Which raters of a partner are in both of two waves, and what their ratings vary by."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.data import Floats, Label
from analysis.errors import BadFrame
from analysis.partner_sums import coded

Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances within partners, pooled, each with its degrees of freedom.

    Parameters
    ----------
    difference, total
        Of the difference and of the sum of a linked rater's two ratings, on `pairs` each.
    alone
        Of one rating by raters who are not linked, on `others`.
    """

    difference: float
    total: float
    pairs: float
    alone: float
    others: float

    @property
    def correlation(self) -> float:
        """Correlation of the two ratings of a linked rater."""
        return (self.total - self.difference) / (self.total + self.difference)

    @property
    def single(self) -> tuple[float, float]:
        """Variance of one rating, and its degrees of freedom."""
        parts = self._share / 4 * np.array([self.difference, self.total])
        alone = (1 - self._share) * self.alone
        found = float(parts.sum() + alone)
        return found, float(_freedom(found, (*parts, alone), (self.pairs, self.pairs, self.others)))

    @property
    def _share(self) -> float:
        """Weight of the linked raters in the variance of one rating."""
        return 2 * self.pairs / (2 * self.pairs + self.others)

    def of_change(self, n_first: Floats, n_last: Floats, n_linked: Floats) -> tuple[Floats, Floats]:
        """Return the variance of last mean less first, and its degrees of freedom.

        Parameters
        ----------
        n_first, n_last, n_linked : arrays of shape (partners,)
            Raters of each wave, and those who are in both.
        """
        rest = (n_first - n_linked) / n_first**2 + (n_last - n_linked) / n_last**2
        both = rest * self._share / 4
        parts = (
            (n_linked * (1 / n_first + 1 / n_last) ** 2 / 4 + both) * self.difference,
            (n_linked * (1 / n_last - 1 / n_first) ** 2 / 4 + both) * self.total,
            rest * (1 - self._share) * self.alone,
        )
        variance = sum(parts, np.zeros_like(rest))
        return variance, _freedom(variance, parts, (self.pairs, self.pairs, self.others))


@dataclass(frozen=True, slots=True)
class Linked:
    """Partners `(partners,)`, their linked raters, and the variances."""

    partners: tuple[Label, ...]
    n_linked: Codes
    spread: Spread


def linked(
    values: ArrayLike,
    partner: Iterable[object],
    wave: Iterable[object],
    rater: Iterable[object],
    *,
    waves: tuple[Label, ...],
    min_n: int = 1,
) -> Linked:
    """Link the ratings that a rater gave a partner in two waves.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row; NaN where there is none.
    partner, wave, rater : labels of shape (rows,)
        Who is rated, when, and by whom.
    waves : tuple of two labels
        The waves.
    min_n : int
        Raters of a partner are linked only where those who are in both waves, and in each wave
        those who are not, are none or as many.

    Raises
    ------
    BadFrame
        If lengths differ.
    """
    scores = np.asarray(values, dtype=np.float64)
    partners, who = coded(partner)
    named, when = coded(wave)
    raters, by = coded(rater)
    if not scores.shape == who.shape == when.shape == by.shape:
        raise BadFrame(
            f"There are {scores.size} values, {who.size} partners, {when.size} waves and {by.size} "
            "raters; give one of each per row."
        )
    where = [named.index(each) for each in waves]
    known = ~np.isnan(scores) & (who >= 0) & np.isin(when, where)
    scores, who, by, last = scores[known], who[known], by[known], when[known] == where[1]
    cell = who * 2 + last
    size = np.bincount(cell, minlength=2 * len(partners))
    shown = (size >= max(1, min_n))[cell]
    scores, who, by, last, cell = (each[shown] for each in (scores, who, by, last, cell))
    pair = np.where(by < 0, -1, who * max(len(raters), 1) + by)
    first, second = _in_both(pair, last)
    n_linked = np.bincount(who[first], minlength=len(partners))
    if min_n > 1:
        few = _revealing(np.bincount(cell, minlength=2 * len(partners)), n_linked, min_n)
        kept = ~few[who[first]]
        first, second = first[kept], second[kept]
        n_linked = np.where(few, 0, n_linked)
    alone = np.ones(len(scores), dtype=bool)
    alone[first] = alone[second] = False
    difference, pairs = _within(scores[second] - scores[first], who[first])
    total, _ = _within(scores[second] + scores[first], who[first])
    rest, others = _within(scores[alone], cell[alone])
    return Linked(partners, n_linked, Spread(difference, total, pairs, rest, others))


def _in_both(pair: Codes, last: NDArray[np.bool_]) -> tuple[Codes, Codes]:
    """Return the rows of those with one row in each wave, in one order."""
    found = []
    for chosen in (~last, last):
        rows = np.flatnonzero(chosen & (pair >= 0))
        own, at, times = np.unique(pair[rows], return_index=True, return_counts=True)
        found.append((own[times == 1], rows[at[times == 1]]))
    (a, first), (b, second) = found
    _, in_a, in_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return first[in_a], second[in_b]


def _revealing(size: Codes, n_linked: Codes, min_n: int) -> NDArray[np.bool_]:
    """Mark the partners with some but fewer than `min_n` raters of one kind."""
    groups = np.column_stack([n_linked, size.reshape(-1, 2) - n_linked[:, None]])
    return np.asarray(((groups > 0) & (groups < min_n)).any(axis=1))


def _within(values: Floats, group: Codes) -> tuple[float, float]:
    """Return the variance within groups, pooled, and its degrees of freedom."""
    n = np.bincount(group)
    mean = np.bincount(group, weights=values) / np.maximum(n, 1)
    freedom = float(np.maximum(n - 1, 0).sum())
    squares = float(((values - mean[group]) ** 2).sum())
    return (squares / freedom if freedom else 0.0), freedom


def _freedom(
    variance: Floats | float, parts: Iterable[Floats | float], freedoms: Iterable[float]
) -> Floats:
    """Return the degrees of freedom of a sum of independent variances."""
    spent = sum(
        np.asarray(part) ** 2 / freedom
        for part, freedom in zip(parts, freedoms, strict=True)
        if freedom
    )
    return np.asarray(np.asarray(variance) ** 2 / spent)
