"""Simulate pairs with an outcome and a predictor each: ``python simulate_dyads.py``."""

import csv
from pathlib import Path

import numpy as np

COLUMNS = ("case", "ya", "yb", "xa", "xb")


def pairs(source, n, effects, unequal=1.0):
    """Return outcomes and predictors of n pairs; effects are actor and partner."""
    actor, partner = effects
    x = source.standard_normal((2, n)) + 0.5 * source.standard_normal(n) + 3
    error = 0.8 * source.standard_normal((2, n)) + 0.5 * source.standard_normal(n)
    y = 1 + actor * x + partner * x[::-1] + error * np.array([[1.0], [unequal]])
    return np.round(y[0], 3), np.round(y[1], 3), np.round(x[0], 3), np.round(x[1], 3)


def cases(seed):
    """Yield the cases: name and columns."""
    source = np.random.default_rng(seed)
    yield "alike", *pairs(source, 60, (0.5, 0.2))
    yield "unequal", *pairs(source, 45, (0.4, -0.3), 2.0)
    yield "few", *pairs(source, 9, (0.6, 0.1))


def write(path, seed):
    """Write all cases as one table."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for name, *columns in cases(seed):
            table.writerows([name, *row] for row in zip(*columns, strict=True))


if __name__ == "__main__":
    write(Path(__file__).with_name("dyads.csv"), seed=20250303)
