"""`tillit simulate`: answers with known truth, to try an analysis on before there are any."""

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from analysis import simulation
from analysis.errors import AnalysisError
from analysis.simulation import Design, Simulated
from survey.cli.watching import watched
from survey.services.files import replacing

REFUSED = 2
_DEFAULT = Design()
_SHARE = click.FloatRange(0, 1)
_COUNT = click.IntRange(min=1)


@click.command()
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--partners", type=_COUNT, default=_DEFAULT.partners, show_default=True)
@click.option(
    "--raters", type=_COUNT, default=_DEFAULT.raters, show_default=True, help="Of each partner."
)
@click.option(
    "--each",
    type=_COUNT,
    default=_DEFAULT.each,
    show_default=True,
    help="Partners that one rater rates; from 2 on raters are crossed with partners.",
)
@click.option(
    "--construct",
    "constructs",
    multiple=True,
    metavar="NAME",
    help="A scale; give it again for another. Default: trust.",
)
@click.option(
    "--items", type=_COUNT, default=_DEFAULT.items, show_default=True, help="Of each scale."
)
@click.option(
    "--icc",
    type=_SHARE,
    default=_DEFAULT.icc,
    show_default=True,
    help="Share of the variance of a score that lies between partners.",
)
@click.option(
    "--severity",
    type=_SHARE,
    default=_DEFAULT.severity,
    show_default=True,
    help="Share that lies between severe and mild raters.",
)
@click.option("--alpha", type=_SHARE, default=_DEFAULT.alpha, show_default=True)
@click.option(
    "--correlation",
    type=_SHARE,
    default=_DEFAULT.correlation,
    show_default=True,
    help="Between the constructs.",
)
@click.option("--low", type=int, default=_DEFAULT.low, show_default=True, help="Lowest answer.")
@click.option("--high", type=int, default=_DEFAULT.high, show_default=True, help="Highest answer.")
@click.option("--mean", type=float, help="Mean answer. Default: a little above the middle.")
@click.option("--sd", type=float, help="Of an answer. Default: a quarter of the range.")
@click.option(
    "--reverse",
    type=click.IntRange(min=0),
    default=_DEFAULT.reverse,
    show_default=True,
    help="Items of each scale that are asked the other way round.",
)
@click.option(
    "--missing",
    type=_SHARE,
    default=_DEFAULT.missing,
    show_default=True,
    help="Share of the answers left out, at random.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--force", is_flag=True, help="Write over files that are there.")
def simulate(
    data: Path,
    *,
    constructs: tuple[str, ...],
    seed: int,
    force: bool,
    **given: Any,  # noqa: ANN401 - passed on to the design as they are
) -> None:
    """Simulate answers with known truth.

    Writes DATA as CSV, the scales beside it as DATA.toml for `tillit analyse`, and the truth as
    DATA.truth.json: what was asked for, and the true score and rank of every partner.
    """
    files = [data, data.with_suffix(".toml"), data.with_suffix(".truth.json")]
    _refuse_taken(files, force=force)
    try:
        design = Design(**given)
        if constructs:
            design = replace(design, constructs=constructs)
        with watched("Simulating answers"):
            simulated = simulation.simulate(design, seed)
    except AnalysisError as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(REFUSED) from error
    with watched("Writing"):
        _write(files, simulated, seed)
    rows = f"{simulated.frame.height:,} rows of {design.partners} partners"
    click.echo(f"{rows} in {data}; what is true of them in {files[2]}.")
    click.echo(f"tillit analyse {data} --scales {files[1]} --partner partner")


def _refuse_taken(files: list[Path], *, force: bool) -> None:
    if len(set(files)) < len(files):
        raise click.BadParameter("end its name in .csv", param_hint="DATA")
    taken = [str(file) for file in files if file.exists()]
    if taken and not force:
        raise click.UsageError(
            f"{', '.join(taken)} would be written over; name another file, or add --force."
        )
    if not files[0].parent.is_dir():
        raise click.BadParameter(f"there is no folder {files[0].parent}", param_hint="DATA")


def _write(files: list[Path], simulated: Simulated, seed: int) -> None:
    truth = {"seed": seed, **simulated.truth}
    texts = (
        simulated.frame.write_csv(),
        simulation.scales_toml(simulated),
        json.dumps(truth, ensure_ascii=False, indent=2) + "\n",
    )
    with ExitStack() as together:  # all of them take their places, or none
        for file, text in zip(files, texts, strict=True):
            together.enter_context(replacing(file)).write(text.encode())
