"""Early warnings of all rules on all scales, and what to expect of so many looks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis import early_warning
from analysis.adjustment import adjusted
from analysis.coorientation import Coorientation
from analysis.cuts import Cuts
from analysis.data import Label
from analysis.early_warning import EarlyWarning
from analysis.rater_spread import spread
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.wave_assessment import Scored, WaveScale

BY_CHANCE = {
    "falling": 0.025,
    "widening gap": 0.005,
    "false consensus": 0.030,
    "spread": 0.023,
}
"""Share of looks of each rule that warn in a whole study without change, at level .95: simulated
(docs/reference/waves.md)."""
_SIMULATED = 0.05  # 1 − level of these


@dataclass(frozen=True, slots=True, eq=False)
class Warned:
    """Places that were looked at, and those where a rule warns.

    Parameters
    ----------
    rows
        Scale and warning, in the order of the scales.
    p_adjusted
        Of each of these, its p among all places looked at (Benjamini and Hochberg).
    looked_at
        Rule to the places (partner and scale) at which it looked.
    level
        Of the intervals.
    """

    rows: tuple[tuple[str, EarlyWarning], ...]
    p_adjusted: tuple[float, ...]
    looked_at: Mapping[str, int]
    level: float

    @property
    def by_chance(self) -> float:
        """Return how many would warn in a study of this size in which nothing is wrong."""
        share = (1 - self.level) / _SIMULATED
        return share * sum(n * BY_CHANCE[rule] for rule, n in self.looked_at.items())

    def to_dict(self) -> dict[str, Any]:
        """Return the warnings and what to expect of them, as they stand in the JSON."""
        told = [
            {"scale": name, **warning.to_dict(), "p_adjusted": p, "stands": p < 1 - self.level}
            for (name, warning), p in zip(self.rows, self.p_adjusted, strict=True)
        ]
        rates = {
            "looked_at": sum(self.looked_at.values()),
            "rules": dict(self.looked_at),
            "by_chance": self.by_chance,
            "adjustment": "Benjamini-Hochberg",
            "level": self.level,
        }
        return {"warnings": told, "warning_rates": rates}


def early_warnings(
    cuts: Cuts,
    scales: Sequence[Scale],
    choices: Choices,
    waves: Mapping[str, WaveScale],
    sides: Mapping[str, Mapping[Label, Coorientation]],
) -> Warned:
    """Gather the warnings of all rules that the data allow.

    Parameters
    ----------
    cuts, scales, choices
        As for `wave_assessment.assess_waves`.
    waves
        What it found; empty without waves.
    sides
        Scale to partner to its two sides in the last wave; empty without sides.

    Returns
    -------
    Warned
        p is adjusted over all places at which any rule looked, whether it warns there or not.
    """
    looked = [
        (scale.name, place)
        for scale in scales
        for place in _looks(cuts, scale, choices, waves.get(scale.name), sides.get(scale.name))
    ]
    if not looked:
        return Warned((), (), {}, choices.level)
    p = adjusted([place.p for _, place in looked], "bh").tolist()
    raised = [(each, at) for each, at in zip(looked, p, strict=True) if each[1].raised]
    return Warned(
        rows=tuple(each for each, _ in raised),
        p_adjusted=tuple(at for _, at in raised),
        looked_at=dict(Counter(place.rule for _, place in looked)),
        level=choices.level,
    )


def _looks(
    cuts: Cuts,
    scale: Scale,
    choices: Choices,
    waves: WaveScale | None,
    sides: Mapping[Label, Coorientation] | None,
) -> Iterator[EarlyWarning]:
    if waves is not None:
        yield from early_warning.falling(waves.trend, every=True)
        yield from early_warning.widening(waves.gaps, choices.level, every=True)
    if sides is not None:
        names = (f"«{cuts.sides[0]}»", f"«{cuts.sides[1]}»")
        yield from early_warning.false_consensus(sides, names, every=True)
    own = Scored.of(cuts, cuts.sides[0] if cuts.sides else None, scale, choices.partner)
    latest = own.wave == cuts.last if cuts.waves else np.ones(len(own.values), dtype=bool)
    yield from spread(
        own.values[latest],
        own.partner[latest],
        level=choices.level,
        min_n=choices.min_n,
        every=True,
    )
