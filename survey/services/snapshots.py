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
from survey.kinds import Answer
from survey.services.layout import Unit, cells_of, columns_of, read_units, units_of
from survey.storage.models import IDENTIFIED

FORMAT: Final = 1
_DTYPES: Final = {"Int8": pl.Int8, "String": pl.String}
KEY: Final = "tillit"


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of one submitted assessment: no key, no time; a person only where shown.

    Parameters
    ----------
    partner, side
        Who is assessed, and from where.
    language
        In which it was answered; an anonymous study keeps none.
    answers
        Item id → what is kept.
    off_path
        Items that have an answer but were not asked in the end.
    order
        The items as they were drawn, where the instrument shuffles.
    person, code
        Name, and a mark that is the same in every wave; of identified studies only.
    """

    partner: str
    side: str
    language: str | None
    answers: Mapping[str, Answer]
    off_path: Sequence[str] = ()
    order: Sequence[str] | None = None
    person: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The rows of a closed wave, and what the file says about them."""

    frame: pl.DataFrame
    meta: dict[str, Any]

    def with_rows(self, frame: pl.DataFrame, *leave_out: str) -> "Snapshot":
        """Give a snapshot of other rows, which says as much but for what shall be left out.

        The hash is made when it is written to a file that carries it.
        """
        apart = {"content_sha256", *leave_out}
        return Snapshot(frame, {key: v for key, v in self.meta.items() if key not in apart})

    @property
    def scoring_key(self) -> dict[str, Any]:
        """Constructs → items, range, reverse, minimum answered."""
        key: dict[str, Any] = self.meta["scoring_key"]
        return key

    @property
    def units(self) -> tuple[Unit, ...]:
        """The items, with the columns that hold their answers."""
        return read_units(self.meta, self.frame.columns)


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
        What the file shall say about itself, besides format, items and hash.

    Returns
    -------
    Snapshot
        Columns ``partner``, ``side``, ``language``, ``wave``; of an identified study
        ``person`` and ``code``; ``item_order`` where a page is shuffled; then those of each
        item, as its kind lays them out.
    """
    columns = [
        pl.Series("partner", [row.partner for row in rows], pl.String),
        pl.Series("side", [row.side for row in rows], pl.String),
        pl.Series("language", [row.language for row in rows], pl.String),
        pl.Series("wave", [wave] * len(rows), pl.Int16),
    ]
    if meta.get("privacy_mode") == IDENTIFIED:
        columns.append(pl.Series("person", [row.person for row in rows], pl.String))
        columns.append(pl.Series("code", [row.code for row in rows], pl.String))
    if instrument.shuffles:
        orders = [None if row.order is None else " ".join(row.order) for row in rows]
        columns.append(pl.Series("item_order", orders, pl.String))
    answers, off_path = [row.answers for row in rows], [row.off_path for row in rows]
    for item in instrument.items:
        cells = cells_of(item, instrument, answers, off_path)
        for column, values in zip(columns_of(item, instrument), cells, strict=True):
            columns.append(pl.Series(column.name, values, _DTYPES[column.dtype]))
    about: dict[str, Any] = {"format": FORMAT, "items": units_of(instrument), **meta}
    if instrument.instructed:
        about["instructed"] = instrument.instructed
    return sealed(pl.DataFrame(columns), about)


def sealed(frame: pl.DataFrame, meta: Mapping[str, Any]) -> Snapshot:
    """Put rows and their description together, with the hash of both in the description."""
    bare = {name: value for name, value in meta.items() if name != "content_sha256"}
    return Snapshot(frame, {**bare, "content_sha256": _content_hash(frame, bare)})


def parquet_bytes(snapshot: Snapshot) -> bytes:
    """Give the file; the same rows in the same order give the same bytes."""
    buffer = io.BytesIO()
    if "content_sha256" not in snapshot.meta:
        snapshot = sealed(snapshot.frame, snapshot.meta)
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
    if expected_sha256 is not None:  # the very bytes that were written: the rows are in them
        return snapshot
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
