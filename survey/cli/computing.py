"""Computing a wave's results for a page: as `tillit study close`, and why it failed is kept."""

import contextlib
import io
import sys
import traceback

from survey.cli import main
from survey.services import jobs
from survey.settings import Settings


def compute(slug: str, wave: str) -> int:
    """Compute the results of a closed wave; give the exit code.

    What is kept of a failure is the sentence of a refusal, or the name of what went wrong:
    never the text of a crash, which may hold values. The log gets where that was, and its name.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command = ["study", "close", slug, "--wave", wave]
            code = int(main(command, standalone_mode=False) or 0)
        why = said.getvalue().strip().removeprefix("Error: ")
    except Exception as error:  # noqa: BLE001 (whatever it is, the page must say so)
        code, why = 1, type(error).__name__
        sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + why + "\n")
    if code:
        jobs.failed(Settings.from_environment(), slug, int(wave), why or f"exit code {code}")
    return code


if __name__ == "__main__":
    sys.exit(compute(*sys.argv[1:]))
