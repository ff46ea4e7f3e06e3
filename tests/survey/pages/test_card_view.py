"""What a card and the overview may say, from numbers made for the purpose."""

from itertools import combinations

import msgspec
import pytest

from survey.pages.attention import attention
from survey.pages.card_measures import enough
from survey.pages.card_rows import ACT, KEEP, OPEN, TALK
from survey.pages.card_view import Card
from survey.pages.compared import Compared
from survey.pages.rendering import load_renderer
from survey.pages.voice import Voice
from survey.services.comparing.building import _beyond, _unknown
from survey.services.comparing.desk import Desk
from survey.services.comparing.model import (
    EDITION,
    Course,
    Measure,
    Point,
    Score,
    Seen,
    Shift,
    Sign,
    Workspace,
)

NAMES = ["A", "B", "C", "D"]


def measure(ends=(3.0, 3.4), beyond=0, bands=((0, 1, 2, 3),), scale=(1, 5)):
    score = Score(9, sum(ends) / 2, *ends, sum(ends) / 2, *ends, 1, 4, beyond)
    kept = [list(band) for band in bands]
    return Measure(*scale, 3.2, shrunken=True, scores=[score] * 4, bands=kept)


def card(composite=None, scales=None, **changes):
    scales = scales or {"trust": measure()}
    kept = Workspace(
        edition=EDITION, study="s", title="S", organisation="O", wave=2, closed_on="2026-01-01",
        side="ours", instrument="i", version="0", sha256="0", data_version=1, min_group=5,
        min_group_text=10, level=0.95, n_rows=36, names=NAMES,
        labels={name: {"en": name} for name in scales}, scales=scales,
        composite=composite or measure(), weights={}, equal_weights=True, near=None, far=None,
        holds_within=None, leads=[], theirs={}, seen={}, margin=1.0, waves=[1, 2],
        closed=["2025-01-01", "2026-01-01"], courses={}, composite_courses=[], warnings=[],
        looked_at=9, by_chance=0.3, outcome=None, drivers=[], no_drivers=None, explained=None,
        alike=[], notes=[],
    )  # fmt: skip
    desk = Desk(msgspec.structs.replace(kept, **changes), (2, 1), (None,) * 4, {})
    voice = Voice("en", load_renderer().catalogues["en"])
    return Card(Compared(desk, voice, "composite", (0, 1, 2, 3)), 0)


def looking_at(bands, places):
    view = card(composite=measure(bands=bands)).view
    return Compared(view.desk, view.voice, "composite", tuple(places))


def test_nobody_leads_surely_who_is_tied_with_somebody_that_is_looked_at():
    bands = ((0, 1, 2), (1, 2, 3))
    for size in (2, 3, 4):
        for places in combinations(range(4), size):
            said = looking_at(bands, places).order
            tied = [set(band) & set(places) for band in bands if places[0] in band]
            leads = all(each == {places[0]} for each in tied)
            assert ("surely leads" in said) == leads, (places, said)


def lowest(*names, composite=0):
    """Give what needs attention where the first partner is surely low on some of four aspects."""
    low = msgspec.structs.replace(measure().scores[0], among_all=-1)
    scales = {name: measure() for name in ("trust", "openness", "balance", "accuracy")}
    for name in names:
        scales[name] = msgspec.structs.replace(measure(), scores=[low, *measure().scores[1:]])
    return attention(card(composite=measure(beyond=composite), scales=scales).view)


def test_who_is_low_on_single_aspects_needs_attention_too():
    assert lowest() == []
    (line,) = lowest("openness")
    assert line.why == ("Surely below the others in: openness.",)
    (many,) = lowest("trust", "openness", "balance", "accuracy")
    assert many.why == ("Surely below the others in 4 aspects.",)
    assert "interval" in lowest("openness", composite=-1)[0].why[0]


@pytest.mark.parametrize(("p", "looks", "found"), [(0.04, 1, -1), (0.04, 2, 0), (0.02, 2, -1)])
def test_low_among_all_aspects_allows_for_how_many_there_are(p, looks, found):
    row = {"difference_p": p, "difference": -0.4}
    assert _beyond(row, looks) == found
    assert _beyond({**row, "difference": 0.4}, looks) == -found
    assert _beyond({**row, "difference_p": None}, looks) == 0


SIGN = Sign("trust", 0, "falling", -0.3, -0.5, -0.1, 0, "", 0.03, sure=True)


@pytest.mark.parametrize(
    ("ends", "beyond", "warnings", "kind"),
    [
        ((2.1, 2.9), -1, [], ACT),
        ((2.6, 3.1), 1, [], OPEN),  # above the others, and not surely good
        ((3.6, 4.2), 0, [], KEEP),
        ((3.6, 4.2), 0, [SIGN], TALK),
        ((3.1, 3.4), -1, [], TALK),
        ((3.1, 3.4), 0, [msgspec.structs.replace(SIGN, sure=False)], OPEN),
    ],
)
def test_the_rule_gives_what_it_says(ends, beyond, warnings, kind):
    assert card(composite=measure(ends, beyond), warnings=warnings).verdict.kind == kind


def test_the_rule_goes_by_the_composite_whatever_the_page_shows():
    low = card(composite=measure((2.1, 2.9)), scales={"trust": measure((4.1, 4.6))})
    view = Compared(low.view.desk, low.view.voice, "trust", (0,))
    assert Card(view, 0).verdict.kind == ACT


def test_steps_speak_of_those_that_were_asked():
    both = card(scales={"accuracy": measure((3.8, 4.2)), "advising": measure((3.8, 4.2))})
    assert both.first_unmet == "All steps that were asked about are met."
    last = card(scales={"accuracy": measure((3.2, 3.8)), "advising": measure((2.1, 2.5))})
    assert [step.kind for step in last.steps] == ["unsure", "unmet"]
    assert last.first_unmet.endswith("advising.")


@pytest.mark.parametrize(("scale", "good"), [((1, 5), 3.5), ((1, 7), 4.5), ((0, 100), 62.5)])
def test_good_begins_half_a_point_above_the_middle(scale, good):
    assert enough(measure(scale=scale)) == good


def test_states_and_agreement_say_where_they_may_be_chance():
    far = Seen(9, 2, 1.7, 2.3, 2, 9, 4, 3.7, 4.3, 4, -2, -2.4, -1.6, "apart",
               "true dissensus", "false consensus")  # fmt: skip
    near = msgspec.structs.replace(far, b=2.5, gap=-0.5, gap_low=-0.95, gap_high=-0.05)
    wide = Seen(9, 3.6, 2.6, 4.5, 3.6, 9, 3.6, 2.6, 4.5, 3.6, 0, -0.5, 0.5, "close")
    sign = msgspec.structs.replace(SIGN, rule="false consensus")
    scales = {name: measure() for name in ("trust", "openness", "balance")}
    seen = {"trust": [far] * 4, "openness": [near] * 4, "balance": [wide] * 4}
    shown = card(scales=scales, seen=seen, warnings=[sign])
    trust, openness, _ = shown.both
    assert "may be chance" not in trust.ours + trust.theirs
    assert "may be chance" in openness.ours
    assert "may be chance" in openness.theirs
    assert [text.partition(":")[0] for text in shown.brief.blind] == ["trust"]
    assert shown.brief.known == ("trust",)
    assert shown.brief.strengths == ()  # means are good, their intervals say nothing


@pytest.mark.parametrize(("gap", "told"), [(0.1, False), (0.7, False), (0.75, True), (-0.75, True)])
def test_seeing_it_alike_is_sure_only_within_the_margin_for_all_aspects_together(gap, told):
    # Half an interval of 0.22 becomes 0.25 where two aspects are looked at; the margin is 1.
    alike = Seen(9, 4, 3.8, 4.2, 4, 9, 4, 3.8, 4.2, 4, gap, gap - 0.22, gap + 0.22, "close",
                 "true consensus", "cannot be told")  # fmt: skip
    scales = {name: measure() for name in ("trust", "openness")}
    shown = card(scales=scales, seen={name: [alike] * 4 for name in scales})
    assert ("may be chance" in shown.both[0].ours) is told
    assert "may be chance" not in shown.both[0].theirs


def test_a_change_without_intervals_is_not_told():
    shown = card()
    assert shown._changed(None) == shown._changed(Shift(1, 2.0)) == "the answers do not tell"


@pytest.mark.parametrize(("ends", "alone"), [((-0.5, -0.1), True), ((-0.3, 0.1), False)])
def test_a_course_that_turns_is_said_to_be_looked_at_alone(ends, alone):
    points = [Point(wave, 9, 3.2, 3.0, 3.4) for wave in (1, 2, 3)]
    course = Course(points, sum(ends) / 2, *ends)
    told = card(measure(), composite_courses=[course] * 4, waves=[1, 2, 3], between=0.01)
    assert ("about 5% are said to rise or fall" in told.trend_allows) is alone


def test_unknown_answers_are_not_counted_where_gaps_are_taken_out():
    scale = {"items": {"t1": {"n": 8, "missing_by": {"dont_know": 2}}}}
    document = {"scales": {"trust": scale, "openness": scale, "openness__meta": scale}}
    assert _unknown(document, ["trust", "openness"]) == {"trust": 0.2}
