"""Standard errors and tests of a factor model that hold where answers are not normal (MLR)."""

import numpy as np

from analysis.data import Floats
from analysis.likelihood import patterns
from analysis.sample import Sample
from analysis.structure import GroupModel

_ROWS = 2_048  # rows whose products with all slopes are held at a time


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
    slopes, rises = group.covariance_slopes(parameters), group.mean_slopes(parameters)
    found = np.empty((len(rows), len(parameters)))
    for items, members in patterns(rows):
        inverse = np.linalg.inv(implied[np.ix_(items, items)])
        part = slopes[:, items[:, None], items]
        typical = np.tensordot(part, inverse, 2)
        for start in range(0, len(members), _ROWS):
            chosen = members[start : start + _ROWS]
            u = centred[np.ix_(chosen, items)] @ inverse
            pull = np.einsum("qnp,np->nq", u @ part, u)
            found[chosen] = (pull - typical) / 2 + u @ rises[:, items].T
    return found


def sandwich(information: Floats, row_scores: Floats) -> Floats:
    """Return the covariances `(q, q)` of the estimates whatever the distribution.

    References
    ----------
    Formula: I⁻¹ B I⁻¹/n with the observed information I and the mean B of the scores' products.
    Huber (1967); White (1982), Econometrica 50, 1-25.
    """
    inverse = np.linalg.inv(information)
    meat = row_scores.T @ row_scores / len(row_scores)
    spread: Floats = inverse @ meat @ inverse / len(row_scores)
    return spread


def inflation(information: Floats, row_scores: Floats) -> float:
    """Return tr(I⁻¹B): the number of parameters if rows were as the model says."""
    meat = row_scores.T @ row_scores / len(row_scores)
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
    centred = sample.rows - sample.mean
    kurtosis = (centred**4).mean(axis=0) / (centred**2).mean(axis=0) ** 2
    return float((kurtosis - 1).sum()) / 2
