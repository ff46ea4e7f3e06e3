"""The processes that serve: each keeps its own counts in a small file that all of them read.

A process counts what it answered in memory and writes the numbers over its file after each
request: one short write, which nobody waits for. It holds a lock on the file for as long as it
lives, so that the file of a process that has ended is told from that of one that works,
however it ended. Its name is random: no number of a process, no address.
"""

import bisect
import fcntl
import os
import platform
import secrets
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from survey.settings import Settings
from survey.storage.base import now

FOLDER: Final = "workers"
CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
_ROOM: Final = 1024  # bytes of a file, so that a shorter text leaves nothing of a longer one


class Counted(msgspec.Struct):
    """What a process is, and what it has answered since it started.

    Parameters
    ----------
    worker
        Its random name.
    version, python
        Of tillit and of Python.
    started
        Seconds since 1970, UTC.
    requests
        Class of the status → number.
    slower
        Requests that took at most each of `BUCKETS`, and in the end those that took longer.
    seconds
        All of them together.
    """

    worker: str
    version: str
    python: str
    started: float
    requests: dict[str, int]
    slower: list[int]
    seconds: float = 0.0


def version() -> str:
    """Give the version of the installed program."""
    return metadata.version("tillit")


@dataclass(eq=False)
class Worker:
    """A process that counts; where its file cannot be written, it counts for itself."""

    folder: Path
    counted: Counted = field(init=False)

    def __post_init__(self) -> None:
        self._guard = threading.Lock()
        self.counted = Counted(
            worker=secrets.token_hex(4),
            version=version(),
            python=platform.python_version(),
            started=now().timestamp(),
            requests=dict.fromkeys(CLASSES, 0),
            slower=[0] * (len(BUCKETS) + 1),
        )
        self._descriptor: int | None = None
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_ended(self.folder)
            path = self.folder / self.counted.worker
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            weakref.finalize(self, os.close, self._descriptor)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self._write()

    def served(self, status: int, seconds: float) -> None:
        """Count an answered request."""
        with self._guard, suppress(OSError):
            self.counted.requests[CLASSES[min(max(status // 100, 1), 5) - 1]] += 1
            self.counted.slower[bisect.bisect_left(BUCKETS, seconds)] += 1
            self.counted.seconds += seconds
            self._write()

    def _write(self) -> None:
        if self._descriptor is not None:
            os.pwrite(self._descriptor, msgspec.json.encode(self.counted).ljust(_ROOM), 0)


def of(settings: Settings) -> Worker:
    """Begin to count in this process."""
    return Worker(settings.data_dir / FOLDER)


def running(worker: Worker) -> list[Counted]:
    """Give what the processes that work have counted, the first one first; this one is among them.

    Parameters
    ----------
    worker
        This process.
    """
    found = {worker.counted.worker: worker.counted}
    for path in _files(worker.folder):
        with suppress(OSError, msgspec.DecodeError), path.open("rb") as file:
            if not _has_ended(file.fileno()):
                each = msgspec.json.decode(file.read().strip(), type=Counted)
                found.setdefault(each.worker, each)
    return sorted(found.values(), key=lambda each: (each.started, each.worker))


def _files(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if path.is_file())
    return []


def _forget_ended(folder: Path) -> None:
    for path in _files(folder):
        with suppress(OSError), path.open("rb") as file:
            if _has_ended(file.fileno()):
                path.unlink()


def _has_ended(descriptor: int) -> bool:
    """Whether nobody holds the file; asking leaves it as it is."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True
