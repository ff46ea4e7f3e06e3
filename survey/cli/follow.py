"""`tillit study check` and `participation`: before a wave opens, and while it is open."""

from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.cli.study import JSON, WAVE
from survey.services import participation as counted
from survey.services import readiness
from survey.services.readiness import STOP


@click.command()
@click.argument("slug")
@WAVE
@JSON
def check(slug: str, wave: int | None, *, as_json: bool) -> None:
    """Look at a draft wave before it opens.

    Tells what stops it from opening, and what will be missed when it is closed: sides and
    partners with too few people for the threshold, or for means that can be relied on.
    """
    with installation() as (settings, storage), storage.read() as session:
        found = readiness.checks(session, settings, slug, wave)
    if as_json:
        told = [asdict(each) for each in found]
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    for each in found:
        click.echo(f"{'stops' if each.severity == STOP else 'note'}: {each.said}")
    if not found:
        click.echo(f"Nothing stands in the way of opening {slug}.")


@click.command()
@click.argument("slug")
@WAVE
@JSON
def participation(slug: str, wave: int | None, *, as_json: bool) -> None:
    """Count participation by partner and by group of partners.

    Except in identified studies, numbers of few people are not told, nor what a subtraction
    from the total would tell of them.
    """
    with installation() as (_, storage), storage.read() as session:
        partners = counted.by_partner(session, slug, wave)
        groups = counted.by_group(session, slug, wave)
    if as_json:
        told = {
            "partners": [asdict(row) for row in partners],
            "groups": [asdict(group) for group in groups],
        }
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    for row in partners:
        submitted = "not told" if row.submitted is None else row.submitted
        click.echo(f"{row.name:<32}{row.side:<8}{row.invited:>5} invited  {submitted} submitted")
    for group in groups:
        left_out = f", {group.untold} not told" if group.untold else ""
        click.echo(
            f"group {group.name}: {group.partners} partners, {group.invited} invited, "
            f"{group.submitted} submitted{left_out}"
        )
    if not partners:
        click.echo("Nobody is invited.")
