"""Omega hierarchical against psych, on exact structures, and where it is not determined."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import OutOfRange, UnknownChoice
from analysis.hierarchical import omega_hierarchical, schmid_leiman
from analysis.rotation import minimum_residuals, oblimin, varimax
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "hierarchical.json").read_text())
CASES = [case for case in STORED if case != "versions"]
STEPPED = {"abs": 1e-3}  # psych stops its searches at 1e-5 or so

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def simulated(case):
    data = pd.read_csv(HERE / f"hierarchical_{case}.csv")
    return data, Scale("all", list(data.columns), 1, 7)


def assert_as_in_r(case, stored):
    data, scale = simulated(case)
    found = omega_hierarchical(data, scale, n_factors=stored["n_factors"])
    for name in ("omega_h", "omega_total", "omega_limit", "explained"):
        assert getattr(found, name) == pytest.approx(stored[name], **STEPPED), name
    assert found.general == pytest.approx(stored["general"], **STEPPED)
    squares = (np.array(found.groups) ** 2).sum(axis=1)
    assert squares == pytest.approx(np.array(stored["group_squares"]), **STEPPED)
    assert found.n_used == stored["n"]
    extracted = minimum_residuals(data.corr().to_numpy(), stored["n_factors"])
    unique = 1 - (extracted**2).sum(axis=1)
    assert unique == pytest.approx(np.array(stored["minres"]), **STEPPED)
    _, between = oblimin(varimax(extracted))
    correlations = sorted(np.abs(between[np.tril_indices(len(between), -1)]))
    assert correlations == pytest.approx(np.atleast_1d(stored["phi"]), **STEPPED)


@pytest.mark.parametrize("case", CASES)
def test_simulated_answers_give_the_omega_stored_from_psych(case):
    assert_as_in_r(case, STORED[case])


def test_the_simulated_answers_are_those_of_their_script(tmp_path):
    import runpy  # noqa: PLC0415

    runpy.run_path(str(HERE / "simulate_hierarchical.py"))["write"](tmp_path, seed=20250608)
    for file in tmp_path.iterdir():
        assert file.read_text() == (HERE / file.name).read_text(), file.name


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_psych_as_it_runs_here_gives_the_stored_omega(tmp_path):
    out = tmp_path / "hierarchical.json"
    subprocess.run(["Rscript", HERE / "hierarchical.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in CASES:
        assert_as_in_r(case, fresh[case])


@real_data
@pytest.mark.parametrize("name", ["autonomy_support", "corp_rep", "lq2002"])
def test_real_scales_give_the_omega_of_psych(name):
    with gzip.open(SHARED / f"{name}.csv.gz", "rt") as file:
        data = pd.read_csv(file)
    reference = json.loads((SHARED / f"{name}.json").read_text())
    known = {k: v for k, v in reference["scales"].items() if "omega_psych3" in v}
    assert known
    for key, stored in known.items():
        scale = Scale(key, stored["items"], stored["scale_min"], stored["scale_max"])
        found = omega_hierarchical(data, scale)
        assert found.omega_h == pytest.approx(stored["omega_psych3"]["omega_h"], **STEPPED)
        assert found.omega_total == pytest.approx(stored["omega_psych3"]["omega_tot"], **STEPPED)
        assert found.general == pytest.approx(stored["omega_psych3"]["schmid_g"], **STEPPED)


def exact(general=0.6, own=0.5, groups=3, size=3):
    owner = np.repeat(np.arange(groups), size)
    loadings = own * np.eye(groups)[owner]
    correlation = general**2 + loadings @ loadings.T
    np.fill_diagonal(correlation, 1.0)
    return correlation


def test_an_exact_structure_gives_its_parts_back():
    general, groups, unique, notes = schmid_leiman(exact(), 3)
    np.testing.assert_allclose(general, 0.6, atol=1e-4)
    np.testing.assert_allclose(np.sort(groups, axis=1)[:, -1], 0.5, atol=1e-4)
    np.testing.assert_allclose(np.sort(np.abs(groups), axis=1)[:, 0], 0, atol=1e-4)
    np.testing.assert_allclose(unique, 1 - 0.36 - 0.25, atol=1e-5)
    assert notes == ()


def test_the_extraction_leaves_the_least_residuals():
    correlation = simulated("weak")[0].corr().to_numpy()
    found = minimum_residuals(correlation, 3)
    below = np.tril_indices(len(correlation), -1)

    def residuals(loadings):
        return ((correlation - loadings @ loadings.T)[below] ** 2).sum()

    source = np.random.default_rng(1)
    for _ in range(30):
        assert residuals(found + source.normal(scale=1e-3, size=found.shape)) > residuals(found)


def test_rotations_keep_what_the_factors_explain():
    extracted = minimum_residuals(simulated("four")[0].corr().to_numpy(), 4)
    turned = varimax(extracted)
    np.testing.assert_allclose(turned @ turned.T, extracted @ extracted.T, atol=1e-10)
    pattern, between = oblimin(turned)
    np.testing.assert_allclose(pattern @ between @ pattern.T, extracted @ extracted.T, atol=1e-10)
    np.testing.assert_allclose(between.diagonal(), 1, atol=1e-12)


def answers(seed, n, k):
    source = np.random.default_rng(seed)
    latent = source.standard_normal((n, 1)) + source.standard_normal((n, k))
    return pd.DataFrame(
        np.clip(np.round(4 + latent), 1, 7), columns=[f"t{item}" for item in range(k)]
    )


def scale_of(k, **more):
    return Scale("trust", [f"t{item}" for item in range(k)], 1, 7, **more)


@pytest.mark.parametrize(
    ("data", "factors", "reason"),
    [
        (answers(1, 80, 5), 3, "3 group factors need more items; the scale has 5"),
        (answers(1, 80, 2), 2, "2 group factors need more items; the scale has 2"),
        (answers(1, 80, 6), 1, "1 group factors need more items"),
        (answers(1, 80, 6).assign(t1=4.0), 3, "constant item"),
        (answers(1, 1, 6), 3, "there are 1"),
    ],
)
def test_what_is_not_determined_has_its_reason(data, factors, reason):
    found = omega_hierarchical(data, scale_of(data.shape[1]), n_factors=factors)
    assert (found.omega_h, found.omega_total, found.general) == (None, None, ())
    assert reason in found.notes[0]


def test_a_heywood_case_is_named():
    data = answers(2, 60, 6).assign(t1=lambda f: f["t0"])
    notes = omega_hierarchical(data, scale_of(6)).notes
    assert any("Heywood case" in note for note in notes)


def test_two_group_factors_are_set_equal_and_said_so():
    data, scale = simulated("two")
    assert "loadings set equal" in omega_hierarchical(data, scale, n_factors=2).notes[0]


def test_an_item_keyed_wrongly_is_named_and_not_turned():
    data, scale = simulated("strong")
    turned = data.assign(i2=8 - data["i2"])
    found = omega_hierarchical(turned, scale)
    assert any(note.startswith("i2 load negatively") for note in found.notes)
    assert found.omega_h < omega_hierarchical(data, scale).omega_h
    keyed = omega_hierarchical(turned, Scale("all", scale.items, 1, 7, reverse=("i2",)))
    assert keyed.omega_h == pytest.approx(omega_hierarchical(data, scale).omega_h, abs=1e-9)


def test_codes_left_in_and_unknown_choices_are_refused():
    with pytest.raises(OutOfRange, match="-99"):
        omega_hierarchical(answers(3, 60, 6).assign(t1=-99), scale_of(6))
    with pytest.raises(UnknownChoice, match="missing is 'fiml'"):
        omega_hierarchical(answers(3, 60, 6), scale_of(6), missing="fiml")


def test_the_result_is_a_row_of_a_frame():
    data, scale = simulated("strong")
    found = omega_hierarchical(data, scale)
    assert found.to_frame()["omega_h"].iloc[0] == found.omega_h
    assert len(found.to_dict()["groups"]) == 9
