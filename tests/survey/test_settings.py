"""Settings: one table, read strictly, and what a server needs before it starts."""

import dataclasses
import datetime as dt
import re
from pathlib import Path

import pytest

from survey.errors import BadSettings
from survey.mail_settings import Quiet
from survey.settings import SETTINGS, Settings, is_loopback

SECRET = "fish-bone-lamp-oil-9381-Trondheim"
SERVER = {
    "TILLIT_SECRET_KEY": SECRET,
    "TILLIT_BASE_URL": "https://survey.example.org",
    "TILLIT_TRUSTED_HOSTS": "survey.example.org",
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def refusal(**environ):
    with pytest.raises(BadSettings) as refused:
        Settings.from_environment(environ).for_serving()
    assert refused.value.exit_code == 2
    return str(refused.value)


def test_the_document_lists_the_settings_as_they_are():
    rows = re.findall(
        r"^\| `(TILLIT_\w+)` \| (?:`(.*?)`)? ?\| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE
    )
    assert rows == [(row.variable, row.default, row.help) for row in SETTINGS]
    files = set(re.findall(r"`(TILLIT_\w+_FILE)`", DOCUMENT.read_text()))
    assert files == {f"{row.variable}_FILE" for row in SETTINGS if row.secret}


def test_every_row_is_a_field():
    assert [row.name for row in SETTINGS] == [
        "data_dir",
        "database_url",
        "secret_key",
        "base_url",
        "trusted_hosts",
        "smtp_url",
        "mail_from",
        "mail_reply_to",
        "mail_return_path",
        "mail_per_hour",
        "mail_quiet",
        "metrics_token",
    ]
    assert {row.name for row in SETTINGS} == {f.name for f in dataclasses.fields(Settings)}


def test_nothing_set_is_enough_for_a_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.data_dir == tmp_path / "tillit-data"
    assert settings.database_url == f"sqlite:///{tmp_path}/tillit-data/tillit.sqlite3"
    assert settings.snapshots_dir == tmp_path / "tillit-data" / "snapshots"
    assert (settings.secret_key, settings.base_url, settings.trusted_hosts) == ("", "", ())


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setenv("TILLIT_BASE_URL", "https://a.example/")
    assert Settings.from_environment().base_url == "https://a.example"


def test_settings_are_frozen_and_their_text_hides_secrets():
    settings = Settings.from_environment(
        {**SERVER, "TILLIT_DATABASE_URL": "postgresql://tillit:hunter22@db/tillit"}
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.base_url = "https://other.example"
    assert "hunter22" not in repr(settings)
    assert SECRET not in repr(settings)


def test_a_server_says_everything_that_is_missing():
    said = refusal()
    for name in SERVER:
        assert name in said
    assert "secrets.token_urlsafe" in said
    for name in SERVER:
        said = refusal(**{key: value for key, value in SERVER.items() if key != name})
        assert [other for other in SERVER if f"\n  {other}" in said] == [name]


def test_a_server_may_run_with_all_of_it():
    settings = Settings.from_environment(SERVER).for_serving()
    assert settings.trusted_hosts == ("survey.example.org",)
    assert (settings.secure, settings.cookie_name) == (True, "__Host-tillit")


def test_loopback_needs_no_https(tmp_path):
    settings = Settings.for_loopback(tmp_path, 8123, SECRET).for_serving()
    assert settings.base_url == "http://127.0.0.1:8123"
    assert settings.trusted_hosts == ("127.0.0.1", "localhost")
    assert (settings.secure, settings.cookie_name) == (False, "tillit")
    assert settings.database_url == f"sqlite:///{tmp_path}/tillit.sqlite3"


@pytest.mark.parametrize(
    ("hosts", "base"),
    [
        ("other.example.org", "https://survey.example.org"),
        (".example.org", "https://example.org"),
        ("example.org", "https://survey.example.org"),
    ],
)
def test_the_host_of_the_links_must_be_trusted(hosts, base):
    said = refusal(**{**SERVER, "TILLIT_TRUSTED_HOSTS": hosts, "TILLIT_BASE_URL": base})
    assert "no link would work" in said


@pytest.mark.parametrize(
    ("hosts", "base"),
    [
        (".example.org", "https://survey.example.org"),
        ("a.example, Survey.Example.ORG ,", "https://survey.example.org:8443"),
        ("[::1]", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_hosts_that_are_trusted(hosts, base):
    environ = {**SERVER, "TILLIT_TRUSTED_HOSTS": hosts, "TILLIT_BASE_URL": base}
    assert Settings.from_environment(environ).for_serving().base_url == base


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BASE_URL", "survey.example.org", "allowed is an address like"),
        ("BASE_URL", "ftp://survey.example.org", "allowed is an address like"),
        ("BASE_URL", "https://survey.example.org/app", "allowed is an address like"),
        ("BASE_URL", "https://survey.example.org?x=1", "allowed is an address like"),
        ("BASE_URL", "https://me@survey.example.org", "allowed is an address like"),
        ("BASE_URL", "https://survey.example.org:port", "allowed is an address like"),
        ("BASE_URL", "https://", "allowed is an address like"),
        ("BASE_URL", "https://bad_host!", "allowed is an address like"),
        ("BASE_URL", "http://survey.example.org", "answers would travel unencrypted"),
        ("BASE_URL", "http://192.168.1.2:8000", "answers would travel unencrypted"),
        ("TRUSTED_HOSTS", "*", "without scheme, port or star"),
        ("TRUSTED_HOSTS", "https://survey.example.org", "without scheme, port or star"),
        ("TRUSTED_HOSTS", "survey.example.org:8000", "without scheme, port or star"),
        ("SECRET_KEY", "short", "has 5 characters"),
        ("SECRET_KEY", "a" * 40, "1 different"),
        ("DATABASE_URL", "mysql://x/y", "allowed are sqlite:///PATH"),
        ("DATABASE_URL", "sqlite:///:memory:", "allowed are sqlite:///PATH"),
        ("DATABASE_URL", "sqlite:///", "allowed are sqlite:///PATH"),
        ("DATABASE_URL", "postgresql://", "allowed are sqlite:///PATH"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_what_is(name, value, said):
    message = refusal(**{**SERVER, f"TILLIT_{name}": value})
    assert said in message
    assert f"TILLIT_{name}" in message


@pytest.mark.parametrize("name", ["TILLIT_DATABSE_URL", "TILLIT_BASE_URL_FILE", "TILLIT_"])
def test_a_mistyped_name_is_not_passed_over(name):
    message = refusal(**{**SERVER, name: "x"})
    assert f"{name}: no such setting" in message
    assert "TILLIT_DATABASE_URL" in message


def test_a_secret_may_stand_in_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    environ = {"TILLIT_SECRET_KEY_FILE": str(file)}
    assert Settings.from_environment(environ).secret_key == SECRET
    assert "both set" in refusal(**environ, TILLIT_SECRET_KEY=SECRET)
    assert "cannot be read" in refusal(TILLIT_SECRET_KEY_FILE=str(tmp_path / "none"))
    file.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in refusal(**environ)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg(scheme):
    settings = Settings.from_environment({"TILLIT_DATABASE_URL": f"{scheme}://u@h/d"})
    assert settings.database_url == "postgresql+psycopg://u@h/d"


def test_another_sqlite_file_may_be_named(tmp_path):
    url = f"sqlite:///{tmp_path}/other.sqlite3"
    assert Settings.from_environment({"TILLIT_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("192.0.2.1", False), ("a.b", False)],
)
def test_which_hosts_are_this_machine(host, expected):
    assert is_loopback(host) is expected


def test_mail_is_read_and_checked():
    settings = Settings.from_environment(
        {
            **SERVER,
            "TILLIT_SMTP_URL": "smtps://me%40vik:p%2Fw@mail.vik.no",
            "TILLIT_MAIL_FROM": "Vík <survey@vik.no>",
            "TILLIT_MAIL_RETURN_PATH": "bounces+{code}@vik.no",
            "TILLIT_MAIL_PER_HOUR": "500",
            "TILLIT_MAIL_QUIET": "20:00-07:00 Europe/Oslo",
        }
    ).for_mailing()
    server = settings.smtp_url
    assert (server.host, server.port, server.tls) == ("mail.vik.no", 465, True)
    assert (server.user, server.password) == ("me@vik", "p/w")
    assert "p/w" not in repr(settings) + repr(server)
    assert (settings.mail_from.name, settings.mail_from.domain) == ("Vík", "vik.no")


@pytest.mark.parametrize(
    ("clock", "end"),
    [
        ("2026-06-01T17:59", None),  # one minute to eight in Oslo
        ("2026-06-01T18:00", "2026-06-02T05:00"),
        ("2026-06-02T04:59", "2026-06-02T05:00"),
        ("2026-06-02T05:00", None),
        ("2026-03-28T20:00", "2026-03-29T05:00"),  # the clock goes forward in that night
        ("2026-10-24T20:00", "2026-10-25T06:00"),  # and back in that one
    ],
)
def test_quiet_hours_follow_the_clock_of_their_zone(clock, end):
    quiet = Quiet.from_text("20:00-07:00 Europe/Oslo")
    moment = dt.datetime.fromisoformat(f"{clock}+00:00")
    assert quiet.until(moment) == (dt.datetime.fromisoformat(f"{end}+00:00") if end else None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TILLIT_SMTP_URL", "http://user:hunter22@mail.vik.no"),
        ("TILLIT_SMTP_URL", "smtp://mail.vik.no:hunter22"),
        ("TILLIT_SMTP_URL", "smtp://hunter22@mail.vik.no"),
        ("TILLIT_MAIL_FROM", "Vik"),
        ("TILLIT_MAIL_FROM", "a@b.no, c@d.no"),
        ("TILLIT_MAIL_REPLY_TO", "x y@b.no"),
        ("TILLIT_MAIL_RETURN_PATH", "{code}{code}@vik.no"),
        ("TILLIT_MAIL_PER_HOUR", "0"),
        ("TILLIT_MAIL_QUIET", "20-07"),
        ("TILLIT_MAIL_QUIET", "20:00-20:00 Europe/Oslo"),
        ("TILLIT_MAIL_QUIET", "20:00-07:00 Norway/Vik"),
        ("TILLIT_MAIL_QUIET", "25:00-07:00 Europe/Oslo"),
    ],
)
def test_a_value_about_mail_that_cannot_be_is_refused(name, value):
    said = refusal(**SERVER, **{name: value})
    assert name in said
    assert "hunter22" not in said


def test_mail_needs_a_server_a_sender_and_an_address():
    with pytest.raises(BadSettings) as refused:
        Settings.from_environment({}).for_mailing()
    for name in ("TILLIT_SMTP_URL", "TILLIT_MAIL_FROM", "TILLIT_BASE_URL"):
        assert name in str(refused.value)
