"""Formats of an export: each is one module with ``write``, and one row in this table."""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from survey.services.formats import as_csv, as_parquet
from survey.services.snapshots import Snapshot

FORMATS: Final[Mapping[str, Callable[[Snapshot, BinaryIO], None]]] = {
    "csv": as_csv.write,
    "parquet": as_parquet.write,
}
