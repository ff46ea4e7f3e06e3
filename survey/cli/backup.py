"""`tillit backup` and `tillit restore`: an installation in one file."""

from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from survey.cli.installation import installation, storage_of
from survey.services import backups
from survey.settings import Settings

_FILE = click.Path(path_type=Path, dir_okay=True)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(file: Path, *, as_json: bool) -> None:
    """Write the database and the data of closed waves to FILE, while the server works.

    FILE must not be there yet; in a folder, the backup gets the day and time as its name. It
    holds everything but TILLIT_SECRET_KEY, which you keep elsewhere: without it second factors
    must begin anew. PostgreSQL is backed up by pg_dump, which must be installed.
    """
    with installation() as (settings, storage):
        made = backups.make(storage, settings, file)
    if as_json:
        click.echo(msgspec.json.encode(asdict(made), enc_hook=str).decode())
        return
    click.echo(
        f"{made.path} holds schema {made.schema} and {made.snapshots} files of closed waves, "
        f"{made.bytes} bytes."
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(file: Path, *, as_json: bool) -> None:
    """Bring a backup back to an empty place.

    Nothing that is there is overwritten: TILLIT_DATA_DIR must hold neither database nor data, a
    PostgreSQL database no tables. Every file is compared with its hash first.
    """
    settings = Settings.from_environment()
    with storage_of(settings) as storage:
        restored = backups.restore(storage, settings, file)
    if as_json:
        click.echo(msgspec.json.encode(asdict(restored)).decode())
        return
    click.echo(
        f"The state of {restored.made_at[:16]} UTC is back: schema {restored.schema}, "
        f"{restored.snapshots} files of closed waves."
    )
    if restored.is_old:
        click.echo("It is of an older version: run `tillit upgrade`.")
    click.echo("Run `tillit purge`, so that nothing is kept again that was deleted since.")
