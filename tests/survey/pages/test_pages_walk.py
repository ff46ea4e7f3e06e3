"""The respondent's way, walked with the forms that the pages offer."""

import pytest

P1 = "p1@vik.no"


def test_the_whole_way_with_one_partner(visitor, survey, token):
    page = visitor.get(f"/r/{token}")
    assert (page.status, page.headings) == (200, ["Our suppliers"])
    assert "Vik" in page.text
    assert "Fjord" in page.text
    assert "at least 5 people" in page.text
    assert "at least 10 people" in page.text
    page = visitor.press()
    assert page.path == "/respond/1/1"  # no list, with one partner
    assert page.title == "Page 1 of 2 – Fjord – Our suppliers"
    assert page.headings == ["Fjord"]
    assert "Welcome" in page.text
    assert "the last 12 months" in page.text
    page = visitor.fill("4")
    assert page.path == "/respond/1/2"
    assert "Welcome" not in page.text
    page = visitor.fill("2", say="Late.\r\nAnd dear.")
    assert page.path == "/respond/1/review"
    assert "thank you" not in page.text.lower()
    page = visitor.press()
    assert page.path.startswith("/receipt/")
    assert page.headings == ["Thank you"]
    assert survey.answers(P1) == {
        "t1": 4, "t2": 4, "t3": 4, "o1": 2, "o2": 2, "all": 2, "say": "Late.\nAnd dear.",
    }  # fmt: skip
    assert not any(word in page.text for word in ("Agree", "Late", "Fjord"))


def test_the_whole_way_with_three_partners(visitor, roster_token):
    page = visitor.open(roster_token)
    assert (page.path, page.headings) == ("/respond/", ["Your partners"])
    assert page.text.count("Not started") == 3
    assert page.links[2:5] == ["/respond/1/1", "/respond/2/1", "/respond/3/1"]
    page = visitor.press()
    assert page.path == "/respond/1/1"
    assert page.title == "Partner 1 of 3, page 1 of 2 – Fjord – Our suppliers"
    visitor.fill()
    page = visitor.get("/respond/")
    assert "Started, not submitted" in page.text
    visitor.press()
    visitor.fill()
    page = visitor.press()
    assert page.headings == ["The answers are stored"]
    assert "2 partners are left" in page.text
    assert "thank you" not in page.html.lower()
    page = visitor.press()
    assert (page.path, page.headings) == ("/respond/2/1", ["Nord"])
    page = visitor.complete(roster_token)
    assert page.headings == ["Thank you"]
    page = visitor.get("/respond/")
    assert page.text.count("Submitted") == 3
    assert page.form["buttons"][1:][-1] != ("go", "next")  # nothing to continue with


def test_the_forward_button_comes_first_and_language_never_does(visitor, roster_token):
    visitor.open(roster_token)
    for path in ("/respond/", "/respond/about", "/respond/1/1"):
        page = visitor.get(path)
        assert page.form["buttons"][0] == ("go", "next")
        assert [value for name, value in page.form["buttons"] if name == "language"] == [
            "nb",
            "nn",
            "is",
        ]


def test_each_item_is_one_group_and_nothing_is_chosen_beforehand(visitor, token):
    page = visitor.open(token)
    assert page.form["radios"] == {
        item: ["1", "2", "3", "4", "5", "dont_know", "not_applicable"]
        for item in ("t1", "t2", "t3")
    }
    assert page.given == {"t1": "", "t2": "", "t3": ""}  # a hidden blank says «seen»
    assert page.html.count("<fieldset") == page.html.count("<legend>") == 3
    assert page.form["labels"] == 21
    assert "Fjord t1." in page.text
    assert " checked" not in page.html
    assert page.html.count("<script") == page.html.count('<script type="module" src="/static/') == 1


def test_seen_and_not_reached_are_kept_apart(visitor, survey, token):
    visitor.open(token)
    visitor.press(t1="dont_know", t2="not_applicable")
    assert survey.answers(P1) == {"t1": "dont_know", "t2": "not_applicable", "t3": "skipped"}


def test_return_by_the_same_link_continues_at_the_first_page_not_done(visitor, make_visitor, token):
    visitor.open(token)
    visitor.fill("5")
    other = make_visitor()
    page = other.get(f"/r/{token}")
    assert "Welcome back. 1 partner is left" in page.text
    page = other.press()
    assert page.path == "/respond/1/2"
    other.fill("3")
    assert make_visitor().open(token).path == "/respond/1/review"


def test_back_saves_what_is_on_the_page(visitor, survey, token):
    visitor.open(token)
    visitor.fill("5")
    page = visitor.press(("go", "back"), o1="1", say="half a thought")
    assert page.path == "/respond/1/1"
    assert page.given == {"t1": "5", "t2": "5", "t3": "5"}
    assert survey.answers(P1)["say"] == "half a thought"
    page = visitor.get("/respond/1/2")
    assert page.given == {"o1": "1", "o2": "", "all": "", "say": "half a thought"}


def test_a_page_left_blank_with_back_is_not_called_done(visitor, survey, token):
    visitor.open(token)
    visitor.fill("5")
    assert visitor.press(("go", "back")).path == "/respond/1/1"
    assert "o1" not in survey.answers(P1)
    assert visitor.get("/respond/", follow=True).path == "/respond/1/2"


@pytest.mark.parametrize(
    ("partners", "expected"), [(("Fjord",), "/respond/about"), (("Fjord", "Nord"), "/respond/")]
)
def test_back_leads_out_of_the_first_page_too(visitor, make_study, partners, expected):
    survey = make_study(partners=partners)
    visitor.open(survey.tokens[P1])
    visitor.get("/respond/1/1")
    page = visitor.press(("go", "back"))
    assert page.path == expected
    assert visitor.press().path == "/respond/1/1"


def test_back_from_the_review_leads_to_the_last_page(visitor, token):
    visitor.open(token)
    visitor.fill()
    visitor.fill()
    page = visitor.press(("go", "back"))
    assert page.path == "/respond/1/2"
    assert page.given["o1"] == "4"


def test_clearing_takes_one_answer_back_and_keeps_the_others(visitor, survey, token):
    visitor.open(token)
    page = visitor.press(("clear", "t2"), t1="1", t2="2", follow=False)
    assert (page.status, page.headers["Location"]) == (303, "/respond/1/1#q-t2")
    page = visitor.get("/respond/1/1")
    assert page.given == {"t1": "1", "t2": "", "t3": ""}
    assert survey.answers(P1) == {"t1": 1, "t2": "skipped", "t3": "skipped"}
    assert page.ids["q-t2"][0] == "fieldset"


def test_clearing_a_page_that_was_never_sent_stores_nothing(visitor, survey, token):
    visitor.open(token)
    visitor.press(("clear", "t2"), t2="2")
    assert survey.answers(P1) == {}


def test_a_done_page_can_be_emptied(visitor, survey, token):
    visitor.open(token)
    visitor.fill("5")
    visitor.get("/respond/1/1")
    visitor.press(("go", "back"), t1="", t2="", t3="")
    assert set(survey.answers(P1).values()) == {"skipped"}


def test_the_review_lists_answers_and_counts_the_blanks(visitor, token):
    visitor.open(token)
    visitor.press(t1="1")
    page = visitor.press(o1="dont_know", say="Invoices <b>late</b>")
    assert "4 questions have no answer" in page.text
    for words in ("Strongly disagree", "Don't know", "Invoices <b>late</b>", "Fjord o2."):
        assert words in page.text
    assert "<b>late" not in page.html
    assert "/respond/1/1#q-t2" in page.links
    assert page.links.count("/respond/1/2#q-o2") == 2  # among the blanks, and in its row


def test_nothing_is_obligatory(visitor, survey, token):
    visitor.open(token)
    visitor.press()
    visitor.press()
    assert visitor.press().headings == ["Thank you"]
    assert set(survey.answers(P1).values()) == {"skipped"}


def test_submitting_again_gives_the_same_receipt(visitor, make_visitor, survey, token):
    visitor.open(token)
    visitor.fill()
    review = visitor.fill()
    form = {**review.form["fields"], "go": "submit"}
    first = visitor.post("/respond/1/review", form, follow=False)
    second = visitor.post("/respond/1/review", form, follow=False)
    assert first.headers["Location"] == second.headers["Location"]
    assert (first.status, second.status) == (303, 303)
    assert len(survey.assessments()) == 1
    for path in ("/respond/1/1", "/respond/1/review", "/respond/"):
        assert visitor.get(path).path == first.headers["Location"]
    stranger = make_visitor().get(first.headers["Location"])
    assert stranger.headings == ["Thank you"]


def test_a_receipt_without_a_session_offers_no_button(make_visitor, visitor, roster_token):
    visitor.open(roster_token)
    for _ in range(4):
        visitor.fill()
    page = make_visitor().get(visitor.page.path)
    assert page.forms == []
    assert "Open your personal link again" in page.text


def test_a_later_page_and_the_review_lead_back_to_where_one_is(visitor, token):
    visitor.open(token)
    assert visitor.get("/respond/1/2").path == "/respond/1/1"
    assert visitor.get("/respond/1/review").path == "/respond/1/1"


def test_opening_a_link_changes_nothing(visitor, token, database_state, survey):
    before = database_state()
    for path in (f"/r/{token}", f"/r/{token}?lang=is", "/", "/respond/", "/healthz", "/readyz"):
        visitor.get(path)
    assert database_state() == before
    visitor.open(token)
    before = database_state()  # pressing Start is noted, once
    for path in ("/respond/1/1", "/respond/about", "/respond/1/review"):
        visitor.get(path)
    assert database_state() == before
    assert survey.answers(P1) == {}


def test_the_supplier_s_side_reads_its_own_texts(visitor, make_study):
    survey = make_study(sides=("theirs",))
    page = visitor.get(f"/r/{survey.tokens[P1]}")
    assert "from your side" in page.text
    assert "at least 5 people from that partner have answered" in page.text
    assert "at least 10 people from the same partner have written" in page.text
    page = visitor.press()
    assert page.headings == ["Vik"]
    assert "Answers from Fjord" in page.text
    assert "Vik t1." in page.text
    assert page.title == "Page 1 of 2 – Fjord – Our suppliers"
    visitor.fill()
    page = visitor.fill()
    assert page.headings == ["Review: Vik"]
    assert visitor.press().headings == ["Thank you"]


def test_the_about_page_says_who_sees_what_and_leads_on(visitor, token):
    visitor.open(token)
    page = visitor.get("/respond/about")
    assert "at least 5 people" in page.text
    assert visitor.press().path == "/respond/1/1"


def test_names_are_shown_as_text(visitor, make_study):
    survey = make_study(partners=("<script>alert(1)</script> & Co",))
    page = visitor.open(survey.tokens[P1])
    assert "<script>" not in page.html
    assert page.headings == ["<script>alert(1)</script> & Co"]
