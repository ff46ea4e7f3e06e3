"""The whole analysis in one call: check, scales, partners, ranks, distinctness, methods."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.assessed import Assessment, Source
from analysis.cfa import ESTIMATORS
from analysis.clustering import AUTO, cluster_for
from analysis.cuts import cut, rows
from analysis.data import Frame, groups
from analysis.diagnostics import check
from analysis.disclosure import META
from analysis.errors import BadScale, refuse
from analysis.estimate import one_of
from analysis.factor_section import factor_section
from analysis.htmt import Matrix, htmt
from analysis.methods import methods
from analysis.partner_assessment import assess_partners, guessed_means
from analysis.partner_evidence import PartnersWanted
from analysis.publishable import publishable
from analysis.scale import Scale, own_views
from analysis.scale_assessment import Choices, assess_scale
from analysis.steps import Progress, Steps
from analysis.study_methods import study_methods
from analysis.study_parts import Wanted, study_parts

ScoringKey = Mapping[str, Mapping[str, Any]] | Sequence[Scale]


def assess(  # noqa: PLR0913 - each is an option of its own
    data: Frame,
    key: ScoringKey,
    *,
    partner: str | None = None,
    min_n: int = 1,
    ci: str | None = "adf",
    level: float = 0.95,
    seed: int = 1,
    missing: str = "pairwise",
    titles: Mapping[str, str] | None = None,
    source: Source | None = None,
    side: str | None = None,
    wave: str | None = None,
    outcome: str | None = None,
    without_flagged: bool = False,
    seconds: str | None = None,
    keep: Sequence[int] = (),
    thorough: bool = False,
    group: Sequence[str] = (),
    retest: str | None = None,
    estimator: str = "mlr",
    fiml: bool = False,
    cluster: str | None = AUTO,
    instructed: Mapping[str, float | str] | None = None,
    rater: str | None = None,
    composite: bool = False,
    weights: Mapping[str, float] | None = None,
    two_level: bool = False,
    pairs: bool = False,
    equal_within: float | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Check the data and compute all that their scales and partners give.

    Parameters
    ----------
    data
        pandas or polars DataFrame, one row per respondent (and partner); it is not changed.
    key
        Scales, or a scoring key: construct to items, low, high, and if need be reverse and
        min_answered.
    partner
        Column that names the partner of each row; None: no statistics of partners.
    min_n
        Smallest group of which a number may be shown; above 1, answers that subtraction of
        published numbers could reveal are taken out first.
    ci
        Interval of alpha: "adf", "feldt", "bootstrap" or None.
    level
        Level of all intervals, between 0 and 1.
    seed
        Seed of the bootstrap and of the rank draws.
    missing
        "pairwise" or "listwise" covariances for alpha and what goes with it.
    titles
        Scale name to what the report is to call it.
    source
        Where the data came from, for the record.
    side, wave
        Columns that name the side and the wave of each row: sides and waves are compared, and
        scales and partners are those of the first side («ours») in the last wave.
    outcome
        Scale whose drivers are wanted.
    without_flagged
        Look for careless rows, and show results with and without them.
    seconds
        Column with the seconds that a row took, for that search.
    keep
        Rows, counted from 1, that are flagged as careless and to be kept all the same.
    thorough
        Compute also what takes long: HTMT by bootstrap, a common method, pairs of two sides, and
        whether scales mean the same on both sides and in all waves, where there are several.
    group
        Columns such as the language: whether the scales mean the same in all groups of each.
    retest
        Column that names the same rater in every wave: how stable the scores are.
    estimator
        Of the factor model: "ml", "mlr", or "wlsmv" for ordinal answers.
    fiml
        Let rows with gaps enter the factor model too, by full information maximum likelihood
        ("wlsmv": pairwise); with `min_n` above 1 only complete rows do.
    cluster
        Column whose rows belong together, such as those of one partner: intervals of scales then
        allow for it. "auto": the partner, where 10 or more were rated; None: rows are independent.
    instructed
        Column to the answer that it asked for, for the search for careless rows, which it turns on.
    rater
        Column that names the rater of each row, the same in every wave: partners' scores are
        freed from the severity of their raters, and raters are linked over waves.
    composite, weights
        One score per partner from several scales, by these weights (scale to a number above 0)
        or by equal ones, and what hangs on them.
    two_level
        Omega within and between partners.
    pairs
        All pairs of up to 50 partners, instead of up to 15.
    equal_within
        Difference in scale points below which partners count as equal; None: 1/16 of the range of
        each scale, a quarter of a point on one from 1 to 5.
    progress
        Called with what is done and of how much, while the parts are computed.

    Returns
    -------
    Assessment
        Scores and means on the metric of each scale, unrounded.

    Notes
    -----
    Missing data: each number says how many rows it used.

    Raises
    ------
    RefusedData
        If the data must not be analysed as they are: answers off the scale, columns missing or
        not numeric, an id column among the items.
    BadScale, UnknownChoice
        If the key or an option is not valid.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, 4, 5, 5], "t2": [2, 1, 3, 5, 4, 5]})
    >>> found = assess(answers, {"trust": {"items": ["t1", "t2"], "low": 1, "high": 5}})
    >>> round(found.by_scale["trust"].alpha.estimate, 3)
    0.919
    >>> found.scales[["scale", "n_items"]].to_dict("records")
    [{'scale': 'trust', 'n_items': 2}]
    """
    scales = _scales(key)
    one_of("estimator", estimator, ESTIMATORS)
    choices = Choices(
        missing, ci, level, seed, min_n, partner, estimator, fiml, cluster, pairs, equal_within
    )
    wanted = Wanted(
        side=side,
        wave=wave,
        outcome=outcome,
        without_flagged=without_flagged or bool(instructed),
        instructed=dict(instructed or {}),
        seconds=seconds,
        keep=tuple(keep),
        thorough=thorough,
        group=tuple(group),
        retest=retest,
        partners=PartnersWanted(rater, composite, weights, two_level),
    )
    cuts = None
    main = data
    if side or wave:
        refuse(check(data, scales, partner=partner))
        cuts = cut(data, side=side, wave=wave)
        main = rows(data, cuts.main)
    wanted = wanted.over(cuts)
    once = len(scales) * (1 if partner is None else 2) + 1
    steps = Steps(progress, (1 + wanted.times_again) * once + wanted.weight)
    found, ready = _assessed(main, scales, choices, titles or {}, steps)
    parts = study_parts(
        (main, ready),
        cuts,
        scales,
        wanted,
        found.choices,
        again=lambda frame: _assessed(frame, scales, choices, {}, steps)[0].to_dict(),
        steps=steps,
    )
    steps.end()
    return replace(
        found,
        source=source or Source(),
        parts=parts,
        methods=(*found.methods, *study_methods(parts, found.choices)),
        notes=(*(cuts.notes if cuts else ()), *found.notes),
    )


def _assessed(
    data: Frame,
    scales: tuple[Scale, ...],
    choices: Choices,
    titles: Mapping[str, str],
    steps: Steps,
) -> tuple[Assessment, Frame]:
    """Assess scales and partners; return with it the rows as they may be published."""
    diagnostics = check(data, scales, partner=choices.partner)
    refuse(diagnostics)
    shown = publishable(data, scales, choices, diagnostics.findings)
    by_rows = cluster_for(shown.frame, scales, choices.cluster, choices.partner, choices.min_n)
    choices = replace(choices, cluster=by_rows)
    found = {
        s.name: assess_scale(
            shown.of[s.name],
            s,
            replace(choices, missing=shown.missing[s.name]),
            title=titles.get(s.name),
            notes=shown.reasons[s.name],
            progress=steps.begin(),
        )
        for s in scales
    }
    partners, guesses = {}, {}
    if choices.partner is not None:
        by = groups(shown.frame, choices.partner)
        for s in scales:
            steps.begin()
            if s.name.endswith(META):
                guesses[s.name] = guessed_means(shown.frame, s, by, choices)
            else:
                partners[s.name] = assess_partners(shown.frame, s, by, choices)
    steps.begin()
    assessment = Assessment(
        n_rows=shown.n_rows,
        source=Source(),
        choices=choices,
        findings=shown.problems,
        by_scale=found,
        by_partner=partners,
        guesses=guesses,
        ratios=_distinct(shown.frame, own_views(scales), choices.min_n),
        factors=factor_section(shown.frame, own_views(scales), choices),
        methods=methods(scales, choices, [part.ranks for part in partners.values()]),
        notes=shown.notes,
    )
    return assessment, shown.frame


def _scales(key: ScoringKey) -> tuple[Scale, ...]:
    scales = Scale.from_key(key) if isinstance(key, Mapping) else tuple(key)
    names = [scale.name for scale in scales]
    if not scales:
        raise BadScale("There are no scales; give at least one.")
    if len(set(names)) < len(names):
        raise BadScale(f"Two of the scales {names} share a name; give each its own.")
    return scales


def _distinct(data: Frame, scales: Sequence[Scale], min_n: int) -> Matrix | None:
    """Compare the scales, unless there is but one, or too few rows answered all of them."""
    found = htmt(data, scales) if len(scales) > 1 else None
    if found is None or found.n_used >= min_n:
        return found
    note = f"no ratios: fewer than {min_n} rows answered every item of all scales"
    return replace(found, values=np.full_like(found.values, np.nan), n_used=0, notes=(note,))
