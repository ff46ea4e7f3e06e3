"""Fixtures of the pages: the real application, and visitors who fill in its forms.

A visitor reads pages as a browser without scripts does: it follows redirects, keeps
cookies, and posts the fields of a form with the button that is pressed.
"""

import dataclasses
import datetime as dt
from html.parser import HTMLParser

import pytest
from werkzeug.routing import Rule

from survey.app import create_app
from survey.services import closing, invitations, open_links
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
HOST = "http://127.0.0.1:8000"
VOID = {"input", "meta", "link", "br"}


class Page(HTMLParser):
    """What a visitor sees of a response: title, headings, links, forms, text."""

    def __init__(self, response):
        super().__init__()
        self.status, self.path = response.status_code, response.request.path
        self.address = response.request.full_path.rstrip("?")
        self.headers, self.html = response.headers, response.get_data(as_text=True)
        self.lang, self.title, self.text = None, "", ""
        self.headings, self.links, self.forms, self.ids = [], [], [], {}
        self._inside, self._textarea = [], None
        self.feed(self.html)

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if tag not in VOID:
            self._inside.append(tag)
        if "id" in attributes:
            assert attributes["id"] not in self.ids, f"id twice: {attributes['id']}"
            self.ids[attributes["id"]] = (tag, attributes)
        if tag == "html":
            self.lang = attributes["lang"]
        elif tag == "h1":
            self.headings.append("")
        elif tag == "a":
            self.links.append(attributes["href"])
        elif tag == "form":
            self.forms.append(
                {"action": attributes.get("action", self.address), "fields": {}, "radios": {},
                 "buttons": [], "texts": {}, "labels": 0}
            )  # fmt: skip
        elif self.forms and "form" in self._inside:
            self._control(tag, attributes)

    def _control(self, tag, attributes):
        form, name = self.forms[-1], attributes.get("name")
        kind = attributes.get("type")
        if tag == "button":
            form["buttons"].append((name, attributes.get("value")))
        elif tag == "label":
            form["labels"] += 1
        elif tag == "textarea":
            self._textarea = name or attributes["id"]
            form["texts"][self._textarea] = ""
        elif kind == "hidden":
            form["fields"][name] = attributes["value"]
        elif kind == "radio":
            form["radios"].setdefault(name, []).append(attributes["value"])
            if "checked" in attributes:
                form["fields"][name] = attributes["value"]
        elif kind == "text":
            form["texts"][name] = attributes.get("value", "")

    def handle_endtag(self, tag):
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        if tag == "textarea":
            self._textarea = None

    def handle_data(self, data):
        if self._textarea:
            self.forms[-1]["texts"][self._textarea] += data.lstrip("\n")
        if "title" in self._inside and "head" in self._inside:
            self.title += data
        elif "h1" in self._inside:
            self.headings[-1] += data
        if "body" in self._inside:
            self.text += data

    @property
    def form(self):
        """The one form of the page."""
        assert len(self.forms) == 1
        return self.forms[0]

    @property
    def given(self):
        """What is filled in, by field."""
        hidden = {"csrf_token", "link", "language"}
        fields = {**self.form["fields"], **self.form["texts"]}
        return {name: value for name, value in fields.items() if name not in hidden}


class Visitor:
    """One browser."""

    def __init__(self, app, language="en"):
        self.client = app.test_client()
        self.language = language
        self.page = None

    def get(self, path, *, follow=True, **options):
        return self._read(self.client.get(path, **self._with(options, follow)))

    def post(self, path, data, *, follow=True, **options):
        return self._read(self.client.post(path, data=data, **self._with(options, follow)))

    def send(self, path, **data):
        """Send the last form of the page that goes to this address."""
        form = next(each for each in reversed(self.page.forms) if each["action"] == path)
        return self.post(path, {**form["fields"], **data})

    def press(self, button=None, *, follow=True, without=(), **answers):
        """Send the form of the page: the first button, unless another is named."""
        form = self.page.form
        name, value = button or form["buttons"][0]
        assert (name, value) in form["buttons"]
        data = {**form["fields"], **form["texts"], **answers}
        if name:
            data[name] = value
        data = {key: value for key, value in data.items() if key not in without}
        return self.post(form["action"], data, follow=follow)

    def open(self, token):
        """Open a personal link and press Start."""
        self.get(f"/r/{token}")
        return self.press()

    def fill(self, value="4", **answers):
        """Answer every rating of the page alike, and press Next."""
        return self.press(**(dict.fromkeys(self.page.form["radios"], value) | answers))

    def complete(self, token):
        """Walk the whole way with the forward buttons."""
        self.open(token)
        for _ in range(50):
            if not self.page.forms:
                return self.page
            self.fill()
        raise AssertionError("the way has no end")

    def _with(self, options, follow):
        headers = {"Accept-Language": self.language, **options.pop("headers", {})}
        return {"base_url": HOST, "headers": headers, "follow_redirects": follow, **options}

    def _read(self, response):
        self.page = Page(response)
        return self.page


@pytest.fixture(scope="session", autouse=True)
def addresses_compiled_once():
    """Compile how an address is put together once: werkzeug does so anew for each application."""
    compiled, known = Rule._compile_builder, {}

    def once(rule, append_unknown=True):  # noqa: FBT002 (as werkzeug has it)
        key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compiled(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture
def app(settings):
    """Make the application in production's manner: a crash becomes a page."""
    app = create_app(settings)
    yield app
    app.extensions["tillit"].storage.close()


@pytest.fixture
def visitor(app):
    return Visitor(app)


@pytest.fixture
def make_visitor(app):
    return lambda language="en": Visitor(app, language)


@pytest.fixture
def survey(make_study):
    """Make an open study of one partner and one person; its token is ``survey.tokens[P1]``."""
    return make_study()


@pytest.fixture
def token(survey):
    return survey.tokens["p1@vik.no"]


@pytest.fixture
def roster_token(make_study):
    """Give the token of a person who knows three partners."""
    study = make_study(slug="three", partners=("Fjord", "Nord", "Sund"))
    return study.tokens["p1@vik.no"]


@pytest.fixture
def invite():
    """Invite one more person to a study, in a language; gives the token."""

    def one(survey, language, partners=""):
        sheet = f"name,email,language,partners\nX,{language}@x.no,{language},{partners}\n"
        with survey.storage.write() as session:
            (link,) = invitations.invite(
                session, survey.slug, sheet.encode(), "x.csv", base_url=HOST
            )
        return link.link.rpartition("/")[2]

    return one


@pytest.fixture
def anonymous(make_study):
    """Make an open anonymous study; its tokens are those of invited people."""
    return make_study(people=2, slug="anonymous", privacy_mode="anonymous")


@pytest.fixture
def open_code(anonymous):
    """Give the code of the open link of an anonymous study."""
    with anonymous.storage.write() as session:
        made = open_links.make(session, anonymous.slug, base_url=HOST)
    return made.link.rpartition("/")[2]


@pytest.fixture
def close():
    """Close the wave of a study."""
    return lambda survey: closing.close(survey.storage, survey.settings, survey.slug)


@pytest.fixture
def database_state(storage):
    """Give everything that the database holds, to compare."""

    def state():
        with storage.reader.connect() as connection:
            return {
                table: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {table}")))  # noqa: S608
                for table in ("assessment", "invitation", "page_visit", "participant", "wave")
            }

    return state


@pytest.fixture
def staff(app, make_visitor, storage):
    """Give a browser in which a new person of a role is logged in, on a day in October."""
    app.extensions["tillit"] = dataclasses.replace(app.extensions["tillit"], clock=lambda: NOON)

    def one(role="manager", name="kim", language="en"):
        visitor = make_visitor()
        with storage.write() as session:
            new = NewUser(name, f"{name}@vik.no", role, language)
            user = users.add(session, COMMAND_LINE, new)
            token = sessions.begin(session, user.id, NOON)
        visitor.client.set_cookie("tillit-login", token, domain="127.0.0.1")
        return visitor

    return one
