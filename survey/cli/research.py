"""`tillit study research`: the report of a closed wave for researchers, made anew."""

import click
import msgspec

from survey.cli.installation import installation
from survey.cli.study import JSON, WAVE
from survey.services import research as reports
from survey.services.published import known_links
from survey.services.studies import find


@click.command()
@click.argument("slug")
@WAVE
@JSON
def research(slug: str, wave: int | None, *, as_json: bool) -> None:
    """Make the report of a closed wave for researchers, all sides and earlier waves, anew."""
    with installation() as (settings, storage):
        with storage.read() as session:
            number = find(session, slug, wave)[1].number
        numbers, report = reports.make(storage, settings, slug, number)
    link = known_links(settings, slug, number).get("research")
    if as_json:
        made = {"results": numbers, "report": report, "research_link": link}
        click.echo(msgspec.json.format(msgspec.json.encode(made, enc_hook=str)).decode())
        return
    click.echo(f"results   {numbers}\nresults   {report}")
    if link:
        click.echo(f"research  {link}")
