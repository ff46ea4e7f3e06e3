"""CSV: UTF-8, commas, one header row, empty cells where nothing is known."""

from typing import Any, BinaryIO, Final

import polars as pl

from survey.services.cells import FORMULA
from survey.services.snapshots import Snapshot

SLICE: Final = 10_000
_LINE_END: Final = r"\r\n?"


def write(snapshot: Snapshot, stream: BinaryIO, _book: dict[str, Any] | None = None) -> None:
    """Write the rows slice by slice; text that a spreadsheet would compute is neutralised."""
    frame = snapshot.frame
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    safe = [neutral(name) for name in texts]
    frame.clear().write_csv(stream)
    for part in frame.iter_slices(SLICE):
        part.with_columns(safe).write_csv(stream, include_header=False)


def neutral(column: str) -> pl.Expr:
    """Give the texts of a column as a spreadsheet shows them, as `cells.neutral` does."""
    text = pl.col(column).str.replace_all(_LINE_END, "\n")
    formula = text.str.contains(FORMULA)
    return pl.when(formula).then("'" + text).otherwise(text).alias(column)
