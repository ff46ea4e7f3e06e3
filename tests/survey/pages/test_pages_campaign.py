"""Running a study in the browser: who is asked, opening, a day, closing, the next wave."""

import io
import os
import re
import subprocess
import time

import pytest
import sqlalchemy as sa

from survey.cli import computing
from survey.pages import background
from survey.services import closing, jobs, studies
from survey.services.audit import COMMAND_LINE
from survey.services.register import contact_import
from survey.storage.account_models import AuditEntry
from survey.storage.models import today

PEOPLE = "name,email,language,partners\nKari,kari@vik.no,nb,\nJón,jon@vik.no,is,Fjord\n"


@pytest.fixture
def draft(make_study):
    """Make a study in draft, about two partners, asked of both sides."""
    return make_study(6, opened=False, partners=("Fjord", "Nord"), sides=("ours", "theirs"))


def hand_in(visitor, text, slug="suppliers"):
    path = f"/studies/{slug}/people"
    visitor.get(path)
    sheet = (io.BytesIO(text.encode()), "people.csv")
    form = next(each for each in visitor.page.forms if each["action"] == path)
    return visitor.post(path, {**form["fields"], "sheet": sheet})


def status(survey, number=None):
    with survey.storage.read() as session:
        return studies.status(session, survey.slug, number)


def test_people_are_looked_at_and_invited_with_links_shown_once(staff, draft, make_visitor):
    manager = staff()
    page = hand_in(manager, PEOPLE)
    assert "2 people would be invited to wave 1." in page.text
    assert "Fjord, Nord" in page.text
    assert status(draft).invited == 6
    response = manager.send(page.path, how="links")
    assert response.headers["Content-Type"].startswith("text/csv")
    links = re.findall(r"http://127\.0\.0\.1:8000(/r/[\w-]{20,})", response.html)
    assert (len(links), status(draft).invited) == (2, 8)
    assert manager.get(page.path).status == 404, "the sheet is gone"
    manager.get("/studies/suppliers")
    manager.send("/studies/suppliers/open")
    assert make_visitor("nb").get(links[0]).status == 200


def test_what_is_wrong_with_people_is_said_in_the_language_of_the_page(staff, draft):
    manager = staff(language="nn")
    page = hand_in(manager, "name,email,language,partners\nP,p1@vik.no,de,Sund\n")
    assert page.status == 400
    assert "'p1@vik.no' er invitert til denne runden frå før" in page.text
    assert "'Sund' er ingen samarbeidspartnar i denne undersøkinga (Fjord, Nord)" in page.text
    assert status(draft).invited == 6


def test_contacts_are_asked_on_their_own_side(staff, draft):
    sheet = b"partner,name,email,language\nFjord,Jon,jon@fjord.no,is\nNord,Eva,eva@nord.no,nb\n"
    with draft.storage.write() as session:
        contact_import.carry_out(session, COMMAND_LINE, sheet, "c.csv")
    manager = staff()
    manager.get("/studies/suppliers/people")
    page = manager.send("/studies/suppliers/people", source="contacts")
    assert "2 people would be invited" in page.text
    assert "Their side" in page.text
    manager.send(page.path, how="drop")
    assert status(draft).invited == 6
    manager.get(page.path)
    manager.send(page.path, how="links")
    assert status(draft).invited == 8
    assert "invited already, or there is nobody" in manager.get(page.path).text


def test_a_draft_says_what_is_missing_and_opens(staff, draft):
    manager = staff()
    page = manager.get("/studies/suppliers")
    assert "about 14 answers make its mean reliable" in page.text
    assert "Who takes part" in page.text
    day = today().isoformat()
    page = manager.send("/studies/suppliers/until", day="2020-01-01")
    assert (page.status, "Choose today or a later day." in page.text) == (400, True)
    assert manager.send("/studies/suppliers/until", day="soon").status == 400
    assert manager.send("/studies/suppliers/until", day=day).status == 200
    page = manager.send("/studies/suppliers/open")
    assert (page.path, status(draft).state) == ("/studies/suppliers", "open")
    assert status(draft).answer_by == today()
    assert "While wave 1 is open" in page.text
    page = manager.post("/studies/suppliers/open", page.forms[-1]["fields"])
    assert (page.status, "moved on" in page.text) == (409, True)


def test_a_translation_that_nobody_reviewed_is_somebodys_responsibility(staff, draft):
    with draft.storage.write() as session:
        study, _ = studies.find(session, "suppliers")
        study.translations = {"nb": {"below": ["t1"], "stale": []}}
    manager = staff()
    page = manager.get("/studies/suppliers")
    assert "This stops it: nb: 1 translations were not reviewed" in page.text
    page = manager.send("/studies/suppliers/open")
    assert (page.status, status(draft).state) == (400, "draft")
    assert manager.send("/studies/suppliers/open", accept="nb").status == 200
    assert status(draft).accepted["by"] == "kim"


def test_a_wave_is_closed_for_good_and_the_next_one_asks_the_same_people(staff, make_study):
    survey = make_study(6, contact="Kari")
    manager = staff()
    manager.get("/studies/suppliers")
    page = manager.send("/studies/suppliers/close")
    assert (page.status, "Tick the box first." in page.text) == (400, True)
    page = manager.send("/studies/suppliers/close", sure="y")
    assert (page.status, "Nobody has submitted" in page.text) == (409, True)
    survey.fill_in((6,))
    page = manager.send("/studies/suppliers/close", sure="y")
    assert (page.status, status(survey).state) == (200, "closed")
    wait(lambda: "Results of wave 1" in manager.get("/studies/suppliers").text)
    manager.send("/studies/suppliers/wave")
    assert status(survey).wave == 2
    manager.get("/studies/suppliers/people")
    page = manager.send("/studies/suppliers/people", source="again")
    assert "6 people would be invited to wave 2." in page.text
    manager.send(page.path, how="links")
    assert status(survey).invited == 6


def test_results_that_were_never_finished_are_computed_again(staff, make_study, monkeypatch):
    survey = make_study(6)
    survey.fill_in((6,))
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, "suppliers")
    manager = staff()
    assert "were never finished" in manager.get("/studies/suppliers").text
    assert "Results of wave 1" not in manager.page.text
    path = "/studies/suppliers/results"
    form = next(each for each in manager.page.forms if each["action"] == path)
    started, begin = [], subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **kw: started.append(begin(*args, **kw)) or started[-1]
    )
    for _ in range(2):
        manager.post(path, form["fields"])
    wait(lambda: "Results of wave 1" in manager.get("/studies/suppliers").text)
    assert [process.wait() for process in started] == [0], "asked for twice, started once"
    with survey.storage.read() as session:
        assert [row.action for row in session.scalars(sa.select(AuditEntry))].count(
            "wave closed"
        ) == 0


def test_results_of_an_open_wave_are_not_computed_which_would_close_it(
    staff, make_study, monkeypatch
):
    survey = make_study(6)
    survey.fill_in((6,))
    started = []
    monkeypatch.setattr(background, "_start", lambda _settings, *what: started.append(what))
    manager = staff()
    form = manager.get("/studies/suppliers").forms[-1]
    page = manager.post("/studies/suppliers/results", form["fields"])
    assert (page.status, "moved on" in page.text) == (409, True)
    assert (started, status(survey).state) == ([], "open")
    manager.get("/studies/suppliers")
    manager.send("/studies/suppliers/close", sure="y")
    assert started == [("suppliers", 1)], "never a later wave"


def wait(done, seconds=90):
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.3)


@pytest.mark.usefixtures("draft")
def test_nobody_is_reminded_before_the_wave_is_open(staff):
    manager = staff()
    form = manager.get("/studies/suppliers").forms[-1]
    page = manager.post("/studies/suppliers/remind", form["fields"])
    assert (page.status, "Nobody can be reminded now" in page.text) == (409, True)


@pytest.mark.usefixtures("draft")
def test_a_researcher_sees_counts_and_runs_nothing(staff):
    researcher = staff("researcher")
    page = researcher.get("/studies/suppliers")
    assert page.status == 200
    assert "Open the wave" not in page.text
    assert "Who takes part" not in page.text
    assert researcher.get("/studies/suppliers/people").status == 404


def test_the_token_of_each_form_is_asked_for(staff, draft):
    manager = staff()
    for path in ("open", "until", "wave", "remind", "close", "results", "people"):
        manager.get("/studies/suppliers")
        page = manager.post(f"/studies/suppliers/{path}", {"csrf_token": "", "sure": "y"})
        assert page.status == 400, path
    assert status(draft).state == "draft"


def test_why_computing_failed_is_on_the_page(staff, make_study):
    survey = make_study(6)
    survey.fill_in((6,))
    with survey.storage.write() as session:
        path = closing.freeze(session, survey.settings, "suppliers")
    path.write_bytes(b"something else")
    manager = staff()
    manager.get("/studies/suppliers")
    manager.send("/studies/suppliers/results")
    wait(lambda: "could not be computed" in manager.get("/studies/suppliers").text)
    assert "suppliers-w1.parquet" in manager.page.text, "as the command line would say it"
    assert "Compute them again" in manager.page.text


def test_one_at_a_time_works_on_a_wave_and_a_known_reason_is_said_in_words(staff, make_study):
    """Across processes: the lock is that of an open file, and ends with whoever holds it."""
    survey = make_study(6)
    survey.fill_in((6,))
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, "suppliers")
    held = jobs.begin(survey.settings, "suppliers", 1)
    assert jobs.begin(survey.settings, "suppliers", 1) is None
    manager = staff()
    assert "are being computed" in manager.get("/studies/suppliers").text
    os.close(held)
    jobs.failed(survey.settings, "suppliers", 1, "No space left on device")
    assert "the disk of the server is full" in manager.get("/studies/suppliers").text
    jobs.ask(survey.settings, "suppliers", 1)
    assert "are being computed" in manager.get("/studies/suppliers").text


def test_a_crash_is_kept_by_its_name_alone(settings, monkeypatch, capsys):
    def crash(*_, **__):
        raise MemoryError("7 answers of " + "KARI".title())

    monkeypatch.setenv("TILLIT_DATA_DIR", str(settings.data_dir))
    monkeypatch.setattr(computing, "main", crash)
    assert computing.compute("suppliers", "1") == 1
    assert jobs.look(settings, "suppliers", 1) == jobs.Job(jobs.NEVER), "nothing was asked for"
    jobs.ask(settings, "suppliers", 1)
    assert computing.compute("suppliers", "1") == 1
    assert jobs.look(settings, "suppliers", 1) == jobs.Job(jobs.FAILED, "MemoryError")
    assert "Kari" not in capsys.readouterr().err
