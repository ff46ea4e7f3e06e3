"""Simulate partners rated in two waves, by some raters twice: ``python simulate_linked.py``."""

import csv
from pathlib import Path

import numpy as np

COLUMNS = ("case", "partner", "wave", "rater", "y")


def waves(source, partners, first, last, both, *, alike=0.6):
    """Return partner, wave, rater and score; `first`, `last`, `both` count raters of each."""
    rows, number = [], 0
    for partner in range(1, partners + 1):
        level, change = 3 + 0.5 * source.standard_normal(), 0.4 * source.standard_normal()
        n, m, c = (int(source.integers(*ends)) for ends in (first, last, both))
        c = min(n, m, c)
        for place in range(n + m - c):
            number += 1
            own = np.sqrt(alike) * source.standard_normal()
            waves_of = (1, 2) if place < c else ((1,) if place < n else (2,))
            for wave in waves_of:
                y = level + change * (wave == 2) + own
                y += np.sqrt(1 - alike) * source.standard_normal()
                rows.append((partner, wave, number, round(y, 3)))
    return rows


def cases(seed):
    """Yield the cases: name and rows."""
    source = np.random.default_rng(seed)
    yield "some", waves(source, 8, (4, 12), (4, 12), (1, 9))
    yield "all", waves(source, 6, (7, 8), (7, 8), (7, 8))
    yield "few", waves(source, 9, (6, 15), (5, 9), (1, 4), alike=0.3)
    yield "one", waves(source, 1, (12, 13), (9, 10), (8, 9))


def write(path, seed):
    """Write all cases as one table."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for name, rows in cases(seed):
            table.writerows([name, *row] for row in rows)


if __name__ == "__main__":
    write(Path(__file__).with_name("linked.csv"), seed=20260311)
