"""An assessment as tables and sentences for the terminal, in the order a reader needs them."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from analysis.report import content, sentences
from analysis.report.content import Table
from analysis.report.numbers import NONE, count, number_of

MOST_ROWS = 60


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
    _table(console, content.reliability(document, named))
    if document.get("partners"):
        _partners(document, console, named)
    _heading(console, "The items")
    for name in named:
        _table(console, content.items(document, name, named))
    if len(document["distinctness"]["htmt"]) > 1:
        _heading(console, "Do the scales measure different things?")
        _sentences(console, sentences.distinctness(document, named))
        _table(console, content.distinctness(document, named))
    _heading(console, "Methods")
    _sentences(console, document["methods"])
    _origin(document, console)


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
    _sentences(console, sentences.suppressed(document))
    _table(console, content.aggregation(document, titles))
    _heading(console, "Who differs?")
    for name in document["partners"]:
        _table(console, _cut(content.partners(document, name, titles)))


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


def _longest_word(table: Table, most: int = 24) -> int:
    """Return the width at which the names of the rows break between words only."""
    words = (word for row in table.body for word in row[0].split())
    return min(most, max(map(len, words), default=0))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _sentences(console: Console, texts: Iterable[str]) -> None:
    for text in texts:
        console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _table(console: Console, table: Table) -> None:
    grid = Grid(
        box=SIMPLE,
        title=Text(table.caption, style="bold"),
        title_justify="left",
        padding=(0, 1, 0, 0),
    )
    for place, head in enumerate(table.head):
        words = place in table.text
        grid.add_column(
            Text(head),
            justify="left" if words else "right",
            overflow="fold",
            min_width=_longest_word(table) if place == 0 else None,
        )
    for row in table.body:
        grid.add_row(*(Text(cell, style="dim" if cell == NONE else "") for cell in row))
    console.print(Padding(grid, (0, 0, 0, 1), expand=False))
    _sentences(console, table.notes)
