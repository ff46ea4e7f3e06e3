"""SPSS and Stata: numbers with the words of the questions and of their answers.

A missing answer is system-missing, and why it is missing stands in the column beside it: no
code can be averaged by accident. Words are in English, or in the study's first language.
"""

import shutil
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl

from survey.errors import BadSettings
from survey.services.snapshots import Snapshot

_LONGEST_NAME: Final = 28  # Stata takes 32, pyreadstat adds a number to name a set of labels
_LONGEST_LABEL: Final = {"sav": 120, "dta": 80}
_DAY: Final = (92, b"01 JAN 0000:00:00")  # where SPSS notes when a file was written
_HEAD: Final = 4096  # bytes at the beginning of a file, among which its date stands
_STAMP: Final = b"<timestamp>\x11"
_NO_STAMP: Final = b" 1 Jan 2000 00:00"


def sav(snapshot: Snapshot, stream: BinaryIO, book: dict[str, Any] | None = None) -> None:
    """Write SPSS's format; the same rows give the same bytes.

    Raises
    ------
    BadSettings
        The program that writes it is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:  # readable by its owner only
        path = _written(snapshot, book, Path(folder) / "rows.sav", "write_sav")
        _copy(path, stream, *_DAY)


def dta(snapshot: Snapshot, stream: BinaryIO, book: dict[str, Any] | None = None) -> None:
    """Write Stata's format, with names cut to 28 letters and the whole name in the label.

    Raises
    ------
    BadSettings
        As `sav`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = _written(snapshot, book, Path(folder) / "rows.dta", "write_dta")
        with path.open("rb") as file:
            place = file.read(_HEAD).index(_STAMP) + len(_STAMP)
        _copy(path, stream, place, _NO_STAMP)


def short_names(names: list[str], longest: int = _LONGEST_NAME) -> dict[str, str]:
    """Cut names that are too long, each to one that no other column has.

    Examples
    --------
    >>> short_names(["abcdef", "abcdeg", "abc"], 5)
    {'abcdef': 'abc_1', 'abcdeg': 'abc_2', 'abc': 'abc'}
    """
    taken = {name for name in names if len(name) <= longest}
    short: dict[str, str] = {}
    for name in names:
        number, found = 0, name
        while len(found) > longest or (number and found in taken):
            number += 1
            ending = f"_{number}"
            found = name[: longest - len(ending)] + ending
        taken.add(found)
        short[name] = found
    return short


def _copy(path: Path, stream: BinaryIO, place: int, date: bytes) -> None:
    """Write a file to a stream, with a date of ours where it says when it was written."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(date)
        file.seek(0)
        shutil.copyfileobj(file, stream)


def _written(snapshot: Snapshot, book: dict[str, Any] | None, path: Path, writes: str) -> Path:
    """Write a file by pyreadstat, which writes to a path only."""
    ending = path.suffix.removeprefix(".")
    try:
        program: Any = import_module("pyreadstat")
    except ImportError:
        raise BadSettings(
            problem=f"{ending} is written by pyreadstat, which is not installed: "
            "pip install 'tillit[report]'"
        ) from None
    write: Callable[..., None] = getattr(program, writes)
    names = snapshot.frame.columns
    short = short_names(names) if ending == "dta" else {name: name for name in names}
    about = {entry["column"]: entry for entry in (book or {"columns": []})["columns"]}
    language, longest = _language(book), _LONGEST_LABEL[ending]
    labels = [_label(each, short[each], about.get(each, {}), language) for each in names]
    values = {short[each]: _values(about.get(each, {}), language) for each in names}
    write(
        _typed(snapshot.frame).rename(short),
        path,
        column_labels=[label[:longest] for label in labels],
        variable_value_labels={name: points for name, points in values.items() if points},
    )
    return path


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give numbers as both programs keep them; a text that is not there is empty."""
    return frame.with_columns(
        pl.selectors.integer().cast(pl.Float64), pl.selectors.string().fill_null("")
    )


def _language(book: dict[str, Any] | None) -> str:
    languages = (book or {}).get("languages", ["en"])
    return "en" if "en" in languages else str(languages[0])


def _label(name: str, short: str, entry: dict[str, Any], language: str) -> str:
    """Say what a column is: the question, or what the codebook says of it."""
    texts = entry.get("texts", {})
    text = next((each[language] for each in texts.values() if language in each), "")
    said = text or str(entry.get("content", ""))
    if "option" in entry:
        said = f"{entry['option']['label'][language]}: {said}"
    return said if short == name else f"{name}: {said}"


def _values(entry: dict[str, Any], language: str) -> dict[float, str]:
    points = entry.get("scale", {}).get("points", ()) if entry.get("type") != "String" else ()
    return {float(point["value"]): point["label"][language] for point in points}
