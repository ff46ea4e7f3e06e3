"""`tillit bounces`: mail that came back, handed in by whatever receives mail."""

import sys
from pathlib import Path

import click
import msgspec

from survey.cli.installation import installation
from survey.services.mail.bouncing import read_report
from survey.services.mail.stopping import forget


@click.command()
@click.argument("files", nargs=-1, type=click.Path(allow_dash=True, path_type=Path))
@click.option(
    "--forget",
    "addresses",
    multiple=True,
    metavar="EMAIL",
    help="Forget that mail to this address came back, or was stopped; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bounces(files: tuple[Path, ...], addresses: tuple[str, ...], *, as_json: bool) -> None:
    """Note what mail servers report of mail that could not be delivered.

    FILES are messages as a mailbox keeps them, one in each, or - for one on standard input, so
    that a mail server can hand each over to this command. Addresses that take no mail get no
    more of it. What is no report is passed over.
    """
    counts = {"read": 0, "hard": 0, "soft": 0, "no_report": 0, "forgotten": 0}
    with installation() as (settings, storage):
        for file in files:
            data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
            with storage.write() as session:
                found = read_report(session, data, settings.mail_return_path)
            counts["read"] += 1
            counts["no_report"] += not found
            for _, hard in found:
                counts["hard" if hard else "soft"] += 1
        for address in addresses:
            with storage.write() as session:
                counts["forgotten"] += forget(session, address)
    if as_json:
        click.echo(msgspec.json.encode(counts).decode())
        return
    click.echo(
        f"{counts['read']} read: {counts['hard']} addresses take no mail, {counts['soft']} did "
        f"not take it this time, {counts['no_report']} report nothing; "
        f"{counts['forgotten']} forgotten."
    )
