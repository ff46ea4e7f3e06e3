"""`tillit study close`: freeze a wave and compute its results."""

from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.cli.study import JSON, WAVE
from survey.services import closing
from survey.services.published import known_link


@click.command()
@click.argument("slug")
@WAVE
@JSON
def close(slug: str, wave: int | None, *, as_json: bool) -> None:
    """Close a wave: freeze its data and compute results.

    Only submitted answers are taken. A closed wave cannot be opened again.
    """
    with installation() as (settings, storage):
        closed = closing.close(storage, settings, slug, wave)
    link = known_link(settings, slug, closed.wave)
    if as_json:
        document = {**asdict(closed), "link": link}
        click.echo(msgspec.json.format(msgspec.json.encode(document, enc_hook=str)).decode())
        return
    click.echo(f"Wave {closed.wave} of {slug} is closed with {closed.submitted} assessments.")
    click.echo(f"snapshot  {closed.snapshot}\nSHA-256   {closed.snapshot_sha256}")
    for path in (*closed.results, *closed.reports):
        click.echo(f"results   {path}")
    if link:
        click.echo(f"page      {link}")
