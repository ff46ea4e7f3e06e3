"""Simulate items with a factor at two levels, for lavaan and for us."""

from pathlib import Path

import numpy as np

WITHIN, BETWEEN = np.array([0.8, 0.7, 0.9, 0.6]), np.array([0.5, 0.4, 0.6, 0.5])


def write(path, seed):
    """Write 60 partners of 3 to 20 raters; residuals have .5 within and .05 between partners."""
    source = np.random.default_rng(seed)
    sizes = source.integers(3, 21, 60)
    partner = np.repeat(np.arange(60), sizes)
    own = source.standard_normal((60, 1)) * BETWEEN
    own += np.sqrt(0.05) * source.standard_normal((60, 4))
    rater = source.standard_normal((len(partner), 1)) * WITHIN
    items = 4 + own[partner] + rater + np.sqrt(0.5) * source.standard_normal((len(partner), 4))
    rows = [
        f"{who},{','.join(f'{value:.4f}' for value in row)}"
        for who, row in zip(partner, items, strict=True)
    ]
    path.write_text("\n".join(["partner,i1,i2,i3,i4", *rows]) + "\n")


if __name__ == "__main__":
    write(Path(__file__).with_name("two_level.csv"), seed=20250330)
