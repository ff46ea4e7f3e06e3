"""`tillit analyse`: from a file of answers to reliability, partner scores and a report."""

import io
import json
import shlex
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

import questionnaires
from analysis.assessed import Source
from analysis.assessment import assess
from analysis.errors import AnalysisError, RefusedData
from analysis.reading import Answers, numeric, read_answers
from analysis.report import render
from analysis.scale import Scale
from analysis.scales_file import read_scales
from analysis.tables import print_assessment, print_problems
from questionnaires import InstrumentError
from survey.cli.analysed_columns import check_columns
from survey.cli.analysed_instructed import instructed_from
from survey.cli.analysed_options import FILE, analysis_options
from survey.cli.analysed_rows import Asked, rules_for
from survey.cli.analysed_weights import weights_from
from survey.cli.watching import watched
from survey.services.files import replacing

FAILED, REFUSED = 1, 2
_WIDTH = 120  # columns where no terminal tells its own


@dataclass(frozen=True, slots=True)
class Scoring:
    """How answers become scores: scales, codes for «no answer», what scales are called and are.

    `instructed` is item to the answer that its text asked for.
    """

    scales: tuple[Scale, ...]
    missing: tuple[float | str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    instructed: Mapping[str, str] = field(default_factory=dict)


@click.command()
@click.argument("data", type=FILE)
@analysis_options
@click.pass_context
def analyse(
    context: click.Context,
    /,
    *,
    data: Path,
    scales_file: Path | None,
    instrument: str | None,
    partner: str | None,
    side: str | None,
    wave: str | None,
    earlier: tuple[Path, ...],
    html: Path | None,
    json_file: str | None,
    min_n: int | None,
    weight: tuple[str, ...],
    instructed: tuple[str, ...],
    cluster: str,
    **options: Any,  # noqa: ANN401 - passed on to assess as they are
) -> None:
    """Analyse a file of answers: CSV, gzipped or not, Parquet, or the snapshot of a wave.

    Prints what is wrong with the data, how far scales and partners can be trusted, and the
    scores. Data that must not be analysed as they are end with exit code 2, and nothing is
    written.
    """
    targets = _targets(data, html, json_file)
    try:
        answers = read_answers(data)
        scoring = _scoring(answers, scales_file, instrument)
        rules = rules_for(answers, Asked(side, wave, partner, min_n, earlier, options["rater"]))
        told = check_columns(answers, rules, options["group"], options["retest"])
        items = [item for scale in scoring.scales for item in scale.items]
        items += [options["seconds"]] if options["seconds"] else []
        there = {k: v for k, v in scoring.instructed.items() if k in rules.frame.columns}
        asked = instructed_from(instructed, there if options["without_flagged"] else {})
        items += [item for item, answer in asked.items() if isinstance(answer, float)]
        with watched("Analysing") as watching:
            assessment = assess(
                numeric(rules.frame, items, scoring.missing),
                scoring.scales,
                partner=rules.partner,
                side=rules.side,
                wave=rules.wave,
                min_n=rules.min_n,
                titles=scoring.titles,
                source=Source(answers.file, answers.sha256),
                weights=weights_from(weight, composite=options["composite"], kinds=scoring.kinds),
                instructed=asked,
                cluster=None if cluster == "none" else cluster,
                progress=watching,
                **options,
            )
        document = replace(assessment, notes=(*rules.notes, *told, *assessment.notes)).to_dict()
        heading = answers.snapshot.title if answers.snapshot else None
    except RefusedData as refused:
        _refuse(refused)
    except (AnalysisError, InstrumentError) as error:
        _fail(str(error), REFUSED)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    texts = {}
    if html:
        texts[targets["--html"]] = render(document, command=_command(context), title=heading)
    if json_file and json_file != "-":
        texts[targets["--json"]] = text
    _write(texts)
    if json_file == "-":
        click.echo(text.encode(), nl=False)  # UTF-8, whatever the terminal speaks
        return
    print_assessment(document, _console())
    for option, target in targets.items():
        click.echo(f"{option[2:].upper()} written to {target}", err=True)


def _scoring(answers: Answers, scales_file: Path | None, instrument: str | None) -> Scoring:
    """Find out how the answers are to be scored."""
    if scales_file and instrument:
        raise click.UsageError("Give --scales or --instrument, not both.")
    if scales_file:
        read = read_scales(scales_file)
        return Scoring(read.scales, read.missing)
    if instrument:
        found = questionnaires.load(instrument)
        titles = {each.id: each.label["en"] for each in found.constructs}
        key = found.scoring_key()
        kinds = {each.id: each.kind for each in found.constructs if each.id in key}
        scales, asked = Scale.from_key(key), found.instructed
        return Scoring(scales, titles=titles, kinds=kinds, instructed=asked)
    if answers.snapshot:
        own = answers.snapshot
        scales = Scale.from_key(own.scoring_key)
        return Scoring(scales, titles=own.titles("en"), instructed=own.instructed)
    raise click.UsageError(
        f"{answers.file} does not tell its scales, since it is not a snapshot; "
        "give --scales FILE.toml or --instrument ID."
    )


def _targets(data: Path, html: Path | None, json_file: str | None) -> dict[str, Path]:
    """Return the files to be written, after making sure that they can be."""
    targets = {"--html": html, "--json": Path(json_file) if json_file else None}
    if json_file == "-":
        targets["--json"] = None
    wanted = {option: path for option, path in targets.items() if path is not None}
    taken = {data.resolve(): "DATA"}
    for option, path in wanted.items():
        if obstacle := _obstacle(path, taken):
            raise click.BadParameter(obstacle, param_hint=option)
        taken[path.resolve()] = option
    return wanted


def _obstacle(path: Path, taken: Mapping[Path, str]) -> str | None:
    """Say why a file could not be written, before anything is computed."""
    try:
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}"
        if path.is_dir():
            return f"{path} is a folder; name a file"
        other = taken.get(path.resolve())
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"
    return f"{path} is also {other}; name another" if other else None


def _command(context: click.Context) -> str:
    """Return the command as it would have to be typed to make the same report again."""
    words = ["tillit", "analyse"]
    for parameter in context.command.params:
        value = context.params[str(parameter.name)]
        source = context.get_parameter_source(str(parameter.name))
        if source is not click.core.ParameterSource.COMMANDLINE:
            continue
        if isinstance(parameter, click.Option) and parameter.is_flag:
            words.append(parameter.opts[-1])
            continue
        for each in value if isinstance(value, tuple) else (value,):
            words += [parameter.opts[-1]] if isinstance(parameter, click.Option) else []
            words.append(str(each))
    return shlex.join(words)


def _write(texts: Mapping[Path, str]) -> None:
    """Write all files whole or none of them."""
    path = None
    try:
        with ExitStack() as together:
            for path, text in texts.items():
                together.enter_context(replacing(path)).write(text.encode())
    except OSError as error:
        _fail(f"{path} cannot be written: {error.strerror}.", FAILED)


def _refuse(refused: RefusedData) -> NoReturn:
    console = _console(stderr=True)
    problems = [
        {"severity": f.severity, "message": f.message, "action": f.action}
        for f in refused.diagnostics.findings
    ]
    print_problems(problems, console)
    _fail("These data must not be analysed as they are; nothing was computed or written.", REFUSED)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    raise click.exceptions.Exit(code)


def _console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal without «τ» gets a question mark
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else _WIDTH)
