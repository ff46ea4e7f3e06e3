"""Sheets made to cost time or memory: refused quickly, with problems that somebody can read."""

import datetime as dt
import time

import pytest
import sqlalchemy as sa

from survey.cli.purge import purged
from survey.errors import BadInput
from survey.services import uploads
from survey.services.accounts import users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.register import partner_import
from survey.services.sheets import MOST_PROBLEMS, read_sheet
from survey.storage.models import SheetUpload, now


def refused(data):
    began = time.process_time()
    with pytest.raises(BadInput) as error:
        read_sheet(data, "p.csv", required=("name",), optional=("kind",))
    return error.value.problems, time.process_time() - began


def test_a_header_of_very_many_columns_is_refused_as_none():
    header = ",".join(["name", *(f"c{n}" for n in range(100_000))])
    problems, seconds = refused(f"{header}\nx\n".encode())
    assert len(problems) == 1
    assert "this is no header; allowed are name, kind" in problems[0]
    assert len(problems[0]) < 300
    assert seconds < 2


def test_of_very_many_problems_the_first_are_named():
    problems, _ = refused(b"name,kind\n" + b"x\n" * 5000)
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[0].startswith("p.csv, row 2: 1 cells")
    assert problems[-1] == "and 4900 more like these"


def test_the_name_of_a_file_that_is_kept_has_nothing_invisible(make_study):
    with make_study(1).storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Kim", "kim@vik.no", "manager"))
        kept = uploads.keep(session, user.id, "partners", "a\x00b\u202ecsv.exe", b"name\n")
        assert uploads.find(session, user.id, "partners", kept.key).file == "abcsv.exe"


@pytest.mark.parametrize("column", ["category", "region"])
def test_a_cell_with_invisible_characters_is_refused(make_study, column):
    sheet = f"name,{column}\nSund,c\x00d\n".encode()
    with make_study(1).storage.read() as session, pytest.raises(BadInput, match="invisible"):
        partner_import.plan(session, sheet, "p.csv")


def test_of_a_sheet_that_is_dropped_or_replaced_nothing_stays_in_any_file(make_study):
    survey = make_study(1)
    with survey.storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Kim", "kim@vik.no", "manager")).id
    for number in (1, 2):
        with survey.storage.write() as session:
            sheet = f"name,email\nQwzxy{number},q@vik.no\n".encode()
            key = uploads.keep(session, user, "partners", "p.csv", sheet).key
    assert kept(survey, b"Qwzxy2"), "what this test looks for can be found"
    assert not kept(survey, b"Qwzxy1")
    with survey.storage.write() as session:
        uploads.drop(session, key)
    assert not kept(survey, b"Qwzxy")


def test_a_sheet_that_nobody_came_back_to_goes_when_data_are_purged(make_study):
    survey = make_study(1)
    with survey.storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Kim", "kim@vik.no", "manager")).id
        old = uploads.keep(session, user, "partners", "p.csv", b"Qwzxy1").key
        uploads.keep(session, user, "contacts", "c.csv", b"Qwzxy2")
        made = sa.update(SheetUpload).where(SheetUpload.id == old)
        session.execute(made.values(made_at=now() - uploads.KEPT - dt.timedelta(minutes=1)))
    purged(survey.storage, survey.settings)
    assert not kept(survey, b"Qwzxy1")
    assert kept(survey, b"Qwzxy2"), "it is looked at"


def kept(survey, words):
    """Whether words stand in the database, or in what SQLite keeps beside it."""
    if not survey.storage.is_sqlite:
        with survey.storage.read() as session:
            return any(words in row.data for row in session.scalars(sa.select(SheetUpload)))
    files = survey.settings.data_dir.glob("*.sqlite3*")
    return any(words in file.read_bytes() for file in files)
