"""Erased means erased, and kept no longer than said: rows, files, free pages and logs."""

import datetime as dt
import json
import shutil

import pytest
import sqlalchemy as sa

from survey.errors import UnknownReceipt
from survey.services import closing, invitations, respond, retention, studies
from survey.services.erasing import withdraw
from survey.services.published import snapshot_path
from survey.storage.models import PRIVACY_MODES, Invitation, Participant, Wave, today

P1 = "p1@vik.no"
PLANTED = "Kilroy was here 4711"
TABLES = {
    "identified": "assessment",
    "confidential": "assessment",
    "anonymous": "anonymous_answers",
}


@pytest.fixture(params=PRIVACY_MODES)
def mode(request):
    return request.param


@pytest.fixture
def survey(make_study, mode):
    return make_study(8, privacy_mode=mode)


def fill(survey, say=PLANTED):
    codes = {P1: survey.complete(P1, value=1, say=say)}
    for n, email in enumerate(list(survey.tokens)[1:]):
        codes[email] = survey.complete(email, value=n % 3 + 2)
    return codes


def take_back(survey, code):
    return withdraw(survey.storage, survey.settings, code)


def found_in_files(survey, text):
    """Name the files of the installation that have a text anywhere."""
    files = [path for path in survey.settings.data_dir.rglob("*") if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


def found_in_rows(survey, text):
    with survey.storage.read() as session:
        tables = sa.inspect(session.connection()).get_table_names()
        return [
            table
            for table in tables
            for row in session.execute(sa.text(f"SELECT * FROM {table}"))  # noqa: S608
            if text in str(row)
        ]


def counts(survey):
    with survey.storage.read() as session:
        status = studies.status(session, survey.slug)
    return status.submitted, status.withdrawn


def test_answers_of_an_open_wave_are_gone_from_rows_pages_and_log(survey, mode):
    survey.save(P1, 1, {})
    survey.save(P1, 2, {"say": "first " + PLANTED[:20]})
    codes = fill(survey)
    assert found_in_rows(survey, PLANTED) == [TABLES[mode]]
    view = take_back(survey, codes[P1])
    assert view.withdrawn_on == today()
    assert found_in_rows(survey, PLANTED[:20]) == []
    assert found_in_files(survey, PLANTED[:20]) == []
    assert counts(survey) == (7, 1)
    with survey.storage.read() as session:
        assert respond.receipt(session, codes[P1]) == view
        visits = session.scalar(sa.text("SELECT count(*) FROM page_visit"))
    assert visits == (0 if mode == "anonymous" else 14)


def test_taking_back_again_changes_nothing(survey):
    codes = fill(survey)
    first = take_back(survey, codes[P1].lower().replace("-", " "))
    assert take_back(survey, codes[P1]) == first
    assert counts(survey) == (7, 1)
    for wrong in ("", "0" * 28, "x" * 1000, "\x00", "ABCD"):
        with pytest.raises(UnknownReceipt):
            take_back(survey, wrong)


def test_what_is_withdrawn_stays_submitted_and_gives_the_same_receipt(survey, mode):
    code = fill(survey)[P1]
    take_back(survey, code)
    assert survey.submit(P1) == code
    with survey.storage.read() as session:
        entry = respond.by_token(session, survey.tokens[P1]).entry(1)
    assert entry.state == "submitted"
    assert entry.withdrawn == (mode != "anonymous")


def test_no_time_finer_than_a_day_is_left(make_study):
    survey = make_study(1)
    take_back(survey, survey.complete(P1))
    (row,) = survey.assessments()
    for name in ("started_at", "saved_at", "submitted_at"):
        assert "00:00:00" in str(row[name])
    answers = row["answers"]
    assert (answers if isinstance(answers, dict) else json.loads(answers)) == {}


def test_answers_of_a_closed_wave_are_gone_from_its_data_too(survey):
    codes = fill(survey)
    closed = closing.close(survey.storage, survey.settings, survey.slug)
    published = [path.read_bytes() for path in (*closed.results, *closed.reports)]
    assert closed.submitted == 8
    # Parquet is compressed: look at what it holds, and that the file of before is not there.
    view = take_back(survey, codes[P1])
    assert (view.closed, view.withdrawn_on) == (True, today())
    with survey.storage.read() as session:
        _, wave = studies.find(session, survey.slug)
        assert wave.data_version == 2
        path = snapshot_path(survey.settings, survey.slug, 1, wave.data_version)
        snapshot = closing.snapshots.read(path, wave.snapshot_sha256)
    assert snapshot.frame.height == 7
    assert PLANTED not in str(snapshot.frame.to_dicts())
    data = [file for file in survey.settings.snapshots_dir.iterdir() if file.suffix == ".parquet"]
    assert data == [path]
    assert found_in_files(survey, PLANTED) == []
    assert found_in_rows(survey, PLANTED) == []
    assert [p.read_bytes() for p in (*closed.results, *closed.reports)] == published
    take_back(survey, codes[P1])
    assert len(list(survey.settings.snapshots_dir.glob("*.parquet"))) == 1


def test_what_is_withdrawn_before_closing_is_not_in_the_data(survey):
    codes = fill(survey)
    take_back(survey, codes[P1])
    closed = closing.close(survey.storage, survey.settings, survey.slug)
    assert closed.submitted == 7
    assert counts(survey) == (7, 1)


def left_by_a_failure(survey, ending=".parquet"):
    """Leave a copy of the planted words as a closing does that is killed while it writes."""
    name = snapshot_path(survey.settings, survey.slug, 1).stem
    survey.settings.snapshots_dir.mkdir(parents=True, exist_ok=True)
    place = survey.settings.snapshots_dir / f".{name}{ending}.0a1b2c3d.part"
    place.write_text(PLANTED)
    return place


def test_copies_that_a_failed_closing_left_are_destroyed_too(survey):
    codes = fill(survey)
    part, whole = left_by_a_failure(survey), snapshot_path(survey.settings, survey.slug, 1)
    whole.write_text(PLANTED)
    of_another = part.with_name(".other-w1.parquet.0a1b2c3d.part")
    of_another.write_text("")
    take_back(survey, codes[P1])
    assert [part.exists(), whole.exists(), of_another.exists()] == [False, False, True]
    close(survey)
    later = left_by_a_failure(survey, "-v2.parquet")
    take_back(survey, codes["p2@vik.no"])
    assert not later.exists()
    assert found_in_files(survey, PLANTED) == []


def test_purging_takes_what_was_being_written_when_its_writer_ended(make_study):
    survey = make_study(1)
    survey.complete(P1)
    close(survey)
    left = [left_by_a_failure(survey, ending) for ending in (".parquet", "-theirs.json", ".html")]
    retention.purge(survey.storage, survey.settings, today() + dt.timedelta(days=4000))
    assert not any(path.exists() for path in left)


def test_a_withdrawal_that_fails_half_way_loses_nothing(survey):
    codes = fill(survey)
    closing.close(survey.storage, survey.settings, survey.slug)
    path = snapshot_path(survey.settings, survey.slug, 1)
    path.rename(path.with_suffix(".hidden"))
    with pytest.raises(Exception, match="is missing"):
        take_back(survey, codes[P1])
    assert counts(survey) == (8, 0)
    path.with_suffix(".hidden").rename(path)
    assert take_back(survey, codes[P1]).withdrawn_on == today()
    assert counts(survey) == (7, 1)


# Retention -----------------------------------------------------------------------------


def close(survey):
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.read() as session:
        return studies.find(session, survey.slug)[1].keep_until


def test_data_go_the_day_after_the_last_and_not_before(make_study, mode):
    survey = make_study(6, privacy_mode=mode, retention_days=90)
    fill(survey)
    last = close(survey)
    assert last == today() + dt.timedelta(days=90)
    assert retention.purge(survey.storage, survey.settings, last) == ()
    files = list(survey.settings.snapshots_dir.iterdir())
    if survey.storage.path is not None:
        copy = survey.storage.path.with_name(f"{survey.storage.path.name}.before-upgrade-from-0001")
        shutil.copy(survey.storage.path, copy)
        files.append(copy)
    (done,) = retention.purge(survey.storage, survey.settings, last + dt.timedelta(days=1))
    assert (done.study, done.wave, done.rows, done.people) == ("suppliers", 1, 6, 6)
    assert done.files == len(files)
    assert list(survey.settings.snapshots_dir.iterdir()) == []
    with survey.storage.read() as session:
        left = {
            table: session.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            for table in (
                *("assessment", "page_visit", "anonymous_answers", "draft", "participation"),
                *("participant", "roster", "invitation"),
            )
        }
        assert set(left.values()) == {0}
        status = studies.status(session, survey.slug)
    assert (status.purged_on, status.submitted) == (last + dt.timedelta(days=1), 0)
    for text in (PLANTED, "p1@vik.no"):
        assert found_in_files(survey, text) == []
    assert retention.purge(survey.storage, survey.settings, dt.date(2999, 1, 1)) == ()


def test_other_waves_and_their_people_stay(make_study):
    survey = make_study(6, retention_days=30)
    fill(survey)
    last = close(survey)
    with survey.storage.write() as session:
        studies.next_wave(session, survey.slug)
        sheet = b"name,email,language,partners\nP1,p1@vik.no,,\nNew,new@vik.no,,\n"
        (again, _) = invitations.invite(
            session, survey.slug, sheet, "p.csv", base_url=survey.settings.base_url
        )
        studies.open_wave(session, survey.slug)
    survey.tokens[P1] = again.link.rpartition("/")[2]
    survey.complete(P1, say="stays")
    other = make_study(1, slug="other")
    other.complete(P1, say="stays too")
    (done,) = retention.purge(survey.storage, survey.settings, last + dt.timedelta(days=1))
    assert (done.rows, done.people) == (6, 5)
    with survey.storage.read() as session:
        emails = session.scalars(sa.select(Participant.email).order_by(Participant.email)).all()
        assert emails == ["new@vik.no", "p1@vik.no", "p1@vik.no"]
        assert session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 3
    assert found_in_rows(survey, "stays")
    assert found_in_rows(survey, PLANTED) == []


def test_a_wave_that_promised_no_date_stays(make_study):
    survey = make_study(6)
    fill(survey)
    close(survey)
    with survey.storage.write() as session:
        session.execute(sa.text("DROP TRIGGER tillit_wave_moves_on"
                                + ("" if survey.storage.is_sqlite else " ON wave")))  # fmt: skip
        session.execute(sa.update(Wave).values(keep_until=None))
    assert retention.purge(survey.storage, survey.settings, dt.date(2999, 1, 1)) == ()


def test_a_receipt_of_purged_answers_is_unknown(make_study):
    survey = make_study(6)
    code = fill(survey)[P1]
    close(survey)
    retention.purge(survey.storage, survey.settings, dt.date(2999, 1, 1))
    with pytest.raises(UnknownReceipt):
        take_back(survey, code)


def test_purging_twice_at_the_same_time_does_it_once(make_study, monkeypatch):
    survey = make_study(6)
    fill(survey)
    close(survey)
    day = dt.date(2999, 1, 1)
    with survey.storage.read() as session:
        late = retention.due(session, day)
    assert len(retention.purge(survey.storage, survey.settings, day)) == 1
    monkeypatch.setattr(retention, "due", lambda *_: late)
    assert retention.purge(survey.storage, survey.settings, day) == ()
