"""`tillit partners`: the register of organisations and the people we know there."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from sqlalchemy.orm import Session

from survey.cli.installation import installation
from survey.cli.lazy import LazyGroup
from survey.services.audit import COMMAND_LINE, Actor
from survey.services.register import archiving, contact_import, listing, partner_import
from survey.services.register.changes import NEW, SAME, Change, Plan
from survey.services.register.listing import ContactRow, PartnerRow

ROWS: Final = {
    "list": ("survey.cli.partners:list_", "List the partners."),
    "show": ("survey.cli.partners:show", "Show one partner and the people we know there."),
    "import": ("survey.cli.partners:import_", "Take partners from a sheet."),
    "contacts": ("survey.cli.partners:contacts", "Take people at partners from a sheet."),
    "archive": ("survey.cli.partners:archive", "Put a partner away."),
    "restore": ("survey.cli.partners:restore", "Bring an archived partner back."),
    "anonymise": ("survey.cli.partners:anonymise", "Archive a partner and forget its people."),
}
_SHEET = click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DRY = click.option("--dry-run", is_flag=True, help="Only say what would change.")
_YES = click.option("--yes", is_flag=True, help="Do it without asking.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MOST_SHOWN: Final = 40


@click.group(cls=LazyGroup, rows=ROWS)
def partners() -> None:
    """Keep the register of partners: what they are to us, and whom we know there."""


@click.command("list")
@click.option("--archived", is_flag=True, help="Also those that are archived.")
@_JSON
def list_(*, archived: bool, as_json: bool) -> None:
    """List the partners."""
    with installation() as (_, storage), storage.read() as session:
        rows = listing.partners(session, archived=archived)
    if as_json:
        _print_json([_told(row) for row in rows])
        return
    for row in rows:
        click.echo(f"{row.name:<32}{_described(row)}")
    if not rows:
        click.echo("No partner is registered; next: tillit partners import PARTNERS.csv")


@click.command()
@click.argument("name")
@_JSON
def show(name: str, *, as_json: bool) -> None:
    """Show one partner and the people we know there."""
    with installation() as (_, storage), storage.read() as session:
        row, people = listing.partner(session, name)
    if as_json:
        _print_json({**_told(row), "contacts": [_told(person) for person in people]})
        return
    click.echo(f"{row.name}: {_described(row)}")
    click.echo(f"studies: {', '.join(row.studies) or 'none'}")
    for person in people:
        click.echo(_person(person))


@click.command("import")
@_SHEET
@_DRY
@_YES
def import_(sheet: Path, *, dry_run: bool, yes: bool) -> None:
    """Take partners from a sheet, after showing what would change.

    SHEET is a CSV with the column name and any of kind, category, region, class (strategic,
    leverage, bottleneck or routine), share (of revenue, per cent) and groups (separated by
    semicolons). A column that is not there changes nothing, an empty cell empties; no partner
    is taken out. All rows are taken in or none.
    """
    _take_in(sheet, partner_import.plan, partner_import.carry_out, dry_run=dry_run, yes=yes)


@click.command()
@_SHEET
@_DRY
@_YES
def contacts(sheet: Path, *, dry_run: bool, yes: bool) -> None:
    """Take people at partners from a sheet, after showing what would change.

    SHEET is a CSV with the columns partner, name and email, and perhaps language and
    position. All rows are taken in or none; nobody is taken out.
    """
    _take_in(sheet, contact_import.plan, contact_import.carry_out, dry_run=dry_run, yes=yes)


@click.command()
@click.argument("name")
def archive(name: str) -> None:
    """Put a partner away: it is in no list and in no new study. What was measured stays."""
    _write(archiving.archive, name)
    click.echo(f"{name} is archived.")


@click.command()
@click.argument("name")
def restore(name: str) -> None:
    """Bring an archived partner back."""
    _write(archiving.restore, name)
    click.echo(f"{name} is back in the register.")


@click.command()
@click.argument("name")
@_YES
def anonymise(name: str, *, yes: bool) -> None:
    """Archive a partner and forget its people: this cannot be undone.

    Contacts are deleted; those who were asked on the partner's side lose name and e-mail.
    The data of identified studies hold names until their time is over, or until they are
    erased by receipt; backups and exports are yours to find.
    """
    if not yes:
        click.confirm(f"Forget everyone at {name}? This cannot be undone", abort=True)
    gone, people = _write(archiving.anonymise, name)
    click.echo(f"{name} is archived: {gone} contacts deleted, {people} people forgotten.")


def _write(act: Callable[[Session, Actor, str], Any], name: str) -> Any:  # noqa: ANN401 (whatever it gives)
    with installation() as (_, storage), storage.write() as session:
        return act(session, COMMAND_LINE, name)


def _take_in(
    sheet: Path,
    plan: Callable[[Session, bytes, str], Plan],
    carry_out: Callable[..., Plan],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    data = sheet.read_bytes()
    with installation() as (_, storage):
        with storage.read() as session:
            found = plan(session, data, sheet.name)
        _print_plan(found)
        if dry_run or found.counts[SAME] == len(found.changes):
            click.echo("Nothing was changed.")
            return
        if not yes:
            click.confirm("Do this?", abort=True)
        with storage.write() as session:
            carry_out(session, COMMAND_LINE, data, sheet.name, seen=found.digest)
    click.echo("Done.")


def _print_plan(plan: Plan) -> None:
    changes = [change for change in plan.changes if change.kind != SAME]
    for change in changes[:_MOST_SHOWN]:
        click.echo(f"row {change.row}: {change.name}: {_said(change)}")
    if len(changes) > _MOST_SHOWN:
        click.echo(f"… and {len(changes) - _MOST_SHOWN} more rows")
    click.echo(", ".join(f"{count} {kind}" for kind, count in plan.counts.items()))


def _said(change: Change) -> str:
    if change.kind == NEW:
        values = [f"{field.name} {field.after}" for field in change.fields if field.after]
        return ", ".join(["new", *values])
    return ", ".join(
        f"{field.name} {field.before or 'nothing'} → {field.after or 'nothing'}"
        for field in change.fields
    )


def _described(row: PartnerRow) -> str:
    words = [row.kind, row.category, row.region, row.kraljic]
    words += [None if row.share is None else f"{row.share:g} % of revenue", *row.groups]
    words += [f"{row.contacts} contacts"]
    words += [f"archived {row.archived_on}" if row.archived_on else None]
    return ", ".join(filter(None, words))


def _person(person: ContactRow) -> str:
    said = ", ".join(filter(None, (person.position, person.email, person.language)))
    return f"  {person.name}: {said}"


def _told(row: PartnerRow | ContactRow) -> dict[str, Any]:
    """Give a row for JSON, without the key that is nobody's business."""
    return {name: value for name, value in asdict(row).items() if name != "id"}


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
