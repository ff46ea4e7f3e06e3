"""Work that no visitor waits for: a command of our own in a process of its own, one for a wave."""

import logging
import os
import subprocess
import sys
import threading
from typing import Final

from flask import Response

from survey.pages.site import site
from survey.services import jobs
from survey.settings import SETTINGS, Settings

logger = logging.getLogger(__name__)

_PROGRAM: Final = "survey.cli.computing"


def compute_afterwards(response: Response, slug: str, wave: int) -> Response:
    """Compute the results of a closed wave once this answer is on its way, and all is stored.

    Where that goes on already, in whichever process of the server, it is not begun a second time.

    Parameters
    ----------
    response
        The answer.
    slug, wave
        Which wave.
    """
    settings = site().settings
    jobs.ask(settings, slug, wave)
    response.call_on_close(lambda: _start(settings, slug, wave))
    return response


def variables(settings: Settings) -> dict[str, str]:
    """Give the environment in which a process of ours works on the same installation."""
    ours = {row.variable for row in SETTINGS}
    ours |= {f"{name}_FILE" for name in ours}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, **settings.as_environment()}


def _start(settings: Settings, slug: str, wave: int) -> None:
    held = jobs.begin(settings, slug, wave)
    if held is None:
        return
    try:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", _PROGRAM, slug, str(wave)],
            env=variables(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(held,),  # which is held from now on for as long as the process lives
        )
    finally:
        os.close(held)
    threading.Thread(target=_wait, args=(process, slug, wave), daemon=True).start()


def _wait(process: "subprocess.Popen[bytes]", slug: str, wave: int) -> None:
    """Take the process's leave; how it went stands in the log, and on the page of the study."""
    code = process.wait()
    log = logger.info if code == 0 else logger.error
    log("computing study %s, wave %d ended with %d", slug, wave, code)
