"""`tillit send`: mail that waits, and what became of it."""

from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.services.mail import status as outbox
from survey.services.mail.sending import LEASE, Report, Terms
from survey.services.mail.sending import send as send_all
from survey.services.mail.status import Status
from survey.settings import Settings
from survey.storage.engine import Storage


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what is due; nothing changes.")
@click.option("--limit", type=click.IntRange(1), help="Send so many at most.")
@click.option("--status", is_flag=True, help="Count the messages; list what failed or is doubtful.")
@click.option(
    "--resend", "again", multiple=True, metavar="NUMBER", help="Send this once more; repeatable."
)
@click.option("--drop", "dropped", multiple=True, metavar="NUMBER", help="Let this be; repeatable.")
@click.option(
    "--lease",
    type=click.FloatRange(1),
    default=LEASE,
    show_default=True,
    help="Seconds after which what a dead worker had claimed goes to another.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def send(
    *,
    dry_run: bool,
    limit: int | None,
    status: bool,
    again: tuple[str, ...],
    dropped: tuple[str, ...],
    lease: float,
    as_json: bool,
) -> None:
    """Send what waits, each message once, until nothing is due.

    Any number of these may run at once, beside `tillit serve`, which sends too where
    TILLIT_SMTP_URL is set. Of a message that was just being sent when a worker died nobody
    knows whether it was delivered: it is doubtful, and is sent again only if you say so.
    """
    with installation() as (settings, storage):
        if again or dropped:
            _decide(storage, again, dropped)
        elif dry_run or status:
            with storage.read() as session:
                _print_status(outbox.status(session), as_json=as_json)
        else:
            _send(storage, settings, limit, lease, as_json=as_json)


def _decide(storage: Storage, again: tuple[str, ...], dropped: tuple[str, ...]) -> None:
    with storage.write() as session:
        for number in again:
            outbox.resend(session, number)
        for number in dropped:
            outbox.drop(session, number)
    click.echo(f"{len(again)} will be sent once more, {len(dropped)} are dropped.")


def _send(
    storage: Storage, settings: Settings, limit: int | None, lease: float, *, as_json: bool
) -> None:
    report = send_all(storage, settings, Terms(lease=lease, limit=limit))
    if as_json:
        click.echo(msgspec.json.encode(report.as_dict()).decode())
        return
    _print_report(report)


def _print_report(report: Report) -> None:
    click.echo(
        f"{report.sent} sent, {report.again} to be tried again, {report.failed} failed, "
        f"{len(report.doubtful)} doubtful; {report.waiting} wait."
    )
    if report.why:
        click.echo(f"{report.why[0].upper()}{report.why[1:]}.")
    for number in report.doubtful:
        click.echo(f"Doubtful: {number}")


def _print_status(found: Status, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(asdict(found))).decode())
        return
    for kind, states in found.counts.items():
        counts = ", ".join(f"{number} {state}" for state, number in states.items())
        click.echo(f"{kind:<18}{counts}")
    if not found.counts:
        click.echo("The outbox is empty.")
    for trouble in found.troubles:
        study = f" of {trouble.study}" if trouble.study else ""
        click.echo(f"\n{trouble.state}: {trouble.kind}{study}, {trouble.reason}")
        click.echo(f"  tillit send --resend {trouble.number}")
        click.echo(f"  tillit send --drop {trouble.number}")
