"""Coefficient alpha, raw and standardized, and the error of measurement that follows from it."""

import math
from dataclasses import replace

import numpy as np

from analysis.alpha_interval import Interval, Seed
from analysis.clusters import Clusters
from analysis.covariance import alpha_of_covariance, proper_correlation, proper_covariance
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import Estimate, one_of
from analysis.moments import MISSING, Moments
from analysis.scale import Scale
from analysis.scoring import item_matrix


def alpha(  # noqa: PLR0913 - each is an option of its own
    data: Frame,
    scale: Scale,
    *,
    missing: str = "pairwise",
    ci: str | None = "adf",
    level: float = 0.95,
    seed: Seed = None,
    standardized: bool = False,
    cluster: str | None = None,
) -> Estimate:
    """Estimate coefficient alpha of a scale.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale; reversed items are turned round first.
    missing
        "pairwise": each covariance over the rows that answered both items; "listwise": over
        the rows that answered every item.
    ci
        "adf": estimate ± t standard errors, distribution-free; "feldt": exact for normal items
        with equal covariances, too narrow on most Likert data; "bootstrap": percentiles of
        2,000 resamples of the rows; None: no interval.
    level
        Confidence level between 0 and 1.
    seed
        Seed or generator of the bootstrap.
    standardized
        Alpha of the standardized items, from their correlations.
    cluster
        Column whose labels tell which rows belong together, such as the partner: the ADF interval
        then leaves out one of them at a time, and the bootstrap draws them whole. None: rows are
        independent. Not for "feldt".

    Returns
    -------
    Estimate
        Alpha, at most 1; `method` is the name of the interval.

    Notes
    -----
    Missing data: `n_used` counts the rows with at least one answer (pairwise) or with all
    (listwise). ADF and Feldt intervals rest on the complete rows also when alpha is pairwise.

    Raises
    ------
    UnknownChoice
        If an option has a value it does not know.
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit the scale.

    References
    ----------
    Formula: α = k/(k-1) · (1 - Σᵢ sᵢᵢ / Σᵢⱼ sᵢⱼ). Cronbach (1951), Psychometrika 16, 297-334.
    ADF: Maydeu-Olivares, Coffman & Hartmann (2007), Psychological Methods 12, 157-176; t has the
    degrees of freedom of `analysis.influence.margin`, so the interval holds from 100 rows.
    Feldt (1965), Psychometrika 30, 357-370.
    With `cluster`: `analysis.clusters.left_out_margin`, above 100 clusters `summed_margin`.
    Checked against psych::alpha 2.2.9 and the same formulas in R 4.2.2, to 1e-10.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, 4, 5, 5], "t2": [2, 1, 3, 5, 4, 5]})
    >>> round(alpha(answers, Scale("trust", ("t1", "t2"), 1, 5)).estimate, 3)
    0.919
    """
    one_of("missing", missing, MISSING)
    together = None if cluster is None else Clusters.of(data, cluster)
    interval = Interval(ci, level, seed, standardized=standardized, clusters=together)
    items = item_matrix(data, scale)
    return alpha_of_rows(items, Moments.of_items(items, scale), interval, missing)


def alpha_of_rows(
    items: Floats, moments: Moments, interval: Interval, missing: str = "pairwise"
) -> Estimate:
    """Estimate alpha as `alpha` does, from scored answers `(n, k)` and the sums of the same."""
    ci = interval.method
    used = moments.n_answered if missing == "pairwise" else moments.complete_n
    point = Estimate(None, None, None, None, ci or "no interval", used, moments.n_rows)
    try:
        value = alpha_of_moments(moments, missing, standardized=interval.standardized)
    except NotComputable as reason:
        return replace(point, notes=(f"alpha is not computable: {reason}",))
    point = replace(point, estimate=value, notes=_notes(value, moments, missing))
    whole = moments.complete_n == moments.n_rows
    if whole or ci is None or (ci == "bootstrap" and missing == "pairwise"):
        return interval.around(point, items)
    chosen = ~np.isnan(items).any(axis=1)
    return interval.among(chosen).around(point, items[chosen])


def alpha_of_moments(
    moments: Moments, missing: str = "pairwise", *, standardized: bool = False
) -> float:
    """Return alpha from mergeable sums.

    Raises
    ------
    NotComputable
        With the reason, if the sums do not determine it.
    """
    matrix = (proper_correlation if standardized else proper_covariance)(moments, missing)
    if not matrix.sum() > 1e-12 * np.trace(matrix):
        raise NotComputable("the items cancel out: their sum does not vary")
    return float(alpha_of_covariance(matrix))


def standard_error_of_measurement(
    data: Frame, scale: Scale, *, missing: str = "pairwise"
) -> Estimate:
    """Estimate how far a respondent's score lies from the true one, on the scale's metric.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale.
    missing
        "pairwise": standard deviation of all scores and pairwise alpha; "listwise": both from
        the rows that answered every item.

    Returns
    -------
    Estimate
        Standard error in points of the scale, without an interval.

    References
    ----------
    Formula: s·√(1-α), s the standard deviation of the mean score.
    Lord & Novick (1968), Statistical Theories of Mental Test Scores, section 3.8.
    Checked against the same formula in R 4.2.2, to 1e-10.
    """
    one_of("missing", missing, MISSING)
    return error_of_moments(Moments.of(data, scale), missing)


def error_of_moments(moments: Moments, missing: str = "pairwise") -> Estimate:
    """Estimate the error of measurement from mergeable sums."""
    listwise = missing == "listwise"
    used = moments.complete_n if listwise else moments.score_n
    empty = Estimate(None, None, None, None, "alpha", used, moments.n_rows)
    try:
        reliability = alpha_of_moments(moments, missing)
    except NotComputable as reason:
        return replace(empty, notes=(f"the error of measurement is not computable: {reason}",))
    variance = moments.score_variance()
    if listwise:
        variance = float(moments.covariance("listwise").mean())
    if math.isnan(variance):
        notes = ("the error of measurement is not computable: needs 2 rows with a score",)
        return replace(empty, notes=notes)
    return replace(empty, estimate=math.sqrt(max(variance * (1 - reliability), 0.0)))


def _notes(value: float, moments: Moments, missing: str) -> tuple[str, ...]:
    notes = []
    if missing == "pairwise" and moments.complete_n < moments.n_rows:
        counts = moments.pair_n
        notes.append(
            f"pairwise: {int(counts.min())} to {int(counts.max())} rows per pair of items; "
            f"{moments.complete_n} of {moments.n_rows} rows are complete"
        )
    if value < 0:
        notes.append("alpha is negative: the items do not go together, or one is keyed wrongly")
    return tuple(notes)
