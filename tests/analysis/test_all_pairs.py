"""Pairs of partners: R, scipy, special cases, and how often they err."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import studentized_range

from analysis.adjustment import adjusted
from analysis.all_pairs import equivalence_p, games_howell
from analysis.errors import UnknownChoice
from analysis.pairwise import equal_within, pairwise
from analysis.partner_sums import PartnerSums, coded
from analysis.partners import partner_scores
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import score
from analysis.studentized_range import beyond_range, range_quantile
from analysis.tie_bands import comparison_bars, partner_bars

HERE = Path(__file__).parent / "reference"
STORED = json.loads((HERE / "pairs.json").read_text())
CHOICES = Choices("pairwise", "adf", 0.95, 1, 1, "who")


def assert_as_in_r(data, stored, bound):
    values = score(data, [Scale("three", ("i1", "i2", "i3"), 1, 5)]).values["three"]  # noqa: PD011
    found = games_howell(PartnerSums.of(values, data["partner"]), bound=bound)
    for field, near in (("difference", 1e-9), ("p", 1e-6), ("p_equal", 1e-9)):
        ours = [getattr(pair, field) for pair in found]
        assert ours == pytest.approx(stored[field], abs=near), field
    for field in ("ci_low", "ci_high"):  # qtukey stops at 1e-4 of a quantile
        assert [getattr(p, field) for p in found] == pytest.approx(stored[field], abs=2e-3), field
    d, se, df = (np.array([getattr(p, n) for p in found]) for n in ("difference", "se", "df"))
    assert equivalence_p(d, se, df, bound) == pytest.approx(stored["equal"], abs=1e-9)


def read_cases(path):
    return {name: rows.reset_index(drop=True) for name, rows in pd.read_csv(path).groupby("case")}


@pytest.mark.parametrize("name", ["balanced", "small", "disagreement"])
def test_pairs_are_those_of_r(name):
    assert_as_in_r(read_cases(HERE / "nested.csv")[name], STORED[name], STORED["bound"])


@pytest.mark.against_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed")
def test_fresh_pairs_are_those_of_r_here(tmp_path):
    runpy.run_path(str(HERE / "simulate_nested.py"))["write"](tmp_path / "nested.csv", 11)
    command = ["Rscript", HERE / "pairs.R", tmp_path / "nested.csv", tmp_path / "out.json"]
    subprocess.run(command, check=True, capture_output=True)
    stored, cases = (
        json.loads((tmp_path / "out.json").read_text()),
        read_cases(tmp_path / "nested.csv"),
    )
    for name in ("balanced", "small", "disagreement"):
        assert_as_in_r(cases[name], stored[name], stored["bound"])


@pytest.mark.parametrize("k", [2, 5, 50])
def test_the_range_is_that_of_scipy(k):
    for freedom in (2.5, 17.3):
        for q in (0.7, 3.6, 9.0):
            theirs = studentized_range.sf(q, k, freedom)
            assert beyond_range(q, k, freedom)[0] == pytest.approx(theirs, abs=1e-7)


def test_quantiles_pass_their_probability_alone_and_many_at_once():
    freedom = np.linspace(3, 90, 200)  # more than the knots of the spline
    q = range_quantile(0.9, 7, freedom)
    assert beyond_range(q, 7, freedom) == pytest.approx(np.full(200, 0.1), abs=1e-7)
    assert range_quantile(0.9, 7, freedom[50])[0] == pytest.approx(q[50], rel=1e-7)


def test_two_partners_are_compared_by_welch_alone():
    values = [1.0, 2, 4, 3, 5, 6, 5]
    (pair,) = games_howell(PartnerSums.of(values, list("aaabbbb")), bound=3.0)
    from scipy.stats import ttest_ind  # noqa: PLC0415 - only here

    assert pair.p == pytest.approx(ttest_ind(values[:3], values[3:], equal_var=False).pvalue)
    alone = equivalence_p(*(np.array([x]) for x in (pair.difference, pair.se, pair.df)), 3.0)
    assert pair.p_equal == pytest.approx(adjusted(alone)[0])


def studied(partners):
    source = np.random.default_rng(1)
    who = np.repeat([f"P{i:02}" for i in range(partners)], 4).tolist()
    return source.normal(3, 1, len(who)), coded(who)


@pytest.mark.parametrize(
    ("partners", "asked", "reason"),
    [
        (15, False, None),
        (16, False, "without being asked for: 16 make 120 pairs"),
        (16, True, None),
        (51, True, "51 would make 1,275 pairs"),
        (1, True, "takes two whose raters differ"),
    ],
)
def test_many_partners_are_compared_two_by_two_only_if_asked(partners, asked, reason):
    scores, by = studied(partners)
    choices = Choices("pairwise", "adf", 0.95, 1, 1, "who", pairs=asked)
    found = pairwise(scores, by, 0.25, choices)
    assert bool(found.rows) is (reason is None)
    assert (reason or "None") in str(found.reason)


def test_a_partner_without_variance_or_below_the_threshold_is_in_no_pair():
    scores, by = np.array([3.0, 3, 3, 1, 2, 4, 5, 4, 3, 2]), coded(list("aaabbbcccd"))
    found = pairwise(scores, by, 0.25, Choices("pairwise", "adf", 0.95, 1, 3, "who"))
    assert [(pair.first, pair.second) for pair in found.rows] == [("b", "c")]
    assert found.left_out == 1


def test_equal_means_a_share_of_the_range_or_what_was_chosen():
    chosen = Choices("pairwise", "adf", 0.95, 1, 1, "who", equal_within=0.4)
    assert equal_within(Scale("s", ("a",), 1, 5), CHOICES) == 0.25
    assert equal_within(Scale("s", ("a",), 0, 100), CHOICES) == 6.25
    assert equal_within(Scale("s", ("a",), 1, 5), chosen) == 0.4
    wrong = Choices("pairwise", "adf", 0.95, 1, 1, "who", equal_within=0)
    with pytest.raises(UnknownChoice, match="above 0"):
        equal_within(Scale("s", ("a",), 1, 5), wrong)


def test_bars_of_partners_are_those_of_all_their_pairs():
    n = [5, 5, 9, 20, 20, 20]
    who = np.repeat([*"abcdef"], n).tolist()
    table = partner_scores(np.random.default_rng(2).normal(3, 1, len(who)), who, pool=False)
    bars = partner_bars(table)
    rows = table.shown
    pooled = sum((row.n - 1) * row.sd**2 for row in rows) / (sum(n) - 6)
    se = np.sqrt(pooled / np.array(n))
    left, right = np.triu_indices(6, 1)
    reach = bars.factor * (se[left] + se[right]) / np.hypot(se[left], se[right])
    from scipy.stats import t  # noqa: PLC0415 - only here

    assert 2 * t.sf(reach, sum(n) - 6).mean() == pytest.approx(0.05)
    assert bars.low == pytest.approx([row.mean for row in rows] - bars.factor * se)
    assert comparison_bars([1, 2, 3], [0.1] * 3).factor == pytest.approx(1.96 / np.sqrt(2), 1e-4)
    assert partner_bars(partner_scores([1, 2, 3], list("abc"))) is None
    assert partner_bars(partner_scores([3, 3, 4, 4], list("aabb"))) is None


def errors(runs, seed):
    """Return shares: false pairs in a study, all intervals right, equal at the limit, bars apart.

    Partners differ in raters and spread for the first three; for the bars in raters only.
    """
    source = np.random.default_rng(seed)
    sizes, spread = np.array([5, 8, 12, 20, 30]), np.array([1.5, 0.5, 1, 1, 0.7])
    who = np.repeat(np.arange(5), sizes)
    limit = np.array([0.0, 0, 0, 1.0, 0])  # the fourth lies just as far off as counts as different
    false, inside, equal, apart = [], [], [], []
    for _ in range(runs):
        noise = spread[who] * source.standard_normal(len(who))
        pairs = games_howell(PartnerSums.of(noise, who.tolist()), bound=1.0)
        false.append(any(pair.p <= 0.05 for pair in pairs))
        inside.append(all(pair.ci_low <= 0 <= pair.ci_high for pair in pairs))
        two = games_howell(PartnerSums.of((noise + limit[who])[who >= 3], who[who >= 3].tolist()),
                           bound=1.0)  # fmt: skip
        equal.append(two[0].p_equal <= 0.05)
        alike = partner_scores(source.standard_normal(len(who)), who.tolist(), pool=False)
        bars = partner_bars(alike)
        left, right = np.triu_indices(5, 1)
        gap = (bars.low[left] > bars.high[right]) | (bars.low[right] > bars.high[left])
        apart.append(gap.mean())
    return [float(np.mean(each)) for each in (false, inside, equal, apart)]


@pytest.mark.durability
def test_pairs_err_as_rarely_as_they_say():
    false, inside, equal, apart = errors(2_000, 1)
    assert 0.035 <= false <= 0.065
    assert 0.935 <= inside <= 0.965
    assert 0.035 <= equal <= 0.065
    assert 0.035 <= apart <= 0.065
