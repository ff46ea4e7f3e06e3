"""The pages of admins, and the list of studies: what each role sees of them."""

import dataclasses
import datetime as dt
import re

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from survey.services import audit, closing, studies
from survey.services.accounts import passwords, sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.storage.models import Wave

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hash passwords quickly: how slowly they are hashed is tested elsewhere."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)


@pytest.fixture
def closed(storage):
    """Call every wave closed; what closing computes is tested elsewhere."""

    def close():
        with storage.write() as session:
            for wave in session.scalars(sa.select(Wave)):
                wave.status, wave.closed_at, wave.snapshot_sha256 = "closed", NOON, "0" * 64

    return close


@pytest.fixture
def enter(app, make_visitor, storage):
    """Give a browser in which a new person of a role is logged in."""
    app.extensions["tillit"] = dataclasses.replace(app.extensions["tillit"], clock=lambda: NOON)

    def one(role, partners=()):
        visitor = make_visitor()
        with storage.write() as session:
            new = NewUser(f"Kim {role.title()}", f"{role}@vik.no", role)
            user = users.add(session, COMMAND_LINE, new)
            if partners:
                users.set_partners(session, COMMAND_LINE, user, partners, NOON)
            token = sessions.begin(session, user.id, NOON)
        visitor.client.set_cookie("tillit-login", token, domain="127.0.0.1")
        return visitor

    return one


def send(visitor, path, **data):
    """Send the last form of the page that goes to this address."""
    form = next(each for each in reversed(visitor.page.forms) if each["action"] == path)
    return visitor.post(path, {**form["fields"], **data})


def test_an_admin_lets_someone_in_who_chooses_a_password(enter, make_visitor):
    admin = enter("admin")
    admin.get("/users")
    new = {"name": "Vera", "email": "vera@vik.no", "role": "viewer", "language": "nn"}
    page = send(admin, "/users", **new)
    assert page.headings == ["Vera"]
    link = re.search(r"http://127\.0\.0\.1:8000(/reset/[\w-]{43})", page.html)[1]
    assert link not in admin.get(page.forms[-1]["action"]).html, "shown once"
    vera = make_visitor()
    page = vera.get(link)
    assert page.lang == "nn", "the language of the account"
    send(vera, link, password="blue lamp on a quiet stair")
    page = send(vera, "/login", email="vera@vik.no", password="blue lamp on a quiet stair")
    assert (page.path, page.lang) == ("/studies", "nn")
    assert "Vera" in admin.get("/users").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "admin@vik.no"}, "Someone logs in with this address already."),
        ({"email": "none"}, "Give a name and a whole e-mail address."),
        ({"role": "boss"}, "Give a name"),
        ({"csrf_token": ""}, "Please press the button once more"),
    ],
)
def test_what_is_no_user_is_refused_and_stays_in_the_form(enter, changes, said):
    admin = enter("admin")
    admin.get("/users")
    new = {"name": "Vera", "email": "vera@vik.no", "role": "viewer", "language": "nn"}
    page = send(admin, "/users", **new | changes)
    assert page.status == 400
    assert said in page.text
    assert 'value="Vera"' in page.html


def test_an_admin_changes_a_user(enter, make_study, storage):
    make_study(partners=("Fjord", "Nord"))
    admin, viewer = enter("admin"), enter("viewer")
    admin.get("/users")
    path = re.search(r'<a href="(/users/[^"]+)">Kim Viewer<', admin.page.html)[1]
    admin.get(path)
    page = send(admin, path, do="nonsense")
    assert page.status == 400
    for do, said in (("disable", "disabled"), ("enable", "has no password yet")):
        form = page.forms[-1]
        page = admin.post(path, {**form["fields"], "do": do})
        assert (page.status, page.path) == (200, path)
        assert said in page.text
    form = page.forms[-2]
    page = admin.post(
        path, {**form["fields"], "do": "save", "role": "viewer", "partners": ["Nord", "Fjord"]}
    )
    assert page.html.count(" checked") == 2
    page = admin.post(path, {**form["fields"], "do": "save", "role": "viewer", "partners": "Sund"})
    assert page.status == 400
    assert admin.get(path).html.count(" checked") == 2
    page = admin.post(path, {**form["fields"], "do": "link"})
    assert "/reset/" in page.html
    assert admin.post(path, {**form["fields"], "do": "factor"}).status == 200
    assert viewer.get("/studies").path == "/login"
    with storage.read() as session:
        log = [entry.action for entry in audit.page(session, 1).entries]
    assert {"user disabled", "user enabled", "partners changed", "link for a password made"} <= set(
        log
    )


def test_the_last_admin_stays(enter):
    admin = enter("admin")
    admin.get("/users")
    path = re.search(r'<a href="(/users/[^"]+)">Kim Admin<', admin.page.html)[1]
    admin.get(path)
    form = admin.page.forms[-1]
    for changes in ({"do": "disable"}, {"do": "save", "role": "viewer"}):
        page = admin.post(path, {**form["fields"], **changes})
        assert page.status == 400
        assert "the only administrator" in page.text
    assert admin.get("/users").status == 200


def test_the_log_is_read_by_page_person_and_action(enter, storage):
    admin = enter("admin")
    with storage.write() as session:
        for n in range(audit.ON_A_PAGE + 3):
            at = NOON + dt.timedelta(minutes=n)
            audit.note(session, COMMAND_LINE, "wave opened", audit.of_study("s", 1), at=at)
        mine = audit.by(users.find(session, "admin@vik.no").id)
        audit.note(session, mine, "role viewer", audit.of_user(mine.user_id), at=NOON)
        audit.note(session, audit.STRANGER, "answers erased", "3 receipts", at=NOON)
        audit.note(session, mine, "something <b>new</b>", audit.of_study("s"), at=NOON)
    page = admin.get("/log")
    assert "Page 1 of 2" in page.text
    assert "s, wave 1" in page.text
    assert "command line" in page.text
    older = next(link for link in page.links if "page=2" in link)
    assert "Page 2 of 2" in admin.get(older).text
    page = admin.get(f"/log?who={mine.user_id.hex}")
    assert "role: viewer" in page.text
    assert "<b>" not in page.html
    assert "wave opened" not in re.sub(r"<select.*?</select>", "", page.html, flags=re.DOTALL)
    assert "3 receipts" in admin.get("/log?who=web").text
    assert "Nothing stands here." in admin.get("/log?action=nothing").text
    for odd in ("who=x", "page=x", "page=0", "page=999999", "who=command+line"):
        assert admin.get(f"/log?{odd}").status == 200


# Studies -------------------------------------------------------------------------------


def test_everybody_sees_how_far_the_studies_are(enter, make_study):
    survey = make_study(3, partners=("Fjord", "Nord"))
    survey.complete("p1@vik.no")
    survey.save("p2@vik.no", 1, {"t1": 3})
    with survey.storage.read() as session:
        counts = studies.status(session, "suppliers")
    assert counts.started == counts.saved + counts.submitted + counts.withdrawn
    visitor = enter("manager")
    page = visitor.get("/studies")
    numbers = re.findall(r'<td class="num">(\d+)</td>', page.html)
    assert numbers == ["3", "6", "4", "2", "1", "1", "0", "0"]
    assert "1, open" in page.text
    assert not any(link.startswith("/compare/") for link in page.links)
    closing.close(survey.storage, survey.settings, "suppliers")
    page = visitor.get("/studies/suppliers")
    assert page.headings == ["Our suppliers"]
    assert {"/compare/suppliers/1", "/research/suppliers/1"} <= set(page.links)


def test_a_viewer_sees_studies_that_ask_about_their_partners_alone(enter, make_study, closed):
    make_study(partners=("Fjord",))
    make_study(slug="others", partners=("Fjord", "Nord"))
    visitor = enter("viewer", partners=("Fjord", "Sund")[:1])
    page = visitor.get("/studies")
    assert "suppliers" in page.text
    assert "others" not in page.text
    closed()
    assert not any(link.startswith("/compare/") for link in visitor.get("/studies").links)
    for path in ("/compare/suppliers/1", "/studies/others", "/users", "/log"):
        assert visitor.get(path).status == 404
    assert visitor.get("/studies/suppliers").status == 200


def test_without_partners_a_viewer_sees_nothing(enter, make_study):
    make_study()
    assert "There is no study here yet" in enter("viewer").get("/studies").text
