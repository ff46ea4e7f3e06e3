"""Questionnaires that branch, shuffle and ask for guesses: what is off the path is passed over."""

import pytest
from msgspec import structs

from questionnaires import Page
from questionnaires.parts import Condition

P1 = "p1@vik.no"


@pytest.fixture(scope="session")
def instrument(instrument):
    """Shuffle the small questionnaire; add a page for the dissatisfied, and one of guesses."""
    first, second = instrument.pages
    why = structs.replace(second.items[3], id="why")
    guess = structs.replace(
        first.items[0],
        id="t1__meta",
        construct=None,
        perspective="meta",
        texts={side: {"meta": texts["direct"]} for side, texts in first.items[0].texts.items()},
    )
    pages = (
        structs.replace(first, shuffle=True),
        Page((why,), show_if=(Condition(item="t1", at_most=2),)),
        second,
        Page((guess,)),
    )
    return structs.replace(instrument, id="branching", pages=pages)


def test_a_page_off_the_path_is_passed_over_forth_and_back(visitor, token):
    page = visitor.open(token)
    assert "Page 1 of 3" in page.text
    page = visitor.press(t1="5")
    assert (page.path, page.title.split(" – ")[0]) == ("/respond/1/3", "Page 2 of 3")
    assert visitor.press(("go", "back"), o1="1").path == "/respond/1/1"
    assert visitor.get("/respond/1/2").path == "/respond/1/3"


def test_an_answer_that_changes_the_path_brings_the_page_in(visitor, survey, token):
    visitor.open(token)
    page = visitor.press(t1="2")
    assert (page.path, page.title.split(" – ")[0]) == ("/respond/1/2", "Page 2 of 4")
    page = visitor.press(why="They never call back.")
    assert (page.path, page.title.split(" – ")[0]) == ("/respond/1/3", "Page 3 of 4")
    visitor.press(("go", "back"), o1="1")
    assert visitor.page.form["texts"]["why"] == "They never call back."
    visitor.get("/respond/1/1")
    assert visitor.press(t1="4").path == "/respond/1/3"
    assert survey.answers(P1)["why"] == "They never call back."  # kept, but off the path


def test_the_review_shows_the_path_only(visitor, token):
    visitor.open(token)
    visitor.press(t1="2")
    visitor.press(why="They never call back.")
    visitor.get("/respond/1/1")
    visitor.press(t1="4")
    visitor.press()
    page = visitor.press()
    assert page.path == "/respond/1/review"
    assert "They never call back." not in page.text
    assert visitor.press(("go", "back")).path == "/respond/1/4"


def test_a_page_of_guesses_says_so(visitor, token):
    visitor.open(token)
    visitor.press(t1="4")
    page = visitor.press()
    assert page.path == "/respond/1/4"
    assert page.title.startswith("Your guess – Page 3 of 3")
    assert "Now your guess: how does Fjord see it?" in page.text
    assert "Answer as you believe Fjord would answer." in page.text


def test_the_order_is_drawn_once_and_goes_along_to_another_browser(make_visitor, make_study):
    survey = make_study(people=6)
    seen = set()
    for email, token in survey.tokens.items():
        visitor = make_visitor()
        visitor.open(token)
        first = list(visitor.page.form["radios"])
        seen.add(tuple(first))
        assert list(visitor.get("/respond/1/1").form["radios"]) == first
        visitor.press(t1="4")
        other = make_visitor()
        other.open(token)
        assert list(other.get("/respond/1/1").form["radios"]) == first, email
    assert len(seen) > 1


def test_the_review_keeps_the_order_of_asking(visitor, token):
    page = visitor.open(token)
    order = [f"Fjord {item}." for item in page.form["radios"]]
    for _ in range(3):
        page = visitor.press()
    assert page.path == "/respond/1/review"
    places = [page.text.index(text) for text in order]
    assert places == sorted(places)
