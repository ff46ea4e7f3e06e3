"""The process beside the server that sends what waits, as long as the server runs."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from survey.cli.installation import storage_of
from survey.errors import SurveyError
from survey.services.mail.sending import Terms, send
from survey.services.mail.status import is_due
from survey.settings import Settings
from survey.storage.engine import Storage

log = logging.getLogger("survey.cli.postman")

SECONDS: Final = 3.0  # between two looks at what waits
_THOROUGH: Final = 60.0  # between two looks for what nobody queued: thanks
_LONGEST: Final = 900.0
_STEP: Final = 0.25


@contextmanager
def postman(settings: Settings) -> Iterator[None]:
    """Run the process while the block runs, if a mail server and a sender are set."""
    if settings.smtp_url is None or settings.mail_from is None:
        yield
        return
    own = os.getpid()
    command = [sys.executable, "-m", "survey.cli.postman", str(own)]
    process = subprocess.Popen(command)  # noqa: S603 (ourselves)
    try:
        yield
    finally:
        if os.getpid() == own:  # the server's own processes, which are forks of this, come here too
            process.terminate()
            process.wait()


def main(started_by: int) -> None:
    """Send until a signal comes, or until the server that started this, by its number, is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it goes to the server too, which ends this
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    settings = Settings.from_environment()
    with storage_of(settings) as storage:
        _Postman(storage, settings, Terms(stop=lambda: bool(ended) or os.getppid() != started_by))


class _Postman:
    """Looks often whether something is due, and ever less often while nothing can be sent."""

    def __init__(self, storage: Storage, settings: Settings, terms: Terms) -> None:
        self._storage = storage
        self._settings = settings
        self._terms = terms
        self._thorough = 0.0
        wait = SECONDS
        while not terms.stop():
            wait = SECONDS if self._deliver() else min(2 * wait, _LONGEST)
            until = time.monotonic() + wait
            while time.monotonic() < until and not terms.stop():
                time.sleep(_STEP)

    def _deliver(self) -> bool:
        """Send what is due; false if nothing can be sent just now."""
        try:
            if self._is_time():
                send(self._storage, self._settings, self._terms)
        except (SurveyError, sa.exc.DBAPIError) as error:
            log.warning("%s", error if isinstance(error, SurveyError) else type(error).__name__)
            return False
        return True

    def _is_time(self) -> bool:
        if time.monotonic() >= self._thorough:
            self._thorough = time.monotonic() + _THOROUGH
            return True
        with self._storage.read() as session:
            return is_due(session, self._terms.clock())


if __name__ == "__main__":
    main(int(sys.argv[1]))
