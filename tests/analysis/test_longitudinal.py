"""Comparability of two waves of the same raters: against lavaan, by simulation, and traps."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cfa import cfa
from analysis.errors import BadFrame, BadScale, OutOfRange, UnknownChoice
from analysis.invariance import invariance
from analysis.longitudinal import longitudinal_invariance
from analysis.scale import Scale

HERE = Path(__file__).parent / "reference"
STORED = json.loads((HERE / "longitudinal.json").read_text())
SCALES = [
    Scale("a", ("a1", "a2", "a3", "a4"), 1, 5),
    Scale("b", ("b1", "b2", "b3"), 1, 5),
]
ITEMS = [item for scale in SCALES for item in scale.items]
PLAIN = {
    "chisq": "chisq",
    "df": "df",
    "p": "pvalue",
    "cfi": "cfi",
    "tli": "tli",
    "rmsea": "rmsea",
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
}


@cache
def simulated(case):
    return pd.read_csv(HERE / f"longitudinal_{case}.csv")


def ladder(data, **more):
    return longitudinal_invariance(data, SCALES, respondent="rater", wave="wave", **more)


def assert_as_in_r(case, estimator, stored):
    found = ladder(simulated(case), estimator=estimator)
    for step in found.steps:
        for ours, theirs in (PLAIN if estimator == "ml" else ROBUST).items():
            expected = stored["fits"][step.name][theirs]
            assert getattr(step.fit, ours) == pytest.approx(expected, rel=1e-5, abs=1e-5), theirs
    later = found.steps[1:]
    assert [step.chisq_change for step in later] == pytest.approx(stored["chisq_change"], rel=1e-5)
    assert [step.df_change for step in later] == stored["df_change"]
    assert [step.p_change for step in later] == pytest.approx(stored["p_change"], abs=1e-5)


@pytest.mark.parametrize("estimator", ["ml", "mlr"])
@pytest.mark.parametrize("case", ["steady", "drift"])
def test_simulated_waves_give_the_ladder_stored_from_lavaan(case, estimator):
    assert_as_in_r(case, estimator, STORED[case][estimator])


def test_the_simulated_waves_are_those_of_their_script(tmp_path):
    import runpy  # noqa: PLC0415

    runpy.run_path(str(HERE / "simulate_longitudinal.py"))["write"](tmp_path, seed=20250904)
    for file in tmp_path.iterdir():
        assert file.read_text() == (HERE / file.name).read_text(), file.name


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_lavaan_as_it_runs_here_gives_the_stored_ladder(tmp_path):
    out = tmp_path / "longitudinal.json"
    subprocess.run(["Rscript", HERE / "longitudinal.R", HERE, out], check=True, capture_output=True)
    fresh = json.loads(out.read_text())
    for case in ("steady", "drift"):
        for estimator in ("ml", "mlr"):
            assert_as_in_r(case, estimator, fresh[case][estimator])


@pytest.mark.parametrize(("case", "reached"), [("steady", "strict"), ("drift", "configural")])
def test_what_was_made_unequal_is_found(case, reached):
    found = ladder(simulated(case))
    assert found.reached == reached
    assert (found.column, found.groups) == ("wave", (1, 2))
    assert found.sentence.startswith("Across wave, ")


def test_waves_of_different_people_are_told_as_those_of_two_groups():
    source = np.random.default_rng(1)
    data = simulated("steady").copy()
    second = data["wave"] == 2
    data.loc[second, "rater"] = source.permutation(data.loc[second, "rater"].to_numpy())
    linked, apart = ladder(data), invariance(data, SCALES, "wave")
    changes = [[step.chisq_change for step in found.steps[1:]] for found in (linked, apart)]
    assert changes[0] == pytest.approx(changes[1], rel=0.3)  # chance links them still


def test_tests_of_the_same_people_gain_by_their_link():
    data = simulated("drift")
    linked, apart = ladder(data).steps[2], invariance(data, SCALES, "wave").steps[2]
    assert linked.chisq_change > apart.chisq_change


def test_order_of_rows_changes_nothing():
    data = simulated("steady")
    one, other = ladder(data), ladder(data.sort_values(["wave", "rater"]))
    assert one.steps[3].fit.chisq == pytest.approx(other.steps[3].fit.chisq, rel=1e-10)


def test_who_is_missing_in_a_wave_is_left_out():
    data = simulated("steady").astype({"a1": float})
    data = data[~((data["rater"] < 20) & (data["wave"] == 2))]
    data.loc[(data["rater"] == 30) & (data["wave"] == 1), "a1"] = np.nan
    data.loc[data["rater"] == 40, "wave"] = np.nan
    found = ladder(data)
    assert (found.n_used, found.n_total, found.sizes) == (238, 259, (238, 238))


def test_raters_of_several_partners_are_linked_by_both():
    data = simulated("steady").assign(
        partner=lambda f: f["rater"] % 4, who=lambda f: f["rater"] // 4
    )
    found = longitudinal_invariance(data, SCALES, respondent=("who", "partner"), wave="wave")
    assert found == ladder(simulated("steady"))
    with pytest.raises(BadFrame, match="two rows in one wave"):
        longitudinal_invariance(data, SCALES, respondent="who", wave="wave")


def test_of_three_waves_two_are_chosen():
    data = simulated("steady")
    third = data[data["wave"] == 2].assign(wave=3)
    more = pd.concat([data, third])
    assert ladder(more, waves=(1, 2)) == ladder(data)
    assert ladder(more, waves=(1, 3)).groups == (1, 3)
    for waves in (None, (1, 1), (1, 9)):
        with pytest.raises(UnknownChoice, match="give two of them, in order"):
            ladder(more, waves=waves)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda f: f[f["rater"] < 10], "needs more rows than items; 10 rows answered 14 items"),
        (lambda f: f[f["rater"] < 1], "needs 2 rows that answered every item; there are 1"),
        (
            lambda f: f.assign(a2=f["a2"].where(f["wave"] == 1, 3)),
            "every answer to 'a2 in 2' is the same",
        ),
        (
            lambda f: f.assign(b1=f["b1"].where(f["wave"] == 1, f["b2"])),
            "'b1 in 2', 'b2 in 2' are linearly dependent",
        ),
    ],
)
def test_what_is_not_estimable_says_why(data, reason):
    found = ladder(data(simulated("steady")))
    assert found.reached is None
    assert all(step.fit is None for step in found.steps)
    assert reason in found.sentence


def test_a_scale_of_two_items_is_refused_with_a_reason():
    found = longitudinal_invariance(
        simulated("steady"), [Scale("b", ("b1", "b2"), 1, 5)], respondent="rater", wave="wave"
    )
    assert "needs 3 items; b has 2" in found.steps[0].reason


def test_codes_left_in_and_unknown_choices_are_refused():
    with pytest.raises(OutOfRange, match="-99"):
        ladder(simulated("steady").assign(a1=-99))
    with pytest.raises(UnknownChoice, match="estimator is 'wlsmv'"):
        ladder(simulated("steady"), estimator="wlsmv")
    with pytest.raises(BadScale, match="hold 'a1'"):
        longitudinal_invariance(
            simulated("steady"),
            [*SCALES, Scale("c", ("a1", "b1"), 1, 5)],
            respondent="rater",
            wave="wave",
        )


def test_each_wave_alone_starts_where_a_model_of_one_wave_is():
    data = simulated("steady")
    alone = cfa(data[data["wave"] == 1], SCALES)
    assert alone.fit.df == 13
    assert ladder(data).steps[0].fit.df > 2 * alone.fit.df


def drawn(seed, n=200):
    """Return two waves in which all is equal but the mean of the factor."""
    source = np.random.default_rng(seed)
    loadings = np.array([0.8, 0.7, 0.6, 0.75])
    factor = source.multivariate_normal([0, 0.3], [[1, 0.7], [0.7, 1]], n).T[:, :, None]
    own = source.standard_normal((1, n, 4)) * np.sqrt(0.5)
    rest = own + source.standard_normal((2, n, 4)) * np.sqrt(0.5)
    answers = (factor * loadings + rest * np.sqrt(1 - loadings**2)).reshape(-1, 4)
    frame = pd.DataFrame(answers, columns=["t1", "t2", "t3", "t4"])
    return frame.assign(rater=np.tile(np.arange(n), 2), wave=np.repeat([1, 2], n))


@pytest.mark.durability
def test_difference_tests_of_equal_waves_reject_as_often_as_they_say():
    scale, draws = Scale("t", ("t1", "t2", "t3", "t4"), -9, 9), 300
    linked, apart = np.zeros(3), np.zeros(3)
    for seed in range(draws):
        data = drawn(seed)
        found = longitudinal_invariance(data, [scale], respondent="rater", wave="wave")
        linked += [step.p_change < 0.05 for step in found.steps[1:]]
        apart += [step.p_change < 0.05 for step in invariance(data, [scale], "wave").steps[1:]]
    assert (linked / draws > 0.02).all()
    assert (linked / draws < 0.09).all()
    assert (apart / draws < 0.035).all()  # taken as different people, change is hardly ever seen
