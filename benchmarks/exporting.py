"""How long an export of 100,000 rows takes, side by side with a plain loop and with pandas.

    python benchmarks/exporting.py [--rows 100000] [--folder DIR]

The rows are answers to `grunig7_berg4` about 50 partners. Each way writes the same cells to a file
of its own; only ours reads the stored file, checks its hash, and withholds what small groups gave.
"""

import argparse
import csv
import hashlib
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl

import questionnaires
from survey.services import snapshots
from survey.services.formats import FORMATS
from survey.services.snapshots import Row, Snapshot
from survey.services.withholding import withhold

ANSWERS = (1, 2, 3, 4, 4, 5, 5, "dont_know", "skipped")
COMMENTS = (None, "Tell us earlier, please.", "One person to call; «not five»", "=SUM(A1)")


def main() -> None:
    """Make the rows, write them in three ways, and print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        folder = given.folder or Path(own)
        path, digest = _stored(folder, given.rows)
        frame = snapshots.read(path, digest).frame
        table = pd.DataFrame(frame.to_dict(as_series=False))
        ways: dict[str, Callable[[], None]] = {
            "tillit export, CSV": lambda: _ours(path, digest, folder / "ours.csv", "csv"),
            "tillit export, Parquet": lambda: _ours(
                path, digest, folder / "ours.parquet", "parquet"
            ),
            "csv.writer, rows only": lambda: _plain(frame, folder / "plain.csv"),
            "pandas.to_csv, rows only": lambda: table.to_csv(folder / "pandas.csv", index=False),
        }
        seconds = {name: _fastest(way) for name, way in ways.items()}
        ours = seconds["tillit export, CSV"]
        print(f"{frame.height} rows, {frame.width} columns")
        for name, taken in seconds.items():
            print(f"{name:26}{taken:7.2f} s {taken / ours:6.1f} × ours")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this program, with all three: {peak:.0f} MB")


def _stored(folder: Path, rows: int) -> tuple[Path, str]:
    data = snapshots.parquet_bytes(_snapshot(rows))
    path = folder / "bench.parquet"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def _snapshot(rows: int) -> Snapshot:
    rng = random.Random(20)  # noqa: S311 (no secret)
    instrument = questionnaires.load("grunig7_berg4")
    meta = {
        "thresholds": {"min_group": 5, "min_group_text": 10},
        "scoring_key": instrument.scoring_key(),
    }
    made = [
        Row(
            partner=f"Partner {n % 50}",
            side="ours",
            language=rng.choice(instrument.languages),
            answers={
                item.id: rng.choice(ANSWERS if item.scale else COMMENTS)
                for item in instrument.items
            },
        )
        for n in range(rows)
    ]
    return snapshots.build(made, instrument, 1, meta)


def _ours(path: Path, digest: str, out: Path, file_format: str) -> None:
    kept, _ = withhold(snapshots.read(path, digest))
    with out.open("wb") as stream:
        FORMATS[file_format](kept, stream)


def _plain(frame: pl.DataFrame, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(frame.iter_rows())


def _fastest(way: Callable[[], None], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        way()
        taken.append(time.perf_counter() - began)
    return min(taken)


if __name__ == "__main__":
    main()
