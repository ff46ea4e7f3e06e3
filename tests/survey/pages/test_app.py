"""The application: one transaction per request, and settings without which it does not start."""

import dataclasses
import logging

import pytest
from flask import g

from survey.app import Transaction, create_app
from survey.errors import BadSettings, UnknownPartner
from survey.services import respond

P1 = "p1@vik.no"


@pytest.mark.parametrize("missing", ["secret_key", "base_url", "trusted_hosts"])
def test_it_does_not_start_without(settings, missing):
    empty = () if missing == "trusted_hosts" else ""
    with pytest.raises(BadSettings, match=f"TILLIT_{missing.upper()}"):
        create_app(dataclasses.replace(settings, **{missing: empty}))


def test_a_page_is_committed_before_it_leaves(visitor, survey, token, monkeypatch):
    """When the commit fails, nothing has been promised: the answer is an error."""
    visitor.open(token)
    fill = visitor.page.form["fields"]

    def fail(_session):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("sqlalchemy.orm.Session.commit", fail)
        page = visitor.post("/respond/1/1", {**fill, "t1": "1"}, follow=False)
    assert page.status == 500
    assert survey.assessments() == []


def test_a_refusal_takes_back_what_the_page_wrote(visitor, survey, token, monkeypatch):
    visitor.open(token)

    def write_then_refuse(session, respondent, place, page, given):
        write(session, respondent, place, page, given)
        raise UnknownPartner(place=9, last=1)

    write = respond.save_page
    monkeypatch.setattr(respond, "save_page", write_then_refuse)
    assert visitor.press(t1="1").status == 404
    assert survey.assessments() == []


def test_an_error_page_that_is_returned_takes_back_too(app, survey, token):
    """Saved first, then answered with 400: the status decides, not the exception."""

    def refuse():
        session = g.transaction.session()
        person = respond.by_token(session, token)
        respond.save_page(session, person, 1, 1, {"t1": 1})
        return "no", 400

    app.add_url_rule("/refuse", view_func=refuse, methods=["POST"])
    assert app.test_client().post("/refuse", base_url="http://127.0.0.1:8000").status_code == 400
    assert survey.assessments() == []


def test_a_get_cannot_write(app, survey, token):
    def sneak():
        session = g.transaction.session()
        respond.set_language(session, respond.by_token(session, token).invitation_id, "is")
        return "written"

    app.add_url_rule("/sneak", view_func=sneak)
    response = app.test_client().get("/sneak", base_url="http://127.0.0.1:8000")
    assert response.status_code in {500, 503}
    with survey.storage.read() as session:
        assert respond.by_token(session, token).language == "en"


def test_a_request_that_needs_no_database_opens_none(storage):
    transaction = Transaction(storage, writes=True)
    with transaction:
        transaction.take_back()  # nothing to take back
    assert transaction._session is None


def test_the_log_holds_no_link_no_answer_and_no_address(visitor, token, caplog):
    caplog.set_level(logging.DEBUG)
    visitor.open(token)
    visitor.fill()
    visitor.press(say="a secret thought")
    visitor.press()
    visitor.get("/r/" + "y" * 22)
    log = caplog.text
    assert "submitted" in log
    for private in (token, "secret thought", "127.0.0.1", "y" * 22, "p1@vik.no"):
        assert private not in log
