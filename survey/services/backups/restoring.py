"""Bringing a backup back to an empty place, whole or not at all."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from survey.errors import UnknownSchema
from survey.services.backups import postgresql
from survey.services.backups.contents import DATABASES, SNAPSHOTS, Manifest, unpack
from survey.services.backups.errors import DataInTheWay, OtherDatabase
from survey.settings import Settings
from survey.storage import schema
from survey.storage.engine import Storage


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, as of when; ``is_old`` if `tillit upgrade` comes next."""

    made_at: str
    schema: str
    snapshots: int
    is_old: bool


def restore(storage: Storage, settings: Settings, path: Path) -> Restored:
    """Bring a backup back, after all of it was read and compared with its hashes.

    Parameters
    ----------
    storage, settings
        Of the installation, which must be empty: no database (or an empty one, on PostgreSQL),
        no data of closed waves.
    path
        The backup.

    Raises
    ------
    DataInTheWay, NoBackup, OtherDatabase, UnknownSchema, NoBackupProgram, BackupProgramFailed
    """
    _require_empty(storage, settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".tillit-restore-", dir=settings.data_dir))
    try:
        manifest = unpack(path, folder)
        _require_fitting(storage, manifest, path)
        (folder / SNAPSHOTS).mkdir(mode=0o700, exist_ok=True)
        if settings.snapshots_dir.exists():
            settings.snapshots_dir.rmdir()
        (folder / SNAPSHOTS).rename(settings.snapshots_dir)
        try:
            _bring_back_database(storage, folder / manifest.database)
        except BaseException:
            shutil.rmtree(settings.snapshots_dir)
            raise
    finally:
        shutil.rmtree(folder)
    old = manifest.schema != schema.head()
    return Restored(manifest.made_at, manifest.schema, manifest.snapshots, old)


def _require_empty(storage: Storage, settings: Settings) -> None:
    if storage.path is not None and storage.path.exists():
        raise DataInTheWay(place=storage.path)
    if storage.path is None:
        with storage.reader.connect() as connection:
            if sa.inspect(connection).get_table_names():
                raise DataInTheWay(place="the PostgreSQL database")
    if settings.snapshots_dir.exists() and any(settings.snapshots_dir.iterdir()):
        raise DataInTheWay(place=settings.snapshots_dir)


def _require_fitting(storage: Storage, manifest: Manifest, path: Path) -> None:
    held = DATABASES[manifest.database]
    named = "SQLite" if storage.is_sqlite else "PostgreSQL"
    if held != named:
        raise OtherDatabase(path=path, held=held, named=named)
    known = schema.known()
    if manifest.schema not in known:
        raise UnknownSchema(found=manifest.schema, known=", ".join(known))


def _bring_back_database(storage: Storage, source: Path) -> None:
    if storage.path is None:
        postgresql.bring_back(storage.writer.url, source)
        return
    storage.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = storage.path.with_name(f".{storage.path.name}.part")
    shutil.copyfile(source, part)  # the database may lie on another disk than the data folder
    part.chmod(0o600)
    part.rename(storage.path)
