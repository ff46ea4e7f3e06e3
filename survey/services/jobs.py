"""Work on a wave that a process of its own does: one at a time, and how the last one ended.

A lock on a file says that it goes on. The process that works inherits it, so it holds across all
workers of a server and ends with the work, however that ends. Beside it stands one line: why the
last one failed, in words that hold nothing of anybody's answers.
"""

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from survey.services.files import replacing
from survey.settings import Settings

FOLDER: Final = "jobs"
SOON: Final = 10.0  # seconds within which what was asked for has begun
_LONGEST: Final = 300
RUNNING, FAILED, NEVER = STATES = ("running", "failed", "never")


@dataclass(frozen=True, slots=True)
class Job:
    """How the work on a wave is: going on, failed (and why), or never done."""

    state: str
    why: str = ""


def begin(settings: Settings, slug: str, wave: int) -> int | None:
    """Take the right to work on a wave; ``None`` where somebody works on it already.

    Returns
    -------
    int
        A descriptor: whoever holds it works. The process that is started inherits it.
    """
    path = _path(settings, slug, wave)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    _why_path(path).unlink(missing_ok=True)
    return descriptor


def ask(settings: Settings, slug: str, wave: int) -> None:
    """Note that work is about to begin, so that nobody is told in between that it never did."""
    path = _path(settings, slug, wave)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    if not _is_held(path):
        _why_path(path).unlink(missing_ok=True)


def failed(settings: Settings, slug: str, wave: int, why: str) -> None:
    """Keep why it failed: one line, for the page of the study."""
    path = _why_path(_path(settings, slug, wave))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(" ".join(why.split())[:_LONGEST].encode())


def look(settings: Settings, slug: str, wave: int) -> Job:
    """Say how the work on a wave is, which has no results yet."""
    path = _path(settings, slug, wave)
    with suppress(OSError):
        if _is_held(path):
            return Job(RUNNING)
        with suppress(FileNotFoundError):
            return Job(FAILED, _why_path(path).read_text(encoding="utf-8"))
        if time.time() - path.stat().st_mtime < SOON:
            return Job(RUNNING)
    return Job(NEVER)


def _path(settings: Settings, slug: str, wave: int) -> Path:
    return settings.data_dir / FOLDER / f"{slug}-w{wave}"


def _why_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.failed")


def _is_held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
