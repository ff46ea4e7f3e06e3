"""How long a factor model of 25 items takes by maximum likelihood, beside lavaan in R.

    python benchmarks/factoring.py [--data bfi.csv.gz] [--rows 2800] [--threads 1]

Five factors of five items. Without `--data` (columns A1 to O5, as in psychTools' bfi) the answers
are simulated. Both sides fit complete rows, find standard errors, χ² and fit indices, and
standardized loadings («fit alone»: without the last two); the fastest of 20 fits counts. Starting
Python or R, loading packages and reading the file are not counted. `--threads` is the number of
BLAS threads on both sides.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Figures, Measured, furthest, measured, run, table

from analysis import Scale, cfa

FACTORS = "ACENO"
TIMES = 20
SCALES = tuple(
    Scale(factor, tuple(f"{factor}{item}" for item in range(1, 6)), 1, 6) for factor in FACTORS
)


def main() -> None:
    """Measure both sides and print seconds, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="")
    parser.add_argument("--rows", type=int, default=2_800)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--way")
    given = parser.parse_args()
    data = answers(given.data, given.rows)
    if given.way:
        run(fit, data, times=TIMES)
        return
    threads = {"OPENBLAS_NUM_THREADS": given.threads, "OMP_NUM_THREADS": given.threads}
    size = ["--data", given.data, "--rows", str(given.rows)]
    found = {"cfa": measured(__file__, "cfa", size, **threads)} | lavaan(data, threads)
    print(f"{len(data.dropna()):,} complete rows, 25 items, 5 factors")
    table(found, "cfa")
    apart = furthest(found["cfa"].figures, found["lavaan"].figures)
    print(f"largest difference in χ²: {apart['chisq']:.1e}")


def answers(path: str, rows: int) -> pd.DataFrame:
    """Read answers to 25 items, or draw them."""
    items = [item for scale in SCALES for item in scale.items]
    if path:
        return pd.read_csv(path)[items]
    source = np.random.default_rng(1)
    factors = source.multivariate_normal(np.zeros(5), 0.3 + 0.7 * np.eye(5), size=rows)
    drawn = np.repeat(factors, 5, axis=1) + source.standard_normal((rows, 25))
    return pd.DataFrame(np.clip(np.round(3.5 + 0.9 * drawn), 1, 6).astype(int), columns=items)


def fit(data: pd.DataFrame) -> Figures:
    """Fit the model to the complete rows."""
    return {"chisq": [cfa(data, SCALES, estimator="ml").fit.chisq]}


def lavaan(data: pd.DataFrame, threads: dict[str, str]) -> dict[str, Measured]:
    """Let R fit the same model to the same rows."""
    lines = [f"{scale.name} =~ {' + '.join(scale.items)}" for scale in SCALES]
    with tempfile.TemporaryDirectory() as folder:
        rows, model = Path(folder) / "answers.csv", Path(folder) / "model.txt"
        data.to_csv(rows, index=False)
        model.write_text("\n".join(lines) + "\n", encoding="utf-8")
        script = str(Path(__file__).with_suffix(".R"))
        command = ["Rscript", script, str(rows), str(model), str(TIMES)]
        answer = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **threads}
        )
    printed = [[float(number) for number in line.split()] for line in answer.stdout.splitlines()]
    names = ("lavaan, fit alone", "lavaan")
    return {
        name: Measured(*numbers, {"chisq": [chisq]})
        for name, (*numbers, chisq) in zip(names, printed, strict=True)
    }


if __name__ == "__main__":
    main()
