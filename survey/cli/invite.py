"""`tillit invite`: people from a sheet, each with a personal link."""

import os
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from survey.cli.installation import installation
from survey.errors import BadSettings
from survey.services import audit, invitations
from survey.services.audit import COMMAND_LINE
from survey.services.files import creating
from survey.services.invitations import links_csv
from survey.services.mail.inviting import queue_invitations


@click.command()
@click.argument("slug")
@click.argument("people", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the links to this new file instead of printing them.",
)
@click.option(
    "--send",
    "by_mail",
    is_flag=True,
    help="Queue an invitation by mail to each instead of printing links.",
)
@click.option(
    "--letters",
    "by_letter",
    is_flag=True,
    help="Print no links: `tillit letters` makes them when it writes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of CSV.")
def invite(
    slug: str, people: Path, out: Path | None, *, by_mail: bool, by_letter: bool, as_json: bool
) -> None:
    """Take people from a sheet and make their personal links.

    PEOPLE is a CSV with the columns name, email, language, partners (separated by
    semicolons; empty means all) and perhaps side. All rows are checked first: either
    all are invited or none. A link is shown this once; only its hash is kept. With --send
    nobody is shown it: it is made when `tillit send`, or the server, sends the message.
    """
    if by_mail or by_letter:
        if out is not None:
            raise click.UsageError("no links are printed, so there is nothing for --out")
        _without_links(slug, people, by_mail=by_mail, as_json=as_json)
        return
    with installation() as (settings, storage):
        if not settings.base_url:
            raise BadSettings(
                problem="TILLIT_BASE_URL is not set: links are made from the address people see, "
                "such as https://survey.example.org; no one was invited"
            )
        new_file = creating(out) if out else nullcontext()
        with new_file as file, storage.write() as session:
            links = invitations.invite(
                session, slug, people.read_bytes(), people.name, base_url=settings.base_url
            )
            audit.note(session, COMMAND_LINE, "people invited", audit.of_study(slug))
            text = links_csv(links)
            if as_json:
                text = msgspec.json.encode([asdict(link) for link in links]).decode() + "\n"
            if file is not None:
                # On the disk before the commit: a link that is lost cannot be made again.
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
    if out is None:
        click.echo(text, nl=False)
    where = f"; their links are in {out}" if out else ""
    click.echo(f"{len(links)} people are invited to {slug}{where}.", err=True)


def _without_links(slug: str, people: Path, *, by_mail: bool, as_json: bool) -> None:
    with installation() as (settings, storage), storage.write() as session:
        invited = invitations.enrol(session, slug, people.read_bytes(), people.name)
        queued = queue_invitations(session, slug) if by_mail else 0
        audit.note(session, COMMAND_LINE, "people invited", audit.of_study(slug))
    if as_json:
        click.echo(msgspec.json.encode({"invited": invited, "queued": queued}).decode())
    if not by_mail:
        click.echo(f"{invited} people are invited to {slug}; next: tillit letters {slug}", err=True)
        return
    ready = "" if settings.smtp_url else " once TILLIT_SMTP_URL is set"
    click.echo(
        f"{invited} people are invited to {slug}; {queued} invitations are queued and leave with "
        f"`tillit send` or the server{ready}, as soon as the wave is open.",
        err=True,
    )
