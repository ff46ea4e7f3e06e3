"""The file that holds what partners are compared by, beside the results of its wave."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from survey.services.comparing.building import build
from survey.services.comparing.model import DECODER, EDITION, ENCODER, Workspace
from survey.services.files import replacing
from survey.services.published import results_path, workspace_path
from survey.services.studies import find
from survey.settings import Settings

log = logging.getLogger(__name__)


def keep(
    settings: Settings, slug: str, document: Mapping[str, Any], rests_on: Mapping[int, str]
) -> Path:
    """Choose what a report holds for comparison, and keep it.

    Parameters
    ----------
    settings
        Of the installation.
    slug
        The study.
    document
        The report for researchers of a wave.
    rests_on
        The waves before that it rests on, each with the SHA-256 of its rows: a composite of a
        wave that has changed since does not enter.
    """
    told = document["snapshot"]
    sides = [side for side in told["sides"] if side != told["side"]]
    path = results_path(settings, slug, told["wave"], sides[0]) if sides else None
    other = msgspec.json.decode(path.read_bytes()) if path is not None and path.exists() else None
    before = [
        kept
        for wave, sha256 in sorted(rests_on.items())
        if (kept := read(settings, slug, wave)) is not None and kept.sha256 == sha256
    ]
    target = workspace_path(settings, slug, told["wave"])
    with replacing(target) as file:
        file.write(ENCODER.encode(build(document, other, before)))
    return target


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
    except (msgspec.DecodeError, FileNotFoundError):
        log.warning("what is kept for comparison cannot be read: %s", path.name)
        return None
    return kept if kept.edition == EDITION else None
