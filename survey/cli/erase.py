"""`tillit erase`: take answers back by their receipt."""

import sys

import click

from survey.cli.installation import installation
from survey.errors import BadInput
from survey.services.erasing import withdraw


@click.command()
@click.argument("receipt", required=False)
def erase(receipt: str | None) -> None:
    """Erase the answers under a receipt, in an open or a closed wave.

    RECEIPT is the code that the person was shown; without it, or with -, codes are read from
    standard input, one a line, so that they stand in no list of commands. Of a closed wave
    the data are written anew without the answers; published results stay as they are.
    Backups and exports that were made before are yours to find.
    """
    codes = [receipt] if receipt not in {None, "-"} else sys.stdin.read().split("\n")
    wanted = [code.strip() for code in codes if code and code.strip()]
    if not wanted:
        raise BadInput("erase", ("no receipt was given",))
    with installation() as (settings, storage):
        for code in wanted:
            view = withdraw(storage, settings, code)
            click.echo(
                f"Erased: answers to «{view.study_title}» of {view.day.isoformat()}, "
                f"withdrawn on {view.withdrawn_on}."
            )
