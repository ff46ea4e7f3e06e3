"""`tillit purge`: delete data whose time is over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.services import audit, deadlines, last_runs, retention, uploads
from survey.services.accounts import throttling
from survey.services.audit import COMMAND_LINE
from survey.services.mail import ending
from survey.settings import Settings
from survey.storage.base import now, today
from survey.storage.engine import Storage


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say which waves are due.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def purge(*, dry_run: bool, as_json: bool) -> None:
    """Delete the data of waves that have been kept for as long as was promised.

    Answers, people, links, data files and results go; the study and the texts that people
    were shown stay. Let your system run this every day; `tillit serve` does it when it
    starts.
    """
    with installation() as (settings, storage):
        if dry_run:
            with storage.read() as session:
                rows = [
                    {"study": study.slug, "wave": wave.number, "keep_until": wave.keep_until}
                    for study, wave in deadlines.due(session)
                ]
        else:
            rows = [asdict(each) for each in purged(storage, settings)]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    for row in rows:
        did = "is due" if dry_run else f"is deleted: {row['rows']} answers, {row['people']} people"
        click.echo(f"Wave {row['wave']} of {row['study']}, kept until {_day(row)}, {did}.")
    if not rows:
        click.echo("No wave is due.")


def purged(storage: Storage, settings: Settings) -> tuple[retention.Purged, ...]:
    """Delete what is due, also old log-ins, sheets and addresses of mail that nobody will send."""
    with storage.write() as session:
        throttling.forget(session, today())
        uploads.forget_old(session)
        ending.give_up(session, now())
    done = retention.purge(storage, settings)
    last_runs.note(settings, last_runs.PURGE, waves=len(done))
    if done:
        with storage.write() as session:
            for each in done:
                what = audit.of_study(each.study, each.wave)
                audit.note(session, COMMAND_LINE, "wave purged", what)
    return done


def _day(row: Mapping[str, object]) -> str:
    day = row["keep_until"]
    return day.isoformat() if isinstance(day, dt.date) else "for ever"
