"""`tillit study close`: freeze a wave and compute its results."""

from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.cli.study import JSON, WAVE
from survey.services import audit, closing, studies
from survey.services.audit import COMMAND_LINE
from survey.services.published import known_links


@click.command()
@click.argument("slug")
@WAVE
@JSON
def close(slug: str, wave: int | None, *, as_json: bool) -> None:
    """Close a wave: freeze its data and compute results.

    Only submitted answers are taken. A closed wave cannot be opened again.
    """
    with installation() as (settings, storage):
        with storage.read() as session:
            before = studies.find(session, slug, wave)[1].status
        closed = closing.close(storage, settings, slug, wave)
        if before != "closed":  # else it was closed by somebody, and is computed now
            with storage.write() as session:
                audit.note(session, COMMAND_LINE, "wave closed", audit.of_study(slug, closed.wave))
    links = known_links(settings, slug, closed.wave)
    if as_json:
        pages = {"link": links.get("page"), "research_link": links.get("research")}
        document = {**asdict(closed), **pages}
        click.echo(msgspec.json.format(msgspec.json.encode(document, enc_hook=str)).decode())
        return
    click.echo(f"Wave {closed.wave} of {slug} is closed with {closed.submitted} assessments.")
    click.echo(f"snapshot  {closed.snapshot}\nSHA-256   {closed.snapshot_sha256}")
    for path in (*closed.results, *closed.reports):
        click.echo(f"results   {path}")
    for name, link in links.items():
        click.echo(f"{name:<10}{link}")
