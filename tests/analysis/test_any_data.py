"""Whatever the data are, there is a document, a page and a print-out, or a refusal; never a NaN."""

import io
import json
import re

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from analysis import Scale, assess, check
from analysis.errors import RefusedData
from analysis.report import render
from analysis.tables import print_assessment

RANGES = [(1, 5), (0, 1), (0, 100), (-3, 3), (0.5, 4.5), (1, 1e9), (0, 1e-9), (-1e6, 1e6)]
NO_NUMBER = re.compile(r"\b(nan|inf|Undefined)\b")


def answers(source, low, high, shape):
    """Answers of some kind: on a scale, anywhere, all alike, nearly so, or at the ends only."""
    points = low + (high - low) * source.integers(0, 5, shape) / 4
    kinds = (
        points,
        source.uniform(low, high, shape),
        np.full(shape, low + (high - low) / 3),
        np.where(source.random(shape) < 0.05, high, low),
        np.repeat(points[:, :1], shape[1], axis=1),
        np.where(source.random(shape) < 0.5, low, high),
    )
    found = kinds[source.integers(len(kinds))].astype(float)
    found[source.random(shape) < source.choice([0, 0, 0.1, 0.5, 0.9, 1])] = np.nan
    return found


def partners(source, n):
    names = (["A"] * n, [*source.choice([*"ABC"], n)], [f"P{row % 12}" for row in range(n)],
             [None] * n, [f"Q{row}" for row in range(n)])  # fmt: skip
    chosen = names[source.integers(len(names))]
    gaps = source.random(n) < source.choice([0, 0.3])
    return [None if gap else name for name, gap in zip(chosen, gaps, strict=True)]


def study(seed):
    source = np.random.default_rng(seed)
    n, k = int(source.choice([1, 2, 3, 5, 8, 20, 60])), int(source.integers(1, 7))
    low, high = RANGES[source.integers(len(RANGES))]
    items = [f"i{j}" for j in range(k * int(source.integers(1, 4)))]
    x = answers(source, low, high, (n, len(items)))
    columns = {"who": pl.Series(partners(source, n), dtype=pl.String)}
    data = pl.DataFrame(columns | dict(zip(items, x.T, strict=True))).fill_nan(None)
    key = {
        f"s{start}": {
            "items": items[start : start + k],
            "low": low,
            "high": high,
            "reverse": items[start : start + int(source.integers(2))],
            "min_answered": float(source.choice([0.1, 0.5, 1])),
        }
        for start in range(0, len(items), k)
    }
    options = {
        "partner": [None, "who", "who"][source.integers(3)],
        "min_n": int(source.choice([1, 1, 2, 5])),
        "ci": ["adf", "feldt", "bootstrap" if n < 30 else None][source.integers(3)],
        "missing": str(source.choice(["pairwise", "listwise"])),
        "level": float(source.choice([0.95, 0.999])),
    }
    return data, key, options


ONCE_WRONG = (118, 319)  # rounding errors where nothing varies
MORE = (n for n in range(24, 800) if n not in ONCE_WRONG)


@pytest.mark.parametrize(
    "seed",
    [*range(24), *ONCE_WRONG, *(pytest.param(n, marks=pytest.mark.durability) for n in MORE)],
)
def test_there_is_a_result_or_a_refusal(seed):
    data, key, options = study(seed)
    if check(data, Scale.from_key(key), partner=options["partner"]).refused:
        with pytest.raises(RefusedData):
            assess(data, key, **options)
        return
    document = assess(data, key, **options).to_dict()
    json.dumps(document, allow_nan=False)
    assert not NO_NUMBER.search(render(document).split("</style>")[1])
    out = io.StringIO()
    print_assessment(document, Console(file=out, width=100))
    assert not NO_NUMBER.search(out.getvalue())
    for name, rows in document.get("partners", {}).items():
        scale = document["scales"][name]
        room = 1e-6 * (scale["high"] - scale["low"])
        for row in rows:
            if row["shrunken"] is not None:
                assert scale["low"] - room <= row["shrunken"] <= scale["high"] + room
            if row["shrunken_ci_low"] is not None:
                assert row["shrunken_ci_low"] - room <= row["shrunken"]
                assert row["shrunken"] <= row["shrunken_ci_high"] + room
