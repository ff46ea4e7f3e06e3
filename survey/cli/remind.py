"""`tillit remind`: those who have not answered everything."""

from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.services.mail import inviting
from survey.services.mail.inviting import Reminding
from survey.storage.engine import Storage


@click.command()
@click.argument("slug")
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=inviting.DAYS,
    show_default=True,
    help="Nobody is reminded twice within so many days.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many; nothing is queued.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def remind(slug: str, days: int, *, dry_run: bool, as_json: bool) -> None:
    """Queue reminders to those who have not answered everything.

    Left out are people who are done, who want no more mail, whose address takes none, and who
    were reminded a short while ago or three times. In an anonymous study nobody knows who has
    answered: one message goes to everybody who was invited, without a link. `tillit send`, or
    the server, sends what is queued.
    """
    with installation() as (_, storage):
        found = _look(storage, slug, days) if dry_run else _remind(storage, slug, days)
    if as_json:
        click.echo(msgspec.json.encode(asdict(found)).decode())
        return
    would = "would be reminded" if dry_run else "are reminded as soon as mail is sent"
    click.echo(f"{found.queued} people {would}.")
    for reason, number in sorted(found.left_out.items()):
        click.echo(f"  {number} are not: {reason}.")


def _look(storage: Storage, slug: str, days: int) -> Reminding:
    with storage.read() as session:
        plan = inviting.planned(session, slug, days=days)
    return Reminding(plan.kind, len(plan.messages), plan.left_out)


def _remind(storage: Storage, slug: str, days: int) -> Reminding:
    with storage.write() as session:
        return inviting.remind(session, slug, days=days)
