"""`tillit export`: the rows of a closed wave for any other program."""

import sys
from pathlib import Path

import click

from survey.cli.installation import installation
from survey.cli.study import WAVE
from survey.services import audit
from survey.services import export as exporting
from survey.services.audit import COMMAND_LINE
from survey.services.formats import FORMATS


@click.command()
@click.argument("slug", metavar="STUDY")
@WAVE
@click.option(
    "--format", "file_format", type=click.Choice(tuple(FORMATS)), default="csv", show_default=True
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file; to standard output if not given.",
)
@click.option(
    "--codebook",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write also what each column means: a table if FILE ends in .csv, else JSON.",
)
def export(
    slug: str, wave: int | None, file_format: str, out: Path | None, codebook: Path | None
) -> None:
    """Hand the rows of a closed wave to any other program.

    One row per submitted assessment, in random order, without times; persons only in
    identified studies. In all others the rows of partners with too few answers are
    withheld. The last line on standard error says how many rows were written.
    """
    with installation() as (settings, storage):
        with storage.read() as session:
            exported = exporting.prepare(session, settings, slug, wave)
        number = exported.snapshot.meta["wave"]
        with storage.write() as session:
            audit.note(session, COMMAND_LINE, "rows exported", audit.of_study(slug, number))
    if out is not None:
        exporting.write_file(exported, file_format, out)
    else:
        if file_format != "csv" and sys.stdout.isatty():
            raise click.UsageError(f"{file_format} is not for reading: give --out FILE.")
        exporting.write(exported, file_format, sys.stdout.buffer)
    if codebook is not None:
        exporting.write_codebook(exported, codebook)
    for line in exporting.told(exported):
        click.echo(f"Withheld: {line}.", err=True)
    click.echo(f"{exported.snapshot.frame.height} rows were written.", err=True)
