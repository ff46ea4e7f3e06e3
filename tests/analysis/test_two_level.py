"""Omega at two levels: lavaan, brute force, and the reasons why there is none."""

import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import two_level
from analysis.scale import Scale
from analysis.two_level import two_level_omega

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
FOUR = Scale("four", ("i1", "i2", "i3", "i4"), -20, 20)


def assert_as_in_lavaan(data, stored):
    found = two_level_omega(data, FOUR, "partner", bounded=False)
    for level in ("within", "between"):
        ours, theirs = getattr(found, level), stored[level]
        assert ours.loadings == pytest.approx(theirs["loadings"], abs=1e-3)
        assert ours.residuals == pytest.approx(theirs["residuals"], abs=1e-3)
        assert ours.omega == pytest.approx(theirs["omega"], abs=1e-4)
    constant = len(data) * 4 * np.log(2 * np.pi)
    assert -(found.deviance + constant) / 2 == pytest.approx(stored["log_likelihood"], abs=1e-4)


def test_simulated_items_have_the_omegas_of_lavaan():
    stored = json.loads((HERE / "two_level.json").read_text())
    assert_as_in_lavaan(pd.read_csv(HERE / "two_level.csv"), stored)


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_fresh_items_have_the_omegas_of_lavaan_as_it_runs_here(tmp_path):
    data = tmp_path / "two_level.csv"
    runpy.run_path(str(HERE / "simulate_two_level.py"))["write"](data, 5)
    command = ["Rscript", HERE / "two_level.R", data, tmp_path / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    assert_as_in_lavaan(pd.read_csv(data), json.loads((tmp_path / "out.json").read_text()))


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")
@pytest.mark.parametrize(
    "name", ["lead", *(pytest.param(n, marks=pytest.mark.durability) for n in ("tsig", "hostile"))]
)
def test_real_companies_have_the_stored_omegas(name):
    reference = json.loads((SHARED / "lq2002.json").read_text())
    stored, limits = reference["nested"][name]["twolevel_cfa"], reference["scales"][name]
    limits = limits["scale_min"], limits["scale_max"]
    scale = Scale(name, reference["keys"][name], *limits, (), 1.0)
    data = pd.read_csv(SHARED / "lq2002.csv.gz")
    found = two_level_omega(data, scale, "COMPID", bounded=False)
    assert found.omega_within == pytest.approx(stored["omega_within"], abs=1e-4)
    assert found.omega_between == pytest.approx(stored["omega_between"], abs=1e-4)
    assert found.between.loadings == pytest.approx(stored["lambda_b"], abs=1e-3)
    bounded = two_level_omega(data, scale, "COMPID")
    assert min(bounded.between.residuals) >= 0
    assert bounded.omega_between == pytest.approx(found.omega_between, abs=1e-3)
    assert "no residual variance between partners" in bounded.notes[0]


def test_the_deviance_is_that_of_the_whole_covariance_matrix():
    source = np.random.default_rng(1)
    n, k = np.array([2, 3, 3, 1]), 3
    codes = np.repeat(np.arange(4), n)
    x = source.standard_normal((9, k))
    point = np.concatenate([source.uniform(0.3, 0.9, k) for _ in range(4)])
    lw, tw, lb, tb = np.split(point, 4)
    within, between = np.outer(lw, lw) + np.diag(tw), np.outer(lb, lb) + np.diag(tb)
    same = codes[:, None] == codes
    whole = np.kron(np.eye(9), within) + np.kron(same, between)
    design, inverse = np.tile(np.eye(k), (9, 1)), np.linalg.inv(whole)
    mu = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse @ x.ravel())
    away = x.ravel() - design @ mu
    deviance = np.linalg.slogdet(whole)[1] + away @ inverse @ away
    sums = two_level._Sums.of(x, codes, n)
    value, slope = two_level._deviance(point, sums)
    assert value == pytest.approx(deviance, rel=1e-10)
    for place in range(len(point)):
        step = 1e-6 * (np.arange(len(point)) == place)
        ahead, behind = (two_level._deviance(point + s, sums)[0] for s in (step, -step))
        assert slope[place] == pytest.approx((ahead - behind) / 2e-6, abs=1e-4)


def partners(count, raters, *, between=1.0, items=4, seed=3):
    source = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), raters)
    x = between * source.standard_normal((count, 1))[who] + source.standard_normal((len(who), 1))
    x = x + 0.7 * source.standard_normal((len(who), items))
    columns = [f"i{number + 1}" for number in range(items)]
    return pd.DataFrame(x, columns=columns).assign(partner=who)


@pytest.mark.parametrize(
    ("data", "items", "reason"),
    [
        (partners(20, 5), 2, "needs 3 items; the scale has 2"),
        (partners(8, 5), 4, "There are 8 partners; with 4 items it takes 10 or more"),
        (partners(20, 1), 4, "Every partner has a single complete row"),
        (partners(20, 5).assign(i2=3.0), 4, "An item does not vary"),
    ],
)
def test_what_is_not_estimable_has_a_reason(data, items, reason):
    scale = Scale("some", tuple(f"i{number + 1}" for number in range(items)), -20, 20)
    found = two_level_omega(data, scale, "partner")
    assert found.omega_within is None
    assert reason in found.notes[0]


def test_partners_that_do_not_differ_have_no_omega_between():
    found = two_level_omega(partners(40, 10, between=0.0), FOUR, "partner")
    assert found.omega_within == pytest.approx(0.89, abs=0.03)
    assert found.omega_between is None
    assert "partners hardly differ" in found.notes[0]


def test_items_that_part_ways_between_partners_have_no_omega_between():
    data = partners(40, 20)
    shift = data.groupby("partner")["i1"].transform("mean")
    data["i4"] = data["i4"] - 3 * shift
    found = two_level_omega(data, FOUR, "partner")
    assert found.omega_between is None
    assert "items load in opposite directions" in found.notes[0]


def test_incomplete_rows_and_small_partners_are_left_out():
    data = partners(20, 6)
    more = pd.concat([data, data[:2].assign(partner=99), data[:3].assign(i1=np.nan)])
    found = two_level_omega(more, FOUR, "partner", min_n=3)
    assert found.omega_within == pytest.approx(two_level_omega(data, FOUR, "partner").omega_within)
    assert (found.n_used, found.n_total, found.n_partners) == (120, 125, 20)
    assert json.loads(json.dumps(found.to_dict()))["n_used"] == 120
    assert found.to_frame()["omega_within"].item() == found.omega_within
