"""Intervals of halves and λ's: against R, by finite differences, where there is none."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import NotComputable
from analysis.moments import Moments
from analysis.scale import Scale
from analysis.scale_evidence import omega_if_deleted
from analysis.scoring import complete_rows, item_matrix
from analysis.split_interval import BOUNDS, bound_intervals, bound_slopes
from analysis.splits import split_half, split_half_of_moments

HERE = Path(__file__).parent / "reference"
KEYS = json.loads((HERE / "scales_keys.json").read_text())
STORED = json.loads((HERE / "scale_evidence.json").read_text())
SIMULATED = [(case, name) for case, scales in KEYS.items() for name in STORED[case]]


def halves_of(covariance):
    """Return the bounds of a covariance matrix, as numbers of a scale that has it."""
    k = len(covariance)
    root = np.linalg.cholesky(covariance)
    rows = np.vstack([root.T, -root.T]) * np.sqrt((2 * k - 1) / 2)
    names = [f"i{j}" for j in range(k)]
    found = split_half(pd.DataFrame(rows, columns=names), Scale("s", tuple(names), -99, 99))
    return {name: getattr(found, name) for name in BOUNDS}


def assert_as_in_r(case, name, stored):
    scale = Scale.from_key({name: KEYS[case][name]})[0]
    rows = item_matrix(pd.read_csv(HERE / f"scales_{case}.csv"), scale)
    moments = Moments.of_items(complete_rows(rows), scale)
    halves = split_half_of_moments(moments)
    points = {bound: getattr(halves, bound) for bound in BOUNDS}
    found = bound_intervals(points, complete_rows(rows), 0.95)
    for bound, ends in stored["intervals"].items():
        assert found[bound] == pytest.approx(ends, rel=1e-5), bound
    without, notes = omega_if_deleted(moments)
    for item, value in stored.get("omega_if_deleted", {}).items():
        assert without[item] == pytest.approx(value, rel=1e-4), item
        assert (value is None) == any(f"without {item}:" in note for note in notes)


@pytest.mark.parametrize(("case", "name"), SIMULATED)
def test_intervals_and_omega_without_an_item_are_those_stored_from_r(case, name):
    assert_as_in_r(case, name, STORED[case][name])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_r_as_it_runs_here_gives_the_stored_intervals(tmp_path):
    out = tmp_path / "scale_evidence.json"
    script = HERE / "scale_evidence.R"
    subprocess.run(["Rscript", script, HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case, name in SIMULATED:
        assert_as_in_r(case, name, fresh[case][name])


def test_slopes_are_what_a_small_change_of_the_covariances_does():
    source = np.random.default_rng(2)
    covariance = np.cov((source.standard_normal((60, 5)) + source.standard_normal((60, 1))).T)
    change = source.standard_normal((5, 5))
    change = (change + change.T) * 1e-6
    ahead, behind = halves_of(covariance + change), halves_of(covariance - change)
    slopes = bound_slopes(covariance)
    assert set(slopes) == set(BOUNDS)
    for name, slope in slopes.items():
        assert (ahead[name] - behind[name]) / 2 == pytest.approx((slope * change).sum(), rel=1e-4)


def test_two_items_have_the_same_interval_by_every_route_through_their_covariance():
    rows = np.random.default_rng(3).integers(1, 6, (80, 2)) + np.arange(80)[:, None] % 3.0
    points = halves_of(np.cov(rows.T))
    found = bound_intervals(points, rows, 0.95)
    assert points["lambda2"] == pytest.approx(points["odd_even_lambda4"])
    assert found["lambda2"] == pytest.approx(found["odd_even_lambda4"])


def test_where_a_statistic_is_not_smooth_it_has_no_interval():
    alike = np.random.default_rng(4).standard_normal((50, 1)) * np.ones(4)
    assert "lambda6" not in bound_slopes(np.cov(alike.T))
    assert "lambda2" not in bound_slopes(np.eye(3))
    opposed = np.cov(np.hstack([alike[:, :1], alike[:, :1] * 2, -alike[:, :1]]).T)
    assert "spearman_brown" not in bound_slopes(opposed + np.diag([0.0, 1e-3, 0.0]))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.ones((4, 2)), "needs 5 complete rows; there are 4"),
        (np.ones((9, 2)), "constant"),
        (np.array([[1.0, 2.0], [2.0, 1.0]] * 5), "constant"),
    ],
)
def test_too_few_rows_or_no_variance_is_a_reason(rows, reason):
    with pytest.raises(NotComputable, match=reason):
        bound_intervals(dict.fromkeys(BOUNDS, 0.5), rows, 0.95)
