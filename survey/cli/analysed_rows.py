"""Which rows `tillit analyse` is of, by what they are compared, and what may be shown of them."""

from dataclasses import dataclass, replace
from pathlib import Path

import click
import polars as pl

from analysis.reading import Answers, read_answers
from questionnaires import SIDES

BOTH = "both"
CODE = "code"  # of a snapshot: the rater, where the study is identified


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of the rows; `earlier` are snapshots of earlier waves."""

    side: str | None = None
    wave: str | None = None
    partner: str | None = None
    min_n: int | None = None
    earlier: tuple[Path, ...] = ()
    rater: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rows are compared by what, and what may be shown of them."""

    frame: pl.DataFrame
    partner: str | None
    min_n: int
    notes: tuple[str, ...] = ()
    side: str | None = None
    wave: str | None = None


def rules_for(answers: Answers, asked: Asked) -> Rules:
    """Find out what may be compared and shown: a snapshot brings its own rules.

    Raises
    ------
    click.UsageError
        If the options do not fit the file.
    AnalysisError
        If a snapshot of an earlier wave cannot be read.
    """
    snapshot = answers.snapshot
    if snapshot is None:
        return _of_any_file(answers, asked)
    if asked.partner not in (None, snapshot.partner):
        raise click.UsageError(
            f"A snapshot is shown by {snapshot.partner!r} only, as was fixed when its wave "
            f"closed; leave out --partner {asked.partner}."
        )
    if asked.wave not in (None, "wave"):
        raise click.UsageError(
            f"A snapshot names its wave itself; leave out --wave {asked.wave}, and give earlier "
            "waves with --earlier."
        )
    frame, least = _with_earlier(answers, asked.earlier, snapshot.min_n)
    if asked.rater is not None:
        frame = _with_raters(frame, asked.rater)
    if asked.min_n is not None and asked.min_n < least:
        raise click.UsageError(
            f"--min-n {asked.min_n} is below {least}, which was promised to those who "
            f"answered; give {least} or more, or leave it out."
        )
    rules = Rules(frame, snapshot.partner, asked.min_n or least)
    if asked.earlier:
        rules = replace(rules, wave="wave")
    if asked.side == BOTH:
        return replace(rules, side="side")
    rows, notes = _of_side(frame, asked.side)
    return replace(rules, frame=rows, notes=notes)


def _of_any_file(answers: Answers, asked: Asked) -> Rules:
    if asked.earlier:
        raise click.UsageError(
            "--earlier is for snapshots; put the waves of other files in one, with a column that "
            "--wave names."
        )
    named = (("--side", asked.side), ("--wave", asked.wave), ("--rater", asked.rater))
    for option, column in named:
        if column is not None and column not in answers.frame.columns:
            more = " «ours» or «theirs» is for snapshots." if option == "--side" else ""
            raise click.UsageError(f"{option}: there is no column {column!r}.{more}")
    least = asked.min_n or 1
    return Rules(answers.frame, asked.partner, least, side=asked.side, wave=asked.wave)


def _with_earlier(
    answers: Answers, earlier: tuple[Path, ...], least: int
) -> tuple[pl.DataFrame, int]:
    """Put the rows of earlier waves before those of this one; the strictest promise holds."""
    frames = []
    for path in earlier:
        other = read_answers(path)
        if other.snapshot is None:
            raise click.UsageError(f"--earlier {path} is no snapshot of a wave.")
        frames.append(other.frame)
        least = max(least, other.snapshot.min_n)
    if not frames:
        return answers.frame, least
    waves = [frame["wave"].unique().to_list() for frame in (*frames, answers.frame)]
    seen = [wave for each in waves for wave in each]
    if len(set(seen)) < len(seen):
        raise click.UsageError(f"A wave is given twice: these files hold the waves {seen}.")
    return pl.concat([*frames, answers.frame], how="diagonal_relaxed"), least


def _with_raters(frame: pl.DataFrame, rater: str) -> pl.DataFrame:
    """Return the rows with a mark of their rater, which is empty unless the study is identified."""
    if rater != CODE:
        raise click.UsageError(
            f"A snapshot marks its raters in {CODE!r}, if at all; give --rater {CODE}."
        )
    if CODE in frame.columns:
        return frame
    return frame.with_columns(pl.lit(None, pl.String).alias(CODE))


def _of_side(frame: pl.DataFrame, side: str | None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the rows of one side: two sides answer different questions."""
    present = [each for each in SIDES if each in frame["side"]]
    if side is not None and side not in present:
        raise click.UsageError(f"No one of side {side!r} answered; there is {present[0]!r}.")
    chosen = side or present[0]
    rows = frame.filter(pl.col("side") == chosen)
    if len(present) == 1:
        return rows, ()
    other = next(each for each in present if each != chosen)
    note = f"These are the answers of side «{chosen}»; --side {other} gives those of the other."
    return rows, (note,)
