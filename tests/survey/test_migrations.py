"""The schema: head equals the models, each revision up and down with data, whole or not at all."""

import shutil
import sqlite3
import stat
from contextlib import suppress

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner

from survey.cli import main
from survey.errors import NotSetUp, OldSchema, UnknownSchema
from survey.services import respond
from survey.storage import schema
from survey.storage.engine import Storage
from survey.storage.models import Base

NEXT = '''
"""A revision of the future, to practise an upgrade."""
from alembic import op
import sqlalchemy as sa

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.create_table("next", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO next SELECT 1 FROM {table}")


def downgrade():
    op.drop_table("next")
'''


def names_of(storage, kind):
    if storage.is_sqlite:
        text = f"SELECT name FROM sqlite_master WHERE type = '{kind}'"  # noqa: S608
    elif kind == "table":
        text = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    else:
        text = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with storage.reader.connect() as connection:
        return set(connection.exec_driver_sql(text).scalars())


def test_the_head_is_what_the_models_say(storage):
    with storage.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def constraints(connection):
    found = sa.inspect(connection)
    return {
        table: (
            {(check["name"], check["sqltext"]) for check in found.get_check_constraints(table)},
            {tuple(unique["column_names"]) for unique in found.get_unique_constraints(table)},
            {tuple(key["constrained_columns"]) for key in found.get_foreign_keys(table)},
            {tuple(index["column_names"]) for index in found.get_indexes(table)},
            {column["name"]: column["nullable"] for column in found.get_columns(table)},
        )
        for table in Base.metadata.tables
    }


def test_checks_keys_and_nulls_are_what_the_models_say(sqlite_url, tmp_path):
    migrated, made = Storage(sqlite_url), Storage(f"sqlite:///{tmp_path}/made.sqlite3")
    Base.metadata.create_all(made.writer)
    with migrated.reader.connect() as one, made.reader.connect() as other:
        assert constraints(one) == constraints(other)
    migrated.close()
    made.close()


def test_each_revision_goes_down_and_up_with_data(make_study):
    survey = make_study()
    survey.complete("p1@vik.no")
    storage = survey.storage
    revisions = [script.revision for script in ScriptDirectory(schema.REVISIONS).walk_revisions()]
    tables, triggers = names_of(storage, "table"), names_of(storage, "trigger")
    assert len(triggers) >= 4
    for _ in revisions:
        schema.migrate(storage, "-1", down=True)
    assert names_of(storage, "table") == {"alembic_version"}
    assert names_of(storage, "trigger") == set()
    with pytest.raises(NotSetUp):
        schema.require_head(storage)
    for _ in revisions:
        schema.migrate(storage, "+1")
    assert (names_of(storage, "table"), names_of(storage, "trigger")) == (tables, triggers)
    schema.require_head(storage)


@pytest.mark.parametrize("mode", ["identified", "anonymous"])
def test_modes_that_the_older_schema_lacks_are_not_thrown_away(make_study, mode):
    survey = make_study(privacy_mode=mode)
    survey.complete("p1@vik.no")
    with pytest.raises(RuntimeError, match="1 studies are identified or anonymous"):
        schema.migrate(survey.storage, "0001", down=True)
    schema.require_head(survey.storage)
    assert survey.submit("p1@vik.no")


def test_data_of_the_first_release_go_up_and_come_back(make_study, instrument):
    """Rows as revision 0001 held them: all there after going down, all there after going up."""
    survey = make_study(3)
    code = survey.complete("p1@vik.no", say="kept")
    survey.save("p2@vik.no", 1, {"t1": 2})
    with survey.writing("p3@vik.no") as (session, known):
        respond.autosave(session, known, 1, 1, {"t1": 1}, client="tab", number=1)
    storage, before = survey.storage, everything(survey.storage)
    schema.migrate(storage, "0001", down=True)
    with pytest.raises(OldSchema):
        schema.require_head(storage)
    old = everything(storage)
    assert {"page_visit", "assessment", "study"} <= set(old)
    assert not {"notice", "draft", "participation", "anonymous_answers"} & set(old)
    for table, rows in old.items():
        assert len(rows) == len(before[table]), table
    assert sorted(row["pages_done"] for row in old["assessment"]) == [1, 1, 2]
    schema.upgrade(storage)
    schema.require_head(storage)
    after = everything(storage)
    for table, rows in old.items():
        for row in rows:
            assert any(row.items() <= new.items() for new in after[table]), (table, row)
    assert survey.submit("p1@vik.no") == code
    assert survey.complete("p2@vik.no")
    with storage.read() as session:
        known = respond.by_token(session, survey.tokens["p3@vik.no"])
        assert known.notice.paragraphs, "waves of before get the notice that they would have got"
        assert known.instrument.version == instrument.version


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.durability)])
def test_an_upgrade_with_data_that_stops_anywhere_changes_nothing(make_study, step):
    survey = make_study(2)
    code = survey.complete("p1@vik.no", say="kept")
    storage = survey.storage
    schema.migrate(storage, "0001", down=True)
    before = everything(storage)
    stop, ended = 1, False
    while not ended:
        left = iter(range(stop - 1))

        def fail(*_, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt

        sa.event.listen(storage.writer, "before_cursor_execute", fail)
        with suppress(KeyboardInterrupt):
            schema.migrate(storage, schema.head())
            ended = True
        sa.event.remove(storage.writer, "before_cursor_execute", fail)
        assert ended or everything(storage) == before
        stop += step
    assert stop > 60
    schema.require_head(storage)
    assert survey.submit("p1@vik.no") == code


def everything(storage):
    """Give all rows of all tables, as texts that both databases write alike."""
    with storage.reader.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
        return {
            table: [
                {name: str(value) for name, value in row.items() if name != "pages_done"}
                | ({"pages_done": row["pages_done"]} if "pages_done" in row else {})
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()  # noqa: S608
            ]
            for table in tables
        }


def test_foreign_keys_hold_again_after_a_migration(sqlite_url):
    storage = Storage(sqlite_url)
    schema.migrate(storage, "-1", down=True)
    schema.migrate(storage, "+1")
    with storage.write() as session:
        assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1
        assert session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
    storage.close()


@pytest.fixture
def statements(tmp_path):
    """Count the statements of a whole set-up."""
    storage = Storage(f"sqlite:///{tmp_path}/counted.sqlite3")
    seen = []
    sa.event.listen(storage.writer, "before_cursor_execute", lambda *args: seen.append(args[2]))
    schema.set_up(storage)
    storage.close()
    return len(seen)


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.durability)])
def test_a_set_up_that_fails_at_any_statement_leaves_nothing(tmp_path, statements, step):
    assert statements > 100
    for stop in {*range(1, statements, step), statements}:
        storage = Storage(f"sqlite:///{tmp_path}/stopped-{stop}.sqlite3")
        left = iter(range(stop - 1))

        def fail(*_, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt

        sa.event.listen(storage.writer, "before_cursor_execute", fail)
        with pytest.raises(KeyboardInterrupt):
            schema.set_up(storage)
        assert names_of(storage, "table") == set()
        sa.event.remove(storage.writer, "before_cursor_execute", fail)
        if stop in {1, statements}:
            schema.set_up(storage)
            schema.require_head(storage)
        storage.close()


@pytest.fixture
def revisions(tmp_path):
    """Copy the revisions and add one that is still to come."""
    folder = tmp_path / "revisions"
    shutil.copytree(schema.REVISIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = NEXT.format(head=schema.head(), table="installation")
    (folder / "versions" / "9999_next.py").write_text(text)
    return str(folder)


def test_an_old_database_is_refused_then_upgraded_after_a_backup(make_study, revisions):
    survey = make_study()
    survey.complete("p1@vik.no")
    with pytest.raises(OldSchema) as refused:
        schema.require_head(survey.storage, revisions)
    assert "tillit upgrade" in str(refused.value)
    backup = schema.upgrade(survey.storage, revisions)
    schema.require_head(survey.storage, revisions)
    assert len(survey.assessments()) == 1
    assert schema.upgrade(survey.storage, revisions) is None
    if not survey.storage.is_sqlite:
        assert backup is None
        return
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    kept = Storage(f"sqlite:///{backup}")
    schema.require_head(kept)
    with kept.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM assessment")) == 1
    kept.close()


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(storage, revisions, tmp_path):
    text = NEXT.format(head=schema.head(), table="no_such_table")
    (tmp_path / "revisions" / "versions" / "9999_next.py").write_text(text)
    with pytest.raises(sa.exc.DBAPIError):
        schema.upgrade(storage, revisions)
    assert "next" not in names_of(storage, "table")
    schema.require_head(storage)


def test_a_database_of_a_newer_program_is_refused(storage, revisions):
    schema.upgrade(storage, revisions)
    with pytest.raises(UnknownSchema) as refused:
        schema.require_head(storage)
    assert "'9999'" in str(refused.value)
    with pytest.raises(UnknownSchema):
        schema.upgrade(storage)


def test_a_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE pupils (name)")
    storage = Storage(f"sqlite:///{path}")
    for act in (schema.require_head, schema.set_up, schema.upgrade):
        with pytest.raises(UnknownSchema, match="pupils"):
            act(storage)
    storage.close()


def test_a_database_that_cannot_be_read_is_not_taken_for_a_foreign_one(tmp_path):
    """A folder in its place, as a read-only disk or a lock: no schema is known to be wrong."""
    storage = Storage(f"sqlite:///{tmp_path}")
    with pytest.raises(sa.exc.OperationalError, match="unable to open"):
        schema.require_head(storage)
    environ = {"TILLIT_DATABASE_URL": f"sqlite:///{tmp_path}"}
    done = CliRunner().invoke(main, ["study", "status", "a"], env=environ)
    assert (done.exit_code, done.output) == (
        1,
        "Error: the database cannot be used: unable to open database file; nothing was stored\n",
    )


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, " * 100)
    storage = Storage(f"sqlite:///{path}")
    with pytest.raises(UnknownSchema, match="not a database"):
        schema.require_head(storage)
    assert path.read_text().startswith("Dear all")


def test_asking_for_a_database_that_is_not_there_makes_none(tmp_path):
    storage = Storage(f"sqlite:///{tmp_path}/data/none.sqlite3")
    with pytest.raises(NotSetUp, match="tillit init"):
        schema.require_head(storage)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_and_the_database_are_private(tmp_path):
    storage = Storage(f"sqlite:///{tmp_path}/data/new.sqlite3")
    schema.set_up(storage)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    for file in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    storage.close()


def test_an_unreachable_postgresql_is_not_called_unknown():
    storage = Storage("postgresql+psycopg://tillit@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(sa.exc.OperationalError):
        schema.require_head(storage)
