"""The application: one transaction per request, and settings without which it does not start."""

import dataclasses
import io
import logging
import threading
from urllib.parse import urlencode

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


def test_nobody_waits_for_the_slow_line_of_someone_else(visitor, make_visitor, make_study):
    """While one form arrives, another person's page is saved."""
    tokens = list(make_study(2).tokens.values())
    other = make_visitor()
    other.open(tokens[1])
    saved = []

    class SlowLine(io.BytesIO):
        def readinto(self, buffer):
            if not saved:
                thread = threading.Thread(target=lambda: saved.append(other.fill()), daemon=True)
                thread.start()
                thread.join(timeout=10)
                assert saved, "the other person still waits"
            return super().readinto(buffer)

    form = urlencode(visitor.open(tokens[0]).form["fields"] | {"t1": "2"}).encode()
    page = visitor.post(
        "/respond/1/1",
        None,
        input_stream=SlowLine(form),
        content_length=len(form),
        content_type="application/x-www-form-urlencoded",
    )
    assert (page.path, saved[0].path) == ("/respond/1/2", "/respond/1/2")


@pytest.mark.parametrize("size", [257 * 1024, 5 * 1024 * 1024])
def test_a_large_body_of_untold_length_is_refused_whole(visitor, survey, token, size):
    """Not cut off at the limit and stored in part, and heard to its end."""
    form = visitor.open(token).form["fields"] | {"t1": "2", "padding": "x" * size}
    body = io.BytesIO(urlencode(form).encode())
    page = visitor.post(
        "/respond/1/1",
        None,
        input_stream=body,
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert (page.status, page.headings) == (413, ["Too much was sent"])
    assert body.read() == b""
    assert survey.assessments() == []


def test_a_form_of_untold_length_is_taken(visitor, survey, token):
    form = visitor.open(token).form["fields"] | {"t1": "2"}
    page = visitor.post(
        "/respond/1/1",
        None,
        input_stream=io.BytesIO(urlencode(form).encode()),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert page.path == "/respond/1/2"
    assert survey.answers("p1@vik.no")["t1"] == 2


def test_a_refusal_takes_back_what_the_page_wrote(visitor, survey, token, monkeypatch):
    visitor.open(token)

    def write_then_refuse(*args, **options):
        write(*args, **options)
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
        respond.save_page(session, person, 1, 1, {"t1": 1}, order=None)
        return "no", 400

    app.add_url_rule("/refuse", view_func=refuse, methods=["POST"])
    assert app.test_client().post("/refuse", base_url="http://127.0.0.1:8000").status_code == 400
    assert survey.assessments() == []


def test_a_get_cannot_write(app, survey, token):
    def sneak():
        session = g.transaction.session()
        respond.set_language(session, respond.by_token(session, token), "is")
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
