"""Simulate answers to scales, for R and for us: ``python simulate_scales.py``.

Writes one table of answers per case, and the scoring keys of all cases as JSON.
"""

import csv
import json
from pathlib import Path

import numpy as np


def likert(source, n, loadings, points, *, shift=0.0, factor=None):
    """Cut a one-factor model into answers 1 … points, as `(n, k)` whole numbers."""
    loadings = np.asarray(loadings)
    factor = source.standard_normal(n) if factor is None else factor
    noise = source.standard_normal((n, len(loadings)))
    latent = factor[:, None] * loadings + noise * np.sqrt(1 - loadings**2)
    cuts = np.linspace(-1.6, 1.6, points - 1) - shift
    return 1 + np.searchsorted(cuts, latent.ravel()).reshape(latent.shape)


def complete(source):
    """Two related scales without gaps; t2 and t5 are worded against the scale."""
    trust = source.standard_normal(240)
    quality = 0.7 * trust + np.sqrt(1 - 0.49) * source.standard_normal(240)
    first = likert(source, 240, [0.7, 0.6, 0.8, 0.65, 0.5], 5, shift=0.3, factor=trust)
    first[:, [1, 4]] = 6 - first[:, [1, 4]]
    second = likert(source, 240, [0.75, 0.6, 0.7, 0.55], 5, shift=0.5, factor=quality)
    return np.hstack([first, second]).astype(object)


def gaps(source):
    """Seven points, an eighth of the answers missing, three rows without any."""
    answers = likert(source, 200, [0.8, 0.7, 0.6, 0.75, 0.5, 0.65], 7).astype(object)
    answers[source.random(answers.shape) < 0.12] = ""
    answers[[10, 90, 170]] = ""
    return answers


def ceiling(source):
    """Most answers at the highest point."""
    return likert(source, 300, [0.7, 0.8, 0.6, 0.7], 5, shift=1.6).astype(object)


def pair(source):
    """Two items from 0 to 10, a few answers missing."""
    answers = (likert(source, 120, [0.8, 0.7], 11) - 1).astype(object)
    answers[source.random(answers.shape) < 0.05] = ""
    return answers


def continuous(source):
    """Test scores with three decimals, of unequal spread."""
    factor = source.standard_normal((150, 1))
    noise = source.standard_normal((150, 4))
    scores = 50 + np.array([8.0, 12, 5, 9]) * (0.75 * factor + 0.66 * noise)
    return np.round(np.clip(scores, 0, 100), 3).astype(object)


CASES = {
    "complete": (
        complete,
        {
            "trust": {"items": ["t1", "t2", "t3", "t4", "t5"], "reverse": ["t2", "t5"]},
            "quality": {"items": ["q1", "q2", "q3", "q4"]},
        },
        (1, 5),
    ),
    "gaps": (gaps, {"commitment": {"items": [f"c{i}" for i in range(1, 7)]}}, (1, 7)),
    "ceiling": (ceiling, {"satisfaction": {"items": ["s1", "s2", "s3", "s4"]}}, (1, 5)),
    "pair": (pair, {"loyalty": {"items": ["l1", "l2"], "min_answered": 1.0}}, (0, 10)),
    "continuous": (continuous, {"skill": {"items": ["x1", "x2", "x3", "x4"]}}, (0, 100)),
}


def write(folder, seed):
    """Write a table per case, and the keys."""
    keys = {}
    for number, (name, (simulate, scales, (low, high))) in enumerate(CASES.items()):
        answers = simulate(np.random.default_rng([seed, number]))
        keys[name] = {
            scale: {"low": low, "high": high, "reverse": [], "min_answered": 0.5, **entry}
            for scale, entry in scales.items()
        }
        header = [item for entry in scales.values() for item in entry["items"]]
        with (folder / f"scales_{name}.csv").open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(header)
            table.writerows(answers.tolist())
    (folder / "scales_keys.json").write_text(json.dumps(keys, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(__file__).parent, seed=20250302)
