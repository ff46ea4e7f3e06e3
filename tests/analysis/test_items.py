import numpy as np
import pandas as pd
import pytest

from analysis.errors import UnknownChoice
from analysis.items import interitem, item_stats, item_table
from analysis.moments import Moments
from analysis.scale import Scale

NAN = float("nan")


def scale_of(k, **more):
    return Scale("trust", [f"t{i}" for i in range(k)], 1, 5, **more)


def likert(seed, n, k, *, gaps=0.0):
    source = np.random.default_rng(seed)
    latent = 0.8 * source.standard_normal((n, 1)) + source.standard_normal((n, k))
    values = np.clip(np.round(3.4 + latent), 1, 5)
    values[source.random(values.shape) < gaps] = NAN
    return pd.DataFrame(values, columns=[f"t{i}" for i in range(k)])


@pytest.mark.parametrize("gaps", [0, 0.15])
def test_an_items_own_statistics_are_those_of_its_answers(gaps):
    frame = likert(1, 80, 3, gaps=gaps)
    for row in item_stats(frame, scale_of(3)).rows:
        x = frame[row.item].dropna().to_numpy()
        s = x.std(ddof=1)
        assert (row.n, row.missing) == (len(x), 80 - len(x))
        assert row.mean == pytest.approx(x.mean(), abs=1e-12)
        assert row.sd == pytest.approx(s, abs=1e-12)
        assert row.skew == pytest.approx(((x - x.mean()) ** 3).mean() / s**3, abs=1e-11)
        assert row.kurtosis == pytest.approx(((x - x.mean()) ** 4).mean() / s**4 - 3, abs=1e-11)
        assert row.floor == pytest.approx((x == 1).mean())
        assert row.ceiling == pytest.approx((x == 5).mean())


def test_item_rest_r_and_alpha_if_deleted_on_complete_rows_are_by_definition():
    frame = likert(2, 60, 4)
    for missing in ("pairwise", "listwise"):
        for row in item_stats(frame, scale_of(4), missing=missing).rows:
            rest = frame.drop(columns=row.item)
            assert row.item_rest_r == pytest.approx(frame[row.item].corr(rest.sum(axis=1)))
            total, own = rest.sum(axis=1).var(), rest.var().sum()
            assert row.alpha_if_deleted == pytest.approx(3 / 2 * (1 - own / total))


def test_listwise_item_rest_r_is_that_of_the_complete_rows():
    frame = likert(3, 120, 4, gaps=0.1)
    complete = frame.dropna()
    found = item_stats(frame, scale_of(4), missing="listwise")
    expected = item_stats(complete, scale_of(4))
    assert [row.item_rest_r for row in found.rows] == pytest.approx(
        [row.item_rest_r for row in expected.rows]
    )
    assert [row.n for row in found.rows] == frame.notna().sum().tolist()


def test_statistics_are_of_the_scored_item():
    frame = likert(4, 60, 3)
    plain = item_stats(frame, scale_of(3)).rows
    turned = item_stats(frame.assign(t1=6 - frame["t1"]), scale_of(3, reverse=["t1"])).rows
    for one, other in zip(plain, turned, strict=True):
        assert one.mean == pytest.approx(other.mean)
        assert one.item_rest_r == pytest.approx(other.item_rest_r)
        assert (one.floor, one.ceiling) == (other.floor, other.ceiling)


def test_a_reversed_item_left_so_has_a_negative_item_rest_r():
    frame = likert(5, 100, 4)
    frame["t2"] = 6 - frame["t2"]
    by_item = item_stats(frame, scale_of(4)).to_dict()
    assert by_item["t2"]["item_rest_r"] < 0
    assert by_item["t2"]["alpha_if_deleted"] > by_item["t0"]["alpha_if_deleted"]


def test_a_constant_item_has_a_mean_and_no_shape():
    frame = likert(6, 40, 3).assign(t1=4.0)
    table = item_stats(frame, scale_of(3))
    constant = table.rows[1]
    assert (constant.mean, constant.sd, constant.ceiling) == (4, 0, 0)
    assert (constant.skew, constant.kurtosis, constant.item_rest_r) == (None, None, None)
    assert constant.alpha_if_deleted is not None
    assert table.rows[0].alpha_if_deleted is None
    assert table.rows[0].item_rest_r is not None
    assert "constant item: every answer to 't1'" in table.notes[0]


def test_an_item_without_answers_has_no_numbers():
    frame = likert(7, 30, 3).assign(t1=NAN)
    row = item_stats(frame, scale_of(3)).rows[1]
    assert (row.n, row.missing) == (0, 30)
    assert {row.mean, row.sd, row.skew, row.item_rest_r, row.floor, row.ceiling} == {None}


def test_one_row_gives_means_only():
    row = item_stats(likert(8, 1, 3), scale_of(3)).rows[0]
    assert row.mean is not None
    assert {row.sd, row.skew, row.kurtosis, row.item_rest_r, row.alpha_if_deleted} == {None}


def test_no_rows_give_no_numbers():
    row = item_stats(likert(9, 0, 3), scale_of(3)).rows[0]
    assert (row.n, row.mean) == (0, None)


def test_two_items_have_no_alpha_if_one_is_deleted():
    table = item_stats(likert(10, 40, 2), scale_of(2))
    assert [row.alpha_if_deleted for row in table.rows] == [None, None]
    assert table.rows[0].item_rest_r == table.rows[1].item_rest_r
    assert table.notes == ("alpha if deleted needs 3 items; the scale has 2",)


def test_a_single_item_has_no_rest():
    table = item_stats(likert(11, 40, 1), scale_of(1))
    assert table.rows[0].item_rest_r is None
    assert table.rows[0].sd > 0
    assert "needs 2 items" in table.notes[1]


def test_pairwise_correlations_beyond_one_are_no_numbers():
    up = np.array([1.0, 2, 3, 4, 5, 1, 5, 2, 4, 3])
    none = np.full(10, NAN)
    blocks = [(up, up, none), (none, up, up), (up, none, 6 - up)]
    frame = pd.DataFrame(
        np.vstack([np.column_stack(b) for b in blocks]), columns=["t0", "t1", "t2"]
    )
    table = item_stats(frame, scale_of(3))
    assert table.rows[1].item_rest_r is None
    assert "contradict each other" in table.notes[0]


def test_items_never_answered_together_have_no_rest():
    frame = pd.DataFrame({"t0": [1, 2, NAN, NAN], "t1": [NAN, NAN, 3, 4], "t2": [1, 2, 3, 5]})
    table = item_stats(frame, scale_of(3))
    assert table.rows[0].item_rest_r is None
    assert "answered 't0' and 't1'; there are 0" in table.notes[0]


def test_the_table_is_a_dictionary_and_a_frame():
    table = item_stats(likert(12, 40, 3), scale_of(3))
    assert list(table.to_dict()) == ["t0", "t1", "t2"]
    assert set(table.to_dict()["t0"]) == {
        "n",
        "missing",
        "mean",
        "sd",
        "skew",
        "kurtosis",
        "item_rest_r",
        "alpha_if_deleted",
        "floor",
        "ceiling",
    }
    frame = table.to_frame()
    assert frame["item"].tolist() == ["t0", "t1", "t2"]
    assert frame["mean"][1] == table.rows[1].mean


def test_an_unknown_way_with_gaps_is_refused():
    with pytest.raises(UnknownChoice, match="missing is 'mean'"):
        item_stats(likert(13, 20, 3), scale_of(3), missing="mean")
    with pytest.raises(UnknownChoice, match="missing is 'mean'"):
        interitem(likert(13, 20, 3), scale_of(3), missing="mean")


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_correlations_between_items_are_those_of_pandas(missing):
    frame = likert(14, 90, 4, gaps=0.1)
    r = (frame if missing == "pairwise" else frame.dropna()).corr().to_numpy()
    r = r[np.triu_indices(4, 1)]
    found = interitem(frame, scale_of(4), missing=missing)
    assert (found.mean, found.min, found.max) == pytest.approx((r.mean(), r.min(), r.max()))
    assert (found.n_pairs, found.notes) == (6, ())


def test_correlations_between_items_say_why_they_are_missing():
    found = interitem(likert(15, 30, 3).assign(t1=2.0), scale_of(3))
    assert (found.mean, found.min, found.max, found.n_pairs) == (None, None, None, 3)
    assert "constant item" in found.notes[0]
    assert interitem(likert(15, 30, 1), scale_of(1)).notes[0].endswith("the scale has 1")


def test_statistics_of_added_sums_are_those_of_all_rows():
    frame = likert(16, 70, 3, gaps=0.1)
    scale = scale_of(3)
    sums = Moments.of(frame[:20], scale) + Moments.of(frame[20:], scale)
    expected = item_stats(frame, scale).to_frame().drop(columns="item")
    found = item_table(sums).to_frame().drop(columns="item")
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
