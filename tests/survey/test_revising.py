"""Erasing from a closed wave: the data anew, the old file destroyed, results as published."""

import hashlib
import os

import msgspec
import polars as pl
import pytest
import sqlalchemy as sa

from survey.errors import DataDisagree, SnapshotMissing
from survey.services import closing, export, revising, snapshots, studies
from survey.services.comparing import apart, kept
from survey.services.comparing.apart import still_apart
from survey.services.comparing.model import ENCODER
from survey.services.files import destroy
from survey.services.published import snapshot_path, workspace_path
from survey.services.results import results

FJORD, NORD = range(1, 8), range(8, 20)


@pytest.fixture
def closed(make_study):
    survey = make_study(19, partners=("Fjord", "Nord"))
    survey.fill_in((7, 12))
    survey.files = closing.close(survey.storage, survey.settings, survey.slug)
    return survey


def take_back(survey, *people):
    """Withdraw what these people answered, as the receipts' service does it."""
    with survey.storage.write() as session:
        study, wave = studies.find(session, survey.slug)
        for number in people:
            session.execute(
                sa.text(
                    "UPDATE assessment SET answers = :empty, withdrawn_on = '2026-11-22', "
                    "off_path = NULL, item_order = NULL, autosaves = NULL WHERE participant_id = "
                    "(SELECT id FROM participant WHERE email = :email)"
                ),
                {"empty": "{}", "email": f"p{number}@vik.no"},
            )
        revising.without(session, survey.settings, study, wave)


def settle(survey):
    return revising.settle(survey.storage, survey.settings, survey.slug)


def path_of(survey, version):
    return snapshot_path(survey.settings, survey.slug, 1, version)


def current(survey):
    with survey.storage.read() as session:
        _, wave = studies.find(session, survey.slug)
    return snapshots.read(path_of(survey, wave.data_version), wave.snapshot_sha256), wave


def shown(survey):
    with survey.storage.read() as session:
        return results(session, survey.settings, survey.slug, 1)


def test_the_data_are_written_anew_without_the_row(closed):
    before, _ = current(closed)
    take_back(closed, 3)
    after, wave = current(closed)
    assert wave.data_version == 2
    assert (before.frame.height, after.frame.height) == (19, 18)
    assert set(before.frame["say"]) - set(after.frame["say"]) == {"Words of p3@vik.no"}
    assert after.meta["closed_on"] == before.meta["closed_on"]
    assert after.meta["data_version"] == 2
    assert hashlib.sha256(path_of(closed, 2).read_bytes()).hexdigest() == wave.snapshot_sha256
    assert path_of(closed, 1).exists()  # until the transaction has ended well
    settle(closed)
    assert not path_of(closed, 1).exists()


def test_nothing_of_the_old_file_is_left_in_its_place(closed, tmp_path):
    held = tmp_path / "held"
    os.link(path_of(closed, 1), held)  # the very blocks, whatever becomes of the name
    size = held.stat().st_size
    take_back(closed, 3)
    settle(closed)
    assert held.read_bytes() == bytes(size)


def test_a_transaction_that_fails_leaves_the_wave_as_it_was(closed):
    before, _ = current(closed)

    def fail():
        with closed.storage.write() as session:
            study, wave = studies.find(session, closed.slug)
            revising.without(session, closed.settings, study, wave)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    after, wave = current(closed)
    assert wave.data_version == 1
    assert after.frame.equals(before.frame)
    settle(closed)
    assert path_of(closed, 1).exists()
    take_back(closed, 3)
    assert current(closed)[0].frame.height == 18


def test_results_stay_as_published_until_enough_rows_differ(closed):
    kept = [path.read_bytes() for path in (*closed.files.results, *closed.files.reports)]
    for person in (8, 9, 10, 11):
        take_back(closed, person)
        assert not settle(closed)
        assert [p.read_bytes() for p in (*closed.files.results, *closed.files.reports)] == kept
    take_back(closed, 12)  # the fifth of one partner
    assert settle(closed)
    found = shown(closed)
    assert found["snapshot"]["data_version"] == 6
    (nord,) = (row for row in found["partners"]["trust"] if row["partner"] == "Nord")
    assert nord["n"] == 7
    assert "removed" not in found["snapshot"]
    assert not settle(closed)  # nothing has changed since


def test_one_row_of_another_partner_keeps_back_all_results(closed):
    take_back(closed, *range(8, 13), 1)
    assert not settle(closed)
    assert "data_version" in shown(closed)["snapshot"]
    assert shown(closed)["snapshot"]["data_version"] == 1


def test_rows_that_lack_answers_do_not_count_as_enough(make_study):
    survey = make_study(12)
    for n, email in enumerate(survey.tokens):
        survey.save(email, 1, {"t1": 4, "t2": 3} if n else {})
        survey.save(email, 2, {"o1": n % 3 + 2, "o2": 4, "all": 3})
        survey.submit(email)
    closing.close(survey.storage, survey.settings, survey.slug)
    take_back(survey, 1, 2, 3, 4, 5)  # five rows, but four scores of trust
    assert not settle(survey)
    take_back(survey, 6)
    assert settle(survey)


def test_rows_with_a_gap_that_go_beside_others_keep_results_back(make_study):
    """Items less scores of what went would be what the two rows with a gap said."""
    survey = make_study(18)
    for n, email in enumerate(survey.tokens):
        survey.save(email, 1, {"t1": 4, "t2": 3 + n % 2, **({} if n < 7 else {"t3": 2})})
        survey.save(email, 2, {"o1": n % 3 + 2, "o2": 4, "all": 3})
        survey.submit(email)
    closing.close(survey.storage, survey.settings, survey.slug)
    take_back(survey, 1, 2, *range(9, 14))  # five gaps of seven stay
    assert not settle(survey)
    take_back(survey, 3, 4, 5)
    assert settle(survey)


def test_results_do_not_follow_where_items_that_were_shown_would_tell_of_others(
    closed, monkeypatch
):
    """Of Fjord items were shown; the totals less these are those of Nord, which has gaps."""
    path = workspace_path(closed.settings, closed.slug, 1)
    before = kept.read(closed.settings, closed.slug, 1)
    assert before.told["trust"]
    assert all(before.items[item].scale == "trust" for item in ("t1", "t2", "t3"))
    snapshot, _ = current(closed)
    gone = snapshot.frame.with_columns(
        pl.when((pl.col("partner") == "Nord") & (pl.int_range(pl.len()).over("partner") < 3))
        .then(None)
        .otherwise(pl.col("t2"))
        .alias("t2")
    )
    gaps = gone.filter(partner="Nord")["t2"].null_count()
    assert 0 < gaps < 5
    place = (closed.settings, closed.slug, 1)
    assert still_apart(*place, snapshot)
    fewer = snapshot.with_rows(gone)
    monkeypatch.setattr(apart, "protect", lambda frame, *_: frame)  # many others had gaps too
    path.write_bytes(ENCODER.encode(msgspec.structs.replace(before, told={"trust": ["Fjord"]})))
    assert not still_apart(*place, fewer)
    path.write_bytes(ENCODER.encode(msgspec.structs.replace(before, told={})))
    assert still_apart(*place, fewer)
    path.write_bytes(b"{")
    assert not still_apart(*place, snapshot)
    path.write_bytes(b'{"edition": 1}')
    assert still_apart(*place, snapshot)


def test_of_data_written_anew_no_items_are_kept(closed):
    take_back(closed, *range(8, 13))
    assert settle(closed)
    after = kept.read(closed.settings, closed.slug, 1)
    assert (after.data_version, after.items, after.judged) == (2, {}, None)
    assert after.told  # what was shown before stays known


def test_an_export_has_the_rows_that_are_left_and_says_nothing_of_the_others(closed):
    take_back(closed, 3)
    settle(closed)
    with closed.storage.read() as session:
        exported = export.prepare(session, closed.settings, closed.slug)
    assert exported.snapshot.frame.height == 18
    assert exported.snapshot.meta["data_version"] == 2
    assert "removed" not in exported.snapshot.meta


def test_a_wave_can_be_emptied(closed):
    take_back(closed, *range(1, 20))
    assert not settle(closed)  # results of nothing there are none
    assert current(closed)[0].frame.height == 0
    take_back(closed)
    assert current(closed)[1].data_version == 3


def test_a_lost_file_and_rows_that_never_were_there_are_told(closed):
    path = path_of(closed, 1)
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(SnapshotMissing):
        take_back(closed, 3)
    snapshot, path = snapshots.read, path_of(closed, 1)
    path.write_bytes(data)
    kept = snapshot(path)
    fewer = snapshots.sealed(kept.frame.head(10), kept.meta)
    path.write_bytes(snapshots.parquet_bytes(fewer))
    with closed.storage.write() as session:
        session.execute(
            sa.text("UPDATE wave SET snapshot_sha256 = :digest, data_version = 2"),
            {"digest": hashlib.sha256(path.read_bytes()).hexdigest()},
        )
    path.rename(path_of(closed, 2))
    with pytest.raises(DataDisagree):
        take_back(closed, 3)


def test_a_file_is_overwritten_before_it_goes(tmp_path):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"secret" * 400_000)
    os.link(path, other)
    destroy(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(2_400_000)
    empty = tmp_path / "c"
    empty.touch()
    destroy(empty)
    assert not empty.exists()
