"""Scales and items against R: stored numbers, real data, and R as it runs here."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.alpha import alpha, standard_error_of_measurement
from analysis.alpha_interval import alpha_influence
from analysis.diagnostics import check
from analysis.htmt import htmt
from analysis.influence import margin, standard_error
from analysis.items import interitem, item_stats
from analysis.moments import Moments
from analysis.omega import omega, omega_influence, one_factor
from analysis.pingouin_bridge import pingouin_alpha
from analysis.scale import Scale
from analysis.scoring import item_matrix, score

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
REAL = ("autonomy_support", "bfi", "corp_rep", "holzinger1939", "lq2002")

CLOSED = {"rel": 1e-10, "abs": 1e-10}  # closed forms: rounding only
FITTED = {"rel": 1e-5, "abs": 1e-9}  # χ²: both programs stop near the same minimum
LOADING = {"rel": 1e-4, "abs": 1e-4}  # lavaan stops at 1e-6 or so from it
NUMERIC = {"rel": 1e-5}  # R differentiated by finite differences

KEYS = json.loads((HERE / "scales_keys.json").read_text())
STORED = json.loads((HERE / "scales.json").read_text())
SIMULATED = [(case, scale) for case, scales in KEYS.items() for scale in scales]
DESCRIPTIVE = ("n", "mean", "sd", "skew", "kurtosis", "floor", "ceiling")

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def simulated(case):
    return pd.read_csv(HERE / f"scales_{case}.csv")


def simulated_scale(case, name):
    return Scale.from_key({name: KEYS[case][name]})[0]


def column(table, name):
    return [getattr(row, name) for row in table.rows]


def assert_as_in_r(data, scale, stored):
    """Compare every number of one scale with R's."""
    for name in DESCRIPTIVE:
        assert column(item_stats(data, scale), name) == pytest.approx(
            stored["items"][name], **CLOSED
        )
    moments = Moments.of(data, scale)
    sample = score(data, [scale])
    values = sample.values[scale.name]  # noqa: PD011 - a dictionary
    values = values[~np.isnan(values)]
    assert [len(values), values.mean(), values.std(ddof=1)] == pytest.approx(
        [stored["score"][name] for name in ("n", "mean", "sd")], **CLOSED
    )
    assert moments.score_mean() == pytest.approx(stored["score"]["mean"], **CLOSED)
    assert moments.score_variance() ** 0.5 == pytest.approx(stored["score"]["sd"], **CLOSED)
    assert sample.prorated[scale.name] == pytest.approx(stored["prorated"], **CLOSED)
    for missing in ("pairwise", "listwise"):
        assert_as_in_r_with(missing, data, scale, stored)
    assert_intervals_as_in_r(data, scale, stored)
    if scale.k > 2:
        assert_factor_as_in_r(data, scale, stored)


def assert_as_in_r_with(missing, data, scale, stored):
    found = Moments.of(data, scale).covariance(missing)
    np.testing.assert_allclose(found, stored[f"covariance_{missing}"], rtol=1e-10, atol=1e-12)
    raw = alpha(data, scale, missing=missing, ci=None)
    standardized = alpha(data, scale, missing=missing, ci=None, standardized=True)
    assert raw.estimate == pytest.approx(stored[f"alpha_{missing}"], **CLOSED)
    assert standardized.estimate == pytest.approx(stored[f"alpha_std_{missing}"], **CLOSED)
    table = item_stats(data, scale, missing=missing)
    assert column(table, "item_rest_r") == pytest.approx(stored[f"rest_r_{missing}"], **CLOSED)
    if scale.k > 2:
        dropped = stored[f"dropped_{missing}"]
        assert column(table, "alpha_if_deleted") == pytest.approx(dropped, **CLOSED)
    between = interitem(data, scale, missing=missing)
    assert [between.mean, between.min, between.max] == pytest.approx(
        [stored[f"interitem_{missing}"][name] for name in ("mean", "min", "max")], **CLOSED
    )
    error = standard_error_of_measurement(data, scale, missing=missing)
    assert error.estimate == pytest.approx(stored[f"sem_{missing}"], **CLOSED)


def assert_intervals_as_in_r(data, scale, stored):
    feldt = alpha(data, scale, missing="listwise", ci="feldt")
    assert [feldt.ci_low, feldt.ci_high] == pytest.approx(stored["feldt"], **CLOSED)
    items = item_matrix(data, scale)
    rows = items[~np.isnan(items).any(axis=1)]
    n = len(rows)
    raw, standardized = alpha_influence(rows), alpha_influence(rows, standardized=True)
    assert float(standard_error(raw)) == pytest.approx(stored["adf_se"], **CLOSED)
    shrink = (n - 1) / n  # the formula divides covariances by n - 1, R's derivative by n
    assert float(standard_error(raw)) == pytest.approx(stored["adf_se_numeric"] * shrink, **NUMERIC)
    assert float(standard_error(standardized)) == pytest.approx(
        stored["adf_se_std_numeric"] * shrink, **NUMERIC
    )
    assert float(margin(raw, 0.95)) == pytest.approx(stored["adf_reach"] * shrink, **NUMERIC)
    assert float(margin(standardized, 0.95)) == pytest.approx(
        stored["adf_reach_std"] * shrink, **NUMERIC
    )
    adf = alpha(data, scale, missing="listwise")
    assert adf.ci_high - adf.estimate == pytest.approx(float(margin(raw, 0.95)), abs=1e-14)


def assert_factor_as_in_r(data, scale, stored):
    psych, factor = stored["psych"], stored["factor"]
    listwise = item_stats(data, scale, missing="listwise")
    assert column(listwise, "item_rest_r") == pytest.approx(psych["r_drop"], **CLOSED)
    assert column(listwise, "alpha_if_deleted") == pytest.approx(psych["alpha_drop"], **CLOSED)
    model = one_factor(Moments.of(data, scale))
    assert model.loadings == pytest.approx(np.array(factor["loadings"]), **LOADING)
    assert model.uniquenesses == pytest.approx(np.array(factor["uniquenesses"]), **LOADING)
    assert model.df == factor["df"]
    assert model.chisq == pytest.approx(factor["chisq"], **FITTED)
    assert omega(data, scale).estimate == pytest.approx(factor["omega"], abs=1e-6)
    items = item_matrix(data, scale)
    rows = items[~np.isnan(items).any(axis=1)]
    error = float(standard_error(omega_influence(model, rows)))
    assert error == pytest.approx(factor["omega_se_mlr"], rel=1e-3)


@pytest.mark.parametrize(("case", "name"), SIMULATED)
def test_simulated_answers_give_the_numbers_stored_from_r(case, name):
    stored = STORED[case]["scales"][name]
    assert_as_in_r(simulated(case), simulated_scale(case, name), stored)


def test_htmt_of_simulated_answers_is_that_stored_from_r():
    scales = Scale.from_key(KEYS["complete"])
    found = htmt(simulated("complete"), scales).to_dict()["trust"]["quality"]
    assert found == pytest.approx(STORED["complete"]["htmt"], abs=1e-8)


@pytest.mark.parametrize(("case", "name"), SIMULATED)
def test_pingouin_gives_the_same_alpha_of_simulated_answers(case, name):
    stored = STORED[case]["scales"][name]
    found = pingouin_alpha(simulated(case), simulated_scale(case, name))
    assert found.estimate == pytest.approx(stored["alpha_listwise"], **CLOSED)
    assert [found.ci_low, found.ci_high] == pytest.approx(stored["feldt"], abs=5.1e-4)


def test_the_simulated_answers_are_those_of_their_script(tmp_path):
    import runpy  # noqa: PLC0415

    script = runpy.run_path(str(HERE / "simulate_scales.py"))
    script["write"](tmp_path, seed=20250302)
    for file in tmp_path.iterdir():
        assert file.read_text() == (HERE / file.name).read_text(), file.name


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_r_as_it_runs_here_gives_the_stored_numbers(tmp_path):
    out = tmp_path / "scales.json"
    subprocess.run(["Rscript", HERE / "scales.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case, name in SIMULATED:
        assert_as_in_r(simulated(case), simulated_scale(case, name), fresh[case]["scales"][name])


def shared(name):
    with gzip.open(SHARED / f"{name}.csv.gz", "rt") as file:
        data = pd.read_csv(file)
    return data, json.loads((SHARED / f"{name}.json").read_text())


def shared_scales(reference):
    turned = reference.get("reversed", [])
    return [
        Scale(
            name,
            stored["items"],
            0 if stored["scale_min"] is None else stored["scale_min"],
            10 if stored["scale_max"] is None else stored["scale_max"],
            reverse=[item for item in turned if item in stored["items"]],
        )
        for name, stored in reference["scales"].items()
    ]


def in_our_words(stored):
    """Rename the numbers of a scale in the shared reference files."""
    item = dict(stored["item"])
    item["skew"], item["kurtosis"] = item["skew_psych_type3"], item["kurtosis_psych_type3"]
    return {**stored, "item": item}


def assert_descriptives(data, scale, stored):
    table = item_stats(data, scale)
    for name in DESCRIPTIVE if stored["scale_min"] is not None else DESCRIPTIVE[:5]:
        assert column(table, name) == pytest.approx(stored["item"][name], **CLOSED), name
    listwise = item_stats(data, scale, missing="listwise")
    psych = stored["psych_item_stats"]["r.drop"]
    assert column(listwise, "item_rest_r") == pytest.approx(psych, **CLOSED)
    dropped = stored["psych_alpha_drop"]["raw_alpha"]
    assert column(listwise, "alpha_if_deleted") == pytest.approx(dropped, **CLOSED)
    between = interitem(data, scale, missing="listwise")
    assert [between.mean, between.min, between.max] == pytest.approx(
        [stored["interitem"][name] for name in ("mean", "min", "max")], **CLOSED
    )
    moments = Moments.of(data, scale)
    assert [moments.score_n, moments.score_mean(), moments.score_variance() ** 0.5] == (
        pytest.approx([stored["half_rule_score"][name] for name in ("n", "mean", "sd")], **CLOSED)
    )
    error = standard_error_of_measurement(data, scale, missing="listwise")
    assert error.estimate == pytest.approx(stored["sem_mean_alpha"], **CLOSED)


def assert_alphas(data, scale, stored):
    for missing in ("pairwise", "listwise"):
        for standardized, name in ((False, "alpha"), (True, "alpha_std")):
            found = alpha(data, scale, missing=missing, ci=None, standardized=standardized)
            assert found.estimate == pytest.approx(stored[f"{name}_{missing}"], **CLOSED)
        covariance = Moments.of(data, scale).covariance(missing)
        expected = stored[f"cov_{missing}"]["values"]
        np.testing.assert_allclose(covariance, expected, rtol=1e-10, atol=1e-12)
    feldt = alpha(data, scale, missing="listwise", ci="feldt")
    limits = stored["alpha_feldt95_listwise"]
    assert [feldt.ci_low, feldt.ci_high] == pytest.approx(
        [limits["lower"], limits["upper"]], **CLOSED
    )
    items = item_matrix(data, scale)
    influence = alpha_influence(items[~np.isnan(items).any(axis=1)])
    assert float(standard_error(influence)) == pytest.approx(stored["alpha_adf_se"], **CLOSED)
    adf = alpha(data, scale, missing="listwise")
    plain = adf.estimate + 1.959964 * np.array([-1, 1]) * stored["alpha_adf_se"]
    assert [adf.ci_low, adf.ci_high] == pytest.approx(plain.tolist(), abs=1e-3)  # t against z
    drawn = stored["alpha_bootstrap"]  # a percentile of 2,000 draws errs by some .06 of the SE
    percentiles = [drawn["percentile_lower"], drawn["percentile_upper"]]
    ours = alpha(data, scale, missing="listwise", ci="bootstrap", seed=1)
    assert [ours.ci_low, ours.ci_high] == pytest.approx(percentiles, abs=0.25 * drawn["se"])


@real_data
@pytest.mark.parametrize("name", REAL)
def test_real_scales_give_the_numbers_stored_from_r(name):
    data, reference = shared(name)
    for scale in shared_scales(reference):
        stored = in_our_words(reference["scales"][scale.name])
        assert_descriptives(data, scale, stored)
        assert_alphas(data, scale, stored)
        found = omega(data, scale).estimate
        assert found == pytest.approx(stored["omega_total_cfa_modelvar"], abs=1e-6)
        model, fit = one_factor(Moments.of(data, scale)), stored["cfa1_ml"]["fit"]
        assert model.chisq == pytest.approx(fit["chisq"], **FITTED)
        assert model.df == fit["df"]


@real_data
@pytest.mark.parametrize("name", ["bfi", "corp_rep", "holzinger1939", "lq2002"])
def test_real_scales_are_told_apart_as_by_semtools(name):
    data, reference = shared(name)
    found = htmt(data, shared_scales(reference))
    stored = reference["cfa"]["htmt"]
    assert list(found.names) == stored["names"]
    np.testing.assert_allclose(found.values, stored["values"], atol=1e-8)
    assert found.n_used == reference["cfa"]["n_complete"]


@real_data
@pytest.mark.parametrize("name", ["bfi", "corp_rep", "holzinger1939", "lq2002"])
def test_geometric_ratios_of_real_scales_are_those_of_semtools(name):
    data, reference = shared(name)
    found = htmt(data, shared_scales(reference), kind="htmt2")
    np.testing.assert_allclose(found.values, reference["cfa"]["htmt2"]["values"], atol=1e-8)


@real_data
def test_quality_and_performance_cannot_be_told_apart():
    data, reference = shared("corp_rep")
    said = htmt(data, shared_scales(reference)).sentences()
    assert any(line.startswith("perf and qual cannot be told apart") for line in said)
    assert any("HTMT 0.913" in line for line in said)


@real_data
def test_the_seven_items_to_be_reversed_are_named_and_no_other():
    data, reference = shared("bfi")
    unkeyed = [
        Scale(scale.name, scale.items, scale.low, scale.high) for scale in shared_scales(reference)
    ]
    found = check(data, unkeyed).findings
    assert {finding.code for finding in found} == {"looks_reversed"}
    assert {finding.item for finding in found} == set(reference["reversed"])
    agree = unkeyed[0]
    assert alpha(data, agree).estimate == pytest.approx(0.4315, abs=5e-5)
    keyed = shared_scales(reference)[0]
    assert alpha(data, keyed).estimate == pytest.approx(0.7030, abs=5e-5)
    assert alpha(data, keyed, missing="listwise").estimate == pytest.approx(0.7038, abs=5e-5)


@real_data
@pytest.mark.parametrize("name", REAL)
def test_real_data_with_their_key_are_clean(name):
    data, reference = shared(name)
    partner = {"autonomy_support": "Teacher", "corp_rep": "serviceprovider", "lq2002": "COMPID"}
    found = check(data, shared_scales(reference), partner=partner.get(name))
    assert found.findings == ()
