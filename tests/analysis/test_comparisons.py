"""Tests between partners: R, pingouin, real leagues, special cases, coverage."""

import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from analysis.adjustment import adjusted
from analysis.against_rest import against_rest
from analysis.comparisons import compare
from analysis.errors import BadFrame, UnknownChoice
from analysis.partner_sums import PartnerSums
from analysis.scale import Scale
from analysis.scoring import score

HERE = Path(__file__).parent / "reference"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
STORED = json.loads((HERE / "comparisons.json").read_text())
EXACT = {"rel": 1e-9, "abs": 1e-12}


def assert_omnibus(found, welch, kruskal):
    tests = {each.test: each for each in found.omnibus}
    assert [tests["Welch"].statistic, tests["Welch"].df1, tests["Welch"].df2, tests["Welch"].p] == (
        pytest.approx(welch, **EXACT)
    )
    kruskal_wallis = tests["Kruskal-Wallis"]
    assert [kruskal_wallis.statistic, kruskal_wallis.p] == pytest.approx(kruskal, **EXACT)


def assert_as_in_r(data, stored):
    items = Scale("three", ("i1", "i2", "i3"), 1, 5)
    values = score(data, [items]).values["three"]  # noqa: PD011 - a dictionary
    found = compare(values, data["partner"], posthoc="games-howell", bound=0.3)
    welch, kruskal = stored["welch"], stored["kruskal"]
    assert_omnibus(
        found, [welch[k] for k in ("f", "df1", "df2", "p")], [kruskal["h"], kruskal["p"]]
    )
    assert [row.partner for row in found.rows] == stored["partner"]
    for field in ("t", "df", "ci_low", "ci_high", "p", "hedges_g", "p_equivalent"):
        ours = [getattr(row, field) for row in found.rows]
        assert ours == pytest.approx(stored[field], **EXACT), field
    assert [row.p_adjusted for row in found.rows] == pytest.approx(stored["holm"], **EXACT)
    other = compare(values, data["partner"], adjustment="bh")
    assert [row.p_adjusted for row in other.rows] == pytest.approx(stored["bh"], **EXACT)
    pairs = stored["pairs"]
    assert [pair.first for pair in found.pairs] == np.atleast_1d(pairs["first"]).tolist()
    for field in ("difference", "se", "df"):
        ours = [getattr(pair, field) for pair in found.pairs]
        assert ours == pytest.approx(np.atleast_1d(pairs[field]), **EXACT)
    ours = [pair.p for pair in found.pairs]
    assert ours == pytest.approx(np.atleast_1d(pairs["p"]), abs=1e-6)


def read_cases(path):
    data = pd.read_csv(path)
    return {name: rows.reset_index(drop=True) for name, rows in data.groupby("case")}


@pytest.mark.parametrize("name", [name for name in STORED if name != "versions"])
def test_simulated_partners_are_compared_as_in_r(name):
    assert_as_in_r(read_cases(HERE / "nested.csv")[name], STORED[name])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_fresh_partners_are_compared_as_in_r_here(tmp_path):
    runpy.run_path(str(HERE / "simulate_nested.py"))["write"](tmp_path / "nested.csv", 7)
    command = ["Rscript", HERE / "comparisons.R", tmp_path / "nested.csv", tmp_path / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored = json.loads((tmp_path / "out.json").read_text())
    cases = read_cases(tmp_path / "nested.csv")
    for name in [name for name in stored if name != "versions"]:
        assert_as_in_r(cases[name], stored[name])


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")
def test_real_teachers_are_compared_as_in_r():
    stored = json.loads((SHARED / "league_autonomy.json").read_text())["multiple"]
    keys = json.loads((SHARED / "autonomy_support.json").read_text())["keys"]
    name, items = next(iter(keys.items()))
    data = pd.read_csv(SHARED / "autonomy_support.csv.gz")
    values = score(data, [Scale(name, items, 1, 5, (), 1.0)]).values[name]  # noqa: PD011
    found = compare(values, data["Teacher"], posthoc="games-howell")
    welch, kruskal = stored["welch"], stored["kruskal"]
    assert_omnibus(
        found, [welch[k] for k in ("F", "df1", "df2", "p")], [kruskal["H"], kruskal["p"]]
    )
    howell = stored["games_howell"]
    pairs = {(str(pair.first), str(pair.second)): pair for pair in found.pairs}
    for index, names in enumerate(zip(howell["A"], howell["B"], strict=True)):
        pair = pairs[names]
        assert abs(pair.difference) == pytest.approx(abs(howell["diff"][index]), abs=1e-9)
        assert pair.df == pytest.approx(howell["df"][index], rel=1e-9)
        assert pair.p == pytest.approx(howell["p"][index], abs=1e-6)
    assert found.sentence.startswith("5 of 14 partners differ from the rest beyond chance: 3 (−0.5")


def test_pingouin_gives_the_same_tests():
    pg = pytest.importorskip("pingouin")
    source = np.random.default_rng(1)
    frame = pd.DataFrame({"y": source.normal(3, 1, 60).round(1), "g": np.repeat([*"abcde"], 12)})
    found = compare(frame["y"], frame["g"], bound=0.4)
    welch = pg.welch_anova(frame, dv="y", between="g").iloc[0]
    kruskal = pg.kruskal(frame, dv="y", between="g").iloc[0]
    theirs = [welch["F"], welch["ddof1"], welch["ddof2"], welch["p_unc"]]
    assert_omnibus(found, theirs, [kruskal["H"], kruskal["p_unc"]])
    assert found.omnibus[0].effect == pytest.approx(welch["np2"], rel=1e-9)
    two = frame[frame["g"].isin(["a", "b"])]
    own, rest = two["y"][two["g"] == "a"], two["y"][two["g"] == "b"]
    hedges = pg.compute_effsize(own, rest, eftype="hedges")
    assert compare(two["y"], two["g"]).rows[0].hedges_g == pytest.approx(hedges, rel=1e-9)
    for ours, theirs in (("holm", "holm"), ("bh", "fdr_bh")):
        p = [row.p for row in found.rows]
        assert adjusted(p, ours) == pytest.approx(pg.multicomp(p, method=theirs)[1], rel=1e-9)


def test_pingouin_finds_the_same_pairs():
    pg = pytest.importorskip("pingouin")
    source = np.random.default_rng(4)
    frame = pd.DataFrame({"y": source.normal(3, 1, 40), "g": np.repeat([*"abcd"], [4, 8, 12, 16])})
    theirs = pg.pairwise_gameshowell(frame, dv="y", between="g")
    ours = compare(frame["y"], frame["g"], posthoc="games-howell").pairs
    names = {"p": "pval", "hedges_g": "hedges", "difference": "diff", "se": "se", "df": "df"}
    for field, of in names.items():
        found = [getattr(pair, field) for pair in ours]
        assert found == pytest.approx(theirs[of].tolist(), abs=1e-7), field


def test_two_partners_are_each_the_rest_of_the_other():
    found = compare([1, 2, 4, 3, 5, 6, 5], list("aaabbbb"))
    one, other = found.rows
    assert one.difference == pytest.approx(-other.difference)
    assert one.p == pytest.approx(other.p)
    assert one.t == pytest.approx(-other.t)
    assert (one.ci_low, one.ci_high) == pytest.approx((-other.ci_high, -other.ci_low))


def test_partners_with_equal_spread_are_compared_by_student_s_t():
    values = [1.0, 2, 3, 4, 5, 6]
    (one, _), theirs = compare(values, list("aaabbb")).rows, ttest_ind(values[:3], values[3:])
    assert (one.t, one.p, one.df) == pytest.approx((theirs.statistic, theirs.pvalue, 4))


def test_two_raters_who_agree_do_not_make_their_partner_different():
    source = np.random.default_rng(5)
    values = np.concatenate([[3.75, 3.75], source.normal(3, 0.7, 40)])
    who = np.repeat([*"abcdef"], [2, 8, 8, 8, 8, 8])
    found = compare(values, who, bound=0.25)
    row = found.rows[0]
    assert row.difference / (values[2:].std(ddof=1) / np.sqrt(40)) > 6  # Welch's t, 39 df
    assert row.p_adjusted > 0.1
    assert found.differing == ()
    assert found.equivalent == ()
    assert row.difference / row.t > 0.3  # the spread of others is .7, of two raters .7/√2
    assert row.df == 36


def test_partners_without_variance_are_named_and_left_out():
    found = compare([3, 3, 4, 5, 2, 1, 4], list("aabbccd"), posthoc="games-howell")
    assert "Welch's test leaves out partners without variance (2)." in found.notes
    assert "Pairs leave out partners without variance (2)." in found.notes
    assert found.rows[0].p is not None
    assert found.rows[3].p is None
    assert len(found.pairs) == 1


@pytest.mark.parametrize(
    ("values", "who", "notes"),
    [
        ([3, 4], "aa", ["No Welch test", "No Kruskal-Wallis test"]),
        (
            [3, 3, 3, 3],
            "aabb",
            ["No Welch test", "No Kruskal-Wallis test", "No test against the rest"],
        ),
        ([], "", ["No Welch test", "No Kruskal-Wallis test"]),
        (
            [1, 2, 3, 4, 5],
            "abcde",
            ["No Welch test", "No Kruskal-Wallis test", "No test against the rest"],
        ),
    ],
)
def test_what_cannot_be_tested_has_a_reason(values, who, notes):
    found = compare(values, list(who))
    assert found.omnibus == ()
    assert [note.split(":")[0] for note in found.notes] == notes
    assert found.sentence == "No partner can be compared with the rest."


def test_more_partners_than_pairs_can_hold_get_none():
    values = np.random.default_rng(1).standard_normal(153)
    found = compare(values, np.repeat(np.arange(51), 3), posthoc="games-howell")
    assert found.pairs == ()
    assert "51 partners have raters who differ; it takes 2 to 50" in found.notes[-1]


def test_small_partners_are_neither_compared_nor_part_of_the_rest():
    values = [1.0, 2, 3, 4, 5, 3, 9, 9]
    found = compare([*values, np.nan], [*"aaabbbcc", None], min_n=3)
    assert found.rows == compare(values[:6], list("aaabbb")).rows
    assert (found.n_used, found.n_total) == (6, 9)


def test_equal_partners_are_told_from_those_that_could_differ():
    source = np.random.default_rng(2)
    values = np.concatenate([source.normal(3, 0.3, 200), source.normal(3, 0.3, 6)])
    found = compare(values, ["a"] * 100 + ["b"] * 100 + ["c"] * 6, bound=0.2)
    assert [row.partner for row in found.equivalent] == ["a", "b"]
    assert compare(values, ["a"] * 100 + ["b"] * 106).equivalent == ()


def test_the_sentence_names_who_differs():
    found = compare([1, 1, 2, 3, 4, 3, 3, 4, 3], list("aaabbbccc"))
    assert found.sentence == "1 of 3 partners differs from the rest beyond chance: a (−2.00)."
    same = compare([3, 4, 3, 3, 4, 3], list("aaabbb"))
    assert same.sentence == "None of 2 partners differs from the rest beyond chance."


def test_wrong_input_is_refused():
    with pytest.raises(BadFrame):
        compare([1, 2], ["a"])
    for choice in ({"posthoc": "tukey"}, {"adjustment": "none"}, {"bound": 0}, {"level": 95}):
        with pytest.raises(UnknownChoice):
            compare([1, 2, 3, 4], list("aabb"), **choice)


def test_results_are_plain_when_asked_for():
    found = compare([1, 2, 4, 3, 5, 6, 5], list("aaabbbb"), posthoc="games-howell")
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["pairs"][0]["first"] == "a"
    assert plain["omnibus"][0]["test"] == "Welch"
    assert found.to_frame()["difference"].tolist() == [row["difference"] for row in plain["rows"]]


def coverage(runs, seed):
    """Return the share of true differences inside, and of runs with a false finding."""
    source = np.random.default_rng(seed)
    sizes, spread = np.array([5, 8, 12, 20, 30]), np.array([1.5, 0.5, 1, 1, 0.7])
    who = np.repeat(np.arange(5), sizes)
    true = np.array([0.5, 0, -0.5, 0.2, 0])
    rest = (sizes @ true - sizes * true) / (sizes.sum() - sizes)
    inside, false = [], []
    for _ in range(runs):
        noise = spread[who] * source.standard_normal(len(who))
        rows = compare(true[who] + noise, who).rows
        ends = np.array([(row.ci_low, row.ci_high) for row in rows])
        inside.append((ends[:, 0] <= true - rest) & (true - rest <= ends[:, 1]))
        false.append(bool(compare(noise, who).differing))
    return np.mean(inside), np.mean(false)


def test_intervals_hold_the_true_differences():
    inside, false = coverage(300, 1)
    assert 0.92 <= inside <= 0.98
    assert false <= 0.08


@pytest.mark.durability
def test_intervals_hold_the_true_differences_many_times():
    inside, false = coverage(4000, 2)
    assert 0.935 <= inside <= 0.965
    assert false <= 0.07  # the fewest raters have the widest spread


def normal(source, shape):
    return source.standard_normal(shape)


def four_items_near_the_top(source, shape):
    """Draw means of four answers from 1 to 5: mean 4.4, skewness −1."""
    person = 4.6 + 0.7 * source.standard_normal(shape)
    items = (np.clip(np.rint(person + 0.7 * source.standard_normal(shape)), 1, 5) for _ in "1234")
    return sum(items) / 4


def false_findings(sizes, draw, runs, seed, spread=1.0):
    """Return the share of studies of equal partners with a false finding."""
    source, who = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    by = tuple(range(len(sizes))), who
    scores = np.broadcast_to(spread, len(sizes))[who] * draw(source, (runs, len(who)))
    sums = (PartnerSums.of_codes(by[0], row, who) for row in scores)
    found = (against_rest(each, 0.95, None, "holm") for each in sums)
    return np.mean([any((row.p_adjusted or 1) <= 0.05 for row in rows) for rows in found])


@pytest.mark.durability
@pytest.mark.parametrize("draw", [normal, four_items_near_the_top])
@pytest.mark.parametrize(("partners", "n"), [(12, 2), (12, 3), (12, 5), (12, 8), (50, 5)])
def test_equal_partners_of_few_raters_are_rarely_called_different(partners, n, draw):
    runs = 3000
    false = false_findings([n] * partners, draw, runs, n)
    assert false <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.durability
@pytest.mark.parametrize(
    ("sizes", "spread"),
    [
        (np.arange(5, 21), np.tile([1.0, 2.0], 8)),
        (np.arange(5, 21), np.linspace(2, 1, 16)),
        ([5] * 12, np.repeat([1.0, 2.0], 6)),
        ([20] * 12, np.repeat([1.0, 2.0], 6)),
        ([5, *[20] * 11], np.array([2.0, *[1.0] * 11])),
    ],
)
def test_unequal_spreads_mislead_little(sizes, spread):
    assert false_findings(sizes, normal, 3000, 1, spread) <= 0.07 + 3 * np.sqrt(0.07 * 0.93 / 3000)
