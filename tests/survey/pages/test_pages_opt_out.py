"""Stopping mail: a page for people, one click for mail programs, nothing for anybody else."""

import pytest
import sqlalchemy as sa

from survey.services.mail import codes, stopping

ADDRESS = "p1@vik.no"


@pytest.fixture
def stop_path(storage):
    with storage.read() as session:
        secret = codes.secret_of(session)
    return f"/mail/stop/{codes.stop_code(secret, codes.person_code(secret, ADDRESS))}"


def stopped(storage):
    with storage.read() as session:
        return session.execute(sa.text("SELECT * FROM opt_out")).all()


def test_looking_changes_nothing_and_pressing_stops(visitor, stop_path, storage, database_state):
    before = database_state()
    page = visitor.get(stop_path)
    assert page.headings == ["No more mail about surveys?"]
    assert database_state() == before
    page = visitor.press()
    assert (page.status, page.headings) == (200, ["You get no more mail about surveys"])
    assert len(stopped(storage)) == 1
    assert ADDRESS not in str(stopped(storage))
    assert visitor.get(stop_path).headings == ["You get no more mail about surveys"]


def test_a_mail_program_stops_it_with_one_click_and_nothing_else(
    app, stop_path, storage, database_state
):
    before = database_state()
    client = app.test_client(use_cookies=False)
    for _ in range(2):
        answer = client.post(
            stop_path,
            data={"List-Unsubscribe": "One-Click"},
            base_url="http://127.0.0.1:8000",
        )
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None)
    (row,) = stopped(storage)
    with storage.write() as session:
        session.execute(sa.text("DELETE FROM opt_out"))
    assert database_state() == before
    assert len(row) == 2


def test_it_speaks_the_language_of_the_message(visitor, stop_path):
    seen = set()
    for language in ("en", "nb", "nn", "is"):
        page = visitor.get(f"{stop_path}?lang={language}")
        assert f'lang="{language}"' in page.html
        seen |= set(page.headings)
    assert len(seen) == 4


def test_codes_that_were_not_made_here_lead_nowhere(app, visitor, stop_path, storage):
    last = "a" if stop_path[-1] != "a" else "b"
    for path in (
        stop_path[:-1] + last,
        "/mail/stop/x",
        f"{stop_path}x",
        stop_path[:-36] + "a" * 36,
    ):
        assert visitor.get(path).status == 404
        assert app.test_client().post(path, base_url="http://127.0.0.1:8000").status_code == 404
    assert stopped(storage) == []


def test_mail_can_be_wanted_again(visitor, stop_path, storage):
    visitor.get(stop_path)
    visitor.press()
    with storage.write() as session:
        assert stopping.forget(session, ADDRESS.upper())
        assert not stopping.forget(session, ADDRESS)
    assert stopped(storage) == []
