"""Exports: the rows of a closed wave for any other program."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.errors import NothingToExport
from survey.services import codebook, snapshots
from survey.services.files import replacing
from survey.services.formats import FORMATS, available
from survey.services.instruments import stored
from survey.services.published import require_data, snapshot_path
from survey.services.snapshots import Snapshot
from survey.services.studies import find, require_state
from survey.services.withholding import Withheld, withhold
from survey.settings import Settings
from survey.words import in_words


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """The rows that may be handed out, and what was left out of them."""

    snapshot: Snapshot
    withheld: Withheld
    instrument: Instrument


def prepare(session: Session, settings: Settings, slug: str, number: int | None = None) -> Export:
    """Read the snapshot of a closed wave and leave out what may not be handed out.

    Raises
    ------
    UnknownStudy, UnknownWave
    WaveState
        The wave is not closed.
    WavePurged
        Its data have been deleted.
    SnapshotMissing, SnapshotChanged
    NothingToExport
        Every partner has too few rows.
    """
    study, wave = find(session, slug, number)
    hint = ": while it is open, only participation is shown (`tillit study status`)"
    require_state(slug, wave, "closed", act="export it", hint=hint)
    require_data(slug, wave)
    path = snapshot_path(settings, slug, wave.number, wave.data_version)
    snapshot, withheld = withhold(snapshots.read(path, wave.snapshot_sha256))
    if snapshot.frame.is_empty():
        raise NothingToExport(wave=wave.number, slug=slug, min_group=study.min_group)
    instrument = stored(session, study.instrument_id, study.instrument_version)
    return Export(snapshot, withheld, instrument)


def write(export: Export, file_format: str, stream: BinaryIO) -> None:
    """Write an export to an open stream."""
    book = codebook.codebook(export.snapshot, export.instrument)
    FORMATS[file_format](export.snapshot, stream, book)


def write_file(export: Export, file_format: str, path: Path) -> None:
    """Write an export to a file that is there whole or not at all."""
    with replacing(path) as stream:
        write(export, file_format, stream)


def write_codebook(export: Export, path: Path) -> None:
    """Write what each column means: as a table where the name ends in .csv, else as JSON."""
    with replacing(path) as stream:
        stream.write(codebook_of(export, as_table=path.suffix.lower() == ".csv"))


def codebook_of(export: Export, *, as_table: bool) -> bytes:
    """Give what each column means, as a table or as JSON."""
    book = codebook.codebook(export.snapshot, export.instrument)
    return codebook.as_csv(book) if as_table else codebook.as_json(book)


def told(export: Export) -> list[str]:
    """Say what was left out, a line for each kind of it; nothing where nothing was."""
    withheld, thresholds = export.withheld, export.snapshot.meta["thresholds"]
    said = {"least": thresholds["min_group"], "least_text": thresholds["min_group_text"]}
    values = {**asdict(withheld), **said}
    lines = {
        in_words(
            "%(rows)d rows of %(groups)d partners with fewer than %(least)d rows", **values
        ): withheld.rows,
        in_words(
            "%(scales)d scales of a partner with fewer than %(least)d scores", **values
        ): withheld.scales,
        in_words(
            "%(choices)d questions with options of a partner with fewer than %(least)d answers",
            **values,
        ): withheld.choices,
        in_words(
            "%(texts)d texts of partners with fewer than %(least_text)d", **values
        ): withheld.texts,
        in_words(
            "the language in %(languages)d partners with fewer than %(least)d answers in one",
            **values,
        ): withheld.languages,
    }
    return [line for line, count in lines.items() if count]


def formats() -> list[str]:
    """Give the formats that can be written here; some need a program that may not be there."""
    return available()
