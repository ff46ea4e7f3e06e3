"""Plans: formulas, whole studies simulated from rows, and the page."""

import json
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import studentized_range

from analysis.aggregation import raters_needed
from analysis.crossed_design import design
from analysis.errors import UnknownChoice
from analysis.mixed_equations import Equations
from analysis.partners import partner_scores
from analysis.plan_search import Search, Study
from analysis.planning import plan
from analysis.rank_sets import rank_sets
from analysis.report.plan_page import plan_sentences, plan_table, render_plan


@pytest.mark.parametrize("icc", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("target", [0.6, 0.7, 0.85])
def test_raters_for_reliability_are_those_that_the_analysis_names(icc, target):
    needed = Study(12, icc, 0, 1, 4).raters_for(target)
    assert needed == np.ceil(raters_needed(icc, target) - 1e-9)
    assert Study(12, icc, 0, 1, 4).reliability(needed) >= target - 1e-9
    assert needed == 1 or Study(12, icc, 0, 1, 4).reliability(needed - 1) < target


@pytest.mark.parametrize("raters", [1, 5, 20])
def test_the_best_of_two_is_found_as_often_as_the_formula_says(raters):
    study = Study(2, 0.2, 0, 1, 1)
    certainty, best = Search(study, 100_000, 1).shares([raters])[raters]
    exact = 1 / 2 + np.arcsin(np.sqrt(study.reliability(raters))) / np.pi
    assert best == pytest.approx(exact, abs=0.005)
    assert certainty == best


def test_severity_counts_as_error_for_who_rates_one_and_cancels_where_all_rate_all():
    assert Study(8, 0.2, 0.3, 1, 2).error(10) == pytest.approx(0.08)
    assert Study(8, 0.2, 0.3, 8, 2).error(10) == pytest.approx(0.05)
    some = [Study(8, 0.2, 0.3, each, 2).error(10) for each in range(1, 9)]
    assert some == sorted(some, reverse=True)


@pytest.mark.parametrize("severity", [0.0, 0.1, 0.4])
def test_rating_several_partners_gains_what_the_crossed_model_gains(severity):
    # Each pair of five partners is rated by three raters: a balanced design.
    pairs = [pair for pair in combinations(range(5), 2) for _ in range(3)]
    rater, partner = np.repeat(np.arange(30), 2), np.array(pairs).ravel()
    rated = design(np.random.default_rng(1).standard_normal(60), rater, partner)
    equations = Equations(rated.values, rated.rater, rated.partner, rated.counts)
    rest = 0.75 - severity
    ratios = severity / rest, 1e6  # partners as good as fixed
    known = rest * 1e6 * equations.solve(ratios).inverse
    contrast = known[0, 0] + known[1, 1] - 2 * known[0, 1]
    assert contrast / 2 == pytest.approx(Study(5, 0.25, severity, 2, 2).error(12), rel=1e-4)


def test_shares_are_those_of_studies_simulated_from_rows():
    source = np.random.default_rng(5)
    found = plan(9, 0.2, raters=8, draws=20_000)
    who = np.repeat(np.arange(9), 8)
    named, best, apart = [], [], []
    for _ in range(200):
        true = np.sqrt(0.2) * source.standard_normal(9)
        values = true[who] + np.sqrt(0.8) * source.standard_normal(len(who))
        table = partner_scores(values, who, pool=False)
        means = np.array([row.mean for row in table.rows])
        named.append(np.isin(np.argsort(means)[-3:], np.argsort(true)[-3:]).mean())
        best.append(means.argmax() == true.argmax())
        sets = rank_sets(table, draws=200, seed=source)
        apart.append(sets.pairs_apart / sets.pairs)
    point = found.at(8)
    assert point.certainty == pytest.approx(np.mean(named), abs=0.05)
    assert point.best == pytest.approx(np.mean(best), abs=0.11)
    assert point.pairs_apart == pytest.approx(np.mean(apart), abs=0.03)


def test_pairs_apart_use_the_limit_of_tukey():
    limit = studentized_range.ppf(0.95, 5, 45) / np.sqrt(2)
    study = Study(5, 0.3, 0, 1, 2)
    true = np.random.default_rng(1).standard_normal(400_000)
    spread = np.sqrt(2 * 0.3 + 2 * 0.07)
    share = (np.abs(spread * true) > limit * np.sqrt(2 * 0.07)).mean()
    assert study.pairs_apart(10, 0.95, 1) == pytest.approx(share, abs=0.01)


def test_the_fewest_raters_that_suffice_are_found():
    found = plan(10, 0.2, certainty=0.75, draws=5_000)
    needed = found.raters_for_certainty
    search = Search(Study(10, 0.2, 0, 1, 3), 5_000, 1)
    shares = search.shares(range(1, needed + 1))
    assert [n for n in shares if shares[n][0] >= 0.75] == [needed]


def test_what_no_number_of_raters_gives_is_none():
    found = plan(40, 0.001, draws=500)
    assert found.raters_for_reliability is None
    assert found.raters_for_certainty is None
    assert found.needed is None
    told = plan_sentences(found.to_dict())
    assert told[0].startswith("Even 1,000 raters of each partner do not make its mean reliable")
    assert told[1].startswith("Even with 1,000 raters of each, fewer than 80\u00a0%")
    assert plan(5, 0.0, draws=500).raters_for_reliability is None


def test_few_raters_may_be_enough():
    found = plan(3, 0.95, draws=2_000, top=1)
    assert (found.raters_for_reliability, found.raters_for_certainty) == (1, 1)
    assert found.icc_low is None


@pytest.mark.durability
def test_one_core_and_two_give_the_same_plan():
    assert plan(12, 0.2, draws=6_000, workers=1) == plan(12, 0.2, draws=6_000, workers=2)


def test_progress_goes_on_to_the_end():
    shares = []
    plan(12, 0.2, draws=6_000, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize(("top", "count"), [(1 / 3, 4), (3, 3), (0.01, 1), (1, 1)])
def test_the_top_is_a_share_or_a_number(top, count):
    assert plan(12, 0.2, top=top, draws=100).top == count


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"partners": 1}, "partners is 1; give a number from 2"),
        ({"icc": 1}, "icc is 1"),
        ({"icc": 0.6, "severity": 0.4}, "leave nothing for the rest"),
        ({"reliability": 1}, "reliability is 1"),
        ({"certainty": 0}, "certainty is 0"),
        ({"top": 12}, "top is 12"),
        ({"top": 2.5}, "top is 2.5"),
        ({"each": 13}, "each is 13"),
        ({"raters": 0}, "raters is 0"),
        ({"draws": 5}, "draws is 5"),
        ({"level": 95}, "level is 95"),
    ],
)
def test_plans_that_make_no_sense_are_refused(given, told):
    with pytest.raises(UnknownChoice, match=told):
        plan(**{"partners": 12, "icc": 0.2, **given})


def test_sentences_and_table_say_what_was_found():
    found = plan(12, 0.15, raters=10, draws=2_000)
    told = plan_sentences(found.to_dict())
    assert told[0] == (
        "A partner's mean has reliability .70 with 14 raters of each partner, 168 people in all."
    )
    assert told[1].startswith("For 80\u00a0% of those named in the top 4 of 12 to belong there")
    assert told[2].startswith("With the 10 raters planned, reliability is .64, ")
    assert "of 66 pairs can be told apart" in told[2]
    assert "ICC(1) would itself typically be known to .03–.42 only" in told[3]
    table = plan_table(found.to_dict())
    assert [row[0] for row in table.body if "←" in row[0]][:2] == ["10 ←", "14 ←"]
    assert found.to_frame()["raters"].tolist() == [point.raters for point in found.curve]
    assert json.loads(json.dumps(found.to_dict()))["people_needed"] == found.people(found.needed)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_asks_nothing_of_any_other_host():
    found = plan(12, 0.15, severity=0.2, each=3, draws=500).to_dict()
    page = render_plan(found, command="tillit plan --partners 12")
    assert page == render_plan(found, command="tillit plan --partners 12")
    tags = Tags()
    tags.feed(page)
    (saved,) = tags.addresses
    assert saved.startswith("data:text/csv")
    assert f"%0A{found['raters_for_reliability']}," in saved
    assert "script" not in tags.tags
    assert page.count('class="curve') == 6  # three lines, and their legend
    assert "severity of raters .20 · each rater rates 3 partners" in page
    assert "tillit plan --partners 12" in page
