"""What the document says of partners that surely differ, and how the report words it."""

import json

import numpy as np
import pytest

from analysis.assessment import assess
from analysis.partner_sums import coded
from analysis.partner_tests import partner_tests
from analysis.partners import partner_scores
from analysis.report.ranking import ends, ranking, said
from analysis.scale_assessment import Choices

CHOICES = Choices("pairwise", "adf", 0.95, 1, 1, "who")


def compared(means):
    source = np.random.default_rng(3)
    who = np.repeat([f"P{place}" for place in range(len(means))], 8).tolist()
    scores = np.repeat(means, 8) + 0.5 * source.standard_normal(len(who))
    return partner_tests(partner_scores(scores, who), scores, coded(who), CHOICES, 0.25)


def test_bands_pairs_and_who_differs_go_together():
    found = compared([2.0, 3.0, 3.1, 4.2])
    told = found.to_dict()
    assert told["bands"] == [["P3"], ["P2", "P1"], ["P0"]]
    assert (told["pairs"], told["pairs_apart"]) == (6, 5)
    assert told["differing"] == ["P0", "P3"]
    assert told["sentences"][0] == "5 of 6 pairs of partners can be told apart."
    assert told["sentences"][1].startswith("2 of 4 partners differ from the rest beyond chance")
    row = found.of_partners()["P3"]
    assert (row["simultaneous_low"], row["simultaneous_high"]) == (1, 1)
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["difference_p"] < 0.01


def test_nothing_is_said_of_two_partners_or_fewer():
    assert compared([2.0, 4.0]).sentences == ()
    alone = compared([2.0]).to_dict()
    assert alone["pairs_apart"] is None
    assert alone["sentences"] == []


def test_the_document_has_them_of_every_scale(simulated, key):
    data = simulated({"Acme": 12, "Berg": 9, "Cask": 14, "Dale": 3})
    document = json.loads(json.dumps(assess(data, key, partner="partner", min_n=5).to_dict()))
    assert set(document["comparisons"]) == set(key)
    dale = document["partners"]["trust"][3]
    assert all(dale[name] is None for name in ("simultaneous_low", "marginal_high", "difference"))
    acme = document["partners"]["trust"][0]
    assert 1 <= acme["simultaneous_low"] <= acme["marginal_low"]
    told = document["comparisons"]["trust"]["sentences"]
    assert said(document, "trust")[1:] == [*told, document["chances"]["trust"]["sentences"][0]]
    frame = assess(data, key, partner="partner").to_frame("comparisons")
    assert set(frame["test"]) == {"Welch", "Kruskal-Wallis"}


@pytest.mark.parametrize(
    ("row", "places"),
    [
        ({"rank_low": 1, "rank_high": 2}, (1, 2)),
        ({"rank_low": 1, "rank_high": 2, "simultaneous_low": None}, (1, 2)),
        ({"rank_low": 1, "rank_high": 2, "simultaneous_low": 1, "simultaneous_high": 4}, (1, 4)),
    ],
)
def test_places_are_those_that_hold_all_at_once_where_they_are_known(row, places):
    assert ends(row) == places


def test_a_list_is_not_ranked_where_places_hold_only_one_at_a_time():
    rows = [
        {"partner": name, "shrunken": 4 - place / 10, "rank_low": place, "rank_high": place}
        | {"simultaneous_low": 1, "simultaneous_high": 4}
        for place, name in enumerate("abcd", 1)
    ]
    document = {"partners": {"s": rows}, "pooling": {"s": {"tau2": 0.1}}}
    assert ranking(document, "s") == (
        "From these data 4 of 4 partners could hold at least three places: "
        "do not rank them on this."
    )
