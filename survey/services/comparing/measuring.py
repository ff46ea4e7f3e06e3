"""What comparing needs beside the report, computed from the same rows. For closing only.

Each side of each wave is protected as it is in the report, so this rests on the same rows. Of
data that were written anew since the wave was closed no item and no count of flagged rows is
kept: beside the ones that were seen before they would tell of the rows that were taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from analysis.change import change
from analysis.composite_course import (
    CompositeWave,
    Lines,
    Moved,
    composite_lines,
    composite_since,
    composite_wave,
)
from analysis.disclosure import protect
from analysis.errors import NotComputable
from analysis.item_means import ItemMean, item_means
from analysis.quality import quality
from analysis.scale import Scale, own_views
from analysis.scoring import score
from survey.services.assessing import Frozen, Stack, sides_of
from survey.services.snapshots import Snapshot

PARTNER = "partner"
Since = Mapping[int, Mapping[str, Moved]]  # earlier wave → partner → change to the last


@dataclass(frozen=True, slots=True)
class Measured:
    """Beside the report: days of closing, changes, composites over waves, items, care.

    Parameters
    ----------
    closed
        Wave to the day on which it was closed.
    earlier
        SHA-256 of the frozen copies of the earlier waves, oldest first.
    since
        Scale to what changed since each earlier wave.
    composites, lines, composite_since
        The composite of each wave, its slopes, and what changed of it.
    items
        Item to its scale and its means by partner.
    judged, careless
        Assessments that were looked at, and those that were flagged, where enough were.
    """

    closed: Mapping[int, str] = field(default_factory=dict)
    earlier: Sequence[str] = ()
    since: Mapping[str, Since] = field(default_factory=dict)
    composites: Mapping[int, CompositeWave] = field(default_factory=dict)
    lines: Lines | None = None
    composite_since: Since = field(default_factory=dict)
    items: Mapping[str, tuple[str, Mapping[str, ItemMean]]] = field(default_factory=dict)
    judged: int | None = None
    careless: int | None = None


def measure(stack: Stack, weights: Mapping[str, float], level: float) -> Measured:
    """Compute what is kept beside the report of a wave.

    Parameters
    ----------
    stack
        The wave, and the earlier ones that its report rests on.
    weights
        Of the scales in the composite, adding up to 1; empty where there is none.
    level
        Of the intervals.
    """
    last = stack.last.snapshot
    side, least = sides_of(last)[0], last.meta["thresholds"]["min_group"]
    scales = Scale.from_key(last.scoring_key)
    frames: dict[int, pl.DataFrame] = {}
    for frozen in (*stack.earlier, stack.last):
        shown: Any = protect(_rows(frozen, side), scales, PARTNER, least)
        frames[frozen.edition["wave"]] = shown
    now, whole = max(frames), stack.last.edition["data_version"] == 1
    composites = _composites(frames, scales, weights, least)
    judged, careless = _care(frames[now], scales, last, least) if whole else (None, None)
    return Measured(
        closed={
            f.edition["wave"]: f.snapshot.meta["closed_on"] for f in (*stack.earlier, stack.last)
        },
        earlier=[frozen.edition["sha256"] for frozen in stack.earlier],
        since=_since(frames, own_views(scales), level, least),
        composites=composites,
        lines=composite_lines({float(w): c for w, c in composites.items()}, level),
        composite_since={
            wave: _named(composite_since(each, composites[now], level))
            for wave, each in composites.items()
            if wave != now and now in composites
        },
        items=_items(_rows(stack.last, side), scales, level, least) if whole else {},
        judged=judged,
        careless=careless,
    )


def _rows(frozen: Frozen, side: str | None) -> pl.DataFrame:
    frame = frozen.snapshot.frame
    return frame if side is None else frame.filter(pl.col("side") == side)


def _since(
    frames: Mapping[int, pl.DataFrame], scales: Sequence[Scale], level: float, least: int
) -> dict[str, Since]:
    """Compare the last wave with each earlier one, scale by scale."""
    *earlier, _ = sorted(frames)
    if not earlier:
        return {}
    who = np.concatenate([frames[wave][PARTNER].to_numpy() for wave in sorted(frames)])
    when = np.concatenate([np.full(frames[wave].height, wave) for wave in sorted(frames)])
    scored = [score(frames[wave], scales).values for wave in sorted(frames)]
    found: dict[str, Since] = {}
    for scale in scales:
        values = np.concatenate([each[scale.name] for each in scored])
        found[scale.name] = {
            wave: _moved(values, who, when, level=level, min_n=least, since=wave)
            for wave in earlier
        }
    return found


def _moved(*rows: Any, **options: Any) -> dict[str, Moved]:  # noqa: ANN401 - as `change` takes them
    """Give each partner's change, shrunken where that can be told."""
    try:
        table = change(*rows, **options)
    except NotComputable:
        return {}
    found = {}
    for row in table.rows:
        if row.slope is None or row.ci_low is None or row.ci_high is None:
            continue
        sure = row.ci_low > 0 or row.ci_high < 0
        moved = Moved(row.slope, row.ci_low, row.ci_high, sure=sure)
        ends = (row.shrunken_ci_low, row.shrunken_ci_high)
        if row.shrunken is not None and None not in ends:
            moved = Moved(row.shrunken, *ends, shrunken=True, sure=sure)
        found[str(row.partner)] = moved
    return found


def _composites(
    frames: Mapping[int, pl.DataFrame],
    scales: Sequence[Scale],
    weights: Mapping[str, float],
    least: int,
) -> dict[int, CompositeWave]:
    if not weights:
        return {}
    waves = (
        (wave, composite_wave(frame, scales, weights, PARTNER, least))
        for wave, frame in sorted(frames.items())
    )
    return {wave: found for wave, found in waves if found is not None}


def _named(moved: Mapping[Any, Moved]) -> dict[str, Moved]:
    return {str(name): each for name, each in moved.items()}


def _items(
    frame: pl.DataFrame, scales: Sequence[Scale], level: float, least: int
) -> dict[str, tuple[str, Mapping[str, ItemMean]]]:
    found = item_means(frame, scales, PARTNER, level=level, min_n=least)
    return {
        item: (scale.name, {str(name): mean for name, mean in found[item].items()})
        for scale in own_views(scales)
        for item in scale.items
        if item in found
    }


def _care(
    shown: pl.DataFrame, scales: Sequence[Scale], snapshot: Snapshot, least: int
) -> tuple[int, int | None]:
    """Count the assessments of which something is shown, and those that are flagged."""
    own = own_views(scales)
    items = [item for scale in own for item in scale.items]
    rows = shown.filter(pl.any_horizontal(pl.col(item).is_not_null() for item in items))
    if rows.is_empty():
        return 0, None
    found = quality(rows, own, instructed=snapshot.meta.get("instructed"))
    flagged = int(found.flagged.sum())
    enough = least <= flagged <= rows.height - least
    return rows.height, flagged if enough else None
