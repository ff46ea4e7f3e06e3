"""What an export leaves out, so that no small group can be read; nothing in identified studies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis.scale import Scale
from survey.services.layout import Unit
from survey.services.snapshots import Snapshot
from survey.storage.models import IDENTIFIED

WITHHELD: Final = "withheld"
GROUP: Final = ("partner", "side")
PRIVATE: Final = ("removed",)  # what a snapshot says about erased rows is for this program alone


@dataclass(frozen=True, slots=True)
class Withheld:
    """How much was left out: rows of small groups, and parts of the others.

    ``scales`` and ``choices`` count a scale, or a question with options, once for each partner;
    ``texts`` counts texts.
    """

    rows: int = 0
    groups: int = 0
    scales: int = 0
    choices: int = 0
    texts: int = 0
    languages: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns that are shown together or not at all, with the number that they need."""

    values: tuple[str, ...]
    missing: tuple[str, ...]
    answered: pl.Expr
    least: int
    counted_as: str


def withhold(snapshot: Snapshot) -> tuple[Snapshot, Withheld]:
    """Leave out of a snapshot what would show fewer than the thresholds.

    Parameters
    ----------
    snapshot
        The rows of a wave; they are not changed.

    Returns
    -------
    Snapshot
        Same columns. Of an identified study, all rows as they are. Of any other, gone are the
        rows of a partner (on one side) with fewer than ``min_group`` rows. Where fewer than
        ``min_group`` of the remaining rows of a partner have a score on a scale, or an answer
        to a question with options, its columns are empty with the missing code ``withheld``;
        where fewer than ``min_group_text`` have text, the text is empty. Answers off the path
        count by themselves. Where fewer than ``min_group`` were answered in one language, the
        language is empty for all rows of that partner.
    Withheld
        Counts of what was left out.
    """
    if snapshot.meta.get("privacy_mode") == IDENTIFIED:
        return snapshot.with_rows(snapshot.frame, *PRIVATE), Withheld()
    least = snapshot.meta["thresholds"]["min_group"]
    frame = snapshot.frame.filter(pl.len().over(GROUP) >= least)
    counts = {
        "rows": snapshot.frame.height - frame.height,
        "groups": snapshot.frame.n_unique(GROUP) - frame.n_unique(GROUP),
    }
    for part in _parts(snapshot):
        frame, found = _without(frame, part)
        counts[part.counted_as] = counts.get(part.counted_as, 0) + found
    frame, counts["languages"] = _without_rare_languages(frame, least)
    return snapshot.with_rows(frame, *PRIVATE), Withheld(**counts)


def _parts(snapshot: Snapshot) -> Iterator[_Part]:
    """Give the scales, then the items that stand in none, then the answers off the path."""
    thresholds, units = snapshot.meta["thresholds"], {unit.id: unit for unit in snapshot.units}
    scored: set[str] = set()
    for scale in Scale.from_key(snapshot.scoring_key):
        items = [units[item] for item in scale.items]
        scored.update(scale.items)
        answers = pl.sum_horizontal(pl.col(item).is_not_null() for item in scale.items)
        missing = tuple(unit.missing for unit in items if unit.missing)
        needed = answers >= scale.needed
        yield _Part(scale.items, missing, needed, thresholds["min_group"], "scales")
    for unit in units.values():
        least, counted_as = thresholds[unit.threshold], _counted_as(unit)
        if unit.id not in scored:
            missing = (unit.missing,) if unit.missing else ()
            given = pl.col(unit.values[0]).is_not_null()
            yield _Part(unit.values, missing, given, least, counted_as)
        if unit.off_path:
            given = pl.col(unit.off_path).is_not_null()
            yield _Part((unit.off_path,), (), given, least, counted_as)


def _counted_as(unit: Unit) -> str:
    if unit.threshold == "min_group_text":
        return "texts"
    return "scales" if unit.kind == "rating" else "choices"


def _without(frame: pl.DataFrame, part: _Part) -> tuple[pl.DataFrame, int]:
    """Empty the columns of a part where too few have answered; count what there was to empty."""
    small = frame.select((part.answered.sum() < part.least).over(GROUP)).to_series()
    given = pl.any_horizontal(pl.col(name).is_not_null() for name in part.values)
    emptied = frame.filter(small, given)
    if emptied.is_empty():
        return frame, 0
    changed = [pl.when(~small).then(pl.col(name)).alias(name) for name in part.values]
    changed += [
        pl.when(small & pl.col(value).is_not_null())
        .then(pl.lit(WITHHELD))
        .otherwise(pl.col(missing))
        .alias(missing)
        for value, missing in zip(part.values, part.missing, strict=False)
    ]
    found = emptied.height if part.counted_as == "texts" else emptied.n_unique(GROUP)
    return frame.with_columns(changed), found


def _without_rare_languages(frame: pl.DataFrame, least: int) -> tuple[pl.DataFrame, int]:
    known = pl.col("language").is_not_null()
    rare = (known & (pl.len().over(*GROUP, "language") < least)).any().over(GROUP)
    marked = frame.select(rare).to_series()
    groups = frame.filter(marked).n_unique(GROUP)
    return frame.with_columns(pl.when(~marked).then(pl.col("language")).alias("language")), groups
