"""What an installation holds, and how much room there is: for its administrators and monitors."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.settings import Settings


@dataclass(frozen=True, slots=True)
class StorageReport:
    """Where the data are, and their sizes in bytes.

    Parameters
    ----------
    kind
        ``SQLite`` or ``PostgreSQL``.
    place
        The file; on PostgreSQL the server and the name, without user and password.
    schema
        Revision of the schema.
    database_bytes
        With SQLite's log.
    snapshots, snapshots_bytes
        Files of closed waves: data, results and reports.
    free_bytes
        Free on the disk of the data folder.
    """

    kind: str
    place: str
    schema: str
    database_bytes: int
    snapshots: int
    snapshots_bytes: int
    free_bytes: int


def report(session: Session, settings: Settings) -> StorageReport:
    """Look at database and folders; nothing is opened that holds answers."""
    url = sa.make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite"
    files = [path for path in _files(settings.snapshots_dir) if not path.name.startswith(".")]
    return StorageReport(
        kind="SQLite" if sqlite else "PostgreSQL",
        place=str(url.database) if sqlite else f"{url.host or 'localhost'}/{url.database}",
        schema=str(session.scalars(sa.text("SELECT version_num FROM alembic_version")).one()),
        database_bytes=_sqlite_bytes(Path(url.database or "")) if sqlite else _bytes(session),
        snapshots=len(files),
        snapshots_bytes=sum(_size(path) for path in files),
        free_bytes=_free(settings.data_dir),
    )


def _bytes(session: Session) -> int:
    return int(session.scalars(sa.text("SELECT pg_database_size(current_database())")).one())


def _sqlite_bytes(path: Path) -> int:
    return sum(_size(path.with_name(path.name + ending)) for ending in ("", "-wal", "-shm"))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it went just now
        return 0


def _free(folder: Path) -> int:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(os.fspath(there)).free
