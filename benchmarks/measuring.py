"""Measure one way of computing something in a process of its own: seconds, CPU, peak memory.

A script that compares ways has a function per way, and calls itself with `--way` for each: a fresh
process, so that no way profits from what another has loaded, and each has its own peak of memory
(which includes the data). Ways run one after the other, in one run of the script.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Measured:
    """One way: wall seconds, CPU seconds (all threads), peak memory in MB, and what it found."""

    seconds: float
    cpu: float
    peak: float
    figures: Figures


def run(way: Callable[[Any], Figures], data: Any, times: int = 1) -> None:  # noqa: ANN401
    """Run one way several times on data that are already there, and print the fastest as JSON."""
    best: tuple[float, float] = (float("inf"), float("inf"))
    figures: Figures = {}
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        figures = way(data)
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    print(json.dumps([*best, _peak(), figures]))


def _peak() -> float:
    """Return the peak memory of this process in MB (Linux; `getrusage` counts the parent's too)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def measured(script: str, way: str, arguments: list[str], **environment: str) -> Measured:
    """Run a way of a script in a process of its own, with one BLAS thread, and read its answer."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment}
    command = [sys.executable, "-W", "ignore", script, "--way", way, *arguments]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return Measured(*json.loads(answer.stdout.splitlines()[-1]))


def furthest(one: Figures, other: Figures) -> dict[str, float]:
    """Return for each figure that both found the largest difference."""
    return {
        name: max(abs(a - b) for a, b in zip(one[name], other[name], strict=True))
        for name in one
        if name in other
    }


def table(found: Mapping[str, Measured], ours: str) -> None:
    """Print seconds, CPU and memory of each way, and its ratio to ours."""
    own = found[ours]
    print(f"{'':44}{'seconds':>9}{'CPU s':>9}{'MB':>7}{'× ours':>9}{'× CPU':>8}")
    for name, way in found.items():
        ratios = f"{way.seconds / own.seconds:9.1f}{way.cpu / own.cpu:8.1f}"
        print(f"{name:44}{way.seconds:9.3f}{way.cpu:9.3f}{way.peak:7.0f}{ratios}")
