"""Exports: the same rows for any program, without what would show fewer than the thresholds."""

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.reading import read_answers
from survey.errors import NothingToExport, SnapshotChanged, SnapshotMissing, UnknownWave, WaveState
from survey.services import closing, export, snapshots
from survey.services.formats import FORMATS
from survey.services.snapshots import Row
from survey.services.withholding import WITHHELD, Withheld, withhold

NOTHING = Withheld()
THRESHOLDS = {"min_group": 3, "min_group_text": 4}


def snapshot_of(instrument, rows, **thresholds):
    meta = {
        "thresholds": {**THRESHOLDS, **thresholds},
        "scoring_key": instrument.scoring_key(),
    }
    return snapshots.build(rows, instrument, 1, meta)


def row(partner="Fjord", side="ours", language="en", **answers):
    return Row(partner, side, language, answers)


@pytest.fixture
def closed(make_study, played_once):
    def play():
        survey = make_study(13, partners=("Fjord", "Nord"))
        survey.fill_in((10, 3))
        closing.close(survey.storage, survey.settings, survey.slug)
        return survey

    return played_once("export", play)


def prepare(survey, number=None):
    with survey.storage.read() as session:
        return export.prepare(session, survey.settings, survey.slug, number)


def written(exported, file_format):
    stream = io.BytesIO()
    export.write(exported, file_format, stream)
    return stream.getvalue()


# What is withheld ----------------------------------------------------------------------


def test_rows_of_a_small_partner_are_withheld_on_each_side(instrument):
    rows = [row(t1=5)] * 3 + [row("Nord", t1=5)] * 2 + [row(side="theirs", t1=5)] * 2
    kept, told = withhold(snapshot_of(instrument, rows))
    assert kept.frame.select("partner", "side").rows() == [("Fjord", "ours")] * 3
    assert (told.rows, told.groups) == (4, 2)


def test_a_scale_with_too_few_scores_is_withheld_and_says_so(instrument):
    rows = [row(t1=5, t2=4, o1=1, o2=1)] * 2 + [row(t1=5, t2="dont_know", o1=2, o2=2)]
    kept, told = withhold(snapshot_of(instrument, rows))
    # two of three items are needed for a score of trust, and only two rows have them
    assert kept.frame["t1"].to_list() == [None] * 3
    assert kept.frame["t1_missing"].to_list() == [WITHHELD] * 3
    assert kept.frame["t2_missing"].to_list() == [WITHHELD, WITHHELD, "dont_know"]
    assert kept.frame["t3_missing"].to_list() == ["not_reached"] * 3
    assert kept.frame["o1"].to_list() == [1, 1, 2]
    assert kept.frame["o1_missing"].to_list() == [None] * 3
    assert told == Withheld(scales=1)


def test_text_needs_more_voices_than_scores(instrument):
    rows = [row(t1=5, say="a"), row(t1=5, say="b"), row(t1=5, say="c"), row(t1=5)]
    kept, told = withhold(snapshot_of(instrument, rows))
    assert kept.frame["say"].to_list() == [None] * 4
    assert told.texts == 3
    kept, told = withhold(snapshot_of(instrument, rows, min_group_text=3))
    assert kept.frame["say"].to_list() == ["a", "b", "c", None]
    assert told.texts == 0


def test_a_rare_language_hides_the_languages_of_the_whole_partner(instrument):
    rows = [row()] * 5 + [row(language="is")] * 2 + [row("Nord", language="nb")] * 3
    kept, told = withhold(snapshot_of(instrument, rows))
    assert kept.frame["language"].to_list() == [None] * 7 + ["nb"] * 3
    assert told.languages == 1


def test_nothing_is_withheld_of_large_groups(instrument):
    rows = [row(t1=5, t2=5, o1=3, o2=3, all=2, say="x")] * 4
    snapshot = snapshot_of(instrument, rows)
    kept, told = withhold(snapshot)
    assert told == NOTHING
    assert kept.frame.equals(snapshot.frame)
    assert {**kept.meta, "content_sha256": snapshot.meta["content_sha256"]} == snapshot.meta


ANSWERS = st.sampled_from([1, 5, "skipped", "dont_know", "not_applicable", None])
ROWS = st.builds(
    lambda partner, side, language, values, say: Row(
        partner,
        side,
        language,
        {
            item: v
            for item, v in zip(("t1", "t2", "t3", "o1", "o2", "all"), values, strict=True)
            if v
        }
        | ({"say": "x"} if say else {}),
    ),
    st.sampled_from(["Fjord", "Nord"]),
    st.sampled_from(["ours", "theirs"]),
    st.sampled_from(["en", "is"]),
    st.tuples(*[ANSWERS] * 6),
    st.booleans(),
)


@given(st.lists(ROWS, min_size=1, max_size=30))
def test_no_cell_of_an_export_rests_on_fewer_than_the_threshold(instrument, rows):
    snapshot = snapshot_of(instrument, rows)
    before = snapshot.frame.clone()
    kept, told = withhold(snapshot)
    assert snapshot.frame.equals(before)
    assert kept.frame.schema == before.schema
    assert kept.frame.height == before.height - told.rows
    groups = kept.frame.group_by("partner", "side").agg(
        rows=pl.len(),
        trust=(pl.sum_horizontal(pl.col("t1", "t2", "t3").is_not_null()) >= 2).sum(),
        openness=(pl.sum_horizontal(pl.col("o1", "o2").is_not_null()) >= 1).sum(),
        overall=pl.col("all").is_not_null().sum(),
        said=pl.col("say").is_not_null().sum(),
    )
    for group in groups.to_dicts():
        assert group["rows"] >= 3
        assert {group[name] >= 3 or group[name] == 0 for name in ("trust", "openness")} <= {True}
        assert group["overall"] == 0 or group["overall"] >= 3
        assert group["said"] == 0 or group["said"] >= 4
    languages = kept.frame.drop_nulls("language").group_by("partner", "side", "language").len()
    assert all(count >= 3 for count in languages["len"])
    with_code = kept.frame.filter(pl.col("t1").is_null() != pl.col("t1_missing").is_not_null())
    assert with_code.is_empty()


# Reading the wave ----------------------------------------------------------------------


def test_an_export_has_the_rows_of_the_large_partners(closed):
    exported = prepare(closed)
    assert set(exported.snapshot.frame["partner"]) == {"Fjord"}
    assert exported.snapshot.frame.height == 10
    assert exported.withheld == Withheld(rows=3, groups=1)
    assert exported.snapshot.frame["say"].null_count() == 0  # ten texts are enough
    assert prepare(closed, 1).snapshot.frame.equals(exported.snapshot.frame)


def test_an_open_wave_is_not_exported(make_study):
    survey = make_study(5)
    survey.fill_in((5,))
    with pytest.raises(WaveState, match="only participation is shown"):
        prepare(survey)
    with pytest.raises(UnknownWave):
        prepare(survey, 3)


def test_a_study_of_which_nothing_may_be_shown_is_not_exported(make_study):
    survey = make_study(4)
    survey.fill_in((4,))
    closing.close(survey.storage, survey.settings, survey.slug)
    with pytest.raises(NothingToExport, match="no partner has 5 submitted answers"):
        prepare(survey)


def test_a_snapshot_that_changed_or_is_gone_is_not_exported(closed):
    (path,) = closed.settings.snapshots_dir.glob("*.parquet")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"?")
    with pytest.raises(SnapshotChanged):
        prepare(closed)
    path.unlink()
    with pytest.raises(SnapshotMissing):
        prepare(closed)


# Files ---------------------------------------------------------------------------------


def test_csv_has_the_same_cells(closed):
    exported = prepare(closed)
    text = written(exported, "csv").decode()
    header, *lines = csv.reader(io.StringIO(text))
    assert header == exported.snapshot.frame.columns
    expected = [
        ["" if cell is None else str(cell) for cell in row]
        for row in exported.snapshot.frame.rows()
    ]
    assert lines == expected
    assert "\r" not in text


def test_csv_neutralises_text_and_leaves_numbers(instrument):
    rows = [Row("=Fjord", "ours", "en", {"t1": 5, "say": "-1+1"}) for _ in range(4)]
    kept, _ = withhold(snapshot_of(instrument, rows, min_group_text=3))
    stream = io.BytesIO()
    FORMATS["csv"](kept, stream)
    found = next(csv.DictReader(io.StringIO(stream.getvalue().decode())))
    assert (found["partner"], found["say"], found["wave"]) == ("'=Fjord", "'-1+1", "1")


def test_csv_is_written_slice_by_slice_and_whole(instrument):
    rows = [row(t1=n % 5 + 1, t2=1) for n in range(25_001)]
    snapshot = snapshot_of(instrument, rows)
    stream = io.BytesIO()
    FORMATS["csv"](snapshot, stream)
    assert pl.read_csv(stream.getvalue())["t1"].to_list() == [n % 5 + 1 for n in range(25_001)]


def test_parquet_carries_what_a_researcher_needs(closed, tmp_path):
    path = tmp_path / "out.parquet"
    exported = prepare(closed)
    export.write_file(exported, "parquet", path)
    assert snapshots.read(path).frame.equals(exported.snapshot.frame)
    answers = read_answers(path)
    assert answers.snapshot.scoring_key == exported.snapshot.scoring_key
    assert answers.snapshot.min_n == 5


def test_a_file_is_there_whole_or_not_at_all(closed, tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("before")
    exported = prepare(closed)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("survey.services.files.os.fsync", fail)
        with pytest.raises(OSError, match="No space"):
            export.write_file(exported, "csv", path)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.glob("*.csv")] == ["out.csv"]
    assert not list(tmp_path.glob(".out*"))
    export.write_file(exported, "csv", path)
    assert path.read_bytes() == written(exported, "csv")


def test_names_too_long_for_stata_are_cut_and_stand_in_the_labels():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyreadstat")
    names = [f"the_partner_keeps_its_promises_{n:03}" for n in range(120)]
    points = [{"value": n, "label": {"en": f"Point {n}"}} for n in (1, 2, 3)]
    columns = [
        {"column": name, "type": "Int8", "content": "the answer", "scale": {"points": points}}
        for name in names
    ]
    book = {"languages": ["en"], "columns": columns}
    frame = pl.DataFrame(
        {name: [1, None, 3] for name in names}, schema=dict.fromkeys(names, pl.Int8)
    )
    stream = io.BytesIO()
    FORMATS["dta"](snapshots.Snapshot(frame, {}), stream, book)
    reader = pandas.io.stata.StataReader(io.BytesIO(stream.getvalue()), convert_categoricals=False)
    with reader:
        table, labels = reader.read(), reader.variable_labels()
    assert len(set(table.columns)) == 120
    assert [labels[name].partition(":")[0] for name in table.columns] == names
    assert table.iloc[:, 7].tolist()[::2] == [1, 3]
    assert table.iloc[:, 7].isna().tolist() == [False, True, False]
