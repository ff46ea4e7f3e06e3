"""Co-orientation: exact cases, R's numbers, what is hidden, and how often a state is wrong."""

import json
import runpy
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.coorientation import coorientation
from analysis.coorientation_evidence import standing
from analysis.coorientation_states import STATES, state
from analysis.errors import BadFrame, UnknownChoice
from analysis.gaps import APART, CLOSE, UNCLEAR, Gap, Sample, independent, pooled, related, verdict

HERE = Path(__file__).parent / "reference"
STORED = json.loads((HERE / "sides.json").read_text())
CASES = [name for name in STORED if name != "versions"]
BETWEEN = ("agreement", "accuracy_a", "accuracy_b")
WITHIN = ("congruency_a", "congruency_b")
CLOSED = {"rel": 1e-10, "abs": 1e-10}


def read(path, name):
    table = pd.read_csv(path)
    table = table[table["case"] == name]
    a, b = (table[table["side"] == side] for side in "ab")
    return coorientation(a["own"], b["own"], a["guess"], b["guess"])


def assert_as_in_r(found, stored, gaps):
    for gap in gaps:
        for field, theirs in stored[gap].items():
            assert getattr(getattr(found, gap), field) == pytest.approx(theirs, **CLOSED), gap


@pytest.mark.parametrize("name", CASES)
def test_differences_are_those_of_r(name):
    # Where a rater gave one answer only, the two means of a side are not those of t.test's pairs.
    compared = BETWEEN if name == "gaps" else (*BETWEEN, *WITHIN)
    assert_as_in_r(read(HERE / "sides.csv", name), STORED[name], compared)


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
@pytest.mark.parametrize("seed", [1, 2])
def test_fresh_sides_give_the_numbers_of_r_as_it_runs_here(seed, tmp_path):
    runpy.run_path(str(HERE / "simulate_sides.py"))["write"](tmp_path / "sides.csv", seed)
    command = ["Rscript", HERE / "sides.R", tmp_path / "sides.csv", tmp_path / "sides.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored = json.loads((tmp_path / "sides.json").read_text())
    for name in CASES:
        compared = BETWEEN if name == "gaps" else (*BETWEEN, *WITHIN)
        assert_as_in_r(read(tmp_path / "sides.csv", name), stored[name], compared)


def test_the_three_differences_add_up_whoever_left_something_out():
    found = read(HERE / "sides.csv", "gaps")
    assert found.a.n != found.a.n_guess
    assert found.agreement.estimate == pytest.approx(
        found.congruency_a.estimate + found.accuracy_a.estimate
    )
    assert -found.agreement.estimate == pytest.approx(
        found.congruency_b.estimate + found.accuracy_b.estimate
    )


def test_answers_given_by_some_raters_only_are_related_by_those_who_gave_both():
    # Brute force: the variance of the two sums, rater by rater.
    table = pd.read_csv(HERE / "sides.csv").query("case == 'gaps' and side == 'a'")
    own, guess = table["own"].to_numpy(), table["guess"].to_numpy()
    both = ~np.isnan(own) & ~np.isnan(guess)
    n, m = (~np.isnan(own)).sum(), (~np.isnan(guess)).sum()
    covariance = np.cov(own[both], guess[both])[0, 1]
    shares = [np.nanvar(own, ddof=1) / n, np.nanvar(guess, ddof=1) / m]
    squared = sum(shares) - 2 * sum(covariance / (n * m) for _ in range(both.sum()))
    found = coorientation(own, [3, 3, 4], guess).congruency_a
    assert found.se == pytest.approx(np.sqrt(squared))
    assert found.df == min(n, m) - 1


@pytest.mark.parametrize(
    ("agree", "believe", "expected"),
    [
        (CLOSE, CLOSE, "true consensus"),
        (APART, APART, "true dissensus"),
        (APART, CLOSE, "false consensus"),
        (CLOSE, APART, "false conflict"),
        (UNCLEAR, CLOSE, "cannot be told"),
        (APART, UNCLEAR, "cannot be told"),
        (APART, None, None),
    ],
)
def test_a_state_follows_from_what_is_and_what_is_believed(agree, believe, expected):
    wrong = Gap(1.4, ci_low=0.2, ci_high=2.6)
    believed = Gap(-1.6 if believe == APART else 0.1, verdict=believe)
    assert state(Gap(verdict=agree), believed, wrong) == expected
    assert expected is None or expected in STATES


def test_a_side_that_may_know_the_other_is_not_called_wrong():
    # The sides lie .7 apart and both know it: too little to be far apart, too much to be nothing.
    ours, theirs = [4, 4, 5, 3, 4, 4, 5, 3] * 2, [3, 4, 4, 2, 4, 3, 4, 3] * 2
    found = coorientation(ours, theirs, guess_a=theirs, guess_b=ours)
    assert (found.agreement.verdict, found.congruency_a.verdict) == (APART, CLOSE)
    assert (found.state_a, found.state_b) == ("cannot be told", "cannot be told")
    overdone = Gap(0.9, verdict=CLOSE), Gap(-0.4, ci_low=-0.7, ci_high=-0.1)
    assert state(Gap(0.5, verdict=APART), *overdone) == "cannot be told"  # it fears a wider gap


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.9, 0.9, CLOSE),
        (0.1, 0.9, CLOSE),  # surely different, and surely by less than matters
        (0.1, 1.1, APART),
        (-3.0, -0.1, APART),
        (-1.0, 0.5, UNCLEAR),
        (-2.0, 2.0, UNCLEAR),
    ],
)
def test_an_interval_tells_close_apart_or_nothing(low, high, expected):
    assert verdict(low, high, 1.0) == expected


def test_a_wider_margin_lets_more_be_close():
    ours, theirs = [4, 4, 5, 4, 4, 4, 5, 4], [3, 4, 4, 3, 4, 3, 4, 3]
    assert coorientation(ours, theirs, margin=0.3).agreement.verdict == APART
    assert coorientation(ours, theirs, margin=1.5).agreement.verdict == CLOSE


def test_one_rater_tells_nothing_and_it_is_said():
    found = coorientation([4], [2, 3, 2, 3], [4])
    assert found.agreement.estimate == 1.5
    assert found.agreement.ci_low is None
    assert (found.state_a, found.state_b) == ("cannot be told", None)
    assert "One rater" in found.notes[0]


def test_raters_who_all_agree_give_no_certainty():
    found = coorientation([4, 4, 4], [4, 4, 4], [4, 4, 4])
    assert found.agreement.estimate == 0
    assert found.agreement.ci_low is None
    assert found.state_a == "cannot be told"
    assert "gave the same answer" in found.notes[0]


def test_without_guesses_there_is_agreement_and_no_state():
    found = coorientation([4, 5, 4], [2, 3, 1])
    assert found.agreement.estimate == pytest.approx(7 / 3)
    assert found.congruency_a == Gap()
    assert (found.state_a, found.state_b) == (None, None)


@pytest.mark.parametrize("short", ["a", "b"])
def test_a_side_below_the_threshold_hides_everything(short):
    large, small = [4, 5, 4, 5, 3], [2, 3, 2, 1]
    sides = (small, large) if short == "a" else (large, small)
    found = coorientation(*sides, *sides, min_n=5)
    assert found.suppressed_reason == "one side has too few answers (fewer than 5)"
    document = found.to_dict()
    told = [v for name, v in document.items() if name not in _ALWAYS]
    assert {x for v in told for x in (v.values() if isinstance(v, dict) else [v])} == {None}


_ALWAYS = ("margin", "level", "suppressed_reason", "notes")


def test_guesses_of_too_few_raters_are_hidden_while_their_own_views_are_shown():
    own, guess = [4, 5, 4, 5, 3, 4], [3, 4, 3, 4, np.nan, np.nan]
    found = coorientation(own, [2, 3, 2, 1, 2], guess, min_n=5)
    assert found.agreement.n_first == 6
    assert found.a.guess is None
    assert (found.congruency_a, found.accuracy_a, found.state_a) == (Gap(), Gap(), None)


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadFrame, match="one guess per rater"):
        coorientation([1, 2, 3], [1, 2], [1, 2])
    with pytest.raises(UnknownChoice, match="margin"):
        coorientation([1, 2, 3], [1, 2], margin=0)
    with pytest.raises(UnknownChoice, match="level"):
        coorientation([1, 2, 3], [1, 2], level=95)


def test_results_are_plain_when_asked_for():
    found = read(HERE / "sides.csv", "many")
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert list(found.to_frame()["gap"]) == [BETWEEN[0], *WITHIN, *BETWEEN[1:]]


BASE, SPREAD, NOISE = 3.2, 0.55, 0.6


def answers(source, means, n, items):
    """Return own views and guesses: 1 to 5, a rater's two answers correlated about .45."""
    person = SPREAD * source.standard_normal(n)
    raw = np.asarray(means)[:, None, None] + person[:, None]
    noise = NOISE * source.standard_normal((2, n, items))
    return np.clip(np.rint(raw + noise), 1, 5).mean(axis=2)


def true_mean(mean):
    """Return the expected answer, rounding and ends of the scale included."""
    source = np.random.default_rng(99)
    return float(answers(source, (mean, mean), 400_000, 1).mean())


def simulate(gap, belief, sizes, *, items=1, runs=400, seed=1, margin=1.0):
    """Return the share of each state of side A, and of intervals that hold the truth."""
    source = np.random.default_rng(seed)
    a, b = BASE + gap / 2, BASE - gap / 2
    truth = {"agreement": (a, b), "congruency_a": (a, a - belief), "accuracy_a": (a - belief, b)}
    true = {name: true_mean(x) - true_mean(y) for name, (x, y) in truth.items()}
    states, inside = Counter(), Counter()
    for _ in range(runs):
        own_a, guess_a = answers(source, (a, a - belief), sizes[0], items)
        own_b, guess_b = answers(source, (b, b + belief), sizes[1], items)
        found = coorientation(own_a, own_b, guess_a, guess_b, margin=margin)
        states[found.state_a] += 1 / runs
        for name, value in true.items():
            gap_found = getattr(found, name)
            low, high = gap_found.ci_low, gap_found.ci_high
            inside[name] += (low is not None and low <= value <= high) / runs
    return states, inside


WORLDS = {
    "true consensus": (0.0, 0.0),
    "false conflict": (0.0, 1.5),
    "false consensus": (1.5, 0.0),
    "true dissensus": (1.5, 1.5),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_state_is_told_rarely_wrong(name):
    states, _ = simulate(*WORLDS[name], (10, 10))
    wrong = 1 - states[name] - states["cannot be told"]
    assert wrong <= 0.09  # nominal .05, and three Monte-Carlo standard errors
    assert states[name] > 0.2


@pytest.mark.durability
@pytest.mark.parametrize("sizes", [(5, 5), (5, 12), (10, 10), (20, 20), (40, 40)])
@pytest.mark.parametrize("name", WORLDS)
def test_a_state_is_told_rarely_wrong_at_any_size(name, sizes):
    states, _ = simulate(*WORLDS[name], sizes, runs=4000)
    wrong = 1 - states[name] - states["cannot be told"]
    assert wrong <= 0.07


@pytest.mark.durability
@pytest.mark.parametrize("sizes", [(10, 10), (8, 20), (30, 30)])
@pytest.mark.parametrize(("gap", "belief"), [(0.0, 0.0), (1.0, 0.5), (1.5, 0.0)])
def test_intervals_cover_at_their_level(gap, belief, sizes):
    _, inside = simulate(gap, belief, sizes, items=3, runs=4000, seed=5)
    for name, share in inside.items():
        assert 0.935 <= share <= 0.965, name


def test_a_difference_of_known_variances_collapses_to_the_textbook_case():
    # Equal sizes and variances: Welch's degrees of freedom are 2(n − 1).
    found = independent(Sample(9, 4.0, 0.5), Sample(9, 3.0, 0.5), level=0.9, margin=1)
    assert found.df == pytest.approx(16)
    assert found.se == pytest.approx(np.sqrt(1 / 9))
    # No rater in common: the variances simply add.
    apart = related(Sample(9, 4.0, 0.5), Sample(9, 3.0, 0.5), 0, 0.0, level=0.9, margin=1)
    assert apart.se == found.se


def test_groups_that_vary_alike_have_student_s_interval():
    source = np.random.default_rng(8)
    first, second = source.normal(3, 1, 7), source.normal(4, 1, 19)
    found = pooled(Sample.of(first), Sample.of(second), level=0.9, margin=1)
    theirs = stats.ttest_ind(first, second).confidence_interval(0.9)
    assert (found.ci_low, found.ci_high) == pytest.approx((theirs.low, theirs.high), **CLOSED)


def test_differences_and_states_of_chance_do_not_stand_among_many():
    source = np.random.default_rng(8)
    places = {
        place: coorientation(*source.normal(3, 1, (4, 8)), margin=1.0, level=0.95)
        for place in range(100)
    }
    ours = source.normal(4.5, 0.3, 12)
    sure = coorientation(ours, source.normal(2, 0.3, 12), ours - source.normal(0, 0.2, 12))
    flags = standing({"a": places | {"sure": sure}}, 0.95)
    told = [flags["a", place]["differs_stands"] for place in places]
    assert 2 <= sum(flag is not None for flag in told) <= 10
    assert not any(told)
    assert flags["a", "sure"] == {
        "differs_stands": True,
        "state_a_stands": True,
        "state_b_stands": None,
    }
    alone = standing({"a": {"sure": sure}}, 0.95)
    assert alone["a", "sure"]["state_a_stands"]
