"""Raters nested in partners, against R: stored numbers, real data, and R as it runs here."""

import csv
import gzip
import json
import os
import runpy
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import reml
from analysis.aggregation import aggregation
from analysis.partner_sums import PartnerSums
from analysis.partners import partner_scores
from analysis.ranks import rank_intervals
from analysis.scale import Scale
from analysis.scoring import score

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "nested.json").read_text())
CASES = [name for name in STORED if name != "versions"]
THREE = Scale("three", ("i1", "i2", "i3"), 1, 5)
CLOSED = {"rel": 1e-10, "abs": 1e-10}
ITERATED = {"rel": 1e-5, "abs": 1e-8}
FROM_ANOVA = [
    "msb",
    "msw",
    "f",
    "df1",
    "df2",
    "p",
    "n0",
    "eta_squared",
    "icc1_anova",
    "icc1_ci_low",
    "icc1_ci_high",
    "icc1_mean_size",
    "icc2_anova",
]

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def scores_of(data, scale):
    return score(data, [scale]).values[scale.name]  # noqa: PD011 - a dictionary


def assert_as_in_r(data, stored):
    """Compare every number of one case with R's."""
    values = scores_of(data, THREE)
    table = partner_scores(values, data["partner"])
    found = aggregation(data, THREE, "partner")
    rows = {row.partner: row for row in table.rows}
    own = [rows[name] for name in stored["partner"]]
    assert [row.n for row in own] == stored["n"]
    assert [row.mean for row in own] == pytest.approx(stored["mean"], **CLOSED)
    for field in ("sd", "ci_low", "ci_high"):
        ours = [getattr(row, field) for row in own]
        for mine, theirs in zip(ours, stored[field], strict=True):
            assert theirs is None or mine == pytest.approx(theirs, **CLOSED)
    for field in FROM_ANOVA:
        assert getattr(found, field) == pytest.approx(stored["anova"][field], **CLOSED), field
    assert [row.partner for row in found.agreement] == stored["agreement_partner"]
    for field in ("rwg_j", "ad_m"):
        ours = [getattr(row, field) for row in found.agreement]
        assert ours == pytest.approx(stored[field], **CLOSED)
    for field in ("shrunken", "shrunken_se"):
        ours = [getattr(row, field) for row in own]
        assert ours == pytest.approx(stored["reml"][field], rel=1e-5, abs=1e-5)
    assert_components(PartnerSums.of(values, data["partner"]), stored)


def assert_components(sums, stored):
    for method in ("reml", "ml"):
        found = reml.fit(sums.n, sums.mean, sums.ss, method=method)
        for field in ("mu", "mu_se", "tau2", "sigma2", "icc", "log_likelihood"):
            assert getattr(found, field) == pytest.approx(stored[method][field], **ITERATED), field


def read_cases(path):
    data = pd.read_csv(path)
    return {name: data[data["case"] == name].reset_index(drop=True) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_simulated_partners_give_the_numbers_of_r(name):
    assert_as_in_r(read_cases(HERE / "nested.csv")[name], STORED[name])


@pytest.mark.parametrize("name", [name for name in CASES if STORED[name]["places"]])
def test_ranks_are_those_of_draws_in_r(name):
    data = read_cases(HERE / "nested.csv")[name]
    table = partner_scores(scores_of(data, THREE), data["partner"])
    ranks = rank_intervals(table, draws=20_000, seed=1)
    places = STORED[name]["places"]
    # R draws the partners independently given mu; ours also vary mu, which matters little here.
    assert [row.rank_low for row in ranks.rows] == pytest.approx(places["low"], abs=1)
    assert [row.rank_high for row in ranks.rows] == pytest.approx(places["high"], abs=1)


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fresh_partners_give_the_numbers_of_r_as_it_runs_here(seed, tmp_path):
    simulate = runpy.run_path(str(HERE / "simulate_nested.py"))
    simulate["write"](tmp_path / "nested.csv", seed)
    command = ["Rscript", HERE / "nested.R", tmp_path / "nested.csv", tmp_path / "nested.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored = json.loads((tmp_path / "nested.json").read_text())
    for name, data in read_cases(tmp_path / "nested.csv").items():
        assert_as_in_r(data, stored[name])


def nested(file, partner):
    return [
        pytest.param(file, scale, partner, id=f"{file}-{scale}")
        for scale in {
            "autonomy_support": ["autonomy"],
            "corp_rep": ["csor", "attr", "perf", "qual", "like", "comp", "cusl"],
            "lq2002": ["lead", "tsig", "hostile"],
        }[file]
    ]


REAL = [
    *nested("autonomy_support", "Teacher"),
    *nested("corp_rep", "serviceprovider"),
    *nested("lq2002", "COMPID"),
]


@real_data
@pytest.mark.parametrize(("file", "name", "partner"), REAL)
def test_real_partners_give_the_stored_numbers(file, name, partner):
    reference = json.loads((SHARED / f"{file}.json").read_text())
    limits = reference["scales"][name]
    # The reference takes complete rows only, so every item must be answered for a score.
    scale = Scale(name, reference["keys"][name], limits["scale_min"], limits["scale_max"], (), 1.0)
    data = pd.read_csv(SHARED / f"{file}.csv.gz")
    block = reference["nested"][name]
    found = aggregation(data, scale, partner)
    assert_block(found, block)
    sums = PartnerSums.of(scores_of(data, scale), data[partner])
    for method in ("reml", "ml"):
        assert_block_components(sums, method, block[f"lmer_{method}"])


def assert_block(found, block):
    renamed = {
        "n": block["n"],
        "n_partners": block["groups"],
        "msb": block["anova"]["msb"],
        "msw": block["anova"]["msw"],
        "f": block["anova"]["F"],
        "p": block["anova"]["p"],
        "eta_squared": block["eta_sq"],
        "n0": block["n0_anova"],
        "icc1_anova": block["ICC1_n0"],
        "icc1_mean_size": block["ICC1_multilevel"],
        "icc2_anova": block["ICC2_multilevel"],
        "icc1_ci_low": block["ICC1_ci95_F_n0"][0],
        "icc1_ci_high": block["ICC1_ci95_F_n0"][1],
        "rwg_j_median": block["rwg_j_uniform"]["median"],
        "rwg_j_negative": block["rwg_j_uniform"]["rwg"].count(0),
    }
    for field, stored in renamed.items():
        assert getattr(found, field) == pytest.approx(stored, **CLOSED), field
    agreement = {str(row.partner): row for row in found.agreement}
    for key, inner, field in (("rwg_j_uniform", "rwg", "rwg_j"), ("ad_m", "ad", "ad_m")):
        ours = [getattr(agreement[name], field) for name in block[key]["group"]]
        assert ours == pytest.approx(block[key][inner], **CLOSED)
    sizes = {str(row.partner): row.n for row in found.agreement}
    assert [sizes[name] for name in block["rwg_j_uniform"]["group"]] == block["rwg_j_uniform"][
        "size"
    ]


def assert_block_components(sums, method, stored):
    found = reml.fit(sums.n, sums.mean, sums.ss, method=method)
    # lme4's default optimiser stops early once (corp_rep, comp): then ours must be more likely.
    better = found.log_likelihood > stored["loglik"] + 1e-9
    precise = {"rel": 1e-4 if better else 1e-5, "abs": 1e-9}
    for field in ("tau2", "sigma2", "icc"):
        assert getattr(found, field) == pytest.approx(stored[field], **precise), field
    assert found.mu == pytest.approx(stored["mu"], abs=1e-5)
    assert found.mu_se == pytest.approx(stored["mu_se"], abs=1e-5)
    assert found.log_likelihood == pytest.approx(stored["loglik"], abs=1e-5)
    shrunken = reml.shrink(sums.n, sums.mean, found)
    index = [list(map(str, sums.partners)).index(name) for name in stored["blup"]["group"]]
    assert shrunken.score[index] == pytest.approx(stored["blup"]["shrunk_mean"], abs=1e-5)
    assert shrunken.se[index] == pytest.approx(stored["blup"]["se"], abs=1e-5)


@real_data
@pytest.mark.parametrize(
    ("file", "partner", "league"),
    [
        ("autonomy_support", "Teacher", "league_autonomy"),
        ("lq2002", "COMPID", "league_lq2002_lead"),
    ],
)
def test_real_leagues_give_the_stored_ranks(file, partner, league):
    keys = json.loads((SHARED / f"{file}.json").read_text())["keys"]
    name, items = next(iter(keys.items()))
    data = pd.read_csv(SHARED / f"{file}.csv.gz")
    stored = json.loads((SHARED / f"{league}.json").read_text())["league"]
    table = partner_scores(scores_of(data, Scale(name, items, 1, 5, (), 1.0)), data[partner])
    rows = {str(row.partner): row for row in table.rows}
    for field, theirs in (("reliability", "reliability"), ("shrunken_se", "u_se")):
        ours = [getattr(rows[name], field) for name in stored["group"]]
        assert ours == pytest.approx(stored[theirs], abs=1e-5)
    ranks = {str(row.partner): row for row in rank_intervals(table, draws=20_000, seed=1).rows}
    for field, theirs in (("rank_low", "lower"), ("rank_high", "upper"), ("mean_rank", "mean")):
        ours = [getattr(ranks[name], field) for name in stored["group"]]
        assert ours == pytest.approx(stored["gs_rank"][theirs], abs=1.001)


@real_data
def test_a_thousand_lecturers_take_milliseconds():
    with gzip.open(SHARED / "insteval.csv.gz", "rt") as file:
        ratings = [(row["d"], float(row["y"])) for row in csv.DictReader(file)]
    stored = json.loads((SHARED / "insteval_crossed.json").read_text())["oneway"]
    sums = PartnerSums.of([y for _, y in ratings], [d for d, _ in ratings])
    start = time.process_time()
    found = reml.fit(sums.n, sums.mean, sums.ss)
    shrunken = reml.shrink(sums.n, sums.mean, found)
    assert time.process_time() - start < 0.2
    assert (len(ratings), len(sums.partners)) == (73_421, 1_128)
    assert found.tau2 == pytest.approx(stored["tau2"], rel=1e-5)
    assert found.sigma2 == pytest.approx(stored["sigma2"], rel=1e-5)
    index = [sums.partners.index(name) for name in stored["group"]]
    assert shrunken.score[index] - found.mu == pytest.approx(np.array(stored["u"]), abs=1e-5)
    assert shrunken.se[index] == pytest.approx(np.array(stored["u_se"]), abs=1e-5)
