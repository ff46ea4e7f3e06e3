"""Chances of places, and places with severity taken out: by hand, special cases, calibration."""

import json
from importlib import import_module

import numpy as np
import pytest

from analysis import assess
from analysis.crossed import crossed
from analysis.crossed_design import design
from analysis.crossed_places import crossed_places, freed_means
from analysis.errors import NotComputable
from analysis.partners import partner_scores
from analysis.place_chances import ENDS, MOST_WHOLE, place_chances
from analysis.rank_sets import rank_sets
from analysis.ranks import rank_intervals
from analysis.report import advice, content, differences, freed_view, raters_enough, raters_needed
from analysis.report.ranking import said
from analysis.simulation import Design, simulate


def league(partners, raters=6, seed=1, spread=1.5):
    source = np.random.default_rng(seed)
    who = np.repeat(np.arange(partners), raters)
    scores = spread * source.standard_normal(partners)[who] + source.standard_normal(len(who))
    return partner_scores(scores, [f"P{i:02}" for i in who])


def test_chances_are_sums_of_the_probabilities_of_places():
    ranks = rank_intervals(league(8), seed=1)
    found = place_chances(ranks)
    for row, held in zip(found.rows, ranks.probabilities, strict=True):
        assert row.best == held[0]
        assert row.top_three == pytest.approx(held[:3].sum())
        assert row.lowest_three == pytest.approx(held[-3:].sum())
        assert row.probabilities == tuple(held)
    assert sum(row.best for row in found.rows) == pytest.approx(1)
    assert sum(row.top_three for row in found.rows) == pytest.approx(3)
    assert found.sentences[0].startswith(f"{max(found.rows, key=lambda r: r.best).partner} is the")


def test_of_many_partners_both_ends_are_kept():
    found = place_chances(rank_intervals(league(MOST_WHOLE + 5, 3), seed=1))
    assert found.places == (*range(1, ENDS + 1), *range(21, 26))
    assert all(len(row.probabilities) == 2 * ENDS for row in found.rows)


def test_few_partners_have_no_top_three_and_equal_ones_no_favourite():
    two = place_chances(rank_intervals(league(2), seed=1))
    assert {(row.top_three, row.lowest_three) for row in two.rows} == {(None, None)}
    alike = place_chances(rank_intervals(partner_scores([1, 2, 3] * 4, [*"aaabbbcccddd"]), seed=1))
    (told,) = alike.sentences
    assert told.endswith("each is as likely the best as any other of the 4.")
    assert place_chances(rank_intervals(league(1), seed=1)).sentences == ()


def rated(partners, raters, each, variances, seed):
    """Let raters rate some partners each; return values, raters, partners, true scores."""
    source = np.random.default_rng(seed)
    rater = np.repeat(np.arange(raters), each)
    drawn = [source.choice(partners, each, replace=False) for _ in range(raters)]
    partner = np.concatenate(drawn)
    true, mild, rest = (np.sqrt(v) * source.standard_normal(n) for v, n in
                        zip(variances, (partners, raters, len(partner)), strict=True))  # fmt: skip
    return 3 + true[partner] + mild[rater] + rest, rater.tolist(), partner.tolist(), true


def test_means_with_severity_taken_out_are_those_of_generalized_least_squares():
    y, rater, partner, _ = rated(6, 20, 3, (0.2, 0.3, 0.5), 1)
    model, ratings = crossed(y, rater, partner), design(y, rater, partner)
    found = freed_means(ratings, model)
    x, z = np.eye(6)[ratings.partner], np.eye(20)[ratings.rater]
    v = model.residual_variance * np.eye(60) + model.rater_variance * z @ z.T
    precision = x.T @ np.linalg.solve(v, x)
    assert found.covariance == pytest.approx(np.linalg.inv(precision), rel=1e-9, abs=1e-12)
    means = np.linalg.solve(precision, x.T @ np.linalg.solve(v, y))
    assert found.means == pytest.approx(means, rel=1e-10)
    # with the partners' variance as prior, these are the scores of the model
    tau2 = model.partner_variance
    pooled = np.linalg.solve(precision + np.eye(6) / tau2, precision @ means + model.mu / tau2)
    assert [row.score for row in model.rows] == pytest.approx(pooled, rel=1e-8)


def test_without_severity_places_are_those_of_raters_taken_for_alike():
    y, rater, partner, _ = rated(6, 20, 3, (0.4, 0.0, 0.6), 1)
    model, ratings = crossed(y, rater, partner), design(y, rater, partner)
    assert model.rater_variance == 0
    freed = crossed_places(ratings, model, within=0.25, level=0.95, seed=1)
    alike = rank_sets(partner_scores(y, partner), draws=1_000, seed=1)
    assert freed.sets.pairs_apart == pytest.approx(alike.pairs_apart, abs=1)
    means = {row.partner: row.mean for row in model.rows}
    assert [row.rank for row in freed.sets.rows] == [
        1 + sum(other > own for other in means.values()) for own in means.values()
    ]


def test_many_partners_get_wider_limits_and_hopeless_designs_a_reason(monkeypatch):
    y, rater, partner, _ = rated(8, 30, 3, (1.0, 0.2, 0.2), 3)
    model, ratings = crossed(y, rater, partner), design(y, rater, partner)
    exact = crossed_places(ratings, model, within=0.25, level=0.95, seed=1)
    monkeypatch.setattr(import_module("analysis.rank_sets"), "EXACT", 7)
    found = crossed_places(ratings, model, within=0.25, level=0.95, seed=1)
    assert "Bonferroni limits" in found.sets.notes[0]
    assert 0 < found.sets.pairs_apart <= exact.sets.pairs_apart
    y, rater, partner, _ = rated(4, 3, 2, (1.0, 0.5, 0.2), 3)
    with pytest.raises(NotComputable, match="hardly more ratings than raters"):
        freed_means(design(y, rater, partner), crossed(y, rater, partner))


@pytest.fixture(scope="module")
def freed():
    found = simulate(
        Design(partners=12, raters=8, each=3, constructs=("trust",), items=3, severity=0.4), 6
    )
    key = {s.name: {"items": list(s.items), "low": s.low, "high": s.high} for s in found.scales}
    document = assess(found.frame, key, partner="partner", rater="rater", ci=None).to_dict()
    return json.loads(json.dumps(document))


def test_what_to_do_follows_the_freed_scores_and_who_differs_tells_both(freed):
    titles = {"trust": "Trust"}
    freed["comparisons"]["trust"]["differing"] = ["p01"]
    freed["raters"]["scales"]["trust"]["differing"] = ["p02"]
    told = [text for part in advice.advice(freed, titles) for text in part.sentences]
    assert any("is told by scores freed from the severity of raters." in text for text in told)
    assert any("different from the rest: p02 " in text for text in told)
    (changed,) = freed_view.freed_sentences(freed, "trust")
    assert changed.startswith("Freed from the severity of raters, ")
    assert "p02 then differs from the rest beyond chance, and p01 no longer does." in changed
    assert changed in content.partners(freed, "trust", titles).notes
    scale = freed["raters"]["scales"]["trust"]
    kept = {row["partner"]: row for row in freed_view.as_freed(freed)["partners"]["trust"]}
    assert kept["p02"]["shrunken"] == next(
        row["score"] for row in scale["partners"] if row["partner"] == "p02"
    )


def test_where_severity_cannot_be_taken_out_who_differs_says_why(freed):
    scale = {**freed["raters"]["scales"]["trust"], "places_reason": "Too few."}
    alone = {**freed, "raters": {"rater": "rater", "scales": {"trust": scale}}}
    assert freed_view.freed_sentences(alone, "trust") == [
        "This takes all raters for alike. Too few."
    ]
    assert freed_view.as_freed(alone)["partners"] == freed["partners"]
    assert advice.advice(alone, {"trust": "Trust"})[-1].heading == "With the partners"


def test_sentences_of_pairs_and_chances_are_those_of_the_document(freed):
    titles = {"trust": "Trust"}
    found = freed["comparisons"]["trust"]["pairwise"]
    told = differences.differ(freed, titles)
    assert "± 0.25 points" in told[0]
    assert f"of 66 pairs {found['differing']} surely differ" in told[1]
    assert any(text.startswith("Trust, freed from") for text in differences.likely(freed, titles))
    assert said(freed, "trust")[-1] == freed["chances"]["trust"]["sentences"][0]
    found |= {"reason": "Too many.", "rows": [], "differing": None, "equal": None}
    assert differences.differ(freed, titles)[1] == "Too many."


@pytest.mark.parametrize(
    ("low", "high", "vague", "told"),
    [
        (0.0018, 0.4, True, "somewhere between 4 and more than 1,000"),
        (0.05, 0.5, True, "somewhere between 3 and 45"),
        (0.2, 0.5, False, "somewhere between 3 and 10"),
        (-0.1, 0.5, True, "3 or more, and perhaps no number would do"),
        (-0.3, -0.1, False, ""),
    ],
)
def test_raters_needed_lead_with_what_is_open(low, high, vague, told):
    found = {"icc1_ci_low": low, "icc1_ci_high": high}
    assert raters_needed.is_vague(found) is vague
    assert raters_needed.between(found) == told


def test_a_number_of_raters_that_is_not_known_is_not_named_first():
    found = {"icc1_ci_low": 0.0018, "icc1_ci_high": 0.4, "raters_needed_70": 58.0}
    rows = {"one": [{"partner": "a", "n": 5}]}
    document = {"aggregation": {"one": found}, "partners": rows}
    (told,) = raters_enough.enough(document, ["one"], {"one": "One"})
    assert told == (
        "These data cannot tell how many raters a mean with reliability .70 needs: "
        "somewhere between 4 and more than 1,000."
    )


def test_guesses_of_the_other_side_are_neither_ranked_nor_tested(simulated, key):
    data = simulated({"Acme": 9, "Berg": 12, "Cask": 7, "Dale": 2})
    key = {"trust": key["trust"], "trust__meta": {"items": ["q1", "q2"], "low": 1, "high": 5}}
    document = assess(data, key, partner="partner", min_n=5, ci=None).to_dict()
    for part in ("partners", "aggregation", "pooling", "comparisons", "chances"):
        assert set(document[part]) == {"trust"}
    rows = {row["partner"]: row for row in document["guesses"]["trust__meta"]}
    assert rows["Acme"]["mean"] == pytest.approx(
        data.filter(data["partner"] == "Acme").select("q1", "q2").to_numpy().mean()
    )
    assert rows["Dale"]["mean"] is None
    assert "fewer than 5" in rows["Dale"]["suppressed_reason"]


def calibration(runs, seed):
    """Return mean probability and share of the best among partners so called, in three bins."""
    source = np.random.default_rng(seed)
    said_of, true_of = [], []
    for _ in range(runs):
        n = np.maximum(2, source.poisson(15, 10))
        true, who = np.sqrt(0.2) * source.standard_normal(10), np.repeat(np.arange(10), n)
        scores = true[who] + np.sqrt(0.8) * source.standard_normal(len(who))
        table = partner_scores(scores, who.tolist())
        found = place_chances(rank_intervals(table, draws=1_000, seed=source))
        said_of += [row.best for row in found.rows]
        true_of += (np.arange(10) == true.argmax()).tolist()
    chance, best = np.array(said_of), np.array(true_of)
    bins = [(chance >= low) & (chance < high) for low, high in ((0, 0.1), (0.1, 0.4), (0.4, 1.01))]
    return [(chance[held].mean(), best[held].mean()) for held in bins]


@pytest.mark.durability
def test_of_partners_called_the_best_so_many_are():
    for told, true in calibration(1_500, 1):
        assert told == pytest.approx(true, abs=0.04)


def freed_errors(runs, seed):
    """Return shares of studies of equal partners in which pairs or partners are told apart."""
    pairs, rest = [], []
    for run in range(runs):
        y, rater, partner, _ = rated(8, 30, 3, (0.0, 0.3, 0.5), seed + run)
        model, ratings = crossed(y, rater, partner), design(y, rater, partner)
        found = crossed_places(ratings, model, within=0.25, level=0.95, seed=run)
        pairs.append(found.sets.pairs_apart > 0)
        rest.append(bool(found.comparison.differing))
    return float(np.mean(pairs)), float(np.mean(rest))


@pytest.mark.durability
def test_equal_partners_are_rarely_told_apart_with_severity_taken_out():
    pairs, rest = freed_errors(300, 100)
    assert pairs <= 0.09  # 5 % and three standard errors of 300 studies
    assert rest <= 0.09
