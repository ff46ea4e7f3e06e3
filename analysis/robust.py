"""Standard errors and tests of a factor model that hold where answers are not normal (MLR)."""

import numpy as np

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
    Formula: half of Mardia's kurtosis less p; Mardia (1970), Biometrika 57, 519-530.
    """
    centred = sample.rows - sample.mean
    distance = np.einsum("np,np->n", centred @ np.linalg.inv(sample.covariance), centred)
    return float((distance**2).mean() - len(sample.mean)) / 2


def independent_inflation(sample: Sample) -> float:
    """Return tr(I⁻¹B) of the variances of independent items, from complete rows."""
    squares = (sample.rows - sample.mean) ** 2
    kurtosis = (squares**2).mean(axis=0) / squares.mean(axis=0) ** 2
    return float((kurtosis - 1).sum()) / 2
