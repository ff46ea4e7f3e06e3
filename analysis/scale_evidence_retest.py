"""Whether scores are stable: the same raters in waves one after another."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.alpha import alpha
from analysis.cuts import rows
from analysis.data import Floats, Frame, Label, groups
from analysis.errors import BadFrame, NotComputable
from analysis.ladder import Ladder
from analysis.longitudinal import longitudinal_invariance
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scale_evidence_groups import ladder_dict
from analysis.scale_evidence_thorough import attempt
from analysis.stability import ReliableChange, Retest, paired_scores, reliable_change, retest

_ESTIMATES = ("r", "agreement", "consistency")
_NUMBERS = ("estimate", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """One scale in two waves, one after the other.

    Parameters
    ----------
    scale, first, second
        Name of the scale; the waves.
    found
        Correlation, agreement, consistency and detectable change, or why there are none.
    change
        Who changed by more than error explains, or why that is not known.
    ladder
        Whether the scale means the same to them in both waves, or why that is not known.
    min_n
        Smallest group of which a number may be shown.
    """

    scale: str
    first: Label
    second: Label
    found: Retest | str
    change: ReliableChange | str
    ladder: Ladder | str
    min_n: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the two waves as their part of the JSON."""
        found = self.found
        told: dict[str, Any] = {"first": str(self.first), "second": str(self.second)}
        if isinstance(found, str):
            return {**told, "reason": found}
        for name in _ESTIMATES:
            part = asdict(getattr(found, name))
            told[name] = {key: part[key] for key in _NUMBERS}
        names = ("mean_change", "sd_change", "sem", "sdc", "n_used")
        return {
            **told,
            "reason": None,
            **{name: getattr(found, name) for name in names},
            "reliable_change": self._change(),
            "comparability": ladder_dict(self.ladder, f"waves {self.first} and {self.second}"),
            "notes": list(found.notes),
        }

    def _change(self) -> dict[str, Any]:
        found = self.change
        if isinstance(found, str):
            return {"threshold": None, "risen": None, "fallen": None, "reason": found}
        counts = {
            name: n if n >= self.min_n or (n == 0 and self.min_n == 1) else None
            for name, n in (("risen", found.risen), ("fallen", found.fallen))
        }
        return {"threshold": found.threshold, **counts, "reason": None}


def stability(
    data: Frame,
    scales: Sequence[Scale],
    respondent: Sequence[str],
    wave: str,
    choices: Choices,
) -> tuple[Stability, ...]:
    """Compare the scores of the same raters over waves that follow each other.

    Parameters
    ----------
    data
        One row per rater (and partner) and wave, each wave ready to be published.
    scales
        The scales.
    respondent
        Columns that together say who answered about whom.
    wave
        Column that says in which wave.
    choices
        Options. With `min_n` above 1 two waves are compared only where of the raters of each wave
        none, or at least so many, are missing in the other: else the means of the waves less
        those of the raters in both would give away a few. How many changed is told only from
        `min_n` on.

    Returns
    -------
    tuple of Stability
        One for each scale and each wave but the first; where one breaks it says why.

    Raises
    ------
    UnknownColumn
        If a column is not there.
    """
    waves, codes = groups(data, wave)
    found = []
    for at, pair in enumerate(pairwise(waves)):
        both = rows(data, np.isin(codes, (at, at + 1)))
        before = rows(data, codes == at)
        keys = (*respondent, wave)
        found += [_stability(both, before, scale, keys, pair, choices) for scale in scales]
    return tuple(found)


def _stability(
    both: Frame,
    before: Frame,
    scale: Scale,
    keys: tuple[str, ...],
    pair: tuple[Label, Label],
    choices: Choices,
) -> Stability:
    """Compare two waves on one scale; `both` are the rows of these, `before` those of the first."""
    options: dict[str, Any] = {"level": choices.level, "seed": choices.seed}
    try:
        scores = paired_scores(both, scale, keys, pair)
        _refuse_few(scores, choices.min_n)
        found = retest(both, scale, respondent=keys[:-1], wave=keys[-1], waves=pair, **options)
    except (NotComputable, BadFrame) as reason:
        why = str(reason)
        return Stability(scale.name, *pair, why, why, why, choices.min_n)
    change = _change(before, scale, scores, choices)
    ladder = _same_meaning(both, scale, keys, pair, scores, choices)
    return Stability(scale.name, *pair, found, change, ladder, choices.min_n)


def _change(before: Frame, scale: Scale, scores: Floats, choices: Choices) -> ReliableChange | str:
    """Count the raters who changed by more than error explains, by alpha of the first wave."""
    reliability = alpha(before, scale, missing=choices.missing, ci=None)
    if reliability.estimate is None or not 0 <= reliability.estimate <= 1:
        return "; ".join(reliability.notes)
    first, second = scores[~np.isnan(scores).any(axis=1)].T
    options = {"reliability": reliability.estimate, "level": choices.level}
    return attempt(partial(reliable_change, first, second, **options))


def _same_meaning(
    both: Frame,
    scale: Scale,
    keys: tuple[str, ...],
    pair: tuple[Label, Label],
    scores: Floats,
    choices: Choices,
) -> Ladder | str:
    """Compare factor models of the two waves, the raters being the same."""
    if scale.k < 3:
        return f"a factor model of one scale needs 3 items; {scale.name} has {scale.k}"
    if choices.min_n > 1:
        complete = paired_scores(both, replace(scale, min_answered=1.0), keys, pair)
        used, paired = (int((~np.isnan(each)).all(axis=1).sum()) for each in (complete, scores))
        if used < choices.min_n or 0 < paired - used < choices.min_n:
            return f"fewer than {choices.min_n} raters answered every item twice, or did not"
    options: dict[str, Any] = {"respondent": keys[:-1], "wave": keys[-1], "waves": pair}
    estimator = "ml" if choices.estimator == "ml" else "mlr"
    model = partial(longitudinal_invariance, both, [scale], **options, estimator=estimator)
    return attempt(model)


def _refuse_few(scores: Floats, least: int) -> None:
    """Refuse pairs `(n, 2)` that with the means of both waves give away a few raters."""
    given = ~np.isnan(scores)
    both = int(given.all(axis=1).sum())
    alone = given.sum(axis=0) - both
    if both < 2:
        raise NotComputable(f"{'1 rater' if both else 'no rater'} has a score in both waves")
    if least > 1 and (both < least or ((alone > 0) & (alone < least)).any()):
        raise NotComputable(
            f"fewer than {least} raters answered in both waves, or in one alone; they could be "
            "found by subtraction"
        )
