"""`tillit invite`: people from a sheet, each with a personal link."""

import os
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from survey.cli.installation import installation
from survey.errors import BadSettings
from survey.services import invitations
from survey.services.files import creating
from survey.services.invitations import links_csv


@click.command()
@click.argument("slug")
@click.argument("people", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the links to this new file instead of printing them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of CSV.")
def invite(slug: str, people: Path, out: Path | None, *, as_json: bool) -> None:
    """Take people from a sheet and make their personal links.

    PEOPLE is a CSV with the columns name, email, language, partners (separated by
    semicolons; empty means all) and perhaps side. All rows are checked first: either
    all are invited or none. A link is shown this once; only its hash is kept.
    """
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
