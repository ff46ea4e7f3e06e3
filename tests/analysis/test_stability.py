"""Test-retest against R, by definition, and by simulated coverage of its intervals."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import BadFrame, NotComputable, OutOfRange, UnknownChoice
from analysis.icc import correlation, icc, mean_squares
from analysis.scale import Scale
from analysis.stability import reliable_change, retest

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "stability.json").read_text())
CASES = [case for case in STORED if case != "versions"]
CLOSED = {"rel": 1e-10, "abs": 1e-10}
ANY = Scale("trust", ("score",), -20, 20)

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def scores_of(case):
    table = pd.read_csv(HERE / "stability.csv")
    return table.loc[table["case"] == case].drop(columns="case").dropna(axis=1).to_numpy()


def long(scores):
    n, k = scores.shape
    return pd.DataFrame(
        {
            "who": np.tile(np.arange(n), k),
            "wave": np.repeat([f"w{wave + 1}" for wave in range(k)], n),
            "score": scores.T.ravel(),
        }
    )


def limits(found):
    return [found.estimate, found.ci_low, found.ci_high]


def assert_as_in_r(case, stored):
    scores = scores_of(case)
    assert limits(icc(scores, ci="f")) == pytest.approx(stored["agreement"], **CLOSED)
    assert limits(icc(scores, kind="consistency")) == pytest.approx(stored["consistency"], **CLOSED)
    if scores.shape[1] > 2:
        return
    found = retest(long(scores), ANY, respondent="who", wave="wave")
    assert limits(found.r) == pytest.approx(stored["r"], **CLOSED)
    for name in ("mean_change", "sd_change", "sem", "sdc"):
        assert getattr(found, name) == pytest.approx(stored[name], **CLOSED), name
    assert (found.n_used, found.n_total) == (stored["n"], stored["n"])
    change = reliable_change(*scores.T, reliability=0.8)
    for name in ("error", "threshold", "risen", "fallen"):
        assert getattr(change, name) == pytest.approx(stored["rci"][name], **CLOSED), name
    assert change.index == pytest.approx(np.array(stored["rci"]["index"]), **CLOSED)


@pytest.mark.parametrize("case", CASES)
def test_simulated_scores_give_the_numbers_stored_from_r(case):
    assert_as_in_r(case, STORED[case])


def test_the_simulated_scores_are_those_of_their_script(tmp_path):
    import runpy  # noqa: PLC0415

    runpy.run_path(str(HERE / "simulate_stability.py"))["write"](tmp_path, seed=20250406)
    assert (tmp_path / "stability.csv").read_text() == (HERE / "stability.csv").read_text()


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_r_as_it_runs_here_gives_the_stored_stability(tmp_path):
    out = tmp_path / "stability.json"
    script, table = HERE / "stability.R", HERE / "stability.csv"
    subprocess.run(["Rscript", script, table, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in CASES:
        assert_as_in_r(case, fresh[case])


@real_data
def test_the_example_of_shrout_and_fleiss():
    stored = json.loads((SHARED / "shrout_fleiss1979.json").read_text())
    by_psych = stored["psych"]
    for kind, place in (("agreement", 1), ("consistency", 2)):
        found = limits(icc(np.array(stored["data"]), kind=kind, ci="f"))
        expected = [by_psych[name][place] for name in ("ICC", "lower bound", "upper bound")]
        assert found == pytest.approx(expected, **CLOSED)


@real_data
@pytest.mark.parametrize("name", ["JOBSAT", "COMMIT", "READY"])
def test_two_waves_of_real_scores(name):
    stored = json.loads((SHARED / "univbct_waves.json").read_text())[f"{name}_12"]
    with gzip.open(SHARED / "univbct_waves.csv.gz", "rt") as file:
        data = pd.read_csv(file)
    scores = data[stored["vars"]].to_numpy()
    found = retest(long(scores), ANY, respondent="who", wave="wave")
    assert found.n_used == stored["n"]
    assert found.r.estimate == pytest.approx(stored["r12"], **CLOSED)
    assert found.mean_change == pytest.approx(stored["paired_t"]["diff"], **CLOSED)
    for kind, place in (("agreement", 1), ("consistency", 2)):
        expected = [stored["icc"][key][place] for key in ("ICC", "lower bound", "upper bound")]
        assert limits(icc(scores, kind=kind, ci="f")) == pytest.approx(expected, **CLOSED)
    both = scores[~np.isnan(scores).any(axis=1)]
    change = reliable_change(*both.T, reliability=stored["r12"])
    expected = stored["rci_retest"]
    assert change.error == pytest.approx(expected["s_diff"], **CLOSED)
    assert change.threshold == pytest.approx(expected["crit"], rel=2e-5)  # R took 1.96
    assert (change.risen, change.fallen) == (expected["n_up"], expected["n_down"])
    assert change.index[:10] == pytest.approx(np.array(expected["first10"]), **CLOSED)


def test_mean_squares_by_definition():
    scores = scores_of("three")
    n, k = scores.shape
    grand = scores.mean()
    rows = sum(k * (row.mean() - grand) ** 2 for row in scores) / (n - 1)
    columns = sum(n * (column.mean() - grand) ** 2 for column in scores.T) / (k - 1)
    rest = sum(
        (scores[i, j] - scores[i].mean() - scores[:, j].mean() + grand) ** 2
        for i in range(n)
        for j in range(k)
    )
    expected = (rows, columns, rest / ((n - 1) * (k - 1)))
    assert mean_squares(scores) == pytest.approx(expected, rel=1e-12)


def test_a_shift_of_everybody_counts_for_agreement_only():
    scores = scores_of("stable")
    moved = scores + np.array([0, 1])
    assert icc(moved, kind="consistency").estimate == pytest.approx(
        icc(scores, kind="consistency").estimate, abs=1e-12
    )
    assert icc(moved).estimate < icc(scores).estimate - 0.2


def test_perfect_agreement_has_no_interval_and_no_error():
    scores = np.repeat([[1.0], [2], [4], [5]], 2, axis=1)
    found = retest(long(scores), ANY, respondent="who", wave="wave")
    assert limits(found.agreement) == [1, None, None]
    assert limits(found.consistency) == [1, None, None]
    assert limits(found.r) == [1, None, None]
    assert (found.sem, found.sdc, found.mean_change) == (0, 0, 0)
    assert any("agree perfectly" in note for note in found.notes)


def test_everybody_a_point_higher_is_no_perfect_agreement():
    scores = np.array([[1.0, 2], [2, 3], [4, 5], [3, 4]])
    found = icc(scores)
    assert found.estimate < 1
    assert found.ci_low < found.estimate < found.ci_high
    assert icc(scores, kind="consistency").estimate == 1


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((5, 2), 3.1), "all respondents have the same score"),
        (np.array([[1.0, 2]]), "needs 2 respondents"),
        (np.array([[1.0], [2.0]]), "needs 2 respondents on 2 occasions"),
    ],
)
def test_an_icc_that_is_not_computable_has_its_reason(scores, reason):
    found = icc(scores)
    assert found.estimate is None
    assert reason in found.notes[0]


def test_a_correlation_that_is_not_computable_has_its_reason():
    flat = correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3]))
    few = correlation(np.array([1.0, np.nan, 1]), np.array([1.0, 2, 3]))
    assert "all the same" in flat.notes[0]
    assert "needs 3 pairs; there are 2" in few.notes[0]
    assert "needs 4 pairs" in correlation(np.array([1.0, 2, 4]), np.array([1.0, 2, 3])).notes[0]


def test_respondents_are_matched_whatever_the_order_of_the_rows():
    data = long(scores_of("shifted"))
    turned = data.sample(frac=1, random_state=1)
    found = retest(turned, ANY, respondent="who", wave="wave", waves=("w2", "w1"))
    straight = retest(data, ANY, respondent="who", wave="wave")
    assert found.mean_change == pytest.approx(-straight.mean_change, abs=1e-12)
    assert found.r.estimate == pytest.approx(straight.r.estimate, abs=1e-12)


def test_only_respondents_seen_twice_count():
    data = long(scores_of("stable"))
    found = retest(data.drop(index=[3, 70]), ANY, respondent="who", wave="wave")
    assert (found.n_used, found.n_total, found.r.n_used) == (58, 60, 58)


def test_one_respondent_alone_has_reasons_instead_of_numbers():
    data = long(scores_of("stable")[:1])
    found = retest(data, ANY, respondent="who", wave="wave")
    assert (found.r.estimate, found.sem, found.sdc, found.sd_change) == (None, None, None, None)
    assert len(found.notes) == 3


def test_two_rows_of_one_respondent_in_a_wave_are_refused_unless_a_partner_tells_them_apart():
    data = pd.concat([long(scores_of("stable")).assign(partner=name) for name in "AB"])
    with pytest.raises(BadFrame, match="two rows in one wave; 'who' must"):
        retest(data, ANY, respondent="who", wave="wave")
    found = retest(data, ANY, respondent=["who", "partner"], wave="wave")
    assert found.n_used == 120


def test_waves_must_be_two_that_are_there():
    data = long(scores_of("three"))
    with pytest.raises(UnknownChoice, match="give two of them"):
        retest(data, ANY, respondent="who", wave="wave")
    with pytest.raises(UnknownChoice, match="'w1', 'w2', 'w3'"):
        retest(data, ANY, respondent="who", wave="wave", waves=("w1", "w9"))
    assert retest(data, ANY, respondent="who", wave="wave", waves=("w1", "w3")).second == "w3"


def test_items_are_scored_and_codes_refused():
    data = pd.DataFrame(
        {"who": [1, 2, 3] * 2, "wave": [1] * 3 + [2] * 3, "a": [1, 3, 5] * 2, "b": [5, 3, 2] * 2}
    )
    scale = Scale("trust", ("a", "b"), 1, 5, reverse=("b",))
    assert retest(data, scale, respondent="who", wave="wave").agreement.estimate == 1
    with pytest.raises(OutOfRange, match="-99"):
        retest(data.assign(a=-99), scale, respondent="who", wave="wave")


def test_reliable_change_needs_error_and_a_share():
    with pytest.raises(NotComputable, match="do not vary"):
        reliable_change(np.full(4, 3.0), np.arange(4.0), reliability=0.8)
    with pytest.raises(NotComputable, match="reliability is 1"):
        reliable_change(np.arange(4.0), np.arange(4.0), reliability=1)
    with pytest.raises(UnknownChoice, match=r"reliability is 1\.2"):
        reliable_change(np.arange(4.0), np.arange(4.0), reliability=1.2)
    gaps = reliable_change(
        np.array([1, 2, np.nan, 4]), np.array([1, np.nan, 3, 9]), reliability=0.5
    )
    assert (gaps.n_used, gaps.n_total, gaps.risen) == (2, 4, 1)


def test_the_result_is_three_rows_of_a_frame():
    found = retest(long(scores_of("stable")), ANY, respondent="who", wave="wave")
    frame = found.to_frame().set_index("statistic")
    assert frame.loc["agreement", "estimate"] == found.agreement.estimate
    assert found.to_dict()["consistency"]["ci_low"] == found.consistency.ci_low


def coverage(kind, n, reliability, shift, draws):
    """Share of 95 % intervals that hold the true ICC of two occasions whose means differ."""
    source = np.random.default_rng(n)
    truth = reliability / (1 + (shift**2 / 2 if kind == "agreement" else 0))
    held = 0
    for seed in range(draws):
        true = source.standard_normal((n, 1)) * np.sqrt(reliability)
        noise = source.standard_normal((n, 2)) * np.sqrt(1 - reliability)
        found = icc(true + noise + np.array([0, shift]), kind=kind, seed=seed)
        held += found.ci_low <= truth <= found.ci_high
    return held / draws


def test_the_draws_of_the_pivotal_interval_repeat_with_their_seed():
    scores = scores_of("shifted")
    assert icc(scores) == icc(scores, seed=1)
    assert icc(scores).ci_low == pytest.approx(icc(scores, seed=2).ci_low, abs=0.01)
    with pytest.raises(UnknownChoice, match="ci is 'wald'"):
        icc(scores, ci="wald")


@pytest.mark.parametrize(("kind", "shift"), [("consistency", 0.5), ("agreement", 0.5)])
def test_the_interval_of_the_icc_holds_the_truth(kind, shift):
    assert 0.91 <= coverage(kind, 40, 0.7, shift, 300) <= 0.985


@pytest.mark.durability
@pytest.mark.parametrize("n", [15, 150])
@pytest.mark.parametrize("reliability", [0.3, 0.9])
@pytest.mark.parametrize("shift", [0, 0.4, 1.4])
@pytest.mark.parametrize("kind", ["consistency", "agreement"])
def test_the_interval_of_the_icc_holds_the_truth_from_low_to_high(kind, shift, reliability, n):
    assert 0.935 <= coverage(kind, n, reliability, shift, 2_000) <= 0.965
