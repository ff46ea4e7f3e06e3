"""`tillit simulate`: answers with known truth, to try an analysis on before there are any."""

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from analysis import simulation
from analysis.errors import AnalysisError
from analysis.simulation import Design, Planted, Simulated
from survey.cli.watching import watched
from survey.services.files import replacing

REFUSED = 2
_DEFAULT = Design()
_SHARE = click.FloatRange(0, 1)
_COUNT = click.IntRange(min=1)
_FACTS = tuple(fact.name for fact in fields(Planted))


class Sized(click.ParamType[tuple[int, float]]):
    """A partner and a number of something: «3=0.4»."""

    name = "partner"

    def __init__(self, number: Callable[[str], float]) -> None:
        """Read what stands behind the sign by this."""
        self.number = number

    def convert(
        self,
        value: Any,  # noqa: ANN401 - as click has it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, float]:
        """Return the partner and its number."""
        who, _, number = str(value).partition("=")
        try:
            return int(who), self.number(number)
        except ValueError as error:
            example = "3=2" if self.number is int else "3=0.4"
            told = f"{value!r} names no partner and number; write {example}."
            raise click.BadParameter(told, ctx, param) from error


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
@click.option("--waves", type=_COUNT, default=_DEFAULT.waves, show_default=True)
@click.option(
    "--sides",
    type=click.IntRange(1, 2),
    default=_DEFAULT.sides,
    show_default=True,
    help="2: partners rate the relationship too.",
)
@click.option(
    "--stability",
    type=_SHARE,
    default=_DEFAULT.stability,
    show_default=True,
    help="Correlation of partners' true scores between waves.",
)
@click.option(
    "--retained",
    type=_SHARE,
    default=_DEFAULT.retained,
    show_default=True,
    help="Share of raters who rate in the next wave too.",
)
@click.option(
    "--agreement",
    type=_SHARE,
    default=_DEFAULT.agreement,
    show_default=True,
    help="Correlation of partners' true scores between the sides.",
)
@click.option(
    "--accuracy",
    type=_SHARE,
    help="Each side guesses the other's view: 1 knows it, 0 takes it to be its own. Default: "
    "nobody guesses.",
)
@click.option(
    "--rater-group",
    "groups",
    type=float,
    multiple=True,
    metavar="POINTS",
    help="A group of raters that is milder by so many points; give it again for each other.",
)
@click.option(
    "--falling",
    type=Sized(float),
    multiple=True,
    metavar="PARTNER=POINTS",
    help="Partner 3 falls by 0.4 points from wave to wave: 3=0.4. Repeatable, as all below.",
)
@click.option(
    "--widening",
    type=Sized(float),
    multiple=True,
    metavar="PARTNER=POINTS",
    help="The sides begin alike and come apart by so many points from wave to wave.",
)
@click.option(
    "--false-consensus",
    type=Sized(float),
    multiple=True,
    metavar="PARTNER=POINTS",
    help="The sides lie so many points apart, and both believe that they agree.",
)
@click.option(
    "--tied",
    type=int,
    multiple=True,
    metavar="PARTNER",
    help="Leaders that nothing tells apart; name two or more.",
)
@click.option(
    "--few",
    type=Sized(int),
    multiple=True,
    metavar="PARTNER=RATERS",
    help="This partner has so many raters only, on each side in each wave.",
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
    DATA.truth.json: what was asked for, and the true score and rank of every partner, in each
    wave and as each side sees it. Partners are counted from 1; points are those of an answer.
    """
    files = [data, data.with_suffix(".toml"), data.with_suffix(".truth.json")]
    _refuse_taken(files, force=force)
    try:
        planted = Planted(**{fact: given.pop(fact) for fact in _FACTS})
        design = Design(constructs=constructs or _DEFAULT.constructs, planted=planted, **given)
        with watched("Simulating answers"):
            simulated = simulation.simulate(design, seed)
    except AnalysisError as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(REFUSED) from error
    with watched("Writing"):
        _write(files, simulated, seed)
    rows = f"{simulated.frame.height:,} rows of {design.partners} partners"
    click.echo(f"{rows} in {data}; what is true of them in {files[2]}.")
    click.echo(f"tillit analyse {data} --scales {files[1]} {_columns(simulated.frame.columns)}")


def _columns(columns: Iterable[str]) -> str:
    """Return the options that name those columns that there are."""
    known = [name for name in ("partner", "side", "wave") if name in columns]
    return " ".join(f"--{name} {name}" for name in known)


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
