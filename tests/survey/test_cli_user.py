"""`tillit user`, and what other verbs leave in the log."""

import json
import re

import pytest
from click.testing import CliRunner

import questionnaires
from survey.cli import main
from survey.services import audit, respond
from survey.services.accounts import passwords, sessions, users
from survey.settings import Settings
from survey.storage.base import now
from survey.storage.engine import Storage

PASSWORD = "blue lamp on a quiet stair"


@pytest.fixture
def tillit(tmp_path, monkeypatch, sqlite_url):  # noqa: ARG001 (where `tillit init` puts it)
    """Run commands in an installation of their own."""
    monkeypatch.setenv("TILLIT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TILLIT_BASE_URL", "https://survey.vik.no")
    monkeypatch.setenv("TILLIT_SECRET_KEY", "fish-bone-lamp-oil-9381-Trondheim")
    monkeypatch.chdir(tmp_path)

    def run(*arguments, typed=""):
        done = CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)
        assert PASSWORD not in done.output
        return done

    return run


@pytest.fixture
def cheap(monkeypatch):
    """Hash nothing: that is slow on purpose, and tested elsewhere."""
    monkeypatch.setattr(passwords, "hashed", lambda password: f"kept {len(password)}")


@pytest.fixture
def storage(tillit):
    assert tillit
    storage = Storage(Settings.from_environment().database_url)
    yield storage
    storage.close()


def add(tillit, name="Mona", role="manager", typed=PASSWORD):
    address = f"{name.lower()}@vik.no"
    return tillit("user", "add", name, "--email", address, "--role", role, typed=f"{typed}\n")


def test_the_first_admin_is_let_in_from_the_terminal(tillit, storage):
    assert "Nobody may log in yet" in tillit("user", "list").output
    done = add(tillit, "Anna", "admin")
    assert (done.exit_code, done.output) == (0, "Anna may log in, as admin.\n")
    with storage.read() as session:
        assert passwords.fits(users.find(session, "Anna").password_hash, PASSWORD)
    assert "admin      Anna <anna@vik.no>" in tillit("user", "list").output


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("short", "it has fewer than 12 characters"),
        ("", "it has fewer than 12 characters"),
        ("passord12345", "too many people use one like it"),
        ("mona mona mona mona", "it holds a part of the name"),
    ],
)
def test_a_weak_password_is_refused_and_not_repeated(tillit, typed, said):
    done = add(tillit, typed=typed)
    assert done.exit_code == 2
    assert said in done.output
    assert typed == "" or typed not in done.output
    assert "Nobody may log in yet" in tillit("user", "list").output


@pytest.mark.usefixtures("cheap")
def test_users_are_changed_and_it_is_all_written_down(tillit, storage):
    add(tillit, "Anna", "admin")
    add(tillit)
    new = ("study", "new", "s", "--title", "S", "--instrument", "pulse", "--partner", "Fjord")
    assert tillit(*new).exit_code == 0
    with storage.write() as session:
        token = sessions.begin(session, users.find(session, "Mona").id, now())
    for arguments, said in (
        (("role", "Mona", "viewer"), "Mona is viewer."),
        (("partners", "Mona", "--partner", "Fjord"), "Mona may see 1 partners."),
        (("disable", "mona@vik.no"), "mona@vik.no may log in no more."),
        (("enable", "Mona"), "Mona may log in again."),
    ):
        done = tillit("user", *arguments)
        assert (done.exit_code, done.output.strip()) == (0, said)
    with storage.read() as session:
        assert sessions.find(session, token, now()) is None
        log = audit.page(session, 1).entries
    assert {entry.origin for entry in log} == {"command line"}
    assert [(entry.action, entry.whom) for entry in log][:4] == [
        ("user enabled", "Mona"),
        ("user disabled", "Mona"),
        ("partners changed", "Mona"),
        ("role viewer", "Mona"),
    ]
    (anna, mona) = json.loads(tillit("user", "list", "--json").output)
    assert (anna["role"], mona["role"], mona["partners"]) == ("admin", "viewer", ["Fjord"])


@pytest.mark.usefixtures("cheap")
def test_a_link_for_a_password_is_printed(tillit, monkeypatch):
    add(tillit)
    done = tillit("user", "reset", "Mona", "--second-factor")
    assert re.fullmatch(r"https://survey\.vik\.no/reset/[\w-]{43}\n", done.output)
    monkeypatch.delenv("TILLIT_BASE_URL")
    done = tillit("user", "reset", "Mona")
    assert done.exit_code == 2
    assert "TILLIT_BASE_URL is not set" in done.output


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("role", "Nobody", "viewer"), 1, "there is no user 'Nobody'"),
        (("disable", "Anna"), 1, "the only admin"),
        (("role", "Anna", "viewer"), 1, "the only admin"),
        (("partners", "Anna", "--partner", "Fjord"), 2, "there is no partner 'Fjord'"),
        (("role", "Anna", "boss"), 2, "Invalid value"),
    ],
)
def test_what_is_refused_is_said(tillit, arguments, code, said):
    add(tillit, "Anna", "admin")
    done = tillit("user", *arguments)
    assert done.exit_code == code
    assert said in done.output


@pytest.mark.durability  # closes a wave and exports it, which computes
def test_what_is_done_to_studies_is_in_the_log(tillit, storage, tmp_path):
    new = ("study", "new", "s", "--title", "S", "--instrument", "pulse", "--partner", "Fjord")
    assert tillit(*new, "--privacy", "identified").exit_code == 0
    rows = "".join(f"P{n},p{n}@vik.no,,\n" for n in range(6))
    (tmp_path / "people.csv").write_text(f"name,email,language,partners\n{rows}")
    links = tillit("invite", "s", "people.csv").output
    accepted = [f"--accept-translation={code}" for code in questionnaires.LANGUAGES]
    assert tillit("study", "open", "s", *accepted).exit_code == 0
    with storage.write() as session:
        for token in re.findall(r"/r/(\w{22})", links):
            person = respond.by_token(session, token)
            for number, page in enumerate(person.instrument.pages, 1):
                given = {item.id: 3 for item in page.items if item.kind == "rating"}
                respond.save_page(session, person, 1, number, given)
            receipt = respond.submit(session, person, 1)
    assert tillit("erase", "-", typed=f"{receipt}\n").exit_code == 0
    assert tillit("study", "close", "s").exit_code == 0
    assert tillit("export", "s", "--out", "rows.csv").exit_code == 0
    assert tillit("study", "wave", "s").exit_code == 0
    with storage.read() as session:
        log = [(entry.action, entry.what) for entry in audit.page(session, 1).entries]
    assert log[::-1] == [
        ("study made", "study/s"),
        ("people invited", "study/s"),
        ("wave opened", "study/s/1"),
        ("answers erased", "receipts: 1"),
        ("wave closed", "study/s/1"),
        ("rows exported", "study/s/1"),
        ("wave made", "study/s/2"),
    ]
    assert receipt not in repr(log)
