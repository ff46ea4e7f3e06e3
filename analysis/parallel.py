"""Run independent jobs on all cores, with the same result on any number of them.

Each job brings its own seed, results come in the order of the jobs, and an interrupt ends the
workers before it is passed on.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from threading import current_thread, main_thread
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = Callable[[float], None]
_GLANCE = 0.01  # seconds between looks at a job that is not done


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> list[Result]:
    """Return the results of a function over jobs, in their order.

    Parameters
    ----------
    function
        A function of a module, not of another function: workers must find it by its name.
    jobs
        What it is called with, one by one.
    workers
        Processes; None: one per core; 1: no other process, which starts at once.
    progress
        Called after each job with the share that is done.

    Returns
    -------
    list
        One result per job. The first error of a job is raised, and no further job started.

    Examples
    --------
    >>> run_jobs(abs, [-1, 2, -3])
    [1, 2, 3]
    """
    chosen = min(workers or os.cpu_count() or 1, max(1, len(jobs)))
    found = []
    for result in _alone(function, jobs) if chosen == 1 else _together(function, jobs, chosen):
        found.append(result)
        if progress:
            progress(len(found) / len(jobs))
    return found


def _alone(function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    for job in jobs:
        yield function(job)


def _together(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[Result]:
    # Workers are started anew rather than forked: polars and BLAS hold threads that a fork loses.
    pool = ProcessPoolExecutor(workers, get_context("spawn"))
    try:
        with _deaf_to_interrupts():
            futures = [pool.submit(function, job) for job in jobs]
        with _interrupts_noted() as noted:
            for future in futures:
                while not future.done():
                    time.sleep(_GLANCE)
                    if noted:
                        raise KeyboardInterrupt
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Note Ctrl-C instead of raising it, which can break the locks that a waiting pool holds."""
    noted: list[int] = []
    if current_thread() is not main_thread():
        yield noted
        return
    before = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that leave Ctrl-C to the one that the user started; it ends them."""
    if current_thread() is not main_thread():  # only the main thread hears of interrupts
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
