"""The command line: one module per verb, loaded when it is used."""

import os
from typing import Final

import click

from survey.cli.lazy import LazyGroup

# Matrices are small here: threads of BLAS would only wait for each other, and for other programs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

VERBS: Final = {
    "init": ("survey.cli.init:init", "Set up a database for one organisation."),
    "partners": ("survey.cli.partners:partners", "Keep the register of partners and contacts."),
    "study": ("survey.cli.study:study", "Make, open, follow and close studies."),
    "invite": (
        "survey.cli.invite:invite",
        "Take people from a sheet and make their personal links.",
    ),
    "send": ("survey.cli.send:send", "Send mail that waits, and say what became of it."),
    "bounces": ("survey.cli.bounces:bounces", "Note which mail could not be delivered."),
    "letters": ("survey.cli.letters:letters", "Write a letter with link and QR code to each."),
    "remind": ("survey.cli.remind:remind", "Remind those who have not answered everything."),
    "export": ("survey.cli.export:export", "Hand the rows of a closed wave to any other program."),
    "erase": ("survey.cli.erase:erase", "Take answers back by their receipt."),
    "purge": ("survey.cli.purge:purge", "Delete data that were kept as long as was promised."),
    "backup": ("survey.cli.backup:backup", "Write database and data of closed waves to a file."),
    "restore": ("survey.cli.backup:restore", "Bring a backup back to an empty place."),
    "user": ("survey.cli.user:user", "Let people in, say what they may, let them in no more."),
    "serve": ("survey.cli.serve:serve", "Run the server."),
    "instruments": ("survey.cli.instruments:instruments", "List, read and check questionnaires."),
    "analyse": (
        "survey.cli.analyse:analyse",
        "Reliability and partner scores of a file of answers.",
    ),
    "plan": ("survey.cli.plan:plan", "How many raters a study needs."),
    "simulate": (
        "survey.cli.simulate:simulate",
        "Make answers with known truth, to try an analysis on.",
    ),
    "demo": ("survey.cli.demo:demo", "Set up a simulated study and serve it on this machine."),
    "upgrade": ("survey.cli.init:upgrade", "Bring an older database up to date, after a backup."),
}


_HELP: Final = """Survey relationships and compare partners, with honest uncertainty.

\b
A study:     tillit init, then study new, invite, study open, serve, study close, export
A data file: tillit analyse DATA --scales FILE.toml
To look:     tillit demo
"""


@click.command(cls=LazyGroup, rows=VERBS, help=_HELP)
@click.version_option(package_name="tillit")
def main() -> None:
    """Run a verb."""
