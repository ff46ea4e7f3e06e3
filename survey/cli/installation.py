"""What commands that use the database begin with."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from survey.errors import StorageUnreachable
from survey.settings import Settings
from survey.storage import schema
from survey.storage.engine import Storage


@contextmanager
def storage_of(settings: Settings) -> Iterator[Storage]:
    """Open the database for a command; say it in words where it cannot be used."""
    storage = Storage(settings.database_url, settings.secret_key)
    try:
        yield storage
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise StorageUnreachable(reason=reason) from error
    finally:
        storage.close()


@contextmanager
def installation() -> Iterator[tuple[Settings, Storage]]:
    """Open an installation that is set up, with a schema that this program knows."""
    settings = Settings.from_environment()
    with storage_of(settings) as storage:
        schema.require_head(storage)
        yield settings, storage
