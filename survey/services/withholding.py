"""What an export of a confidential study leaves out, so that no small group can be read."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis.scale import Scale
from survey.services.snapshots import Snapshot

WITHHELD: Final = "withheld"
GROUP: Final = ("partner", "side")


@dataclass(frozen=True, slots=True)
class Withheld:
    """How much was left out: rows of small groups, and parts of the others."""

    rows: int
    groups: int
    scales: int
    texts: int
    languages: int


def withhold(snapshot: Snapshot) -> tuple[Snapshot, Withheld]:
    """Leave out of a snapshot what would show fewer than the thresholds.

    Parameters
    ----------
    snapshot
        A confidential study's rows; it is not changed.

    Returns
    -------
    Snapshot
        Same columns. Gone are the rows of a partner (on one side) with fewer than
        ``min_group`` rows. Where fewer than ``min_group`` of the remaining rows of a
        partner have a score on a scale, the scale's items are empty with the missing
        code ``withheld``; where fewer than ``min_group_text`` have text, the text is
        empty; where fewer than ``min_group`` were answered in one language, the
        language is empty for all rows of that partner.
    Withheld
        Counts of what was left out.
    """
    thresholds = snapshot.meta["thresholds"]
    least, least_text = thresholds["min_group"], thresholds["min_group_text"]
    frame = snapshot.frame.filter(pl.len().over(GROUP) >= least)
    groups = snapshot.frame.n_unique(GROUP) - frame.n_unique(GROUP)
    rows = snapshot.frame.height - frame.height
    scales = texts = 0
    for scale in Scale.from_key(snapshot.scoring_key):
        answered = pl.sum_horizontal(pl.col(item).is_not_null() for item in scale.items)
        small = _small(frame, (answered >= scale.needed).sum(), least)
        frame, cells = _without_scale(frame, scale.items, small)
        scales += cells
    for item in snapshot.text_items:
        small = _small(frame, pl.col(item).is_not_null().sum(), least_text)
        texts += frame.filter(small, pl.col(item).is_not_null()).height
        frame = frame.with_columns(pl.when(~small).then(pl.col(item)).alias(item))
    frame, languages = _without_rare_languages(frame, least)
    return snapshot.with_rows(frame), Withheld(rows, groups, scales, texts, languages)


def _small(frame: pl.DataFrame, count: pl.Expr, least: int) -> pl.Series:
    """Mark the rows of groups in which fewer than ``least`` are counted."""
    return frame.select((count < least).over(GROUP)).to_series()


def _without_scale(
    frame: pl.DataFrame, items: tuple[str, ...], small: pl.Series
) -> tuple[pl.DataFrame, int]:
    """Empty the items of one scale; count the groups in which there was something to empty."""
    answered = pl.any_horizontal(pl.col(item).is_not_null() for item in items)
    cells = frame.filter(small, answered).n_unique(GROUP)
    return (
        frame.with_columns(
            column
            for item in items
            for column in (
                pl.when(~small).then(pl.col(item)).alias(item),
                pl.when(small & pl.col(item).is_not_null())
                .then(pl.lit(WITHHELD))
                .otherwise(pl.col(f"{item}_missing"))
                .alias(f"{item}_missing"),
            )
        ),
        cells,
    )


def _without_rare_languages(frame: pl.DataFrame, least: int) -> tuple[pl.DataFrame, int]:
    rare = (pl.len().over(*GROUP, "language") < least).any().over(GROUP)
    marked = frame.select(rare).to_series()
    groups = frame.filter(marked).n_unique(GROUP)
    return frame.with_columns(pl.when(~marked).then(pl.col("language")).alias("language")), groups
