"""`tillit erase`: take answers back by their receipt."""

import sys

import click

from survey.cli.installation import installation
from survey.errors import BadInput, UnknownReceipt, UnknownReceipts
from survey.services import audit
from survey.services.audit import COMMAND_LINE
from survey.services.erasing import withdraw
from survey.settings import Settings
from survey.storage.engine import Storage


@click.command()
@click.argument("receipt", required=False)
def erase(receipt: str | None) -> None:
    """Erase the answers under a receipt, in an open or a closed wave.

    RECEIPT is the code that the person was shown; without it, or with -, codes are read from
    standard input, one a line, so that they stand in no list of commands. Of a closed wave
    the data are written anew without the answers; published results stay as they are.
    A code that is unknown does not keep the others from being erased. Backups and exports
    that were made before are yours to find.
    """
    given = [receipt or ""] if receipt not in {None, "-"} else sys.stdin.read().split("\n")
    codes = {line: code.strip() for line, code in enumerate(given, 1) if code.strip()}
    if not codes:
        raise BadInput("erase", ("no receipt was given",))
    with installation() as (settings, storage):
        unknown = [line for line, code in codes.items() if not _erased(storage, settings, code)]
        if erased := len(codes) - len(unknown):
            with storage.write() as session:
                audit.note(session, COMMAND_LINE, "answers erased", f"receipts: {erased}")
    if unknown and len(codes) == 1:
        raise UnknownReceipt
    if unknown:
        raise UnknownReceipts(lines=", ".join(map(str, unknown)), count=len(codes))


def _erased(storage: Storage, settings: Settings, code: str) -> bool:
    """Erase what lies under one code and say so, or tell that nothing does."""
    try:
        view = withdraw(storage, settings, code)
    except UnknownReceipt:
        return False
    click.echo(
        f"Erased: answers to «{view.study_title}» of {view.day.isoformat()}, "
        f"withdrawn on {view.withdrawn_on}."
    )
    return True
