"""Simulate drivers of an outcome that go with each other: ``python simulate_drivers.py``."""

import csv
from pathlib import Path

import numpy as np

DRIVERS = 5


def rows(seed):
    """Return scores of 90 raters: five drivers and an outcome, with a few gaps."""
    source = np.random.default_rng(seed)
    common = source.standard_normal((90, 1))
    x = 3 + 0.6 * common + 0.7 * source.standard_normal((90, DRIVERS))
    y = 0.5 + x @ [0.4, 0.2, 0.2, 0.0, -0.1] + 0.7 * source.standard_normal(90)
    table = np.round(np.column_stack([x, y]), 3)
    table[source.random(table.shape) < 0.01] = np.nan
    return table


def write(path, seed):
    """Write the scores as one table; an empty cell where there is none."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*(f"d{j + 1}" for j in range(DRIVERS)), "y"])
        for row in rows(seed):
            table.writerow(["" if np.isnan(value) else value for value in row])


if __name__ == "__main__":
    write(Path(__file__).with_name("drivers.csv"), seed=20250305)
