"""Raters of one partner belong together: intervals that allow for it, and how often they hold."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import alpha, assess, cfa, htmt, importance, omega
from analysis.alpha_interval import alpha_influence
from analysis.clusters import (
    Clusters,
    covariances_without,
    design_effect,
    left_out_margin,
    summed_margin,
)
from analysis.covariance import alpha_of_covariance
from analysis.errors import NotComputable, UnknownChoice
from analysis.influence import margin
from analysis.report.clustering import clustered
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
A = Scale("A", ("a1", "a2", "a3", "a4"), 1, 5)
B = Scale("B", ("b1", "b2", "b3"), 1, 5)


@pytest.fixture
def data():
    return pd.read_csv(HERE / "clusters.csv")


def clusters_of(codes):
    return Clusters("partner", np.asarray(codes, dtype=np.intp))


def assert_as_in_r(data, stored):
    """Compare half widths over t with standard errors, and factor models with lavaan's."""
    rows = data.loc[data[list(A.items)].notna().all(axis=1)]
    found = Clusters.of(rows, "partner")
    items = rows[list(A.items)].to_numpy()
    without = alpha_of_covariance(covariances_without(items, found))
    error = np.sqrt((found.count - 1) * ((without - without.mean()) ** 2).mean())
    assert error == pytest.approx(stored["alpha_jackknife"], rel=1e-9)
    sums = found.sums(alpha_influence(items) - alpha_influence(items).mean())
    cr1 = np.sqrt(found.correction * (sums**2).sum()) / len(items)
    assert cr1 * len(items) / (len(items) - 1) == pytest.approx(stored["alpha_cr1"], rel=1e-6)
    assert omega(data, A).estimate == pytest.approx(stored["omega"], abs=1e-6)
    for missing in ("listwise", "fiml"):
        ours = cfa(data, [A, B], estimator="mlr", missing=missing, cluster="partner")
        theirs = stored[missing]
        assert ours.n_used == theirs["n"]
        assert ours.robust.chisq == pytest.approx(theirs["scaled"], rel=1e-5)
        assert ours.robust.scaling == pytest.approx(theirs["scaling"], rel=1e-5)
        assert ours.robust.cfi == pytest.approx(theirs["cfi"], abs=1e-5)
        assert ours.robust.rmsea == pytest.approx(theirs["rmsea"], abs=1e-5)
        assert [row.se for row in ours.loadings] == pytest.approx(theirs["se"], abs=1e-4)
        errors = [row.standardized_se for row in ours.loadings]
        assert errors == pytest.approx(theirs["standardized_se"], abs=1e-4)
        assert ours.correlation_se[0, 1] == pytest.approx(theirs["between_se"], abs=1e-4)


def test_standard_errors_and_factor_models_are_those_of_r(data):
    assert_as_in_r(data, json.loads((HERE / "clusters.json").read_text()))


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_they_are_those_of_r_as_it_runs_here(data, tmp_path):
    command = ["Rscript", HERE / "clusters.R", HERE / "clusters.csv", tmp_path / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    assert_as_in_r(data, json.loads((tmp_path / "out.json").read_text()))


def test_the_interval_of_omega_rests_on_fits_without_each_partner(data):
    stored = json.loads((HERE / "clusters.json").read_text())
    found = omega(data, A, cluster="partner", level=0.95)
    rows = data.loc[data[list(A.items)].notna().all(axis=1)]
    values = [omega(rows[rows["partner"] != each], A).estimate for each in rows["partner"].unique()]
    assert np.sqrt(23 * np.var(values)) == pytest.approx(stored["omega_jackknife"], rel=1e-4)
    half = float(left_out_margin(np.array(values), 0.95))
    assert found.ci_high - found.estimate == pytest.approx(half, rel=1e-6)


def test_covariances_without_a_cluster_are_those_of_the_other_rows():
    rows = np.random.default_rng(1).normal(size=(20, 3))
    codes = np.arange(20) % 4
    for cluster, found in enumerate(covariances_without(rows, clusters_of(codes))):
        np.testing.assert_allclose(found, np.cov(rows[codes != cluster].T), atol=1e-12)


def test_with_one_row_in_each_cluster_the_sums_give_the_usual_interval():
    influence = np.random.default_rng(1).normal(size=300)
    alone = summed_margin(influence, clusters_of(np.arange(300)), 0.95)
    assert float(alone) == pytest.approx(float(margin(influence, 0.95)) * np.sqrt(300 / 299))


def test_rows_given_twice_widen_the_interval_by_root_two():
    influence = np.random.default_rng(1).normal(size=2_000)
    twice = np.repeat(influence, 2)
    found = summed_margin(twice, clusters_of(np.repeat(np.arange(2_000), 2)), 0.95)
    assert float(found) == pytest.approx(float(margin(influence, 0.95)), rel=1e-3)
    assert design_effect(twice, clusters_of(np.repeat(np.arange(2_000), 2))) == pytest.approx(2)


def test_rows_without_a_label_stand_alone():
    found = Clusters.of(pd.DataFrame({"partner": ["a", None, "a", None]}), "partner")
    assert found.count == 3
    assert found.codes[0] == found.codes[2]


@pytest.mark.parametrize(
    "compute",
    [
        lambda data, cluster: alpha(data, A, cluster=cluster),
        lambda data, cluster: alpha(data, A, standardized=True, cluster=cluster),
        lambda data, cluster: alpha(data, A, ci="bootstrap", seed=1, cluster=cluster),
        lambda data, cluster: omega(data, A, cluster=cluster),
        lambda data, cluster: omega(data, A, kind="categorical", cluster=cluster),
    ],
    ids=["alpha", "standardized", "bootstrap", "omega", "categorical"],
)
def test_intervals_are_wider_where_raters_of_one_partner_are_alike(data, compute):
    alone, together = compute(data, None), compute(data, "partner")
    assert together.estimate == alone.estimate
    assert together.ci_high - together.ci_low > 1.2 * (alone.ci_high - alone.ci_low)


def test_ratios_and_shares_have_wider_intervals_too(data):
    widths = [
        found.high[0, 1] - found.low[0, 1]
        for found in (
            htmt(data, [A, B], ci="bootstrap", seed=1, cluster=c) for c in (None, "partner")
        )
    ]
    assert widths[1] > 1.1 * widths[0]
    scores = data[["partner"]].assign(y=data["b1"], a=data["a1"], b=data["a2"])
    rows = [
        importance(scores, "y", ["a", "b"], draws=500, seed=1, cluster=c).rows[0]
        for c in (None, "partner")
    ]
    assert rows[0].share == rows[1].share
    ends = [row.performance_ci_high - row.performance_ci_low for row in rows]
    assert ends[1] > 1.2 * ends[0]


def test_two_clusters_say_nothing(data):
    two = data.assign(partner=np.where(data["partner"] == "p1", "p1", "other"))
    for found in (
        alpha(two, A, cluster="partner"),
        omega(two, A, cluster="partner"),
        omega(two, A, kind="categorical", cluster="partner"),
    ):
        assert found.ci_low is None
        assert "needs 3 clusters (partner); there are 2" in found.notes[-1]
    assert "there are 2 clusters" in htmt(two, [A, B], ci="bootstrap", cluster="partner").notes[0]
    with pytest.raises(NotComputable, match="3 clusters"):
        importance(two, "a1", ["a2", "a3"], cluster="partner")


def test_an_item_that_varies_within_one_partner_only_has_no_interval():
    source = np.random.default_rng(1)
    rows = pd.DataFrame(source.integers(1, 6, (40, 3)), columns=list("abc"))
    rows["partner"] = np.repeat(list("wxyz"), 10)
    rows.loc[rows["partner"] != "w", "a"] = 3
    found = alpha(rows, Scale("s", ("a", "b", "c"), 1, 5), cluster="partner")
    assert "without one 'partner' an item is constant" in found.notes[-1]


def test_feldts_interval_knows_no_clusters(data):
    with pytest.raises(UnknownChoice, match="takes rows as independent"):
        alpha(data, A, ci="feldt", cluster="partner")


def test_where_few_clusters_give_no_test_rows_count_as_independent_and_it_is_said():
    source, partner = np.random.default_rng(3), np.repeat(np.arange(3), 20)
    rows = source.standard_normal((3, 1))[partner]
    rows = rows + source.standard_normal((60, 2))[:, [0] * 4 + [1] * 3]
    rows = rows + source.standard_normal((60, 7))
    few = pd.DataFrame(rows, columns=[*A.items, *B.items]).assign(partner=partner)
    wide = [Scale(scale.name, scale.items, -99, 99) for scale in (A, B)]
    found = cfa(few, wide, estimator="mlr", cluster="partner")
    alone = cfa(few, wide, estimator="mlr")
    assert found.n_clusters is None
    assert "there are too few of them" in found.notes[0]
    assert found.robust == alone.robust


def test_a_factor_model_says_what_it_does_not_allow_for(data):
    assert "'mlr' allows for it" in cfa(data, [A, B], cluster="partner").notes[0]
    few = data.assign(partner=np.arange(len(data)) % 9)
    found = cfa(few, [A, B], estimator="mlr", cluster="partner")
    assert "rest on 9 clusters (partner), too few for 13 degrees" in found.notes[0]


def told(data, **options):
    options = {"partner": "partner", "ci": "adf", **options}
    document = assess(data, [A], **options).to_dict()
    return document, clustered(document, {"A": "Trust"})


def test_an_assessment_says_that_it_allows_for_partners(data):
    document, (sentence,) = told(data)
    assert document["settings"]["cluster"] == "partner"
    row, alone = document["scales"]["A"], alpha(data, A)
    assert row["clustering"]["n_clusters"] == 24
    assert row["alpha"]["ci_low"] == pytest.approx(alpha(data, A, cluster="partner").ci_low)
    assert row["alpha"]["ci_low"] < alone.ci_low
    assert sentence.startswith(
        "Intervals of scales allow for raters of one partner answering alike"
    )
    assert "(24 partners); without that, the interval of alpha of Trust would be about" in sentence


def test_with_few_partners_it_says_by_how_much_intervals_may_be_too_narrow(data):
    few = data[data["partner"].isin([f"p{i}" for i in range(8)])]
    document, (sentence,) = told(few)
    assert document["settings"]["cluster"] is None
    assert document["scales"]["A"]["clustering"]["used"] is False
    assert "with 8 partners there are too few to allow for more" in sentence
    effect = document["scales"]["A"]["clustering"]["design_effect"]
    assert ("times too narrow" in sentence) == (effect >= 1.21)


def test_what_is_not_asked_for_is_not_allowed_for(data):
    document, (sentence,) = told(data, cluster=None)
    assert document["scales"]["A"]["alpha"]["ci_low"] == pytest.approx(alpha(data, A).ci_low)
    assert "no allowance was asked for" in sentence
    shuffled = data.assign(partner=np.random.default_rng(2).permutation(data["partner"]))
    assert told(shuffled, cluster=None)[1][0].endswith("no sign that it matters here.")
    assert told(shuffled)[1][0].endswith("(24 partners).")
    assert clustered(assess(data, [A]).to_dict(), {"A": "Trust"}) == []


def test_feldts_interval_stays_as_it_is_in_an_assessment(data):
    document, _ = told(data, ci="feldt")
    assert document["scales"]["A"]["alpha"]["ci_low"] == pytest.approx(
        alpha(data, A, ci="feldt").ci_low
    )
