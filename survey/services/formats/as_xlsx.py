"""Excel: one sheet, numbers as numbers, text never a formula; the same rows give the same bytes."""

import datetime as dt
from typing import Any, BinaryIO, Final

from survey.errors import BadSettings
from survey.services import workbooks
from survey.services.cells import neutral
from survey.services.snapshots import Snapshot

MOST_ROWS: Final = 1_048_575  # of a sheet, besides the names of the columns
_MADE: Final = dt.datetime(2000, 1, 1)  # noqa: DTZ001 (a file has one; ours tells nothing)


def write(snapshot: Snapshot, stream: BinaryIO, _book: dict[str, Any] | None = None) -> None:
    """Write the rows one by one, so that many of them are not held in memory.

    Raises
    ------
    BadSettings
        The program that writes it is not installed, or there are more rows than a sheet takes.
    """
    if snapshot.frame.height > MOST_ROWS:
        raise BadSettings(
            problem=f"a sheet of Excel takes {MOST_ROWS} rows, and there are "
            f"{snapshot.frame.height}: choose csv or parquet"
        )
    book = workbooks.opened(stream, _MADE, constant_memory=True)
    sheet = book.add_worksheet("rows")
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(snapshot.frame.columns):
        sheet.write_string(0, place, name)
    for number, row in enumerate(snapshot.frame.iter_rows(), 1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, place, neutral(value))
            elif value is not None:
                sheet.write_number(number, place, value)
    book.close()
