"""`tillit user`: let people in, say what they may, and let them in no more."""

import sys
from dataclasses import asdict
from typing import Any, Final

import click
import msgspec

from questionnaires import LANGUAGES
from survey.cli.installation import installation
from survey.cli.lazy import LazyGroup
from survey.errors import BadSettings
from survey.services.accounts import passwords, resets, users
from survey.services.accounts.second_factor import end as end_factor
from survey.services.accounts.users import Listed, NewUser
from survey.services.audit import COMMAND_LINE
from survey.storage.account_models import ROLES
from survey.storage.base import now

ROWS: Final = {
    "add": ("survey.cli.user:add", "Let a person in."),
    "list": ("survey.cli.user:list_", "List who may log in."),
    "role": ("survey.cli.user:role_", "Give a user another role."),
    "partners": ("survey.cli.user:partners_", "Say which partners a viewer may see."),
    "reset": ("survey.cli.user:reset", "Print a link with which a user chooses a password."),
    "disable": ("survey.cli.user:disable", "Let a user in no more."),
    "enable": ("survey.cli.user:enable", "Let a user in again."),
}
NAME = click.argument("name")


@click.group(cls=LazyGroup, rows=ROWS)
def user() -> None:
    """Let people in, say what they may, and let them in no more."""


@click.command()
@NAME
@click.option("--email", required=True, help="With which the person logs in.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="Of the pages the person sees.",
)
def add(name: str, email: str, role: str, language: str) -> None:
    """Let a person in.

    The password is asked for, or read from standard input as one line; it is no argument,
    since those can be seen by others on the machine. It has at least 12 characters.
    """
    password = _password()
    new = NewUser(name, email, role, language)
    with installation() as (_, storage):
        with storage.read() as session:
            about = users.known_of(session, new)
        passwords.require_good(password, about=about)
        kept = passwords.hashed(password)
        with storage.write() as session:
            users.add(session, COMMAND_LINE, new, password_hash=kept)
    click.echo(f"{name} may log in, as {role}.")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List who may log in."""
    with installation() as (_, storage), storage.read() as session:
        rows = users.listing(session)
    if as_json:
        encoded = msgspec.json.encode([asdict(row) for row in rows], enc_hook=str)
        click.echo(msgspec.json.format(encoded).decode())
        return
    for row in rows:
        click.echo(_line(row))
    if not rows:
        click.echo("Nobody may log in yet: tillit user add NAME --email … --role admin")


@click.command("role")
@NAME
@click.argument("role", type=click.Choice(ROLES))
def role_(name: str, role: str) -> None:
    """Give a user another role; the person logs in anew.

    NAME is a name, or an e-mail address where several have one name. An admin may do
    everything; a researcher and a manager see results; a viewer sees only studies about
    partners that are named with `tillit user partners`.
    """
    with installation() as (_, storage), storage.write() as session:
        users.set_role(session, COMMAND_LINE, users.find(session, name), role, now())
    click.echo(f"{name} is {role}.")


@click.command("partners")
@NAME
@click.option("--partner", "names", multiple=True, metavar="NAME", help="Repeatable.")
def partners_(name: str, names: tuple[str, ...]) -> None:
    """Say which partners a viewer may see, and no others; without --partner, none."""
    with installation() as (_, storage), storage.write() as session:
        users.set_partners(session, COMMAND_LINE, users.find(session, name), names, now())
    click.echo(f"{name} may see {len(names)} partners.")


@click.command()
@NAME
@click.option(
    "--second-factor", is_flag=True, help="End the second factor too, of a phone that is lost."
)
def reset(name: str, *, second_factor: bool) -> None:
    """Print a link with which a user chooses a password; it works once, for one hour."""
    with installation() as (settings, storage):
        if not settings.base_url:
            raise BadSettings(
                problem="TILLIT_BASE_URL is not set: links are made from the address people see, "
                "such as https://survey.example.org"
            )
        with storage.write() as session:
            found = users.find(session, name)
            link = resets.make(session, COMMAND_LINE, found, now(), base_url=settings.base_url)
            if second_factor:
                end_factor(session, COMMAND_LINE, found, now())
    click.echo(link)


@click.command()
@NAME
def disable(name: str) -> None:
    """Let a user in no more: sessions end at the next request. Nothing is deleted."""
    with installation() as (_, storage), storage.write() as session:
        users.disable(session, COMMAND_LINE, users.find(session, name), now())
    click.echo(f"{name} may log in no more.")


@click.command()
@NAME
def enable(name: str) -> None:
    """Let a user in again."""
    with installation() as (_, storage), storage.write() as session:
        users.enable(session, COMMAND_LINE, users.find(session, name), now())
    click.echo(f"{name} may log in again.")


def _password() -> str:
    """Ask for a password twice at a terminal, or read it from a pipe."""
    if sys.stdin.isatty():
        asked: Any = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return str(asked)
    return sys.stdin.readline().rstrip("\r\n")


def _line(row: Listed) -> str:
    state = "disabled" if row.disabled else "" if row.has_password else "no password yet"
    factor = "second factor" if row.has_second_factor else ""
    seen = f"last seen {row.last_seen:%Y-%m-%d}" if row.last_seen else ""
    rest = [part for part in (state, factor, seen, ", ".join(row.partners)) if part]
    return f"{row.role:<11}{row.name} <{row.email}>" + (f" ({'; '.join(rest)})" if rest else "")
