"""Comparability of ordinal answers: against lavaan and semTools, special cases, false alarms."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cfa import cfa
from analysis.errors import UnknownChoice
from analysis.invariance import invariance
from analysis.ordinal_groups import ORDINAL_STEPS, OrdinalStart, ordinal_groups
from analysis.polychoric_errors import OrdinalSample
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
STORED = json.loads((HERE / "ordinal_invariance.json").read_text())
SCALES = [
    Scale("a", ("a1", "a2", "a3", "a4"), 0, 5),
    Scale("b", ("b1", "b2", "b3"), 0, 5),
]
ITEMS = [item for scale in SCALES for item in scale.items]
CASES = ("alike", "weigh", "level", "three", "few")
NAMES = {
    "chisq": "chisq.scaled",
    "p": "pvalue.scaled",
    "scaling": "chisq.scaling.factor",
    "cfi": "cfi.scaled",
    "tli": "tli.scaled",
    "rmsea": "rmsea.scaled",
    "srmr": "srmr",
}


@cache
def simulated(case):
    if case != "few":
        return pd.read_csv(HERE / f"invariance_{case}.csv")
    data = simulated("level").copy()  # answers 1 and 2 are one, and so are 4 and 5
    data[ITEMS] = (data[ITEMS] > 2).astype(int) + (data[ITEMS] > 3)
    return data


@cache
def ladder(case):
    return invariance(simulated(case), SCALES, "group", ordinal=True)


def assert_as_in_r(case, stored):
    found = ladder(case)
    assert tuple(step.name for step in found.steps) == ORDINAL_STEPS
    for step in found.steps:
        expected = stored["fits"][step.name]
        assert (step.fit.df, step.fit.n_parameters) == (expected["df"], expected["npar"])
        for ours, theirs in NAMES.items():
            assert getattr(step.fit, ours) == pytest.approx(expected[theirs], rel=1e-5, abs=1e-5)
        for side in ("lower", "upper"):
            ours = getattr(step.fit, {"lower": "rmsea_low", "upper": "rmsea_high"}[side])
            assert ours == pytest.approx(expected[f"rmsea.ci.{side}.scaled"], abs=1e-4)
    later = found.steps[1:]
    assert [step.df_change for step in later] == stored["df_change"]
    for step, chisq, p in zip(later, stored["chisq_change"], stored["p_change"], strict=True):
        assert step.chisq_change == (None if chisq is None else pytest.approx(chisq, rel=1e-5))
        assert step.p_change == (None if p is None else pytest.approx(p, abs=1e-5))


@pytest.mark.parametrize("case", CASES)
def test_simulated_groups_give_the_ladder_stored_from_r(case):
    assert_as_in_r(case, STORED[case])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_r_as_it_runs_here_gives_the_stored_ladder(tmp_path):
    out = tmp_path / "ordinal_invariance.json"
    script = HERE / "ordinal_invariance.R"
    subprocess.run(["Rscript", script, HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in CASES:
        assert_as_in_r(case, fresh[case])


@pytest.mark.parametrize(
    ("case", "reached", "said"),
    [
        ("alike", "strict", "equally exact: means may be compared"),
        ("weigh", "thresholds", "cut at the same thresholds but items weigh differently"),
        ("level", "metric", "relations may be compared, means may not"),
        ("few", "metric", "relations may be compared, means may not"),
    ],
)
def test_what_was_made_unequal_is_found(case, reached, said):
    assert ladder(case).reached == reached
    assert said in ladder(case).sentence
    assert ladder(case).estimator == "wlsmv"


def test_the_first_step_is_each_group_by_itself():
    data, step = simulated("level"), ladder("level").steps[0]
    alone = [cfa(data[data["group"] == group], SCALES, estimator="wlsmv") for group in ("en", "nb")]
    assert step.fit.df == sum(found.fit.df for found in alone)
    each = np.array([[found.n_used, found.fit.srmr] for found in alone])
    assert step.fit.srmr == pytest.approx(each[:, 0] @ each[:, 1] / each[:, 0].sum(), abs=1e-7)


def test_with_three_answers_equal_thresholds_say_nothing():
    first, second = ladder("few").steps[:2]
    assert second.fit.chisq == pytest.approx(first.fit.chisq, rel=1e-8)
    assert (second.df_change, second.p_change, second.holds) == (0, None, True)


def test_copies_are_equal_in_everything():
    data = simulated("alike").drop(columns="group")
    both = pd.concat([data.assign(side="us"), data.assign(side="them")])
    found = invariance(both, SCALES, "side", ordinal=True)
    assert found.reached == "strict"
    chisq = [step.fit.scaling * step.fit.chisq for step in found.steps]
    assert len(chisq) == 5
    assert [step.cfi_change for step in found.steps[1:]] == pytest.approx([0] * 4, abs=1e-3)
    assert all(step.p_change > 0.99 for step in found.steps[1:])


def test_order_of_the_groups_changes_no_fit():
    turned = simulated("level").assign(group=lambda f: f["group"].map({"en": 2, "nb": 1}))
    other = invariance(turned, SCALES, "group", ordinal=True)
    for one, two in zip(ladder("level").steps, other.steps, strict=True):
        assert one.fit.chisq == pytest.approx(two.fit.chisq, rel=1e-6)


@pytest.mark.parametrize("step", ORDINAL_STEPS)
def test_slopes_are_those_of_finite_differences(step):
    data, owner = simulated("weigh"), np.array([0, 0, 0, 0, 1, 1, 1])
    parts = [data.loc[data["group"] == group, ITEMS].to_numpy(float) for group in ("en", "nb")]
    samples = [OrdinalSample.of(part, tuple(ITEMS)) for part in parts]
    loadings = np.linspace(0.5, 0.8, 7)
    cuts = samples[0].tables.thresholds / np.sqrt(1 - loadings**2)[:, None]
    starts = [OrdinalStart.of(sample, loadings, np.array([0.3]), cuts) for sample in samples]
    groups, at = ordinal_groups(step, owner, starts, cuts)
    for group in groups:
        slopes = group.statistics(at)[1]
        for index in range(len(at)):
            nudge = np.zeros(len(at))
            nudge[index] = 1e-6
            above, below = (group.statistics(at + side * nudge)[0] for side in (1, -1))
            np.testing.assert_allclose(slopes[index], (above - below) / 2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"group": "en"}, "it needs 2 groups; there are 1"),
        (
            {"a2": lambda f: np.where(f["group"] == "nb", f["a2"].clip(1, 4), f["a2"])},
            "in group 'nb' nobody gave the answer 5 to 'a2', as scored",
        ),
        ({"b1": lambda f: 1 + (f["b1"] > 3)}, "'b1' has two answers"),
        (
            {"a2": lambda f: np.where(f["group"] == "en", f["a1"], f["a2"])},
            "in group 'en': 'a1' and 'a2' agree perfectly",
        ),
        ({"group": lambda f: np.where(f.index < 3, "is", f["group"])}, "in group 'is' nobody gave"),
    ],
)
def test_what_is_not_estimable_says_why(change, reason):
    found = invariance(simulated("alike").assign(**change), SCALES, "group", ordinal=True)
    assert found.reached is None
    assert len(found.steps) == 5
    assert all(step.fit is None and reason in step.reason for step in found.steps)
    assert reason in found.sentence


def test_partial_is_not_for_ordinal_answers():
    with pytest.raises(UnknownChoice, match="partial is True"):
        invariance(simulated("alike"), SCALES, "group", ordinal=True, partial=True)


def drawn(seed, n=250):
    """Return answers of two groups in which all is equal but mean and spread of the factor."""
    source = np.random.default_rng(seed)
    loadings = np.array([0.8, 0.7, 0.6, 0.75])
    factor = source.standard_normal((2 * n, 1)) * np.repeat([1.0, 1.2], n)[:, None]
    factor[n:] += 0.4
    latent = factor * loadings + source.standard_normal((2 * n, 4)) * np.sqrt(1 - loadings**2)
    found = 1 + np.searchsorted([-1.2, -0.3, 0.5, 1.3], latent.ravel()).reshape(latent.shape)
    frame = pd.DataFrame(found, columns=["t1", "t2", "t3", "t4"])
    return frame.assign(side=np.repeat(["us", "them"], n))


@pytest.mark.durability
def test_difference_tests_of_equal_groups_reject_as_often_as_they_say():
    scale = Scale("t", ("t1", "t2", "t3", "t4"), 1, 5)
    rejected, draws = np.zeros(4), 400
    for seed in range(draws):
        steps = invariance(drawn(seed), [scale], "side", ordinal=True).steps
        rejected += [step.p_change < 0.05 for step in steps[1:]]
    assert (rejected / draws > 0.02).all()
    assert (rejected / draws < 0.085).all()
