"""The file that holds what partners are compared by, as pages read it: without any statistics."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from survey.errors import ComparisonOutdated, ComparisonUnreadable
from survey.services.comparing.fitting import misfit
from survey.services.comparing.model import DECODER, EDITION, Workspace
from survey.services.published import workspace_path
from survey.services.studies import find
from survey.settings import Settings

log = logging.getLogger(__name__)

OUTDATED: Final = "outdated"
BROKEN: Final = "broken"


class _Head(msgspec.Struct, frozen=True):
    """The one field that files of all editions have."""

    edition: int


_HEAD: Final = msgspec.json.Decoder(_Head)


def read(settings: Settings, slug: str, wave: int) -> Workspace | None:
    """Read what was kept of a wave; ``None`` where nothing was, or nothing that can be used."""
    found = _found(settings, slug, wave)
    return found if isinstance(found, Workspace) else None


def require(settings: Settings, slug: str, wave: int) -> Workspace | None:
    """Read what was kept of a wave; ``None`` where nothing was.

    Raises
    ------
    ComparisonOutdated
        It was kept by another edition of this program.
    ComparisonUnreadable
        The file is damaged.
    """
    found = _found(settings, slug, wave)
    if found == OUTDATED:
        raise ComparisonOutdated(wave=wave, slug=slug)
    if found == BROKEN:
        raise ComparisonUnreadable(wave=wave, slug=slug)
    return found if isinstance(found, Workspace) else None


def latest(session: Session, settings: Settings, slug: str) -> int | None:
    """Give the latest wave of which something is kept, whether it can be used or not.

    Raises
    ------
    UnknownStudy
    """
    _, last = find(session, slug)
    numbers = range(last.number, 0, -1)
    return next((n for n in numbers if workspace_path(settings, slug, n).exists()), None)


def waves(session: Session, settings: Settings, slug: str) -> list[int]:
    """List the waves of a study of which this edition keeps something, the latest first.

    The files are not read for that: one that is damaged is refused when it is asked for.

    Raises
    ------
    UnknownStudy
    """
    _, last = find(session, slug)
    return [n for n in range(last.number, 0, -1) if _is_ours(workspace_path(settings, slug, n))]


def _is_ours(path: Path) -> bool:
    """Say whether a file begins as those of this edition do."""
    begins = b'{"edition":%d,' % EDITION
    try:
        with path.open("rb") as file:
            return file.read(len(begins)) == begins
    except FileNotFoundError:
        return False


def _found(settings: Settings, slug: str, wave: int) -> Workspace | str | None:
    path = workspace_path(settings, slug, wave)
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return _decoded(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)  # of a thousand partners each has some megabytes
def _decoded(path: Path, _changed: int, _size: int) -> Workspace | str | None:
    """Read a file whole, or say what is wrong with it: once, as long as it does not change."""
    try:
        data = path.read_bytes()
        if _HEAD.decode(data).edition != EDITION:
            log.warning("what is kept for comparison is of another edition: %s", path.name)
            return OUTDATED
        kept = DECODER.decode(data)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        log.warning("what is kept for comparison cannot be read: %s", path.name)
        return BROKEN
    if part := misfit(kept):
        log.warning("what is kept for comparison does not fit: %s in %s", part, path.name)
        return BROKEN
    return kept
