"""CSV: UTF-8, commas, one header row, empty cells where nothing is known."""

import csv
import io
from typing import BinaryIO, Final

from survey.services.cells import neutral
from survey.services.snapshots import Snapshot

SLICE: Final = 10_000


def write(snapshot: Snapshot, stream: BinaryIO) -> None:
    """Write the rows slice by slice; text that a spreadsheet would compute is neutralised."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(snapshot.frame.columns)
    for part in snapshot.frame.iter_slices(SLICE):
        writer.writerows(
            [neutral(cell) if isinstance(cell, str) else cell for cell in row]
            for row in part.iter_rows()
        )
    text.detach()
