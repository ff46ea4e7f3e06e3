"""Work that no visitor waits for: a command of our own in a process of its own."""

import logging
import os
import subprocess
import sys
import threading
from typing import Final

from flask import Response

from survey.pages.site import site
from survey.settings import SETTINGS, Settings

logger = logging.getLogger(__name__)

_PROGRAM: Final = "from survey.cli import main; main()"
_running: Final[set[tuple[str, ...]]] = set()
_guard: Final = threading.Lock()


def afterwards(response: Response, *command: str) -> Response:
    """Run a command of `tillit` once this answer is on its way, and what it wrote is stored.

    A command that this server runs already is not started a second time, whoever asks for it.

    Parameters
    ----------
    response
        The answer.
    *command
        Verb and arguments; nothing secret, since a list of processes shows them.
    """
    settings = site().settings
    response.call_on_close(lambda: _start(settings, command))
    return response


def _start(settings: Settings, command: tuple[str, ...]) -> None:
    work = (settings.database_url, *command)
    with _guard:
        if work in _running:
            return
        _running.add(work)
    try:
        process = _process(settings, command)
    except BaseException:
        _running.discard(work)
        raise
    threading.Thread(target=_wait, args=(process, work), daemon=True).start()


def program(settings: Settings, command: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Give what runs a command on this installation in a process of its own, and its variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {row.variable for row in SETTINGS}
        and name not in {f"{row.variable}_FILE" for row in SETTINGS}
    }
    return [sys.executable, "-c", _PROGRAM, *command], {**kept, **settings.as_environment()}


def _process(settings: Settings, command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    words, variables = program(settings, command)
    return subprocess.Popen(  # noqa: S603 (our own program)
        words,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(process: "subprocess.Popen[bytes]", work: tuple[str, ...]) -> None:
    """Take the process's leave; how it went stands in the log, and on the page of the study."""
    code = process.wait()
    _running.discard(work)
    log = logger.info if code == 0 else logger.error
    log("%s ended with %d", " ".join(work[1:3]), code)
