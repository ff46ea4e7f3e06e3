"""Anonymous studies: the open link, the personal link to keep, and receipts of one browser."""

import pytest

P1 = "p1@vik.no"


def test_an_open_link_shows_what_it_is_about_and_changes_nothing(
    visitor, open_code, database_state
):
    before = database_state()
    page = visitor.get(f"/o/{open_code}")
    assert (page.status, page.headings) == (200, ["Our suppliers"])
    assert "you are given a personal link" in page.text
    assert visitor.get(f"/o/{open_code}?lang=is").lang == "is"
    assert database_state() == before


def test_starting_gives_a_personal_link_that_goes_on_elsewhere(visitor, make_visitor, open_code):
    visitor.get(f"/o/{open_code}")
    page = visitor.press()
    assert (page.path, page.headings) == ("/respond/link", ["Keep your personal link"])
    address = page.form["texts"]["personal-link"]
    assert address.startswith("http://127.0.0.1:8000/r/")
    page = visitor.press()
    assert page.path == "/respond/1/1"
    visitor.fill("4")
    assert "/respond/link" in visitor.get("/respond/about").links
    other = make_visitor()
    other.get("/r/" + address.rpartition("/")[2])
    assert other.press().path == "/respond/1/2"
    assert other.get("/respond/link").path == "/respond/1/2"  # it was given to the first one


def test_starting_twice_in_one_browser_is_one_person(visitor, open_code):
    visitor.get(f"/o/{open_code}")
    address = visitor.press().form["texts"]["personal-link"]
    visitor.get(f"/o/{open_code}")
    assert visitor.press().form["texts"]["personal-link"] == address


def test_the_language_chosen_before_the_start_is_kept(visitor, open_code):
    visitor.get(f"/o/{open_code}?lang=nn")
    assert visitor.press().lang == "nn"
    assert visitor.press().lang == "nn"
    visitor.get("/respond/link")
    page = visitor.press(("language", "is"))
    assert (page.path, page.lang) == ("/respond/link", "is")


@pytest.mark.parametrize("code", ["nonsense", "x" * 12, "%00" * 4, "ø" * 12])
def test_an_open_link_that_is_not_known(visitor, code):
    assert visitor.get(f"/o/{code}").headings == ["This link is not known"]
    assert visitor.post(f"/o/{code}", {}).status == 404


def test_the_same_browser_is_shown_the_same_receipt(visitor, anonymous):
    token = anonymous.tokens[P1]
    receipt = visitor.complete(token).path
    assert receipt.startswith("/receipt/")
    assert visitor.page.headings == ["Thank you"]
    for path in ("/respond/1/1", "/respond/1/review", "/respond/1/copy", "/respond/1/submitted"):
        assert visitor.get(path).path == receipt


def test_the_link_shows_the_receipts_to_the_browser_that_submitted(visitor, anonymous):
    token = anonymous.tokens[P1]
    receipt = visitor.complete(token).path
    visitor.language = "is"
    page = visitor.get(f"/r/{token}")
    assert (page.status, page.headings) == (410, ["Everything is submitted"])
    assert receipt in page.links


def test_a_review_sent_from_a_second_browser_is_not_stored_twice(visitor, make_visitor, anonymous):
    token = anonymous.tokens[P1]
    visitor.open(token)
    visitor.fill()
    visitor.fill()
    other = make_visitor()
    review = other.open(token)
    receipt = visitor.press().path
    other.page = review
    page = other.press()
    assert (page.status, page.path) == (200, "/respond/1/submitted")
    assert receipt not in page.html


def test_another_browser_is_told_where_the_receipt_was_shown(visitor, make_visitor, anonymous):
    token = anonymous.tokens[P1]
    other = make_visitor()
    other.open(token)
    visitor.complete(token)
    page = other.get("/respond/1/1")
    assert (page.path, page.headings) == ("/respond/1/submitted", ["Submitted: Fjord"])
    assert "in the browser in which you submitted" in page.text
    page = make_visitor().get(f"/r/{token}")
    assert (page.status, page.headings) == (410, ["Everything is submitted"])
    assert "/receipt/" not in page.html
    assert "in the browser that submitted" in page.text


def test_who_sees_what_is_said_in_each_mode(visitor, make_study):
    words = {
        "identified": "Your answers carry your name",
        "confidential": "Your answers are confidential",
        "anonymous": "Your answers are anonymous",
    }
    for mode, text in words.items():
        survey = make_study(slug=mode, privacy_mode=mode)
        assert text in visitor.get(f"/r/{survey.tokens[P1]}").text
        visitor.press()
        assert text in visitor.get("/respond/about").text
