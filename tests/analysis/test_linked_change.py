"""Change with raters linked over two waves: special cases, R's numbers, coverage."""

import gzip
import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.change import change
from analysis.errors import BadFrame, NotComputable
from analysis.linked_change import linked_change

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "linked.json").read_text())
CASES = [name for name in STORED if name not in ("versions", "paired")]
CLOSED = {"rel": 1e-9, "abs": 1e-9}


def read(path, name):
    table = pd.read_csv(path)
    return table[table["case"] == name]


def link(data, **options):
    return linked_change(data["y"], data["partner"], data["wave"], data["rater"], **options)


def assert_as_in_r(data, stored):
    found = link(data)
    for field in ("partner", "n_linked", "change", "df", "ci_low", "ci_high"):
        values = np.atleast_1d(stored[field]).tolist()
        assert [getattr(row, field) for row in found.rows] == pytest.approx(values, **CLOSED)
    assert found.correlation == pytest.approx(stored["correlation"], **CLOSED)


@pytest.mark.parametrize("name", CASES)
def test_changes_and_intervals_are_those_of_r(name):
    assert_as_in_r(read(HERE / "linked.csv", name), STORED[name])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_fresh_waves_give_the_numbers_of_r_as_it_runs_here(tmp_path):
    runpy.run_path(str(HERE / "simulate_linked.py"))["write"](tmp_path / "linked.csv", 5)
    command = ["Rscript", HERE / "linked.R", tmp_path / "linked.csv", tmp_path / "linked.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored = json.loads((tmp_path / "linked.json").read_text())
    for name in CASES:
        assert_as_in_r(read(tmp_path / "linked.csv", name), stored[name])


def test_with_the_same_raters_it_is_the_paired_interval_of_r():
    data = read(HERE / "linked.csv", "one")
    both = data[data.groupby("rater")["y"].transform("size") == 2]
    (row,) = link(both).rows
    assert (row.ci_low, row.ci_high) == pytest.approx(STORED["paired"], **CLOSED)


def test_where_few_raters_come_back_it_tends_to_the_change_of_strangers():
    source = np.random.default_rng(1)
    n = 4_000
    y = source.standard_normal(2 * n + 12)
    wave = [1] * n + [2] * n + [1] * 6 + [2] * 6
    rater = [*range(2 * n), *range(-6, 0), *range(-6, 0)]
    linked = linked_change(y, ["a"] * len(y), wave, rater)
    apart = change(y, ["a"] * len(y), wave).rows[0]
    assert linked.rows[0].change == pytest.approx(apart.slope)
    assert linked.rows[0].ci_low == pytest.approx(apart.ci_low, abs=1e-3)
    assert linked.width == pytest.approx(1, abs=0.01)


def test_the_variance_is_that_of_the_whole_covariance_matrix():
    from analysis.linked_raters import Spread  # noqa: PLC0415 - the only test of its inside

    rho, (n, m, c) = 0.6, (7, 5, 3)
    matrix = np.eye(n + m)
    for place in range(c):
        matrix[place, n + place] = matrix[n + place, place] = rho
    weights = np.concatenate([np.full(n, -1 / n), np.full(m, 1 / m)])
    spread = Spread(2 * (1 - rho), 2 * (1 + rho), 20, 1.0, 30)
    found, _ = spread.of_change(*(np.array([float(k)]) for k in (n, m, c)))
    assert found[0] == pytest.approx(weights @ matrix @ weights)
    assert spread.correlation == pytest.approx(rho)
    assert spread.single[0] == pytest.approx(1)


def test_too_few_raters_in_both_waves_are_not_linked():
    with pytest.raises(NotComputable, match="wider than they need be"):
        linked_change([1, 2, 3, 4, 5, 2], ["a"] * 6, [1, 1, 1, 2, 2, 2], list("uvwxyz"))
    first = [1, 2, 3, 4, 5, 6]
    last = [value + 1 for value in first]
    with pytest.raises(NotComputable, match="changed alike"):
        linked_change(first + last, ["a"] * 12, [1] * 6 + [2] * 6, [*range(6)] * 2)
    with pytest.raises(NotComputable, match="2 waves"):
        linked_change([1, 2], ["a"] * 2, [1, 1], list("uv"))
    with pytest.raises(BadFrame, match="1 raters"):
        linked_change([1, 2, 2, 1], ["a"] * 4, [1, 1, 2, 2], ["u"])


def test_someone_with_two_rows_in_a_wave_is_not_linked():
    data = read(HERE / "linked.csv", "all")
    once = link(data)
    again = pd.concat([data, data[(data["partner"] == 1) & (data["wave"] == 2)].iloc[:1]])
    assert link(again).rows[0].n_linked == once.rows[0].n_linked - 1


def test_a_group_below_the_smallest_is_not_linked():
    data = read(HERE / "linked.csv", "some")
    least = 3
    plain, guarded = link(data), link(data, min_n=least)
    rows = {row.partner: row for row in plain.rows}
    unlinked = 0
    for row in guarded.rows:
        before = rows[row.partner]
        groups = [
            before.n_linked,
            before.n_first - before.n_linked,
            before.n_last - before.n_linked,
        ]
        few = any(0 < size < least for size in groups)
        assert row.n_linked == (0 if few else before.n_linked)
        unlinked += few
    assert 0 < unlinked < len(rows)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")
def test_soldiers_asked_twice_give_paired_intervals_with_one_spread():
    with gzip.open(SHARED / "univbct_waves.csv.gz", "rt") as file:
        wide = pd.read_csv(file)[["SUBNUM", "COMPANY", "JOBSAT1", "JOBSAT2"]].dropna()
    data = pd.concat(
        pd.DataFrame(
            {
                "rater": wide["SUBNUM"],
                "partner": wide["COMPANY"],
                "wave": wave,
                "y": wide[f"JOBSAT{wave}"],
            }
        )
        for wave in (1, 2)
    )
    found = link(data)
    moved = wide["JOBSAT2"] - wide["JOBSAT1"]
    means = moved.groupby(wide["COMPANY"]).mean()
    rest = moved - means.reindex(wide["COMPANY"]).to_numpy()
    spread = (rest**2).sum() / (len(moved) - len(means))
    for row in found.rows:
        assert row.change == pytest.approx(means[row.partner])
        assert row.df == pytest.approx(len(moved) - len(means))
        half = (row.ci_high - row.ci_low) / 2
        n = (wide["COMPANY"] == row.partner).sum()
        assert half == pytest.approx(1.965 * np.sqrt(spread / n), rel=0.01)
    assert 0.3 < found.correlation < 0.8
    assert found.width < 0.9


def simulated(source, shape, alike):
    """Return the true changes, and a study in which `shape` raters are in either wave and both."""
    partners, first, last, both = shape
    true = 0.5 * source.standard_normal(partners)
    own = np.sqrt(alike) * source.standard_normal((partners, first + last - both))
    n = first + last - both
    rows = [(p, w, p * n + i) for p in range(partners) for i in range(n) for w in _waves(i, shape)]
    partner, wave, rater = (np.array(column) for column in zip(*rows, strict=True))
    y = own.ravel()[rater] + true[partner] * (wave == 2)
    y = y + np.sqrt(1 - alike) * source.standard_normal(len(y))
    return true, (y, partner, wave, rater)


def _waves(place, shape):
    _, first, _, both = shape
    return (1, 2) if place < both else ((1,) if place < first else (2,))


@pytest.mark.durability
@pytest.mark.parametrize(
    ("shape", "alike"),
    [
        ((6, 8, 8, 8), 0.6),
        ((6, 8, 10, 4), 0.6),
        ((1, 6, 9, 6), 0.7),
        ((8, 20, 5, 4), 0.9),
        ((6, 8, 8, 4), 0.0),
    ],
)
def test_intervals_hold_the_true_change(shape, alike):
    source = np.random.default_rng(7)
    held, shrunken, n, least = 0, 0, 0, -(-2_000 // shape[0])
    for _ in range(least):
        true, columns = simulated(source, shape, alike)
        for row in linked_change(*columns).rows:
            at = true[row.partner]
            held += row.ci_low <= at <= row.ci_high
            if row.shrunken_ci_low is not None:
                shrunken += row.shrunken_ci_low <= at <= row.shrunken_ci_high
            n += 1
    assert 0.935 < held / n < 0.965
    if shape[0] > 3:
        assert 0.935 < shrunken / n < 0.965
