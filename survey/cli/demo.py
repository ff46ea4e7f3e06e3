"""`tillit demo`: set-up, a simulated study and a server, in one command."""

import os
import secrets
from pathlib import Path

import click

from survey.cli.installation import storage_of
from survey.cli.serve import run
from survey.services import demo as demonstration
from survey.services import installation
from survey.services.published import report_path, results_link, snapshot_path
from survey.settings import Settings
from survey.storage.engine import Storage

_READY = "ready"  # written last, so a set-up that was interrupted starts over


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Folder for the demonstration's database and snapshots.",
)
def demo(port: int, data: Path) -> None:
    """Set up a simulated study and serve it on this machine.

    The first start makes the data; later ones only serve. Each start prints fresh
    personal links. Remove the folder to begin anew.
    """
    data.mkdir(parents=True, exist_ok=True)
    settings = Settings.for_loopback(data, port, _secret(data / "secret"))
    with storage_of(settings) as storage:
        if not (data / _READY).exists():
            click.echo("Setting up: 28 simulated people rate 8 suppliers ...")
            _set_up(storage, settings)
            (data / _READY).touch()
        links = _links(storage, settings)
    run(
        settings,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        when_ready=lambda: click.echo(links),
    )


def _secret(path: Path) -> str:
    """Keep one secret with the data, so that a page left open survives a restart."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


def _set_up(storage: Storage, settings: Settings) -> None:
    from survey.services import closing  # noqa: PLC0415 (a second of statistics; once only)

    for leftover in settings.data_dir.glob("tillit.sqlite3*"):
        leftover.unlink()
    installation.set_up(storage, demonstration.ORGANISATION)
    with storage.write() as session:
        demonstration.make(session, base_url=settings.base_url)
    closing.close(storage, settings, demonstration.CLOSED_STUDY)


def _links(storage: Storage, settings: Settings) -> str:
    base, closed = settings.base_url, demonstration.CLOSED_STUDY
    with storage.write() as session:
        one = demonstration.guest(session, language="en", partners=1, base_url=base)
        three = demonstration.guest(session, language="nb", partners=3, base_url=base)
    here = Path.cwd()
    snapshot, report = (
        os.path.relpath(path, here)
        for path in (snapshot_path(settings, closed, 1), report_path(settings, closed, 1))
    )
    return f"""
tillit is running. Ctrl-C stops it.

Customer: rate one supplier (English, and three more languages on the page)
{one}
Customer: rate three suppliers (bokmål)
{three}
BRM team: compare the suppliers of a closed wave
{results_link(settings, closed, 1)}
Researcher: the full report of that wave, a file to open
{report}
Researcher: the same numbers from the command line
.venv/bin/tillit analyse {snapshot}
"""
