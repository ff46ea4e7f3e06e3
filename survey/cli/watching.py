"""A bar on standard error while somebody waits for a long computation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_PATIENCE: Final = 1.0  # seconds before there is a bar

Told = Callable[[int, int], None]


@contextmanager
def watched(what: str) -> Iterator[Told]:
    """Draw a bar after a second, where standard error is a terminal; it goes when it is done.

    Parameters
    ----------
    what
        What is being done, in a few words.

    Yields
    ------
    callable
        To be called with what is done and of how much.
    """
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(what, total=None)
    start = Timer(_PATIENCE, bar.start)
    start.daemon = True
    start.start()
    try:
        yield lambda done, of: bar.update(task, completed=done, total=of)
    finally:
        start.cancel()
        start.join()
        bar.stop()
