"""How exactly thresholds and polychoric correlations are known: the influence of each row."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.polychoric import Tables

_LEAST = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalSample:
    """Ordinal answers of n rows to p items: their statistics, and how far each row moves them.

    Parameters
    ----------
    tables
        The answers, counted.
    values
        Polychoric correlations `(p, p)`.
    on_thresholds
        Influence `(n, T)` of each row on the thresholds, item by item; 0 where an item has none.
    on_correlations
        Influence `(n, P)` of each row on the correlations of the pairs.

    References
    ----------
    Formula: A⁻¹s of the rows' scores s on thresholds and correlations, A their mean products, in
    which a correlation's score depends on the thresholds of its pair; a row has score 0 on what it
    did not answer. Muthén (1984), Psychometrika 49, 115-132; Jöreskog (1994), Psychometrika 59,
    381-389. Checked against lavaan 0.6-14 (lavInspect, "gamma"), complete and pairwise: 1e-4.
    """

    tables: Tables
    values: Floats
    on_thresholds: Floats
    on_correlations: Floats

    @classmethod
    def of(cls, rows: Floats, items: tuple[str, ...]) -> "OrdinalSample":
        """Estimate from rows `(n, p)`, NaN where missing; rows without any answer are left out.

        Raises
        ------
        NotComputable
            If there are fewer than 2 rows, and as `polychoric`.
        """
        used = rows[~np.isnan(rows).all(axis=1)]
        if len(used) < 2:
            raise NotComputable(f"needs 2 rows that answered every item; there are {len(used)}")
        tables = Tables.of(used, items)
        values, _ = tables.correlations()
        return cls(tables, values, *_influences(tables, values))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.tables.codes)

    @property
    def errors(self) -> Floats:
        """Return n times the covariances `(P, P)` of the correlations."""
        spread: Floats = self.on_correlations.T @ self.on_correlations / self.n
        return spread


def _influences(tables: Tables, values: Floats) -> tuple[Floats, Floats]:
    r = values[tables.one, tables.other]
    n = len(tables.codes)
    shares, slopes = tables.shares(r)
    one, other = tables.codes[:, tables.one], tables.codes[:, tables.other]
    both = (one >= 0) & (other >= 0)
    on_threshold, own = _threshold_scores(tables)
    on_pair = slopes / shares
    of_rows = np.where(both, on_pair[np.arange(len(r)), one, other], 0.0)
    cross = _cross_slopes(tables, r, shares, tables.counts / n, on_pair)
    settled = np.asarray(np.linalg.solve(own, on_threshold.T).T, np.float64)  # pull on thresholds
    on_correlations: Floats = (of_rows - settled @ cross.T) / (of_rows**2).mean(axis=0)
    return settled, on_correlations


def _threshold_scores(tables: Tables) -> tuple[Floats, Floats]:
    """Return the rows' scores `(n, T)` on all thresholds, and their mean products per item."""
    codes, cuts = tables.codes, tables.thresholds
    n, (p, most) = len(codes), cuts.shape
    density = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
    edges = np.column_stack([np.zeros(p), ndtr(cuts), np.ones(p)])
    shares = np.clip(np.diff(edges, axis=1), _LEAST, None)
    place = np.arange(most)
    below = (codes[:, :, None] == place) / shares[:, :-1]
    above = (codes[:, :, None] == place + 1) / shares[:, 1:]
    scores = (density * (below - above)).reshape(n, -1)
    products = scores.T @ scores / n
    same = np.kron(np.eye(p), np.ones((most, most)))
    own = products * same
    unused = np.flatnonzero(own.diagonal() == 0)  # thresholds that an item does not have
    own[unused, unused] = 1.0
    return scores, own


def _cross_slopes(
    tables: Tables, r: Floats, shares: Floats, observed: Floats, on_pair: Floats
) -> Floats:
    """Return how each correlation's mean score falls with each threshold, `(P, T)`."""
    p, most = tables.thresholds.shape
    found = np.zeros((len(r), p, most))
    for side, item, partner in ((0, tables.one, tables.other), (1, tables.other, tables.one)):
        cuts, others = tables.thresholds[item], tables.thresholds[partner]
        density = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
        rest = np.sqrt(1 - r**2)[:, None, None]
        given = ndtr((others[:, None, :] - r[:, None, None] * cuts[:, :, None]) / rest)
        padded = np.concatenate(
            [np.zeros((*given.shape[:2], 1)), given, np.ones((*given.shape[:2], 1))], axis=2
        )
        moved = density[:, :, None] * np.diff(padded, axis=2)  # what a cut gains below it
        weight = observed * on_pair / shares
        if side:
            weight = weight.transpose(0, 2, 1)
        gained = (moved * (weight[:, :-1] - weight[:, 1:])).sum(axis=2)
        found[np.arange(len(r)), item] = gained
    return found.reshape(len(r), -1)
