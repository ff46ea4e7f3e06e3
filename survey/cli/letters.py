"""`tillit letters`: invitations on paper."""

import os
from pathlib import Path

import click

from survey.cli.installation import installation
from survey.errors import BadSettings
from survey.services.files import creating
from survey.services.mail import letters as service


@click.command()
@click.argument("slug")
@click.option(
    "--pdf",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; it must be a new one, since links are shown only once.",
)
def letters(slug: str, pdf: Path) -> None:
    """Write a letter to each person who is invited and not done, a page for each.

    Each has the person's link, as text and as a QR code, made now. In an anonymous study only
    people without a link get a letter: take them in with `tillit invite --letters`.
    """
    with installation() as (settings, storage):
        if not settings.base_url:
            raise BadSettings(
                problem="TILLIT_BASE_URL is not set: links are made from the address people see, "
                "such as https://survey.example.org"
            )
        with creating(pdf) as file:
            with storage.read() as session:
                made = service.write(session, slug, base_url=settings.base_url)
            # On the disk before the links work: one that is lost cannot be made again.
            file.write(service.as_pdf(made))
            file.flush()
            os.fsync(file.fileno())
            with storage.write() as session:
                service.keep(session, slug, made)
    for number, letter in enumerate(made, 1):
        click.echo(f"page {number}: {letter.name} <{letter.email}>, {letter.language}")
    click.echo(f"{len(made)} letters are in {pdf}.", err=True)
