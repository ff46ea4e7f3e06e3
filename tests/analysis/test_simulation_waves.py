"""Simulated waves and sides: their shape, that the truth is true, and that analyses find it."""

import hashlib
import json

import numpy as np
import polars as pl
import pytest

from analysis.assessment import assess
from analysis.change import trend
from analysis.coorientation_states import FALSE_CONSENSUS
from analysis.crossed import crossed
from analysis.errors import UnknownChoice
from analysis.scale_assessment import Choices
from analysis.scales_file import read_scales
from analysis.scoring import score
from analysis.side_assessment import assess_sides
from analysis.simulation import Design, Planted, scales_toml, simulate

FINE = {"low": 0, "high": 200, "sd": 10.0}  # rounding takes nothing off there
BOTH = {"waves": 3, "sides": 2, "accuracy": 0.8}
CHOICES = Choices("pairwise", None, 0.95, 1, 1, "partner")

AS_BEFORE = {
    "plain": (Design(partners=4, raters=6, missing=0.1), "3474d1d9c5300bf8", "b68f084db379bf4d"),
    "crossed": (
        Design(
            partners=6,
            raters=5,
            each=3,
            constructs=("a", "b"),
            severity=0.2,
            reverse=1,
            mean=3.9,
        ),
        "d88a3f723f600e7f",
        "85d3cf544025f188",
    ),
}


def rounded(value):
    """Return a document with its floats to nine digits, as any processor gives them."""
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def true_scores(found, construct="trust"):
    """Return true scores `(sides, waves, partners)`."""
    design = found.truth["design"]
    scores = [row["score"] for row in found.truth["partners"][construct]]
    return np.reshape(scores, (design["sides"], design["waves"], design["partners"]))


@pytest.mark.parametrize("name", AS_BEFORE)
def test_one_wave_of_one_side_is_what_it_was_before_there_were_several(name):
    design, answers, truth = AS_BEFORE[name]
    found = simulate(design, 11)
    assert digest(found.frame.write_csv()) == answers
    assert digest(json.dumps(rounded(found.truth))) == truth


def test_every_partner_is_rated_in_every_wave_from_both_sides():
    found = simulate(Design(partners=3, raters=4, items=2, groups=(0.5, 0), **BOTH), 1)
    frame = found.frame
    items = ["trust_1", "trust_2", "trust_1__meta", "trust_2__meta"]
    assert frame.columns == ["rater", "partner", "wave", "side", "rater_group", *items]
    cells = frame.group_by("partner", "wave", "side").len()
    assert cells.height == 3 * 3 * 2
    assert cells["len"].unique().to_list() == [4]
    assert frame["side"].unique(maintain_order=True).to_list() == ["ours", "theirs"]
    assert frame.group_by("rater").agg(pl.col("side", "rater_group").n_unique()).max().row(0)[
        1:
    ] == (
        1,
        1,
    )
    assert found.truth["partners"]["trust"][0].keys() == {
        "partner",
        "wave",
        "side",
        "score",
        "rank",
        "guess",
        "state",
    }


def test_guesses_are_scales_that_are_read_back(tmp_path):
    found = simulate(Design(reverse=1, items=2, **BOTH), 1)
    assert [scale.name for scale in found.scales] == ["trust", "trust__meta"]
    file = tmp_path / "scales.toml"
    file.write_text(scales_toml(found))
    assert read_scales(file).scales == found.scales


def test_raters_come_back_as_often_as_asked_for():
    frame = simulate(Design(partners=40, raters=25, waves=2, retained=0.7, items=1), 1).frame
    waves = [set(frame.filter(pl.col("wave") == wave)["rater"]) for wave in (1, 2)]
    assert len(waves[0] & waves[1]) / len(waves[0]) == pytest.approx(0.7, abs=0.05)
    fresh = simulate(Design(waves=2, items=1), 1).frame
    assert fresh["rater"].n_unique() == fresh.height


def test_severity_comes_back_with_its_rater():
    design = Design(partners=60, raters=20, waves=2, retained=1, severity=0.4, **FINE)
    found = simulate(design, 1)
    values = score(found.frame, found.scales).values["trust"].reshape(2, 60, 20)
    first, second = values - values.mean(axis=2, keepdims=True)
    # severity .4 of the variance of a score within partners, 1 less the partners' .15
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0.4 / 0.85, abs=0.06)


def test_true_scores_correlate_over_waves_and_between_sides_as_asked_for():
    design = Design(
        partners=4_000, raters=1, items=1, waves=2, sides=2, stability=0.8, agreement=0.5, **FINE
    )
    scores = true_scores(simulate(design, 1)).reshape(4, -1)
    found = np.corrcoef(scores)
    assert found[0, 1] == pytest.approx(0.8, abs=0.03)
    assert found[0, 2] == pytest.approx(0.5, abs=0.04)
    assert found[0, 3] == pytest.approx(0.4, abs=0.04)
    steady = true_scores(simulate(Design(waves=3), 1))
    assert np.ptp(steady, axis=1).max() == 0


def test_true_scores_and_guesses_are_what_many_raters_give():
    design = Design(
        partners=3, raters=6_000, items=2, severity=0.2, groups=(0.6, 0, -0.1), icc=0.3, mean=4,
        sides=2, accuracy=0.3, agreement=0.2,
    )  # fmt: skip
    found = simulate(design, 3)
    values = score(found.frame, found.scales).values
    for scale, key in (("trust", "score"), ("trust__meta", "guess")):
        means = values[scale].reshape(2, 3, 6_000).mean(axis=2).ravel()
        true = [row[key] for row in found.truth["partners"]["trust"]]
        assert means == pytest.approx(true, abs=0.04)


def test_groups_of_raters_differ_by_their_points():
    design = Design(raters=400, groups=(4.0, 0.0), partners=3, **FINE)
    found = simulate(design, 1)
    values = score(found.frame, found.scales).values["trust"]
    mild = (found.frame["rater_group"] == "g1").to_numpy()
    assert values[mild].mean() - values[~mild].mean() == pytest.approx(4, abs=1.5)


def test_planted_facts_are_true():
    planted = Planted(
        falling=((1, 0.3),),
        widening=((2, 0.4),),
        false_consensus=((3, 1.6),),
        tied=(4, 5),
        few=((6, 2),),
    )
    found = simulate(Design(partners=8, planted=planted, stability=0.5, **BOTH), 1)
    scores = true_scores(found)
    fall = np.diff(scores[:, :, 0], axis=1)
    assert fall == pytest.approx(fall * 0 - 0.27, abs=0.05)  # a little less than on no scale
    assert scores[0, 0, 1] == scores[1, 0, 1]
    assert np.all(np.diff(scores[1, :, 1] - scores[0, :, 1]) > 0.2)
    assert np.all(scores[0, :, 2] - scores[1, :, 2] > 1.2)
    assert np.array_equal(scores[:, :, 3], scores[:, :, 4])
    assert np.all(scores[:, :, 3] > scores[:, :, 5:].max(axis=2))
    states = {row["state"] for row in found.truth["partners"]["trust"] if row["partner"] == "p3"}
    assert states == {FALSE_CONSENSUS}
    few = found.frame.filter(pl.col("partner") == "p6")
    assert few.group_by("wave", "side").len()["len"].unique().to_list() == [2]


def test_trends_agreement_and_states_are_found_where_they_are():
    planted = Planted(falling=((1, 0.5),), false_consensus=((2, 1.6),))
    found = simulate(Design(partners=6, raters=25, items=3, planted=planted, **BOTH), 5)
    parts = assess(found.frame, found.scales, partner="partner", side="side", wave="wave").parts
    named = {(each.partner, each.rule) for _, each in parts.warnings.rows}
    assert named == {("p1", "falling"), ("p2", "false consensus")}
    row = next(row for row in parts.waves["trust"].trend.rows if row.partner == "p1")
    slope = np.polyfit([1, 2, 3], true_scores(found)[0, :, 0], 1)[0]
    assert row.ci_low < slope < row.ci_high < 0
    pair = parts.two_sides.scales["trust"]["p2"]
    assert pair.state_a == pair.state_b == FALSE_CONSENSUS


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"waves": 0}, "waves is 0"),
        ({"sides": 3}, "give 1 or 2"),
        ({"waves": 2, "stability": 1.2}, "stability is 1.2"),
        ({"stability": 0.5}, "need 2 waves"),
        ({"retained": 0.5}, "need 2 waves"),
        ({"accuracy": 0.5}, "of both sides"),
        ({"groups": (1.0,)}, "two numbers or more"),
        ({"groups": (1.0, float("inf"))}, "two numbers or more"),
        ({"waves": 2, "planted": Planted(falling=((13, 1),))}, "from 1 to 12"),
        ({"waves": 2, "planted": Planted(falling=((1, 1), (1, 2)))}, "each once"),
        ({"waves": 2, "planted": Planted(falling=((1, float("nan")),))}, "give numbers"),
        ({"planted": Planted(falling=((1, 1),))}, "2 waves"),
        ({"waves": 2, "planted": Planted(widening=((1, 1),))}, "both sides"),
        ({"sides": 2, "planted": Planted(false_consensus=((1, 1),))}, "needs guesses"),
        ({"planted": Planted(tied=(1,))}, "two or more"),
        ({"planted": Planted(few=((1, 0),))}, "1 or more"),
        ({"waves": 2_000, "raters": 10_000}, "simulate fewer"),
    ],
)
def test_waves_and_sides_that_contradict_themselves_are_refused(given, told):
    with pytest.raises(UnknownChoice, match=told):
        Design(**given)


@pytest.mark.durability
def test_crossed_raters_who_return_are_told_from_partners():
    design = Design(
        partners=60, raters=20, each=4, waves=2, retained=0.8, icc=0.2, severity=0.3, **FINE
    )
    found = simulate(design, 1)
    values = score(found.frame, found.scales).values["trust"]
    shares = crossed(values, found.frame["rater"], found.frame["partner"]).shares
    assert shares["rater"] == pytest.approx(0.3, abs=0.06)


@pytest.mark.durability
@pytest.mark.parametrize("raters", [6, 20])
def test_intervals_of_trends_gaps_and_guesses_hold_the_truth(raters):
    inside = {"trend": [], "agreement": [], "congruency_a": [], "accuracy_b": []}
    wrong = []
    design = Design(
        partners=8, raters=raters, waves=3, sides=2, accuracy=0.4, stability=1, icc=0.3,
        agreement=0.2, planted=Planted(falling=((1, 0.3),)),
    )  # fmt: skip
    for seed in range(250):
        found = simulate(design, seed)
        scores = true_scores(found)
        rows = found.truth["partners"]["trust"]
        guess = np.reshape([row["guess"] for row in rows], scores.shape)
        ours = found.frame.filter(pl.col("side") == "ours")
        values = score(ours, found.scales).values["trust"]
        lines = trend(values, ours["partner"], ours["wave"]).rows
        slopes = np.polyfit(np.arange(3), scores[0], 1)[0]
        inside["trend"] += [
            row.ci_low <= slope <= row.ci_high for row, slope in zip(lines, slopes, strict=True)
        ]
        last = found.frame.filter(pl.col("wave") == 3)
        sides = [last.filter(pl.col("side") == side) for side in ("ours", "theirs")]
        pairs = assess_sides(*sides, found.scales, ("ours", "theirs"), CHOICES)
        a, b = scores[:, 2]
        true = {"agreement": a - b, "congruency_a": a - guess[0, 2], "accuracy_b": guess[1, 2] - a}
        for at, pair in enumerate(pairs.scales["trust"].values()):
            for name, values in true.items():
                gap = getattr(pair, name)
                inside[name].append(gap.ci_low <= values[at] <= gap.ci_high)
            believes = [state == FALSE_CONSENSUS for state in (pair.state_a, pair.state_b)]
            wrong += [any(believes)] * int(abs(a - b)[at] < 0.1)
    for name, held in inside.items():
        assert 0.93 <= np.mean(held) <= 0.97, name
    assert np.mean(wrong) <= 0.07
