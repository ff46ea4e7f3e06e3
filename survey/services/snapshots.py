"""Snapshots: the frozen rows of a closed wave, typed, without keys or times, with their hash."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl

from questionnaires import Instrument
from survey.errors import NotASnapshot, SnapshotChanged, SnapshotMissing
from survey.services.answers import NOT_REACHED, Answer

FORMAT: Final = 1
KEY: Final = "tillit"


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of one submitted assessment: no person, no key, no time."""

    partner: str
    side: str
    language: str
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The rows of a closed wave, and what the file says about them."""

    frame: pl.DataFrame
    meta: dict[str, Any]

    def with_rows(self, frame: pl.DataFrame) -> "Snapshot":
        """Give a snapshot of other rows, hashed anew."""
        return sealed(frame, self.meta)

    @property
    def scoring_key(self) -> dict[str, Any]:
        """Constructs → items, range, reverse, minimum answered."""
        key: dict[str, Any] = self.meta["scoring_key"]
        return key

    @property
    def rating_items(self) -> tuple[str, ...]:
        """Items with a value and a missing code, in the order of the columns."""
        return tuple(name for name in self.frame.columns if f"{name}_missing" in self.frame.columns)

    @property
    def text_items(self) -> tuple[str, ...]:
        """Items with open text."""
        ratings = self.rating_items
        taken = {"partner", "side", "language", "wave", *ratings}
        taken |= {f"{name}_missing" for name in ratings}
        return tuple(name for name in self.frame.columns if name not in taken)


def build(
    rows: Sequence[Row], instrument: Instrument, wave: int, meta: Mapping[str, Any]
) -> Snapshot:
    """Make a snapshot of rows in the order given.

    Parameters
    ----------
    rows
        Submitted assessments; the caller has shuffled them.
    instrument
        The version that was answered.
    wave
        Number of the wave.
    meta
        What the file shall say about itself, besides the format and the hash.

    Returns
    -------
    Snapshot
        Columns ``partner``, ``side``, ``language``, ``wave``; for each rating item its
        value (Int8, null where missing) and ``<item>_missing`` (one of the five codes,
        null where answered); for each open question its text.
    """
    columns = [
        pl.Series("partner", [row.partner for row in rows], pl.String),
        pl.Series("side", [row.side for row in rows], pl.String),
        pl.Series("language", [row.language for row in rows], pl.String),
        pl.Series("wave", [wave] * len(rows), pl.Int16),
    ]
    for item in instrument.items:
        given = [row.answers.get(item.id) for row in rows]
        if item.scale is None:
            columns.append(pl.Series(item.id, given, pl.String))
            continue
        values = [answer if isinstance(answer, int) else None for answer in given]
        codes = [None if isinstance(answer, int) else answer or NOT_REACHED for answer in given]
        columns.append(pl.Series(item.id, values, pl.Int8))
        columns.append(pl.Series(f"{item.id}_missing", codes, pl.String))
    return sealed(pl.DataFrame(columns), {"format": FORMAT, **meta})


def sealed(frame: pl.DataFrame, meta: Mapping[str, Any]) -> Snapshot:
    """Put rows and their description together, with the hash of both in the description."""
    bare = {name: value for name, value in meta.items() if name != "content_sha256"}
    return Snapshot(frame, {**bare, "content_sha256": _content_hash(frame, bare)})


def parquet_bytes(snapshot: Snapshot) -> bytes:
    """Give the file; the same rows in the same order give the same bytes."""
    buffer = io.BytesIO()
    text = msgspec.json.encode(snapshot.meta).decode()  # constructs keep the order of their pages
    snapshot.frame.write_parquet(buffer, compression="zstd", metadata={KEY: text})
    return buffer.getvalue()


def read(path: Path, expected_sha256: str | None = None) -> Snapshot:
    """Read a snapshot and refuse one that is not what was written.

    Parameters
    ----------
    path
        The Parquet file.
    expected_sha256
        Hash of the file's bytes, as the database keeps it, where it is known.

    Raises
    ------
    SnapshotMissing, SnapshotChanged, NotASnapshot
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SnapshotMissing(path=path) from None
    found = hashlib.sha256(data).hexdigest()
    if expected_sha256 is not None and found != expected_sha256:
        raise SnapshotChanged(path=path, found=found, expected=expected_sha256)
    snapshot = _parsed(path, data)
    bare = {name: value for name, value in snapshot.meta.items() if name != "content_sha256"}
    found, expected = _content_hash(snapshot.frame, bare), snapshot.meta["content_sha256"]
    if found != expected:
        raise SnapshotChanged(path=path, found=found, expected=expected)
    return snapshot


def _parsed(path: Path, data: bytes) -> Snapshot:
    try:
        text = pl.read_parquet_metadata(io.BytesIO(data)).get(KEY)
        frame = pl.read_parquet(io.BytesIO(data))
    except pl.exceptions.PolarsError as error:
        raise NotASnapshot(path=path, problem=str(error).splitlines()[0]) from None
    if text is None:
        raise NotASnapshot(path=path, problem=f"its metadata has no key {KEY!r}")
    meta = msgspec.json.decode(text, type=dict[str, Any])
    if meta.get("format") != FORMAT or "content_sha256" not in meta:
        problem = f"it has format {meta.get('format')!r}; this version reads {FORMAT}"
        raise NotASnapshot(path=path, problem=problem)
    return Snapshot(frame, meta)


def _content_hash(frame: pl.DataFrame, meta: Mapping[str, Any]) -> str:
    """Hash description and cells as JSON lines, so that any program can check them."""
    digest = hashlib.sha256()
    for line in _lines(frame, meta):
        digest.update(line + b"\n")
    return digest.hexdigest()


def _lines(frame: pl.DataFrame, meta: Mapping[str, Any]) -> Iterator[bytes]:
    yield msgspec.json.encode(meta, order="sorted")
    yield msgspec.json.encode(frame.columns)
    for row in frame.iter_rows():
        yield msgspec.json.encode(row)
