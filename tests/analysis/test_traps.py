"""Each trap of real data, through a whole assessment: a number, or the reason why there is none."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis import RefusedData, assess

KEY = {
    "trust": {"items": ["t1", "t2", "t3", "t4"], "low": 1, "high": 5, "reverse": ["t4"]},
    "quality": {"items": ["q1", "q2", "q3"], "low": 1, "high": 5},
    "pair": {"items": ["p1", "p2"], "low": 1, "high": 5},
}


@pytest.fixture(scope="module")
def sound():
    """Twelve partners of ten raters, three scales that go together."""
    source = np.random.default_rng(1)
    who = np.repeat([f"P{i:02}" for i in range(12)], 10)
    level = 0.5 * source.standard_normal(12)[np.repeat(np.arange(12), 10)]
    columns = {"partner": who}
    for scale in KEY.values():
        latent = 3 + level + 0.8 * source.standard_normal(120)
        for item in scale["items"]:
            raw = np.clip(np.rint(latent + 0.7 * source.standard_normal(120)), 1, 5)
            columns[item] = 6 - raw if item == "t4" else raw
    return pd.DataFrame(columns)


ONE = {"quality": KEY["quality"]}  # partners take long: one scale will do


def document(data, key=KEY, partner=None):
    found = assess(data, key, partner=partner).to_dict()
    json.dumps(found, allow_nan=False)  # nothing is silently no number
    return found


def test_a_reversed_item_left_so_is_named(sound):
    key = {**KEY, "trust": {**KEY["trust"], "reverse": []}}
    found = document(sound, key)
    assert any(
        p["item"] == "t4" and "revers" in p["message"] + p["action"] for p in found["problems"]
    )
    right = document(sound)["scales"]["trust"]["alpha"]["estimate"]
    assert found["scales"]["trust"]["alpha"]["estimate"] < right - 0.2


def test_a_constant_item_leaves_its_scale_without_alpha_and_the_others_as_they_are(sound):
    found = document(sound.assign(q1=4.0))["scales"]
    assert "constant item" in found["quality"]["alpha"]["notes"][0]
    assert found["trust"] == document(sound)["scales"]["trust"]


def test_a_heywood_case_is_no_omega(sound):
    source = np.random.default_rng(4)
    first = sound["q1"].to_numpy()
    near = np.clip(first + source.integers(-1, 2, 120) * (source.random(120) < 0.2), 1, 5)
    found = document(sound.assign(q2=near, q3=source.integers(1, 6, 120)))["scales"]["quality"]
    assert found["omega_total"] is None
    assert "negative variance" in found["omega_total_ci"]["notes"][0]


def test_an_item_that_is_another_once_more_is_no_factor_model(sound):
    found = document(sound.assign(q2=sound["q1"]))
    assert "linearly dependent" in found["factors"]["reason"]
    assert "linearly dependent" in found["scales"]["quality"]["omega_total_ci"]["notes"][0]
    assert found["scales"]["quality"]["alpha"]["estimate"] is not None


def test_pairwise_covariances_that_no_data_can_have_are_no_alpha(sound):
    gaps = sound.copy()
    third = np.arange(120) % 3
    gaps["q1"], gaps["q2"], gaps["q3"] = (np.tile([1.0, 5.0], 60) for _ in range(3))
    gaps.loc[third == 0, "q3"] = gaps.loc[third == 1, "q2"] = gaps.loc[third == 2, "q1"] = np.nan
    gaps.loc[third == 2, "q3"] = 6 - gaps.loc[third == 2, "q3"]
    notes = document(gaps)["scales"]["quality"]["alpha"]["notes"]
    assert "contradict each other (a negative eigenvalue)" in notes[0]


def test_items_that_nobody_answered_together_are_no_alpha(sound):
    apart = sound.copy()
    half = np.arange(120) % 2 == 0
    apart.loc[half, ["q1"]], apart.loc[~half, ["q2"]] = np.nan, np.nan
    notes = document(apart)["scales"]["quality"]["alpha"]["notes"]
    assert "needs 2 rows that answered 'q1' and 'q2'; there are 0" in notes[0]


def test_a_code_left_in_is_refused(sound):
    with pytest.raises(RefusedData, match="-99"):
        assess(sound.assign(t2=-99.0), KEY, partner="partner")


def test_two_items_have_alpha_and_say_why_no_omega(sound):
    found = document(sound)["scales"]["pair"]
    assert found["alpha"]["ci_low"] < found["alpha"]["estimate"] < found["alpha"]["ci_high"]
    assert "needs 3 items; the scale has 2" in found["omega_total_ci"]["notes"][0]


def test_a_partner_with_one_rater_has_a_score_and_no_interval_of_its_own(sound):
    found = document(sound.drop(sound.index[1:10]), ONE, "partner")["partners"]["quality"]
    row = next(row for row in found if row["partner"] == "P00")
    assert (row["n"], row["ci_low"], row["ci_high"]) == (1, None, None)
    assert row["shrunken_ci_low"] < row["shrunken"] < row["shrunken_ci_high"]


def test_partners_of_one_rater_each_cannot_be_told_apart(sound):
    alone = sound.head(40).assign(partner=[f"P{i:03}" for i in range(40)])
    found = document(alone, ONE, "partner")
    assert found["aggregation"]["quality"]["icc1_reml"] is None
    assert found["settings"]["cluster"] == "partner"
    assert found["scales"]["quality"]["clustering"]["design_effect"] is None


def test_raters_of_a_partner_who_all_agree_are_no_certainty(sound):
    same = sound.copy()
    same.loc[same["partner"] == "P00", KEY["quality"]["items"]] = 4.0
    rows = document(same, ONE, "partner")["partners"]["quality"]
    row = next(row for row in rows if row["partner"] == "P00")
    assert row["mean"] == 4.0
    assert row["shrunken_ci_low"] < 4.0


def test_perfect_agreement_everywhere_is_said(sound):
    same = sound.copy()
    same[KEY["quality"]["items"]] = (np.arange(120)[:, None] // 10 % 5 + 1.0).repeat(3, axis=1)
    found = document(same, ONE, "partner")
    assert found["scales"]["quality"]["alpha"]["estimate"] == pytest.approx(1)
    assert any("agree" in note for note in found["aggregation"]["quality"]["notes"])
