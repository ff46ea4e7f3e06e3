"""An assessment as tables and sentences for the terminal, in the order a reader needs them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from analysis.report import (
    advice,
    clustering,
    content,
    difference_tables,
    differences,
    factors,
    halves,
    pair_tables,
    sentences,
)
from analysis.report import scale_evidence as evidence
from analysis.report.content import Table
from analysis.report.numbers import NONE, count, number_of
from analysis.report.parts import Parts, Section

MOST_ROWS = 60
_NAME = 24  # letters of the names of rows that stay in one line where there is room
_LEAST = 10  # letters to which words are broken before the table is cut
_EDGES, _GAP = 3, 2  # columns of the screen that a table needs besides those of its cells


def print_assessment(
    document: Mapping[str, Any], console: Console, titles: Mapping[str, str] | None = None
) -> None:
    """Print an assessment.

    Parameters
    ----------
    document
        What `Assessment.to_dict()` gives.
    console
        Where to print.
    titles
        Scale to what it is called; a scale without one goes by its own title or name.
    """
    named = sentences.titles_of(document, titles)
    _problems(document, console)
    _heading(console, "Can the scales be trusted?")
    _sentences(console, sentences.reliability(document, named))
    _sentences(console, clustering.clustered(document, named))
    _table(console, content.reliability(document, named))
    if (table := halves.halves(document, named)) is not None:
        _table(console, table)
    if (table := pair_tables.distinctness(document, named)) is not None:
        _heading(console, "Do the scales measure different things?")
        _sentences(console, sentences.distinctness(document, named))
        _table(console, table)
    _heading(console, "Do the items measure what their scale names?")
    _sentences(console, factors.factor_sentences(document))
    if (table := factors.factors(document, named)) is not None:
        _table(console, table)
    of_scales = evidence.ScaleEvidence(document, named)
    _sections(of_scales.sections, console)
    if document.get("partners"):
        _partners(document, console, named)
    _sections(Parts(document, named).sections, console)
    _heading(console, "What to do")
    for part in advice.advice(document, named):
        _sentences(console, [f"{part.heading}:"])
        for text in part.sentences:
            console.print(Padding(Text(f"• {text}"), (0, 0, 0, 4), expand=False))
    _heading(console, "The items")
    for name in named:
        _table(console, content.items(document, name, named))
    _sections(of_scales.appendix, console)
    _heading(console, "Methods")
    _sentences(console, document["methods"])
    _origin(document, console)


def print_sheet(heading: str, texts: Iterable[str], table: Table, console: Console) -> None:
    """Print sentences and a table of their own, such as those of a plan."""
    _heading(console, heading)
    _sentences(console, texts)
    _table(console, table)


def print_problems(problems: Iterable[Mapping[str, Any]], console: Console) -> None:
    """Print what is wrong with the data and what to do, one paragraph each."""
    for problem in problems:
        style = "bold red" if problem["severity"] == "refuse" else "bold yellow"
        mark = "Refused" if problem["severity"] == "refuse" else "Warning"
        line = Text.assemble((f"{mark}: ", style), problem["message"], " ", problem["action"])
        console.print(Padding(line, (0, 0, 0, 2), expand=False))


def _problems(document: Mapping[str, Any], console: Console) -> None:
    _heading(console, "Problems in the data")
    if document["problems"]:
        print_problems(document["problems"], console)
    else:
        _sentences(console, ["None found."])
    _sentences(console, document["notes"])


def _partners(document: Mapping[str, Any], console: Console, titles: Mapping[str, str]) -> None:
    _heading(console, "Can the partners be told apart?")
    _sentences(console, sentences.aggregation(document, titles))
    _sentences(console, differences.alike(document, titles))
    _sentences(console, sentences.suppressed(document))
    _table(console, content.aggregation(document, titles))
    if (table := difference_tables.omnibus(document, titles)) is not None:
        _table(console, table)
    else:
        _sentences(console, difference_tables.untested(document, titles))
    _heading(console, "Who differs?")
    for name in document["partners"]:
        _table(console, _cut(content.partners(document, name, titles)))


def _sections(sections: Iterable[Section], console: Console) -> None:
    for section in sections:
        _heading(console, section.heading)
        _sentences(console, section.sentences)
        for each in section.tables:
            _table(console, _cut(each))


def _origin(document: Mapping[str, Any], console: Console) -> None:
    data = document["data"]
    if data["file"]:
        rows = number_of(document["n_rows"], "row")
        _sentences(console, [f"Data: {data['file']}, {rows}, SHA-256 {data['sha256']}."])
    seed = document["settings"]["seed"]
    _sentences(console, [f"Made by tillit {document['tillit']}, seed {seed}."])


def _cut(table: Table) -> Table:
    """Leave the middle of a long table out, and say so."""
    left_out = len(table.body) - MOST_ROWS
    if left_out <= 0:
        return table
    half = MOST_ROWS // 2
    gap = (f"… {count(left_out)} more", *("" for _ in table.head[1:]))
    body = (*table.body[:half], gap, *table.body[-half:])
    note = "The middle is left out here; --html and --json have every row."
    return Table(table.id, table.caption, table.head, body, table.text, (*table.notes, note))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _sentences(console: Console, texts: Iterable[str]) -> None:
    for text in texts:
        console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _table(console: Console, table: Table) -> None:
    for part in _parts(table, console.width):
        console.print(Padding(Text(part.caption, style="bold"), (0, 0, 0, 2), expand=False))
        grid = Grid(box=SIMPLE, padding=(0, 1, 0, 0))
        for place, width in enumerate(_widths(part, console.width)):
            grid.add_column(
                Text(part.head[place]),
                justify="left" if place in part.text else "right",
                overflow="fold",
                max_width=width,
            )
        for row in part.body:
            grid.add_row(*(Text(cell, style="dim" if cell == NONE else "") for cell in row))
        console.print(Padding(grid, (0, 0, 0, 1), expand=False))
    _sentences(console, table.notes)


def _parts(table: Table, room: int) -> Iterator[Table]:
    """Cut a table that is too wide into parts that fit, each with the names of the rows."""
    widths = _widths(table, room)
    chosen = [0]
    for place in range(1, len(widths)):
        if _needed(widths[i] for i in (*chosen, place)) > room and len(chosen) > 1:
            yield _part(table, chosen)
            chosen = [0]
        chosen.append(place)
    yield _part(table, chosen)


def _part(table: Table, chosen: list[int]) -> Table:
    """Return the table with the chosen columns only."""
    caption = table.caption if 1 in chosen else f"{table.caption}, continued"
    body = tuple(tuple(row[place] for place in chosen) for row in table.body)
    text = tuple(i for i, place in enumerate(chosen) if place in table.text)
    head = tuple(table.head[place] for place in chosen)
    return replace(table, caption=caption, head=head, body=body, text=text)


def _needed(widths: Iterable[int]) -> int:
    """Return how many columns of the screen a table takes."""
    return _EDGES + sum(width + _GAP for width in widths)


def _widths(table: Table, room: int) -> list[int]:
    """Return the width of each column.

    Where whole heads and texts leave too little room they break between words, and columns of
    words get what the numbers leave.
    """
    columns = list(zip(table.head, *table.body, strict=True))
    whole = [max(map(cell_len, column)) for column in columns]
    if _needed(whole) <= room:
        return whole
    widths = [
        min(_NAME, max(map(cell_len, " ".join(column).split())))
        if place in table.text
        else max(map(cell_len, (*column[0].split(), *column[1:])))
        for place, column in enumerate(columns)
    ]
    for place in table.text:
        spare = room - _needed(widths)
        widths[place] = max(min(whole[place], _LEAST), min(whole[place], widths[place] + spare))
    return widths
