"""Simulate scores on two and three occasions: ``python simulate_stability.py``."""

import csv
from pathlib import Path

import numpy as np


def write(folder, seed):
    """Write one table: case, and the scores on occasions w1, w2, w3 (w3 empty in some cases)."""
    source = np.random.default_rng(seed)
    rows = []
    for case, n, shift, noise, waves in (
        ("stable", 60, 0.0, 0.4, 2),
        ("shifted", 45, 0.9, 0.5, 2),
        ("unstable", 30, 0.0, 3.0, 2),
        ("three", 50, 0.2, 0.6, 3),
    ):
        true = source.normal(3.2, 0.8, n)
        scores = true[:, None] + shift * np.arange(waves) + source.normal(0, noise, (n, waves))
        rows += [[case, *row, *[""] * (3 - waves)] for row in np.round(scores, 4).tolist()]
    with (folder / "stability.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["case", "w1", "w2", "w3"])
        table.writerows(rows)


if __name__ == "__main__":
    write(Path(__file__).parent, seed=20250406)
