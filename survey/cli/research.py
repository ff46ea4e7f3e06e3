"""`tillit study research`: the report of a closed wave for researchers, made anew."""

import click
import msgspec

from survey.cli.installation import installation
from survey.cli.study import JSON, WAVE
from survey.cli.watching import watched
from survey.services import research as reports
from survey.services.published import known_links
from survey.services.studies import find


@click.command()
@click.argument("slug")
@WAVE
@click.option("--quick", is_flag=True, help="Leave out the parts that take long.")
@JSON
def research(slug: str, wave: int | None, *, quick: bool, as_json: bool) -> None:
    """Make the report of a closed wave for researchers anew, with all that takes long.

    It has both sides and the earlier waves, and its page shows it as it was made. Nothing
    that is published of each side changes. Where answers were withdrawn since the results
    were published, it is refused until enough of them differ.
    """
    with installation() as (settings, storage):
        with storage.read() as session:
            number = find(session, slug, wave)[1].number
        with watched("Making the report") as progress:
            numbers, report = reports.make(
                storage, settings, slug, number, thorough=not quick, progress=progress
            )
    link = known_links(settings, slug, number).get("research")
    if as_json:
        made = {"results": numbers, "report": report, "research_link": link}
        click.echo(msgspec.json.format(msgspec.json.encode(made, enc_hook=str)).decode())
        return
    click.echo(f"results   {numbers}\nresults   {report}")
    if link:
        click.echo(f"research  {link}")
