"""Backups: made while somebody writes, whole, brought back to an empty place only."""

import dataclasses
import io
import json
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing as ending

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey.cli import main
from survey.errors import FileExists, UnknownSchema
from survey.services import backups, closing, erasing, export, last_runs
from survey.services.backups import contents, making, postgresql
from survey.services.backups.errors import (
    BackupProgramFailed,
    DataInTheWay,
    NoBackup,
    NoBackupProgram,
    OtherDatabase,
    UnsettledFiles,
)
from survey.storage import schema
from survey.storage.engine import Storage

ROUNDS = [2, pytest.param(20, marks=pytest.mark.durability)]


@pytest.fixture
def elsewhere(request, tmp_path):
    """Give the settings of an empty installation on the same kind of database."""
    made = []

    def make(settings):
        folder = tmp_path / f"again-{len(made)}"
        url = f"sqlite:///{folder}/tillit.sqlite3"
        if settings.database_url.startswith("postgresql"):
            address, server = request.getfixturevalue("postgres")
            name = f"again_{abs(hash(str(folder)))}"
            with server.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            url = f"{address}/{name}"
        there = dataclasses.replace(settings, data_dir=folder, database_url=url)
        storage = Storage(url)
        made.append(storage)
        return there, storage

    yield make
    for storage in made:
        storage.close()


def exported(storage, settings):
    out = io.BytesIO()
    with storage.read() as session:
        export.write(export.prepare(session, settings, "suppliers"), "csv", out)
    return out.getvalue()


def members(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def packed(path, files):
    with tarfile.open(path, "w:") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


@pytest.fixture
def closed(make_study):
    survey = make_study(6)
    survey.fill_in((6,))
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, survey.slug)
    return survey


@pytest.fixture
def kept(make_study, tmp_path):
    """Back up an open study, with a file of another one; gives the survey and the backup."""
    survey, path = make_study(1), tmp_path / "kept.tar"
    survey.settings.snapshots_dir.mkdir(parents=True)
    (survey.settings.snapshots_dir / "old-w1.parquet").write_bytes(b"rows")
    backups.make(survey.storage, survey.settings, path)
    return survey, path


def test_what_is_brought_back_exports_the_same_bytes(closed, elsewhere, tmp_path):
    survey, path = closed, tmp_path / "kept.tar"
    backups.make(survey.storage, survey.settings, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings, storage = elsewhere(survey.settings)
    restored = backups.restore(storage, settings, path)
    files = len(list(survey.settings.snapshots_dir.iterdir()))
    assert (restored.schema, restored.is_old, restored.snapshots) == (schema.head(), False, files)
    schema.require_head(storage)
    assert exported(storage, settings) == exported(survey.storage, survey.settings)
    assert {file.name for file in settings.data_dir.iterdir()} <= {
        "snapshots", "tillit.sqlite3", "tillit.sqlite3-wal", "tillit.sqlite3-shm",
        "tillit.sqlite3.lock",
    }  # fmt: skip
    last = last_runs.last(survey.settings, last_runs.BACKUP)
    assert (last["file"], last["bytes"]) == (str(path), path.stat().st_size)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_backup_made_while_people_write_holds_all_that_was_stored_before(
    make_study, elsewhere, tmp_path, rounds
):
    survey = make_study(400)
    emails, receipts, ended = iter(survey.tokens), [], threading.Event()

    def write():
        for email in emails:
            if ended.is_set():
                return
            receipts.append(survey.complete(email))

    writer = threading.Thread(target=write)
    writer.start()
    good = 0
    try:
        for turn in range(rounds):
            before = list(receipts)
            path = tmp_path / f"drill-{turn}.tar"
            backups.make(survey.storage, survey.settings, path)
            settings, storage = elsewhere(survey.settings)
            backups.restore(storage, settings, path)
            with storage.read() as session:
                found = set(session.scalars(sa.text("SELECT receipt FROM assessment")))
            schema.require_head(storage)
            if storage.is_sqlite:
                with ending(sqlite3.connect(storage.path)) as connection:
                    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            good += set(before) <= found
    finally:
        ended.set()
        writer.join()
    assert receipts
    assert good == rounds


def test_nothing_that_is_there_is_overwritten(kept, elsewhere):
    survey, path = kept
    with pytest.raises(DataInTheWay):
        backups.restore(survey.storage, survey.settings, path)
    settings, storage = elsewhere(survey.settings)
    settings.snapshots_dir.mkdir(parents=True)
    (settings.snapshots_dir / "other.parquet").write_bytes(b"x")
    with pytest.raises(DataInTheWay, match="snapshots"):
        backups.restore(storage, settings, path)
    with pytest.raises(FileExists):
        backups.make(survey.storage, survey.settings, path)
    assert members(path)


@pytest.mark.parametrize("damage", ["text", "cut", "byte", "more", "name", "format", "missing"])
def test_a_file_that_is_no_whole_backup_changes_nothing(kept, elsewhere, tmp_path, damage):
    survey, path = kept
    files, bad = members(path), tmp_path / "bad.tar"
    manifest = json.loads(files["manifest.json"])
    data = next(name for name in files if name.endswith(".parquet"))
    match damage:
        case "text":
            bad.write_text("Dear all")
        case "cut":
            bad.write_bytes(path.read_bytes()[:-20_000])
        case "byte":
            packed(bad, files | {data: files[data][:-1] + b"?"})
        case "more":
            packed(bad, files | {"snapshots/more": b"x"})
        case "name":
            manifest["files"] |= {"../evil": "0"}
            packed(bad, {"manifest.json": json.dumps(manifest).encode(), **files, "../evil": b""}
                   | {"manifest.json": json.dumps(manifest).encode()})  # fmt: skip
        case "format":
            packed(bad, files | {"manifest.json": json.dumps(manifest | {"format": 9}).encode()})
        case "missing":
            packed(bad, {name: each for name, each in files.items() if name != data})
    settings, storage = elsewhere(survey.settings)
    with pytest.raises(NoBackup):
        backups.restore(storage, settings, bad)
    assert list(settings.data_dir.iterdir()) == []


def test_a_backup_of_a_newer_program_or_another_database_is_refused(kept, elsewhere, tmp_path):
    survey, path = kept
    files, other = members(path), tmp_path / "other.tar"
    manifest = json.loads(files["manifest.json"])
    packed(other, files | {"manifest.json": json.dumps(manifest | {"schema": "9999"}).encode()})
    settings, storage = elsewhere(survey.settings)
    with pytest.raises(UnknownSchema):
        backups.restore(storage, settings, other)
    (database,) = set(files) & set(contents.DATABASES)
    (wrong,) = set(contents.DATABASES) - {database}
    manifest["files"] = {wrong: manifest["files"][database]}
    packed(other, {"manifest.json": json.dumps(manifest).encode(), wrong: files[database]})
    with pytest.raises(OtherDatabase):
        backups.restore(storage, settings, other)


def test_data_that_are_not_what_the_database_names_are_not_backed_up(closed, tmp_path):
    (file,) = closed.settings.snapshots_dir.glob("*.parquet")
    file.write_bytes(b"something else")
    with pytest.raises(UnsettledFiles, match="suppliers-w1"):
        backups.make(closed.storage, closed.settings, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()
    assert list(tmp_path.glob(".tillit-*")) == []


def test_answers_that_are_taken_back_meanwhile_are_not_in_a_backup(
    closed, elsewhere, tmp_path, monkeypatch
):
    survey, path, copy = closed, tmp_path / "kept.tar", making._copy_snapshots
    with survey.storage.read() as session:
        receipt = session.scalars(sa.text("SELECT receipt FROM assessment")).first()
    turns = []

    def slowly(*given):
        if not turns:  # after the database was copied, before the files are
            erasing.withdraw(survey.storage, survey.settings, receipt)
        turns.append(given)
        copy(*given)

    monkeypatch.setattr(making, "_copy_snapshots", slowly)
    backups.make(survey.storage, survey.settings, path)
    assert len(turns) == 2
    settings, storage = elsewhere(survey.settings)
    backups.restore(storage, settings, path)
    assert exported(storage, settings) == exported(survey.storage, survey.settings)


def test_a_wave_whose_data_were_lost_before_keeps_nobody_from_a_backup(closed, tmp_path):
    (file,) = closed.settings.snapshots_dir.glob("*.parquet")
    file.unlink()
    backups.make(closed.storage, closed.settings, tmp_path / "b.tar")
    assert f"snapshots/{file.name}" not in members(tmp_path / "b.tar")


def test_without_its_programs_postgresql_is_not_backed_up(monkeypatch, tmp_path):
    url = sa.make_url("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(BackupProgramFailed, match="pg_restore"):
        postgresql.bring_back(url, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBackupProgram, match="pg_dump is not installed"):
        postgresql.dump(url, tmp_path / "x", "1")


@pytest.mark.usefixtures("sqlite_url")
def test_the_commands(tmp_path):
    environ = {"TILLIT_DATA_DIR": str(tmp_path / "data")}
    run = CliRunner().invoke
    (tmp_path / "all").mkdir()
    done = run(main, ["backup", str(tmp_path / "all")], env=environ)
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "all").iterdir()
    assert path.name.startswith("tillit-2")
    done = run(main, ["backup", str(tmp_path / "b.tar"), "--json"], env=environ)
    assert json.loads(done.output)["schema"] == schema.head()
    assert run(main, ["restore", str(path)], env=environ).exit_code == 1
    environ = {"TILLIT_DATA_DIR": str(tmp_path / "new")}
    done = run(main, ["restore", str(path)], env=environ)
    assert "is back" in done.output
    assert run(main, ["purge"], env=environ).exit_code == 0
    again = {"TILLIT_DATA_DIR": str(tmp_path / "newer")}
    assert (
        json.loads(run(main, ["restore", str(path), "--json"], env=again).output)["is_old"] is False
    )
