"""`tillit study link`: the open link of an anonymous study, and its QR code."""

from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from survey.cli.installation import installation
from survey.errors import BadSettings
from survey.services import audit, open_links
from survey.services.audit import COMMAND_LINE
from survey.services.files import replacing
from survey.services.qr_codes import picture
from survey.storage.models import SIDES


@click.command()
@click.argument("slug")
@click.option("--side", type=click.Choice(SIDES), help="Who is asked; the study's first side.")
@click.option("--partner", metavar="NAME", help="Ask about this partner only.")
@click.option(
    "--qr",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the link as a QR code to this SVG file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def link(
    slug: str, side: str | None, partner: str | None, qr: Path | None, *, as_json: bool
) -> None:
    """Print the open link of an anonymous study, for a poster or a mailing list.

    Whoever opens it may answer, any number of times: nobody can tell who they are. It is the
    same link each time this is run. A link to the other side is for one partner.
    """
    with installation() as (settings, storage):
        if not settings.base_url:
            raise BadSettings(
                problem="TILLIT_BASE_URL is not set: links are made from the address people see, "
                "such as https://survey.example.org"
            )
        with storage.write() as session:
            made = open_links.make(
                session, slug, base_url=settings.base_url, side=side, partner=partner
            )
            audit.note(session, COMMAND_LINE, "open link made", audit.of_study(slug))
    if qr is not None:
        with replacing(qr) as file:
            file.write(picture(made.link, "svg"))
    click.echo(msgspec.json.encode(asdict(made)).decode() if as_json else made.link)
