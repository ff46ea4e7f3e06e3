"""Pairs: likeness, actor and partner effects, response surfaces, against R and by simulation."""

import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.dyads import apim, dyad_icc
from analysis.errors import BadFrame, NotComputable
from analysis.least_squares import fit
from analysis.response_surface import response_surface

HERE = Path(__file__).parent / "reference"
STORED = json.loads((HERE / "dyads.json").read_text())
CASES = [name for name in STORED if name != "versions"]
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
COLUMNS = ("ya", "yb", "xa", "xb")
CLOSED = {"rel": 1e-10, "abs": 1e-10}
real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def read(path, name):
    table = pd.read_csv(path)
    return table[table["case"] == name]


def assert_as_in_r(data, stored):
    found = apim(*(data[column] for column in COLUMNS))
    exchangeable, apart = stored["apim"]["exchangeable"], stored["apim"]["told_apart"]
    ours = (found.actor, found.partner)
    assert [e.estimate for e in ours] == pytest.approx(exchangeable["est"][1:], abs=1e-7)
    assert [e.se for e in ours] == pytest.approx(exchangeable["se"][1:], rel=1e-6)
    ours = (found.actor_a, found.actor_b, found.partner_a, found.partner_b)
    assert [e.estimate for e in ours] == pytest.approx(apart["est"][2:], abs=1e-7)
    assert [e.se for e in ours] == pytest.approx(apart["se"][2:], rel=1e-4)  # iterated in R
    assert [found.actor_a.se, found.partner_a.se] == pytest.approx(
        stored["apim"]["lm_a"][1:], **CLOSED
    )
    assert found.chi2 == pytest.approx(stored["apim"]["chi2"], abs=1e-5)
    surface = response_surface(data["ya"], data["xa"], data["xb"])
    slopes = [getattr(surface, name) for name in ("a1", "a2", "a3", "a4")]
    assert [e.estimate for e in surface.coefficients] == pytest.approx(
        stored["surface"]["coef"], **CLOSED
    )
    assert [e.estimate for e in slopes] == pytest.approx(stored["surface"]["slopes"], **CLOSED)
    assert [e.se for e in slopes] == pytest.approx(stored["surface"]["se"], **CLOSED)
    ends = [(e.ci_low, e.ci_high) for e in surface.coefficients]
    assert np.array(ends) == pytest.approx(np.array(stored["surface"]["ci"]), **CLOSED)
    assert surface.r2 == pytest.approx(stored["surface"]["r2"], **CLOSED)
    likeness = dyad_icc(data["ya"], data["yb"])
    assert likeness.estimate == pytest.approx(stored["icc"]["icc1"], **CLOSED)
    assert (likeness.ci_low, likeness.ci_high) == pytest.approx(stored["icc"]["ci"], **CLOSED)
    double = dyad_icc(data["ya"], data["yb"], method="double entry")
    assert double.estimate == pytest.approx(stored["icc"]["double_entry"], **CLOSED)


@pytest.mark.parametrize("name", CASES)
def test_simulated_pairs_give_the_numbers_of_r(name):
    assert_as_in_r(read(HERE / "dyads.csv", name), STORED[name])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
@pytest.mark.parametrize("seed", [1, 2])
def test_fresh_pairs_give_the_numbers_of_r_as_it_runs_here(seed, tmp_path):
    runpy.run_path(str(HERE / "simulate_dyads.py"))["write"](tmp_path / "dyads.csv", seed)
    command = ["Rscript", HERE / "dyads.R", tmp_path / "dyads.csv", tmp_path / "dyads.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored = json.loads((tmp_path / "dyads.json").read_text())
    for name in CASES:
        assert_as_in_r(read(tmp_path / "dyads.csv", name), stored[name])


@pytest.fixture
def couples():
    data = pd.read_csv(SHARED / "acitelli_couples.csv.gz")
    first, second = (data[data["Partnum"] == n].set_index("CoupleID") for n in (1, 2))
    assert list(first.index) == list(second.index)
    return first, second, json.loads((SHARED / "acitelli_couples.json").read_text())


@real_data
@pytest.mark.parametrize("name", ["satisfaction", "tension"])
def test_couples_are_as_alike_as_in_psych(couples, name):
    first, second, stored = couples
    column = f"{name.title()}_A"
    found = dyad_icc(first[column], second[column])
    table = stored[name]["icc_table"]
    assert found.estimate == pytest.approx(stored[name]["anova_icc"], **CLOSED)
    assert found.ci_low == pytest.approx(table["lower bound"][0], **CLOSED)
    assert found.ci_high == pytest.approx(table["upper bound"][0], **CLOSED)
    double = dyad_icc(first[column], second[column], method="double entry")
    assert double.estimate == pytest.approx(stored[name]["double_entry_icc"], **CLOSED)


@real_data
def test_couples_have_the_effects_of_nlme(couples):
    first, second, stored = couples
    outcomes = (first["Satisfaction_A"], second["Satisfaction_A"])
    found = apim(*outcomes, first["Tension_A"], second["Tension_A"])
    theirs = stored["apim_satisfaction_on_tension"]["indistinguishable"]
    ours = (found.actor, found.partner)
    assert [e.estimate for e in ours] == pytest.approx(theirs["est"][1:], abs=1e-7)
    assert [e.se for e in ours] == pytest.approx(theirs["se"][1:], abs=1e-7)
    theirs = stored["apim_satisfaction_on_tension"]["distinguishable"]
    ours = (found.actor_a, found.actor_b, found.partner_a, found.partner_b)
    assert [e.estimate for e in ours] == pytest.approx(theirs["est"][2:], abs=1e-7)
    assert [e.se for e in ours] == pytest.approx(theirs["se"][2:], rel=1e-6)


@real_data
def test_couples_have_the_stored_surface(couples):
    first, second, stored = couples
    found = response_surface(first["Satisfaction_A"], first["Tension_A"], second["Tension_A"])
    theirs = stored["rsa_partner1_satisfaction_on_tensions"]
    assert [e.estimate for e in found.coefficients] == pytest.approx(theirs["coef"], **CLOSED)
    slopes = [getattr(found, name) for name in theirs["surface"]["name"]]
    assert [e.estimate for e in slopes] == pytest.approx(theirs["surface"]["est"], **CLOSED)
    assert [e.se for e in slopes] == pytest.approx(theirs["surface"]["se"], **CLOSED)
    assert found.r2 == pytest.approx(theirs["r2"], **CLOSED)


def test_a_surface_collapses_to_the_difference_where_only_that_matters():
    source = np.random.default_rng(1)
    x, y = source.normal(3, 1, (2, 40))
    found = response_surface(2 - (x - y) ** 2, x, y, centre=3)
    assert found.a4.estimate == pytest.approx(-4)
    assert [found.a1.estimate, found.a2.estimate, found.a3.estimate] == pytest.approx([0] * 3)


def test_pairs_with_a_gap_are_left_out_and_counted():
    x = [1.0, 2, 3, np.nan, 5]
    found = dyad_icc(x, [1, 3, 3, 4, 5])
    assert (found.n_used, found.n_total) == (4, 5)


def test_pairs_that_all_agree_have_no_interval():
    found = dyad_icc([1, 2, 3], [1, 2, 3])
    assert (found.estimate, found.ci_low, found.notes) == (1.0, None, ("all pairs agree",))


def test_what_cannot_be_computed_says_why():
    with pytest.raises(NotComputable, match="3 complete pairs; there are 2"):
        dyad_icc([1, 2], [1, 3])
    with pytest.raises(NotComputable, match="the same"):
        dyad_icc([2, 2, 2], [2, 2, 2])
    with pytest.raises(NotComputable, match="does not vary"):
        apim([1, 2, 3, 4.0], [2, 1, 4, 3], [3, 3, 3, 3], [3, 3, 3, 3])
    with pytest.raises(NotComputable, match="more than 6"):
        response_surface([1, 2, 3], [1, 2, 1], [2, 1, 2])
    with pytest.raises(BadFrame, match="shapes"):
        dyad_icc([1, 2, 3], [1, 2])
    with pytest.raises(NotComputable, match="no error is left"):
        apim([1, 2, 3, 4.5], [2, 3, 4, 5.5], [1, 2, 3, 4.5], [0, 1, 2, 4.0])


def test_least_squares_solves_the_normal_equations():
    source = np.random.default_rng(2)
    design, outcome = source.normal(size=(30, 4)), source.normal(size=30)
    found = fit(design, outcome)
    cross = design.T @ design
    assert cross @ found.coefficients == pytest.approx(design.T @ outcome)
    assert found.covariance == pytest.approx(np.linalg.inv(cross) * found.rss / 26)


def covered(pairs, runs, seed):
    """Return the share of intervals that hold the truth: ICC, actor, partner, a4."""
    source = np.random.default_rng(seed)
    hits = np.zeros(5)
    for _ in range(runs):
        common, own = source.standard_normal(pairs), source.standard_normal((2, pairs))
        likeness = dyad_icc(common + own[0], common + own[1])
        x = source.standard_normal((2, pairs)) + 0.7 * source.standard_normal(pairs)
        error = 0.8 * source.standard_normal((2, pairs)) + 0.6 * source.standard_normal(pairs)
        y = 0.5 * x + 0.2 * x[::-1] + error
        found = apim(y[0], y[1], x[0], x[1])
        z = -0.5 * (x[0] - x[1]) ** 2 + error[0]
        surface = response_surface(z, x[0], x[1], centre=0)
        hits += [
            e.ci_low <= true <= e.ci_high
            for e, true in (
                (likeness, 0.5),
                (found.actor, 0.5),
                (found.partner, 0.2),
                (found.partner_a, 0.2),
                (surface.a4, -2.0),
            )
        ]
    return hits / runs


def test_intervals_cover():
    assert (covered(15, 200, 1) >= 0.9).all()


@pytest.mark.durability
@pytest.mark.parametrize("pairs", [8, 15, 60])
def test_intervals_cover_at_their_level(pairs):
    shares = covered(pairs, 4000, 3)
    assert ((shares >= 0.935) & (shares <= 0.965)).all(), shares
