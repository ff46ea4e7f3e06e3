"""Parquet: typed columns, with the scoring key and the description inside the file."""

from typing import BinaryIO

from survey.services.snapshots import Snapshot, parquet_bytes


def write(snapshot: Snapshot, stream: BinaryIO) -> None:
    """Write the rows with their description, so that they can be analysed without anything else."""
    stream.write(parquet_bytes(snapshot))
