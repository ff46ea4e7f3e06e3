"""Simulate two scales rated by raters of partners, where raters of one partner answer alike."""

from pathlib import Path

import numpy as np

LOADINGS, OWNER = np.array([0.8, 0.7, 0.6, 0.75, 0.7, 0.65, 0.8]), np.array([0, 0, 0, 0, 1, 1, 1])
NAMES = ("a1", "a2", "a3", "a4", "b1", "b2", "b3")


def write(path, seed):
    """Write 24 partners of 4 to 30 raters, intraclass correlation .2; some answers are missing."""
    source = np.random.default_rng(seed)
    sizes = source.integers(4, 31, 24)
    partner = np.repeat(np.arange(24), sizes)

    def alike(columns):
        own = source.standard_normal((24, columns))[partner]
        return np.sqrt(0.2) * own + np.sqrt(0.8) * source.standard_normal((len(partner), columns))

    factors = alike(2) @ np.array([[1, 0.5], [0, np.sqrt(0.75)]])
    items = factors[:, OWNER] * LOADINGS + alike(7) * np.sqrt(1 - LOADINGS**2)
    items[:, [3, 4]] += 0.4 * alike(1)  # what the model does not know of
    answers = 1 + np.searchsorted([-1.5, -0.7, 0.1, 1.0], items.ravel()).reshape(items.shape)
    lost = source.random(answers.shape) < 0.02
    rows = [
        ",".join([f"p{who}", *("" if gone else str(x) for x, gone in zip(row, no, strict=True))])
        for who, row, no in zip(partner, answers, lost, strict=True)
    ]
    path.write_text("\n".join([f"partner,{','.join(NAMES)}", *rows]) + "\n")


if __name__ == "__main__":
    write(Path(__file__).with_name("clusters.csv"), seed=20261122)
