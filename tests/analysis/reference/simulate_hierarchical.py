"""Simulate scales with a general factor and group factors: ``python simulate_hierarchical.py``."""

import csv
from pathlib import Path

import numpy as np

CASES = {  # rows, group factors, items of each, loadings on the general and the group factor
    "strong": (400, 3, 3, 0.7, 0.4),
    "weak": (500, 3, 4, 0.35, 0.6),
    "four": (450, 4, 3, 0.6, 0.5),
    "two": (300, 2, 4, 0.6, 0.5),
}


def write(folder, seed):
    """Write a table of answers on seven points per case."""
    for number, (name, (n, groups, size, general, own)) in enumerate(CASES.items()):
        source = np.random.default_rng([seed, number])
        spread = source.uniform(-0.08, 0.08, groups * size)
        owner = np.repeat(np.arange(groups), size)
        common = (general + spread) * source.standard_normal((n, 1))
        common = common + (own - spread) * source.standard_normal((n, groups))[:, owner]
        rest = np.sqrt(1 - (general + spread) ** 2 - (own - spread) ** 2)
        latent = common + rest * source.standard_normal((n, len(owner)))
        answers = np.clip(np.round(4 + 1.4 * latent), 1, 7).astype(int)
        with (folder / f"hierarchical_{name}.csv").open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow([f"i{item + 1}" for item in range(len(owner))])
            table.writerows(answers.tolist())


if __name__ == "__main__":
    write(Path(__file__).parent, seed=20250608)
