"""`tillit plan`: how many raters a study needs, before anybody is asked."""

import json
import shlex
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from analysis import planning
from analysis.errors import AnalysisError
from analysis.report.plan_page import plan_sentences, plan_table, render_plan
from analysis.tables import print_sheet
from survey.cli.watching import watched
from survey.services.files import replacing

REFUSED = 2
_WIDTH = 120  # columns where no terminal tells its own
_FILE = click.Path(dir_okay=False, path_type=Path)
_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


def fraction(text: str) -> float:
    """Read a number, or a fraction such as 1/3."""
    try:
        return float(Fraction(text))
    except ZeroDivisionError:
        raise ValueError(text) from None


@click.command()
@click.option("--partners", type=int, required=True, help="Partners to be compared.")
@click.option(
    "--icc",
    type=click.FloatRange(0, 1, max_open=True),
    required=True,
    help="ICC(1): share of the variance of one rater's score that lies between partners.",
)
@click.option("--raters", type=int, help="Raters of each partner that you plan, to see the result.")
@click.option(
    "--reliability",
    type=_SHARE,
    default=0.7,
    show_default=True,
    help="Wanted for a partner's mean.",
)
@click.option(
    "--certainty",
    type=_SHARE,
    default=0.8,
    show_default=True,
    help="Wanted share of those named in the top group that belong there.",
)
@click.option(
    "--top",
    type=fraction,
    default="1/3",
    show_default=True,
    help="The top group: a share of the partners, or from 1 on their number.",
)
@click.option(
    "--each", type=int, default=1, show_default=True, help="Partners that one rater rates."
)
@click.option(
    "--severity",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of the variance that lies between severe and mild raters.",
)
@click.option("--level", type=_SHARE, default=0.95, show_default=True)
@click.option(
    "--draws",
    type=click.IntRange(min=100),
    default=20_000,
    show_default=True,
    help="Simulated studies.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--html", type=_FILE, help="Write a page with the picture.")
@click.option("--json", "json_file", metavar="FILE", help="Write all numbers; - prints them.")
@click.pass_context
def plan(
    context: click.Context,
    /,
    *,
    html: Path | None,
    json_file: str | None,
    **options: Any,  # noqa: ANN401 - passed on as they are
) -> None:
    """Find out how many raters of each partner a study needs.

    For example: tillit plan --partners 12 --icc .15
    """
    try:
        with watched("Simulating studies") as told:
            found = planning.plan(
                **options, progress=lambda share: told(round(1000 * share), 1000)
            ).to_dict()
    except AnalysisError as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(REFUSED) from error
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if html:
        _write(html, render_plan(found, command=_command(context)))
    if json_file == "-":
        click.echo(text, nl=False)
        return
    if json_file:
        _write(Path(json_file), text)
    stream = sys.stdout
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else _WIDTH)
    print_sheet("How many raters?", plan_sentences(found), plan_table(found), console)


def _command(context: click.Context) -> str:
    """Return the command as it would have to be typed to make the same plan again."""
    words = ["tillit", "plan"]
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is click.core.ParameterSource.COMMANDLINE:
            words += [parameter.opts[-1], str(context.params[name])]
    return shlex.join(words)


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())
