"""Common method: against lavaan, on data with and without it, and what it must not claim."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.common_method import CANNOT_TELL, common_method
from analysis.errors import BadScale, NotComputable, OutOfRange
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
KEYS = json.loads((HERE / "factors_keys.json").read_text())
STORED = json.loads((HERE / "common_method.json").read_text())
CASES = [case for case in STORED if case != "versions"]
ITEMS = ("a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4", "c1", "c2", "c3", "c4")
SCALES = [
    Scale(name, ITEMS[place : place + 4], -20, 20) for place, name in ((0, "a"), (4, "b"), (8, "c"))
]


def assert_as_in_r(case, stored):
    data = pd.read_csv(HERE / f"factors_{case}.csv")
    found = common_method(data, Scale.from_key(KEYS[case]))
    assert found.n_used == stored["n"]
    for name in ("one_factor", "scales", "with_method"):
        assert getattr(found, name).chisq == pytest.approx(stored[name], rel=1e-5), name
    assert found.with_method.df == stored["df"] == found.scales.df - 1
    assert found.largest_shift == pytest.approx(stored["largest_shift"], abs=1e-4)
    if stored["share"] > 0:
        assert found.share == pytest.approx(stored["share"], abs=1e-4)
    else:
        assert found.share is None
        assert "negative" in found.notes[0]


@pytest.mark.parametrize("case", CASES)
def test_simulated_answers_give_the_numbers_stored_from_lavaan(case):
    assert_as_in_r(case, STORED[case])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_lavaan_as_it_runs_here_gives_the_stored_numbers(tmp_path):
    out = tmp_path / "out.json"
    subprocess.run(
        ["Rscript", HERE / "common_method.R", HERE, out], check=True, capture_output=True
    )
    fresh = json.loads(out.read_text())
    for case in CASES:
        assert_as_in_r(case, fresh[case])


def answers(seed, n=600, *, method=0.0):
    source = np.random.default_rng(seed)
    loadings = np.array([0.9, 0.5, 0.7, 0.6] * 3)
    factors = source.standard_normal((n, 3))[:, np.repeat(np.arange(3), 4)]
    rows = factors * loadings + source.standard_normal((n, 12)) * np.sqrt(1 - loadings**2)
    rows += method * source.standard_normal((n, 1))
    return pd.DataFrame(rows, columns=list(ITEMS))


def test_a_factor_behind_all_items_is_found_with_its_share():
    found = common_method(answers(1, 4_000, method=0.6), SCALES)
    assert found.share == pytest.approx(0.36 / 1.36, abs=0.03)
    assert found.p_change < 1e-6
    assert "takes 2" in found.sentences()[1]
    assert found.largest_shift > 0.2
    assert found.sentences()[2] == CANNOT_TELL


def test_an_improper_model_claims_nothing():
    loadings = np.kron(np.eye(2), np.array([[0.3], [0.9], [0.4], [0.8]]))
    between = np.array([[1.0, -1.3], [-1.3, 1.0]])  # no correlation, and yet a covariance of items
    covariance = loadings @ between @ loadings.T + 1.2 + np.eye(8)
    rows = np.random.default_rng(5).multivariate_normal(np.zeros(8), covariance, 2_000)
    found = common_method(pd.DataFrame(rows, columns=list(ITEMS[:8])), SCALES[:2])
    assert not found.proper
    told = found.sentences()[1]
    assert told.startswith(f"The model is impossible, since {found.notes[0]}: ")
    assert told.endswith("not tell how much of the answers is due to a method.")
    assert found.notes == (
        "with a method factor the scales correlate in a way that is not possible",
    )


def test_scales_that_one_factor_explains_are_not_told_apart():
    source = np.random.default_rng(1)
    weight = np.array([1.0, 0.5, 0.8, 0.4] * 3)
    rows = source.standard_normal((300, 1)) * weight + source.standard_normal((300, 12))
    found = common_method(pd.DataFrame(rows, columns=list(ITEMS)), SCALES)
    assert found.sentences()[0].endswith("these data do not tell the scales apart.")


def test_where_there_is_none_none_is_claimed():
    found = common_method(answers(2), SCALES)
    assert found.p_change >= 0.05
    assert "show no factor that weighs alike" in found.sentences()[1]
    assert found.to_dict()["sentences"][0].startswith("One factor for all items fits worse")


def test_the_range_of_a_scale_does_not_matter():
    data = answers(3, method=0.5)
    wide = data.assign(**{item: 10 * data[item] for item in ITEMS[:4]})
    scales = [Scale("a", ITEMS[:4], -200, 200), *SCALES[1:]]
    first, second = common_method(data, SCALES), common_method(wide, scales)
    assert second.share == pytest.approx(first.share, rel=1e-5)
    assert second.with_method.chisq == pytest.approx(first.with_method.chisq, rel=1e-7)


@pytest.mark.parametrize(
    ("scales", "reason"),
    [
        (SCALES[:1], "needs 2 scales"),
        (
            [Scale("a", ITEMS[:2], -20, 20), Scale("b", ITEMS[4:6], -20, 20)],
            "did not converge|not identified",
        ),
    ],
)
def test_what_cannot_be_checked_has_its_reason(scales, reason):
    with pytest.raises(NotComputable, match=reason):
        common_method(answers(4), scales)


def test_shared_items_and_codes_left_in_are_refused():
    with pytest.raises(BadScale, match="hold 'a1'"):
        common_method(answers(5), [*SCALES, Scale("d", ("a1", "b1"), -20, 20)])
    with pytest.raises(OutOfRange, match="-99"):
        common_method(answers(5).assign(a1=-99), SCALES)


@pytest.mark.durability
def test_false_alarms_are_rare():
    alarms = 0
    for seed in range(400):
        found = common_method(answers([7, seed], 300), SCALES)
        alarms += found.share is not None and found.p_change < 0.05
    assert 6 <= alarms <= 32  # of 400 tests at 5 %: 20, give or take three standard deviations
