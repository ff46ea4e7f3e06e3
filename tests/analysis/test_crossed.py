"""Raters crossed with partners: brute force, special cases, lme4, real data, coverage."""

import csv
import gzip
import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import mixed_equations
from analysis.crossed import crossed
from analysis.crossed_design import design
from analysis.errors import BadFrame, NotComputable, UnknownChoice
from analysis.mixed_equations import Equations
from analysis.partners import partner_scores

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "crossed.json").read_text())
CASES = [name for name in STORED if name != "versions"]
SCALARS = ("mu", "mu_se", "partner_variance", "rater_variance", "residual_variance")


def league(source, partners, raters, each, variances):
    """Let each rater rate some partners; return the true scores and the ratings."""
    own, severity, rest = np.sqrt(variances)
    true = own * source.standard_normal(partners)
    mild = severity * source.standard_normal(raters)
    rater = np.repeat(np.arange(raters), each)
    drawn = [source.choice(partners, each, replace=False) for _ in range(raters)]
    partner = np.concatenate(drawn)
    value = true[partner] + mild[rater] + rest * source.standard_normal(len(rater))
    return true, value, rater, partner


def by_hand(values, rater, partner, ratios):
    """Minus twice the restricted log-likelihood, and effects, from the whole covariance matrix."""
    factors = [np.eye(codes.max() + 1)[codes] for codes in (rater, partner)]
    n = len(values)
    matrix = np.eye(n) + sum(r * z @ z.T for r, z in zip(ratios, factors, strict=True))
    inverse, ones = np.linalg.inv(matrix), np.ones(n)
    weight = ones @ inverse @ ones
    mu = ones @ inverse @ values / weight
    rest = inverse @ (values - mu)
    rss = (values - mu) @ rest
    deviance = (n - 1) * (1 + np.log(2 * np.pi * rss / (n - 1)))
    deviance += np.linalg.slogdet(matrix)[1] + np.log(weight)
    effects = [r * z.T @ rest for r, z in zip(ratios, factors, strict=True)]
    known = [
        r * np.eye(z.shape[1]) - r**2 * z.T @ inverse @ z
        for r, z in zip(ratios, factors, strict=True)
    ]
    return deviance, mu, effects, [np.diag(each) for each in known]


@pytest.mark.parametrize("raters", [9, 4])
@pytest.mark.parametrize("dense", [True, False])
def test_the_equations_are_the_likelihood_of_the_whole_matrix(raters, dense, monkeypatch):
    monkeypatch.setattr(mixed_equations, "_DENSE", 10_000 if dense else 0)
    monkeypatch.setattr(mixed_equations, "_AT_ONCE", 10)
    source = np.random.default_rng(raters)
    rater, partner = source.integers(0, raters, 40), source.integers(0, 5, 40)
    values = source.standard_normal(40)
    found = design(values, rater, partner)
    equations = Equations(found.values, found.rater, found.partner, found.counts)
    for ratios in [(0.3, 0.7), (0.0, 0.5), (2.0, 0.0)]:
        solution = equations.solve(ratios)
        deviance, mu, effects, known = by_hand(values, rater, partner, ratios)
        assert solution.deviance == pytest.approx(deviance, rel=1e-10)
        assert solution.mu == pytest.approx(mu, rel=1e-10)
        for place in (0, 1):
            assert solution.effects[place] == pytest.approx(effects[place], abs=1e-10)
            spread = equations.variances(solution, place)
            assert spread == pytest.approx(known[place], abs=1e-10)


def test_the_slope_is_that_of_the_deviance():
    source = np.random.default_rng(3)
    found = design(source.standard_normal(50), source.integers(0, 8, 50), source.integers(0, 6, 50))
    equations = Equations(found.values, found.rater, found.partner, found.counts)
    slope = equations.slope(equations.solve((0.3, 0.7)))
    for place in (0, 1):
        ends = []
        for step in (1e-5, -1e-5):
            ratios = [0.3, 0.7]
            ratios[place] *= np.exp(step)
            ends.append(equations.solve(tuple(ratios)).deviance)
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-5)


def test_a_complete_design_gives_the_mean_squares_of_two_way_analysis_of_variance():
    source = np.random.default_rng(8)
    table = 0.8 * source.standard_normal((10, 1)) + 0.9 * source.standard_normal(6)
    table = table + 0.5 * source.standard_normal((10, 6))
    rater, partner = np.indices(table.shape)
    found = crossed(table.ravel(), rater.ravel(), partner.ravel())
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0)
    rest = ((table - rows - columns + table.mean()) ** 2).sum() / 45
    assert found.residual_variance == pytest.approx(rest, rel=1e-6)
    assert found.rater_variance == pytest.approx((6 * rows.var(ddof=1) - rest) / 6, rel=1e-6)
    between = (10 * columns.var(ddof=1) - rest) / 10
    assert found.partner_variance == pytest.approx(between, rel=1e-6)
    # Every rater rated everyone, so severity cancels: scores shrink the raw means alike.
    share = between / (between + rest / 10)
    shrunken = table.mean() + share * (columns - table.mean())
    assert [row.score for row in found.rows] == pytest.approx(shrunken, abs=1e-6)


def test_without_severity_the_scores_are_those_of_the_one_way_model():
    source = np.random.default_rng(4)
    _, values, rater, partner = league(source, 10, 60, 4, (0.4, 0.0, 0.6))
    values = values - 0.3 * np.tanh([values[rater == r].mean() for r in rater])  # less alike
    found = crossed(values, rater, partner)
    assert found.rater_variance == 0
    assert "No variance between raters was found." in found.notes
    table = partner_scores(values, partner)
    assert found.partner_variance == pytest.approx(table.tau2, rel=1e-5)
    assert found.residual_variance == pytest.approx(table.sigma2, rel=1e-5)
    for row, other in zip(found.rows, table.rows, strict=True):
        assert row.score == pytest.approx(other.shrunken, abs=1e-6)
        assert row.se == pytest.approx(other.shrunken_se, abs=1e-6)
        assert row.ci_low == pytest.approx(other.shrunken_ci_low, abs=0.005)
        assert row.ci_high == pytest.approx(other.shrunken_ci_high, abs=0.005)
        assert row.reliability == pytest.approx(other.reliability, abs=1e-6)


def test_a_partner_with_severe_raters_is_given_its_due():
    # Two partners of the same quality; one is rated by those who rate everyone low.
    source = np.random.default_rng(2)
    severity = np.repeat([-1.0, 1.0], 15)
    rater = np.repeat(np.arange(30), 4)
    partner = np.concatenate([[p, 2, 3, 4] for p in np.repeat([0, 1], 15)])
    values = 3 + severity[rater] + 0.3 * source.standard_normal(len(rater))
    found = crossed(values + (partner == 4), rater, partner)
    first, second = found.rows[:2]
    assert second.mean - first.mean > 1.7
    assert second.score - first.score < 0.3
    mild = [row.effect for row in found.raters]
    assert max(mild[:15]) < 0 < min(mild[15:])


def test_shares_add_up_and_are_told():
    source = np.random.default_rng(2)
    found = crossed(*league(source, 8, 30, 4, (0.2, 0.3, 0.5))[1:])
    assert sum(found.shares.values()) == pytest.approx(1)
    assert f"{100 * found.shares['rater']:.0f}\u00a0% between severe and mild" in found.sentence


@pytest.mark.parametrize(
    ("rater", "partner", "reason"),
    [
        ("abcdef", "xxyyzz", "Each rater rated one partner"),
        ("aabbcc", "xuyvzw", "Each partner was rated by one rater"),
        ("abcabc", "xxxxxx", "need 2 partners; there are 1"),
        ("aabbaa", [None] * 6, "need 2 partners; there are 0"),
    ],
)
def test_a_design_that_cannot_separate_says_why(rater, partner, reason):
    with pytest.raises(NotComputable, match=reason):
        crossed([1.0, 2, 3, 4, 3, 2], list(rater), list(partner))


def test_ratings_without_a_rest_or_a_difference_have_no_scores():
    rater, partner = np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5)
    with pytest.raises(NotComputable, match="without a rest"):
        crossed(rater * 0.3 + partner, rater, partner)
    with pytest.raises(NotComputable, match="All ratings are the same"):
        crossed(np.full(20, 4.0), rater, partner)


def test_groups_that_no_rater_links_are_named():
    rater = np.repeat(np.arange(12), 2)
    partner = np.array([*"ababbcacabbc", *"dedededededede"[:12]])
    values = np.random.default_rng(1).standard_normal(24)
    found = crossed(values, rater, partner)
    assert found.components == (("a", "b", "c"), ("d", "e"))
    assert "No rater links these 2 groups of partners: {a, b, c}, {d, e}." in found.notes[-1]


def test_many_groups_are_not_all_named():
    rater = np.repeat(np.arange(24), 2)
    partner = np.concatenate([[2 * g, 2 * g + 1] for g in range(12) for _ in range(2)])
    found = crossed(np.random.default_rng(1).standard_normal(48), rater, partner)
    assert "and 6 more. Between" in found.notes[-1]


def test_incomplete_rows_and_small_partners_enter_no_number():
    source = np.random.default_rng(6)
    _, values, rater, partner = league(source, 8, 30, 4, (0.2, 0.3, 0.5))
    whole = crossed(values, rater, partner)
    more = crossed(
        [*values, np.nan, 9, 9, 5, 5],
        [*rater.tolist(), 1, None, 2, 3, 4],
        [*partner.tolist(), 1, 2, None, 99, 99],
        min_n=3,
    )
    assert more.rows == whole.rows
    assert (more.n_used, more.n_total) == (120, 125)


def test_few_partners_get_no_interval():
    source = np.random.default_rng(6)
    found = crossed(*league(source, 3, 30, 2, (0.2, 0.3, 0.5))[1:])
    assert all(row.ci_low is None and row.ci_high is None for row in found.rows)
    assert "No intervals: they take 4 partners." in found.notes


def test_wrong_input_is_refused():
    with pytest.raises(BadFrame, match="1 raters"):
        crossed([1, 2], ["a"], ["x", "y"])
    with pytest.raises(UnknownChoice):
        crossed([1, 2], ["a", "b"], ["x", "y"], level=95)


def test_results_are_plain_and_silent_on_single_raters():
    source = np.random.default_rng(6)
    found = crossed(*league(source, 5, 30, 3, (0.2, 0.3, 0.5))[1:])
    plain = json.loads(json.dumps(found.to_dict()))
    assert "raters" not in plain
    assert plain["n_raters"] == 30
    assert found.to_frame()["score"].tolist() == [row["score"] for row in plain["rows"]]


def assert_as_in_lme4(data, stored):
    found = crossed(data["value"], data["rater"], data["partner"])
    for field in SCALARS:
        assert getattr(found, field) == pytest.approx(stored[field], rel=1e-5, abs=1e-6), field
    assert found.log_likelihood == pytest.approx(stored["log_likelihood"], abs=1e-6)
    for rows, of in ((found.rows, "partner"), (found.raters, "rater")):
        assert [getattr(row, of) for row in rows] == stored[of]["name"]
        assert [row.effect for row in rows] == pytest.approx(stored[of]["effect"], abs=1e-5)
        assert [row.se for row in rows] == pytest.approx(stored[of]["se"], abs=1e-5)


def read_cases(path):
    data = pd.read_csv(path)
    return {name: rows for name, rows in data.groupby("case")}  # noqa: C416 - a plain dictionary


@pytest.mark.parametrize("name", CASES)
def test_simulated_ratings_give_the_numbers_of_lme4(name):
    assert_as_in_lme4(read_cases(HERE / "crossed.csv")[name], STORED[name])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fresh_ratings_give_the_numbers_of_lme4_as_it_runs_here(seed, tmp_path):
    runpy.run_path(str(HERE / "simulate_crossed.py"))["write"](tmp_path / "crossed.csv", seed)
    command = ["Rscript", HERE / "crossed.R", tmp_path / "crossed.csv", tmp_path / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored = json.loads((tmp_path / "out.json").read_text())
    for name, data in read_cases(tmp_path / "crossed.csv").items():
        assert_as_in_lme4(data, stored[name])


@pytest.mark.durability
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")
def test_lecturers_are_scored_as_by_lme4():
    with gzip.open(SHARED / "insteval.csv.gz", "rt") as file:
        rows = [(float(row["y"]), row["s"], row["d"]) for row in csv.DictReader(file)]
    reference = json.loads((SHARED / "insteval_crossed.json").read_text())
    stored = reference["crossed"]
    found = crossed(*zip(*rows, strict=True))
    variances = found.rater_variance, found.partner_variance, found.residual_variance
    assert variances == pytest.approx(stored["var"], rel=1e-5)
    assert found.mu == pytest.approx(stored["mu"], abs=1e-6)
    effects = {row.partner: row.effect for row in found.rows}
    ours = [effects[name] for name in reference["oneway"]["group"]]
    assert ours == pytest.approx(stored["u_d"], abs=1e-5)
    assert len(found.components) == 1


def coverage(runs, seed, partners, raters, each, variances):
    source = np.random.default_rng(seed)
    inside = []
    for _ in range(runs):
        true, *rated = league(source, partners, raters, each, variances)
        rows = crossed(*rated).rows
        own = true[[row.partner for row in rows]]
        ends = np.array([(row.ci_low, row.ci_high) for row in rows])
        inside.append(((ends[:, 0] <= own) & (own <= ends[:, 1])).mean())
    return np.mean(inside)


def test_intervals_hold_the_true_scores():
    assert 0.9 <= coverage(20, 1, 12, 20, 3, (0.2, 0.3, 0.5)) <= 0.99


@pytest.mark.durability
@pytest.mark.parametrize(
    ("partners", "raters", "each", "variances", "most"),
    [
        (12, 20, 3, (0.2, 0.3, 0.5), 0.965),
        (6, 30, 3, (0.2, 0.3, 0.5), 0.965),
        (12, 20, 3, (0.2, 0.0, 0.8), 0.965),
        (20, 100, 5, (0.1, 0.3, 0.6), 0.965),
        (12, 20, 3, (0.05, 0.3, 0.65), 0.985),
    ],
)
def test_intervals_hold_the_true_scores_in_many_leagues(partners, raters, each, variances, most):
    assert 0.935 <= coverage(500, 2, partners, raters, each, variances) <= most
