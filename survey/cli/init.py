"""`tillit init` and `tillit upgrade`: the database itself."""

import click

from survey.cli.installation import storage_of
from survey.services.installation import set_up
from survey.settings import Settings
from survey.storage import schema


@click.command()
@click.option(
    "--organisation", required=True, metavar="NAME", help="Whom this installation serves."
)
def init(organisation: str) -> None:
    """Set up a database for one organisation.

    The database lies in TILLIT_DATA_DIR, unless TILLIT_DATABASE_URL names another.
    """
    settings = Settings.from_environment()
    with storage_of(settings) as storage:
        kept = set_up(storage, organisation)
        place = storage.path or "PostgreSQL"
    click.echo(f"{kept} is set up in {place} (schema {schema.head()}).")


@click.command()
def upgrade() -> None:
    """Bring an older database up to date, after a backup.

    An SQLite database is copied beside itself first. Back up PostgreSQL yourself,
    with pg_dump, before you run this.
    """
    with storage_of(Settings.from_environment()) as storage:
        found = schema.current(storage)
        backup = schema.upgrade(storage)
    if found == schema.head():
        click.echo(f"Nothing to do: the database is at schema {found}.")
    else:
        kept = f"; the database as it was is kept in {backup}" if backup else ""
        click.echo(f"The database went from schema {found} to {schema.head()}{kept}.")
