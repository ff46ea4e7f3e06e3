"""Closing: rows frozen whole or not at all, results computed once, nobody below the threshold."""

import dataclasses
import hashlib
import json
import re
import stat
from collections import Counter

import polars as pl
import pytest
import sqlalchemy as sa

from analysis.reading import read_answers
from questionnaires import from_canonical, load
from survey.errors import (
    NoAnswersFromSide,
    NotASnapshot,
    NothingSubmitted,
    ResultsMissing,
    SnapshotChanged,
    SnapshotMissing,
    UnknownSide,
    UnknownStudy,
    WavePurged,
    WaveState,
)
from survey.kinds import MISSING
from survey.services import closing, export, revising, snapshots, studies
from survey.services.layout import units_of
from survey.services.published import (
    is_results_key,
    report_path,
    results_key,
    results_link,
    results_path,
    snapshot_path,
)
from survey.services.results import results
from survey.services.snapshots import Row
from survey.storage.models import Participant

META = {"study": "a", "scoring_key": {}, "thresholds": {"min_group": 5, "min_group_text": 10}}


def close(survey):
    return closing.close(survey.storage, survey.settings, survey.slug)


def wave_of(survey):
    with survey.storage.read() as session:
        return studies.find(session, survey.slug)[1]


def shown(survey, side=None):
    with survey.storage.read() as session:
        return results(session, survey.settings, survey.slug, 1, side)


@pytest.fixture
def closed(make_study):
    survey = make_study(16, partners=("Fjord", "Nord", "Sund"))
    survey.fill_in((7, 6, 3))
    survey.files = close(survey)
    return survey


# Snapshots -----------------------------------------------------------------------------


def test_a_snapshot_has_typed_columns_and_all_five_codes(instrument):
    rows = [
        Row("Fjord", "ours", "nb", {"t1": 5, "t2": "skipped", "t3": "dont_know", "say": "Hi"}),
        Row("Nord", "theirs", "en", {"t1": "not_applicable", "t2": "withdrawn", "all": 1}),
    ]
    snapshot = snapshots.build(rows, instrument, 2, META)
    assert snapshot.frame.schema == {
        "partner": pl.String,
        "side": pl.String,
        "language": pl.String,
        "wave": pl.Int16,
        **{
            name: kind
            for item in ("t1", "t2", "t3", "o1", "o2", "all")
            for name, kind in ((item, pl.Int8), (f"{item}_missing", pl.String))
        },
        "say": pl.String,
    }
    first, second = snapshot.frame.to_dicts()
    assert (first["t1"], first["t1_missing"], first["say"]) == (5, None, "Hi")
    assert (second["all"], second["all_missing"], second["say"]) == (1, None, None)
    codes = {first["t2_missing"], first["t3_missing"], first["o1_missing"]}
    codes |= {second["t1_missing"], second["t2_missing"]}
    assert codes == set(MISSING)
    assert first["t2"] is None
    assert second["t1"] is None
    assert [(unit.id, unit.threshold) for unit in snapshot.units] == [
        *((item, "min_group") for item in ("t1", "t2", "t3", "o1", "o2", "all")),
        ("say", "min_group_text"),
    ]
    bare = {key: value for key, value in snapshot.meta.items() if key != "items"}
    assert snapshots.Snapshot(snapshot.frame, bare).units == snapshot.units  # older files


def test_a_snapshot_tells_which_answer_an_item_asked_for(tmp_path):
    research = load("grunig7_research")
    rows = [Row("Fjord", "ours", "nb", {"instructed_disagree": "disagree"})]
    key = {**META, "scoring_key": research.scoring_key(), "title": "Research"}
    path = tmp_path / "research.parquet"
    path.write_bytes(snapshots.parquet_bytes(snapshots.build(rows, research, 1, key)))
    assert read_answers(path).snapshot.instructed == {"instructed_disagree": "disagree"}
    assert from_canonical(research.canonical()).instructed == research.instructed


def test_the_same_rows_give_the_same_bytes(instrument, tmp_path):
    rows = [Row("Fjord", "ours", "nb", {"t1": n % 5 + 1, "say": "å" * n}) for n in range(2000)]
    first, second = (
        snapshots.parquet_bytes(snapshots.build(rows, instrument, 1, META)) for _ in range(2)
    )
    assert first == second
    (tmp_path / "a.parquet").write_bytes(first)
    again = snapshots.read(tmp_path / "a.parquet", hashlib.sha256(first).hexdigest())
    assert snapshots.parquet_bytes(again) == first
    other = snapshots.parquet_bytes(snapshots.build(rows[::-1], instrument, 1, META))
    assert other != first


def test_the_content_hash_can_be_checked_by_any_program(instrument):
    rows = [Row("Fjord", "ours", "nb", {"t1": 5, "say": "Blåbær"})]
    snapshot = snapshots.build(rows, instrument, 1, META)
    bare = {key: value for key, value in snapshot.meta.items() if key != "content_sha256"}
    lines = [bare, snapshot.frame.columns, *map(list, snapshot.frame.rows())]
    text = "".join(
        json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
        for line in lines
    )
    assert snapshot.meta["content_sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_changed_or_foreign_file_is_refused(instrument, tmp_path):
    path = tmp_path / "a.parquet"
    with pytest.raises(SnapshotMissing):
        snapshots.read(path)
    snapshot = snapshots.build([Row("F", "ours", "nb", {"t1": 5})], instrument, 1, META)
    path.write_bytes(snapshots.parquet_bytes(snapshot))
    with pytest.raises(SnapshotChanged, match="restore it from a backup"):
        snapshots.read(path, "0" * 64)
    other = snapshots.Snapshot(snapshot.frame.with_columns(pl.lit(4, pl.Int8).alias("t1")), {})
    for forged, error in (
        (snapshots.Snapshot(other.frame, snapshot.meta), SnapshotChanged),
        (snapshots.Snapshot(snapshot.frame, {**snapshot.meta, "title": "x"}), SnapshotChanged),
        (snapshots.Snapshot(snapshot.frame, {**snapshot.meta, "format": 2}), NotASnapshot),
    ):
        path.write_bytes(snapshots.parquet_bytes(forged))
        with pytest.raises(error):
            snapshots.read(path)
    snapshot.frame.write_parquet(path, metadata={"tillit": '{"format": 1}'})
    with pytest.raises(NotASnapshot):
        snapshots.read(path)
    snapshot.frame.write_parquet(path)
    with pytest.raises(NotASnapshot, match="has no key"):
        snapshots.read(path)
    path.write_text("partner,side\n")
    with pytest.raises(NotASnapshot):
        snapshots.read(path)


# Closing -------------------------------------------------------------------------------


def test_a_closed_wave_has_its_file_its_hash_and_its_results(closed):
    wave, files = wave_of(closed), closed.files
    assert (wave.status, wave.snapshot_sha256) == ("closed", files.snapshot_sha256)
    assert wave.closed_at is not None
    path = snapshot_path(closed.settings, "suppliers", 1)
    assert files.snapshot == path
    assert hashlib.sha256(path.read_bytes()).hexdigest() == files.snapshot_sha256
    assert files.submitted == 16
    assert files.results == (results_path(closed.settings, "suppliers", 1),)
    assert files.reports == (report_path(closed.settings, "suppliers", 1),)
    assert path.with_suffix(".json") == files.results[0]
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(list(path.parent.iterdir())) == 8  # no temporary file is left


def test_the_snapshot_says_what_it_is(closed, instrument):
    meta = snapshots.read(closed.files.snapshot, closed.files.snapshot_sha256).meta
    day = meta.pop("closed_on")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
    assert meta.pop("content_sha256")
    assert meta == {
        "format": 1,
        "study": "suppliers",
        "title": "Our suppliers",
        "wave": 1,
        "organisation": "Vik",
        "instrument": {"id": "small", "version": instrument.version},
        "scoring_key": instrument.scoring_key(),
        "labels": {each.id: each.label for each in instrument.constructs},
        "privacy_mode": "confidential",
        "sides": ["ours"],
        "languages": ["en", "nb", "nn", "is"],
        "thresholds": {"min_group": 5, "min_group_text": 10},
        "participation": {"invited": 16, "assessments": 48, "submitted": 16, "withdrawn": 0},
        "data_version": 1,
        "items": units_of(instrument),
    }


def test_a_snapshot_has_no_person_no_key_and_no_time(closed):
    frame = snapshots.read(closed.files.snapshot).frame
    assert set(frame.columns[:4]) == {"partner", "side", "language", "wave"}
    text = str(frame.drop("say").rows())
    for row in closed.assessments():
        for column in ("id", "participant_id", "receipt"):
            assert str(row[column]) not in text
    assert not [kind for kind in frame.dtypes if kind.is_temporal()]


def test_rows_stand_in_random_order(make_study):
    survey = make_study(12)
    for n, email in enumerate(survey.tokens):
        survey.save(email, 1, {})
        survey.save(email, 2, {"say": f"{n:02}"})
        survey.submit(email)
    orders = set()
    for _ in range(3):
        with survey.storage.write() as session:
            path = closing.freeze(session, survey.settings, survey.slug)
            orders.add(tuple(snapshots.read(path).frame["say"]))
            session.rollback()
    assert len(orders) == 3
    assert {tuple(sorted(order)) for order in orders} == {tuple(f"{n:02}" for n in range(12))}


def test_only_what_was_submitted_is_taken(make_study):
    survey = make_study(7)
    survey.fill_in((5,))
    survey.save("p6@vik.no", 1, {"t1": 1})
    survey.save("p7@vik.no", 1, {"t1": 1})
    survey.save("p7@vik.no", 2, {})
    assert close(survey).submitted == 5


def test_a_wave_with_nothing_submitted_stays_open(make_study):
    survey = make_study(2)
    survey.save("p1@vik.no", 1, {"t1": 1})
    with pytest.raises(NothingSubmitted, match=r"\(1 started\)"):
        close(survey)
    assert wave_of(survey).status == "open"
    survey.save("p1@vik.no", 2, {})  # still takes answers


def test_a_draft_cannot_be_closed_and_a_closed_wave_not_again(make_study, closed):
    draft = make_study(slug="draft", opened=False)
    with pytest.raises(WaveState, match="is draft, but must be open to close it; run `tillit stud"):
        close(draft)
    before = {file: file.read_bytes() for file in closed.files.snapshot.parent.iterdir()}
    with pytest.raises(WaveState, match=f"with snapshot {closed.files.snapshot_sha256}"):
        close(closed)
    assert {f: f.read_bytes() for f in closed.files.snapshot.parent.iterdir()} == before
    with pytest.raises(UnknownStudy):
        closing.close(closed.storage, closed.settings, "none")


def test_a_closing_that_fails_leaves_the_wave_open(make_study, monkeypatch):
    survey = make_study(5)
    survey.fill_in((5,))
    folder = survey.settings.snapshots_dir

    def fail(*_):
        raise OSError(28, "No space left on device")

    for name in ("fsync", "fdopen"):
        with monkeypatch.context() as patch:
            patch.setattr(f"survey.services.files.os.{name}", fail)
            with pytest.raises(OSError, match="No space"):
                close(survey)
        assert wave_of(survey).status == "open"
        assert list(folder.iterdir()) == []
    assert close(survey).submitted == 5


def test_a_commit_that_fails_after_the_file_leaves_the_wave_open_and_closing_works(make_study):
    survey = make_study(5)
    survey.fill_in((5,))

    def freeze_and_fail():
        with survey.storage.write() as session:
            closing.freeze(session, survey.settings, survey.slug)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        freeze_and_fail()
    assert snapshot_path(survey.settings, survey.slug, 1).exists()
    assert wave_of(survey).status == "open"
    files = close(survey)
    assert hashlib.sha256(files.snapshot.read_bytes()).hexdigest() == files.snapshot_sha256


def test_results_that_were_never_finished_are_finished_by_closing_again(closed):
    kept = {file: file.read_bytes() for file in (*closed.files.results, *closed.files.reports)}
    closed.files.results[0].unlink()
    with pytest.raises(ResultsMissing, match="run `tillit study close suppliers`"):
        shown(closed)
    closed.files.reports[0].unlink()
    assert close(closed) == closed.files
    assert {file: file.read_bytes() for file in kept} == kept  # the same file, the same numbers


def test_published_results_are_not_computed_again(closed):
    closed.files.results[0].write_text('{"kept": "as it was"}')
    closing.publish(closed.storage, closed.settings, closed.slug)
    assert shown(closed) == {"kept": "as it was"}


def test_results_of_a_file_that_an_earlier_program_wrote_are_the_same(closed):
    snapshot = snapshots.read(closed.files.snapshot)
    meta = {k: v for k, v in snapshot.meta.items() if k not in ("items", "data_version")}
    older = snapshots.Snapshot(snapshot.frame, meta)
    found = closing.assessed(older, closed.files.snapshot_sha256, None)
    assert found["data"]["file"] == "suppliers-w1.parquet"
    assert found["partners"]["trust"][0]["partner"] == "Fjord"


def test_nothing_is_computed_from_a_changed_snapshot(closed):
    closed.files.snapshot.write_bytes(closed.files.snapshot.read_bytes() + b"\0")
    closed.files.reports[0].unlink()
    with pytest.raises(SnapshotChanged):
        close(closed)
    assert not closed.files.reports[0].exists()


# Results -------------------------------------------------------------------------------


def test_results_show_no_partner_below_the_threshold(closed):
    found = shown(closed)
    assert found["settings"]["min_n"] == 5
    assert found["data"] == {
        "file": "suppliers-w1.parquet",
        "sha256": closed.files.snapshot_sha256,
    }
    for rows in found["partners"].values():
        by_name = {row["partner"]: row for row in rows}
        assert by_name["Fjord"]["n"] == 7
        assert by_name["Nord"]["n"] == 6
        small = by_name["Sund"]
        assert small.pop("suppressed_reason") == "too few answers (fewer than 5)"
        assert {key for key, value in small.items() if value not in (None, [])} == {"partner"}
    assert found["n_rows"] == 13  # nor do totals count what is hidden
    assert {scale["n_rows"] for scale in found["scales"].values()} == {13}
    assert found["snapshot"]["labels"]["trust"]["nb"] == "Trust (nb)"
    assert found["snapshot"]["side"] == "ours"
    assert "scoring_key" not in found["snapshot"]


def test_the_report_is_kept_beside_the_results(closed):
    page = closed.files.reports[0].read_text()
    assert page.startswith("<!doctype html>")
    assert "Our suppliers" in page
    assert "too few answers (fewer than 5)" in page
    assert "Words of" not in page


def test_numbers_do_not_change_by_what_is_hidden(make_study):
    """The published numbers with a small partner are those without it."""
    with_small = make_study(13, slug="with", partners=("Fjord", "Nord"))
    with_small.fill_in((9, 4))
    without = make_study(9, slug="without", partners=("Fjord", "Nord"))
    without.fill_in((9,))
    close(with_small)
    close(without)
    first, second = shown(with_small)["scales"], shown(without)["scales"]
    for name, scale in first.items():
        assert scale.pop("notes") != second[name].pop("notes")  # it says that some are left out
    # The rows stand in another random order, so sums may differ in their last bit.
    assert flat(first) == pytest.approx(flat(second), rel=1e-12)


def flat(document, path=""):
    """Give the numbers of a document by their path; what is none is not there."""
    if isinstance(document, dict):
        return {
            name: value
            for key, inner in document.items()
            for name, value in flat(inner, f"{path}/{key}").items()
        }
    return {path: document} if isinstance(document, int | float) else {}


def test_each_side_has_results_of_its_own(make_study):
    survey = make_study(12, sides=("ours", "theirs"))
    with survey.storage.write() as session:
        for n in range(7, 13):
            session.execute(
                sa.update(Participant)
                .where(Participant.email == f"p{n}@vik.no")
                .values(side="theirs")
            )
    survey.fill_in((12,))
    files = close(survey)
    assert [path.name for path in files.results] == [
        "suppliers-w1-ours.json",
        "suppliers-w1-theirs.json",
    ]
    ours, theirs = shown(survey), shown(survey, "theirs")
    assert (ours["snapshot"]["side"], theirs["snapshot"]["side"]) == ("ours", "theirs")
    assert (ours["n_rows"], theirs["n_rows"]) == (6, 6)
    assert ours["scales"] != theirs["scales"]
    with pytest.raises(UnknownSide, match="it has: ours, theirs"):
        shown(survey, "both")
    files.reports[1].unlink()
    assert close(survey) == files


def test_a_side_that_has_not_answered_has_no_results_and_hinders_none(make_study):
    survey = make_study(6, sides=("ours", "theirs"))
    survey.fill_in((6,))
    files = close(survey)
    assert [path.name for path in files.results] == ["suppliers-w1-ours.json"]
    assert shown(survey)["snapshot"]["side"] == "ours"
    with pytest.raises(NoAnswersFromSide, match="nobody on side 'theirs'"):
        shown(survey, "theirs")
    with pytest.raises(WaveState):
        close(survey)


def test_a_wave_whose_time_has_come_is_gone_and_says_when(closed):
    with closed.storage.write() as session:
        session.execute(sa.text("UPDATE wave SET purged_on = '2028-11-22'"))
    for path in closed.files.snapshot.parent.iterdir():
        path.unlink()
    with pytest.raises(WavePurged, match="were deleted on 2028-11-22"):
        shown(closed)
    with pytest.raises(WavePurged):
        close(closed)
    with closed.storage.read() as session, pytest.raises(WavePurged):
        export.prepare(session, closed.settings, closed.slug)
    assert not revising.settle(closed.storage, closed.settings, closed.slug)


def test_an_open_wave_shows_no_results(make_study):
    survey = make_study()
    with pytest.raises(WaveState, match="is open, but must be closed to show results"):
        shown(survey)


def test_a_wave_of_which_nothing_may_be_shown_is_closed_all_the_same(make_study):
    survey = make_study(3)
    survey.fill_in((3,))
    close(survey)
    found = shown(survey)
    (row,) = found["partners"]["trust"]
    assert row["suppressed_reason"] == "too few answers (fewer than 5)"
    assert found["scales"]["trust"]["mean"] is None
    assert found["scales"]["trust"]["alpha"]["estimate"] is None


def test_the_researcher_reads_the_same_file(closed):
    answers = read_answers(closed.files.snapshot)
    assert answers.sha256 == closed.files.snapshot_sha256
    assert answers.snapshot.min_n == 5
    assert answers.snapshot.titles("nn")["trust"] == "Trust (nn)"
    assert dict(Counter(answers.frame["partner"])) == {"Fjord": 7, "Nord": 6, "Sund": 3}


def test_what_is_published_does_not_count_the_answers_that_are_hidden(closed):
    found = shown(closed)
    hidden = [row for row in found["partners"]["trust"] if row["suppressed_reason"]]
    assert hidden
    assert "participation" not in found["snapshot"]
    assert found["n_rows"] == 13


def test_the_link_to_results_has_a_key_of_its_own(closed):
    settings = closed.settings
    key = results_key(settings, "suppliers", 1)
    assert results_link(settings, "suppliers", 1) == (
        f"http://127.0.0.1:8000/compare/suppliers/1?key={key}"
    )
    assert is_results_key(settings, "suppliers", 1, key)
    for slug, wave in (("suppliers", 2), ("other", 1)):
        assert not is_results_key(settings, slug, wave, key)
    for wrong in ("", key[:-1], key + "x", "å"):
        assert not is_results_key(settings, "suppliers", 1, wrong)


def test_the_link_to_results_stays_on_the_machine_where_the_address_is_public(closed):
    public = dataclasses.replace(closed.settings, base_url="https://survey.example.org")
    assert results_link(public, "suppliers", 1).startswith("http://127.0.0.1:8000/compare/")
