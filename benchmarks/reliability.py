"""How long alpha takes on many answers, beside psych in R and a plain loop.

    python benchmarks/reliability.py [--rows 1000000] [--bootstrap-rows 10000]

Simulated answers to 22 items of five points, kept as one byte each. The ways:

- alpha, ADF: `alpha` with its distribution-free interval, reading the data frame included.
- alpha, ADF, items: with item statistics too (`item_stats`), which `psych::alpha` gives as well.
- psych::alpha: by Rscript; its start and the reading of the data are not counted. It takes one and
  a half minutes or more, and its intervals are Feldt's and Duhachek's.
- bootstrap: `alpha` with `ci="bootstrap"`, 2,000 resamples, of fewer rows.
- bootstrap, loop: the same number of resamples by indexing the rows and `numpy.cov`.

All have one BLAS thread.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Figures, Measured, furthest, measured, run, table

from analysis import Scale, alpha, item_stats

ITEMS = 22
SCALE = Scale("scale", tuple(f"item{number}" for number in range(1, ITEMS + 1)), 1, 5)
DRAWS = 2_000


def main() -> None:
    """Measure each way in a process of its own and print seconds, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bootstrap-rows", type=int, default=10_000)
    parser.add_argument("--way")
    given = parser.parse_args()
    if given.way:
        run(WAYS[given.way], answers(given.rows), times=3)
        return
    size = ["--rows", str(given.rows)]
    ours = ("alpha, ADF", "alpha, ADF, items")
    found = {way: measured(__file__, way, size) for way in ours}
    found["psych::alpha"] = psych(given.rows)
    print(f"{given.rows:,} rows, {ITEMS} items")
    table(found, ours[0])
    apart = furthest(found[ours[0]].figures, found["psych::alpha"].figures)
    print(f"largest difference in alpha: {apart['alpha']:.1e}")
    size = ["--rows", str(given.bootstrap_rows)]
    ways = ("bootstrap", "bootstrap, loop")
    found = {way: measured(__file__, way, size) for way in ways}
    print(f"{given.bootstrap_rows:,} rows, {ITEMS} items, {DRAWS:,} resamples")
    table(found, ways[0])
    apart = furthest(found[ways[0]].figures, found[ways[1]].figures)
    print(f"largest difference in the limits, of other resamples: {apart['limits']:.1e}")


def answers(rows: int) -> pd.DataFrame:
    """Draw answers to items that share one factor."""
    source = np.random.default_rng(1)
    factor = source.standard_normal(rows)
    columns = {
        item: np.clip(np.round(3 + 0.7 * factor + source.standard_normal(rows)), 1, 5)
        for item in SCALE.items
    }
    return pd.DataFrame(columns).astype(np.int8)


def adf(data: pd.DataFrame) -> Figures:
    """Estimate alpha with its distribution-free interval."""
    return {"alpha": [alpha(data, SCALE).estimate or np.nan]}


def adf_and_items(data: pd.DataFrame) -> Figures:
    """Estimate alpha with its interval, and describe the items."""
    item_stats(data, SCALE)
    return adf(data)


def psych(rows: int) -> Measured:
    """Let R read the same answers, and estimate alpha."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.bin"
        path.write_bytes(answers(rows).to_numpy().tobytes(order="F"))
        script = str(Path(__file__).with_suffix(".R"))
        command = ["Rscript", script, str(path), str(rows), str(ITEMS)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *numbers, value = map(float, answer.stdout.split())
    return Measured(*numbers, {"alpha": [value]})


def bootstrap(data: pd.DataFrame) -> Figures:
    """Estimate alpha with percentiles of resamples."""
    found = alpha(data, SCALE, ci="bootstrap", seed=1)
    return {"limits": [found.ci_low or np.nan, found.ci_high or np.nan]}


def bootstrap_loop(data: pd.DataFrame) -> Figures:
    """Draw rows, compute their covariances and alpha, over and over."""
    source, rows = np.random.default_rng(2), data.to_numpy(dtype=np.float64)
    drawn = []
    for _ in range(DRAWS):
        covariance = np.cov(rows[source.integers(0, len(rows), len(rows))], rowvar=False)
        share = np.trace(covariance) / covariance.sum()
        drawn.append(ITEMS / (ITEMS - 1) * (1 - share))
    return {"limits": np.quantile(drawn, [0.025, 0.975]).tolist()}


WAYS = {
    "alpha, ADF": adf,
    "alpha, ADF, items": adf_and_items,
    "bootstrap": bootstrap,
    "bootstrap, loop": bootstrap_loop,
}


if __name__ == "__main__":
    main()
