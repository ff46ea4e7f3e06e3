import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis.data import columns, groups, labels, matrix
from analysis.errors import BadFrame, NotNumeric, UnknownColumn

NAN = float("nan")


def pandas_columns():
    return {
        "floats": pd.Series([1.0, 2.0, None]),
        "nullable integers": pd.array([1, 2, None], dtype="Int64"),
        "nullable floats": pd.array([1, 2, None], dtype="Float32"),
        "texts": ["1", " 2", ""],
        "objects": pd.Series([1, "2.0", None], dtype=object),
        "categories": pd.Categorical(["1", "2", None]),
    }


def polars_columns():
    return {
        "integers": pl.Series([1, 2, None], dtype=pl.Int8),
        "texts": pl.Series(["1", "2", None]),
        "blank texts": pl.Series(["1", " 2 ", " "]),
        "categories": pl.Series(["1", "2", None], dtype=pl.Categorical),
        "decimals": pl.Series(["1", "2", None]).cast(pl.Decimal(10, 2)),
    }


@pytest.mark.parametrize("name", pandas_columns())
def test_pandas_columns_become_numbers_and_gaps(name):
    frame = pd.DataFrame({"x": pandas_columns()[name]})
    np.testing.assert_array_equal(matrix(frame, ["x"]), [[1], [2], [NAN]])


@pytest.mark.parametrize("name", polars_columns())
def test_polars_columns_become_numbers_and_gaps(name):
    frame = pl.DataFrame({"x": polars_columns()[name]})
    np.testing.assert_array_equal(matrix(frame, ["x"]), [[1], [2], [NAN]])


@pytest.mark.parametrize("library", [pd, pl])
def test_booleans_count_as_one_and_zero(library):
    frame = library.DataFrame({"whole": [True, False, True], "gap": [True, None, False]})
    np.testing.assert_array_equal(matrix(frame, ["whole", "gap"]), [[1, 1], [0, NAN], [1, 0]])


def test_columns_are_taken_in_the_order_asked_for_and_data_stay_as_they_were():
    frame = pd.DataFrame({"a": [1, 2], "b": [-99, 4]})
    before = frame.copy()
    np.testing.assert_array_equal(matrix(frame, ["b", "a"], missing=[-99]), [[NAN, 1], [4, 2]])
    pd.testing.assert_frame_equal(frame, before)


def test_no_rows_and_no_items_give_empty_matrices():
    assert matrix(pd.DataFrame({"a": []}), ["a"]).shape == (0, 1)
    assert matrix(pd.DataFrame({"a": [1]}), []).shape == (0, 0)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1, 2, "often"], "'often' in data row 3"),
        ([1, float("inf")], "inf in data row 2"),
        ([1, float("-inf")], "-inf in data row 2"),
        (["1", "infinity"], "inf in data row 2"),
        ([dt.date(2024, 1, 1)], "datetime.date(2024, 1, 1) in data row 1"),
        (pd.to_datetime(["2024-01-01"]), "in data row 1"),
        ([[1, 2]], "[1, 2] in data row 1"),
        (["3,5"], "'3,5' in data row 1"),
    ],
)
def test_what_is_no_number_is_named_with_column_value_and_row(values, shown):
    with pytest.raises(NotNumeric, match="Column 't1' holds") as caught:
        matrix(pd.DataFrame({"t1": values}), ["t1"])
    assert shown in str(caught.value)
    assert "leave the cell empty" in str(caught.value)


def test_dates_in_polars_are_no_numbers():
    frame = pl.DataFrame({"t1": [dt.date(2024, 1, 1)]})
    with pytest.raises(NotNumeric, match="data row 1"):
        matrix(frame, ["t1"])


def test_an_unknown_column_is_named_with_those_there_are():
    frame = pd.DataFrame({f"c{i}": [1] for i in range(14)})
    with pytest.raises(UnknownColumn, match=r"no column 't1'; the data have 'c0', .* and 2 more"):
        matrix(frame, ["t1"])


def test_a_column_name_that_stands_twice_is_refused():
    with pytest.raises(BadFrame, match="share the name 'a'"):
        columns(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_what_is_no_frame_is_refused():
    with pytest.raises(BadFrame, match="a list; give a pandas or polars DataFrame"):
        columns([1, 2, 3])


@pytest.mark.parametrize("library", [pd, pl])
def test_labels_are_whole_numbers_or_texts(library):
    frame = library.DataFrame({"number": [3.0, None, 1.0], "text": ["b", None, ""]})
    assert labels(frame, "number").tolist() == [3, None, 1]
    assert [type(label) for label in labels(frame, "number")] == [int, type(None), int]
    assert labels(frame, "text").tolist() == ["b", None, None]


def test_labels_of_other_kinds_become_texts():
    frame = pd.DataFrame({"half": [1.5, 2.0], "flag": [True, False]})
    assert labels(frame, "half").tolist() == ["1.5", 2]
    assert labels(frame, "flag").tolist() == ["True", "False"]


def test_groups_are_ordered_numbers_before_texts():
    frame = pd.DataFrame({"p": ["b", 10, None, 9, "a", "b"]})
    names, codes = groups(frame, "p")
    assert names == (9, 10, "a", "b")
    assert codes.tolist() == [3, 1, -1, 0, 2, 3]


def test_groups_of_whole_numbers_stay_whole_numbers():
    names, codes = groups(pl.DataFrame({"p": [2, 1, 2]}), "p")
    assert names == (1, 2)
    assert codes.tolist() == [1, 0, 1]


def test_labels_that_say_nothing_are_none_and_spaces_do_not_count():
    frame = pl.DataFrame({"who": ["A", " A ", "  ", "", None]})
    assert labels(frame, "who").tolist() == ["A", "A", None, None, None]
    numbers = pl.DataFrame({"who": [1.0, 2.5, float("nan"), None]})
    assert labels(numbers, "who").tolist() == [1, "2.5", None, None]


@pytest.mark.parametrize("values", [[[1, 2], [3]], [{"a": 1}, {"a": 2}]])
def test_a_column_of_lists_names_nothing(values):
    with pytest.raises(BadFrame, match=r"Column 'who' holds .* names nothing"):
        labels(pl.DataFrame({"who": values}), "who")
