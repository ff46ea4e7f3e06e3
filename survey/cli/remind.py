"""`tillit remind`: those who have not answered everything."""

from dataclasses import asdict

import click
import msgspec

from survey.cli.installation import installation
from survey.services.mail import inviting


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
    with installation() as (_, storage), storage.write() as session:
        found = inviting.remind(session, slug, days=days)
        if dry_run:
            session.rollback()
    if as_json:
        click.echo(msgspec.json.encode(asdict(found)).decode())
        return
    would = "would be reminded" if dry_run else "are reminded as soon as mail is sent"
    click.echo(f"{found.queued} people {would}.")
    for reason, number in sorted(found.left_out.items()):
        click.echo(f"  {number} are not: {reason}.")
