"""Simulate two scales in several groups: ``python simulate_invariance.py``."""

import csv
from pathlib import Path

import numpy as np

LOADINGS = np.array([0.8, 0.7, 0.75, 0.65, 0.7, 0.8, 0.6])
OWNER = np.array([0, 0, 0, 0, 1, 1, 1])
CASES = {  # size, shift of the factors, changes of loadings and of intercepts, of each group
    "alike": [("en", 220, 0, {}, {}), ("nb", 180, 0.4, {}, {})],
    "weigh": [("en", 240, 0, {}, {}), ("nb", 200, 0.3, {1: -0.45, 5: -0.4}, {})],
    "level": [("en", 220, 0, {}, {}), ("nb", 210, 0.2, {}, {2: 0.7, 4: -0.6})],
    "three": [("a", 150, 0, {}, {}), ("b", 170, 0.5, {}, {}), ("c", 140, -0.3, {}, {0: 0.3})],
}


def write(folder, seed):
    """Write one table per case: group, and seven answers on five points."""
    for number, (name, parts) in enumerate(CASES.items()):
        source = np.random.default_rng([seed, number])
        with (folder / f"invariance_{name}.csv").open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["group", "a1", "a2", "a3", "a4", "b1", "b2", "b3"])
            for group, n, shift, weights, levels in parts:
                loadings, at = LOADINGS.copy(), np.full(7, 3.0)
                for item, change in weights.items():
                    loadings[item] += change
                for item, change in levels.items():
                    at[item] += change
                factors = source.standard_normal((n, 2)) @ np.array([[1, 0.5], [0, 0.85]]) + shift
                noise = source.standard_normal((n, 7)) * np.sqrt(1 - LOADINGS**2)
                answers = np.clip(np.round(at + factors[:, OWNER] * loadings + noise), 1, 5)
                table.writerows([group, *row] for row in answers.astype(int).tolist())


if __name__ == "__main__":
    write(Path(__file__).parent, seed=20250713)
