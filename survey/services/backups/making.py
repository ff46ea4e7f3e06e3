"""Making a backup of a running installation: nobody waits, and what is in it fits together."""

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import last_runs
from survey.services.backups import postgresql
from survey.services.backups.contents import (
    FORMAT,
    MANIFEST,
    SNAPSHOTS,
    Manifest,
    sha256_of,
)
from survey.services.backups.errors import UnsettledFiles
from survey.services.files import creating
from survey.services.published import snapshot_path
from survey.settings import Settings
from survey.storage import schema
from survey.storage.base import now
from survey.storage.engine import Storage
from survey.storage.models import Study, Wave

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: where it is, its bytes, its schema, and how many files of closed waves it has."""

    path: Path
    bytes: int
    schema: str
    snapshots: int


def make(storage: Storage, settings: Settings, path: Path) -> Made:
    """Write a backup to a new file.

    The database is copied by itself (``VACUUM INTO``, ``pg_dump``), never as a file, then the
    data of closed waves. Where a wave was closed, or lost a row, in between, both are copied
    again: each wave's data in the backup are those that its database names, by their hash.

    Parameters
    ----------
    storage, settings
        Of the installation, which may be in use.
    path
        Must not be there. A folder gets a file with the day and time in its name.

    Raises
    ------
    FileExists, NoBackupProgram, BackupProgramFailed, UnsettledFiles
    """
    at = now()
    if path.is_dir():
        path = path / f"tillit-{at:%Y-%m-%dT%H%M%S}.tar"
    with _private_folder(path.parent) as folder:
        for turn in range(_TRIES, 0, -1):
            database, revision = _copy_database(storage, settings, folder)
            _copy_snapshots(settings, folder / SNAPSHOTS)
            odd = _odd_wave(storage, settings, folder)
            if odd is None:
                break
            if turn == 1:
                raise UnsettledFiles(wave=odd)
            shutil.rmtree(folder / SNAPSHOTS)
            (folder / database).unlink()
        snapshots = sorted((folder / SNAPSHOTS).iterdir())
        names = [database, *(f"{SNAPSHOTS}/{file.name}" for file in snapshots)]
        files = {name: sha256_of(folder / name) for name in names}
        _pack(path, folder, Manifest(FORMAT, at.isoformat(), revision, files))
    made = Made(path, path.stat().st_size, revision, len(snapshots))
    last_runs.note(settings, last_runs.BACKUP, file=str(path.resolve()), bytes=made.bytes)
    return made


@contextmanager
def _private_folder(beside: Path) -> Iterator[Path]:
    """Give a folder that only we can read, on the disk where the backup will lie."""
    folder = Path(tempfile.mkdtemp(prefix=".tillit-backup-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_database(storage: Storage, settings: Settings, folder: Path) -> tuple[str, str]:
    """Copy the database; give the copy's name and its schema, and note which data it names."""
    if storage.path is not None:
        target = folder / "database.sqlite3"
        with closing(sqlite3.connect(storage.path)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        copy = Storage(f"sqlite:///{target}")
        try:
            with copy.read() as session:
                _note(_named(session, settings), folder)
            revision = str(schema.current(copy))
        finally:
            copy.close()
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        return target.name, revision
    with storage.read() as session:
        _note(_named(session, settings), folder)
        exported = session.scalars(sa.text("SELECT pg_export_snapshot()")).one()
        target = folder / "database.dump"
        postgresql.dump(storage.reader.url, target, exported)
        revision = session.scalars(sa.text("SELECT version_num FROM alembic_version")).one()
    return target.name, str(revision)


def _note(named: dict[str, str | None], folder: Path) -> None:
    """Write down which data the copied database names."""
    (folder / "waves.json").write_bytes(msgspec.json.encode(named))


def _named(session: Session, settings: Settings) -> dict[str, str | None]:
    """Give which data a database names: file → hash."""
    rows = session.execute(
        sa.select(Study.slug, Wave.number, Wave.data_version, Wave.snapshot_sha256)
        .join(Wave, Wave.study_id == Study.id)
        .where(Wave.status == "closed", Wave.purged_on.is_(None))
    )
    return {
        snapshot_path(settings, row.slug, row.number, row.data_version).name: row.snapshot_sha256
        for row in rows
    }


def _copy_snapshots(settings: Settings, target: Path) -> None:
    """Copy the files of closed waves; what is being written, or goes just now, is left out."""
    target.mkdir(mode=0o700)
    found = settings.snapshots_dir.iterdir() if settings.snapshots_dir.is_dir() else ()
    for path in sorted(found):
        if path.is_file() and not path.name.startswith("."):
            with suppress(FileNotFoundError):
                shutil.copyfile(path, target / path.name)


def _odd_wave(storage: Storage, settings: Settings, folder: Path) -> str | None:
    """Name a wave whose data in the backup are not those that its database names.

    A file that is missing is odd if the database names another by now, since answers were taken
    back meanwhile; one that was lost before is not, or nothing could be backed up any more.
    """
    named: dict[str, str] = msgspec.json.decode((folder / "waves.json").read_bytes())
    with storage.read() as session:
        present = _named(session, settings)
    for name, digest in named.items():
        path = folder / SNAPSHOTS / name
        lost = name in present and not (settings.snapshots_dir / name).exists()
        if sha256_of(path) != digest if path.exists() else not lost:
            return name.removesuffix(".parquet")
    return None


def _pack(path: Path, folder: Path, manifest: Manifest) -> None:
    with creating(path) as file, tarfile.open(fileobj=file, mode="w:") as archive:
        text = msgspec.json.format(msgspec.json.encode(manifest))
        first = tarfile.TarInfo(MANIFEST)
        first.size, first.mode = len(text), 0o600
        archive.addfile(first, BytesIO(text))
        for name in manifest.files:
            member = archive.gettarinfo(folder / name, name)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o600
            with (folder / name).open("rb") as stream:
                archive.addfile(member, stream)
        archive.close()
        file.flush()
        os.fsync(file.fileno())
