"""Logging in by the pages: what a person meets, and what a stranger does not learn."""

import dataclasses
import datetime as dt
import re

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from survey.pages import access
from survey.services.accounts import (
    passwords,
    resets,
    second_factor,
    sessions,
    throttling,
    totp,
    users,
)
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
PASSWORD = "blue lamp on a quiet stair"
OTHER = "a lantern over the quay"
HOST = "http://127.0.0.1:8000"
ROLES = ("admin", "researcher", "manager", "viewer")


QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hash passwords quickly: how slowly they are hashed is tested elsewhere."""
    monkeypatch.setattr(passwords, "HASHER", QUICK)


@pytest.fixture(scope="session")
def password_hash():
    return QUICK.hash(PASSWORD)


class Clock:
    """The clock of the application, which goes when a test says so."""

    def __init__(self):
        self.at = NOON

    def __call__(self):
        return self.at

    def wait(self, **time):
        self.at += dt.timedelta(**time)


@pytest.fixture
def clock(app):
    clock = Clock()
    app.extensions["tillit"] = dataclasses.replace(app.extensions["tillit"], clock=clock)
    return clock


@pytest.fixture
def people(storage, password_hash):
    """One person of each role; gives their keys."""
    with storage.write() as session:
        return {
            role: users.add(
                session,
                COMMAND_LINE,
                NewUser(f"Kim {role.title()}", f"{role}@vik.no", role),
                password_hash=password_hash,
            ).id
            for role in ROLES
        }


@pytest.fixture
def enter(make_visitor, storage, people, clock):
    """Give a browser in which someone is logged in, without the work of a password."""

    def one(role):
        visitor = make_visitor()
        with storage.write() as session:
            token = sessions.begin(session, people[role], clock.at)
        visitor.client.set_cookie("tillit-login", token, domain="127.0.0.1")
        return visitor

    return one


def send(visitor, path, *, follow=True, **data):
    """Send a form of the page that is shown: the one that goes to this address."""
    (form,) = (each for each in visitor.page.forms if each["action"].partition("?")[0] == path)
    return visitor.post(path, {**form["fields"], **data}, follow=follow)


def log_in(visitor, role="manager", password=PASSWORD, way="", **options):
    visitor.get(f"/login{way}")
    data = {"email": f"{role}@vik.no", "password": password}
    return send(visitor, "/login", **data, **options)


@pytest.mark.usefixtures("people")
def test_logging_in_leads_to_the_studies_and_out_again(visitor):
    page = log_in(visitor)
    assert (page.status, page.path, page.headings) == (200, "/studies", ["Studies"])
    assert [path for path in page.links if path in {"/studies", "/users", "/log", "/account"}] == [
        "/studies",
        "/account",
    ]
    assert visitor.get("/login").path == "/studies"
    before = visitor.client.get_cookie("tillit-login", "127.0.0.1").value
    assert send(visitor, "/logout").path == "/login"
    assert visitor.client.get_cookie("tillit-login", "127.0.0.1") is None
    visitor.client.set_cookie("tillit-login", before, domain="127.0.0.1")
    assert visitor.get("/studies").path == "/login", "the session ended on the server too"


@pytest.mark.usefixtures("people")
def test_each_log_in_has_a_session_of_its_own_and_ends_the_one_before(visitor, storage):
    tokens = []
    for _ in range(2):
        visitor.client.get("/login", base_url=HOST)
        page = visitor.get("/reset")  # a page with the token of forms, whoever is logged in
        data = {**page.forms[-1]["fields"], "email": "manager@vik.no", "password": PASSWORD}
        visitor.post("/login", data)
        tokens.append(visitor.client.get_cookie("tillit-login", "127.0.0.1").value)
    assert len(set(tokens)) == 2
    with storage.read() as session:
        states = [sessions.find(session, token, dt.datetime.now(dt.UTC)) for token in tokens]
    assert [bool(state) for state in states] == [False, True]


@pytest.mark.usefixtures("people")
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(make_visitor):
    pages = []
    for role, password in (("manager", "wrong lamp stair"), ("nobody", PASSWORD)):
        visitor = make_visitor()
        page = log_in(visitor, role, password)
        assert page.status == 400
        assert visitor.client.get_cookie("tillit-login", "127.0.0.1") is None
        text = re.sub(r'value="[^"]*##[^"]*"', "", page.html)
        pages.append(text.replace(f"{role}@vik.no", "X"))
    assert pages[0] == pages[1]
    assert "do not belong together" in pages[0]
    assert PASSWORD not in pages[1]


@pytest.mark.usefixtures("people")
def test_after_five_misses_a_person_waits_and_is_told_how_long(visitor, clock, monkeypatch):
    monkeypatch.setattr(passwords, "fits", lambda kept, given: bool(kept) and given == PASSWORD)
    for _ in range(throttling.FREE):
        assert log_in(visitor, password="wrong").status == 400
    page = log_in(visitor)
    assert (page.status, page.headers["Retry-After"]) == (429, "31")
    assert "Wait 1 minute, then try again." in page.text
    clock.wait(seconds=31)
    assert log_in(visitor).path == "/studies"


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/studies/x?a=1", "/studies/x"),
        ("//evil.example/x", "/studies"),
        ("https://evil.example", "/studies"),
        ("/\\evil.example", "/studies"),
        ("/x\ty", "/studies"),
        ("evil", "/studies"),
        ("/" + "x" * 600, "/studies"),
    ],
)
def test_next_leads_to_an_address_of_ours_only(app, asked, leads_to):
    with app.test_request_context():
        assert access.own_path(asked).partition("?")[0] == leads_to


def test_a_stranger_is_sent_to_the_log_in_and_comes_back(visitor, people, clock):
    visitor.get("/users", follow=False)
    assert visitor.page.headers["Location"] == "/login?next=/users"
    assert "/login?next=/users&amp;lang=nb" in visitor.get("/login?next=/users").html
    odd = visitor.get("/login?next=/log%3Fwho%3Dweb%26page%3D2")
    assert "/login?next=/log%3Fwho%3Dweb%26page%3D2&amp;lang=nb" in odd.html
    assert odd.forms[-1]["fields"]["next"] == "/log?who=web&page=2"
    page = log_in(visitor, "admin", way="?next=/users")
    assert (page.path, page.headings) == ("/users", ["Users"])
    assert people
    assert clock


# Sessions ------------------------------------------------------------------------------


def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(enter, clock):
    visitor = enter("manager")
    for _ in range(3):
        clock.wait(minutes=29)
        assert visitor.get("/studies").path == "/studies"
    clock.wait(minutes=30)
    assert visitor.get("/studies").path == "/login"
    visitor = enter("manager")
    for _ in range(12 * 3 - 1):
        clock.wait(minutes=20)
        assert visitor.get("/account").path == "/account"
    clock.wait(minutes=20)
    assert visitor.get("/account").path == "/login"


@pytest.mark.parametrize("what", ["disable", "role"])
def test_the_next_request_after_a_change_is_refused(enter, what):
    visitor, admin = enter("manager"), enter("admin")
    assert visitor.get("/studies").status == 200
    assert "Kim Manager" in admin.get("/users").text
    path = next(link for link in admin.page.links if re.match(r"/users/[0-9a-f]", link))
    path = re.search(r'<a href="(/users/[^"]+)">Kim Manager<', admin.page.html)[1]
    admin.get(path)
    changes = {"do": "disable"} if what == "disable" else {"do": "save", "role": "viewer"}
    form = admin.page.forms[-1]
    assert admin.post(path, {**form["fields"], **changes}).status == 200
    assert visitor.get("/studies").path == "/login"
    assert visitor.post("/account/sessions/end", {}).status == 401


def test_forms_belong_to_their_session(enter):
    one, other = enter("manager"), enter("manager")
    stolen = one.get("/account").forms[-1]["fields"]
    page = other.post("/account/sessions/end", stolen)
    assert page.status == 400
    assert "Please press the button once more" in page.text
    assert other.get("/account").status == 200


# One's own account ---------------------------------------------------------------------


def test_the_account_shows_sessions_and_ends_them(enter):
    visitor, other = enter("manager"), enter("manager")
    page = visitor.get("/account")
    ends = [form["action"] for form in page.forms if re.search(r"sessions/.+/end", form["action"])]
    assert len(ends) == 2
    assert page.text.count("(here)") == 1
    for path in ends:
        if path in {form["action"] for form in visitor.get("/account").forms}:
            send(visitor, path)
        if visitor.page.path == "/login":
            break
    third = enter("manager")
    third.get("/account")
    assert send(third, "/account/sessions/end").path == "/login"
    assert third.get("/account").path == "/login"
    assert other.get("/account").path == "/login"


def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(enter):
    visitor, other = enter("manager"), enter("manager")
    for old, new, said in (
        ("wrong", OTHER, "This is not your password."),
        (PASSWORD, "short", "A password has at least 12 characters."),
        (PASSWORD, "kim manager lamps", "neither your name"),
    ):
        visitor.get("/account")
        page = send(visitor, "/account/password", old=old, password=new)
        assert page.status == 400
        assert said in page.text
        assert new not in page.html
    visitor.get("/account")
    assert send(visitor, "/account/password", old=PASSWORD, password=OTHER).path == "/account"
    assert other.get("/account").path == "/login"
    assert log_in(other, password=OTHER).path == "/studies"


def test_the_pages_speak_the_language_of_the_account(enter):
    visitor = enter("manager")
    visitor.get("/account")
    assert send(visitor, "/account/language", language="is").lang == "is"
    assert visitor.get("/studies").lang == "is"
    assert visitor.get("/studies?lang=nb").lang == "nb"
    visitor.get("/account")
    assert send(visitor, "/account/language", language="xx").lang == "is"


def test_a_second_factor_from_begin_to_end(enter, make_visitor, clock, settings, people):
    visitor = enter("manager")
    page = visitor.get("/account/second-factor")
    assert 'src="data:image/svg+xml' in page.html
    letters = re.search(r'<code class="code secret">([A-Z2-7]{32})<', page.html)[1]
    nonce = page.forms[-1]["fields"]["nonce"]
    secret = totp.secret_of(settings.secret_key, people["manager"], nonce)
    assert totp.in_letters(secret) == letters

    def code():
        return totp.code(secret, totp.step_at(clock.at))

    path = "/account/second-factor"
    assert "This is not your password" in send(visitor, path, code=code(), old="wrong").text
    page = send(visitor, path, code="000000", old=PASSWORD)
    assert "not the code of this picture" in page.text
    assert page.forms[-1]["fields"]["nonce"] == nonce, "what was scanned stays right"
    page = send(visitor, path, code=code(), old=PASSWORD)
    recovery = re.findall(r"<li><code class=\"code\">([0-9A-Z-]{19})</code>", page.html)
    assert len(set(recovery)) == second_factor.RECOVERY_CODES

    clock.wait(minutes=1)
    other = make_visitor()
    assert log_in(other).path == "/login/code"
    assert other.get("/studies").path == "/login", "the password alone opens nothing"
    other.get("/login/code")
    assert "does not work" in send(other, "/login/code", code="123456").text
    assert send(other, "/login/code", code=code()).path == "/studies"
    third = make_visitor()
    log_in(third)
    assert send(third, "/login/code", code=recovery[0]).path == "/studies"
    assert "9 recovery codes are left" in third.get("/account").text
    third.get("/account/second-factor")
    end = "/account/second-factor/end"
    assert send(third, end, old="wrong").status == 400
    assert send(third, end, old=PASSWORD).path == "/account"
    assert log_in(make_visitor()).path == "/studies"


@pytest.mark.usefixtures("people", "clock")
def test_a_code_page_without_a_password_begins_at_the_beginning(visitor):
    assert visitor.get("/login/code").path == "/login"
    fields = visitor.page.forms[-1]["fields"]
    page = visitor.post("/login/code", {**fields, "code": "123456"})
    assert (page.status, page.headings) == (400, ["Log in"])
    assert "begins anew" in page.text


# A forgotten password ------------------------------------------------------------------


@pytest.mark.usefixtures("people", "clock")
def test_asking_for_a_link_says_the_same_to_everybody(make_visitor, storage):
    pages = []
    for role in ("manager", "nobody"):
        visitor = make_visitor()
        visitor.get("/reset")
        page = send(visitor, "/reset", email=f"{role}@vik.no")
        assert (page.status, page.headings) == (200, ["Look into your mail"])
        pages.append(re.sub(r'value="[^"]*##[^"]*"', "", page.html))
    assert pages[0] == pages[1]
    with storage.read() as session:
        rows = session.execute(sa.text("SELECT kind, recipient FROM outbox")).all()
        text = repr(session.execute(sa.text("SELECT * FROM outbox")).all())
    assert [tuple(row) for row in rows] == [("password_reset", "manager@vik.no")]
    assert "/reset/" not in text, "the link is sealed"


def test_a_link_leads_to_a_new_password(visitor, storage, people, clock):
    with storage.write() as session:
        user = users.find(session, "manager@vik.no")
        link = resets.make(session, COMMAND_LINE, user, clock.at, base_url="")
    for _ in range(2):
        page = visitor.get(link)
        assert (page.status, page.headings) == (200, ["Choose a password"])
    page = send(visitor, link, password="passord12345")
    assert page.status == 400
    assert "Too many people use a password like this" in page.text
    assert send(visitor, link, password=OTHER).path == "/login"
    page = visitor.get(link)
    assert (page.status, page.headings) == (404, ["This link does not work any more"])
    assert visitor.get(f"/reset/{'x' * 43}").html == page.html.replace(link, f"/reset/{'x' * 43}")
    assert log_in(visitor, password=OTHER).path == "/studies"
    assert people


def test_the_cookies_of_a_log_in_are_bound_to_this_host(settings, people):
    from survey.app import create_app  # noqa: PLC0415 (another application)

    secure = dataclasses.replace(
        settings, base_url="https://survey.example.org", trusted_hosts=("survey.example.org",)
    )
    app = create_app(secure)
    client, base = app.test_client(), "https://survey.example.org"
    html = client.get("/login", base_url=base).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)[1]
    data = {"csrf_token": token, "email": "manager@vik.no", "password": PASSWORD, "next": ""}
    response = client.post("/login", data=data, base_url=base)
    cookies = {
        cookie.partition("=")[0]: {part.strip() for part in cookie.split(";")[1:]}
        for cookie in response.headers.getlist("Set-Cookie")
    }
    ours = {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert cookies["__Host-tillit-login"] == ours
    assert ours < cookies["__Host-tillit-device"]
    app.extensions["tillit"].storage.close()
    assert people


ADDRESS, AGENT = "203.0.113.77", "PlantedBrowser/47.11"


@pytest.mark.parametrize("way", ["direct", "behind a proxy"])
def test_no_address_browser_password_or_token_is_left_anywhere(
    visitor, people, settings, storage, caplog, way
):
    caplog.set_level("DEBUG")
    environ = {"HTTP_USER_AGENT": AGENT}
    if way == "direct":
        environ["REMOTE_ADDR"] = ADDRESS
    else:
        environ["HTTP_X_FORWARDED_FOR"] = f"198.51.100.9, {ADDRESS}"
    visitor.client.environ_base.update(environ)
    log_in(visitor, password="wrong lamp on a stair")
    assert log_in(visitor).path == "/studies"
    token = visitor.client.get_cookie("tillit-login", "127.0.0.1").value
    with storage.read() as session:
        tables = sa.inspect(session.connection()).get_table_names()
        rows = [session.execute(sa.text(f'SELECT * FROM "{table}"')).all() for table in tables]  # noqa: S608
    told = repr(rows) + caplog.text
    files = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())
    for secret in (ADDRESS, "203.0.113", AGENT, PASSWORD, "wrong lamp", token):
        assert secret not in told
        assert secret.encode() not in files
    assert "manager@vik.no" not in caplog.text
    assert people


@pytest.mark.parametrize(
    ("remote", "forwarded", "network"),
    [
        ("192.0.2.7", "", "192.0.2.0/24"),
        ("192.0.2.7", "198.51.100.9", "192.0.2.0/24"),  # who is not our proxy says what they like
        ("127.0.0.1", "198.51.100.9, 203.0.113.4", "203.0.113.0/24"),
        ("::1", "203.0.113.4", "203.0.113.0/24"),
        ("127.0.0.1", "nonsense", "unknown"),
        ("127.0.0.1", "", "127.0.0.0/24"),
    ],
)
def test_where_a_log_in_comes_from(app, remote, forwarded, network):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with app.test_request_context(environ_base={"REMOTE_ADDR": remote}, headers=headers):
        assert access.where_from().network == network


@pytest.mark.usefixtures("clock")
def test_whoever_guesses_on_a_page_of_the_account_has_to_wait(enter):
    visitor = enter("manager")
    for _ in range(throttling.FREE):
        visitor.get("/account")
        assert send(visitor, "/account/password", old="wrong", password=OTHER).status == 400
    visitor.get("/account")
    page = send(visitor, "/account/password", old=PASSWORD, password=OTHER)
    assert page.status == 429
    assert "Too many wrong passwords" in page.text
    visitor.get("/account/second-factor")
    page = send(visitor, "/account/second-factor", old=PASSWORD, code="000000")
    assert "Too many wrong passwords" in page.text


def test_too_many_wrong_codes_have_to_wait(visitor, storage, settings, people, clock):
    nonce = totp.new_nonce()
    secret = totp.secret_of(settings.secret_key, people["manager"], nonce)
    with storage.write() as session:
        user = users.find(session, "manager@vik.no")
        given = totp.code(secret, totp.step_at(clock.at))
        second_factor.begin(session, settings.secret_key, user, nonce, given, clock.at)
    log_in(visitor)
    for _ in range(throttling.FREE):
        assert visitor.page.headings == ["The code of your app"]
        assert send(visitor, "/login/code", code="000000").status == 400
    assert "begins anew" in visitor.page.text
    log_in(visitor)
    page = send(visitor, "/login/code", code=totp.code(secret, totp.step_at(clock.at) + 1))
    assert page.status == 429
    assert "Too many wrong codes. Wait 1 minute" in page.text


def test_a_link_that_was_used_meanwhile_chooses_nothing(visitor, storage, people, clock):
    with storage.write() as session:
        user = users.find(session, "manager@vik.no")
        link = resets.make(session, COMMAND_LINE, user, clock.at, base_url="")
    visitor.get(link)
    resets.use(storage, link.rpartition("/")[2], OTHER, clock.at)
    assert send(visitor, link, password="the kite above a lamp").status == 404
    assert log_in(visitor, password=OTHER).path == "/studies"
    assert people
