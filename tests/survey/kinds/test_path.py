"""The path: what is asked depends on the answers, and nothing that was said is thrown away."""

import pytest

from survey.errors import UnknownItem
from survey.pages.sheets import Sheets, review
from survey.services import snapshots
from survey.services.answers import next_page, off_path, read_page
from survey.services.snapshots import Row

META = {"scoring_key": {}, "thresholds": {"min_group": 3, "min_group_text": 3}}
UNHAPPY = {"agrees": 1, "petals": ["price"]}
HAPPY = {"agrees": 5, "petals": ["price"]}


def test_a_posted_page_gives_every_item_on_the_path(branching):
    assert read_page(branching, 1, {"agrees": "2"}, {}) == {"agrees": 2, "petals": "skipped"}
    assert read_page(branching, 2, {}, UNHAPPY) == {"why": "skipped"}
    assert read_page(branching, 3, {"say": "x"}, UNHAPPY | {"why": ["care"]}) == {
        "wish": "skipped",
        "say": "x",
    }


def test_what_is_off_the_path_is_left_alone_unless_something_was_given(branching):
    assert read_page(branching, 2, {"why": [""]}, HAPPY) == {}
    assert read_page(branching, 2, {}, HAPPY) == {}
    assert read_page(branching, 2, {"why": ["care"]}, HAPPY) == {"why": ["care"]}
    assert read_page(branching, 3, {"wish": ""}, UNHAPPY) == {"say": None}


def test_an_older_tab_does_not_take_away_what_it_did_not_show(branching):
    saved = UNHAPPY | {"why": ["care"], "wish": "call", "say": "x"}
    assert read_page(branching, 3, {"say": "y"}, saved) == {"say": "y"}
    assert read_page(branching, 2, {}, saved) == {}
    assert read_page(branching, 2, {"why": [""]}, saved) == {"why": "skipped"}


def test_a_single_answer_counts_alone(branching):
    assert read_page(branching, 1, {"agrees": "2"}, {}, whole=False) == {"agrees": 2}
    assert read_page(branching, 1, {"petals": [""]}, {}, whole=False) == {"petals": "skipped"}
    assert read_page(branching, 3, {"say": ""}, HAPPY, whole=False) == {"say": None}
    with pytest.raises(UnknownItem):
        read_page(branching, 1, {"why": ["care"]}, {}, whole=False)


def test_pages_without_a_question_are_passed_over(branching):
    assert next_page(branching, {}, 0) == 1
    assert next_page(branching, HAPPY, 1) == 3
    assert next_page(branching, UNHAPPY, 1) == 2
    assert next_page(branching, UNHAPPY, 3) is None


def test_what_fell_off_the_path_is_listed_in_the_order_of_asking(branching):
    changed = HAPPY | {"why": ["care"], "wish": "call", "say": "x"}
    assert off_path(branching, changed) == ["why", "wish"]
    assert off_path(branching, UNHAPPY | {"why": ["care"], "wish": "call"}) == []


def test_a_page_and_the_review_show_the_path_only(branching):
    sheet = Sheets().get(branching, "ours", "nb")
    assert [question.id for question in sheet.on_page(3, HAPPY)] == ["say"]
    assert sheet.on_page(2, HAPPY) == ()
    assert [name for name, _ in sheet.fields_of(sheet.on_page(2, UNHAPPY))] == ["why"]
    rows = review(sheet, UNHAPPY | {"why": ["care"]}, partner="Fjord", organisation="Vik")
    assert [(row.id, row.answer, row.page) for row in rows] == [
        ("agrees", "Not at all (nb)", 1),
        ("petals", "Price (nb)", 1),
        ("why", "Care (nb)", 2),
        ("wish", "", 3),
        ("say", "", 3),
    ]


def test_a_page_is_shown_in_the_order_of_its_assessment(branching):
    sheet = Sheets().get(branching, "ours", "en")
    order = ("petals", "agrees", "why", "say", "wish")
    assert [question.id for question in sheet.on_page(1, {}, order)] == ["petals", "agrees"]
    answers = UNHAPPY | {"why": ["care"]}
    rows = review(sheet, answers, order, partner="Fjord", organisation="Vik")
    assert [row.id for row in rows] == list(order)


def test_the_data_keep_what_was_given_off_the_path_apart(branching):
    rows = [
        Row("Fjord", "ours", "en", UNHAPPY | {"why": ["price", "care"], "wish": "call"}),
        Row("Fjord", "ours", "en", HAPPY | {"why": ["care"], "wish": "skipped"}, ["why", "wish"]),
        Row("Fjord", "ours", "en", HAPPY),
    ]
    frame = snapshots.build(rows, branching, 1, META).frame
    found = frame.select("why__price", "why__care", "why_missing", "why_off_path").rows()
    assert found == [
        (1, 1, None, None),
        (None, None, "not_reached", "care"),
        (None, None, "not_reached", None),
    ]
    assert frame.select("wish", "wish_missing", "wish_off_path").rows() == [
        ("call", None, None),
        (None, "not_reached", "skipped"),
        (None, "not_reached", None),
    ]
    assert not {"agrees_off_path", "petals_off_path", "say_off_path"} & set(frame.columns)
