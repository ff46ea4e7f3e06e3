"""The pages of the register: partners and people by hand and from sheets."""

import io
import re

import pytest

from survey.services import audit, uploads
from survey.services.accounts import users
from survey.services.audit import COMMAND_LINE
from survey.services.register import listing, partner_import

SHEET = "name,kind,class,share,groups\nFjord,,strategic,12.5,Sea\nNord,customer,,,\n"


def hand_in(visitor, text, kind="partners", name="partners.csv"):
    path = f"/partners/import/{kind}"
    visitor.get(path)
    sheet = (io.BytesIO(text.encode()), name)
    form = next(each for each in reversed(visitor.page.forms) if each["action"] == path)
    return visitor.post(path, {**form["fields"], "sheet": sheet})


def register(storage):
    with storage.read() as session:
        return {row.name: row for row in listing.partners(session, archived=True)}


def test_a_sheet_is_looked_at_and_then_taken_in(staff, storage):
    manager = staff()
    page = hand_in(manager, SHEET)
    assert (page.status, register(storage)) == (200, {})
    assert "partners.csv: 2 new, 0 changed, 0 the same." in page.text
    assert "strategic" in page.text
    page = manager.send(page.path, do="take")
    assert page.path == "/partners"
    assert register(storage)["Fjord"].groups == ("Sea",)
    assert "12.5" in page.text
    assert "Nord" not in manager.get("/partners?group=Sea").text
    page = hand_in(manager, SHEET)
    assert "Everything in this sheet is known already." in page.text
    with storage.read() as session:
        assert "partners imported" in audit.actions(session)


def test_what_is_wrong_with_a_sheet_is_said_in_the_language_of_the_page(staff, storage):
    manager = staff(language="nb")
    page = hand_in(manager, "name,class\nFjord,vital\nFjord,\n")
    assert page.status == 400
    assert "partners.csv, rad 2, kolonne class: 'vital' er ingen av strategic" in page.text
    assert "rad 3, kolonne name: 'Fjord' står i rad 2 fra før" in page.text
    assert register(storage) == {}
    form = manager.page.forms[-1]
    page = manager.post("/partners/import/partners", form["fields"])
    assert "Velg en fil først." in page.text


def test_a_sheet_is_given_up_or_seen_anew_when_the_register_changed(staff, storage):
    manager = staff()
    page = hand_in(manager, SHEET)
    with storage.write() as session:
        partner_import.carry_out(session, COMMAND_LINE, b"name,kind\nNord,other\n", "x.csv")
    page = manager.send(page.path, do="take")
    assert (page.status, "has changed since" in page.text) == (409, True)
    assert "other → customer" in page.text
    assert list(register(storage)) == ["Nord"]
    here = page.path
    assert manager.send(here, do="drop").path == "/partners"
    assert manager.get(here).status == 404


def test_a_sheet_is_seen_by_who_handed_it_in_alone(staff, storage):
    kim, eva = staff(), staff("admin", "eva")
    here = hand_in(kim, SHEET).path
    assert eva.get(here).status == 404
    assert eva.get(here.replace("/partners/import/partners/", "/partners/import/contacts/")).status
    with storage.write() as session:
        key = users.find(session, "kim@vik.no").id
        uploads.keep(session, key, "partners", "other.csv", b"name\nSund\n")
    assert kim.get(here).status == 404, "one sheet of a kind at a time"


def test_a_large_sheet_is_taken_and_a_huge_one_refused(staff):
    manager = staff()
    names = "".join(f"Partner number {n:05} of a long list\n" for n in range(9000))
    page = hand_in(manager, f"name\n{names}")
    assert (page.status, "9000 new" in page.text) == (200, True)
    assert "And 8800 more rows." in page.text
    kind = "multipart/form-data; boundary=x"
    body = io.BytesIO(b"x" * 5_000_000)
    kept = {"input_stream": body, "content_length": 5_000_000, "content_type": kind}
    page = manager.post("/partners/import/partners", None, **kept)
    assert (page.status, page.headings) == (413, ["Too much was sent"])


def test_a_partner_is_added_changed_and_ended_by_hand(staff, storage):
    manager = staff()
    manager.get("/partners")
    page = manager.send("/partners", name=" Fjord  Logistics ")
    here = page.path
    assert (page.status, page.headings) == (200, ["Fjord Logistics"])
    page = manager.send(here, share="120", groups="Sea; Key")
    assert page.status == 400
    assert "'120' is no share" in page.text
    assert 'value="Sea; Key"' in page.html
    page = manager.send(here, share="12,5", groups="Sea; Key", **{"class": "leverage"})
    assert "Saved." in page.text
    row = register(storage)["Fjord Logistics"]
    assert (row.share, row.groups, row.kraljic) == (12.5, ("Key", "Sea"), "leverage")
    person = {"name": "Jón", "email": "JON@fjord.no", "language": "is", "position": "Sales"}
    assert manager.send(f"{here}/contacts", **person).status == 200
    page = manager.send(f"{here}/contacts", **person)
    assert (page.status, "is known there already" in page.text) == (400, True)
    remove = re.search(rf'action="({here}/contacts/[^"]+/remove)"', page.html)[1]
    assert "jon@fjord.no" not in manager.send(remove).text
    assert manager.send(f"{here}/state", do="anonymise").status == 400
    page = manager.send(f"{here}/state", do="anonymise", sure="y")
    assert "Archived on" in page.text
    assert "Fjord" not in manager.get("/partners").text
    assert "Fjord" in manager.get("/partners?archived=1").text
    manager.get(here)
    assert "Archived on" not in manager.send(f"{here}/state", do="restore").text
    assert manager.send(f"{here}/state", do="burn").status == 400


@pytest.mark.parametrize(
    ("name", "said"),
    [(" ", "the name is empty"), ("fjord", "already spelled"), ("A;B", "semicolon")],
)
def test_what_is_no_partner_is_refused(staff, storage, name, said):
    with storage.write() as session:
        partner_import.carry_out(session, COMMAND_LINE, b"name\nFjord\n", "x.csv")
    manager = staff()
    manager.get("/partners")
    page = manager.send("/partners", name=name)
    assert (page.status, said in page.text) == (400, True)
    assert list(register(storage)) == ["Fjord"]


def test_a_partner_of_an_open_wave_cannot_be_put_away(staff, make_study):
    make_study()
    manager = staff()
    here = re.search(r'href="(/partners/[0-9a-f-]{36})"', manager.get("/partners").html)[1]
    assert 'href="/studies/suppliers"' in manager.get(here).html
    page = manager.send(f"{here}/state", do="archive")
    assert (page.status, "is not closed" in page.text) == (400, True)


def test_a_researcher_reads_and_does_not_write(staff, make_study):
    make_study()
    researcher = staff("researcher")
    page = researcher.get("/partners")
    here = re.search(r'href="(/partners/[0-9a-f-]{36})"', page.html)[1]
    assert [form["action"] for form in page.forms] == ["/logout", "/partners"]
    assert "Add a partner" not in page.text
    assert "Add a person" not in researcher.get(here).text
    assert researcher.get("/partners/import/partners").status == 404


def test_a_form_of_another_session_changes_nothing(staff, storage):
    manager = staff()
    manager.get("/partners")
    page = manager.send("/partners", name="Fjord", csrf_token="")
    assert (page.status, register(storage)) == (400, {})
    here = manager.send("/partners", name="Fjord").path
    for path in (here, f"{here}/contacts", f"{here}/state"):
        manager.get(here)
        assert manager.send(path, csrf_token="", do="archive", kind="other").status == 400
    assert register(storage)["Fjord"].archived_on is None
    assert register(storage)["Fjord"].kind == "supplier"
