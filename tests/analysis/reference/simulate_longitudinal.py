"""Simulate two scales answered twice by the same raters: ``python simulate_longitudinal.py``."""

import csv
from pathlib import Path

import numpy as np

LOADINGS = np.array([0.8, 0.7, 0.75, 0.65, 0.7, 0.8, 0.6])
OWNER = np.array([0, 0, 0, 0, 1, 1, 1])
KEPT = 0.4  # share of an item's uniqueness that stays with the rater
CASES = {  # raters, changes of loadings and of intercepts at the second wave
    "steady": (260, {}, {}),
    "drift": (280, {1: -0.5}, {4: 0.7}),
}


def write(folder, seed):
    """Write one table per case: rater, wave, and seven answers on five points, in random order."""
    for number, (name, (n, weights, levels)) in enumerate(CASES.items()):
        source = np.random.default_rng([seed, number])
        between = np.kron([[1, 0.6], [0.6, 1]], [[1, 0.5], [0.5, 1]])
        factors = source.multivariate_normal(np.zeros(4), between, n).reshape(n, 2, 2)
        factors[:, 1] += [0.3, 0.1]
        own = source.standard_normal((n, 1, 7)) * np.sqrt(KEPT)
        rest = own + source.standard_normal((n, 2, 7)) * np.sqrt(1 - KEPT)
        rows = []
        for wave in (0, 1):
            loadings, at = LOADINGS.copy(), np.full(7, 3.0)
            for item, change in weights.items() if wave else ():
                loadings[item] += change
            for item, change in levels.items() if wave else ():
                at[item] += change
            latent = at + factors[:, wave, OWNER] * loadings
            latent = latent + rest[:, wave] * np.sqrt(1 - LOADINGS**2)
            answers = np.clip(np.round(latent), 1, 5).astype(int).tolist()
            rows += [[rater, wave + 1, *row] for rater, row in enumerate(answers)]
        with (folder / f"longitudinal_{name}.csv").open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["rater", "wave", "a1", "a2", "a3", "a4", "b1", "b2", "b3"])
            table.writerows(rows[index] for index in source.permutation(len(rows)))


if __name__ == "__main__":
    write(Path(__file__).parent, seed=20250904)
