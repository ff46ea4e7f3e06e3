"""Composites and their weights: brute force, exact cases, R, and known truth."""

import json
import shutil
import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from analysis.composite import composite
from analysis.errors import NotComputable, UnknownChoice
from analysis.partners import partner_scores
from analysis.scale import Scale
from analysis.scoring import score
from analysis.weights import weight_sensitivity

HERE = Path(__file__).parent / "reference"
STORED = json.loads((HERE / "composite.json").read_text())
TRUST = Scale("trust", ("t1", "t2"), 1, 5)
QUALITY = Scale("quality", ("q1", "q2", "q3"), 1, 5)


def answers(seed, rows=60):
    source = np.random.default_rng(seed)
    common = source.standard_normal((rows, 1))
    raw = 3 + common + source.standard_normal((rows, 5))
    columns = ["t1", "t2", "q1", "q2", "q3"]
    frame = pd.DataFrame(np.clip(np.round(raw), 1, 5), columns=columns)
    return frame.assign(who=np.repeat(["a", "b", "c", "d", "e", "f"], rows // 6))


def assert_as_in_r(stored):
    keys = json.loads((HERE / "scales_keys.json").read_text())["complete"]
    scales = Scale.from_key({name: keys[name] for name in stored["weights"]})
    found = composite(pd.read_csv(HERE / "scales_complete.csv"), scales, stored["weights"])
    exact = {"rel": 1e-10}
    assert found.reliability == pytest.approx(stored["reliability"], **exact)
    for field in ("alpha", "sd", "share"):
        assert [getattr(part, field) for part in found.parts] == pytest.approx(
            stored[field], **exact
        )
    assert np.mean(found.values) == pytest.approx(stored["mean"], **exact)
    assert np.var(found.values, ddof=1) == pytest.approx(stored["variance"], **exact)


def test_a_simulated_composite_has_the_numbers_of_r():
    assert_as_in_r(STORED)


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_a_composite_has_the_numbers_of_r_as_it_runs_here(tmp_path):
    command = ["Rscript", HERE / "composite.R", HERE, tmp_path / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    assert_as_in_r(json.loads((tmp_path / "out.json").read_text()))


def test_partners_are_scored_by_the_weighted_means():
    data = answers(1)
    found = composite(data, [TRUST, QUALITY], {"trust": 1, "quality": 3}, partner="who")
    scores = score(data, [TRUST, QUALITY]).values  # noqa: PD011 - a dictionary
    by_hand = (scores["trust"] + 3 * scores["quality"]) / 4
    assert found.table.rows == partner_scores(by_hand, data["who"]).rows
    assert sum(part.share for part in found.parts) == pytest.approx(1)
    assert (found.low, found.high) == (1, 5)


def test_one_scale_is_as_reliable_as_its_alpha():
    data = answers(1)
    found = composite(data, [TRUST, QUALITY], {"quality": 7})
    assert found.reliability == pytest.approx(found.parts[0].alpha)
    assert found.parts[0].share == pytest.approx(1)


def test_two_equal_scales_are_as_reliable_as_stratified_alpha():
    data = answers(2)
    found = composite(data, [TRUST, QUALITY], {"trust": 2, "quality": 3})  # sums of their items
    trust, quality = data[["t1", "t2"]].sum(axis=1), data[["q1", "q2", "q3"]].sum(axis=1)
    error = sum(
        part.var() * (1 - each.alpha)
        for part, each in zip((trust, quality), found.parts, strict=True)
    )
    assert found.reliability == pytest.approx(1 - error / (trust + quality).var())


def test_the_reliability_is_the_squared_correlation_with_the_truth():
    source = np.random.default_rng(3)
    true = source.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 40_000)
    noise = source.standard_normal((40_000, 5))
    raw = np.column_stack([true[:, [0, 0]], true[:, [1, 1, 1]]]) + noise
    data = pd.DataFrame(raw, columns=["t1", "t2", "q1", "q2", "q3"])
    wide = [Scale("trust", ("t1", "t2"), -9, 9), Scale("quality", ("q1", "q2", "q3"), -9, 9)]
    found = composite(data, wide, {"trust": 0.7, "quality": 0.3})
    r = np.corrcoef(found.values, true @ [0.7, 0.3])[0, 1]
    assert found.reliability == pytest.approx(r**2, abs=0.01)


def test_scales_of_different_ranges_meet_between_0_and_100():
    data = pd.DataFrame({"t1": [1.0, 5, 3], "likely": [0.0, 10, 10]})
    scales = [Scale("trust", ("t1",), 1, 5), Scale("likely", ("likely",), 0, 10)]
    found = composite(data, scales, {"trust": 1, "likely": 1})
    assert found.values.tolist() == [0, 100, 75]  # noqa: PD011
    assert (found.low, found.high) == (0, 100)
    assert found.reliability is None
    assert "'trust' has no alpha" in found.notes[0]


def test_rows_without_one_of_the_scores_have_no_composite():
    data = answers(1)
    data.loc[0, ["t1", "t2"]] = np.nan
    found = composite(data, [TRUST, QUALITY], {"trust": 1, "quality": 1})
    assert (found.n_used, found.n_total) == (59, 60)
    assert np.isnan(found.values[0])  # noqa: PD011


@pytest.mark.parametrize(
    ("rows", "reason"), [(0, "no row has"), (1, "only 1 row has"), (2, "all composites")]
)
def test_a_composite_that_does_not_vary_has_no_reliability(rows, reason):
    data = pd.DataFrame(dict.fromkeys(("t1", "t2", "q1", "q2", "q3"), [3.0] * rows), dtype=float)
    found = composite(data, [TRUST, QUALITY], {"trust": 1, "quality": 1})
    assert found.reliability is None
    assert reason in found.notes[0]


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({}, "no weights"),
        ({"trust": 0}, "'trust' is 0"),
        ({"trust": float("inf")}, "number above 0"),
        ({"fun": 1}, "'fun', which is no scale"),
    ],
)
def test_wrong_weights_are_refused(weights, told):
    with pytest.raises(UnknownChoice, match=told):
        composite(answers(1), [TRUST, QUALITY], weights)


def test_a_composite_is_plain_when_asked_for():
    found = composite(answers(1), [TRUST, QUALITY], {"trust": 1, "quality": 1}, partner="who")
    plain = json.loads(json.dumps(found.to_dict()))
    assert "values" not in plain
    assert plain["parts"][0]["weight"] == 0.5
    assert found.to_frame()["scale"].tolist() == ["trust", "quality"]


SCORES = {"trust": [5.0, 5, 3, 3, 4, 4], "quality": [2.0, 2, 3, 3, 3, 3]}
WHO = list("aabbcc")


def test_with_two_scales_the_share_of_weightings_is_known_exactly():
    # a leads b while w(trust)·2 > w(quality)·1; c is better than b on both, and leads where
    # w(trust)·1 < w(quality)·1.
    found = weight_sensitivity(
        SCORES, WHO, {"trust": 1, "quality": 1}, within=0.5, draws=100_000, seed=1
    )
    lead = {row.partner: row.lead for row in found.rows}
    assert lead == pytest.approx({"a": 0.5, "b": 0, "c": 0.5}, abs=0.01)
    assert sum(lead.values()) == pytest.approx(1)
    assert found.holds_within == pytest.approx(0)


def test_the_leader_holds_until_a_corner_of_the_box_says_otherwise():
    source = np.random.default_rng(7)
    scores = {name: source.normal(3, 1, 8) for name in "xyz"}
    weights = {"x": 0.5, "y": 0.3, "z": 0.2}
    found = weight_sensitivity(scores, list("aabbccdd"), weights, seed=1)
    table = np.column_stack([scores[name] for name in "xyz"]).reshape(4, 2, 3).mean(axis=1)
    leader = "abcd".index(found.rows[0].partner)

    def leads(off):
        corners = (
            np.array(list(weights.values())) * (1 + off * np.array(signs))
            for signs in product((-1, 1), repeat=3)
        )
        return all((table @ corner).argmax() == leader for corner in corners)

    assert found.holds_within is not None
    assert leads(found.holds_within - 1e-6)
    assert not leads(found.holds_within + 1e-6)


def test_who_is_best_on_every_scale_leads_whatever_the_weights():
    scores = {"trust": [5, 5, 3, 3], "quality": [4, 4, 3, 3]}
    found = weight_sensitivity(scores, list("aabb"), {"trust": 1, "quality": 2}, seed=1)
    assert found.holds_within is None
    assert found.rows[0].lead == 1
    assert found.sentence == (
        "a leads in 100\u00a0% of 10,000 weightings, and in 100\u00a0% when the chance in who "
        "answered is allowed for. It leads whatever the weights."
    )


def test_equal_composites_share_the_lead():
    scores = {"trust": [4.0, 4, 2], "quality": [4.0, 4, 2]}
    found = weight_sensitivity(scores, list("abc"), {"trust": 1, "quality": 1}, seed=1)
    assert [row.lead for row in found.rows] == [0.5, 0.5, 0]
    assert [(row.rank_low, row.rank_high) for row in found.rows] == [(1, 1), (1, 1), (3, 3)]
    assert found.rows[0].lead_with_chance is None
    assert found.sentence.startswith("a leads in 50\u00a0% of 10,000 weightings. It leads for")


def test_weights_that_are_fixed_leave_only_chance():
    source = np.random.default_rng(3)
    values = source.normal(3, 1, 40)
    who = np.repeat(["a", "b"], 20)
    found = weight_sensitivity({"x": values}, who, {"x": 1}, within=0, draws=50_000, seed=2)
    first, second = (values[who == name] for name in "ab")
    pooled = (first.var(ddof=1) + second.var(ddof=1)) / 2
    chance = ndtr(abs(first.mean() - second.mean()) / np.sqrt(pooled / 10))
    assert found.rows[0].lead == 1
    assert found.rows[0].lead_with_chance == pytest.approx(chance, abs=0.01)


def test_dirichlet_weights_have_the_published_ones_as_their_mean():
    found = weight_sensitivity(
        SCORES, WHO, {"trust": 3, "quality": 1}, scheme="dirichlet", concentration=8, seed=1
    )
    assert found.scheme == "dirichlet, of 8"
    # c leads a where w(trust) < 1/2: Beta(6, 2) lies below 1/2 with probability 1/16.
    lead = {row.partner: row.lead for row in found.rows}
    assert lead["c"] == pytest.approx(1 / 16, abs=0.01)


def test_small_partners_and_incomplete_rows_are_left_out():
    scores = {"trust": [5, 5, 3, 3, 1, np.nan], "quality": [2, 2, 3, 3, 5, 5]}
    found = weight_sensitivity(scores, list("aabbcc"), {"trust": 1, "quality": 1}, min_n=2, seed=1)
    assert {row.partner for row in found.rows} == {"a", "b"}
    assert (found.n_used, found.n_total) == (4, 6)


def test_the_same_seed_gives_the_same_shares():
    first, again = (
        weight_sensitivity(SCORES, WHO, {"trust": 1, "quality": 1}, seed=4) for _ in range(2)
    )
    assert first == again


def test_results_of_weights_are_plain():
    found = weight_sensitivity(SCORES, WHO, {"trust": 1, "quality": 1}, seed=4)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["weights"] == {"trust": 0.5, "quality": 0.5}
    assert found.to_frame()["lead"].tolist() == [row["lead"] for row in plain["rows"]]


@pytest.mark.parametrize(
    "choice",
    [
        {"within": 2},
        {"scheme": "mine"},
        {"concentration": 0},
        {"draws": 5},
        {"level": 95},
        {"weights": {"fun": 1}},
    ],
)
def test_choices_of_weights_that_make_no_sense_are_refused(choice):
    with pytest.raises(UnknownChoice):
        weight_sensitivity(SCORES, WHO, **{"weights": {"trust": 1}, **choice})


def test_a_lead_takes_two_partners():
    with pytest.raises(NotComputable, match="there are 1"):
        weight_sensitivity({"x": [1.0, 2]}, ["a", "a"], {"x": 1})
