"""Every route × every role × what is theirs, another's, or not there: one table for all.

A page that is added later fails here until somebody has written down who may see it.
"""

import ast
import dataclasses
import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from reports import document

import survey
from questionnaires import LANGUAGES
from survey.pages import access
from survey.pages import log as log_page
from survey.services import drafts, studies, uploads
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.mail import queue
from survey.services.reporting import freezing
from survey.services.reporting.freezing import Making
from survey.storage.account_models import ROLES
from survey.storage.models import (
    CardRelease,
    OpenLink,
    Outbox,
    Partner,
    RecordEntry,
    StudyPartner,
    Wave,
)

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
HOST = "http://127.0.0.1:8000"
ALL, STAFF, ADMIN = frozenset(ROLES), frozenset(ROLES) - {"viewer"}, frozenset({"admin"})
ANALYSTS = frozenset({"admin", "researcher"})
KEEPERS = frozenset({"admin", "manager"})

PUBLIC = {  # what respondents and people who are not logged in yet need; nothing of anybody else
    "start.start", "start.open_link", "start.static_file", "start.healthz", "start.readyz",
    "respond.landing", "respond.start", "respond.about", "respond.leave_about", "respond.page",
    "respond.save", "autosave.save", "roster.roster", "roster.go_on", "open_link.landing",
    "open_link.start", "open_link.link", "open_link.leave", "finish.look_over", "finish.copy",
    "finish.submit", "finish.submitted", "receipts.receipt", "receipts.ask", "receipts.withdraw",
    "opt_out.ask", "opt_out.stop", "login.ask", "login.log_in", "login.ask_code",
    "login.give_code", "new_password.ask", "new_password.send", "new_password.choose",
    "new_password.keep", "reply.see",
    "reply.send", "metrics.show",  # which asks for itself: see test_pages_metrics
}  # fmt: skip
TABLE = {  # method and address → roles that may, of what is theirs
    ("POST", "/logout"): ALL,
    ("GET", "/account"): ALL,
    ("POST", "/account/language"): ALL,
    ("POST", "/account/password"): ALL,
    ("POST", "/account/sessions/end"): ALL,
    ("POST", "/account/sessions/<uuid:session_id>/end"): ALL,
    ("GET", "/account/second-factor"): ALL,
    ("POST", "/account/second-factor"): ALL,
    ("POST", "/account/second-factor/end"): ALL,
    ("GET", "/studies"): ALL,
    ("GET", "/studies/<slug>"): ALL,
    ("POST", "/studies/making"): KEEPERS,
    ("GET", "/studies/making/<uuid:draft_id>/<step>"): KEEPERS,
    ("POST", "/studies/making/<uuid:draft_id>/<step>"): KEEPERS,
    ("GET", "/studies/<slug>/preview"): KEEPERS,
    ("GET", "/studies/<slug>/preview/<face>"): KEEPERS,
    ("POST", "/studies/<slug>/preview/<face>"): KEEPERS,
    ("GET", "/studies/previews/<uuid:draft_id>"): KEEPERS,
    ("GET", "/studies/previews/<uuid:draft_id>/<face>"): KEEPERS,
    ("POST", "/studies/previews/<uuid:draft_id>/<face>"): KEEPERS,
    ("POST", "/studies/<slug>/open"): KEEPERS,
    ("POST", "/studies/<slug>/until"): KEEPERS,
    ("POST", "/studies/<slug>/wave"): KEEPERS,
    ("POST", "/studies/<slug>/remind"): KEEPERS,
    ("POST", "/studies/<slug>/close"): KEEPERS,
    ("POST", "/studies/<slug>/results"): KEEPERS,
    ("GET", "/studies/<slug>/links"): KEEPERS,
    ("POST", "/studies/<slug>/links"): KEEPERS,
    ("GET", "/open-links/<code>.<file_format>"): KEEPERS,
    ("POST", "/studies/<slug>/links/letters"): KEEPERS,
    ("POST", "/studies/<slug>/links/personal"): KEEPERS,
    ("GET", "/studies/<slug>/people"): KEEPERS,
    ("POST", "/studies/<slug>/people"): KEEPERS,
    ("GET", "/studies/<slug>/people/<source>"): KEEPERS,
    ("POST", "/studies/<slug>/people/<source>"): KEEPERS,
    ("GET", "/studies/<slug>/mail"): KEEPERS,
    ("POST", "/studies/<slug>/mail"): KEEPERS,
    ("GET", "/studies/<slug>/mail/<message>/<side>/<language>"): KEEPERS,
    ("POST", "/studies/<slug>/mail/<message>/<side>/<language>"): KEEPERS,
    ("GET", "/mail"): KEEPERS,
    ("POST", "/mail/<uuid:message_id>"): KEEPERS,
    ("GET", "/mail/stopped"): KEEPERS,
    ("POST", "/mail/stopped"): KEEPERS,
    ("GET", "/compare/<slug>"): STAFF,
    ("GET", "/compare/<slug>/aspects"): STAFF,
    ("GET", "/compare/<slug>/beside"): STAFF,
    ("GET", "/compare/<slug>/scope"): STAFF,
    ("GET", "/compare/<slug>/scorecard"): STAFF,
    ("GET", "/compare/<slug>/partners/<uuid:partner_id>"): ALL,
    ("GET", "/compare/<slug>/reports"): STAFF,
    ("POST", "/compare/<slug>/reports"): KEEPERS,
    ("GET", "/compare/<slug>/reports/<uuid:report_id>"): STAFF,
    ("GET", "/compare/<slug>/reports/<uuid:report_id>.<file_format>"): STAFF,
    ("POST", "/compare/<slug>/reports/<uuid:report_id>/destroy"): KEEPERS,
    ("GET", "/compare/<slug>/<int:wave>"): STAFF,
    ("GET", "/compare/<slug>/<int:wave>/report.html"): STAFF,
    ("GET", "/compare/<slug>/<int:wave>/results.json"): STAFF,
    ("GET", "/research/<slug>/<int:wave>/export"): ANALYSTS,
    ("POST", "/research/<slug>/<int:wave>/export"): ANALYSTS,
    ("GET", "/research/<slug>/<int:wave>/export/codebook.<book>"): ANALYSTS,
    ("GET", "/research/<slug>"): STAFF,
    ("GET", "/research/<slug>/<int:wave>"): STAFF,
    ("GET", "/research/<slug>/<int:wave>/report.html"): STAFF,
    ("GET", "/research/<slug>/<int:wave>/results.json"): STAFF,
    ("GET", "/partners"): STAFF,
    ("POST", "/partners"): KEEPERS,
    ("GET", "/partners/<uuid:partner_id>"): STAFF,
    ("POST", "/partners/<uuid:partner_id>"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/state"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/contacts"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/contacts/<uuid:contact_id>/remove"): KEEPERS,
    ("GET", "/partners/<uuid:partner_id>/record"): ALL,
    ("GET", "/partners/<uuid:partner_id>/record/timeline"): ALL,
    ("POST", "/partners/<uuid:partner_id>/record/export"): KEEPERS,
    ("GET", "/partners/<uuid:partner_id>/record/new/<what>"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/record/new/<what>"): KEEPERS,
    ("GET", "/partners/<uuid:partner_id>/record/<uuid:entry_id>"): ALL,
    ("POST", "/partners/<uuid:partner_id>/record/<uuid:entry_id>"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/record/<uuid:entry_id>/step"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/record/<uuid:entry_id>/strike"): KEEPERS,
    ("GET", "/partners/<uuid:partner_id>/replies"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/replies"): KEEPERS,
    ("GET", "/partners/<uuid:partner_id>/replies/<uuid:release_id>"): ALL,
    ("POST", "/partners/<uuid:partner_id>/replies/<uuid:release_id>/answer"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/replies/<uuid:release_id>/link"): KEEPERS,
    ("POST", "/partners/<uuid:partner_id>/replies/<uuid:release_id>/revoke"): KEEPERS,
    ("GET", "/partners/import/<kind>"): KEEPERS,
    ("POST", "/partners/import/<kind>"): KEEPERS,
    ("GET", "/partners/import/<kind>/<uuid:key>"): KEEPERS,
    ("POST", "/partners/import/<kind>/<uuid:key>"): KEEPERS,
    ("GET", "/users"): ADMIN,
    ("POST", "/users"): ADMIN,
    ("GET", "/users/<uuid:user_id>"): ADMIN,
    ("POST", "/users/<uuid:user_id>"): ADMIN,
    ("GET", "/log"): ADMIN,
    ("GET", "/administration"): ADMIN,
}
# Viewers are limited to their partners; sessions are one's own; all else is anybody's who may.
FOREIGN_TO = {
    **dict.fromkeys(("slug", "partner_id"), frozenset({"viewer"})),
    **dict.fromkeys(("session_id", "key", "source"), ALL),
}
CODE = "a" * 12  # of an open link
OWN = ("session_id", "key", "source")
FORMATS = {"/open-links/": "svg", "/compare/": "xlsx"}  # of files, by where they are
SHOWN = {200, 409, 503}  # a page; no results before closing; a file that closing makes


def routes(app):
    """Give every method and address that leads somewhere, with its endpoint."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, rule.rule, rule.endpoint


def test_every_route_is_in_the_table_or_is_public(app):
    found = set(routes(app))
    assert {endpoint for *_, endpoint in found} & PUBLIC == PUBLIC, "public, but not there"
    managed = {(method, rule) for method, rule, endpoint in found if endpoint not in PUBLIC}
    assert {"missing": managed - set(TABLE), "gone": set(TABLE) - managed} == {
        "missing": set(),
        "gone": set(),
    }


def test_every_action_is_asked_for_by_a_page():
    """A row of ACTIONS that no page names would be a rule that nobody keeps."""
    folder = Path(access.__file__).parent
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    asked = set(re.findall(r'authorised\(\s*"([a-z.]+)"', text))
    assert asked == set(access.ACTIONS)


@pytest.fixture
def world(app, storage, make_study):
    """Make a study about the viewer's partner and one about another, and log everybody in."""
    make_study(partners=("Fjord",))
    make_study(slug="other", partners=("Nord",))
    make_study(0, slug="poster", partners=("Sund",), privacy_mode="anonymous")
    app.extensions["tillit"] = dataclasses.replace(app.extensions["tillit"], clock=lambda: NOON)
    keys = {}
    with storage.write() as session:
        for role in ROLES:
            new = NewUser(f"Kim {role}", f"{role}@vik.no", role)
            user = users.add(session, COMMAND_LINE, new)
            if role == "viewer":
                users.set_partners(session, COMMAND_LINE, user, ["Fjord"], NOON)
            token = sessions.begin(session, user.id, NOON)
            known = sessions.find(session, token, NOON)
            sheet = uploads.keep(session, user.id, "partners", "sheet.csv", b"name\nSund\n").key
            people = b"name,email,language,partners\nX,x@vik.no,,\n"
            asked = uploads.keep(session, user.id, "people/suppliers", "x.csv", people).key
            ids = {
                "user_id": user.id,
                "session_id": known.session_id,
                "key": sheet,
                "source": asked,
            }
            keys[role] = {"token": token, **ids}
        _, wave = studies.find(session, "poster")
        session.add(OpenLink(wave_id=wave.id, side="ours", code=CODE))
        draft = drafts.begin(session).key
        trial = {"name": "Kim", "study": "x", "of": "thanks", "subject": "x", "lead": "x"}
        queue(session, "trial", to="kim@vik.no", language="en", values=trial, key="trial")
        message = session.scalars(sa.select(Outbox.id)).one()
        own, foreign = (_recorded(session, name) for name in ("Fjord", "Nord"))
    common = {**own, "draft_id": draft, "message_id": message, "foreign": foreign}
    return {role: {**each, **common} for role, each in keys.items()}


def _recorded(session, name):
    """Give the keys of a partner, of an entry of its record, and of a card let out to it."""
    partner = session.scalars(sa.select(Partner.id).where(Partner.name == name)).one()
    wave = session.scalars(
        sa.select(Wave.id)
        .join(StudyPartner, StudyPartner.study_id == Wave.study_id)
        .where(StudyPartner.partner_id == partner)
    ).one()
    entry = RecordEntry(
        partner_id=partner, kind="incident", state="open", sort="slight", day=NOON.date(), text="x"
    )
    release = CardRelease(
        partner_id=partner, wave_id=wave, language="en", token_sha256=name.ljust(64),
        document_sha256="0" * 64, made_on=NOON.date(), reply_by=NOON.date(),
    )  # fmt: skip
    session.add_all((entry, release))
    making = Making(
        wave=session.get_one(Wave, wave),
        partner_id=None,
        first_wave=1,
        with_record=False,
        chosen={},
        documents={language: document(title=name, language=language) for language in LANGUAGES},
    )
    report = freezing.freeze(session, COMMAND_LINE, making, today=NOON.date())
    keys = {"partner_id": partner, "entry_id": entry.id, "release_id": release.id}
    return {**keys, "report_id": report}


def values_of(world, role, whose):
    """Give what stands in addresses: of one's own, of another, or of nothing."""
    if whose == "nothing":
        nobody = uuid.UUID(int=1)
        ids = ("user_id", "session_id", "partner_id", "contact_id", "key", "source", "draft_id",
               "entry_id", "release_id", "report_id", "message_id")  # fmt: skip
        return {
            "slug": "none",
            "code": "none",
            "book": "none",
            "file_format": "none",
            "wave": 9,
            "kind": "none",
            "step": "none",
            "face": "none",
            "what": "none",
            "message": "none",
            "side": "none",
            "language": "none",
            **dict.fromkeys(ids, nobody),
        }
    other = next(each for each in ROLES if each != role)
    return {
        "slug": "suppliers" if whose == "own" else "other",
        "code": CODE,
        "book": "csv",
        "wave": 1,
        "user_id": world[other]["user_id"],
        **{
            name: (world[other]["foreign"] if whose == "foreign" else world[other])[name]
            for name in ("partner_id", "entry_id", "release_id", "report_id")
        },
        "contact_id": uuid.UUID(int=2),
        "draft_id": world[other]["draft_id"],
        "kind": "partners",
        "step": "name",
        "face": "start",
        "what": "incident",
        "message": "invitation",
        "side": "ours",
        "language": "en",
        "message_id": world[other]["message_id"],
        **{name: world[role if whose == "own" and role else other][name] for name in OWN},
    }


def address(rule, values):
    """Give an address of a route, a file in a format that there is where none is named."""
    formats = (kind for start, kind in FORMATS.items() if rule.startswith(start))
    known = {"file_format": next(formats, ""), **values}
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule).format_map(known)


def expected(method, rule, role, whose):
    """Say which answers are right."""
    if role is None:
        return {303} if method == "GET" else {401}
    names = set(re.findall(r"<(?:\w+:)?(\w+)>", rule))
    lost = whose == "nothing" and names
    foreign = whose == "foreign" and any(role in FOREIGN_TO.get(name, ()) for name in names)
    if role not in TABLE[method, rule] or lost or foreign:
        return {404}
    return SHOWN if method == "GET" else {400}  # 400: let in, and asked for the form's token


@pytest.mark.parametrize("role", [None, *ROLES])
def test_who_gets_what(app, world, role):
    client = app.test_client()
    if role:
        client.set_cookie("tillit-login", world[role]["token"], domain="127.0.0.1")
    wrong = []
    for method, rule in TABLE:
        for whose in ("own", "foreign", "nothing") if "<" in rule else ("own",):
            path = address(rule, values_of(world, role, whose))
            response = client.open(path, method=method, base_url=HOST)
            if response.status_code not in expected(method, rule, role, whose):
                wrong.append((method, path, whose, response.status_code))
            if role is None and method == "GET":
                assert response.location.startswith("/login?next=")
                assert response.data == b""
    assert wrong == []


@pytest.mark.parametrize("role", [None, "admin"])
def test_no_address_takes_another_method(app, world, role):
    client = app.test_client()
    if role:
        client.set_cookie("tillit-login", world[role]["token"], domain="127.0.0.1")
    known = {}
    for method, rule in TABLE:
        known.setdefault(rule, set()).add(method)
    for rule, methods in known.items():
        path = address(rule, values_of(world, role, "own"))
        for method in {"POST", "PUT", "PATCH", "DELETE"} - methods:
            assert client.open(path, method=method, base_url=HOST).status_code == 405, path


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_what_one_may_not_see_looks_like_what_is_not_there(app, world, role):
    client = app.test_client()
    client.set_cookie("tillit-login", world[role]["token"], domain="127.0.0.1")

    def body(path):
        response = client.get(path, base_url=HOST)
        assert response.status_code == 404
        text = response.get_data(as_text=True).replace(path, "")
        return re.sub(r'value="[^"]*##[^"]*"', "", text)

    absent = body("/no/such/page")
    there = f"/users/{world['admin']['user_id']}"
    paths = [there, "/users", "/log", "/studies/none"]
    if role == "viewer":
        paths += ["/studies/other", "/compare/suppliers/1", "/research/suppliers"]
    for path in paths:
        assert "There is no page here" in body(path)
    assert body(there) == body(f"/users/{uuid.uuid4()}")
    assert "There is no page here" in absent


def test_a_session_of_nonsense_is_no_session(app, world):
    client = app.test_client()
    for token in ("", "x", "x" * 3000, "\u00e6", world["admin"]["token"] + "x"):
        client.set_cookie("tillit-login", token, domain="127.0.0.1")
        assert client.get("/users", base_url=HOST).status_code == 303


def test_every_action_that_is_noted_has_words_on_the_page_of_the_log():
    noted = set()
    for path in Path(survey.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.note":
                noted |= {each.value for each in call.args[2:3] if isinstance(each, ast.Constant)}
    noted |= {f"role {role}" for role in ROLES}
    assert len(noted) > 20
    assert noted <= set(log_page._WORDS), "add its words to survey/pages/log.py"
