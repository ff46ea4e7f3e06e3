"""Parquet: typed columns, with the scoring key and the description inside the file."""

from typing import Any, BinaryIO

from survey.services.snapshots import Snapshot, parquet_bytes


def write(snapshot: Snapshot, stream: BinaryIO, _book: dict[str, Any] | None = None) -> None:
    """Write the rows with their description, so that they can be analysed without anything else."""
    stream.write(parquet_bytes(snapshot))
