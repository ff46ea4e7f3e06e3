"""Drivers of an outcome among the scales, as a part of an assessment."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.clusters import Clusters
from analysis.data import Floats, Frame
from analysis.errors import NotComputable, UnknownChoice
from analysis.importance import shared
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import score
from analysis.steps import Progress

LEAST_ROWS = 20  # below, a resample may come down to a handful of rows


def assess_drivers(
    data: Frame,
    scales: Sequence[Scale],
    outcome: str,
    choices: Choices,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Share the explained variance of one scale among the others.

    Parameters
    ----------
    data
        One row per respondent (and partner), ready to be published.
    scales
        Scales; those that share items with the outcome are no drivers.
    outcome
        Name of the scale to be explained.
    choices
        Their `level`, `seed` and `min_n` hold as elsewhere.
    progress
        Called with the resamples that are done, and their number.

    Returns
    -------
    dict
        `Importance.to_dict()` and "reason", None; or "outcome", no "rows" and the reason.

    Raises
    ------
    UnknownChoice
        If there is no such scale.
    """
    by_name = {scale.name: scale for scale in scales}
    if outcome not in by_name:
        raise UnknownChoice(f"outcome is {outcome!r}; choose one of {', '.join(by_name)}.")
    aim = by_name[outcome]
    others = [s for s in scales if not set(s.items) & set(aim.items)]
    scores = score(data, [aim, *others]).values
    reason = _missing(scores, choices.min_n)
    try:
        if reason is None:
            names = [scale.name for scale in others]
            table = np.column_stack([scores[name] for name in (*names, outcome)])
            chosen = ~np.isnan(table).all(axis=1)
            options: dict[str, Any] = {"level": choices.level, "seed": choices.seed}
            if choices.cluster is not None:
                options["clusters"] = Clusters.of(data, choices.cluster).among(chosen)
            found = shared(table[chosen], names, outcome, **options, progress=progress)
            return {**found.to_dict(), "reason": None}
    except (NotComputable, UnknownChoice) as problem:
        reason = str(problem)
    return {"outcome": outcome, "rows": [], "reason": reason}


def _missing(scores: dict[str, Floats], min_n: int) -> str | None:
    """Say why there can be no drivers: too few rows, or a few incomplete ones would be found."""
    known = ~np.isnan(np.array(list(scores.values())))
    complete = int(known.all(axis=0).sum())
    if complete < LEAST_ROWS:
        return f"Drivers need {LEAST_ROWS} rows with a score on every scale; there are fewer."
    parts = int(known.any(axis=0).sum()) - complete
    if min_n > 1 and (complete < min_n or 0 < parts < min_n):
        return (
            f"Fewer than {min_n} rows have a score on every scale, or lack one: their answers "
            "could be found by subtraction."
        )
    return None
