"""Simulate raters crossed with partners, for R and for us: ``python simulate_crossed.py``."""

import csv
from pathlib import Path

import numpy as np


def ratings(source, pairs, variances):
    """Yield rater, partner and rating of each pair; variances of partners, raters and the rest."""
    rater, partner = np.array(pairs).T
    tau, severity, rest = np.sqrt(variances)
    own = tau * source.standard_normal(partner.max() + 1)
    mild = severity * source.standard_normal(rater.max() + 1)
    value = 3.2 + own[partner] + mild[rater] + rest * source.standard_normal(len(rater))
    return zip(rater.tolist(), partner.tolist(), np.round(value, 3).tolist(), strict=True)


def some(source, raters, partners, least, most):
    """Let each rater rate a few of the partners."""
    return [
        (rater, int(partner))
        for rater in range(raters)
        for partner in source.choice(partners, int(source.integers(least, most + 1)), replace=False)
    ]


def cases(seed):
    """Yield the cases: name and ratings."""
    source = np.random.default_rng(seed)
    every = [(rater, partner) for rater in range(9) for partner in range(7)]
    yield "complete", ratings(source, every, (0.3, 0.2, 0.5))
    few = some(source, 60, 15, 1, 5)
    yield "incomplete", ratings(source, few, (0.2, 0.3, 0.5))
    yield "repeated", ratings(source, few + few[:40], (0.2, 0.3, 0.5))
    yield "no_severity", ratings(source, some(source, 40, 10, 2, 4), (0.3, 0.0, 0.7))
    yield "no_partners", ratings(source, some(source, 40, 10, 2, 4), (0.0, 0.5, 0.5))
    apart = [(r + 30, p + 8) for r, p in some(source, 20, 6, 2, 3)]
    yield "apart", ratings(source, some(source, 30, 8, 2, 3) + apart, (0.3, 0.3, 0.4))
    yield "more_partners", ratings(source, some(source, 12, 50, 10, 20), (0.4, 0.1, 0.5))


def write(path, seed):
    """Write all cases as one table."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["case", "rater", "partner", "value"])
        for name, rows in cases(seed):
            table.writerows([name, *row] for row in rows)


if __name__ == "__main__":
    write(Path(__file__).with_name("crossed.csv"), seed=20250322)
