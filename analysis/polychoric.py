"""Polychoric correlations: of the normal variables of which ordinal answers are the slices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import one_of
from analysis.moments import MISSING
from analysis.scale import Scale
from analysis.scoring import item_matrix

Whole = NDArray[np.intp]

MOST_CATEGORIES = 12
NOBODY = 40.0  # a threshold that nobody passes
_STEPS = 200
_STANDSTILL = 1e-11
_EDGE = 0.9995  # a correlation from which on two items count as one
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True, slots=True, eq=False)
class Polychoric:
    """Polychoric correlations of p items.

    Parameters
    ----------
    items
        Names of the items.
    correlations
        Matrix `(p, p)`.
    thresholds
        For each item, where its latent variable is cut, in standard deviations from its mean; one
        fewer than the answers that occur.
    n_used, n_total
        Rows that entered; rows in the data.
    notes
        What a reader must know, in sentences.
    """

    items: tuple[str, ...]
    correlations: Floats
    thresholds: tuple[tuple[float, ...], ...]
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()


def polychoric(data: Frame, scale: Scale, *, missing: str = "listwise") -> Polychoric:
    """Estimate the polychoric correlations of the items of a scale.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale, with answers of at most 12 kinds per item; reversed items are turned round.
    missing
        "listwise": rows that answered every item; "pairwise": thresholds from all answers to an
        item, correlations from the rows that answered both.

    Returns
    -------
    Polychoric
        Correlations between -1 and 1.

    Raises
    ------
    NotComputable
        If there are fewer than 2 items or rows, an item has one answer only or more than 12, or
        two items agree perfectly.
    UnknownChoice, OutOfRange, NotNumeric, UnknownColumn
        If an option or the data are not valid.

    References
    ----------
    Formula: thresholds Φ⁻¹ of the cumulated shares; then for each pair the correlation that makes
    its table most likely (two-step). Olsson (1979), Psychometrika 44, 443-460. Two-by-two tables
    with an empty cell get half an answer in it, margins kept, as in lavaan.
    Checked against lavaan 0.6-14, lavCor(ordered = TRUE): 1e-5.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, 1, 2, 3, 3, 1], "t2": [1, 3, 2, 2, 2, 3, 1, 1]})
    >>> found = polychoric(answers, Scale("trust", ("t1", "t2"), 1, 3))
    >>> round(float(found.correlations[0, 1]), 3)
    0.464
    """
    one_of("missing", missing, MISSING)
    rows = item_matrix(data, scale)
    used = rows[~np.isnan(rows).any(axis=1)] if missing == "listwise" else rows
    if scale.k < 2:
        raise NotComputable(f"needs 2 items; the scale has {scale.k}")
    if len(used) < 2:
        raise NotComputable(f"needs 2 rows that answered every item; there are {len(used)}")
    tables = Tables.of(used, scale.items)
    values, notes = tables.correlations()
    cuts = tuple(tuple(row[row < NOBODY].tolist()) for row in tables.thresholds)
    counted = int((~np.isnan(used)).any(axis=1).sum())
    return Polychoric(scale.items, values, cuts, counted, len(rows), notes)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Ordinal answers and how often each pair of them occurs.

    Parameters
    ----------
    items
        Names of the p items.
    codes
        Answers `(n, p)` as 0, 1, … in order of what occurs; -1 where missing.
    thresholds
        `(p, c - 1)`, c the most categories of any item; 40 where an item has fewer.
    one, other
        The P pairs of items, each `(P,)`.
    counts
        Tables `(P, c, c)`.
    """

    items: tuple[str, ...]
    codes: Whole
    thresholds: Floats
    one: Whole
    other: Whole
    counts: Floats

    @classmethod
    def of(cls, rows: Floats, items: tuple[str, ...]) -> "Tables":
        """Count the answers in rows `(n, p)`, NaN where missing."""
        kinds = [np.unique(column[~np.isnan(column)]) for column in rows.T]
        for item, found in zip(items, kinds, strict=True):
            _refuse(item, len(found))
        codes = np.full(rows.shape, -1)
        for index, (column, found) in enumerate(zip(rows.T, kinds, strict=True)):
            given = ~np.isnan(column)
            codes[given, index] = np.searchsorted(found, column[given])
        most = max(map(len, kinds))
        marks = (codes[:, :, None] == np.arange(most)).astype(float)
        shares = marks.sum(axis=0) / (codes >= 0).sum(axis=0)[:, None]
        below = np.cumsum(shares, axis=1)[:, :-1]
        cut = np.arange(most - 1) < np.array([len(found) - 1 for found in kinds])[:, None]
        thresholds = np.where(cut, ndtri(np.where(cut, below, 0.5)), NOBODY)
        flat = marks.reshape(len(rows), -1)
        p = len(items)
        one, other = np.triu_indices(p, 1)
        joint = (flat.T @ flat).reshape(p, most, p, most)[one, :, other, :]
        _refuse_apart(items, one, other, joint.sum(axis=(1, 2)))
        return cls(items, codes, thresholds, one, other, _without_holes(joint))

    def correlations(self) -> tuple[Floats, tuple[str, ...]]:
        """Return the correlations `(p, p)` and what to say about them."""
        found = self._search()
        extreme = np.flatnonzero(np.abs(found) > _EDGE)
        if len(extreme):
            first, second = (self.items[side[extreme[0]]] for side in (self.one, self.other))
            raise NotComputable(
                f"{first!r} and {second!r} agree perfectly, so their polychoric correlation is 1 "
                "in size; leave one of them out"
            )
        values = np.eye(len(self.items))
        values[self.one, self.other] = values[self.other, self.one] = found
        least = np.linalg.eigvalsh(values)[0]
        if least < -1e-10:
            return values, ("the polychoric correlations are not positive definite",)
        return values, ()

    def shares(self, r: Floats) -> tuple[Floats, Floats]:
        """Return the expected shares `(P, c, c)` of each pair's table, and their slopes on r."""
        h, k = self.thresholds[self.one], self.thresholds[self.other]
        size = self.thresholds.shape[1] + 2
        joint, density = np.zeros((2, len(r), size, size))
        at = h[:, :, None], k[:, None, :], r[:, None, None]
        joint[:, 1:-1, 1:-1] = bivariate_normal(*at)
        joint[:, 1:-1, -1], joint[:, -1, 1:-1], joint[:, -1, -1] = ndtr(h), ndtr(k), 1.0
        density[:, 1:-1, 1:-1] = bivariate_density(*at)
        shares, slopes = (np.diff(np.diff(part, axis=1), axis=2) for part in (joint, density))
        return np.clip(shares, 1e-15, None), slopes

    def _search(self) -> Floats:
        """Return the most likely correlation of each pair, `(P,)`, by Fisher scoring of z."""
        total = self.counts.sum(axis=(1, 2))
        z = np.zeros(len(self.one))
        for _ in range(_STEPS):
            r = np.tanh(z)
            shares, slopes = self.shares(r)
            score = (self.counts * slopes / shares).sum(axis=(1, 2))
            information = total * (slopes**2 / shares).sum(axis=(1, 2))
            step = score / (information * (1 - r**2))
            z += np.clip(step, -0.5, 0.5)
            open_ended = np.abs(np.tanh(z)) > _EDGE
            if (np.abs(step)[~open_ended] < _STANDSTILL).all():
                break
        found: Floats = np.tanh(z)
        return found


def bivariate_normal(h: Floats, k: Floats, r: Floats) -> Floats:
    """Return the chance that two standard normal variables with correlation r lie below h and k.

    References
    ----------
    Formula: Φ(h)Φ(k) + ∫ exp(-(h² + k² - 2hk sin t)/(2cos² t)) dt/2π from 0 to arcsin r, by 64
    Gauss-Legendre nodes. Drezner & Wesolowsky (1990), Journal of Statistical Computation and
    Simulation 35, 101-107.
    """
    end = np.arcsin(r)[..., None]
    sine = np.sin(end * (1 + _NODES) / 2)
    h, k = h[..., None], k[..., None]
    spread = np.exp(-(h**2 + k**2 - 2 * h * k * sine) / (2 * (1 - sine**2)))
    apart = (ndtr(h) * ndtr(k))[..., 0]
    chance: Floats = apart + (spread @ _WEIGHTS) * end[..., 0] / (4 * np.pi)
    return chance


def bivariate_density(h: Floats, k: Floats, r: Floats) -> Floats:
    """Return the density of two standard normal variables with correlation r at h and k."""
    rest = 1 - r**2
    density: Floats = np.exp(-(h**2 + k**2 - 2 * r * h * k) / (2 * rest))
    return density / (2 * np.pi * np.sqrt(rest))


def _refuse(item: str, kinds: int) -> None:
    if kinds < 2:
        raise NotComputable(f"constant item: every answer to {item!r} is the same")
    if kinds > MOST_CATEGORIES:
        raise NotComputable(
            f"{item!r} has {kinds} different answers; polychoric correlations are for at most "
            f"{MOST_CATEGORIES}"
        )


def _refuse_apart(items: tuple[str, ...], one: Whole, other: Whole, together: Floats) -> None:
    lonely = np.flatnonzero(together < 2)
    if len(lonely):
        first, second = (repr(items[side[lonely[0]]]) for side in (one, other))
        raise NotComputable(f"{first} and {second} were hardly ever answered together")


def _without_holes(counts: Floats) -> Floats:
    """Put half an answer into the empty cell of a table of two by two, margins kept."""
    filled = counts.copy()
    for table in filled:
        rows, columns = (np.flatnonzero(table.sum(axis=side) > 0) for side in (1, 0))
        if len(rows) == len(columns) == 2:
            part = table[np.ix_(rows, columns)]
            empty = np.argwhere(part == 0)
            if len(empty) == 1:
                sign = 1 if empty[0].sum() % 2 == 0 else -1
                table[np.ix_(rows, columns)] += sign * np.array([[0.5, -0.5], [-0.5, 0.5]])
    return filled
