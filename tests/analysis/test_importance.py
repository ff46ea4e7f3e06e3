"""Drivers: R's numbers, brute force, coverage of the intervals, and what cannot be said."""

import json
import os
import runpy
import shutil
import subprocess
import time
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis.errors import NotComputable, UnknownChoice
from analysis.importance import importance
from analysis.lmg import lmg

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
CLOSED = {"rel": 1e-10, "abs": 1e-10}


def assert_as_in_r(data, stored):
    found = importance(data, "y", stored["driver"], draws=0)
    assert found.n_used == stored["n"] < found.n_total == len(data)
    for field in ("r2", "r2_adjusted"):
        assert getattr(found, field) == pytest.approx(stored[field], **CLOSED)
    renamed = {"performance": "mean", "performance_ci_low": "mean_low"}
    for field in ("share", "r", "beta", *renamed):
        ours = [getattr(row, field) for row in found.rows]
        assert ours == pytest.approx(stored[renamed.get(field, field)], **CLOSED), field
    assert [row.relative for row in found.rows] == pytest.approx(
        np.array(stored["share"]) / stored["r2"], **CLOSED
    )


def test_shares_are_those_of_all_regressions_in_r():
    stored = json.loads((HERE / "drivers.json").read_text())
    assert_as_in_r(pd.read_csv(HERE / "drivers.csv"), stored)


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
@pytest.mark.parametrize("seed", [1, 2])
def test_fresh_drivers_give_the_numbers_of_r_as_it_runs_here(seed, tmp_path):
    runpy.run_path(str(HERE / "simulate_drivers.py"))["write"](tmp_path / "drivers.csv", seed)
    files = (tmp_path / "drivers.csv", tmp_path / "drivers.json")
    subprocess.run(["Rscript", HERE / "drivers.R", *files], check=True, capture_output=True)
    assert_as_in_r(pd.read_csv(files[0]), json.loads(files[1].read_text()))


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")
def test_customers_of_phone_companies_give_the_stored_shares():
    stored = json.loads((SHARED / "corp_rep_drivers.json").read_text())
    keys = json.loads((SHARED / "corp_rep.json").read_text())["keys"]
    data = pd.read_csv(SHARED / "corp_rep.csv.gz")
    names = list(stored["shapley_LMG"])
    scores = {name: data[keys[name]].mean(axis=1, skipna=False) for name in names}
    found = importance(pd.DataFrame({**scores, "y": data["cusa"]}), "y", names, draws=0)
    assert found.n_used == stored["n"]
    assert found.r2 == pytest.approx(stored["R2"], **CLOSED)
    for field, theirs in (("share", "shapley_LMG"), ("beta", "beta_std"), ("r", "r")):
        ours = {row.driver: getattr(row, field) for row in found.rows}
        assert ours == pytest.approx(stored[theirs], **CLOSED)


def r2(covariance, drivers):
    chosen = list(drivers)
    if not chosen:
        return 0.0
    cross = covariance[chosen, -1]
    return (
        float(cross @ np.linalg.solve(covariance[np.ix_(chosen, chosen)], cross))
        / covariance[-1, -1]
    )


def test_shares_are_mean_gains_over_all_orders():
    source = np.random.default_rng(1)
    rows = source.standard_normal((40, 5)) + source.standard_normal((40, 1))
    covariance = np.cov(rows, rowvar=False)
    gains = np.zeros(4)
    for order in permutations(range(4)):
        for place, driver in enumerate(order):
            gains[driver] += r2(covariance, order[: place + 1]) - r2(covariance, order[:place])
    assert lmg(covariance[None])[0] == pytest.approx(gains / 24)


def test_drivers_that_do_not_go_together_share_their_squared_correlations():
    covariance = np.eye(4)
    covariance[-1, :-1] = covariance[:-1, -1] = [0.5, 0.3, 0.0]
    assert lmg(covariance[None])[0] == pytest.approx([0.25, 0.09, 0.0])


def test_a_driver_given_twice_shares_what_it_explains():
    source = np.random.default_rng(2)
    x = source.standard_normal(80)
    y = x + source.standard_normal(80)
    data = pd.DataFrame({"a": x, "b": 2 * x + 1, "y": y})
    found = importance(data, "y", ["a", "b"], draws=0)
    assert found.rows[0].share == pytest.approx(found.r2 / 2)
    assert found.rows[1].share == pytest.approx(found.r2 / 2)
    assert found.rows[0].beta is None
    assert "follows from the others" in found.notes[0]


@pytest.fixture
def drawn():
    source = np.random.default_rng(3)
    x = source.standard_normal((120, 3)) + source.standard_normal((120, 1))
    y = x @ [1.0, 0.5, 0.0] + 2 * source.standard_normal(120)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})


def test_the_same_seed_gives_the_same_intervals_in_either_library(drawn):
    first = importance(drawn, "y", ["a", "b", "c"], seed=4)
    assert first == importance(pl.from_pandas(drawn), "y", ["a", "b", "c"], seed=4)
    other = importance(drawn, "y", ["a", "b", "c"], seed=5)
    assert first.rows[0].share == other.rows[0].share
    assert first.rows[0].share_ci_low == pytest.approx(other.rows[0].share_ci_low, abs=0.02)
    assert first.rows[0].share_ci_low != other.rows[0].share_ci_low
    for row in first.rows:
        assert 0 <= row.share_ci_low < row.share < row.share_ci_high < 1
        assert 0 <= row.relative_ci_low < row.relative < row.relative_ci_high < 1


def test_a_lower_level_gives_narrower_intervals(drawn):
    wide, narrow = (importance(drawn, "y", ["a", "b"], level=p, seed=1) for p in (0.95, 0.8))
    assert narrow.rows[0].share_ci_low > wide.rows[0].share_ci_low
    assert narrow.rows[0].share_ci_high < wide.rows[0].share_ci_high


def test_what_cannot_be_said_has_its_reason(drawn):
    with pytest.raises(UnknownChoice, match="1 drivers; give from 2 to 14"):
        importance(drawn, "y", ["a"])
    with pytest.raises(UnknownChoice, match="twice"):
        importance(drawn, "y", ["a", "y"])
    with pytest.raises(UnknownChoice, match="draws"):
        importance(drawn, "y", ["a", "b"], draws=7)
    with pytest.raises(NotComputable, match="more than 4 complete rows; there are 4"):
        importance(drawn.head(4), "y", ["a", "b", "c"])
    with pytest.raises(NotComputable, match="'b' has the same value"):
        importance(drawn.assign(b=3), "y", ["a", "b"])


def test_results_are_plain_when_asked_for(drawn):
    found = importance(drawn, "y", ["a", "b"], draws=200, seed=1)
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert list(found.to_frame()["driver"]) == ["a", "b"]


def test_eleven_drivers_take_seconds_and_little_memory():
    source = np.random.default_rng(5)
    x = source.standard_normal((500, 11)) + source.standard_normal((500, 1))
    data = pd.DataFrame(x, columns=list("abcdefghijk"))
    data["y"] = x.sum(axis=1) + 5 * source.standard_normal(500)
    start = time.process_time()
    importance(data, "y", list("abcdefghijk"), draws=400, seed=1)
    assert time.process_time() - start < 5


def population(drivers, together, weights):
    covariance = np.full((drivers, drivers), together) + np.eye(drivers) * (1 - together)
    cross = covariance @ weights
    outcome = np.array([[weights @ cross + 1]])
    return np.block([[covariance, cross[:, None]], [cross[None], outcome]])


def covered(weights, n, runs, draws, *, together=0.5, seed=1):
    """Return the mean share of intervals that hold the truth: shares, relative shares."""
    matrix = population(len(weights), together, np.array(weights))
    true = lmg(matrix[None])[0]
    half, source = np.linalg.cholesky(matrix), np.random.default_rng(seed)
    names = [f"d{j}" for j in range(len(weights))]
    hits = np.zeros((2, len(names)))
    for _ in range(runs):
        rows = source.standard_normal((n, len(names) + 1)) @ half.T
        found = importance(
            pd.DataFrame(rows, columns=[*names, "y"]), "y", names, draws=draws, seed=source
        )
        for place, row in enumerate(found.rows):
            hits[0, place] += row.share_ci_low <= true[place] <= row.share_ci_high
            hits[1, place] += (
                row.relative_ci_low <= true[place] / true.sum() <= row.relative_ci_high
            )
    return hits / runs


def test_intervals_cover():
    assert (covered((0.5, 0.3, 0.0), 80, 60, 200).mean(axis=1) > 0.88).all()


@pytest.mark.durability
@pytest.mark.parametrize(
    ("weights", "n", "together"),
    [
        ((0.5, 0.3, 0.15, 0.0), 60, 0.5),
        ((0.5, 0.3, 0.15, 0.0), 150, 0.5),
        ((0.5, 0.3, 0.15, 0.0), 400, 0.5),
        ((0.5, 0.3, 0.15, 0.0), 150, 0.1),
        ((0.3, 0.2, 0.2, 0.1, 0.1, 0.0, 0.0), 150, 0.6),
    ],
)
def test_intervals_cover_at_their_level(weights, n, together):
    shares = covered(weights, n, 1000, 400, together=together, seed=3)
    means = shares.mean(axis=1)
    assert ((means >= 0.935) & (means <= 0.965)).all(), shares
    assert shares.min() >= 0.91, shares


def test_a_lead_is_judged_by_the_difference_in_the_same_resamples():
    source = np.random.default_rng(5)
    x = source.standard_normal((300, 3))
    y = x @ [0.6, 0.55, 0.1] + source.standard_normal(300)
    data = pd.DataFrame(np.column_stack([x, y]), columns=[*"abc", "y"])
    rows = {row.driver: row for row in importance(data, "y", [*"abc"], seed=1).rows}
    best = max(rows.values(), key=lambda row: row.share)
    second, last = sorted(rows.values(), key=lambda row: -row.share)[1:]
    assert best.behind_ci_low is None
    assert second.behind_ci_low < 0 < last.behind_ci_low
    assert last.behind_ci_low < best.share - last.share
    none = importance(data, "y", [*"abc"], draws=0).rows
    assert [row.behind_ci_low for row in none] == [None] * 3
