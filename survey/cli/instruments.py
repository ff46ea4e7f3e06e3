"""`tillit instruments`: list the questionnaires, read one, check a file of one's own."""

from pathlib import Path
from typing import NoReturn

import click
import msgspec
from rich.console import Console
from rich.text import Text

import questionnaires
from questionnaires import LANGUAGES, SIDES, STATUSES, Instrument, InstrumentError, Problem
from survey.cli.instrument_sheet import lines, sheet, summary
from survey.cli.translation_table import report, state

REFUSED = 2
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@_AS_JSON
@click.pass_context
def instruments(context: click.Context, *, as_json: bool) -> None:
    """List the questionnaires.

    `show` prints one, `check` tests a file of your own, `translations` says how far the texts
    have been reviewed.
    """
    if context.invoked_subcommand is not None:
        return
    found = [_load(instrument_id) for instrument_id in questionnaires.available()]
    if as_json:
        _print_json([summary(instrument) for instrument in found])
        return
    width = max(len(instrument.id) for instrument in found) + 2
    for instrument in found:
        click.echo(f"{instrument.id:<{width}}{instrument.title['en']}")
        click.echo(
            f"{'':<{width}}{len(instrument.constructs)} constructs, {len(instrument.items)} items, "
            f"sides {' '.join(instrument.sides)}, languages {' '.join(instrument.languages)}, "
            f"version {instrument.version[:12]}"
        )


@instruments.command()
@click.argument("name", metavar="ID|FILE")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--side", type=click.Choice(SIDES), help="Default: the first side it declares.")
@_AS_JSON
def show(name: str, lang: str, side: str | None, *, as_json: bool) -> None:
    """Print a questionnaire.

    A shipped one by its id, or one of your own by its FILE.toml, as one side reads it in one
    language; --json adds the scoring key.
    """
    instrument = _load(name)
    content = summary(instrument) | sheet(instrument, lang, _declared(side, instrument.sides))
    if as_json:
        _print_json(content)
    else:
        console = Console(highlight=False, soft_wrap=True)
        for style, line in lines(content):
            console.print(Text(line, style))


@instruments.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@_AS_JSON
def check(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Check files of your own.

    Every broken rule of an instrument or of a file of an item bank is named at once. An
    instrument is checked against a folder `bank` beside it or beside its folder, else against
    the shipped bank. Exit status 0: all are sound; 2: problems were found.
    """
    problems = dict.fromkeys(p for file in files for p in questionnaires.check_file(file))
    if as_json:
        _print_json({"problems": [msgspec.to_builtins(_near(problem)) for problem in problems]})
    else:
        _print_problems(problems)
        if not problems:
            for file in files:
                click.echo(f"{file}: sound")
    if problems:
        raise SystemExit(REFUSED)


@instruments.command()
@click.argument("name", metavar="[ID|FILE]", required=False)
@click.option("--language", type=click.Choice(LANGUAGES), help="Only this language.")
@click.option("--record", metavar="ID|FILE", help="Record a pass over an instrument or bank file.")
@click.option("--status", type=click.Choice(STATUSES), help="With --record: the pass it was.")
@click.option("--item", "items", metavar="ITEM", multiple=True, help="With --record: only these.")
@_AS_JSON
def translations(
    name: str | None,
    language: str | None,
    record: str | None,
    status: str | None,
    items: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show how far the translations have been reviewed, or record a pass.

    Without a name: a line for each questionnaire and language. With one: also its items that
    are stale or furthest behind, with the English text of today. A translation is stale when
    its English text has changed since.

    --record writes a status into the text files of the bank, and from which English text the
    translations were made; a status is raised by one step at a time.
    """
    if record is not None:
        if language is None or status is None or name is not None:
            raise click.UsageError("--record needs --language and --status, and no other name")
        _record(record, language, status, items, as_json=as_json)
        return
    if status is not None or items:
        raise click.UsageError("--status and --item go with --record")
    found = [_load(each) for each in ([name] if name else questionnaires.available())]
    if as_json:
        _print_json(state(found, language))
        return
    for line in report(found, language, with_items=name is not None):
        click.echo(line)


def _record(
    name: str, language: str, status: str, items: tuple[str, ...], *, as_json: bool
) -> None:
    try:
        files = questionnaires.record_pass(name, language=language, status=status, items=items)
    except InstrumentError as error:
        _refuse(error)
    if as_json:
        _print_json({str(path): ids for path, ids in files.items()})
        return
    for path, ids in files.items():
        plural = "s" if len(ids) > 1 else ""
        near = str(path).removeprefix(f"{Path.cwd()}/")
        click.echo(f"{near}: {len(ids)} item{plural} in «{language}»: {status}")


def _load(name: str) -> Instrument:
    load = questionnaires.load_file if name.endswith(".toml") else questionnaires.load
    try:
        return load(name)
    except InstrumentError as error:
        _refuse(error)


def _refuse(error: InstrumentError) -> NoReturn:
    _print_problems(dict.fromkeys(error.problems))
    raise SystemExit(REFUSED) from error


def _print_problems(problems: dict[Problem, None]) -> None:
    for problem in problems:
        click.echo(str(_near(problem)), err=True)
    if problems:
        plural = "s" if len(problems) > 1 else ""
        click.echo(f"{len(problems)} problem{plural} found", err=True)


def _near(problem: Problem) -> Problem:
    """Shorten paths below the current folder, as a person would write them."""
    here = f"{Path.cwd()}/"
    return msgspec.structs.replace(
        problem,
        file=problem.file.removeprefix(here),
        message=problem.message.replace(here, ""),
    )


def _declared(side: str | None, declared: tuple[str, ...]) -> str:
    if side is None:
        return declared[0]
    if side not in declared:
        choices = " or ".join(declared)
        raise click.UsageError(f"the instrument declares no side {side}; choose {choices}")
    return side


def _print_json(content: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())
