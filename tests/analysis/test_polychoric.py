"""Polychoric correlations and what rests on them: brute force, lavaan, traps."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from analysis.cfa import cfa
from analysis.errors import NotComputable, OutOfRange, UnknownChoice
from analysis.ordinal import ordinal_alpha
from analysis.polychoric import Tables, bivariate_density, bivariate_normal, polychoric
from analysis.polychoric_errors import OrdinalSample
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
KEYS = json.loads((HERE / "factors_keys.json").read_text())
STORED = json.loads((HERE / "factors.json").read_text())
ORDINAL = [case for case in KEYS if "polychoric" in STORED[case]]
CUTS = np.array([-1.0, -0.2, 0.6])

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def answers(seed, n, k=4, *, loading=0.8, cuts=CUTS):
    source = np.random.default_rng(seed)
    latent = source.standard_normal((n, 1)) * loading
    latent = latent + source.standard_normal((n, k)) * np.sqrt(1 - loading**2)
    codes = 1 + np.searchsorted(cuts, latent.ravel()).reshape(latent.shape)
    return pd.DataFrame(codes.astype(float), columns=[f"t{item}" for item in range(k)])


def scale_of(k, **more):
    return Scale("trust", [f"t{item}" for item in range(k)], 1, 5, **more)


def joined(case):
    """Return the answers of a case and one scale of all its items."""
    data = pd.read_csv(HERE / f"factors_{case}.csv")
    keys = KEYS[case].values()
    turned = [item for key in keys for item in key["reverse"]]
    (low, high), *_ = {(key["low"], key["high"]) for key in keys}
    return data, Scale("all", list(data.columns), low, high, reverse=turned)


def assert_as_in_r(case, stored):
    data, scale = joined(case)
    found = polychoric(data, scale)
    np.testing.assert_allclose(found.correlations, stored["polychoric"], atol=1e-5)
    cuts = [value for item in found.thresholds for value in item]
    assert cuts == pytest.approx(stored["thresholds"], abs=1e-8)
    first = Scale.from_key(KEYS[case])[0]
    assert ordinal_alpha(data.dropna(), first).estimate == pytest.approx(
        stored["ordinal_alpha"], abs=1e-6
    )


@pytest.mark.parametrize("case", ORDINAL)
def test_simulated_answers_give_the_correlations_stored_from_lavaan(case):
    assert_as_in_r(case, STORED[case])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_lavaan_as_it_runs_here_gives_the_stored_correlations(tmp_path):
    out = tmp_path / "factors.json"
    subprocess.run(["Rscript", HERE / "factors.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in ORDINAL:
        assert_as_in_r(case, fresh[case])


@real_data
@pytest.mark.parametrize("name", ["bfi", "corp_rep", "lq2002"])
def test_real_scales_give_the_correlations_of_lavaan(name):
    with gzip.open(SHARED / f"{name}.csv.gz", "rt") as file:
        data = pd.read_csv(file)
    reference = json.loads((SHARED / f"{name}.json").read_text())
    turned = reference.get("reversed", [])
    for key, stored in reference["scales"].items():
        own = [item for item in turned if item in stored["items"]]
        scale = Scale(key, stored["items"], stored["scale_min"], stored["scale_max"], reverse=own)
        found = polychoric(data, scale)
        np.testing.assert_allclose(
            found.correlations, stored["polychoric_lavaan"]["values"], atol=1e-5
        )
        expected = stored["alpha_ordinal"]
        assert ordinal_alpha(data, scale).estimate == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("r", [-0.9995, -0.7, 0.0, 0.3, 0.95, 0.9995])
def test_the_bivariate_normal_is_that_of_scipy(r):
    points = np.array([[-2.0, -1.9], [0.0, 0.0], [0.4, -1.2], [1.5, 1.5], [3.0, -0.5]])
    found = bivariate_normal(points[:, 0], points[:, 1], np.full(5, r))
    spread = [[1, r], [r, 1]]
    expected = [multivariate_normal.cdf(point, cov=spread) for point in points]
    assert found == pytest.approx(expected, abs=1e-9)
    density = bivariate_density(points[:, 0], points[:, 1], np.full(5, r))
    expected = [multivariate_normal.pdf(point, cov=spread) for point in points]
    assert density == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_the_correlation_is_the_most_likely_one():
    data = answers(1, 200, 2)
    table = pd.crosstab(data["t0"], data["t1"]).to_numpy()
    sides = [
        np.concatenate([[-9], norm.ppf(np.cumsum(table.sum(axis=axis))[:-1] / 200), [9]])
        for axis in (1, 0)
    ]

    def unlikely(r):
        joint = bivariate_normal(sides[0][:, None], sides[1], np.full((5, 5), r))
        return -(table * np.log(np.diff(np.diff(joint, axis=0), axis=1))).sum()

    best = minimize_scalar(
        unlikely, bounds=(-0.99, 0.99), method="bounded", options={"xatol": 1e-9}
    )
    assert polychoric(data, scale_of(2)).correlations[0, 1] == pytest.approx(best.x, abs=1e-5)


def test_two_answers_each_have_a_closed_form_at_the_median():
    rows = [[1, 1]] * 30 + [[2, 2]] * 30 + [[1, 2]] * 20 + [[2, 1]] * 20
    data = pd.DataFrame(rows, columns=["t0", "t1"])
    expected = np.sin(2 * np.pi * (0.3 - 0.25))
    found = polychoric(data, scale_of(2))
    assert found.correlations[0, 1] == pytest.approx(expected, abs=1e-10)
    assert found.thresholds == ((0.0,), (0.0,))


def test_the_true_correlation_is_found():
    found = polychoric(answers(2, 100_000), scale_of(4)).correlations
    assert found[np.triu_indices(4, 1)] == pytest.approx(0.64, abs=0.01)


def test_items_may_have_different_answers_and_gaps_in_the_codes():
    data = answers(3, 300, 3)
    data["t1"] = data["t1"].replace(2, 1)
    data["t2"] = np.where(data["t2"] > 2, 5, 1)
    found = polychoric(data, scale_of(3))
    assert [len(cuts) for cuts in found.thresholds] == [3, 2, 1]
    alone = polychoric(data[["t0", "t2"]].rename(columns={"t2": "t1"}), scale_of(2))
    assert found.correlations[0, 2] == pytest.approx(alone.correlations[0, 1], abs=1e-10)


def test_missing_answers_leave_out_rows_or_pairs():
    data = answers(4, 200, 3)
    data.loc[:20, "t2"] = np.nan
    listwise, pairwise = (
        polychoric(data, scale_of(3), missing=missing) for missing in ("listwise", "pairwise")
    )
    assert (listwise.n_used, pairwise.n_used, listwise.n_total) == (179, 200, 200)
    full = polychoric(data[["t0", "t1"]], scale_of(2))
    assert pairwise.correlations[0, 1] == pytest.approx(full.correlations[0, 1], abs=1e-10)
    assert listwise.correlations[0, 1] != pytest.approx(full.correlations[0, 1], abs=1e-4)


@pytest.mark.durability
def test_the_errors_of_the_correlations_are_those_of_many_samples():
    drawn = []
    for seed in range(400):
        tables = Tables.of(answers(seed, 300, 3).to_numpy(), ("t0", "t1", "t2"))
        values, _ = tables.correlations()
        drawn.append(values[tables.one, tables.other])
    expected = np.cov(np.array(drawn).T) * 300
    found = OrdinalSample.of(answers(999, 20_000, 3).to_numpy(), ("t0", "t1", "t2")).errors
    np.testing.assert_allclose(found, expected, rtol=0.25, atol=0.05)


def test_an_empty_cell_of_a_table_of_two_by_two_gets_half_an_answer():
    rows = [[1, 1]] * 30 + [[2, 2]] * 30 + [[1, 2]] * 20
    data = pd.DataFrame(rows, columns=["t0", "t1"])
    filled = Tables.of(data.to_numpy(float), ("t0", "t1")).counts[0]
    np.testing.assert_array_equal(filled, [[29.5, 20.5], [0.5, 29.5]])
    assert 0.9 < polychoric(data, scale_of(2)).correlations[0, 1] < 0.999


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (answers(5, 60, 3).assign(t1=2.0), "constant item: every answer to 't1' is the same"),
        (answers(5, 60, 2).assign(t1=lambda f: f["t0"]), "'t0' and 't1' agree perfectly"),
        (
            answers(5, 60, 2).assign(t1=np.linspace(1, 5, 60)),
            "'t1' has 60 different answers",
        ),
    ],
)
def test_what_has_no_polychoric_correlation_has_its_reason(data, reason):
    with pytest.raises(NotComputable, match=reason):
        polychoric(data, scale_of(data.shape[1]))
    found = ordinal_alpha(data, scale_of(data.shape[1]))
    assert found.estimate is None
    assert reason in found.notes[0]


def test_correlations_that_contradict_each_other_are_noted():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.integers(1, 3, (14, 6)).astype(float))
    data.columns = [f"t{item}" for item in range(6)]
    found = polychoric(data, scale_of(6))
    assert np.linalg.eigvalsh(found.correlations)[0] < 0
    assert found.notes == ("the polychoric correlations are not positive definite",)


def test_codes_left_in_and_unknown_choices_are_refused():
    with pytest.raises(OutOfRange, match="-99"):
        polychoric(answers(6, 30, 2).assign(t1=-99), scale_of(2))
    with pytest.raises(UnknownChoice, match="missing is 'fiml'"):
        polychoric(answers(6, 30, 2), scale_of(2), missing="fiml")
    with pytest.raises(UnknownChoice, match="'fiml', which is not for 'wlsmv'"):
        cfa(answers(6, 30, 3), [scale_of(3)], estimator="wlsmv", missing="fiml")


def test_a_reversed_item_is_turned_round():
    data = answers(7, 150, 3)
    turned = polychoric(data.assign(t1=6 - data["t1"]), scale_of(3, reverse=["t1"]))
    np.testing.assert_allclose(
        turned.correlations, polychoric(data, scale_of(3)).correlations, atol=1e-9
    )


def test_a_single_row_is_no_ordinal_model():
    with pytest.raises(NotComputable, match="needs 2 rows"):
        cfa(answers(8, 1, 3), [scale_of(3)], estimator="wlsmv")


def coverage(draws, n, cuts):
    """Return the share of WLSMV intervals that hold, and of tests at 5 % that reject."""
    held = rejected = 0
    for seed in range(draws):
        found = cfa(answers([n, seed], n, 4, cuts=cuts), [scale_of(4)], estimator="wlsmv")
        held += sum(row.ci_low <= 0.8 <= row.ci_high for row in found.loadings) / 4
        rejected += found.robust.p < 0.05
    return held / draws, rejected / draws


@pytest.mark.durability
def test_intervals_of_ordinal_models_hold():
    held, rejected = coverage(120, 300, CUTS)
    assert 0.91 <= held <= 0.985
    assert rejected <= 0.12


@pytest.mark.durability
@pytest.mark.parametrize("cuts", [CUTS, np.array([-1.8, -1.0, 0.1])], ids=["even", "skewed"])
@pytest.mark.parametrize("n", [300])
def test_intervals_of_ordinal_models_hold_from_few_to_many(n, cuts):
    held, rejected = coverage(1_500, n, cuts)
    assert 0.935 <= held <= 0.965
    assert 0.035 <= rejected <= 0.065
