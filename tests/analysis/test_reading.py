"""Files of answers: what simply works, and what is refused with a reason."""

import gzip
import hashlib
import json

import polars as pl
import pytest

from analysis.errors import UnreadableFile
from analysis.reading import numeric, read_answers


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="answers.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_answers(path)

    return write_and_read


@pytest.fixture
def refused(read):
    def message(content, name="answers.csv"):
        with pytest.raises(UnreadableFile) as caught:
            read(content, name)
        return str(caught.value)

    return message


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator_works(read, separator):
    text = f"who{separator}t1\nAcme{separator}4\n"
    assert read(text).frame.to_dicts() == [{"who": "Acme", "t1": "4"}]


def test_excel_may_name_the_separator_in_a_line_of_its_own(read):
    assert read("sep=;\r\nwho;t1\r\nAcme, Inc;4\r\n").frame.to_dicts() == [
        {"who": "Acme, Inc", "t1": "4"}
    ]


def test_separators_inside_quotes_of_the_header_do_not_count(read):
    assert read('"a;b;c",t1\nx,4\n').frame.columns == ["a;b;c", "t1"]


def test_a_gzipped_file_needs_no_telling_name(read):
    assert read(gzip.compress(b"who,t1\nA,4\n", mtime=0), "answers.dat").frame.height == 1


def test_byte_order_mark_spaces_and_windows_lines_leave_no_trace(read):
    answers = read("\ufeffwho , t1\r\nA,4\r\n".encode())
    assert answers.frame.columns == ["who", "t1"]
    assert answers.frame["t1"].to_list() == ["4"]


@pytest.mark.parametrize("text", ["who,t1\rA,4\r", "\n\nwho,t1\n\nA,4\n\n\n", "who,t1\nA,4"])
def test_blank_lines_are_no_rows_and_any_line_end_will_do(read, text):
    assert read(text).frame.to_dicts() == [{"who": "A", "t1": "4"}]


def test_labels_stay_as_they_stand(read):
    assert read("who,t1\n007,4\n1.0,5\n").frame["who"].to_list() == ["007", "1.0"]


def test_name_and_hash_are_of_the_file_itself(read):
    content = gzip.compress(b"who,t1\nA,4\n", mtime=0)
    answers = read(content, "wave.csv.gz")
    assert (answers.file, answers.sha256) == ("wave.csv.gz", hashlib.sha256(content).hexdigest())


def test_columns_without_a_name_get_one_of_their_own(read):
    frame = read("column 2,,t1,\n1,2,3,4\n").frame
    assert frame.columns == ["column 2", "column 2'", "t1", "column 4"]


def test_quoted_line_breaks_are_one_cell(read):
    assert read('who,t1\n"A\nB",4\n').frame["who"].to_list() == ["A\nB"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"who,t1\n", "no rows"),
        ("who,t1\nBj\xf8rn,4\n".encode("latin-1"), "is not UTF-8: byte 0xf8 in line 2"),
        (b"who,t1,who\n1,2,3\n", "several columns named 'who' (columns 1, 3)"),
        (b"who,t1\nA,4\nB,4,5\n", "row 3 has 3 cells and the first row, with the column names, 2"),
        (b"who,t1\nA\nB,4\n", "row 2 has 1 cells"),
        (b'who,t1\n"A,4\n', "not a well-formed CSV file"),
        (b'who,t1\na"b,4\nc"d,5\n', "a quotation mark inside a cell must be doubled"),
        (b"PK\x03\x04rest", "workbook or a zip archive"),
        (b"\x1f\x8bnot gzip", "damaged gzip file"),
        (gzip.compress(b"who,t1\nA,4\n", mtime=0)[:-6], "damaged gzip file"),
        (b"who,t1\nA,\x004\n", "zero bytes"),
        (b"PAR1 and nothing else", "damaged Parquet file"),
    ],
)
def test_a_file_that_is_not_right_is_refused_by_name_and_reason(refused, content, told):
    message = refused(content)
    assert message.startswith("answers.csv")
    assert told in message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="cannot be read: No such file"):
        read_answers(tmp_path / "nothing.csv")


def test_parquet_is_read_with_its_types(tmp_path):
    path = tmp_path / "answers.parquet"
    pl.DataFrame({"who": ["A"], "t1": pl.Series([4], dtype=pl.Int8)}).write_parquet(path)
    answers = read_answers(path)
    assert answers.frame.schema == {"who": pl.String, "t1": pl.Int8}
    assert answers.snapshot is None


def test_parquet_without_rows_is_refused(tmp_path):
    path = tmp_path / "answers.parquet"
    pl.DataFrame({"t1": []}).write_parquet(path)
    with pytest.raises(UnreadableFile, match="no rows"):
        read_answers(path)


def write_snapshot(path, own):
    pl.DataFrame({"partner": ["A"], "t1": [4]}).write_parquet(
        path, metadata={"tillit": own if isinstance(own, str) else json.dumps(own)}
    )
    return path


OWN = {
    "format": 1,
    "title": "Suppliers 2026",
    "scoring_key": {"trust": {"items": ["t1"], "low": 1, "high": 5}},
    "thresholds": {"min_group": 5, "min_group_text": 10},
    "labels": {"trust": {"en": "Trust", "nb": "Tillit"}},
}


def test_a_snapshot_brings_its_rules_along(tmp_path):
    snapshot = read_answers(write_snapshot(tmp_path / "w1.parquet", OWN)).snapshot
    assert (snapshot.partner, snapshot.min_n, snapshot.title) == ("partner", 5, "Suppliers 2026")
    assert snapshot.scoring_key == OWN["scoring_key"]
    assert snapshot.titles("nb") == {"trust": "Tillit"}
    assert snapshot.titles("fr") == {}


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("no JSON", "incomplete"),
        ({**OWN, "format": 2}, "format 2; this version reads format 1"),
        ({**OWN, "thresholds": {}}, "'min_group'"),
        ([], "incomplete"),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(tmp_path, own, told):
    with pytest.raises(UnreadableFile, match=told):
        read_answers(write_snapshot(tmp_path / "w1.parquet", own))


def numbers(values, missing=()):
    return numeric(pl.DataFrame({"t1": values}), ["t1"], missing)["t1"].to_list()


@pytest.mark.parametrize(
    ("values", "missing", "expected"),
    [
        (["4", " 5 ", "", None], (), [4, 5, None, None]),
        (["4", "NA", "NaN"], (), [4, None, None]),
        (["4", "-99", "-99.0"], (-99,), [4, None, None]),
        (["4", "-99"], ("-99",), [4, None]),
        (["4", "refused"], ("refused",), [4, None]),
        (["3,5", "4"], (), [3.5, 4]),
        ([4, -99], (-99,), [4, None]),
        ([4.0, float("nan")], (), [4, None]),
        ([None, None], (), [None, None]),
        ([True, False], (), [1, 0]),
    ],
)
def test_items_become_numbers(values, missing, expected):
    assert numbers(values, missing) == expected


def test_a_text_among_the_numbers_keeps_the_column_for_the_check_to_name():
    assert numbers(["4", "agree", "-99"], (-99,)) == ["4", "agree", None]


def test_only_items_are_converted_and_absent_ones_passed_over():
    frame = pl.DataFrame({"who": ["9"], "t1": ["9"]})
    assert numeric(frame, ["t1", "t2"], [9]).to_dicts() == [{"who": "9", "t1": None}]
    assert frame["t1"].to_list() == ["9"]


def test_dates_are_left_for_the_check():
    frame = pl.DataFrame({"t1": ["2026-01-01"]}).with_columns(pl.col("t1").str.to_date())
    assert numeric(frame, ["t1"]).schema == {"t1": pl.Date}
