"""`tillit instruments`: list the questionnaires, read one, check a file of one's own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console
from rich.text import Text

import questionnaires
from questionnaires import (
    LANGUAGES,
    PERSPECTIVES,
    SIDES,
    Instrument,
    InstrumentError,
    Item,
    Problem,
)

REFUSED = 2
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@_AS_JSON
@click.pass_context
def instruments(context: click.Context, *, as_json: bool) -> None:
    """List the questionnaires; `show` prints one, `check` tests a file of your own."""
    if context.invoked_subcommand is not None:
        return
    found = [_load(instrument_id) for instrument_id in questionnaires.available()]
    if as_json:
        _print_json([_summary(instrument) for instrument in found])
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
@click.option(
    "--perspective",
    type=click.Choice(PERSPECTIVES),
    help="Default: the first perspective it declares.",
)
@_AS_JSON
def show(name: str, lang: str, side: str | None, perspective: str | None, *, as_json: bool) -> None:
    """Print a questionnaire.

    A shipped one by its id, or one of your own by its FILE.toml, as one side reads it in one
    language; --json adds the scoring key.
    """
    instrument = _load(name)
    side = _declared("side", side, instrument.sides)
    perspective = _declared("perspective", perspective, instrument.perspectives)
    content = _content(instrument, lang, side, perspective)
    if as_json:
        _print_json(content)
    else:
        console = Console(highlight=False, soft_wrap=True)
        for style, line in _lines(content):
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


def _declared(option: str, given: str | None, declared: tuple[str, ...]) -> str:
    if given is None:
        return declared[0]
    if given not in declared:
        choices = " or ".join(declared)
        raise click.UsageError(f"the instrument declares no {option} {given}; choose {choices}")
    return given


def _summary(instrument: Instrument) -> dict[str, Any]:
    return {
        "id": instrument.id,
        "version": instrument.version,
        "title": instrument.title,
        "sides": instrument.sides,
        "perspectives": instrument.perspectives,
        "languages": instrument.languages,
        "constructs": [construct.id for construct in instrument.constructs],
        "n_items": len(instrument.items),
        "n_pages": len(instrument.pages),
    }


def _content(instrument: Instrument, lang: str, side: str, perspective: str) -> dict[str, Any]:
    """Give all that `show` prints, in one language, side and perspective."""
    labels = {construct.id: construct.label[lang] for construct in instrument.constructs}

    def item(each: Item) -> dict[str, Any]:
        return {
            "id": each.id,
            "kind": each.kind,
            "reverse": each.reverse,
            "construct": each.construct,
            "construct_label": labels.get(each.construct or ""),
            "text": each.text(side, lang),
            "hint": each.hint and each.hint[lang],
            "answers": [
                {"value": point.value, "label": point.label[lang]}
                for point in (each.scale.points if each.scale else ())
            ],
            "status": each.status[lang],
        }

    return _summary(instrument) | {
        "title": instrument.title[lang],
        "language": lang,
        "side": side,
        "perspective": perspective,
        "reference_period": instrument.reference_period[lang],
        "introduction": instrument.introduction[side][lang],
        "pages": [[item(each) for each in page.items] for page in instrument.pages],
        "off_scale": {answer.code: answer.label[lang] for answer in instrument.off_scale},
        "sources": instrument.sources,
        "scoring_key": instrument.scoring_key(),
    }


def _print_json(content: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())


def _lines(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the readable lines of `show`, each after its style."""
    yield "bold", content["title"]
    yield "dim", f"{content['id']} · version {content['version']}"
    readers = f"side {content['side']} · perspective {content['perspective']}"
    size = f"{content['n_items']} items on {content['n_pages']} pages"
    yield "dim", f"{readers} · language {content['language']} · {size}"
    yield "", f"\n{content['introduction']}\n{content['reference_period']}"
    number = count(1)
    for place, page in enumerate(content["pages"], start=1):
        yield "bold", f"\nPage {place} of {content['n_pages']}"
        shown: list[dict[str, Any]] = []
        for item in page:
            if item["answers"] and item["answers"] != shown:
                shown = item["answers"]
                yield "dim", _answers(shown, content["off_scale"])
            yield "", f"{next(number):>3}  {item['text']}"
            yield "dim", f"     {_about(item)}"
    yield "", ""
    for source in content["sources"]:
        yield "dim", f"Source: {source}"


def _answers(points: list[dict[str, Any]], off_scale: dict[str, str]) -> str:
    on_scale = " · ".join(f"{point['value']} {point['label']}" for point in points)
    return f"     {on_scale}  ({' · '.join(off_scale.values())})"


def _about(item: dict[str, Any]) -> str:
    reverse = " (reversed)" if item["reverse"] else ""
    measures = f"{item['construct_label']}{reverse}" if item["construct"] else item["hint"]
    return f"{item['id']} · {measures} · translation: {item['status']}"
