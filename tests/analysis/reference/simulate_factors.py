"""Simulate answers to several scales, for R and for us: ``python simulate_factors.py``.

Writes one table of answers per case, and the scoring keys of all cases as JSON.
"""

import csv
import json
from pathlib import Path

import numpy as np


def latent(source, n, loadings, correlations):
    """Return continuous answers `(n, p)`: one list of loadings per factor."""
    root = np.linalg.cholesky(np.asarray(correlations, float))
    factors = source.standard_normal((n, len(loadings))) @ root.T
    weights = np.concatenate(loadings)
    owner = np.repeat(np.arange(len(loadings)), [len(values) for values in loadings])
    noise = source.standard_normal((n, len(weights))) * np.sqrt(1 - weights**2)
    return factors[:, owner] * weights + noise


def cut(answers, cuts):
    """Cut continuous answers into whole numbers from 1."""
    return (1 + np.searchsorted(cuts, answers.ravel()).reshape(answers.shape)).astype(object)


def three(source):
    """Three related scales of five points; t2 is worded against its scale."""
    loadings = [[0.8, 0.7, 0.6, 0.7], [0.75, 0.65, 0.7], [0.6, 0.8, 0.7]]
    between = [[1, 0.5, 0.3], [0.5, 1, 0.6], [0.3, 0.6, 1]]
    answers = cut(latent(source, 300, loadings, between), [-1.5, -0.7, 0.2, 1.1])
    answers[:, 1] = 6 - answers[:, 1]
    return answers


def skewed(source):
    """Most answers at the highest point: far from normal."""
    loadings = [[0.8, 0.7, 0.75, 0.6], [0.7, 0.8, 0.65, 0.7]]
    answers = latent(source, 250, loadings, [[1, 0.4], [0.4, 1]])
    return cut(answers, [-2.3, -1.7, -1.0, -0.2])


def close(source):
    """Two scales that measure nearly the same."""
    loadings = [[0.75, 0.7, 0.65], [0.7, 0.75, 0.6, 0.7]]
    answers = latent(source, 220, loadings, [[1, 0.96], [0.96, 1]])
    return cut(answers, [-1.4, -0.5, 0.4, 1.2])


def alone(source):
    """One scale of continuous scores with heavy tails."""
    factor = source.standard_t(5, (180, 1))
    answers = factor * np.array([0.8, 0.7, 0.9, 0.6, 0.75]) + source.standard_t(5, (180, 5)) * 0.6
    return np.round(np.clip(answers, -15, 15), 3).astype(object)


def gaps(source):
    """Seven points; the less trust, the likelier later answers are missing; two empty rows."""
    loadings = [[0.8, 0.7, 0.6, 0.75], [0.7, 0.8, 0.65]]
    continuous = latent(source, 260, loadings, [[1, 0.5], [0.5, 1]])
    answers = cut(continuous, [-1.6, -1.0, -0.4, 0.2, 0.8, 1.4])
    chance = 0.25 / (1 + np.exp(2 * continuous[:, :1]))
    missing = source.random(answers.shape) < np.where(np.arange(7) == 0, 0.03, chance + 0.05)
    answers[missing] = ""
    answers[[40, 200]] = ""
    return answers


def pairs(source):
    """Two scales of two items."""
    answers = latent(source, 150, [[0.8, 0.7], [0.75, 0.7]], [[1, 0.6], [0.6, 1]])
    return cut(answers, [-1.4, -0.5, 0.4, 1.2])


def heywood(source):
    """Few rows and one item that nearly is its factor: a negative uniqueness."""
    answers = latent(source, 70, [[0.99, 0.7, 0.6], [0.7, 0.6, 0.7]], [[1, 0.5], [0.5, 1]])
    return cut(answers, [-1.4, -0.5, 0.4, 1.2])


A4, B3 = ["a1", "a2", "a3", "a4"], ["b1", "b2", "b3"]
CASES = {
    "three": (three, {"a": A4, "b": B3, "c": ["c1", "c2", "c3"]}, (1, 5), ["a2"]),
    "skewed": (skewed, {"a": A4, "b": [*B3, "b4"]}, (1, 5), []),
    "close": (close, {"a": A4[:3], "b": [*B3, "b4"]}, (1, 5), []),
    "alone": (alone, {"a": [*A4, "a5"]}, (-15, 15), []),
    "gaps": (gaps, {"a": A4, "b": B3}, (1, 7), []),
    "pairs": (pairs, {"a": A4[:2], "b": B3[:2]}, (1, 5), []),
    "heywood": (heywood, {"a": A4[:3], "b": B3}, (1, 5), []),
}


def write(folder, seed):
    """Write a table per case, and the keys."""
    keys = {}
    for number, (name, (simulate, scales, (low, high), turned)) in enumerate(CASES.items()):
        answers = simulate(np.random.default_rng([seed, number]))
        keys[name] = {
            scale: {
                "items": items,
                "low": low,
                "high": high,
                "reverse": [item for item in items if item in turned],
            }
            for scale, items in scales.items()
        }
        with (folder / f"factors_{name}.csv").open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow([item for items in scales.values() for item in items])
            table.writerows(answers.tolist())
    (folder / "factors_keys.json").write_text(json.dumps(keys, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(__file__).parent, seed=20250517)
