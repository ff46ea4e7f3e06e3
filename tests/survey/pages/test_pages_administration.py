"""The page of administrators: settings without secrets, storage, retention, mail, processes."""

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from survey.app import create_app
from survey.services import closing, configuration, deadlines, last_runs, retention
from survey.settings import SETTINGS, Settings
from survey.storage import schema
from survey.storage.models import Study

SECRETS = {
    "TILLIT_SECRET_KEY": "lamp-fish-oil-bone-77-Trondheim-Vik",
    "TILLIT_DATABASE_URL": "postgresql://vik:hunter22@db.vik.no/tillit",
    "TILLIT_SMTP_URL": "smtps://me:herring9@mail.vik.no",
    "TILLIT_METRICS_TOKEN": "another-secret-of-thirty-two-letters",
}


@pytest.fixture
def admin(staff):
    return staff("admin", "ada")


def test_every_setting_is_shown_with_its_source_and_no_secret(tmp_path):
    environ = {
        **SECRETS,
        "TILLIT_BASE_URL": "https://survey.vik.no",
        "TILLIT_MAIL_QUIET": "20:00-07:00 Europe/Oslo",
    }
    rows = {row.variable: row for row in configuration.listed(
        Settings.from_environment(environ), environ)}  # fmt: skip
    assert list(rows) == [row.variable for row in SETTINGS]
    for secret in ("lamp-fish", "hunter22", "herring9", "another-secret"):
        assert secret not in repr(rows)
    for name in SECRETS:
        assert (rows[name].is_secret, rows[name].is_set, rows[name].source) == (
            True, True, "environment"
        )  # fmt: skip
    assert rows["TILLIT_BASE_URL"].value == "https://survey.vik.no"
    assert rows["TILLIT_MAIL_QUIET"].value == "20:00-07:00 Europe/Oslo"
    assert (rows["TILLIT_DATA_DIR"].source, rows["TILLIT_MAIL_PER_HOUR"].source) == (
        "default", "default"
    )  # fmt: skip
    file = tmp_path / "secret"
    file.write_text(SECRETS["TILLIT_SECRET_KEY"])
    environ = {"TILLIT_SECRET_KEY_FILE": str(file)}
    row = configuration.listed(Settings.from_environment(environ), environ)[2]
    assert (row.is_set, row.source, row.value) == (True, "file", "")
    demo = Settings.for_loopback(tmp_path, 8123, SECRETS["TILLIT_SECRET_KEY"])
    made = {row.variable: row for row in configuration.listed(demo, {})}
    assert made["TILLIT_BASE_URL"].source == "program"
    assert made["TILLIT_DATABASE_URL"].source == "default"
    assert not made["TILLIT_DATABASE_URL"].is_set


def test_the_page_says_where_everything_is(admin, settings, make_study):
    make_study(2)
    page = admin.get("/administration")
    assert page.status == 200
    assert settings.secret_key not in page.html
    for text in ("TILLIT_METRICS_TOKEN", schema.head(), "No backup has been made", "not set"):
        assert text in page.text
    assert "let your system run “tillit purge” daily" in page.text
    assert "Our suppliers" in page.text
    assert "days after closing" in page.text


def test_warnings_go_when_it_was_done_and_come_back_when_it_is_old(admin, settings, monkeypatch):
    noon = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
    monkeypatch.setattr(last_runs, "now", lambda: noon - dt.timedelta(days=1))
    last_runs.note(settings, last_runs.BACKUP, file="/backups/b.tar", bytes=12)
    last_runs.note(settings, last_runs.PURGE, waves=0)
    page = admin.get("/administration")
    assert "No backup" not in page.text
    assert "purge” daily" not in page.text
    assert "(1 day ago)" in page.text
    assert "/backups/b.tar" in page.text
    monkeypatch.setattr(last_runs, "now", lambda: noon - dt.timedelta(days=8))
    last_runs.note(settings, last_runs.BACKUP, file="/backups/b.tar", bytes=12)
    last_runs.note(settings, last_runs.PURGE, waves=0)
    page = admin.get("/administration")
    assert "more than seven days old" in page.text
    assert "purge” daily" in page.text
    (settings.data_dir / "last-backup.json").write_text("nonsense")
    assert "No backup" in admin.get("/administration").text


def test_each_wave_says_when_its_data_go_and_when_they_went(make_study, admin, storage, settings):
    survey = make_study(1, retention_days=30)
    survey.complete("p1@vik.no")
    with storage.write() as session:
        closing.freeze(session, settings, survey.slug)
    make_study(1, slug="free", opened=False)
    with storage.write() as session:  # as studies of before there was a date
        session.execute(sa.update(Study).where(Study.slug == "free").values(retention_days=None))
    with storage.read() as session:
        first, second = deadlines.kept(session)
        end = session.scalar(sa.text("SELECT keep_until FROM wave WHERE status = 'closed'"))
    assert first.goes_on == dt.date.fromisoformat(str(end)) + dt.timedelta(days=1)
    assert (first.study, first.assessments, first.people) == ("suppliers", 1, 1)
    assert (second.study, second.days, second.goes_on) == ("free", None, None)
    assert retention.purge(storage, settings, first.goes_on - dt.timedelta(days=1)) == ()
    assert len(retention.purge(storage, settings, first.goes_on)) == 1
    page = admin.get("/administration")
    assert "done on" in page.text
    assert "never: no time was promised" in page.text


def test_mail_is_counted_by_state(admin, storage):
    with storage.write() as session:
        for number, state in enumerate(("failed", "failed", "queued")):
            session.execute(
                sa.text(
                    'INSERT INTO outbox (id, kind, recipient, language, "values", key, state, '
                    "attempts, next_at, message_id) VALUES (:id, 'thanks', 'a@b.no', 'en', '{}', "
                    ":key, :state, 0, '2026-10-05 10:00:00+00:00', :message)"
                ),
                {
                    "id": f"{number:032x}",
                    "key": str(number),
                    "state": state,
                    "message": "m" * 32,
                },
            )
    page = admin.get("/administration")
    assert "Some messages failed" in page.text
    assert "No mail server is set" in page.text


def test_all_processes_are_on_the_page(settings, admin, app):
    other = create_app(dataclasses.replace(settings))
    page = admin.get("/administration")
    for each in (app, other):
        assert each.extensions["tillit"].worker.counted.worker in page.text
    other.extensions["tillit"].storage.close()


@pytest.mark.parametrize("language", ["nb", "nn", "is"])
def test_it_speaks_the_language_of_who_asks(staff, language):
    page = staff("admin", "ada", language).get("/administration")
    assert page.status == 200
    assert "Whom mail is from" not in page.text
