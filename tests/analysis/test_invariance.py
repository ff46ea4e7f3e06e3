"""Comparability of groups: against lavaan, on copies, and where it is not estimable."""

import gzip
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import BadScale, OutOfRange, UnknownChoice
from analysis.fit import ChiSquare
from analysis.invariance import invariance
from analysis.invariance_steps import Step, judged, next_step
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "invariance.json").read_text())
CASES = [case for case in STORED if case != "versions"]
SCALES = [
    Scale("a", ("a1", "a2", "a3", "a4"), 1, 5),
    Scale("b", ("b1", "b2", "b3"), 1, 5),
]
CHI = {"rel": 1e-5, "abs": 1e-4}
PLAIN = {
    "chisq": "chisq",
    "df": "df",
    "p": "pvalue",
    "cfi": "cfi",
    "tli": "tli",
    "rmsea": "rmsea",
    "rmsea_low": "rmsea.ci.lower",
    "rmsea_high": "rmsea.ci.upper",
    "srmr": "srmr",
    "log_likelihood": "logl",
    "aic": "aic",
    "bic": "bic",
    "n_parameters": "npar",
}
ROBUST = {
    "chisq": "chisq.scaled",
    "scaling": "chisq.scaling.factor",
    "p": "pvalue.scaled",
    "cfi": "cfi.robust",
    "tli": "tli.robust",
    "rmsea": "rmsea.robust",
    "rmsea_low": "rmsea.ci.lower.robust",
    "rmsea_high": "rmsea.ci.upper.robust",
    "srmr": "srmr",
}
LARGE = ("chisq", "log_likelihood", "aic", "bic")
SEARCHED = ("rmsea_low", "rmsea_high")  # lavaan searches its limits to some 1e-5

real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")


def simulated(case):
    return pd.read_csv(HERE / f"invariance_{case}.csv")


def assert_fit(fit, stored, names):
    for ours, theirs in names.items():
        tolerance = CHI if ours in LARGE else {"abs": 1e-4 if ours in SEARCHED else 1e-5}
        assert getattr(fit, ours) == pytest.approx(stored[theirs], **tolerance), theirs


def assert_as_in_r(case, estimator, stored):
    found = invariance(simulated(case), SCALES, "group", estimator=estimator)
    names = PLAIN if estimator == "ml" else ROBUST
    for step in found.steps:
        assert_fit(step.fit, stored["fits"][step.name], names)
    later = found.steps[1:]
    assert [step.chisq_change for step in later] == pytest.approx(stored["chisq_change"], **CHI)
    assert [step.df_change for step in later] == stored["df_change"]
    assert [step.p_change for step in later] == pytest.approx(stored["p_change"], abs=1e-5)


@pytest.mark.parametrize("estimator", ["ml", "mlr"])
@pytest.mark.parametrize("case", CASES)
def test_simulated_groups_give_the_ladder_stored_from_lavaan(case, estimator):
    assert_as_in_r(case, estimator, STORED[case][estimator])


def test_the_simulated_groups_are_those_of_their_script(tmp_path):
    import runpy  # noqa: PLC0415

    runpy.run_path(str(HERE / "simulate_invariance.py"))["write"](tmp_path, seed=20250713)
    for file in tmp_path.iterdir():
        assert file.read_text() == (HERE / file.name).read_text(), file.name


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_lavaan_as_it_runs_here_gives_the_stored_ladder(tmp_path):
    out = tmp_path / "invariance.json"
    subprocess.run(["Rscript", HERE / "invariance.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in CASES:
        for estimator in ("ml", "mlr"):
            assert_as_in_r(case, estimator, fresh[case][estimator])


@real_data
@pytest.mark.parametrize(
    "name", ["holzinger1939", pytest.param("bfi", marks=pytest.mark.durability)]
)
def test_real_groups_give_the_ladder_of_lavaan(name):
    with gzip.open(SHARED / f"{name}.csv.gz", "rt") as file:
        data = pd.read_csv(file)
    reference = json.loads((SHARED / f"{name}.json").read_text())
    stored = reference["cfa"]["invariance"]
    turned = reference.get("reversed", [])
    scales = [
        Scale(
            key,
            scale["items"],
            0 if scale["scale_min"] is None else scale["scale_min"],
            10 if scale["scale_max"] is None else scale["scale_max"],
            reverse=[item for item in turned if item in scale["items"]],
        )
        for key, scale in reference["scales"].items()
    ]
    found = invariance(data, scales, stored["group"])
    assert sorted(found.sizes) == sorted(stored["n"].values())
    for step in found.steps:
        assert_fit(step.fit, stored["fits"][step.name], PLAIN)


@pytest.mark.parametrize(
    ("case", "reached", "said"),
    [
        ("alike", "strict", "equally exact: means may be compared"),
        ("weigh", "configural", "compare neither scores nor their relations"),
        ("level", "metric", "relations may be compared, means may not"),
    ],
)
def test_what_was_made_unequal_is_found(case, reached, said):
    found = invariance(simulated(case), SCALES, "group")
    assert found.reached == reached
    assert said in found.sentence


def test_copies_are_equal_in_everything():
    data = simulated("alike").drop(columns="group")
    both = pd.concat([data.assign(side="us"), data.assign(side="them")])
    found = invariance(both, SCALES, "side")
    assert found.groups == ("them", "us")
    assert found.sizes == (400, 400)
    for step in found.steps[1:]:
        assert step.chisq_change == pytest.approx(0, abs=1e-6)
        assert step.p_change == pytest.approx(1, abs=1e-4)
        assert step.holds
    assert [step.df_change for step in found.steps[1:]] == [5, 5, 7]


def test_labels_and_order_of_the_groups_change_no_fit():
    data = simulated("level")
    turned = data.assign(group=data["group"].map({"en": 2, "nb": 1}))
    first, second = (invariance(frame, SCALES, "group") for frame in (data, turned))
    for one, other in zip(first.steps, second.steps, strict=True):
        assert one.fit.chisq == pytest.approx(other.fit.chisq, rel=1e-6)


def test_rows_without_a_group_or_an_answer_are_left_out():
    data = simulated("alike").astype({"a1": float})
    data.loc[:9, "group"] = None
    data.loc[20:24, "a1"] = np.nan
    found = invariance(data, SCALES, "group")
    assert (found.n_used, found.n_total, sum(found.sizes)) == (385, 400, 385)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"group": "en"}, "it needs 2 groups; there are 1"),
        ({"group": lambda f: np.where(f.index < 5, "is", f["group"])}, "in group 'is': "),
        (
            {"a2": lambda f: np.where(f["group"] == "nb", 3, f["a2"])},
            "in group 'nb': constant item: every answer to 'a2' is the same",
        ),
    ],
)
def test_what_is_not_estimable_says_why(change, reason):
    found = invariance(simulated("alike").assign(**change), SCALES, "group")
    assert found.reached is None
    assert all(step.fit is None and reason in step.reason for step in found.steps)
    assert "is not estimable, because" in found.sentence
    assert reason in found.sentence


def test_scales_that_do_not_go_with_their_items_are_not_compared():
    wrong = [Scale("x", ("a1", "a2", "b1"), 1, 5), Scale("y", ("a3", "b2", "b3"), 1, 5)]
    found = invariance(simulated("alike"), wrong, "group")
    assert found.reached is None
    assert "compare nothing" in found.sentence


def test_after_a_step_that_does_not_hold_none_is_judged_but_numbers_stay():
    wrong = [Scale("x", ("a1", "a2", "b1"), 1, 5), Scale("y", ("a3", "b2", "b3"), 1, 5)]
    first, *rest = invariance(simulated("alike"), wrong, "group").steps
    assert first.holds is False
    assert {step.holds for step in rest} == {None}
    assert {step.reason for step in rest} == {"not judged, because configural does not hold"}
    assert all(step.fit.chisq > 0 and step.p_change is not None for step in rest)


def test_after_a_step_that_is_not_estimable_none_is_judged():
    fit = invariance(simulated("alike"), SCALES, "group").steps[0].fit
    steps = [Step("configural", fit, holds=True), Step("metric", None, "why"), Step("scalar", fit)]
    *same, last = judged(steps)
    assert same == steps[:2]
    assert last.reason == "not judged, because metric is not estimable"


def test_a_scale_of_three_items_fits_any_data_until_something_is_equal():
    found = invariance(simulated("alike"), SCALES[1:], "group")
    assert (found.steps[0].fit.df, found.steps[0].fit.cfi) == (0, None)
    assert found.steps[0].holds
    assert found.steps[1].cfi_change <= 0


@pytest.mark.parametrize(("df", "holds"), [(0, True), (9, True), (60, False)])
def test_a_rise_of_rmsea_alone_counts_from_so_many_degrees_of_freedom(df, holds):
    found = invariance(simulated("alike"), SCALES[1:], "group")
    some = found.steps[1].fit
    before = replace(some, df=df, cfi=1.0, rmsea=None if df == 0 else 0.0)
    after = replace(some, df=df + 3, cfi=0.995, rmsea=0.067)
    assert next_step("metric", after, before, ChiSquare(4.2, 3)).holds is holds
    beyond = next_step("metric", after, before, ChiSquare(20.0, 3))
    assert beyond.holds is (df == 0)


def test_a_scale_of_two_items_is_refused_with_a_reason():
    found = invariance(simulated("alike"), [Scale("b", ("b1", "b2"), 1, 5)], "group")
    assert "needs 3 items; b has 2" in found.steps[0].reason


def test_codes_left_in_and_unknown_choices_are_refused():
    with pytest.raises(OutOfRange, match="-99"):
        invariance(simulated("alike").assign(a1=-99), SCALES, "group")
    with pytest.raises(UnknownChoice, match="estimator is 'wlsmv'"):
        invariance(simulated("alike"), SCALES, "group", estimator="wlsmv")
    with pytest.raises(BadScale, match="hold 'a1'"):
        invariance(simulated("alike"), [*SCALES, Scale("c", ("a1", "b1"), 1, 5)], "group")


def test_the_ladder_reads_as_a_frame_of_steps():
    found = invariance(simulated("alike"), SCALES, "group")
    frame = found.to_frame()
    assert frame["name"].tolist() == ["configural", "metric", "scalar", "strict"]
    assert frame["cfi"].iloc[0] == found.steps[0].fit.cfi
    assert found.to_dict()["reached"] == "strict"
