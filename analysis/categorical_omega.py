"""Categorical omega: the reliability of a sum of ordinal answers."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from analysis.clusters import Clusters, left_out_margin, summed_margin
from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.estimate import Estimate
from analysis.influence import margin
from analysis.ordinal_solution import solve_ordinal
from analysis.polychoric import NOBODY, Whole, bivariate_density, bivariate_normal
from analysis.polychoric_errors import OrdinalSample
from analysis.scale import Scale
from analysis.search import inverse_of

METHOD = "one-factor WLSMV"
_MANY_ITEMS, _MANY_ROWS = 6, 500
_PARTS, _SEED = 15, 1
_NARROW = (
    "this interval is too narrow: without some of the rows there is no omega, and the other way to "
    "an interval held 87 to 94 % with six items or more and fewer than 500 rows"
)


def categorical_omega(
    items: Floats, scale: Scale, *, missing: str, level: float, clusters: Clusters | None = None
) -> Estimate:
    """Estimate the share of the score's variance that the factor behind the answers explains.

    Parameters
    ----------
    items
        Scored answers `(n, k)`, NaN where missing, of at most 12 kinds per item.
    scale
        The scale, with at least 3 items.
    missing
        "listwise": rows that answered every item; "pairwise": each correlation from the rows that
        answered both items.
    level
        Confidence level between 0 and 1.
    clusters
        Rows that belong together; None: rows are independent.

    Returns
    -------
    Estimate
        Between 0 and 1, with its interval.

    Notes
    -----
    Missing data: `n_used` counts the rows with all answers (listwise) or at least one (pairwise).
    The standard error comes from the influence of each row on thresholds, correlations and
    loadings; the weights of the fit count as given, which costs nothing where one factor fits. It
    is enlarged by √(n/(n - q)), q the thresholds and the correlation of a pair, n the rows that
    answered it, and the interval is symmetric in log(1 - ω). With six items or more and fewer than
    500 rows the weights cost something: then it comes from log(1 - ω) without each of 15 parts of
    the rows, drawn at random (jackknife). No bootstrap is offered: resamples of few rows often lack
    an answer that some item has, and are then not of the same sum.

    References
    ----------
    Formula: with thresholds τ, loadings λ and polychoric correlations r, the sum of the
    covariances of the slices of variables that correlate λᵢλⱼ, over the same of variables that
    correlate rᵢⱼ. Green & Yang (2009), Psychometrika 74, 155-167, equation 21.
    Checked against semTools 0.5-6, compRelSEM: 1e-5; intervals by simulated coverage.
    """
    gaps = np.isnan(items)
    chosen = ~(gaps.all(axis=1) if missing == "pairwise" else gaps.any(axis=1))
    used = items[chosen]
    result = Estimate(None, None, None, None, METHOD, len(used), len(items))
    try:
        if scale.k < 3:
            raise NotComputable(  # noqa: TRY301 - the reason is a note, like all others
                f"the one-factor model needs 3 items; the scale has {scale.k}"
            )
        sample = OrdinalSample.of(used, scale.items)
        value, influence = sliced_omega(sample, _steps(used, sample))
    except NotComputable as reason:
        return replace(result, notes=(f"categorical omega is not computable: {reason}",))
    result = replace(result, estimate=value)
    room = _room(sample)
    if room <= 0:
        return replace(result, notes=("no interval: too few rows for so many kinds of answers",))
    together = None if clusters is None else clusters.among(chosen)
    try:
        reach = float(_margin(influence, level, together)) / (math.sqrt(room) * (1 - value))
    except NotComputable as reason:
        return replace(result, notes=(f"no interval: {reason}",))
    notes: tuple[str, ...] = ()
    if scale.k >= _MANY_ITEMS and sample.n < _MANY_ROWS:
        try:
            reach = float(left_out_margin(_without_parts(used, scale, together), level))
        except NotComputable:
            notes = (_NARROW,)
    low, high = (1 - (1 - value) * math.exp(side * reach) for side in (1, -1))
    return replace(result, ci_low=max(low, 0.0), ci_high=high, level=level, notes=notes)


def _margin(influence: Floats, level: float, clusters: Clusters | None) -> Floats:
    if clusters is None:
        return margin(influence, level)
    return summed_margin(influence, clusters, level)


def _without_parts(rows: Floats, scale: Scale, clusters: Clusters | None) -> Floats:
    """Return log(1 - ω) without each of 15 parts of the rows, or of the clusters."""
    unit = np.arange(len(rows)) if clusters is None else clusters.codes
    units = int(unit.max()) + 1
    part = np.random.default_rng(_SEED).permutation(units) % min(_PARTS, units)
    found = []
    for each in range(min(_PARTS, units)):
        left = rows[part[unit] != each]
        sample = OrdinalSample.of(left, scale.items)
        found.append(math.log(1 - sliced_omega(sample, _steps(left, sample))[0]))
    return np.array(found)


def sliced_omega(sample: OrdinalSample, steps: Floats) -> tuple[float, Floats]:
    """Return categorical omega and how much each row moves it, `(n,)`.

    Parameters
    ----------
    sample
        Answers of one scale.
    steps
        By how much an answer rises at each threshold, `(p, c - 1)`.

    Raises
    ------
    NotComputable
        If the one-factor model is not identified, does not converge, or has a negative variance.
    """
    p = len(sample.tables.items)
    loadings = solve_ordinal(sample, np.zeros(p, np.intp)).parameters[:p]
    beyond = np.flatnonzero(np.abs(loadings) >= 1)
    if len(beyond):
        name = sample.tables.items[beyond[0]]
        raise NotComputable(f"the uniqueness of {name!r} is negative (a Heywood case)")
    slices = _Slices(sample.tables.thresholds, steps)
    true, by_r, true_by_cut = slices.variance(np.outer(loadings, loadings))
    total, total_by_r, total_by_cut = slices.variance(sample.values, variances=True)
    value = true / total
    by_cut = (true_by_cut - value * total_by_cut) / total
    pairs = sample.tables.one, sample.tables.other
    on_loadings = _loading_influence(sample, loadings)
    moved = on_loadings @ (2 * by_r @ loadings) / total
    moved -= sample.on_correlations @ (2 * total_by_r[pairs]) * value / total
    return value, moved + sample.on_thresholds @ by_cut.ravel()


def _room(sample: OrdinalSample) -> float:
    """Return which share of the rows is left to show spread, after what each pair estimates."""
    tables = sample.tables
    cuts = (tables.thresholds < NOBODY).sum(axis=1)
    estimated = cuts[tables.one] + cuts[tables.other] + 1
    return float((1 - estimated / tables.counts.sum(axis=(1, 2))).min())


def _steps(rows: Floats, sample: OrdinalSample) -> Floats:
    """Return by how much the answer to each item rises at each of its thresholds."""
    found = np.zeros_like(sample.tables.thresholds)
    for index, column in enumerate(rows.T):
        rises = np.diff(np.unique(column[~np.isnan(column)]))
        found[index, : len(rises)] = rises
    return found


def _loading_influence(sample: OrdinalSample, loadings: Floats) -> Floats:
    """Return how much each row moves each loading, `(n, p)`."""
    one, other = sample.tables.one, sample.tables.other
    weights, gap = 1 / sample.errors.diagonal(), (sample.values - np.outer(loadings, loadings))
    slopes = np.zeros((len(loadings), len(one)))
    place = np.arange(len(one))
    slopes[one, place], slopes[other, place] = loadings[other], loadings[one]
    curvature = (slopes * weights) @ slopes.T
    bend = weights * gap[one, other]
    curvature[one, other] -= bend
    curvature[other, one] -= bend
    moved: Floats = sample.on_correlations @ (inverse_of(curvature) @ (slopes * weights)).T
    return moved


@dataclass(frozen=True, slots=True, eq=False)
class _Slices:
    """Sums of variables that jump by `steps` `(p, c - 1)` at `thresholds` `(p, c - 1)`."""

    thresholds: Floats
    steps: Floats

    def variance(self, values: Floats, *, variances: bool = False) -> tuple[float, Floats, Floats]:
        """Return the variance of the sum if the variables behind it correlate so.

        Parameters
        ----------
        values
            Correlations `(p, p)`; on the diagonal, of an item with another one like itself.
        variances
            Whether the diagonal stands for the variances of the items instead.

        Returns
        -------
        tuple
            The variance, and its derivatives with respect to each correlation `(p, p)`, counted
            once per order, and to each threshold `(p, c - 1)`.
        """
        p, most = self.thresholds.shape
        owner: Whole = np.repeat(np.arange(p), most)
        cut, step = self.thresholds.ravel(), self.steps.ravel()
        h, k = cut[:, None], cut[None, :]
        r = values[owner[:, None], owner]
        same = (owner[:, None] == owner) & variances
        inner = np.where(same, 0.0, r)
        joint = np.where(
            same, ndtr(np.minimum(h, k)), bivariate_normal(h + 0 * k, k + 0 * h, inner)
        )
        below = (ndtr((k - inner * h) / np.sqrt(1 - inner**2))) - ndtr(k)
        tied = np.where(h < k, 1.0, np.where(h == k, 0.5, 0.0)) - ndtr(k)
        height = np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi)
        by_cut = 2 * step * height * (np.where(same, tied, below) @ step)
        heights = np.where(same, 0.0, bivariate_density(h, k, inner)) * np.outer(step, step)
        by_r = heights.reshape(p, most, p, most).sum(axis=(1, 3))
        spread = joint - np.outer(ndtr(cut), ndtr(cut))
        return float(step @ spread @ step), by_r, by_cut.reshape(p, most)
