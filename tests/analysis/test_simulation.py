"""Simulated answers: their shape, that the truth is true, and jobs on several cores."""

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from analysis.aggregation import aggregation
from analysis.alpha import alpha
from analysis.crossed import crossed
from analysis.errors import UnknownChoice
from analysis.parallel import run_jobs
from analysis.partners import partner_scores
from analysis.scales_file import read_scales
from analysis.scoring import score
from analysis.simulation import Design, scales_toml, simulate

FINE = {"low": 0, "high": 200, "sd": 10.0}  # rounding takes nothing off there


def test_the_same_seed_gives_the_same_answers():
    design = Design(missing=0.1, reverse=1)
    first, again, other = (simulate(design, seed) for seed in (1, 1, 2))
    assert first.frame.equals(again.frame)
    assert first.truth == again.truth
    assert not first.frame.equals(other.frame)


def test_nested_raters_rate_one_partner_each():
    frame = simulate(Design(partners=5, raters=7), 1).frame
    assert frame.height == 35
    assert frame["rater"].n_unique() == 35
    assert frame["partner"].value_counts()["count"].to_list() == [7] * 5


def test_crossed_raters_rate_several_partners_once():
    frame = simulate(Design(partners=6, raters=10, each=3), 1).frame
    assert frame.height == 60
    assert frame["rater"].value_counts()["count"].to_list() == [3] * 20
    assert frame.select("rater", "partner").is_unique().all()


def test_answers_are_whole_numbers_on_the_scale():
    found = simulate(Design(constructs=("a", "b"), items=3, low=1, high=7, missing=0.2), 1)
    items = found.frame.select(pl.col("^[ab]_.*$"))
    assert items.columns == ["a_1", "a_2", "a_3", "b_1", "b_2", "b_3"]
    assert items.max_horizontal().max() <= 7
    assert items.min_horizontal().min() >= 1
    share = items.null_count().sum_horizontal().item() / items.height / 6
    assert share == pytest.approx(0.2, abs=0.06)


def test_reversed_items_point_the_other_way():
    found = simulate(Design(partners=50, reverse=1), 1)
    turned = found.frame.select(pl.corr("trust_1", "trust_4")).item()
    assert turned < -0.3
    assert found.scales[0].reverse == ("trust_4",)


def test_scales_are_read_back(tmp_path):
    found = simulate(Design(constructs=("trust", "quality"), reverse=2, low=1, high=7), 1)
    file = tmp_path / "scales.toml"
    file.write_text(scales_toml(found))
    assert read_scales(file).scales == found.scales


def test_icc_alpha_and_severity_are_those_asked_for():
    design = Design(partners=600, raters=20, icc=0.2, alpha=0.8, items=3, **FINE)
    found = simulate(design, 1)
    scale = found.scales[0]
    assert alpha(found.frame, scale).estimate == pytest.approx(0.8, abs=0.01)
    assert aggregation(found.frame, scale, "partner").icc1_reml == pytest.approx(0.2, abs=0.03)
    several = simulate(Design(partners=90, raters=30, each=6, icc=0.2, severity=0.3, **FINE), 1)
    values = score(several.frame, several.scales).values["trust"]
    shares = crossed(values, several.frame["rater"], several.frame["partner"]).shares
    assert shares["partner"] == pytest.approx(0.2, abs=0.06)
    assert shares["rater"] == pytest.approx(0.3, abs=0.06)


def test_constructs_correlate_as_asked_for():
    design = Design(partners=200, raters=20, constructs=("a", "b"), correlation=0.6, **FINE)
    found = simulate(design, 1)
    values = score(found.frame, found.scales).values
    r = np.corrcoef(values["a"], values["b"])[0, 1]
    assert r / 0.85 == pytest.approx(0.6, abs=0.03)  # freed from the error that alpha tells


def test_the_true_score_is_what_many_raters_give():
    found = simulate(Design(partners=4, raters=8_000, icc=0.3, mean=4.2), 3)
    values = score(found.frame, found.scales).values["trust"]
    means = [row.mean for row in partner_scores(values, found.frame["partner"], pool=False).rows]
    true = found.truth["partners"]["trust"]
    assert means == pytest.approx([row["score"] for row in true], abs=0.04)
    assert sorted(row["rank"] for row in true) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"partners": 0}, "each must be 1 or more"),
        ({"each": 13}, "give 1 to 12"),
        ({"icc": 0.5, "severity": 0.5}, "add up to more than alpha"),
        ({"icc": -0.1}, "must not be negative"),
        ({"alpha": 1}, "below 1"),
        ({"correlation": 2}, "give 0 to 1"),
        ({"low": 5, "high": 5}, "runs from 5 to 5"),
        ({"sd": 0}, "above 0"),
        ({"reverse": 5}, "give 0 to 4"),
        ({"missing": 1}, "below 1"),
        ({"constructs": ("a", "a")}, "each once"),
        ({"constructs": ("a b",)}, "letters and _"),
        ({"raters": 10_000_000}, "simulate fewer"),
    ],
)
def test_designs_that_contradict_themselves_are_refused(given, told):
    with pytest.raises(UnknownChoice, match=told):
        Design(**given)


@pytest.mark.durability
@pytest.mark.parametrize("design", [Design(), Design(raters=25, icc=0.3), Design(partners=30)])
def test_intervals_hold_the_true_scores_on_five_points(design):
    inside = []
    for seed in range(400):
        found = simulate(design, seed)
        values = score(found.frame, found.scales).values["trust"]
        rows = partner_scores(values, found.frame["partner"]).rows
        true = np.array([row["score"] for row in found.truth["partners"]["trust"]])
        ends = np.array([(row.shrunken_ci_low, row.shrunken_ci_high) for row in rows])
        inside.append(((ends[:, 0] <= true) & (true <= ends[:, 1])).mean())
    assert 0.935 <= np.mean(inside) <= 0.97


def test_jobs_give_the_same_on_one_core_and_on_two():
    shares = []
    jobs = list(range(-6, 0))
    assert run_jobs(abs, jobs, workers=2, progress=shares.append) == [6, 5, 4, 3, 2, 1]
    assert shares == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert run_jobs(abs, jobs) == run_jobs(abs, jobs, workers=None)
    assert run_jobs(abs, []) == []


def test_an_error_of_a_job_is_raised():
    for workers in (1, 2):
        with pytest.raises(ValueError, match=r"domain|nonneg"):
            run_jobs(math.sqrt, [1, -1, 4], workers=workers)


_SLEEPERS = """
import sys, time
from analysis.parallel import run_jobs
if __name__ == "__main__":
    print("started", flush=True)
    try:
        run_jobs(time.sleep, [1] * 30, workers=2)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


@pytest.mark.durability
def test_an_interrupt_ends_the_workers_too(tmp_path):
    program = tmp_path / "sleepers.py"
    program.write_text(_SLEEPERS)
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "started\n"
        time.sleep(2.5)
        pressed = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        told, complaints = process.communicate(timeout=20)
    assert told == "stopped\n"
    assert complaints == ""
    assert time.monotonic() - pressed < 10  # the jobs alone would have taken 15 s
