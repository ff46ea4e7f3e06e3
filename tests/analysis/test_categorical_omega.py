"""Categorical omega, and factor models of ordinal answers with gaps: R, brute force, coverage."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.categorical_omega import sliced_omega
from analysis.cfa import cfa
from analysis.clusters import left_out_margin
from analysis.errors import NotComputable, UnknownChoice
from analysis.omega import omega
from analysis.polychoric import polychoric
from analysis.polychoric_errors import OrdinalSample
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
KEYS = json.loads((HERE / "factors_keys.json").read_text())
STORED = json.loads((HERE / "ordinal.json").read_text())
LOADINGS = np.array([0.8, 0.7, 0.6, 0.75])
EVEN, SKEWED, TWO = (-1.2, -0.4, 0.4, 1.2), (-2.0, -1.3, -0.7, 0.1), (0.3,)
NAN = float("nan")
SIX = 0.8116  # six items, loadings from .55 to .80, even
TRUTH = {EVEN: 0.781150, SKEWED: 0.759240, TWO: 0.670501}  # the formula at the true values


def answers(seed, n, cuts=EVEN, *, loadings=LOADINGS, gaps=0.0):
    source = np.random.default_rng(seed)
    latent = source.standard_normal((n, 1)) * loadings
    latent = latent + source.standard_normal((n, len(loadings))) * np.sqrt(1 - loadings**2)
    found = 1.0 + np.searchsorted(cuts, latent.ravel()).reshape(latent.shape)
    if gaps:
        found[source.random(found.shape) < gaps] = NAN
    return pd.DataFrame(found, columns=[f"t{item}" for item in range(len(loadings))])


def scale_of(k=4, **more):
    return Scale("trust", [f"t{item}" for item in range(k)], 1, 5, **more)


def categorical(data, scale=None, **more):
    return omega(data, scale or scale_of(data.shape[1]), kind="categorical", **more)


def simulated(case):
    return pd.read_csv(HERE / f"factors_{case}.csv"), Scale.from_key(KEYS[case])


def assert_omegas_as_in_r(stored):
    for case, scales in stored["omega"].items():
        data, known = simulated(case)
        for scale in known:
            if scale.name in scales:
                found = categorical(data, scale)
                assert found.estimate == pytest.approx(scales[scale.name]["omega"], abs=1e-5)
                assert found.n_used == scales[scale.name]["n"]
    data, known = simulated("gaps")
    found = categorical(data, known[0], missing="pairwise")
    assert found.estimate == pytest.approx(stored["omega_pairwise"]["omega"], abs=1e-5)
    assert found.n_used == stored["omega_pairwise"]["n"]


FIT = ("chisq", "df", "cfi", "tli", "rmsea", "srmr")
ROBUST = {"chisq": "chisq.scaled", "cfi": "cfi.scaled", "tli": "tli.scaled"}


def assert_model_as_in_r(stored):
    data, scales = simulated("gaps")
    found = cfa(data, scales, estimator="wlsmv", missing="pairwise")
    assert found.n_used == stored["n"]
    for name in FIT:
        assert getattr(found.fit, name) == pytest.approx(stored["fit"][name], rel=1e-5, abs=1e-6)
    for ours, theirs in ROBUST.items():
        expected = stored["fit"][theirs]
        assert getattr(found.robust, ours) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert found.robust.scaling == pytest.approx(stored["fit"]["chisq.scaling.factor"], rel=1e-5)
    for name in ("loading", "se", "standardized_se"):
        ours = [getattr(row, name) for row in found.loadings]
        assert ours == pytest.approx(stored[name], abs=1e-4)
    assert found.correlations[0, 1] == pytest.approx(stored["r"], abs=1e-4)
    assert found.correlation_se[0, 1] == pytest.approx(stored["r_se"], abs=1e-4)
    sample = OrdinalSample.of(data.to_numpy(float), tuple(data.columns))
    np.testing.assert_allclose(sample.values, stored["correlations"], atol=1e-5)
    ours, theirs = np.linalg.eigvalsh(sample.errors), np.linalg.eigvalsh(stored["gamma"])
    np.testing.assert_allclose(ours, theirs, atol=1e-4)  # the pairs stand in another order there


def test_simulated_scales_give_the_omega_stored_from_semtools():
    assert_omegas_as_in_r(STORED)


def test_answers_with_gaps_give_the_model_stored_from_lavaan():
    assert_model_as_in_r(STORED["pairwise"])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_r_as_it_runs_here_gives_the_stored_numbers(tmp_path):
    out = tmp_path / "ordinal.json"
    subprocess.run(["Rscript", HERE / "ordinal.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    assert_omegas_as_in_r(fresh)
    assert_model_as_in_r(fresh["pairwise"])


@pytest.mark.parametrize("cuts", [SKEWED, TWO], ids=["skewed", "two"])
def test_omega_is_the_reliability_of_the_sum_in_many_answers(cuts):
    source = np.random.default_rng(3)
    latent = source.standard_normal((30_000, 1)) * LOADINGS
    twice = []
    for _ in range(2):  # the same people once more, with new errors
        seen = latent + source.standard_normal((30_000, 4)) * np.sqrt(1 - LOADINGS**2)
        twice.append(np.searchsorted(cuts, seen.ravel()).reshape(seen.shape).sum(axis=1))
    repeated = np.corrcoef(*twice)[0, 1]
    assert categorical(answers(1, 20_000, cuts)).estimate == pytest.approx(repeated, abs=0.02)
    assert TRUTH[cuts] == pytest.approx(repeated, abs=0.015)


def test_complete_answers_are_the_same_pairwise():
    data = answers(4, 200)
    assert categorical(data) == categorical(data, missing="pairwise")
    one, two = (
        cfa(data, [scale_of()], estimator="wlsmv", missing=way) for way in ("listwise", "pairwise")
    )
    assert one.robust == two.robust


def test_the_influence_of_a_row_is_what_omega_loses_without_it():
    rows = answers(5, 2_000, (-0.8, 0.3), gaps=0.1).to_numpy()
    rows = rows[~np.isnan(rows).all(axis=1)]
    steps, items = np.ones((4, 2)), ("a", "b", "c", "d")
    value, found = sliced_omega(OrdinalSample.of(rows, items), steps)
    without = [
        sliced_omega(OrdinalSample.of(np.delete(rows, row, axis=0), items), steps)[0]
        for row in range(0, len(rows), 50)
    ]
    expected = (len(rows) - 1) * (value - np.array(without))
    assert np.corrcoef(found[::50], expected)[0, 1] > 0.995
    assert found[::50].std() == pytest.approx(expected.std(), rel=0.05)
    assert found.mean() == pytest.approx(0, abs=1e-8)


def test_an_answer_that_nobody_gives_widens_the_step_over_it():
    data = answers(6, 400, (-0.5, 0.5))
    apart = data.replace({3: 5})  # answers 1, 2, 5 in every item
    expected = categorical(data.replace({1: 0, 2: 1, 3: 4}), Scale("s", list(data), 0, 4)).estimate
    assert categorical(apart).estimate == pytest.approx(expected, abs=1e-12)
    assert categorical(apart).estimate != pytest.approx(categorical(data).estimate, abs=1e-4)


def test_a_reversed_item_is_turned_round_first():
    data = answers(7, 200)
    turned = categorical(data.assign(t1=6 - data["t1"]), scale_of(reverse=["t1"]))
    assert turned.estimate == pytest.approx(categorical(data).estimate, abs=1e-8)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (answers(8, 50, loadings=LOADINGS[:2]), "needs 3 items; the scale has 2"),
        (answers(8, 50).assign(t1=3.0), "constant item: every answer to 't1' is the same"),
        (answers(8, 50).assign(t1=lambda f: f["t0"]), "'t0' and 't1' agree perfectly"),
        (answers(8, 1), "needs 2 rows that answered every item; there are 1"),
        (answers(8, 50).assign(t1=np.linspace(1, 5, 50)), "'t1' has 50 different answers"),
        (
            answers(2, 60, loadings=np.array([0.95, 0.5, 0.5])),
            "the uniqueness of 't0' is negative (a Heywood case)",
        ),
    ],
)
def test_what_has_no_categorical_omega_has_its_reason(data, reason):
    found = categorical(data)
    assert (found.estimate, found.ci_low, found.level) == (None, None, None)
    assert found.notes[0].startswith("categorical omega is not computable: ")
    assert reason in found.notes[0]


def test_items_that_nobody_answered_together_are_named():
    data = answers(9, 40)
    data.loc[:19, "t0"] = NAN
    data.loc[20:, "t2"] = NAN
    found = categorical(data, missing="pairwise")
    assert "'t0' and 't2' were hardly ever answered together" in found.notes[0]
    with pytest.raises(NotComputable, match="hardly ever answered together"):
        polychoric(data, scale_of(), missing="pairwise")


def test_few_rows_have_an_omega_without_an_interval():
    found = categorical(answers(3, 9))
    assert found.estimate is not None
    assert found.ci_low is None
    assert found.notes == ("no interval: too few rows for so many kinds of answers",)


def test_many_items_and_few_rows_have_an_interval_without_parts_of_the_rows():
    loadings = np.linspace(0.5, 0.8, 6)
    data = answers(12, 200, loadings=loadings)
    part = np.random.default_rng(1).permutation(200) % 15
    logs = [np.log(1 - categorical(data[part != each]).estimate) for each in range(15)]
    found = categorical(data)
    half = float(left_out_margin(np.array(logs), 0.95))
    assert found.ci_high == pytest.approx(1 - (1 - found.estimate) * np.exp(-half), abs=1e-8)
    assert found.notes == ()
    clustered = categorical(data.assign(p=np.arange(200) % 40), scale_of(6), cluster="p")
    assert clustered.ci_low != found.ci_low


def test_where_a_part_leaves_no_omega_the_interval_is_said_to_be_too_narrow():
    data = answers([0], 80, loadings=np.linspace(0.4, 0.97, 6))
    assert "too narrow" in categorical(data).notes[0]


def test_what_does_not_go_together_is_refused():
    data = answers(11, 40)
    with pytest.raises(UnknownChoice, match="kind is 'ordinal'"):
        omega(data, scale_of(), kind="ordinal")
    for estimator in ("ml", "mlr"):
        with pytest.raises(UnknownChoice, match=f"'pairwise', which is not for '{estimator}'"):
            cfa(data, [scale_of()], estimator=estimator, missing="pairwise")


@pytest.mark.durability
@pytest.mark.parametrize(
    ("cuts", "n", "gaps"),
    [(EVEN, 100, 0.0), (SKEWED, 200, 0.0), (TWO, 200, 0.0), (EVEN, 200, 0.15)],
    ids=["even", "skewed", "two", "gaps"],
)
def test_intervals_hold(cuts, n, gaps):
    way = "pairwise" if gaps else "listwise"
    held = []
    for seed in range(2_000):
        found = categorical(answers([n, seed], n, cuts, gaps=gaps), missing=way)
        if found.estimate is not None:
            held.append(found.ci_low <= TRUTH[cuts] <= found.ci_high)
    assert len(held) > 1_950
    assert 0.935 <= np.mean(held) <= 0.965


@pytest.mark.durability
def test_intervals_of_many_items_hold():
    loadings, held = np.linspace(0.55, 0.8, 6), []
    for seed in range(60):
        found = categorical(answers([6, seed], 150, EVEN, loadings=loadings))
        held.append(found.ci_low <= SIX <= found.ci_high)
    assert np.mean(held) >= 0.88
