"""JSON: an object with what the rows are and the rows, each an object of its columns."""

from typing import Any, BinaryIO, Final

import msgspec

from survey.services.snapshots import Snapshot

SLICE: Final = 10_000
ABOUT: Final = ("study", "title", "wave", "instrument", "privacy_mode", "thresholds", "closed_on")


def write(snapshot: Snapshot, stream: BinaryIO, _book: dict[str, Any] | None = None) -> None:
    """Write the rows slice by slice; where nothing is known a value is null."""
    about = {name: snapshot.meta[name] for name in ABOUT if name in snapshot.meta}
    stream.write(b'{"about": ' + msgspec.json.encode(about) + b', "rows": [')
    before = b"\n"
    for part in snapshot.frame.iter_slices(SLICE):
        for row in part.iter_rows(named=True):
            stream.write(before + msgspec.json.encode(row))
            before = b",\n"
    stream.write(b"\n]}\n")
