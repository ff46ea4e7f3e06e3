"""When something that has to be done again and again was last done: a small file for each."""

import datetime as dt
from pathlib import Path
from typing import Any, Final

import msgspec

from survey.services.files import replacing
from survey.settings import Settings
from survey.storage.base import now

BACKUP: Final = "backup"
PURGE: Final = "purge"


def note(settings: Settings, what: str, **facts: str | int) -> None:
    """Note that it was done just now.

    Parameters
    ----------
    settings
        Of the installation; the file lies in its data folder, so that all workers read it.
    what
        `BACKUP` or `PURGE`.
    **facts
        What else is to be shown of it.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(_path(settings, what)) as file:
        file.write(msgspec.json.encode({"at": now(), **facts}))


def last(settings: Settings, what: str) -> dict[str, Any] | None:
    """Give when it was last done (``at``) and the facts of it; ``None`` if never, or not known."""
    try:
        found: dict[str, Any] = msgspec.json.decode(_path(settings, what).read_bytes())
        return {**found, "at": dt.datetime.fromisoformat(found["at"])}
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


def _path(settings: Settings, what: str) -> Path:
    return settings.data_dir / f"last-{what}.json"
