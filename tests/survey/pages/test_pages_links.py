"""Links to hand out in the browser: open ones with codes, letters on paper, a sheet of links."""

import csv
import io
import re
import shutil
import subprocess

import pytest
import segno
import sqlalchemy as sa

from survey.services import closing, invitations, studies
from survey.services.mail import letters
from survey.storage.account_models import AuditEntry

LINK = re.compile(r"http://127\.0\.0\.1:8000(/r/[\w-]{22})")


@pytest.fixture
def unlinked(make_study):
    """Make a study whose people are invited without links."""

    def make(people=3, **choices):
        survey = make_study(0, opened=False, partners=("Fjord", "Nord"), **choices)
        sheet = "name,email,language,partners\n"
        sheet += "".join(f"P{n},p{n}@vik.no,en,\n" for n in range(1, people + 1))
        with survey.storage.write() as session:
            invitations.enrol(session, survey.slug, sheet.encode(), "people.csv")
            studies.open_wave(session, survey.slug)
        return survey

    return make


def deeds(survey):
    with survey.storage.read() as session:
        return [
            tuple(row) for row in session.execute(sa.select(AuditEntry.action, AuditEntry.object))
        ]


def download(visitor, path, slug="suppliers"):
    """Press a button of the page of links; gives the answer as it came."""
    page = visitor.get(f"/studies/{slug}/links")
    form = next(each for each in page.forms if each["action"].endswith(path))
    return visitor.client.post(
        form["action"], data=form["fields"], base_url="http://127.0.0.1:8000"
    )


def test_an_open_link_is_made_once_and_shown_with_its_code(staff, make_study, make_visitor):
    survey = make_study(1, privacy_mode="anonymous", partners=("Fjord", "Nord"))
    manager = staff()
    manager.get("/studies/suppliers/links")
    page = manager.send("/studies/suppliers/links", side="ours", partner="")
    manager.send("/studies/suppliers/links", side="ours", partner="")
    page = manager.send("/studies/suppliers/links", side="ours", partner="Nord")
    links = re.findall(r"http://127\.0\.0\.1:8000/o/\w+", page.text)
    assert len(links) == 2
    assert make_visitor().get(links[0].removeprefix("http://127.0.0.1:8000")).status == 200
    assert deeds(survey).count(("open link made", "study/suppliers")) == 3
    drawings = [link for link in page.links if link.endswith(".svg")]
    drawn = manager.client.get(drawings[0], base_url="http://127.0.0.1:8000")
    assert drawn.content_type.startswith("image/svg+xml")
    expected = io.BytesIO()
    segno.make(links[0], error="m").save(expected, kind="svg", scale=8, border=4, light="white")
    assert drawn.data == expected.getvalue()
    picture = manager.client.get(drawings[0][:-3] + "png", base_url="http://127.0.0.1:8000")
    assert picture.data.startswith(b"\x89PNG")
    for path in (drawings[0][:-3] + "gif", "/open-links/nocodenocode.svg"):
        assert manager.get(path).status == 404


def test_a_link_to_the_other_side_is_for_one_partner(staff, make_study):
    make_study(1, privacy_mode="anonymous", partners=("Fjord", "Nord"), sides=("ours", "theirs"))
    manager = staff()
    manager.get("/studies/suppliers/links")
    page = manager.send("/studies/suppliers/links", side="theirs", partner="")
    assert (page.status, "choose one partner" in page.text) == (400, True)
    assert manager.send("/studies/suppliers/links", side="theirs", partner="Nord").status == 200
    assert manager.send("/studies/suppliers/links", side="x", partner="Nord").status == 400


def test_a_study_with_names_has_no_open_link(staff, make_study):
    make_study(1)
    manager = staff()
    page = manager.get("/studies/suppliers/links")
    assert "Only an anonymous study has one" in page.text
    token = page.forms[-1]["fields"]
    assert manager.post("/studies/suppliers/links", {**token, "side": "ours"}).status == 409


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_letters_hold_links_that_work_and_are_told_in_the_log(staff, unlinked, make_visitor):
    survey = unlinked()
    response = download(staff(), "/letters")
    assert response.content_type == "application/pdf"
    text = subprocess.run(
        ["pdftotext", "-", "-"], input=response.data, capture_output=True, check=True
    ).stdout.decode()
    assert [name for name in ("P1", "P2", "P3") if name in text] == ["P1", "P2", "P3"]
    links = LINK.findall(text.replace("\n", ""))
    assert len(set(links)) == 3
    assert make_visitor().get(links[0]).status == 200
    assert ("letters made", "study/suppliers/1") in deeds(survey)


def test_a_sheet_of_links_opens_in_pandas(staff, unlinked, make_visitor):
    pandas = pytest.importorskip("pandas")
    survey = unlinked(privacy_mode="identified")
    manager = staff()
    response = download(manager, "/personal")
    sheet = pandas.read_csv(io.BytesIO(response.data))
    assert sheet["name"].tolist() == ["P1", "P2", "P3"]
    assert sheet["link"].nunique() == 3
    link = sheet["link"][0].removeprefix("http://127.0.0.1:8000")
    make_visitor().complete(link.removeprefix("/r/"))
    assert ("personal links made", "study/suppliers/1") in deeds(survey)
    again = csv.DictReader(io.StringIO(download(manager, "/personal").get_data(as_text=True)))
    assert len(list(again)) == 2, "who has answered everything is left out"


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_a_pile_of_letters_does_not_tell_who_has_answered(staff, unlinked, mode):
    survey = unlinked(privacy_mode=mode)
    manager = staff()
    assert "3 people would get a link now." in manager.get("/studies/suppliers/links").text
    sheet = download(manager, "/personal").get_data(as_text=True)
    survey.tokens = {"p1@vik.no": LINK.findall(sheet)[0].removeprefix("/r/")}
    survey.complete("p1@vik.no")
    survey.complete("p1@vik.no", place=2)
    page = manager.get("/studies/suppliers/links")
    assert "0 people would get a link now." in page.text
    assert "That is 3 people." in page.text
    fields = {"csrf_token": page.forms[0]["fields"]["csrf_token"]}
    page = manager.post("/studies/suppliers/links/personal", fields)
    assert (page.status, "No link was made" in page.text) == (409, True)


def test_links_of_a_file_that_was_not_written_do_not_work(staff, unlinked, monkeypatch):
    survey = unlinked()
    manager = staff()

    def fails(_letters):
        raise MemoryError

    monkeypatch.setattr(letters, "as_pdf", fails)
    assert download(manager, "/letters").status_code == 500
    with survey.storage.read() as session:
        assert letters.count(session, "suppliers") == (3, 3)
        assert session.execute(sa.text("SELECT count(*) FROM invitation_link")).scalar() == 0
    assert not [deed for deed, _ in deeds(survey) if deed == "letters made"]


def test_people_are_taken_in_without_links_for_letters(staff, make_study):
    make_study(0, opened=False)
    manager = staff()
    manager.get("/studies/suppliers/people")
    sheet = (io.BytesIO(b"name,email,language,partners\nX,x@vik.no,,\n"), "people.csv")
    fields = manager.page.forms[-1]["fields"]
    page = manager.post("/studies/suppliers/people", {**fields, "sheet": sheet})
    page = manager.send(page.path, how="later")
    assert page.path == "/studies/suppliers/links"
    assert "1 person would get a link now." in page.text


def test_of_a_closed_wave_nothing_is_handed_out(staff, make_study):
    survey = make_study(5, privacy_mode="anonymous")
    survey.fill_in((5,))
    manager = staff()
    fields = manager.get("/studies/suppliers/links").forms[0]["fields"]
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, survey.slug)
    page = manager.get("/studies/suppliers/links")
    assert "lead to no questions any more" in page.text
    for path in ("", "/letters", "/personal"):
        page = manager.post(f"/studies/suppliers/links{path}", {**fields, "side": "ours"})
        assert (page.status, "moved on" in page.text) == (409, True)
