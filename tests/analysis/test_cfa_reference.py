"""Factor models against lavaan: stored numbers, real data, and R as it runs here."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cfa import cfa
from analysis.em import incomplete_sample
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
KEYS = json.loads((HERE / "factors_keys.json").read_text())
STORED = json.loads((HERE / "factors.json").read_text())
REAL = ("bfi", "corp_rep", "holzinger1939", "lq2002")
WAYS = {
    "ml": {},
    "mlr": {"estimator": "mlr"},
    "fiml": {"missing": "fiml"},
    "fiml_mlr": {"missing": "fiml", "estimator": "mlr"},
    "wlsmv": {"estimator": "wlsmv"},
}

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")

ESTIMATE = {"rel": 1e-4, "abs": 1e-4}  # lavaan stops at 1e-6 or so from the minimum
TOLERANCE = {
    "chisq": {"rel": 1e-5, "abs": 1e-8},
    "log_likelihood": {"rel": 1e-8},
    "aic": {"rel": 1e-8},
    "bic": {"rel": 1e-8},
    "rmsea_low": {"abs": 1e-4},  # lavaan searches its limits to some 1e-5
    "rmsea_high": {"abs": 1e-4},
}
NAMES = {
    "chisq": "chisq",
    "df": "df",
    "p": "pvalue",
    "cfi": "cfi",
    "tli": "tli",
    "rmsea": "rmsea",
    "rmsea_low": "rmsea.ci.lower",
    "rmsea_high": "rmsea.ci.upper",
    "srmr": "srmr",
    "log_likelihood": "logl",
    "aic": "aic",
    "bic": "bic",
    "n_parameters": "npar",
}
ROBUST = {
    "chisq": "chisq.scaled",
    "scaling": "chisq.scaling.factor",
    "p": "pvalue.scaled",
    "cfi": "cfi.robust",
    "tli": "tli.robust",
    "rmsea": "rmsea.robust",
    "rmsea_low": "rmsea.ci.lower.robust",
    "rmsea_high": "rmsea.ci.upper.robust",
}
SCALED = {
    "chisq": "chisq.scaled",
    "scaling": "chisq.scaling.factor",
    "p": "pvalue.scaled",
    "cfi": "cfi.scaled",
    "tli": "tli.scaled",
    "rmsea": "rmsea.scaled",
    "rmsea_low": "rmsea.ci.lower.scaled",
    "rmsea_high": "rmsea.ci.upper.scaled",
}
COLUMNS = ("loading", "se", "standardized", "standardized_se", "uniqueness")


def assert_fit(found, stored, names=NAMES):
    for ours, theirs in names.items():
        if theirs in stored:
            expected = pytest.approx(stored[theirs], **TOLERANCE.get(ours, {"abs": 1e-5}))
            assert getattr(found, ours) == expected, theirs


def assert_as_in_r(found, stored):
    assert_fit(found.fit, stored["fit"])
    if found.robust is not None:
        assert_fit(found.robust, stored["fit"], SCALED if found.estimator == "wlsmv" else ROBUST)
    assert [row.item for row in found.loadings] == stored["item"]
    for name in COLUMNS:
        ours = [getattr(row, name) for row in found.loadings]
        assert ours == pytest.approx(stored[name], **ESTIMATE), name
    pairs = found.to_dict()["correlations"]
    assert [pair["r"] for pair in pairs] == pytest.approx(np.atleast_1d(stored["r"]), **ESTIMATE)
    assert [pair["se"] for pair in pairs] == pytest.approx(
        np.atleast_1d(stored["r_se"]), **ESTIMATE
    )


def simulated(case, way):
    data = pd.read_csv(HERE / f"factors_{case}.csv")
    return cfa(data, Scale.from_key(KEYS[case]), **WAYS[way])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", KEYS)
def test_simulated_answers_give_the_numbers_stored_from_lavaan(case, way):
    if way in STORED[case]:
        assert_as_in_r(simulated(case, way), STORED[case][way])


def test_the_simulated_answers_are_those_of_their_script(tmp_path):
    import runpy  # noqa: PLC0415

    runpy.run_path(str(HERE / "simulate_factors.py"))["write"](tmp_path, seed=20250517)
    for file in tmp_path.iterdir():
        assert file.read_text() == (HERE / file.name).read_text(), file.name


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_lavaan_as_it_runs_here_gives_the_stored_numbers(tmp_path):
    out = tmp_path / "factors.json"
    subprocess.run(["Rscript", HERE / "factors.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in KEYS:
        for way in WAYS:
            if way in fresh[case]:
                assert_as_in_r(simulated(case, way), fresh[case][way])


def test_means_and_covariances_of_rows_with_gaps_are_those_of_lavaan():
    data, stored = pd.read_csv(HERE / "factors_gaps.csv"), STORED["gaps"]["fiml"]
    found = incomplete_sample(data.to_numpy(), tuple(data.columns))
    np.testing.assert_allclose(found.mean, stored["h1_mean"], atol=1e-6)
    np.testing.assert_allclose(found.covariance, stored["h1_cov"], atol=1e-6)
    assert found.log_likelihood(found.saturated) == pytest.approx(stored["h1_logl"], rel=1e-10)
    assert found.n == stored["n_fiml"] == len(data) - 2


def shared(name):
    with gzip.open(SHARED / f"{name}.csv.gz", "rt") as file:
        data = pd.read_csv(file)
    reference = json.loads((SHARED / f"{name}.json").read_text())
    turned = reference.get("reversed", [])
    scales = [
        Scale(
            key,
            stored["items"],
            0 if stored["scale_min"] is None else stored["scale_min"],
            10 if stored["scale_max"] is None else stored["scale_max"],
            reverse=[item for item in turned if item in stored["items"]],
        )
        for key, stored in reference["scales"].items()
    ]
    return data, scales, reference["cfa"]


@real_data
@pytest.mark.parametrize("name", REAL)
def test_real_answers_give_the_numbers_of_lavaan(name):
    data, scales, stored = shared(name)
    found = cfa(data, scales)
    assert found.n_used == stored["n_complete"]
    assert_fit(found.fit, stored["ml"]["fit"])
    standardized = stored["ml"]["est"]["std"]
    loads = [index for index, op in enumerate(standardized["op"]) if op == "=~"]
    for ours, theirs in (("standardized", "est.std"), ("standardized_se", "se")):
        expected = [standardized[theirs][index] for index in loads]
        assert [getattr(row, ours) for row in found.loadings] == pytest.approx(expected, abs=1e-4)
    np.testing.assert_allclose(found.correlations, stored["factor_cor"]["values"], atol=1e-4)
    for construct in found.constructs:
        assert construct.cr == pytest.approx(stored["CR_std"][construct.factor], abs=1e-4)
        assert construct.ave == pytest.approx(stored["AVE_std"][construct.factor], abs=1e-4)


@real_data
@pytest.mark.parametrize("name", REAL)
def test_real_answers_give_the_robust_numbers_of_lavaan(name):
    data, scales, stored = shared(name)
    assert_fit(cfa(data, scales, estimator="mlr").robust, stored["mlr"]["fit"], ROBUST)


@real_data
@pytest.mark.parametrize("name", ["corp_rep", pytest.param("bfi", marks=pytest.mark.durability)])
def test_real_answers_with_gaps_give_the_numbers_of_lavaan(name):
    data, scales, stored = shared(name)
    found = cfa(data, scales, missing="fiml")
    assert found.n_used == stored["fiml"]["n"]
    assert_fit(found.fit, stored["fiml"]["fit"])
    standardized = stored["fiml"]["est"]["std"]
    loads = [index for index, op in enumerate(standardized["op"]) if op == "=~"]
    for ours, theirs in (("standardized", "est.std"), ("standardized_se", "se")):
        expected = [standardized[theirs][index] for index in loads]
        assert [getattr(row, ours) for row in found.loadings] == pytest.approx(expected, abs=1e-4)


@real_data
@pytest.mark.parametrize("name", ["bfi", "lq2002"])
def test_real_ordinal_answers_give_the_numbers_of_lavaan(name):
    data, scales, stored = shared(name)
    found = cfa(data, scales, estimator="wlsmv")
    assert_fit(found.fit, stored["wlsmv"]["fit"])
    assert_fit(found.robust, stored["wlsmv"]["fit"], SCALED)
    standardized = stored["wlsmv"]["est"]["std"]
    loads = [index for index, op in enumerate(standardized["op"]) if op == "=~"]
    for ours, theirs in (("standardized", "est.std"), ("standardized_se", "se")):
        expected = [standardized[theirs][index] for index in loads]
        assert [getattr(row, ours) for row in found.loadings] == pytest.approx(expected, abs=1e-4)


@real_data
def test_attractiveness_and_performance_are_not_distinct():
    data, scales, _ = shared("corp_rep")
    said = cfa(data, scales).sentences()
    assert any(line.startswith("attr and perf share 0.87 of their variance") for line in said)
