"""Every change needs its own form, and a form that is too old loses nothing."""

import datetime as dt
import json

import pytest
from wtforms.csrf.session import SessionCSRF

from survey.services.accounts import resets, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.storage.base import now
from tests.survey.record.cards import let_out

P1 = "p1@vik.no"
OF_PEOPLE_LOGGED_IN = (  # see test_access
    "account",
    "campaign",
    "exporting",
    "links",
    "mail",
    "mail_words",
    "making",
    "partners",
    "preview",
    "record",
    "register_import",
    "releases",
    "reports",
    "second_factor",
    "users",
)
WITHOUT_FORM = {"opt_out.stop"}  # its address is a secret, and it does one thing: see its test


def test_every_route_that_changes_something_refuses_a_post_without_its_token(
    app, visitor, make_study, open_code, make_visitor, database_state
):
    """Walks the URL map, so a route that is added later is held to it too."""
    survey = make_study(people=2)
    receipt = make_visitor().complete(survey.tokens["p2@vik.no"]).path.rpartition("/")[2]
    visitor.open(survey.tokens[P1])
    visitor.fill()
    visitor.fill()
    before = database_state()
    posts = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods
        and rule.endpoint not in WITHOUT_FORM
        and rule.endpoint.partition(".")[0] not in OF_PEOPLE_LOGGED_IN
        and rule.endpoint != "login.leave"
    ]
    assert {rule.endpoint for rule in posts} == {
        "start.open_link",
        "respond.start",
        "respond.leave_about",
        "respond.save",
        "open_link.start",
        "open_link.leave",
        "roster.go_on",
        "autosave.save",
        "finish.submit",
        "receipts.withdraw",
        "login.log_in",
        "login.give_code",
        "new_password.send",
        "new_password.keep",
        "reply.send",
    }
    with survey.storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Mona", "mona@vik.no", "manager"))
        reset = resets.make(session, COMMAND_LINE, user, now(), base_url="")
        reply, _ = let_out(session)
    values = {"token": survey.tokens[P1], "place": 1, "number": 1}
    for rule in posts:
        path = rule.rule.replace("<int:", "<")
        values["code"] = receipt if rule.endpoint == "receipts.withdraw" else open_code
        if rule.endpoint == "new_password.keep":
            path = reset
        elif rule.endpoint == "reply.send":
            path = f"/reply/{reply}"
        for name in rule.arguments:
            path = path.replace(f"<{name}>", str(values[name]))
        for data in ({}, {"csrf_token": ""}, {"csrf_token": "20990101000000##00"}, {"t1": "1"}):
            page = visitor.post(path, data)
            assert page.status == 400, path
            if rule.endpoint == "autosave.save":
                assert set(json.loads(page.html)) == {"token"}
            else:
                assert "Please press the button once more" in page.text, path
    assert database_state() == before


@pytest.mark.parametrize("taken", ["csrf_token", "link"])
def test_what_was_typed_is_shown_again_and_one_more_press_suffices(visitor, survey, token, taken):
    visitor.open(token)
    page = visitor.press(t1="2", t3="not_applicable", without={"csrf_token", taken})
    assert (page.status, page.path) == (400, "/respond/1/1")
    assert page.given == {"t1": "2", "t2": "", "t3": "not_applicable"}
    assert page.title.startswith("Error: ")
    assert survey.answers(P1) == {}
    assert visitor.press().path == "/respond/1/2"
    assert survey.answers(P1) == {"t1": 2, "t2": "skipped", "t3": "not_applicable"}


def test_typed_text_survives_an_old_token(visitor, token):
    visitor.open(token)
    visitor.fill()
    page = visitor.press(say="a <thought>", csrf_token="19990101000000##00")
    assert page.status == 400
    assert page.form["texts"]["say"] == "a <thought>"


def test_a_token_expires_and_a_fresh_one_is_given(visitor, token, monkeypatch):
    visitor.open(token)
    late = dt.datetime.now() + dt.timedelta(hours=25)  # noqa: DTZ005 (as WTForms counts)
    with monkeypatch.context() as later:
        later.setattr(SessionCSRF, "now", lambda _self: late)
        page = visitor.press(t1="2")
        assert page.status == 400
        assert page.given["t1"] == "2"
        assert visitor.press().path == "/respond/1/2"


def test_the_token_of_another_session_does_not_count(visitor, make_visitor, survey, token):
    other = make_visitor()
    other.open(token)
    stolen = other.page.form["fields"]["csrf_token"]
    visitor.open(token)
    assert visitor.press(csrf_token=stolen, t1="1").status == 400
    assert survey.answers(P1) == {}


def test_start_without_cookies_says_what_to_do(make_visitor, app, token):
    page = make_visitor().get(f"/r/{token}")
    bare = app.test_client(use_cookies=False)
    response = bare.post(f"/r/{token}", data=page.form["fields"], base_url="http://127.0.0.1:8000")
    assert response.status_code == 400
    assert b"allow cookies for this site" in response.data


def test_the_roster_review_and_about_pages_ask_for_one_more_press(visitor, roster_token):
    visitor.open(roster_token)
    assert visitor.press(without={"csrf_token"}).status == 400
    assert visitor.page.headings == ["Your partners"]
    assert visitor.press().path == "/respond/1/1"
    visitor.fill()
    visitor.fill()
    assert visitor.press(without={"csrf_token"}).headings == ["Review: Fjord"]
    assert visitor.press().headings == ["The answers are stored"]
    visitor.get("/respond/about")
    assert visitor.press(without={"csrf_token"}).headings == ["Our suppliers"]
    assert visitor.press().path == "/respond/"
