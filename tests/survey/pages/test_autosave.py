"""Answers that come one by one: kept once each, in order, and refused in words."""

import pytest

P1 = "p1@vik.no"
CLIENT = "ab" * 12


@pytest.fixture
def send(visitor):
    """Send items of the page that the visitor sees, as its script does."""

    def one(number=1, *, path="/respond/1/1/autosave", client=CLIENT, **items):
        fields = visitor.page.form["fields"]
        data = {name: fields[name] for name in ("csrf_token", "link")}
        data |= {"save-client": client, "save-number": str(number), **items}
        options = {"base_url": "http://127.0.0.1:8000", "headers": {"Accept-Language": "fr"}}
        return visitor.client.post(path, data=data, **options)

    return one


def test_only_what_changed_is_kept_and_no_page_counts_as_done(visitor, survey, token, send):
    visitor.open(token)
    reply = send(t2="4")
    assert (reply.status_code, reply.json) == (200, {"mistakes": {}})
    assert survey.answers(P1) == {"t2": 4}
    send(2, t1="dont_know")
    assert survey.answers(P1) == {"t1": "dont_know", "t2": 4}
    assert visitor.get("/respond/1/2").path == "/respond/1/1"
    assert visitor.page.given == {"t1": "dont_know", "t2": "4", "t3": ""}


def test_an_answer_is_taken_back_with_a_blank(visitor, survey, token, send):
    visitor.open(token)
    send(t1="4")
    send(2, t1="")
    assert survey.answers(P1) == {"t1": "skipped"}


def test_the_last_number_of_a_tab_counts_and_a_late_one_is_passed_over(
    visitor, survey, token, send
):
    visitor.open(token)
    send(5, t1="4")
    for late in (5, 4, 1):
        assert send(late, t1="1").status_code == 200
    assert survey.answers(P1) == {"t1": 4}
    send(1, client="cd" * 12, t1="2")  # another tab, later
    assert survey.answers(P1) == {"t1": 2}


def test_what_comes_after_the_page_itself_is_passed_over(visitor, survey, token, send):
    page = visitor.open(token)
    data = {**page.form["fields"], "t1": "3", "save-client": CLIENT, "save-number": "7"}
    assert visitor.post("/respond/1/1", data).path == "/respond/1/2"
    send(6, t1="1")
    assert survey.answers(P1)["t1"] == 3


def test_a_mistake_is_named_and_the_other_answers_are_kept(visitor, survey, token, send):
    visitor.open(token)
    visitor.fill("5")
    reply = send(path="/respond/1/2/autosave", say="x" * 41, o1="2")
    assert reply.status_code == 200
    assert "41 characters" in reply.json["mistakes"]["say"]
    answers = survey.answers(P1)
    assert (answers["o1"], "say" in answers) == (2, False)


def test_a_form_that_is_too_old_is_given_a_fresh_token(visitor, survey, token, send):
    visitor.open(token)
    visitor.page.form["fields"]["csrf_token"] = "19990101000000##00"
    reply = send(t1="2")
    assert (reply.status_code, set(reply.json)) == (400, {"token"})
    visitor.page.form["fields"]["csrf_token"] = reply.json["token"]
    assert send(2, t1="2").status_code == 200
    assert survey.answers(P1) == {"t1": 2}


@pytest.mark.parametrize(
    "odd",
    [
        {"client": ""},
        {"client": "x" * 24},
        {"number": 0},
        {"number": -1},
        {"number": 10**12},
        {"number": "two"},
        {"bogus": "1"},
        {"o1": "1"},
        {"path": "/respond/1/9/autosave"},
        {"path": "/respond/7/1/autosave"},
    ],
)
def test_what_no_script_of_ours_sends_is_refused_in_words(visitor, survey, token, send, odd):
    visitor.open(token)
    reply = send(**({"t1": "2"} | odd))
    assert reply.status_code in {400, 404}
    assert set(reply.json) == {"title", "happened", "advice", "ways"}
    assert survey.answers(P1) == {}


def test_a_page_before_its_turn_is_refused(visitor, survey, token, send):
    visitor.open(token)
    reply = send(path="/respond/1/2/autosave", o1="3")
    assert (reply.status_code, reply.json["title"]) == (409, "An earlier page comes first")
    assert survey.answers(P1) == {}


def test_after_the_end_the_way_to_the_receipt_is_shown(visitor, make_visitor, survey, token, send):
    visitor.open(token)
    page = visitor.page
    receipt = make_visitor().complete(token).path
    visitor.page = page
    reply = send(t1="1")
    assert (reply.status_code, reply.json["ways"]) == (409, [[receipt, "See the receipt"]])
    assert survey.answers(P1)["t1"] == 4


def test_a_closed_survey_a_lost_session_and_another_link_are_said(visitor, make_study, close, send):
    survey = make_study(people=3)
    visitor.open(survey.tokens[P1])
    page = visitor.page
    visitor.open(survey.tokens["p2@vik.no"])
    visitor.page = page
    reply = send(t1="1")
    assert reply.json["title"] == "Another personal link was opened in this browser"
    visitor.client.delete_cookie("tillit", domain="127.0.0.1")
    reply = send(t1="1")
    assert (reply.status_code, reply.json["title"]) == (403, "Open your personal link again")
    visitor.open(survey.tokens[P1])
    survey.complete("p3@vik.no")
    close(survey)
    reply = send(t1="1")
    assert (reply.status_code, reply.json["title"]) == (410, "The survey is closed")


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("nb", "En tidligere side kommer først"),
        ("nn", "Ei tidlegare side kjem først"),
        ("is", "Ljúka þarf fyrri síðu fyrst"),
    ],
)
def test_a_refusal_speaks_the_language_of_the_page(visitor, survey, invite, send, language, title):
    visitor.open(invite(survey, language))
    reply = send(path="/respond/1/2/autosave", o1="3")
    assert reply.json["title"] == title
    assert reply.headers["Cache-Control"] == "no-store"
