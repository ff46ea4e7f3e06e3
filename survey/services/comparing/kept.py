"""The file that holds what partners are compared by, as pages read it: without any statistics."""

import logging
from functools import lru_cache
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from survey.services.comparing.model import DECODER, EDITION, Workspace
from survey.services.published import workspace_path
from survey.services.studies import find
from survey.settings import Settings

log = logging.getLogger(__name__)


def read(settings: Settings, slug: str, wave: int) -> Workspace | None:
    """Read what was kept of a wave; ``None`` where nothing was, or by an older program."""
    path = workspace_path(settings, slug, wave)
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return _decoded(path, stat.st_mtime_ns, stat.st_size)


def waves(session: Session, settings: Settings, slug: str) -> list[int]:
    """List the waves of a study of which something is kept, the latest first.

    Raises
    ------
    UnknownStudy
    """
    _, last = find(session, slug)
    return [n for n in range(last.number, 0, -1) if read(settings, slug, n) is not None]


@lru_cache(maxsize=16)  # of a thousand partners each has some megabytes
def _decoded(path: Path, _changed: int, _size: int) -> Workspace | None:
    try:
        kept = DECODER.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, FileNotFoundError):
        log.warning("what is kept for comparison cannot be read: %s", path.name)
        return None
    return kept if kept.edition == EDITION else None
