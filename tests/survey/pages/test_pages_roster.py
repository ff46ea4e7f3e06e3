"""The list of partners: states and counts in words, and partners that one does not know."""

import pytest

P1 = "p1@vik.no"


def press(visitor, name, place):
    return visitor.press((name, str(place)))


def test_states_and_counts_are_said_in_words(visitor, roster_token):
    page = visitor.open(roster_token)
    assert "0 of 3 partners are done." in page.text
    assert page.text.count("Not started") == 3
    visitor.get("/respond/2/1")
    visitor.fill()
    page = visitor.get("/respond/")
    assert "1 is started." in page.text
    assert page.text.count("Started, not submitted") == 1
    visitor.get("/respond/2/2")
    visitor.fill()
    visitor.press()
    page = visitor.get("/respond/")
    assert "1 of 3 partners are done." in page.text
    assert page.text.count("Submitted") == 1


def test_a_partner_one_does_not_know_is_left_out_and_can_be_put_back(visitor, roster_token):
    visitor.open(roster_token)
    page = press(visitor, "decline", 1)
    assert (page.path, page.headings) == ("/respond/", ["Your partners"])
    assert page.text.count("Left out by you") == 1
    assert "/respond/1/1" not in page.links
    assert visitor.get("/respond/1/1").path == "/respond/"
    visitor.get("/respond/")
    assert visitor.press().path == "/respond/2/1"  # on to the next one
    visitor.get("/respond/")
    page = press(visitor, "undecline", 1)
    assert "/respond/1/1" in page.links
    assert visitor.press().path == "/respond/1/1"


def test_each_button_names_its_partner(visitor, roster_token):
    page = visitor.open(roster_token)
    for partner in ("Fjord", "Nord", "Sund"):
        assert f'aria-label="I do not know this partner: {partner}"' in page.html


def test_the_only_partner_can_be_left_out_on_its_first_page(visitor, survey, token):
    visitor.open(token)
    page = visitor.press(("go", "decline"), t1="4")
    assert (page.path, page.headings) == ("/respond/", ["Your partners"])
    assert "There is nothing left to answer" in page.text
    assert survey.answers(P1) == {}
    assert visitor.get(f"/r/{token}").status == 200
    visitor.press()
    page = press(visitor, "undecline", 1)
    assert page.path == "/respond/1/1"


def test_a_submitted_partner_has_no_button(visitor, make_study):
    survey = make_study(slug="two", partners=("Fjord", "Nord"))
    visitor.open(survey.tokens[P1])
    survey.complete(P1)
    page = visitor.get("/respond/")
    assert [value for name, value in page.form["buttons"] if name == "decline"] == ["2"]
    fields = page.form["fields"]
    assert visitor.post("/respond/", {**fields, "decline": "1"}).status == 409


@pytest.mark.parametrize("place", ["0", "9", "-1", "x", "٣", "1.0", "", "9" * 30])
def test_places_that_are_not_on_the_list_are_refused(visitor, roster_token, place):
    page = visitor.open(roster_token)
    for button in ("decline", "undecline"):
        page = visitor.post("/respond/", {**page.form["fields"], button: place})
        assert page.status in {400, 404}
        page = visitor.get("/respond/")
        assert "Left out by you" not in page.text


def test_the_other_side_is_asked_whether_it_can_answer(visitor, make_study):
    survey = make_study(sides=("theirs",), partners=("Fjord", "Nord"))
    visitor.open(survey.tokens[P1])
    assert "I do not know this partner" not in visitor.page.text
