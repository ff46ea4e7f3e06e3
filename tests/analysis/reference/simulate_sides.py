"""Simulate two sides that guess each other's view: ``python simulate_sides.py``."""

import csv
from pathlib import Path

import numpy as np

COLUMNS = ("case", "side", "own", "guess")


def side(source, n, own, guess, items):
    """Return own views and guesses of n raters: means of items from 1 to 5."""
    person = 0.6 * source.standard_normal(n)
    both = np.array([own, guess])[:, None] + person
    noise = 0.7 * source.standard_normal((2, n, items))
    return np.clip(np.rint(both[:, :, None] + noise), 1, 5).mean(axis=2)


def cases(seed):
    """Yield the cases: name, and own views and guesses of each side."""
    source = np.random.default_rng(seed)
    yield "many", side(source, 24, 4.0, 3.6, 3), side(source, 31, 3.1, 3.9, 3)
    yield "few", side(source, 5, 3.8, 3.7, 1), side(source, 7, 2.6, 2.8, 1)
    yield "unequal", side(source, 3, 4.2, 2.5, 4), side(source, 40, 4.0, 4.4, 4)
    gaps = side(source, 12, 3.5, 3.0, 2), side(source, 15, 3.4, 3.4, 2)
    for answers in gaps:
        answers[source.random(answers.shape) < 0.25] = np.nan
    yield "gaps", *gaps


def write(path, seed):
    """Write all cases as one table; an empty cell where there is no answer."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for name, *sides in cases(seed):
            for label, answers in zip("ab", sides, strict=True):
                for row in answers.T:
                    table.writerow([name, label, *("" if np.isnan(v) else v for v in row)])


if __name__ == "__main__":
    write(Path(__file__).with_name("sides.csv"), seed=20250302)
