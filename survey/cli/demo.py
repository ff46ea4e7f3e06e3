"""`tillit demo`: set-up, a simulated study and a server, in one command."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import click

from survey.cli.installation import storage_of
from survey.cli.serve import run
from survey.pages import background
from survey.services import demo as demonstration
from survey.services import installation, researched
from survey.services.published import research_link, research_paths, results_link
from survey.settings import Settings
from survey.storage.engine import Storage

_READY = "ready"  # written last, so a set-up that was interrupted starts over
_MADE = "demo"  # written first: what lies in the folder is a demonstration and may be made anew
_EDITION = "4"  # another one when the studies change, so that those of an older program go


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
    """Set up simulated studies and serve them on this machine.

    The first start makes the data; later ones only serve. Each start prints fresh
    personal links. Remove the folder to begin anew.
    """
    data.mkdir(parents=True, exist_ok=True)
    _require_own(data)
    settings = Settings.for_loopback(data, port, _secret(data / "secret"))
    ready = data / _READY
    with storage_of(settings) as storage:
        if not ready.exists() or ready.read_text("utf-8") != _EDITION:
            click.echo("Setting up: simulated people rate 12 suppliers in four waves ...")
            _set_up(storage, settings)
            ready.write_text(_EDITION, "utf-8")
        links = _links(storage, settings)
    run(
        settings,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        when_ready=lambda: click.echo(links),
    )


def _require_own(data: Path) -> None:
    """Refuse a folder with data that no demonstration made; they would be overwritten."""
    own = (data / _MADE).exists() or (data / _READY).exists()
    if not own and any(data.glob("tillit.sqlite3*")):
        raise click.UsageError(
            f"{data} holds data that are no demonstration: name another folder with --data."
        )
    (data / _MADE).touch()


def _secret(path: Path) -> str:
    """Keep one secret with the data, so that a page left open survives a restart."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


def _set_up(storage: Storage, settings: Settings) -> None:
    (settings.data_dir / _READY).unlink(missing_ok=True)
    for pattern in ("tillit.sqlite3*", "snapshots/*"):
        for leftover in settings.data_dir.glob(pattern):
            leftover.unlink()
    installation.set_up(storage, demonstration.ORGANISATION)
    # In a process of its own: what the statistics start here would not survive in the server's.
    variables = background.variables(settings)
    subprocess.run([sys.executable, "-m", "survey.cli.demo_waves"], env=variables, check=True)
    with storage.write() as session:
        demonstration.make(session)


def _links(storage: Storage, settings: Settings) -> str:
    base, closed = settings.base_url, demonstration.CLOSED_STUDY
    last = demonstration.WAVES
    with storage.write() as session:
        one = demonstration.guest(session, language="en", partners=1, base_url=base)
        two = demonstration.guest(session, language="nb", partners=2, base_url=base)
        anyone = demonstration.anyone(session, base_url=base)
        logins = demonstration.people(session)
    people = "\n".join(f"{role:<12}{email:<26}{password}" for role, email, password in logins)
    folder = Path(os.path.relpath(settings.snapshots_dir))
    report = folder / research_paths(settings, closed, last)[1].name
    kept = researched.kept(settings, closed, last)
    again = kept.research.command(folder) if kept else ""
    return f"""
tillit is running. Ctrl-C stops it.

Customer: rate one supplier (English, and three more languages on the page)
{one}
Customer: rate two suppliers (bokmål)
{two}
Anyone: a few questions after a purchase, anonymous, by a link that is the same for all
{anyone}
BRM team: compare the suppliers of a closed wave
{results_link(settings, closed, last)}
Researcher: the full report of that wave
{research_link(settings, closed, last)}
Manager and researcher: log in, with passwords that are new at each start
{base}/login
{people}
Manager: compare the suppliers over four waves, after the log-in
{base}/compare/{closed}
Researcher: the same report as a file to open
{report}
Researcher: the same numbers from the command line
.venv/bin/{again}
"""
