"""Confirmatory factor analysis: each item measures the one factor that its scale names."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from analysis.cfa_result import Cfa, Loading, share_interval
from analysis.clusters import Clusters, refuse_few
from analysis.data import Floats, Frame
from analysis.em import incomplete_sample
from analysis.errors import BadScale, NotComputable, UnknownChoice
from analysis.estimate import check_level, one_of
from analysis.fit import Fit
from analysis.ordinal_solution import solve_ordinal
from analysis.polychoric_errors import OrdinalSample
from analysis.sample import complete_sample
from analysis.scale import Scale
from analysis.scoring import item_matrix
from analysis.solution import Solution, solve
from analysis.structure import Places

ESTIMATORS = ("ml", "mlr", "wlsmv")
MANY_CLUSTERS = 50  # from which χ² holds its level
MISSING = ("listwise", "fiml", "pairwise")
_GOES_WITH = {"fiml": ("ml", "mlr"), "pairwise": ("wlsmv",)}


def cfa(
    data: Frame,
    scales: Sequence[Scale],
    *,
    estimator: str = "ml",
    missing: str = "listwise",
    level: float = 0.95,
    cluster: str | None = None,
) -> Cfa:
    """Fit the model in which each scale is a factor and factors correlate freely.

    Parameters
    ----------
    data
        One row per respondent.
    scales
        Scales that share no item; reversed items are turned round first. A scale of one item is
        left out with a note; a scale alone needs 3 items.
    estimator
        "ml": maximum likelihood for normal answers; "mlr": the same estimates with standard
        errors and a χ² that hold for others; "wlsmv": of the variables behind ordinal answers,
        from polychoric correlations.
    missing
        "listwise": rows that answered every item; "fiml": all rows with an answer, by maximum
        likelihood of what each answered ("ml", "mlr"); right where gaps depend on answers that
        were given; "pairwise": all rows with an answer, each correlation from those that answered
        both items ("wlsmv"); right where gaps depend on nothing.
    level
        Confidence level between 0 and 1 of the standardized loadings.
    cluster
        Column whose labels tell which rows belong together, such as the partner: standard errors
        and χ² of "mlr" then allow for it, and the others say that they do not. None: rows are
        independent.

    Returns
    -------
    Cfa
        Loadings, factors and fit. A negative uniqueness (a Heywood case) or an impossible factor
        correlation is there as estimated, with `proper` false and a note that names it.

    Notes
    -----
    Missing data: `n_used` counts the rows with an answer to every item (listwise) or to any
    (fiml, pairwise).

    Raises
    ------
    NotComputable
        With the reason: too few items or rows, a constant item, linearly dependent items, no
        convergence.
    BadScale
        If two scales share an item.
    UnknownChoice, OutOfRange, NotNumeric, UnknownColumn
        If an option or the data are not valid.

    References
    ----------
    Formula: minimise F = log|Σ| + tr(SΣ⁻¹) - log|S| - p, Σ = ΛΦΛᵀ + Θ; χ² = n·F.
    Jöreskog (1969), Psychometrika 34, 183-202; with gaps, Arbuckle (1996), in Advanced Structural
    Equation Modeling, 243-277. Standard errors: expected information ("ml"), with gaps the
    observed; sandwich with the observed ("mlr"). Scaled χ²: Yuan & Bentler (2000), Sociological
    Methodology 30, 165-200, as in Asparouhov & Muthén (2005).
    "wlsmv": see `analysis.ordinal_solution`.
    Checked against lavaan 0.6-14, cfa(std.lv = TRUE): χ² 1e-5 relative, loadings and standard
    errors 1e-4, indices 1e-5. Intervals by Fisher's z, where lavaan's are estimate ± z·se.

    Examples
    --------
    >>> import pandas as pd
    >>> source = np.random.default_rng(1)
    >>> trait = source.standard_normal((200, 2)) @ np.array([[1, 0.5], [0, 0.87]])
    >>> answers = trait[:, [0, 0, 0, 1, 1, 1]] + source.standard_normal((200, 6))
    >>> frame = pd.DataFrame(answers, columns=["a1", "a2", "a3", "b1", "b2", "b3"])
    >>> found = cfa(frame, [Scale("a", ("a1", "a2", "a3"), -9, 9),
    ...                     Scale("b", ("b1", "b2", "b3"), -9, 9)])
    >>> found.fit.df, round(float(found.correlations[0, 1]), 2)
    (8, 0.25)
    """
    one_of("estimator", estimator, ESTIMATORS)
    one_of("missing", missing, MISSING)
    check_level(level)
    measured = tuple(scale for scale in scales if scale.k > 1)
    notes = tuple(f"{scale.name} has one item, so no factor" for scale in scales if scale.k == 1)
    refuse_unidentified(measured)
    items = tuple(item for scale in measured for item in scale.items)
    rows = np.hstack([item_matrix(data, scale) for scale in measured])
    owner = np.repeat(np.arange(len(measured)), [scale.k for scale in measured])
    together = None if cluster is None else Clusters.of(data, cluster)
    options = {"estimator": estimator, "missing": missing}
    solution = _solved(rows, items, owner, together if estimator == "mlr" else None, **options)
    notes += _of_clusters(together, solution)
    counted = None if solution.clusters is None else solution.clusters.count
    names = tuple(scale.name for scale in measured)
    found = _described(solution, items, names, level, counted)
    found = replace(found, estimator=estimator, missing=missing, n_total=len(rows))
    return replace(found, notes=notes + found.notes)


def _solved(
    rows: Floats,
    items: tuple[str, ...],
    owner: Places,
    clusters: Clusters | None,
    *,
    estimator: str,
    missing: str,
) -> Solution:
    chosen = ~np.isnan(rows).any(axis=1)
    complete = rows[chosen]
    if estimator not in _GOES_WITH.get(missing, ESTIMATORS):
        raise UnknownChoice(
            f"missing is {missing!r}, which is not for {estimator!r}; choose 'listwise'."
        )
    if estimator == "wlsmv":
        ordinal = OrdinalSample.of(rows if missing == "pairwise" else complete, items)
        return solve_ordinal(ordinal, owner)
    if missing == "fiml" and len(complete) < len(rows):
        chosen = ~np.isnan(rows).all(axis=1)
        sample = incomplete_sample(rows, items)
    else:
        sample = complete_sample(complete, items)
    if clusters is not None:
        clusters = clusters.among(chosen)
        refuse_few(clusters)
        try:
            return solve(replace(sample, clusters=clusters), owner, robust=True)
        except NotComputable:  # with few clusters the scaling of χ² may have no value
            return solve(sample, owner, robust=True)
    return solve(sample, owner, robust=estimator == "mlr")


def _of_clusters(clusters: Clusters | None, solution: Solution) -> tuple[str, ...]:
    """Say how far the model allows for rows that belong together."""
    if clusters is None:
        return ()
    if solution.clusters is None:
        why = "; 'mlr' allows for it" if solution.robust is None else ": there are too few of them"
        alike = (
            f"rows of one {clusters.column!r} count as independent here, so χ² and RMSEA are too "
            f"high and the intervals too narrow where they answer alike{why}"
        )
        return (alike,)
    count, df = solution.clusters.count, solution.fit.df
    if count < MANY_CLUSTERS or count < 2 * df:
        rough = (
            f"χ² and the indices rest on {count} clusters ({clusters.column}), too few for "
            f"{df} degrees of freedom: a model that is right is then rejected too often"
        )
        return (rough,)
    return ()


def refuse_unidentified(scales: tuple[Scale, ...]) -> None:
    """Refuse scales whose items do not determine a factor model.

    Raises
    ------
    BadScale
        If two scales share an item.
    NotComputable
        If there are too few items.
    """
    items = [item for scale in scales for item in scale.items]
    twice = [item for item in items if items.count(item) > 1]
    if twice:
        raise BadScale(
            f"Two of the scales hold {twice[0]!r}; a factor model of this kind needs scales "
            "that share no item."
        )
    if not scales:
        raise NotComputable("a factor model needs a scale with 2 items")
    if len(scales) == 1 and scales[0].k < 3:
        raise NotComputable(
            f"a factor model of one scale needs 3 items; {scales[0].name} has {scales[0].k}"
        )


def _described(
    solution: Solution,
    items: tuple[str, ...],
    factors: tuple[str, ...],
    level: float,
    n_clusters: int | None,
) -> Cfa:
    """Name the estimates; `estimator`, `missing` and `n_total` are still to be filled in."""
    p, m = len(items), len(factors)
    error = np.sqrt(np.clip(solution.spread.diagonal(), 0, None))
    lower, pairs = np.tril_indices(m, -1), slice(p, p + m * (m - 1) // 2)
    between, between_error = np.zeros((m, m)), np.zeros((m, m))
    between[lower], between_error[lower] = solution.parameters[pairs], error[pairs]
    correlations = between + between.T + np.eye(m)
    loadings = _loadings(solution, items, factors, level, n_clusters)
    notes = _improper(loadings, factors, correlations)
    return Cfa(
        factors=factors,
        loadings=loadings,
        correlations=correlations,
        correlation_se=between_error + between_error.T,
        fit=solution.fit,
        robust=solution.robust,
        estimator="",
        missing="",
        level=level,
        n_used=solution.n,
        n_total=0,
        proper=not notes,
        notes=notes + _remarks(loadings, solution.fit),
        n_clusters=n_clusters,
    )


def _loadings(
    solution: Solution,
    items: tuple[str, ...],
    factors: tuple[str, ...],
    level: float,
    n_clusters: int | None,
) -> tuple[Loading, ...]:
    p = len(items)
    error = np.sqrt(np.clip(solution.spread.diagonal(), 0, None))
    unique = solution.parameters[p + len(factors) * (len(factors) - 1) // 2 :]
    values, errors = solution.standardized()
    rows = []
    for index, item in enumerate(items):
        value, spread = float(values[index]), float(errors[index])
        low, high = share_interval(value, spread, level, n_clusters) or (None, None)
        rows.append(
            Loading(
                item=item,
                factor=factors[solution.owner[index]],
                loading=float(solution.parameters[index]),
                se=float(error[index]),
                standardized=value,
                standardized_se=spread,
                ci_low=low,
                ci_high=high,
                uniqueness=float(unique[index]),
            )
        )
    return tuple(rows)


def _improper(
    loadings: tuple[Loading, ...], factors: tuple[str, ...], correlations: Floats
) -> tuple[str, ...]:
    notes = [
        f"{row.item} has a negative uniqueness, {row.uniqueness:.3f} (a Heywood case): too few "
        f"rows, or the model is wrong; do not interpret {row.factor}"
        for row in loadings
        if row.uniqueness < 0
    ]
    beyond = [
        f"{factors[one]} and {factors[other]} correlate {correlations[one, other]:.3f}, beyond 1: "
        "these data show one factor where the model has two"
        for one, other in combinations(range(len(factors)), 2)
        if abs(correlations[one, other]) > 1
    ]
    if not beyond and np.linalg.eigvalsh(correlations)[0] < -1e-9:
        beyond = ["the factor correlations contradict each other (not positive definite)"]
    return (*notes, *beyond)


def _remarks(loadings: tuple[Loading, ...], fit: Fit) -> tuple[str, ...]:
    notes = [
        f"{row.item} loads negatively on {row.factor}: check its key"
        for row in loadings
        if row.standardized < 0
    ]
    if fit.df == 0:
        notes.append("the model fits any data (no degrees of freedom), so its fit says nothing")
    return tuple(notes)
