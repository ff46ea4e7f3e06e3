"""How exactly thresholds and polychoric correlations are known: their covariances."""

import numpy as np
from scipy.special import ndtr

from analysis.data import Floats
from analysis.polychoric import Tables

_LEAST = 1e-15


def correlation_errors(tables: Tables, values: Floats) -> Floats:
    """Return n times the covariances `(P, P)` of the polychoric correlations of complete rows.

    Parameters
    ----------
    tables
        Of complete rows.
    values
        The correlations `(p, p)`.

    References
    ----------
    Formula: A⁻¹BA⁻ᵀ of the two steps: B the mean products of the rows' scores on thresholds and
    correlations, A their mean slopes, in which a correlation's score depends on the thresholds of
    its pair. Muthén (1984), Psychometrika 49, 115-132; Jöreskog (1994), Psychometrika 59, 381-389.
    Checked against lavaan 0.6-14 (lavInspect, "gamma"): 1e-4.
    """
    r = values[tables.one, tables.other]
    shares, slopes = tables.shares(r)
    observed = tables.counts / tables.counts.sum(axis=(1, 2), keepdims=True)
    on_threshold, own = _threshold_scores(tables)
    on_pair = slopes / shares
    of_rows = on_pair[np.arange(len(r)), tables.codes[:, tables.one], tables.codes[:, tables.other]]
    weight = (observed * on_pair**2).sum(axis=(1, 2))
    cross = _cross_slopes(tables, r, shares, observed, on_pair)
    settled = np.linalg.solve(own, on_threshold.T).T  # each row's pull on the thresholds
    influence = (of_rows - settled @ cross.T) / weight
    spread: Floats = influence.T @ influence / len(influence)
    return spread


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
