"""Halves of a scale and Guttman's bounds, against R, by hand and where they collapse to alpha."""

import json
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.alpha import alpha
from analysis.errors import OutOfRange, UnknownChoice
from analysis.moments import Moments
from analysis.scale import Scale
from analysis.splits import best_split, lambda4_of_split, split_half

HERE = Path(__file__).parent / "reference"
KEYS = json.loads((HERE / "scales_keys.json").read_text())
STORED = json.loads((HERE / "splits.json").read_text())
SIMULATED = [(case, scale) for case, scales in KEYS.items() for scale in scales]
CLOSED = {"rel": 1e-10, "abs": 1e-10}
WAYS = {
    "raw_listwise": {"missing": "listwise"},
    "raw_pairwise": {"missing": "pairwise"},
    "standardized_listwise": {"missing": "listwise", "standardized": True},
    "psych": {"missing": "listwise", "standardized": True},
}


def assert_as_in_r(case, name, stored):
    data = pd.read_csv(HERE / f"scales_{case}.csv")
    scale = Scale.from_key({name: KEYS[case][name]})[0]
    for way, numbers in stored.items():
        found = split_half(data, scale, **WAYS[way]).to_dict()
        assert {key: found[key] for key in numbers} == pytest.approx(numbers, **CLOSED), way


@pytest.mark.parametrize(("case", "name"), SIMULATED)
def test_halves_are_those_stored_from_r(case, name):
    assert_as_in_r(case, name, STORED[case][name])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_r_as_it_runs_here_gives_the_stored_halves(tmp_path):
    out = tmp_path / "splits.json"
    subprocess.run(["Rscript", HERE / "splits.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case, name in SIMULATED:
        assert_as_in_r(case, name, fresh[case][name])


def answers(seed, n, k, loading=0.7):
    source = np.random.default_rng(seed)
    latent = source.standard_normal((n, 1)) * loading + source.standard_normal((n, k)) * 0.7
    return pd.DataFrame(
        np.clip(np.round(3 + latent), 1, 5), columns=[f"t{item}" for item in range(k)]
    )


def scale_of(k, **more):
    return Scale("trust", [f"t{item}" for item in range(k)], 1, 5, **more)


@pytest.mark.parametrize("k", [2, 5, 8, 11])
def test_the_best_split_is_the_best_of_all_that_can_be_made(k):
    matrix = answers(k, 60, k).cov().to_numpy()
    every = []
    for chosen in combinations(range(k), k // 2):
        half = np.isin(np.arange(k), chosen)
        every.append(lambda4_of_split(matrix, half))
    found = split_half(answers(k, 60, k), scale_of(k))
    assert found.lambda4 == pytest.approx(max(every), abs=1e-12)
    assert found.method == "all splits"
    assert sorted(item for half in found.halves for item in half) == sorted(scale_of(k).items)
    assert [len(half) for half in found.halves] == [k // 2, k - k // 2]


def test_from_nineteen_items_on_the_split_is_searched_and_says_so():
    structure = answers(3, 80, 20).cov().to_numpy()
    signs = np.array(list(combinations(range(1, 20), 9)))
    every = np.full((len(signs), 20), -1.0)
    np.put_along_axis(every, np.hstack([np.zeros((len(signs), 1), int), signs]), 1.0, axis=1)
    least = np.einsum("nk,nk->n", every @ structure, every).min()
    found = lambda4_of_split(structure, best_split(structure))
    assert found == pytest.approx(1 - least / structure.sum(), abs=1e-12)
    said = split_half(answers(3, 80, 20), scale_of(20))
    assert said.method == "search from 200 starts"
    assert said.lambda4 == split_half(answers(3, 80, 20), scale_of(20), seed=9).lambda4


def test_items_that_measure_alike_have_one_reliability():
    rng = np.random.default_rng(1)
    root = np.linalg.cholesky(np.full((6, 6), 0.5) + 0.5 * np.eye(6))
    x = rng.standard_normal((50, 6))
    x -= x.mean(axis=0)
    exact = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T @ root.T
    data = pd.DataFrame(exact, columns=[f"t{item}" for item in range(6)])
    found = split_half(data, Scale("trust", list(data.columns), -9, 9))
    for value in (found.spearman_brown, found.lambda2, found.lambda4, found.odd_even_lambda4):
        assert value == pytest.approx(6 * 0.5 / (1 + 5 * 0.5), abs=1e-10)


def test_lambda2_is_never_below_alpha():
    for seed in range(10):
        data = answers(seed, 40, 5)
        assert split_half(data, scale_of(5)).lambda2 >= alpha(data, scale_of(5)).estimate


def test_a_reversed_item_is_turned_round_first():
    data = answers(4, 90, 4)
    turned = split_half(data.assign(t1=6 - data["t1"]), scale_of(4, reverse=["t1"]))
    assert turned.lambda4 == pytest.approx(split_half(data, scale_of(4)).lambda4, abs=1e-12)


def test_an_item_keyed_wrongly_is_suspected():
    data = answers(4, 90, 2).assign(t1=lambda frame: 6 - frame["t1"])
    found = split_half(data, scale_of(2))
    assert found.odd_even_r < 0
    assert any("keyed wrongly" in note for note in found.notes)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (answers(5, 40, 1), "needs 2 items; the scale has 1"),
        (answers(5, 40, 3).assign(t1=4.0), "constant item"),
        (answers(5, 1, 3), "needs 2 rows"),
        (answers(5, 40, 1).assign(t1=lambda frame: 6 - frame["t0"]), "cancel out"),
    ],
)
def test_what_is_not_computable_has_its_reason(data, reason):
    found = split_half(data, scale_of(data.shape[1]))
    assert found.to_dict()["lambda4"] is None
    assert found.halves is None
    assert reason in found.notes[0]


def test_items_in_perfect_agreement_have_no_lambda6_but_the_rest():
    data = answers(6, 40, 2).assign(t2=lambda frame: frame["t0"])
    found = split_half(data, scale_of(3))
    assert found.lambda6 is None
    assert found.lambda2 is not None
    assert "no λ6: the items are linearly dependent" in found.notes


def test_a_half_that_does_not_vary_has_no_correlation():
    data = answers(7, 60, 2).assign(t2=lambda frame: 6 - frame["t0"])
    found = split_half(data, scale_of(3))
    assert (found.odd_even_r, found.spearman_brown) == (None, None)
    assert "one half does not vary" in found.notes[0]


def test_codes_left_in_are_refused_and_so_are_unknown_choices():
    with pytest.raises(OutOfRange, match="-99"):
        split_half(answers(8, 30, 3).assign(t1=-99), scale_of(3))
    with pytest.raises(UnknownChoice, match="missing is 'fiml'"):
        split_half(answers(8, 30, 3), scale_of(3), missing="fiml")


def test_the_result_is_a_row_of_a_frame():
    data = answers(9, 50, 4)
    row = split_half(data, scale_of(4)).to_frame().iloc[0]
    assert row["lambda2"] == split_half(data, scale_of(4)).lambda2
    assert row["n_used"] == Moments.of(data, scale_of(4)).n_answered
