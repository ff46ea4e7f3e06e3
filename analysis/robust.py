"""Standard errors and tests of a factor model that hold where answers are not normal (MLR)."""

import numpy as np

from analysis.clusters import Clusters
from analysis.data import Floats
from analysis.likelihood import patterns
from analysis.sample import Sample
from analysis.structure import GroupModel


def scores(group: GroupModel, parameters: Floats, rows: Floats, mean: Floats) -> Floats:
    """Return the derivatives of each row's log likelihood, `(n, q)`.

    Parameters
    ----------
    group
        The model.
    parameters
        Where, `(q,)`.
    rows
        Answers `(n, p)`, NaN where missing.
    mean
        Means `(p,)` to count from where the model has none.
    """
    implied, expected = group.covariance(parameters), group.mean(parameters)
    centred = rows - (mean if expected is None else expected)
    found = np.empty((len(rows), len(parameters)))
    for items, members in patterns(rows):
        inverse = np.zeros_like(implied)
        inverse[np.ix_(items, items)] = np.linalg.inv(implied[np.ix_(items, items)])
        typical = group.gradient(parameters, inverse / 2, np.zeros(len(implied)))
        u = np.where(np.isnan(centred[members]), 0.0, centred[members]) @ inverse
        pulled = group.pulls(parameters, u)
        pulled -= typical
        if len(members) == len(rows):  # one pattern: no second copy of what may be large
            return pulled
        found[members] = pulled
    return found


def meat_of(scores_of_rows: Floats, clusters: Clusters | None) -> Floats:
    """Return the mean product of the rows' scores `(n, q)`, summed within any clusters.

    References
    ----------
    Formula: G/(G - 1) · Σ over the G clusters of ssᵀ/n, s the sum of the scores in one. Rogers
    (1993), Stata Technical Bulletin 13; Asparouhov & Muthén (2005).
    """
    each = scores_of_rows if clusters is None else clusters.sums(scores_of_rows)
    found: Floats = each.T @ each / len(scores_of_rows)
    return found if clusters is None else found * clusters.correction


def sandwich(information: Floats, meat: Floats, n: int) -> Floats:
    """Return the covariances `(q, q)` of the estimates whatever the distribution.

    Parameters
    ----------
    information
        Observed information per row, I.
    meat
        Mean product of the rows' scores, B.
    n
        Rows.

    References
    ----------
    Formula: I⁻¹ B I⁻¹/n. Huber (1967); White (1982), Econometrica 50, 1-25.
    """
    inverse = np.linalg.inv(information)
    spread: Floats = inverse @ meat @ inverse / n
    return spread


def inflation(information: Floats, meat: Floats) -> float:
    """Return tr(I⁻¹B): the number of parameters if rows were as the model says."""
    return float(np.trace(np.linalg.solve(information, meat)))


def saturated_inflation(sample: Sample) -> float:
    """Return tr(I⁻¹B) of the covariances without a model, from complete rows.

    References
    ----------
    Formula: half of Mardia's kurtosis less p; Mardia (1970), Biometrika 57, 519-530. In clusters,
    half of Σ‖Σ(yyᵀ - 1)‖²/n over clusters and the rows of each, y the rows with covariance 1.
    """
    centred = sample.rows - sample.mean
    if sample.clusters is not None:
        mean = mean_inflation(sample, sample.covariance)
        return mean + _clustered_inflation(centred, sample.covariance, sample.clusters)
    distance = np.einsum("np,np->n", centred @ np.linalg.inv(sample.covariance), centred)
    return float((distance**2).mean() - len(sample.mean)) / 2


def mean_inflation(sample: Sample, covariance: Floats) -> float:
    """Return what the means add to tr(I⁻¹B) if the covariances are these.

    Without clusters they add as much to every model, so 0 stands for it; with gaps the model has
    means of its own.
    """
    if sample.clusters is None or sample.gaps:
        return 0.0
    sums = sample.clusters.sums(sample.rows - sample.mean)
    pulled = np.linalg.solve(covariance, sums.T)
    return float((sums.T * pulled).sum()) / sample.n * sample.clusters.correction


def independent_inflation(sample: Sample) -> float:
    """Return tr(I⁻¹B) of the variances of independent items, from complete rows."""
    squares = (sample.rows - sample.mean) ** 2
    if sample.clusters is not None:
        sums = sample.clusters.sums(squares / squares.mean(axis=0) - 1)
        own = float((sums**2).sum()) / sample.n / 2 * sample.clusters.correction
        return mean_inflation(sample, np.diag(squares.mean(axis=0))) + own
    kurtosis = (squares**2).mean(axis=0) / squares.mean(axis=0) ** 2
    return float((kurtosis - 1).sum()) / 2


def _clustered_inflation(centred: Floats, covariance: Floats, clusters: Clusters) -> float:
    white = np.linalg.solve(np.linalg.cholesky(covariance), centred.T).T
    sizes = np.bincount(clusters.codes, minlength=clusters.count)
    ordered = white[np.argsort(clusters.codes, kind="stable")]
    own = np.eye(len(covariance))
    parts = np.split(ordered, np.cumsum(sizes)[:-1])
    squares = (((part.T @ part - len(part) * own) ** 2).sum() for part in parts)
    return float(sum(squares)) / len(centred) / 2 * clusters.correction
