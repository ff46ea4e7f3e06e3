"""Exports: the rows of a closed wave for any other program."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.errors import NothingToExport
from survey.services import codebook, snapshots
from survey.services.files import replacing
from survey.services.formats import FORMATS
from survey.services.instruments import stored
from survey.services.published import require_data, snapshot_path
from survey.services.snapshots import Snapshot
from survey.services.studies import find, require_state
from survey.services.withholding import Withheld, withhold
from survey.settings import Settings


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
    FORMATS[file_format](export.snapshot, stream)


def write_file(export: Export, file_format: str, path: Path) -> None:
    """Write an export to a file that is there whole or not at all."""
    with replacing(path) as stream:
        write(export, file_format, stream)


def write_codebook(export: Export, path: Path) -> None:
    """Write what each column means: as a table where the name ends in .csv, else as JSON."""
    book = codebook.codebook(export.snapshot, export.instrument)
    table = path.suffix.lower() == ".csv"
    with replacing(path) as stream:
        stream.write(codebook.as_csv(book) if table else codebook.as_json(book))
