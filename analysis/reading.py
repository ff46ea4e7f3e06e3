"""Read answers from a file: CSV however it is separated, gzipped or not, or Parquet."""

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from analysis.errors import UnreadableFile

SEPARATORS = (",", ";", "\t", "|")
NO_ANSWER = ("NA", "NaN")  # what R and pandas write for a missing value
_DECIMAL_COMMA = r"^([+-]?\d+),(\d+)$"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a closed wave says about itself: how to score it and what may be shown.

    `instructed` is item to the answer that its text asked for.
    """

    scoring_key: Mapping[str, Mapping[str, Any]]
    partner: str
    min_n: int
    title: str
    labels: Mapping[str, Mapping[str, str]]
    instructed: Mapping[str, str] = field(default_factory=dict)

    def titles(self, language: str) -> dict[str, str]:
        """Return what each construct is called in a language."""
        return {name: texts[language] for name, texts in self.labels.items() if language in texts}


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """A file as read: its rows, its name and hash, and the snapshot's own words if it is one."""

    frame: pl.DataFrame
    file: str
    sha256: str
    snapshot: Snapshot | None = None


def read_answers(path: Path | str) -> Answers:
    """Read a data file.

    Parameters
    ----------
    path
        CSV (separated by comma, semicolon, tab or bar, with one line of column names, UTF-8),
        the same gzipped, or Parquet. The content decides, not the name.

    Returns
    -------
    Answers
        Columns of a CSV are texts as they stand, empty cells null: `numeric` makes numbers of
        the items. The hash is that of the file's bytes.

    Raises
    ------
    UnreadableFile
        If the file is empty, not UTF-8, ragged, has two columns of one name, or is neither CSV
        nor Parquet.
    """
    file = Path(path)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}.") from error
    digest = hashlib.sha256(raw).hexdigest()
    if raw[:4] == b"PAR1":
        frame, snapshot = _parquet(raw, file.name)
        return Answers(frame, file.name, digest, snapshot)
    return Answers(_csv(_text(raw, file.name), file.name), file.name, digest)


def numeric(
    frame: pl.DataFrame, items: Iterable[str], missing: Sequence[float | str] = ()
) -> pl.DataFrame:
    """Make numbers of the items, and nothing of the codes that mean no answer.

    Parameters
    ----------
    frame
        Rows of answers; it is not changed.
    items
        Columns to convert; names that are not there are passed over.
    missing
        Codes for «no answer», numbers or texts.

    Returns
    -------
    polars.DataFrame
        Items as Float64 with nulls. A decimal comma counts as a point, and NA and NaN, which R
        and pandas write, as no answer. A column that holds another text stays text, so that
        the check can name it.
    """
    texts = [str(code) for code in missing] + [*NO_ANSWER, ""]
    codes = [float(code) for code in missing if not isinstance(code, str)]
    columns = [
        _converted(frame[name], texts, codes)
        for name in dict.fromkeys(items)
        if name in frame.columns
    ]
    return frame.with_columns(columns)


def _converted(column: pl.Series, texts: list[str], codes: list[float]) -> pl.Series:
    if column.dtype == pl.String:
        stripped = column.str.strip_chars()
        kept = stripped.set(stripped.is_in(texts), None)
        pointed = kept.str.replace(_DECIMAL_COMMA, "${1}.${2}")
        numbers = pointed.cast(pl.Float64, strict=False)
        if numbers.null_count() > kept.null_count():
            return kept
    elif column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null):
        numbers = column.cast(pl.Float64)
    else:
        return column
    numbers = numbers.fill_nan(None)
    return numbers.set(numbers.is_in(codes), None) if codes else numbers


def _text(raw: bytes, name: str) -> str:
    """Unpack and decode a CSV file."""
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(
                f"{name} is a damaged gzip file ({error}); copy it anew."
            ) from error
    if raw[:4] == b"PK\x03\x04":
        raise UnreadableFile(
            f"{name} is a workbook or a zip archive, not a CSV file; "
            "save the sheet as «CSV UTF-8», or unpack the archive."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"{name} is not UTF-8: byte {raw[error.start]:#04x} in line {line}; "
            "save it as «CSV UTF-8»."
        ) from error
    if "\0" in text:
        raise UnreadableFile(f"{name} holds zero bytes and so is neither CSV nor Parquet.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        raise UnreadableFile(f"{name} is empty; give a file with column names and rows.")
    # Blank lines are no rows; inside quotes they may belong to a cell, and stay.
    return lines if '"' in lines else re.sub(r"\n{2,}", "\n", lines)


def _csv(text: str, name: str) -> pl.DataFrame:
    separator, text = _separator(text)
    header = _header(text, separator, name)
    _check_width(text, separator, len(header), name)
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()), separator=separator, infer_schema=False, encoding="utf8"
        )
    except pl.exceptions.PolarsError as error:
        raise UnreadableFile(
            f"{name} is not a well-formed CSV file: a quotation mark inside a cell must be "
            f"doubled, and the cell quoted ({str(error).splitlines()[0]})."
        ) from error
    frame.columns = header
    if frame.is_empty():
        raise UnreadableFile(f"{name} has column names but no rows; give it at least one row.")
    return frame


def _separator(text: str) -> tuple[str, str]:
    """Return the separator and the text without the line in which Excel may declare it."""
    first, _, rest = text.partition("\n")
    if first.strip()[:4] == "sep=" and first.strip()[4:] in SEPARATORS:
        return first.strip()[4:], rest
    bare = "".join(part for i, part in enumerate(first.split('"')) if i % 2 == 0)
    return max(SEPARATORS, key=bare.count), text


def _header(text: str, separator: str, name: str) -> list[str]:
    cells = next(_rows(text, separator, name), [])
    names = [cell.strip() for cell in cells]
    twice = [column for column, n in Counter(names).items() if n > 1 and column]
    if twice:
        places = ", ".join(str(i + 1) for i, column in enumerate(names) if column == twice[0])
        raise UnreadableFile(
            f"{name} has several columns named {twice[0]!r} (columns {places}); "
            "rename or remove all but one."
        )
    taken = set(names)
    return [column or _unnamed(i, taken) for i, column in enumerate(names)]


def _unnamed(place: int, taken: set[str]) -> str:
    """Name a column that has no name, unlike any that has one."""
    name = f"column {place + 1}"
    while name in taken:
        name += "'"
    return name


def _check_width(text: str, separator: str, width: int, name: str) -> None:
    for number, row in enumerate(islice(_rows(text, separator, name), 1, None), start=2):
        if row and len(row) != width:
            raise UnreadableFile(
                f"{name} is ragged: row {number} has {len(row)} cells and the first row, with "
                f"the column names, {width}; a separator may be missing, or a text with "
                f"{separator!r} in it may lack its quotes."
            )


def _rows(text: str, separator: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableFile(
            f"{name} is not a well-formed CSV file: {error} near line {reader.line_num}."
        ) from error


def _parquet(raw: bytes, name: str) -> tuple[pl.DataFrame, Snapshot | None]:
    try:
        frame = pl.read_parquet(io.BytesIO(raw))
        metadata = pl.read_parquet_metadata(io.BytesIO(raw))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0]
        raise UnreadableFile(
            f"{name} is a damaged Parquet file: {reason}; copy it anew."
        ) from error
    if frame.is_empty():
        raise UnreadableFile(f"{name} has no rows; give it at least one.")
    own = metadata.get("tillit")
    return frame, None if own is None else _snapshot(own, name)


def _snapshot(text: str, name: str) -> Snapshot:
    try:
        own = json.loads(text)
        if own["format"] != 1:
            raise UnreadableFile(
                f"{name} is a snapshot of format {own['format']}; this version reads format 1. "
                "Use a newer tillit."
            )
        return Snapshot(
            scoring_key=own["scoring_key"],
            partner="partner",
            min_n=int(own["thresholds"]["min_group"]),
            title=str(own["title"]),
            labels=own.get("labels", {}),
            instructed=own.get("instructed", {}),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(
            f"{name} says that it is a snapshot, but what it says about itself is incomplete "
            f"({error!r}); export it anew."
        ) from error
