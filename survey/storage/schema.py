"""The schema of the database: set up, compared with the program, brought up to date."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from survey.errors import NotSetUp, OldSchema, UnknownSchema
from survey.storage import migrations
from survey.storage.engine import Storage

_COPY: Final = ".before-upgrade-from-"
REVISIONS: Final = str(Path(migrations.__file__).parent)


def head(revisions: str = REVISIONS) -> str:
    """Give the revision that this program works with."""
    return str(ScriptDirectory(revisions).get_current_head())


def known(revisions: str = REVISIONS) -> list[str]:
    """Give the revisions that this program knows, the first one first."""
    scripts = ScriptDirectory(revisions).walk_revisions()
    return [script.revision for script in scripts][::-1]


def current(storage: Storage) -> str | None:
    """Give the revision of the database, ``None`` where nothing was set up.

    Raises
    ------
    UnknownSchema
        The file is no database, or has tables but no revision.
    """
    if storage.path is not None and not storage.path.exists():
        return None  # connecting would leave an empty file behind
    try:
        with storage.reader.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
            tables = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
    except sa.exc.OperationalError:
        raise  # locked, or not to be read: that tells nothing of the schema
    except sa.exc.DatabaseError as error:
        if storage.path is None:
            raise
        raise UnknownSchema(found=str(error.orig), known=head()) from None
    if found is None and tables:
        names = ", ".join(sorted(tables)[:5])
        raise UnknownSchema(found=f"none, with tables {names}", known=head())
    return found


def require_head(storage: Storage, revisions: str = REVISIONS) -> None:
    """Return if the database has the schema that this program works with.

    Raises
    ------
    NotSetUp
        No tables.
    OldSchema
        A revision from which `upgrade` leads here.
    UnknownSchema
        A revision of a newer program, or tables of another one.
    """
    found = current(storage)
    if found is None:
        raise NotSetUp
    names = known(revisions)
    if found not in names:
        raise UnknownSchema(found=found, known=", ".join(names))
    if found != head(revisions):
        raise OldSchema(found=found, expected=head(revisions))


def set_up(storage: Storage) -> None:
    """Make all tables in an empty database, in one transaction."""
    if current(storage) is None and storage.path is not None:
        storage.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(storage.path, os.O_RDWR | os.O_CREAT, 0o600))
    migrate(storage, "head")


def upgrade(storage: Storage, revisions: str = REVISIONS) -> Path | None:
    """Bring an older database up to date, after a backup beside it where it is a file.

    Returns
    -------
    Path or None
        The backup, if one was made; ``None`` also when nothing was to be done.

    Raises
    ------
    NotSetUp, UnknownSchema
        Nothing is changed then.
    """
    try:
        require_head(storage, revisions)
    except OldSchema:
        backup = _backup(storage.path, current(storage)) if storage.path else None
        migrate(storage, "head", revisions)
        return backup
    return None


def migrate(
    storage: Storage, target: str, revisions: str = REVISIONS, *, down: bool = False
) -> None:
    """Move the schema to a revision, whole or not at all."""
    config = Config()
    config.set_main_option("script_location", revisions.replace("%", "%%"))
    step = command.downgrade if down else command.upgrade
    with storage.writing(), _for_migrating(storage) as connection, connection.begin():
        config.attributes["connection"] = connection
        step(config, target)
        if storage.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise UnknownSchema(found="rows that refer to nothing", known=target)


@contextmanager
def _for_migrating(storage: Storage) -> Iterator[sa.Connection]:
    """Open a connection that lets SQLite write a table anew to which others refer."""
    with storage.writer.connect() as connection:
        if not storage.is_sqlite:
            yield connection
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            if not connection.invalidated:  # an interrupt closes it
                driver.execute("PRAGMA foreign_keys=ON")


def copies(storage: Storage) -> list[Path]:
    """Give the copies that upgrades made of the database; on PostgreSQL there are none."""
    path = storage.path
    return [] if path is None else sorted(path.parent.glob(f"{path.name}{_COPY}*"))


def _backup(path: Path, revision: str | None) -> Path:
    target = path.with_name(f"{path.name}{_COPY}{revision}")
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    return target
