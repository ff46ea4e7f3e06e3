"""Simulate raters nested in partners, for R and for us: ``python simulate_nested.py``."""

import csv
from pathlib import Path

import numpy as np

ITEMS = ("i1", "i2", "i3")


def answers(source, sizes, between, within):
    """Round a normal model with three items to 1 … 5; one row per rater: partner and answers."""
    partner = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    level = 3.2 + np.sqrt(between) * source.standard_normal(len(sizes))
    rater = level[partner - 1] + np.sqrt(within) * source.standard_normal(len(partner))
    noise = 0.6 * source.standard_normal((len(partner), len(ITEMS)))
    return partner, np.clip(np.rint(rater[:, None] + noise), 1, 5).astype(int)


def cases(seed):
    """Yield the cases: name, partners and answers."""
    source = np.random.default_rng(seed)
    yield "unbalanced", *answers(source, source.integers(2, 21, 25), 0.15, 0.5)
    yield "balanced", *answers(source, [8] * 12, 0.2, 0.5)
    yield "singles", *answers(source, [1] * 15 + [2, 2, 3, 4, 9], 0.4, 0.4)
    yield "two", *answers(source, [6, 9], 0.8, 0.4)
    yield "small", *answers(source, [5, 9, 7, 12, 6, 8], 0.05, 0.5)
    extremes = np.where(source.random((60, len(ITEMS))) < 0.5, 1, 5)
    yield "disagreement", np.repeat(np.arange(1, 7), 10), extremes


def write(path, seed):
    """Write all cases as one table."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["case", "partner", *ITEMS])
        for name, partner, values in cases(seed):
            table.writerows([name, who, *row] for who, row in zip(partner, values, strict=True))


if __name__ == "__main__":
    write(Path(__file__).with_name("nested.csv"), seed=20250301)
