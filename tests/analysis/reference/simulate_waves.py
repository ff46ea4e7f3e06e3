"""Simulate partners rated in several waves by different raters: ``python simulate_waves.py``."""

import csv
from pathlib import Path

import numpy as np

COLUMNS = ("case", "partner", "wave", "y")


def waves(source, partners, times, *, raters=(3, 12), tau=0.4, mu=-0.2):
    """Return partner, wave and score of each rater; slopes vary by `tau` round `mu`."""
    rows = []
    for partner in range(1, partners + 1):
        level, slope = 3 + 0.5 * source.standard_normal(), mu + tau * source.standard_normal()
        for wave in times:
            n = source.integers(*raters)
            y = level + slope * (wave - times[0]) + 0.7 * source.standard_normal(n)
            rows += [(partner, wave, round(value, 3)) for value in y]
    return rows


def cases(seed):
    """Yield the cases: name and rows."""
    source = np.random.default_rng(seed)
    yield "two", waves(source, 14, (1, 2))
    yield "five", waves(source, 9, (1, 2, 3, 4, 5), tau=0.2)
    yield "years", waves(source, 6, (2021, 2022, 2024), tau=0.3)
    late = waves(source, 8, (1, 2, 3), tau=0.5)
    yield "absent", [row for row in late if row[:2] not in {(1, 1), (2, 2), (3, 3), (4, 1), (4, 2)}]


def write(path, seed):
    """Write all cases as one table."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for name, rows in cases(seed):
            table.writerows([name, *row] for row in rows)


if __name__ == "__main__":
    write(Path(__file__).with_name("waves.csv"), seed=20250304)
