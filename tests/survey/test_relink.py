"""Attack on anonymous studies: whose answers are whose, from all that a thief could carry off.

The attacker has the database with its log and journal, our own log, and the list of invited
people, but not the links; sorts people and answers in every order that the files offer; and
takes the first of the one for the first of the other. By chance one of all is hit.
"""

import dataclasses
import datetime as dt
import json
import random
import re
import sqlite3
import statistics
import struct
import uuid
from contextlib import closing as ending
from itertools import product

import pytest
import sqlalchemy as sa

from survey.mail_settings import Mailbox, SmtpServer
from survey.services import closing, invitations, respond, studies
from survey.services.anonymous import part_key
from survey.services.mail import inviting
from survey.storage import engine
from tests.survey.mail.mail_server import mail_server, sent

RELATED = 5.5
CHANCE = 8  # hits; 9 or more of any number come about once in a million orders by chance
SIZES = [60, pytest.param(300, marks=pytest.mark.durability)]


def people_of(survey):
    return list(survey.tokens)


def answer_all(survey, seed=7):
    """Let everybody answer in an order of their own; each says a number that only they say."""
    emails = people_of(survey)
    random.Random(seed).shuffle(emails)  # noqa: S311 (not a secret)
    numbers = {email: n for n, email in enumerate(people_of(survey))}
    for email in emails:
        with survey.writing(email) as (session, known):
            respond.begin(session, known)  # Start is pressed
        survey.save(email, 1, {"t1": 4})
        survey.save(email, 2, {"o1": 4, "say": said(numbers[email])})
        survey.submit(email)
    return [numbers[email] for email in emails]


def said(number):
    return f"answer {number:05d} of somebody"


def rows(survey, statement):
    with survey.storage.read() as session:
        return session.execute(sa.text(statement)).all()


def number_of(answers):
    document = json.loads(answers) if isinstance(answers, str) else answers
    return int(re.search(r"answer (\d+)", document["say"])[1])


def orders_of_people(survey):
    """Sort the invited people in every way that the database offers without their links."""
    place = "i.rowid" if survey.storage.is_sqlite else "i.ctid"
    found = rows(
        survey,
        "SELECT p.email, i.id, p.id, i.token_sha256 FROM invitation i "  # noqa: S608
        f"JOIN participant p ON p.id = i.participant_id ORDER BY {place}",
    )
    numbers = {email: n for n, email in enumerate(people_of(survey))}
    yield "place", [numbers[row[0]] for row in found]
    for column, name in ((1, "invitation"), (2, "person"), (3, "token")):
        yield name, [numbers[row[0]] for row in sorted(found, key=lambda row: str(row[column]))]


def orders_of_answers(survey):
    """Sort the answers in every way that the file offers."""
    extra = "1" if survey.storage.is_sqlite else "xmin::text::bigint"
    place = "id" if survey.storage.is_sqlite else "ctid"
    found = rows(
        survey,
        f"SELECT id, answers, receipt_sha256, {extra} FROM anonymous_answers ORDER BY {place}",  # noqa: S608
    )
    numbers = {key_text(row[0]): number_of(row[1]) for row in found}
    yield "place", list(numbers.values())
    yield "key", [numbers[key] for key in sorted(numbers)]
    yield "receipt", [number_of(row[1]) for row in sorted(found, key=lambda row: row[2])]
    if survey.storage.is_sqlite:
        written = keys_as_written(survey.storage.path, "anonymous_answers")
        yield "written", [numbers[key] for key in written]
    else:
        yield "transaction", [number_of(row[1]) for row in sorted(found, key=lambda row: row[3])]


def key_text(key):
    return key.hex if isinstance(key, uuid.UUID) else str(key).replace("-", "")


_KEY = re.compile(rb"[0-9a-f]{32}")
_INTERIOR = {2, 5}
_INTERIOR_INDEX = 2


def keys_as_written(path, table):
    """Give the keys of a table as the raw file tells that they were written.

    Inside a page of a B-tree SQLite puts each new row before those that are there already,
    wherever its key sorts.
    """
    data = path.read_bytes()
    (size,) = struct.unpack(">H", data[16:18])
    with ending(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        asked = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?"
        (root,) = connection.execute(asked, (table,)).fetchone()
    keys = []
    for _, page, offsets in sorted(_pages(data, root, size)):
        keys += [_KEY.search(page, offset)[0].decode() for offset in sorted(offsets, reverse=True)]
    return keys


def _pages(data, number, size):
    page = data[(number - 1) * size : number * size]
    kind, cells = page[0], struct.unpack(">H", page[3:5])[0]
    start = 12 if kind in _INTERIOR else 8
    offsets = struct.unpack(f">{cells}H", page[start : start + 2 * cells])
    if kind in _INTERIOR:
        children = [*(page[at : at + 4] for at in offsets), page[8:12]]
        for child in children:
            yield from _pages(data, struct.unpack(">I", child)[0], size)
    if kind == _INTERIOR_INDEX:
        yield number, page, [offset + 4 for offset in offsets]
    elif kind not in _INTERIOR:
        yield number, page, list(offsets)


def hits(people, answers):
    """Count the answers that the attacker gives to the right person, forwards or backwards."""
    assert sorted(people) == sorted(answers)
    return max(
        sum(one == other for one, other in zip(people, order, strict=True))
        for order in (answers, answers[::-1])
    )


def related(people, answers):
    """Correlate two orders, in standard deviations of what comes about by chance."""
    place = {number: n for n, number in enumerate(answers)}
    found = statistics.correlation(range(len(people)), [place[n] for n in people])
    return abs(found) * (len(people) - 1) ** 0.5


def attack(survey):
    """Give the best that any pair of orders achieves."""
    pairs = list(product(orders_of_people(survey), orders_of_answers(survey)))
    assert len(pairs) >= 16
    return {
        (one, other): (hits(people, answers), related(people, answers))
        for (one, people), (other, answers) in pairs
    }


def assert_no_better_than_chance(found):
    assert max(count for count, _ in found.values()) <= CHANCE, found
    assert max(relation for _, relation in found.values()) < RELATED, found


@pytest.mark.parametrize("size", SIZES)
def test_no_order_of_the_files_leads_from_answers_to_people(make_study, size, caplog):
    caplog.set_level("DEBUG")
    survey = make_study(size, privacy_mode="anonymous")
    came = answer_all(survey)
    assert_no_better_than_chance(attack(survey))
    # Our log has no line whose time could be held against anything.
    ours = [r for r in caplog.records if r.name.startswith("survey.services.respond")]
    assert ours == []
    with_the_links(survey, came)
    if survey.storage.is_sqlite:
        raw_file(survey, size)
    closing.close(survey.storage, survey.settings, survey.slug)
    assert_no_better_than_chance(attack(survey))
    assert rows(survey, "SELECT count(*) FROM participation") == [(0,)]


@pytest.fixture
def mailed_anonymously(make_study):
    """Make a study whose links went out by mail; gives the order in which they did, too."""

    def make(size):
        survey = make_study(0, opened=False, privacy_mode="anonymous")
        addresses = [f"p{n}@vik.no" for n in range(1, size + 1)]
        sheet = "name,email,language,partners\n" + "".join(f"P,{each},,\n" for each in addresses)
        with survey.storage.write() as session:
            invitations.enrol(session, survey.slug, sheet.encode(), "people.csv")
            inviting.queue_invitations(session, survey.slug)
            studies.open_wave(session, survey.slug)
        with mail_server() as server:
            survey.settings = dataclasses.replace(
                survey.settings,
                smtp_url=SmtpServer.from_text(server.url),
                mail_from=Mailbox("Vik", "survey@vik.no"),
            )
            server.answers = {("RCPT", "p7@"): "450 later"}
            sent(survey, server, batch=9)
            server.answers = {}
            sent(survey, server, clock=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
            order = [addresses.index(each.recipient) for each in server.taken]
        survey.tokens = {address: survey.tokens[address] for address in addresses}
        return survey, order

    return make


@pytest.mark.parametrize("size", [20, pytest.param(300, marks=pytest.mark.durability)])
def test_what_was_mailed_leads_no_nearer_to_the_answers(mailed_anonymously, size):
    """The attacker also has the log of the mail server, which tells who was written to when."""
    survey, order = mailed_anonymously(size)
    assert sorted(order) == list(range(size))
    left = {str(row[1:]) for row in rows(survey, OUTBOX_WITHOUT_KEYS)}
    assert len(left) == 1, "every row that is left of a message is like every other"
    assert not re.search(r"\d\d:\d\d:[0-5][1-9]|vik\.no", str(left))
    keys, parts = participations_as_written(survey)
    assert size > 20 or keys == sorted(keys), "in one page of the file they lie as they sort"
    came = answer_all(survey)
    for people in (order, parts):
        for name, answers in orders_of_answers(survey):
            assert hits(people, answers) <= CHANCE, name
            assert related(people, answers) < RELATED, name
    assert related(parts, order) < RELATED
    assert hits(parts, order) <= CHANCE
    assert_no_better_than_chance(attack(survey))
    with_the_links(survey, came)


OUTBOX_WITHOUT_KEYS = (
    'SELECT id, kind, recipient, language, "values", state, attempts, next_at, claimed_until, '
    "claimed_by, sent_on, reason, invitation_id FROM outbox"
)


def participations_as_written(survey):
    """Give people in the order in which the notes that they have a link lie in the file."""
    ((wave, partner),) = rows(survey, "SELECT w.id, p.id FROM wave w, partner p")
    ids = [uuid.UUID(hex=key_text(each)) for each in (wave, partner)]
    keys = {part_key(t, *ids).hex: n for n, t in enumerate(survey.tokens.values())}
    if survey.storage.is_sqlite:
        written = keys_as_written(survey.storage.path, "participation")
    else:
        asked = "SELECT key FROM participation ORDER BY xmin::text::bigint, ctid"
        written = [key_text(row[0]) for row in rows(survey, asked)]
    return written, [keys[key] for key in written if key in keys]  # p7 was made one twice


def with_the_links(survey, came):
    """Even who also has all links reads from the database who has answered, but not what.

    In SQLite the rows of participation lie where inviting put them, however they change later;
    in PostgreSQL, which shows what wrote a row last, many are written anew after each answer.
    """
    ((wave, partner),) = rows(survey, "SELECT w.id, p.id FROM wave w, partner p")
    ids = [uuid.UUID(hex=key_text(each)) for each in (wave, partner)]
    keys = {part_key(t, *ids).hex: n for n, t in enumerate(survey.tokens.values())}
    if survey.storage.is_sqlite:
        orders = [keys_as_written(survey.storage.path, "participation")]
    else:
        asked = "SELECT key FROM participation ORDER BY "
        columns = ("xmin::text::bigint, ctid", "xmin::text::bigint, key", "ctid")
        orders = [[row[0] for row in rows(survey, asked + column)] for column in columns]
        ((shared,),) = rows(
            survey,
            "SELECT count(*) FROM participation p "
            "JOIN anonymous_answers a ON a.xmin::text = p.xmin::text",
        )
        assert shared == 0
    for order in orders:
        parts = [keys[key_text(key)] for key in order if key_text(key) in keys]
        assert related(parts, came) < RELATED
        for name, answers in orders_of_answers(survey):
            assert hits(parts, answers) <= CHANCE, name
            assert related(parts, answers) < RELATED, name


def raw_file(survey, size):
    """Drafts are gone from all pages, free ones too; each answer is there once; no log is left."""
    data = survey.storage.path.read_bytes()
    assert [data.count(said(n).encode()) for n in range(size)] == [1] * size
    assert survey.storage.path.with_name("tillit.sqlite3-wal").stat().st_size == 0
    assert not survey.storage.path.with_name("tillit.sqlite3-journal").exists()
    assert rows(survey, "SELECT count(*) FROM draft") == [(0,)]


def test_the_log_of_the_database_is_empty_after_each_write(make_study):
    """In SQLite's log, the pages of one transaction lie side by side."""
    survey = make_study(1, privacy_mode="anonymous")
    if not survey.storage.is_sqlite:
        pytest.skip("SQLite's log")
    wal = survey.storage.path.with_name("tillit.sqlite3-wal")
    for act in (
        lambda: survey.save("p1@vik.no", 1, {"t1": 4}),
        lambda: survey.save("p1@vik.no", 2, {"o1": 4}),
        lambda: survey.submit("p1@vik.no"),
    ):
        act()
        assert wal.stat().st_size == 0


def test_a_reader_that_stays_does_not_hold_up_writers_for_long(make_study, monkeypatch, caplog):
    survey = make_study(1, privacy_mode="anonymous")
    if not survey.storage.is_sqlite:
        pytest.skip("SQLite's log")
    monkeypatch.setattr(engine, "READERS_SECONDS", 0.05)
    wal = survey.storage.path.with_name("tillit.sqlite3-wal")
    with survey.storage.read() as session:
        session.execute(sa.text("SELECT count(*) FROM draft")).all()
        survey.save("p1@vik.no", 1, {"t1": 4})
        survey.save("p1@vik.no", 1, {"t1": 5})
        assert wal.stat().st_size > 0
    assert "not emptied yet" in caplog.text
    survey.save("p1@vik.no", 1, {"t1": 4})
    assert wal.stat().st_size == 0
    with survey.storage.write() as session:
        assert session.scalar(sa.text("PRAGMA busy_timeout")) == 1000 * engine.BUSY_SECONDS


def test_the_attack_bites_where_rows_are_numbered(make_study):
    """The usual way, answers and participation each numbered as they come, falls whole."""
    survey = make_study(200, privacy_mode="anonymous")
    emails = people_of(survey)
    numbers = {email: n for n, email in enumerate(emails)}
    random.Random(5).shuffle(emails)  # noqa: S311 (not a secret)
    serial = (
        "INTEGER PRIMARY KEY AUTOINCREMENT" if survey.storage.is_sqlite else "SERIAL PRIMARY KEY"
    )
    with survey.storage.write() as session:
        for table, column in (("weak_participation", "email"), ("weak_answers", "say")):
            session.execute(sa.text(f"CREATE TABLE {table} (id {serial}, {column} TEXT)"))
        for email in emails:
            session.execute(
                sa.text("INSERT INTO weak_participation (email) VALUES (:e)"), {"e": email}
            )
            session.execute(
                sa.text("INSERT INTO weak_answers (say) VALUES (:s)"), {"s": said(numbers[email])}
            )
    people = [
        numbers[e] for (e,) in rows(survey, "SELECT email FROM weak_participation ORDER BY id")
    ]
    answers = [
        number_of({"say": s}) for (s,) in rows(survey, "SELECT say FROM weak_answers ORDER BY id")
    ]
    assert hits(people, answers) == 200
    assert related(people, answers) > 10


def test_the_attack_bites_on_a_confidential_study(make_study):
    """There the link is in the database, as page one says."""
    survey = make_study(5)
    answer_all(survey)
    found = rows(
        survey,
        "SELECT p.email, a.answers FROM assessment a JOIN participant p ON p.id = a.participant_id",
    )
    numbers = {email: n for n, email in enumerate(people_of(survey))}
    assert all(numbers[email] == number_of(answers) for email, answers in found)


def test_what_a_dump_holds_of_an_anonymous_study(make_study):
    survey = make_study(3, partners=("Fjord", "Nord"), privacy_mode="anonymous")
    survey.complete("p1@vik.no", say="Kilroy was here")
    survey.save("p2@vik.no", 1, {"t1": 2})
    with survey.storage.read() as session:
        respondent = respond.by_token(session, survey.tokens["p1@vik.no"])
        columns = {
            table: set(session.execute(sa.text(f"SELECT * FROM {table}")).keys())  # noqa: S608
            for table in ("anonymous_answers", "draft", "participation")
        }
        counts = {
            table: session.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            for table in ("assessment", "page_visit", "anonymous_answers", "draft", "participation")
        }
    assert counts == {
        "assessment": 0,
        "page_visit": 0,
        "anonymous_answers": 1,
        "draft": 1,
        "participation": 6,
    }
    assert (respondent.invitation_id, respondent.participant_id) == (None, None)
    people = {"participant_id", "invitation_id", "language", "email", "token_sha256"}
    assert not people & set.union(*columns.values())
    moments = {name for name in set.union(*columns.values()) if name.endswith("_at")}
    assert moments == set()
    ((day,),) = rows(survey, "SELECT submitted_on FROM anonymous_answers")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(day))
    assert survey.key not in str(rows(survey, "SELECT * FROM anonymous_answers"))
