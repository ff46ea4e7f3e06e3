"""Comparability over time: whether a factor model is the same for the same raters in two waves."""

from collections.abc import Sequence

import numpy as np

from analysis.cfa import refuse_unidentified
from analysis.data import Floats, Frame, Label, groups
from analysis.errors import BadFrame, NotComputable, UnknownChoice
from analysis.estimate import one_of
from analysis.group_solution import GroupSolution, solve_groups
from analysis.group_structure import STEPS, FreePlaces
from analysis.invariance_steps import Step, likelihood_steps
from analysis.ladder import Ladder
from analysis.sample import complete_sample
from analysis.scale import Scale
from analysis.scoring import item_matrix
from analysis.solution import Solution, solve
from analysis.structure import FIXED, GroupModel, Part, Places, Structure

ESTIMATORS = ("ml", "mlr")
_STABILITY = 0.5  # correlation of a factor with itself from which the search starts


def longitudinal_invariance(
    data: Frame,
    scales: Sequence[Scale],
    *,
    respondent: str | Sequence[str],
    wave: str,
    waves: tuple[Label, Label] | None = None,
    estimator: str = "ml",
) -> Ladder:
    """Compare factor models of two waves in which ever more is equal, raters being the same.

    Parameters
    ----------
    data
        One row per respondent and wave.
    scales
        Scales as in `cfa`; those of one item are left out.
    respondent
        Column, or columns such as rater and partner, that name who answers in both waves.
    wave
        Column of the waves.
    waves
        The two waves, the earlier first; None if there are only two.
    estimator
        "ml", or "mlr" for answers that are not normal.

    Returns
    -------
    Ladder
        Its groups are the waves. A step that is not estimable says why.

    Notes
    -----
    Missing data: respondents with an answer to every item in both waves are used; `n_total` counts
    those seen in either. `invariance(data, scales, wave)` takes waves as if of different people
    and then hardly ever sees a change.

    Raises
    ------
    BadFrame
        If a respondent has two rows in one wave.
    BadScale, UnknownChoice, OutOfRange, NotNumeric, UnknownColumn
        If the scales, an option or the data are not valid.

    References
    ----------
    Formula: one model of the items of both waves, Σ = ΛΦΛᵀ + Θ, in which the two uniquenesses of
    the same item are correlated; steps and limits as in `invariance`. Vandenberg & Lance (2000),
    Organizational Research Methods 3, 4-70; Little (2013), Longitudinal Structural Equation
    Modeling, chapter 5. CFI is against independent items.
    Checked against lavaan 0.6-14, ML and MLR: χ² 1e-5 relative, indices 1e-5.

    Examples
    --------
    >>> import pandas as pd
    >>> source = np.random.default_rng(1)
    >>> trait = source.standard_normal((500, 1))
    >>> rows = [trait + source.standard_normal((500, 3)) for _ in range(2)]
    >>> frame = pd.DataFrame(np.vstack(rows), columns=["t1", "t2", "t3"])
    >>> frame["who"], frame["wave"] = list(range(500)) * 2, [1] * 500 + [2] * 500
    >>> found = longitudinal_invariance(frame, [Scale("trust", ("t1", "t2", "t3"), -9, 9)],
    ...                                 respondent="who", wave="wave")
    >>> found.reached, found.n_used
    ('strict', 500)
    """
    one_of("estimator", estimator, ESTIMATORS)
    measured = tuple(scale for scale in scales if scale.k > 1)
    chosen = _two(data, wave, waves)
    rows = np.hstack([item_matrix(data, scale) for scale in measured] or [np.empty((0, 0))])
    keys = (respondent,) if isinstance(respondent, str) else tuple(respondent)
    wide = _linked(data, rows, keys, wave, chosen)
    used = wide[~np.isnan(wide).any(axis=1)]
    try:
        refuse_unidentified(measured)
        steps = _steps(used, measured, chosen, robust=estimator == "mlr")
    except NotComputable as reason:
        steps = tuple(Step(name, None, str(reason)) for name in STEPS)
    n = len(used)
    return Ladder(wave, chosen, (n, n), steps, estimator, n, len(wide))


def _steps(
    used: Floats, scales: tuple[Scale, ...], waves: tuple[Label, Label], *, robust: bool
) -> tuple[Step, ...]:
    items = [item for scale in scales for item in scale.items]
    owner = np.repeat(np.arange(len(scales)), [scale.k for scale in scales])
    named = tuple(f"{item} in {wave}" for wave in waves for item in items)
    sample = complete_sample(used, named)
    alone = []
    for part, wave in zip(np.hsplit(used, 2), waves, strict=True):
        try:
            alone.append(solve(complete_sample(part, tuple(items)), owner))
        except NotComputable as reason:
            raise NotComputable(f"in wave {wave!r}: {reason}") from None

    def fitted(step: str) -> GroupSolution:
        structure = wave_structure(step, owner, alone, np.split(sample.mean, 2))
        return solve_groups(structure, [sample], robust=robust)

    return likelihood_steps(STEPS, fitted)


def wave_structure(
    step: str, owner: Places, alone: list[Solution], means: list[Floats]
) -> Structure:
    """Return the model of both waves at one step of the ladder.

    Parameters
    ----------
    step
        As in `group_structure`.
    owner
        Index `(p,)` of the factor of each item.
    alone, means
        Each wave by itself: its solution, and its item means `(p,)`.

    Returns
    -------
    Structure
        One group of 2p items. Factors: m of the first wave, m of the second, and one for each item
        that weighs 1 on it in both waves, whose variance is the covariance of its uniquenesses
        (which may be negative).
    """
    level, places = STEPS.index(step), FreePlaces()
    p, m = len(owner), int(owner.max()) + 1
    own = [solution.parameters for solution in alone]
    where, constant = np.full((2 * p, 2 * m + p), FIXED), np.zeros((2 * p, 2 * m + p))
    item = np.arange(p)
    loads = _both(places, [each[:p] for each in own], equal=level >= 1)
    where[np.arange(2 * p), np.concatenate([owner, m + owner])] = loads
    constant[np.arange(2 * p), np.tile(2 * m + item, 2)] = 1.0
    level_of = np.full(2 * m + p, FIXED)
    if level >= 2:
        level_of[m : 2 * m] = places.new(np.zeros(m))
    group = GroupModel(
        loadings=Part(where, constant),
        factors=_factors(places, [each[p:-p] for each in own], m, p, free=level >= 1),
        uniquenesses=Part(
            _both(places, [each[-p:] for each in own], equal=level >= 3), np.zeros(2 * p)
        ),
        intercepts=Part(_both(places, means, equal=level >= 2), np.zeros(2 * p)),
        factor_means=Part(level_of, np.zeros(2 * m + p)),
    )
    return Structure((group,), np.array(places.start))


def _both(places: FreePlaces, values: list[Floats], *, equal: bool) -> Places:
    """Return places of the first and the second wave, the same ones if they are equal."""
    if equal:
        typical: Floats = np.stack(values).mean(axis=0)
        return np.tile(places.new(typical), 2)
    return np.concatenate([places.new(each) for each in values])


def _factors(places: FreePlaces, correlations: list[Floats], m: int, p: int, *, free: bool) -> Part:
    """Return factor covariances; variances of the second wave begin at 1."""
    within = np.eye(m)
    lower = np.tril_indices(m, -1)
    within[lower] = within.T[lower] = np.mean(correlations, axis=0)
    start: Floats = np.kron(np.array([[1, _STABILITY], [_STABILITY, 1]]), within)
    where = np.full((2 * m + p, 2 * m + p), FIXED)
    lower = np.tril_indices(2 * m, -1)
    where[lower] = places.new(start[lower])
    where.T[lower] = where[lower]
    item, second = 2 * m + np.arange(p), m + np.arange(m)
    where[item, item] = places.new(np.zeros(p))
    if free:
        where[second, second] = places.new(np.ones(m))
    return Part(where, np.diag(np.concatenate([np.ones(2 * m), np.zeros(p)])))


def _two(data: Frame, wave: str, waves: tuple[Label, Label] | None) -> tuple[Label, Label]:
    present, _ = groups(data, wave)
    chosen = present if waves is None else tuple(waves)
    if len(chosen) != 2 or len(set(chosen)) != 2 or not set(chosen) <= set(present):
        raise UnknownChoice(
            f"waves is {waves!r} and column {wave!r} has {', '.join(map(repr, present))}; "
            "give two of them, in order."
        )
    return chosen[0], chosen[1]


def _linked(
    data: Frame, rows: Floats, keys: tuple[str, ...], wave: str, waves: tuple[Label, Label]
) -> Floats:
    """Return the answers `(respondents, 2p)` in both waves, NaN where there are none."""
    names, occasion = groups(data, wave)
    units = np.column_stack([groups(data, key)[1] for key in keys])
    found = []
    here = (units >= 0).all(axis=1) & np.isin(occasion, [names.index(each) for each in waves])
    distinct, unit = np.unique(units[here], axis=0, return_inverse=True)
    for each in waves:
        own = occasion[here] == names.index(each)
        if len(np.unique(unit[own])) < own.sum():
            raise BadFrame(
                f"Some respondents have two rows in one wave; {' and '.join(map(repr, keys))} must "
                "name each row of a wave once (add the partner's column, or drop repeated rows)."
            )
        answers = np.full((len(distinct), rows.shape[1]), np.nan)
        answers[unit[own]] = rows[here][own]
        found.append(answers)
    return np.hstack(found)
