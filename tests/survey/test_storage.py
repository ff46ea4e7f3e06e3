"""The two engines, their settings, and the rules that the database keeps by itself."""

import dataclasses
import re
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from survey.errors import StorageBusy
from survey.kinds import MISSING
from survey.services import closing, studies
from survey.services.withholding import WITHHELD
from survey.storage import engine
from survey.storage.engine import Storage
from survey.storage.models import Assessment, Base, Participant, Study, Wave, new_id, now

P1 = "p1@vik.no"


@pytest.mark.parametrize("side", ["writer", "reader"])
def test_sqlite_has_the_settings_that_lose_nothing(sqlite_url, side):
    storage = Storage(sqlite_url)
    with getattr(storage, side).connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
        assert connection.connection.driver_connection.isolation_level is None
        # secure_delete = ON: freed pages are overwritten with zeros
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == (side == "reader")
    full = 2
    assert found == {
        "journal_mode": "wal",
        "synchronous": full,
        "busy_timeout": 30_000,
        "foreign_keys": 1,
    }
    storage.close()


@pytest.mark.parametrize(("side", "begins"), [("writer", "BEGIN IMMEDIATE"), ("reader", "BEGIN")])
def test_writers_begin_immediately_and_readers_do_not(sqlite_url, side, begins):
    storage = Storage(sqlite_url)
    said = []
    with getattr(storage, side).connect() as connection:
        driver = connection.connection.driver_connection
        driver.set_trace_callback(said.append)
        connection.exec_driver_sql("SELECT 1")
        driver.set_trace_callback(None)
    storage.close()
    with getattr(storage, side).connect() as connection:
        connection.connection.driver_connection.set_trace_callback(said.append)
        connection.rollback()
        connection.exec_driver_sql("SELECT 2")
    assert begins in said


def test_a_session_that_reads_cannot_write(storage):
    with storage.read() as session, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        session.execute(sa.text("DELETE FROM installation"))
    with storage.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM installation")) == 1


def test_a_reader_sees_one_state_while_others_write(storage):
    count = sa.text("SELECT count(*) FROM partner")
    with storage.read() as reading:
        assert reading.scalar(count) == 0
        with storage.write() as session:
            add_partner(session)
        assert reading.scalar(count) == 0
    with storage.read() as reading:
        assert reading.scalar(count) == 1


def add_partner(session, name="Fjord"):
    session.execute(
        sa.text("INSERT INTO partner (id, name, kind) VALUES (:id, :name, 'supplier')"),
        {"id": new_id().hex, "name": name},
    )


def test_a_failed_block_takes_everything_back(storage):
    def fail():
        with storage.write() as session:
            add_partner(session)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with storage.write() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM partner")) == 0


def test_writers_queue_and_none_finds_the_database_locked(sqlite_url):
    storages = [Storage(sqlite_url), Storage(sqlite_url)]  # two processes, as far as locks go

    def work(number):
        with storages[number % 2].write() as session:
            add_partner(session, f"partner {number}")

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(200)))
    with storages[0].read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM partner")) == 200
    for storage in storages:
        storage.close()


def test_a_writer_waits_for_a_writer_of_another_process(sqlite_url):
    path = Storage(sqlite_url).path
    program = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('held', flush=True); time.sleep(0.5)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, f"{path}.lock"], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        with Storage(sqlite_url).write() as session:
            add_partner(session)
        assert time.monotonic() - began > 0.3


def test_a_writer_that_waits_too_long_is_told(sqlite_url, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    storage = Storage(sqlite_url)
    held, done = threading.Event(), threading.Event()

    def hold():
        with storage.writing():
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with pytest.raises(StorageBusy) as refused, storage.write():
        pass
    done.set()
    holder.join()
    assert refused.value.status == 503
    with storage.write() as session:
        add_partner(session)
    storage.close()


def test_writers_get_their_turn_in_the_order_in_which_they_came():
    lock, order = engine.FairLock(), []
    assert lock.acquire(1)

    def wait(number):
        assert lock.acquire(30)
        order.append(number)
        lock.release()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(lock._waiting) <= number:
            time.sleep(0.001)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_a_writer_that_gave_up_is_passed_over():
    lock = engine.FairLock()
    assert lock.acquire(1)
    assert not lock.acquire(0.01)
    lock.release()
    assert lock.acquire(1)
    lock.release()


def test_a_turn_that_comes_at_the_last_moment_is_taken():
    lock, results = engine.FairLock(), []
    assert lock.acquire(1)
    late = threading.Thread(target=lambda: results.append(lock.acquire(0.1)))
    late.start()
    while not lock._waiting:
        time.sleep(0.001)
    with lock._guard:  # its time runs out while the turn is being handed over
        time.sleep(0.3)
        lock._waiting.popleft().release()
    late.join()
    assert results == [True]


def test_the_lock_file_is_private(sqlite_url):
    storage = Storage(sqlite_url)
    with storage.writing():
        lock = storage.path.with_name("tillit.sqlite3.lock")
        assert lock.stat().st_mode & 0o777 == 0o600


def test_keys_are_random_and_time_is_utc(make_study):
    keys = {new_id() for _ in range(1000)}
    assert len(keys) == 1000
    # uuid4 would fix six bits; all 128 of these are random
    assert len({key.version for key in keys}) > 1
    survey = make_study()
    survey.save(P1, 1, {})
    with survey.storage.read() as session:
        began = session.scalars(sa.select(Assessment.started_at)).one()
    assert began.utcoffset().total_seconds() == 0
    assert abs((now() - began).total_seconds()) < 60


def test_an_assessment_lies_where_its_random_key_puts_it(sqlite_url):
    with Storage(sqlite_url).read() as session:
        text = session.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'assessment'"))
    assert text.rstrip().endswith("WITHOUT ROWID")


def test_an_error_of_the_database_shows_no_values(make_study):
    survey = make_study()
    with pytest.raises(DBAPIError) as raised, survey.storage.write() as session:
        session.execute(sa.update(Participant).values(side="Kilroy"))
    assert "Kilroy" not in str(raised.value)


def test_what_is_done_afterwards_fails_without_harm(storage, caplog):
    """On PostgreSQL; SQLite needs nothing afterwards, and does nothing."""
    done = []

    def act(session, name):
        add_partner(session, name)
        done.append(name)
        if name == "second":
            session.execute(sa.text("SELECT * FROM nowhere"))

    with storage.write() as session:
        add_partner(session, "own")
        for name in ("first", "second", "third"):
            engine.afterwards(session, partial(act, name=name))
    with storage.read() as session:
        names = session.scalars(sa.text("SELECT name FROM partner ORDER BY name")).all()
    if storage.is_sqlite:
        assert (names, done) == (["own"], [])
        return
    assert (names, done) == (["first", "own", "third"], ["first", "second", "third"])
    assert "was not done" in caplog.text


# The database itself refuses -----------------------------------------------------------


def refuse(survey, statement, **values):
    with pytest.raises(DBAPIError), survey.storage.write() as session:
        session.execute(sa.text(statement), values)


def test_partners_kinds_sides_and_names_are_checked(make_study):
    survey = make_study()
    for statement in (
        "UPDATE partner SET kind = 'friend'",
        "UPDATE partner SET name = ''",
        "UPDATE participant SET side = 'nobody'",
        "UPDATE participant SET email = ''",
        "UPDATE installation SET organisation = ''",
        "UPDATE installation SET id = 2",
        "UPDATE wave SET number = 0",
        "UPDATE wave SET status = 'half'",
        "UPDATE invitation SET token_sha256 = 'short'",
        "UPDATE roster SET place = 0",
    ):
        refuse(survey, statement)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE study SET min_group = 2",
        "UPDATE study SET min_group = 21",
        "UPDATE study SET min_group_text = 4",
        "UPDATE study SET min_group_text = 21",
        "UPDATE study SET privacy_mode = 'secret'",
        "UPDATE study SET title = ''",
        "UPDATE study SET instrument_version = 'none'",
    ],
)
def test_a_study_in_draft_keeps_to_what_is_allowed(make_study, change):
    refuse(make_study(opened=False), change)


@pytest.mark.parametrize(
    ("column", "value"),
    [("min_group", 6), ("min_group_text", 12), ("sides", ["ours", "theirs"])],
)
def test_the_rules_of_a_study_are_frozen_when_it_opens(make_study, column, value):
    draft = make_study(opened=False, slug="draft")
    change = sa.update(Study).values({column: value})
    with draft.storage.write() as session:
        session.execute(change.where(Study.slug == "draft"))
    opened = make_study(slug="opened")
    with pytest.raises(DBAPIError, match="keeps its instrument"), opened.storage.write() as session:
        session.execute(change.where(Study.slug == "opened"))
    with opened.storage.write() as session:  # what is no rule can still be put right
        session.execute(sa.update(Study).where(Study.slug == "opened").values(title="New"))


def test_the_instrument_of_an_opened_study_is_frozen_and_no_version_ever_changes(make_study):
    survey = make_study()
    with survey.storage.write() as session:
        session.execute(
            sa.text("INSERT INTO instrument (id, version, canonical) VALUES ('small', 'v2', '')")
        )
    refuse(survey, "UPDATE study SET instrument_version = 'v2'")
    refuse(survey, "UPDATE instrument SET canonical = 'other' WHERE version = 'v2'")


def test_a_wave_only_goes_forward(make_study):
    draft = make_study(opened=False, slug="draft")
    refuse(
        draft,
        "UPDATE wave SET status = 'closed', opened_at = :t, closed_at = :t, snapshot_sha256 = 'x'",
        t=now(),
    )
    refuse(draft, "UPDATE wave SET status = 'open'")  # without a time
    opened = make_study(slug="opened")
    refuse(opened, "UPDATE wave SET status = 'draft', opened_at = NULL WHERE opened_at IS NOT NULL")
    refuse(
        opened, "UPDATE wave SET status = 'closed', closed_at = :t WHERE status = 'open'", t=now()
    )
    opened.complete(P1)
    closing.close(opened.storage, opened.settings, "opened")
    refuse(opened, "UPDATE wave SET snapshot_sha256 = 'other' WHERE status = 'closed'")
    refuse(
        opened,
        "UPDATE wave SET status = 'open', closed_at = NULL, snapshot_sha256 = NULL "
        "WHERE status = 'closed'",
    )


def test_submitted_answers_do_not_change(make_study):
    survey = make_study()
    survey.complete(P1)
    refuse(survey, "UPDATE assessment SET pages_done = 1")
    refuse(survey, "UPDATE assessment SET submitted_at = NULL, receipt = NULL")


def test_answers_of_a_closed_wave_do_not_change_and_none_come(make_study):
    survey = make_study(2, partners=("Fjord", "Nord"))
    survey.complete(P1)
    survey.save(P1, 1, {}, place=2)
    (row,) = [row for row in survey.assessments() if row["receipt"] is None]
    closing.close(survey.storage, survey.settings, survey.slug)
    refuse(survey, "UPDATE assessment SET pages_done = 2 WHERE receipt IS NULL")
    with pytest.raises(DBAPIError, match="while the wave is open"):
        insert_again(survey, row, id=new_id())


def insert_again(survey, row, **changes):
    with survey.storage.write() as session:
        values = {
            **{key: as_key(value) for key, value in row.items()},
            "answers": {},
            "started_at": now(),
            "saved_at": now(),
            **changes,
        }
        session.execute(sa.insert(Assessment).values(**values))


def as_key(value):
    if isinstance(value, str) and len(value) == 32:
        return uuid.UUID(hex=value)
    return value


def test_one_person_one_partner_one_wave_one_assessment(make_study):
    survey = make_study(2, partners=("Fjord", "Nord"))
    survey.save(P1, 1, {})
    (row,) = survey.assessments()
    with pytest.raises(IntegrityError):
        insert_again(survey, row, id=new_id())
    for column in ("participant_id", "partner_id", "wave_id"):  # nobody known, nothing listed
        with pytest.raises(DBAPIError):
            insert_again(survey, row, id=new_id(), **{column: new_id()})
    with pytest.raises(IntegrityError):
        insert_again(survey, row, id=new_id(), receipt="R")
    assert len(survey.assessments()) == 1


def test_a_receipt_and_a_submission_come_together(make_study):
    survey = make_study()
    survey.save(P1, 1, {})
    refuse(survey, "UPDATE assessment SET receipt = 'R'")
    refuse(survey, "UPDATE assessment SET submitted_at = :t", t=now())
    refuse(survey, "UPDATE assessment SET answers = NULL")


def test_paradata_goes_with_its_assessment(make_study):
    survey = make_study()
    survey.save(P1, 1, {})
    with survey.storage.write() as session:
        session.execute(sa.delete(Assessment))
    with survey.storage.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM page_visit")) == 0


def test_closing_waits_for_an_answer_and_later_answers_find_it_closed(make_study):
    """On both databases: no answer is acknowledged that the snapshot lacks."""
    survey = make_study(12)
    emails = list(survey.tokens)
    survey.complete(emails[0])
    for email in emails[1:]:
        survey.save(email, 1, {"t1": 3})
        survey.save(email, 2, {"o1": 3})
    start = threading.Barrier(12)

    def hand_in(email):
        start.wait()
        try:
            return survey.submit(email)
        except Exception as error:  # noqa: BLE001 (counted below)
            return type(error).__name__

    def shut():
        start.wait()
        return closing.close(survey.storage, survey.settings, survey.slug).submitted

    with ThreadPoolExecutor(12) as pool:
        frozen = pool.submit(shut)
        told = list(pool.map(hand_in, emails[1:]))
    receipts = [code for code in told if "-" in code]
    assert set(told) - set(receipts) <= {"WaveClosed"}
    assert frozen.result() == 1 + len(receipts)


def test_the_wave_in_models_says_what_the_database_says(make_study):
    survey = make_study()
    with survey.storage.read() as session:
        wave = session.scalars(sa.select(Wave)).one()
        status = studies.status(session, survey.slug)
    assert (wave.status, dataclasses.asdict(status)["state"]) == ("open", "open")


# The document --------------------------------------------------------------------------


def test_the_document_lists_the_tables_as_they_are():
    text = (Path(__file__).parents[2] / "docs" / "reference" / "storage.md").read_text()
    part = text.partition("| Table | One row is |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == set(Base.metadata.tables)
    for code in (*MISSING, WITHHELD):
        assert f"`{code}`" in text.replace('`"', "`").replace('"`', "`")
