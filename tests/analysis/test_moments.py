import time
from dataclasses import fields
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import OutOfRange, ScaleMismatch, UnknownChoice
from analysis.moments import Moments
from analysis.scale import Scale

NAN = float("nan")
ITEMS = ("t1", "t2", "t3")
TRUST = Scale("trust", ITEMS, 1, 5, reverse=("t2",))
SIGNS = np.outer([1, -1, 1], [1, -1, 1])  # what reversal of t2 does to covariances


def answers(seed, n, *, gaps=0.2, partners=4):
    source = np.random.default_rng(seed)
    values = source.integers(1, 6, (n, len(ITEMS))).astype(float)
    values[source.random(values.shape) < gaps] = NAN
    frame = pd.DataFrame(values, columns=list(ITEMS))
    frame["partner"] = source.integers(0, partners, n)
    return frame


def assert_equal_sums(one, other, tolerance=1e-12):
    assert one.scale == other.scale
    for field in fields(Moments)[1:]:
        a, b = getattr(one, field.name), getattr(other, field.name)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=0, err_msg=field.name)


def by_hand(frame, scale):
    """Sum row by row, as the definitions say."""
    rows = frame[list(scale.items)].to_numpy(dtype=float)
    rows = scale.scored(rows)
    found = dict.fromkeys((field.name for field in fields(Moments)[1:]), 0)
    k = scale.k
    for name in ("pair_n", "pair_sum", "pair_square", "pair_cross", "complete_cross"):
        found[name] = np.zeros((k, k))
    for name in ("cube", "fourth", "floor", "ceiling", "complete_sum"):
        found[name] = np.zeros(k)
    for row in rows:
        x = row - scale.low
        given = [i for i in range(k) if not np.isnan(x[i])]
        found["n_rows"] += 1
        found["n_answered"] += bool(given)
        for i in given:
            found["cube"][i] += x[i] ** 3
            found["fourth"][i] += x[i] ** 4
            found["floor"][i] += row[i] == scale.low
            found["ceiling"][i] += row[i] == scale.high
            for j in given:
                found["pair_n"][i, j] += 1
                found["pair_sum"][i, j] += x[i]
                found["pair_square"][i, j] += x[i] ** 2
                found["pair_cross"][i, j] += x[i] * x[j]
        if len(given) == k:
            found["complete_n"] += 1
            found["complete_sum"] += x
            found["complete_cross"] += np.outer(x, x)
        if len(given) >= scale.min_answered * k:
            mean = x[given].mean()
            found["score_n"] += 1
            found["score_sum"] += mean
            found["score_square"] += mean**2
    return Moments(scale, **found)


@pytest.mark.parametrize("gaps", [0, 0.2, 0.9])
@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_sums_are_those_counted_row_by_row(n, gaps):
    frame = answers(1, n, gaps=gaps)
    assert_equal_sums(Moments.of(frame, TRUST), by_hand(frame, TRUST))


def test_sums_over_many_blocks_are_those_counted_row_by_row():
    frame = answers(2, 40_000)
    total = Moments.of(frame, TRUST)
    parts = [by_hand(frame[start : start + 500], TRUST) for start in range(0, 2000, 500)]
    assert_equal_sums(Moments.of(frame[:2000], TRUST), reduce(add, parts))
    assert total.n_rows == 40_000
    np.testing.assert_allclose(
        total.covariance(), SIGNS * frame[list(ITEMS)].cov().to_numpy(), rtol=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(0, 60), cut=st.floats(0, 1))
def test_sums_of_parts_add_up_to_the_sums_of_the_whole(seed, n, cut):
    frame = answers(seed, n)
    at = int(cut * n)
    parts = Moments.of(frame[:at], TRUST) + Moments.of(frame[at:], TRUST)
    assert_equal_sums(parts, Moments.of(frame, TRUST))


def test_sums_of_decimal_answers_add_up_to_twelve_digits():
    source = np.random.default_rng(5)
    frame = pd.DataFrame(source.uniform(0, 100, (3000, 2)), columns=["a", "b"])
    scale = Scale("skill", ("a", "b"), 0, 100)
    parts = [Moments.of(frame[i : i + 7], scale) for i in range(0, 3000, 7)]
    assert_equal_sums(reduce(add, parts), Moments.of(frame, scale))


def test_whole_number_sums_are_exact():
    found = Moments.of(answers(3, 50_000), TRUST)
    for name in ("pair_sum", "pair_cross", "cube", "fourth", "complete_cross"):
        values = getattr(found, name)
        assert (values == np.round(values)).all(), name


def test_sums_per_partner_are_those_of_each_partners_rows():
    frame = answers(4, 300)
    frame.loc[[5, 9], "partner"] = None
    found = Moments.by(frame, TRUST, "partner")
    assert list(found) == [0, 1, 2, 3]
    for partner, sums in found.items():
        assert_equal_sums(sums, Moments.of(frame[frame["partner"] == partner], TRUST))
    assert_equal_sums(
        reduce(add, found.values()), Moments.of(frame[frame["partner"].notna()], TRUST)
    )


def test_pandas_and_polars_give_the_same_sums():
    frame = answers(6, 200)
    other = pl.DataFrame({name: frame[name].to_list() for name in frame.columns}, nan_to_null=True)
    assert_equal_sums(Moments.of(other, TRUST), Moments.of(frame, TRUST), tolerance=0)
    assert list(Moments.by(other, TRUST, "partner")) == [0, 1, 2, 3]


def test_sums_of_different_scales_do_not_add():
    frame = answers(7, 10)
    with pytest.raises(ScaleMismatch, match="cannot be added"):
        Moments.of(frame, TRUST) + Moments.of(frame, Scale("trust", ITEMS, 1, 5))


def test_codes_off_the_scale_are_not_summed():
    with pytest.raises(OutOfRange):
        Moments.of(pd.DataFrame({"t1": [1], "t2": [99], "t3": [1]}), TRUST)


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_covariances_and_correlations_are_those_of_pandas(missing):
    frame = answers(8, 90)[list(ITEMS)]
    found = Moments.of(frame, TRUST)
    rows = frame if missing == "pairwise" else frame.dropna()
    scored = rows.assign(t2=6 - rows["t2"])
    np.testing.assert_allclose(found.covariance(missing), scored.cov(), rtol=1e-12)
    np.testing.assert_allclose(found.correlation(missing), scored.corr(), rtol=1e-12)


def test_too_few_rows_give_gaps_not_numbers():
    found = Moments.of(pd.DataFrame({"t1": [1, 2], "t2": [3, NAN], "t3": [NAN, NAN]}), TRUST)
    expected = [[0.5, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, NAN]]
    np.testing.assert_array_equal(found.covariance(), expected)
    assert np.isnan(found.covariance("listwise")).all()
    assert np.isnan(found.means()[2])


def test_an_unknown_way_with_gaps_is_refused():
    found = Moments.of(answers(9, 9), TRUST)
    with pytest.raises(UnknownChoice, match="missing is 'fiml'; choose one of 'pairwise'"):
        found.covariance("fiml")


def test_scores_in_sums_are_the_scores_of_the_rows():
    frame = answers(10, 80)
    scored = frame[list(ITEMS)].assign(t2=6 - frame["t2"])
    means = scored.mean(axis=1)[scored.notna().sum(axis=1) >= 2]
    found = Moments.of(frame, TRUST)
    assert found.score_n == len(means)
    assert found.score_mean() == pytest.approx(means.mean(), rel=1e-12)
    assert found.score_variance() == pytest.approx(means.var(), rel=1e-12)
    assert found.n_prorated == (scored.notna().sum(axis=1) == 2).sum()


def test_without_scores_there_is_no_mean_and_no_variance():
    found = Moments.of(answers(11, 1, gaps=1), TRUST)
    assert np.isnan(found.score_mean())
    assert np.isnan(found.score_variance())


@pytest.mark.parametrize("value", [1.0, 4.0, 3.3333333])
def test_constant_items_are_found_whatever_their_value(value):
    frame = pd.DataFrame({"t1": [1, 2, 3], "t2": [value] * 3, "t3": [value, value, NAN]})
    found = Moments.of(frame, TRUST)
    assert found.constant() == ("t2", "t3")
    assert found.constant("listwise") == ("t2", "t3")


def test_an_item_may_be_constant_in_the_complete_rows_only():
    frame = pd.DataFrame({"t1": [1, 2, 3], "t2": [3, 3, 4], "t3": [1, 2, NAN]})
    found = Moments.of(frame, TRUST)
    assert found.constant() == ()
    assert found.constant("listwise") == ("t2",)


@pytest.mark.durability
def test_a_million_rows_by_twenty_two_items_take_seconds_at_most():
    source = np.random.default_rng(12)
    values = source.integers(1, 6, (1_000_000, 22), dtype=np.int8)
    names = [f"i{j}" for j in range(22)]
    frame = pl.DataFrame(values, schema=names)
    start = time.process_time()
    found = Moments.of(frame, Scale("all", names, 1, 5))
    assert time.process_time() - start < 4  # 0.5 s on one quiet core, doubled on a busy one
    assert found.complete_n == 1_000_000
