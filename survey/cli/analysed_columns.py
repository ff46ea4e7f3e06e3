"""Columns by which `tillit analyse` compares groups and follows raters: whether they will do."""

import click

from analysis.reading import Answers
from survey.cli.analysed_rows import Rules

_LANGUAGE = "language"
NO_LANGUAGE = (
    "In which language a row was answered is not known: an anonymous study does not keep it."
)


def check_columns(
    answers: Answers, rules: Rules, groups: tuple[str, ...], retest: str | None
) -> tuple[str, ...]:
    """Refuse columns of `--group` and `--retest` that cannot be used, before anything is computed.

    Parameters
    ----------
    answers
        The file.
    rules
        Rows that are analysed.
    groups, retest
        Columns as named on the command line.

    Returns
    -------
    tuple of str
        What a reader must know of these columns.

    Raises
    ------
    click.UsageError
        If a column is missing, or names what only another option brings into the rows.
    """
    for column in groups:
        if column not in rules.frame.columns:
            raise click.UsageError(f"--group: there is no column {column!r}.")
        if answers.snapshot and column == "side" and rules.side is None:
            raise click.UsageError("--group side compares both sides; add --side both.")
        if answers.snapshot and column == "wave" and rules.wave is None:
            raise click.UsageError("--group wave compares waves; add --earlier SNAPSHOT.")
    if retest is not None:
        _check_retest(answers, rules, retest)
    empty = _LANGUAGE in groups and rules.frame[_LANGUAGE].is_null().all()
    return (NO_LANGUAGE,) if answers.snapshot and empty else ()


def _check_retest(answers: Answers, rules: Rules, retest: str) -> None:
    if rules.wave is None:
        more = "--earlier SNAPSHOT" if answers.snapshot else "--wave COLUMN"
        raise click.UsageError(f"--retest compares waves; add {more}.")
    if retest not in rules.frame.columns:
        more = (
            " Only an identified study knows who answered in several waves; there it is «code»."
            if answers.snapshot
            else ""
        )
        raise click.UsageError(f"--retest: there is no column {retest!r}.{more}")
