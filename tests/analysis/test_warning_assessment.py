"""Early warnings of a whole study: p beside intervals, what stands, and what chance gives."""

import copy

import numpy as np
import pytest

from analysis import warning_assessment
from analysis.adjustment import adjusted
from analysis.assessment import assess
from analysis.cuts import cut
from analysis.report import early_warnings as told
from analysis.report.parts import Parts
from analysis.scale_assessment import Choices
from analysis.side_assessment import assess_sides
from analysis.simulation import Design, Planted, simulate
from analysis.warning_assessment import BY_CHANCE, early_warnings
from analysis.wave_assessment import assess_waves

CHOICES = Choices("pairwise", None, 0.95, 1, 1, "partner")
SEVEN = tuple("abcdefg")
TITLES = {name: name.upper() for name in SEVEN} | {f"{name}__meta": name for name in SEVEN}


def warned(found, choices=CHOICES):
    """Return the warnings of a simulated study, as an assessment gathers them."""
    cuts = cut(found.frame, side="side", wave="wave")
    own = [scale for scale in found.scales if "__meta" not in scale.name]
    frames = [cuts.cells[side, cuts.last] for side in cuts.sides]
    sides = assess_sides(*frames, found.scales, ("ours", "theirs"), choices)
    return early_warnings(cuts, own, choices, assess_waves(cuts, own, choices), sides.scales)


def study(seed, *, raters=10, constructs=("a", "b"), planted=None, partners=6, accuracy=1.0):
    return simulate(
        Design(
            partners=partners,
            raters=raters,
            constructs=constructs,
            items=3,
            waves=4,
            sides=2,
            accuracy=accuracy,
            planted=planted or Planted(),
        ),
        seed,
    )


FACTS = Planted(falling=((1, 0.45),), false_consensus=((2, 1.7),), widening=((3, 0.5),))


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_p_is_small_where_the_interval_passes_the_threshold(level, monkeypatch):
    seen = []
    monkeypatch.setattr(
        warning_assessment, "adjusted", lambda p, how: seen.append(p) or adjusted(p, how)
    )
    found = warned(study(1, planted=FACTS), Choices("pairwise", None, level, 1, 1, "partner"))
    assert {row.rule for _, row in found.rows} >= set(BY_CHANCE) - {"spread"}
    assert all(row.p < 1 - level for _, row in found.rows)
    small = sum(p < 1 - level for p in seen[0])
    assert small == len(found.rows)
    assert sum(found.looked_at.values()) == len(seen[0]) == 2 * 6 * 4


@pytest.fixture(scope="module")
def whole():
    found = study(3, raters=25, planted=FACTS, accuracy=0.9)
    return assess(found.frame, found.scales, partner="partner", side="side", wave="wave")


@pytest.fixture
def document(whole):
    return copy.deepcopy(whole.to_dict())


def test_what_stands_are_the_facts_that_were_planted(document):
    stands = {(row["partner"], row["rule"]) for row in document["warnings"] if row["stands"]}
    assert stands == {("p1", "falling"), ("p2", "false consensus"), ("p3", "widening gap")}
    rates = document["warning_rates"]
    assert rates["looked_at"] == 48
    assert rates["by_chance"] == pytest.approx(12 * sum(BY_CHANCE.values()))
    (advised,) = told.heed(document, TITLES)
    assert advised.startswith("Ask now what is the matter with p1 (falls on A and B); p2")
    text = " ".join(told.sentences(document, TITLES))
    assert "Of 48 places looked at (partner, scale and rule), about 1 would be flagged" in text


def test_a_warning_that_does_not_stand_is_no_advice(document):
    for row in document["warnings"]:
        row["stands"] = False
    assert told.heed(document, TITLES) == [
        "Take no single early warning for a finding: none stands after so many looks."
    ]
    assert "stands once all that was looked at" in told.summary(document, TITLES)[0]
    assert told.table(document, TITLES).body[0][1] == "no"


def test_without_warnings_there_is_nothing_to_heed():
    document = {"warnings": [], "warning_rates": {"looked_at": 12, "by_chance": 0.2}}
    assert told.heed(document, TITLES) == told.summary(document, TITLES) == []
    assert "No rule raises a warning" in told.sentences(document, TITLES)[0]


@pytest.mark.durability
@pytest.mark.parametrize("raters", [5, 10, 20])
def test_a_study_without_change_gives_as_many_warnings_as_is_said_and_hardly_one_stands(raters):
    raised, stands = [], []
    for seed in range(12):
        found = warned(study(seed, raters=raters, constructs=SEVEN, partners=12))
        raised.append(len(found.rows))
        stands.append(any(p < 0.05 for p in found.p_adjusted))
    said = found.by_chance
    assert 0.4 * said <= np.mean(raised) <= 1.5 * said
    assert sum(stands) <= 2


def test_the_gap_that_was_planted_widens_in_the_report_too(whole, document):
    gaps = whole.gaps
    assert gaps["partner"].tolist()[:6] == [f"p{number}" for number in range(1, 7)]
    (section,) = (part for part in Parts(document, TITLES).sections if part.id == "waves")
    tables = {table.id: table for table in section.tables}
    moves = {row[0]: row[-1] for row in tables["gaps-1"].body}
    assert moves["p3"] == "widens"
    assert set(moves.values()) <= {"widens", "closes", "–"}
    assert any("of 12 gaps" in text and "p3 on A" in text for text in section.sentences)
    fallen = [row for row in tables["waves-outside"].body if row[0] == "p1"]
    assert {row[2] for row in fallen} >= {"1", "4"}
    assert "Since 3" in tables["waves-1"].head
    for scale in document["waves"]["scales"].values():
        scale["gaps"] = []
    (section,) = (part for part in Parts(document, TITLES).sections if part.id == "waves")
    assert not any("between the sides" in text for text in section.sentences)
