"""Waves on all scales: trends, charts of single partners, and the gap between the sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.change import Trend, change, trend
from analysis.control_chart import ControlChart, mean_chart
from analysis.cuts import Cuts
from analysis.data import Floats, Label, labels
from analysis.errors import NotComputable
from analysis.gap_trend import GapLine, gap_lines
from analysis.partner_sums import coded
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix, mean_scores
from analysis.side_assessment import EVERYBODY


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Scores of one side on one scale: arrays `(n,)`, one row per rater."""

    values: Floats
    partner: NDArray[np.object_]
    wave: NDArray[np.object_]

    @classmethod
    def of(cls, cuts: Cuts, side: Label | None, scale: Scale, partner: str | None) -> "Scored":
        """Score the rows of a side in all waves."""
        values, who, when = [], [], []
        for wave in cuts.waves or (None,):
            frame = cuts.cells[side, wave]
            values.append(mean_scores(item_matrix(frame, scale), scale))
            n = len(values[-1])
            everybody = np.full(n, EVERYBODY, dtype=object)
            who.append(everybody if partner is None else labels(frame, partner))
            when.append(np.full(n, wave, dtype=object))
        return cls(np.concatenate(values), np.concatenate(who), np.concatenate(when))

    def rows(self) -> dict[Label, NDArray[np.intp]]:
        """Return the rows of each partner."""
        names, codes = coded(self.partner)
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
        spans = zip(names, bounds, bounds[1:], strict=False)
        return {name: order[start:stop] for name, start, stop in spans}


@dataclass(frozen=True, slots=True, eq=False)
class WaveScale:
    """One scale over the waves.

    Parameters
    ----------
    trend
        Over all waves.
    change
        From the last wave but one to the last.
    charts
        Partner to its control chart, where one can be drawn.
    gaps
        The gap between the sides of each partner over all waves; empty with one side.
    """

    trend: Trend
    change: Trend
    charts: dict[Label, ControlChart]
    gaps: tuple[GapLine, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the scale as its part of the JSON."""
        charts = [{"partner": str(who), **c.to_dict()} for who, c in self.charts.items()]
        for chart in charts:
            chart["points"] = [{**point, "wave": str(point["wave"])} for point in chart["points"]]
        lines = {"trend": _plain(self.trend), "change": _plain(self.change)}
        return {**lines, "charts": charts, "gaps": [gap.to_dict() for gap in self.gaps]}


def assess_waves(cuts: Cuts, scales: Sequence[Scale], choices: Choices) -> dict[str, WaveScale]:
    """Follow the partners of the first side over the waves.

    Parameters
    ----------
    cuts
        Rows by side and wave, ready to be published; two waves or more.
    scales
        Scales to follow.
    choices
        Their `partner`, `level` and `min_n` hold as elsewhere.

    Returns
    -------
    dict
        Scale name to its waves.
    """
    side = cuts.sides[0] if cuts.sides else None
    found = {}
    for scale in scales:
        scored = Scored.of(cuts, side, scale, choices.partner)
        rows = (scored.values, scored.partner, scored.wave)
        try:
            lines, last = (
                fit(*rows, level=choices.level, min_n=choices.min_n) for fit in (trend, change)
            )
        except NotComputable:  # all answers lie in one wave
            continue
        charts = dict(_charts(scored, lines, choices))
        found[scale.name] = WaveScale(lines, last, charts, _gaps(cuts, scale, choices))
    return found


def _gaps(cuts: Cuts, scale: Scale, choices: Choices) -> tuple[GapLine, ...]:
    """Follow the gap between the sides; nothing where there are not two sides in two waves."""
    if len(cuts.sides) != 2:
        return ()
    a, b = (Scored.of(cuts, side, scale, choices.partner) for side in cuts.sides)
    columns = ((a.values, b.values), (a.partner, b.partner), (a.wave, b.wave))
    try:
        return gap_lines(*columns, level=choices.level, min_n=choices.min_n)
    except NotComputable:  # no two waves in which both sides answered
        return ()


def _charts(scored: Scored, lines: Trend, choices: Choices) -> Iterator[tuple[Label, ControlChart]]:
    at = scored.rows()
    for row in lines.rows:
        if row.suppressed_reason:
            continue
        own = at[row.partner]
        values, wave = scored.values[own], scored.wave[own]
        try:
            chart = mean_chart(values, wave, level=choices.level, min_n=choices.min_n)
        except NotComputable:  # raters who all agree
            continue
        yield row.partner, chart


def _plain(found: Trend) -> dict[str, Any]:
    document = found.to_dict()
    rows = [{**row, "partner": str(row["partner"])} for row in document["rows"]]
    return {**document, "rows": rows, "waves": [str(wave) for wave in found.waves]}
