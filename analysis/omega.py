"""Omega total: the share of the score's variance that the common factor explains."""

from dataclasses import replace

import numpy as np

from analysis.categorical_omega import categorical_omega
from analysis.clusters import (
    MOST_LEFT_OUT,
    Clusters,
    covariances_without,
    left_out_margin,
    refuse_few,
    summed_margin,
)
from analysis.covariance import proper_covariance
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import Estimate, check_level, one_of
from analysis.factor import OneFactor, fit_one_factor
from analysis.influence import margin
from analysis.moments import MISSING, Moments
from analysis.scale import Scale
from analysis.scoring import complete_rows, item_matrix

KINDS = ("total", "categorical")


def omega(
    data: Frame,
    scale: Scale,
    *,
    kind: str = "total",
    missing: str = "listwise",
    level: float = 0.95,
    cluster: str | None = None,
) -> Estimate:
    """Estimate omega of a scale from the one-factor model.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale, with at least 3 items; reversed items are turned round first.
    kind
        "total": of the covariances of the answers; "categorical": of the variables behind ordinal
        answers, yet still the reliability of the sum of the answers (`analysis.categorical_omega`).
    missing
        "listwise": rows that answered every item; "pairwise": pairwise covariances or polychoric
        correlations, the first without an interval.
    level
        Confidence level between 0 and 1.
    cluster
        Column whose labels tell which rows belong together, such as the partner; None: rows are
        independent.

    Returns
    -------
    Estimate
        Omega between 0 and 1, with the interval omega ± t standard errors.

    Notes
    -----
    Missing data: `n_used` counts the rows with all answers (listwise) or at least one
    (pairwise). The interval is distribution-free (`analysis.influence`), so it holds for Likert
    answers and where one factor does not fit well.

    Raises
    ------
    UnknownChoice
        If an option has a value it does not know.
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit the scale.

    References
    ----------
    Formula: ω = (Σλ)² / ((Σλ)² + Σθ). McDonald (1999), Test Theory, chapter 6.
    "categorical": Green & Yang (2009), Psychometrika 74, 155-167.
    Checked against lavaan 0.6-14, cfa(std.lv = TRUE) and estimator = "MLR": omega 1e-6,
    loadings 1e-4, χ² 1e-5 relative, standard error 1e-3 relative.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"t1": [1, 2, 3, 4, 5, 5], "t2": [2, 1, 3, 5, 4, 5], "t3": [1, 3, 2, 5, 4, 4]}
    ... )
    >>> round(omega(answers, Scale("trust", ("t1", "t2", "t3"), 1, 5)).estimate, 3)
    0.925
    """
    one_of("kind", kind, KINDS)
    one_of("missing", missing, MISSING)
    check_level(level)
    items = item_matrix(data, scale)
    together = None if cluster is None else Clusters.of(data, cluster)
    if kind == "categorical":
        return categorical_omega(items, scale, missing=missing, level=level, clusters=together)
    moments = Moments.of_items(items, scale)
    return omega_of_rows(items, moments, missing=missing, level=level, clusters=together)


def omega_of_rows(
    items: Floats,
    moments: Moments,
    *,
    missing: str = "listwise",
    level: float = 0.95,
    clusters: Clusters | None = None,
) -> Estimate:
    """Estimate omega total as `omega` does, from scored answers `(n, k)` and their sums."""
    listwise = missing == "listwise"
    used = moments.complete_n if listwise else moments.n_answered
    result = Estimate(None, None, None, None, "one-factor ML", used, moments.n_rows)
    try:
        model = one_factor(moments, missing)
        influence = omega_influence(model, complete_rows(items))
    except NotComputable as reason:
        return replace(result, notes=(f"omega is not computable: {reason}",))
    value = omega_of_model(model)
    result = replace(result, estimate=value)
    if not listwise:
        return replace(result, notes=("no interval: it needs complete rows; use listwise",))
    try:
        reach = float(_margin(influence, items, level, clusters))
    except NotComputable as reason:
        return replace(result, notes=(f"no interval: {reason}",))
    low, high = max(value - reach, 0.0), min(value + reach, 1.0)
    return replace(result, ci_low=low, ci_high=high, level=level)


def _margin(influence: Floats, items: Floats, level: float, clusters: Clusters | None) -> Floats:
    """Return half the width of the interval of omega."""
    if clusters is None:
        return margin(influence, level)
    chosen = ~np.isnan(items).any(axis=1)
    together = clusters.among(chosen)
    refuse_few(together)
    if together.count > MOST_LEFT_OUT:
        return summed_margin(influence, together, level)
    rows = items[chosen]
    sizes = np.bincount(together.codes)
    try:
        without = zip(covariances_without(rows, together), len(rows) - sizes, strict=True)
        values = [omega_of_model(fit_one_factor(each, int(left))) for each, left in without]
    except NotComputable:  # without one of them the model has no proper solution
        return summed_margin(influence, together, level)
    return left_out_margin(np.array(values), level)


def one_factor(moments: Moments, missing: str = "listwise") -> OneFactor:
    """Fit the one-factor model to the covariances of mergeable sums.

    Raises
    ------
    NotComputable
        If there is no proper covariance matrix, or no proper solution.
    """
    k = moments.scale.k
    if k < 3:
        raise NotComputable(f"the one-factor model needs 3 items; the scale has {k}")
    n = moments.complete_n if missing == "listwise" else moments.n_answered
    return fit_one_factor(proper_covariance(moments, missing), n)


def omega_of_model(model: OneFactor) -> float:
    """Return omega total of a fitted one-factor model."""
    common = model.loadings.sum() ** 2
    return float(common / (common + model.uniquenesses.sum()))


def omega_influence(model: OneFactor, rows: Floats) -> Floats:
    """Return how much each of the fitted rows moves omega, `(n,)`: the delta method by rows.

    Raises
    ------
    NotComputable
        If the loadings are not determined by the data.
    """
    common, unique = model.loadings.sum(), model.uniquenesses.sum()
    by_each = common / (common**2 + unique) ** 2
    ones = np.ones_like(model.loadings)
    return model.influence(rows, 2 * unique * by_each * ones, -common * by_each * ones)
