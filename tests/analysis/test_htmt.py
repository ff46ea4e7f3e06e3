import numpy as np
import pandas as pd
import pytest

from analysis.errors import OutOfRange
from analysis.htmt import htmt
from analysis.scale import Scale

NAN = float("nan")
A = Scale("a", ("a1", "a2", "a3"), 1, 5)
B = Scale("b", ("b1", "b2"), 1, 5)


def likert(seed, n, share):
    """Answers to A and B whose factors correlate `share`."""
    source = np.random.default_rng(seed)
    one = source.standard_normal((n, 1))
    other = share * one + np.sqrt(1 - share**2) * source.standard_normal((n, 1))
    latent = np.hstack([one, one, one, other, other]) + 0.8 * source.standard_normal((n, 5))
    return pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=[*A.items, *B.items])


def by_hand(frame):
    r = frame.corr().abs()
    between = np.mean([r.loc[i, j] for i in A.items for j in B.items])
    within_a = np.mean([r.loc["a1", "a2"], r.loc["a1", "a3"], r.loc["a2", "a3"]])
    return between / np.sqrt(within_a * r.loc["b1", "b2"])


def test_the_ratio_is_that_of_the_definition():
    frame = likert(1, 100, 0.6)
    found = htmt(frame, [A, B])
    assert found.names == ("a", "b")
    assert found.to_dict()["a"]["b"] == pytest.approx(by_hand(frame), abs=1e-12)
    assert found.to_dict()["b"] == {"a": found.to_dict()["a"]["b"]}
    assert np.diagonal(found.values).tolist() == [1, 1]
    assert found.notes == ()


def test_only_rows_complete_on_all_scales_count():
    frame = likert(2, 100, 0.6)
    frame.loc[:9, "b2"] = NAN
    found = htmt(frame, [A, B])
    assert found.to_dict()["a"]["b"] == pytest.approx(by_hand(frame.dropna()), abs=1e-12)
    assert (found.n_used, found.n_total) == (90, 100)


def test_signs_do_not_count_so_reversal_changes_nothing():
    frame = likert(3, 100, 0.6)
    turned = Scale("a", A.items, 1, 5, reverse=("a2",))
    assert htmt(frame, [turned, B]).to_dict()["a"]["b"] == pytest.approx(by_hand(frame), abs=1e-12)


def test_scales_that_cannot_be_told_apart_are_named():
    alike = htmt(likert(4, 400, 0.99), [A, B])
    assert len(alike.sentences()) == 1
    assert alike.sentences()[0].startswith("a and b cannot be told apart in these data (HTMT 0.9")
    apart = htmt(likert(4, 400, 0.5), [A, B])
    assert apart.sentences() == ()
    assert len(apart.sentences(threshold=0.1)) == 1


def test_a_single_item_has_no_ratio():
    overall = Scale("overall", ("b1",), 1, 5)
    found = htmt(likert(5, 50, 0.5), [A, overall])
    assert found.names == ("a",)
    assert found.notes == ("overall has one item, so no ratio",)


def test_no_scale_of_two_items_is_an_empty_matrix():
    found = htmt(likert(5, 50, 0.5), [Scale("overall", ("b1",), 1, 5)])
    assert (found.names, found.to_dict(), found.sentences()) == ((), {}, ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f.assign(b1=3), "an item is constant"),
        (lambda f: f[:2], "2 rows answered every item and 3 are needed"),
        (lambda f: f.assign(b1=NAN), "0 rows answered every item"),
    ],
)
def test_a_ratio_that_is_not_computable_has_its_reason(change, reason):
    found = htmt(change(likert(6, 50, 0.5)), [A, B])
    assert found.to_dict()["a"]["b"] is None
    assert found.sentences(threshold=0) == ()
    assert found.notes[0].startswith("a and b: no ratio, since")
    assert reason in found.notes[0]


def test_scales_that_share_an_item_have_no_ratio():
    found = htmt(likert(7, 50, 0.5), [A, Scale("c", ("a1", "b1"), 1, 5)])
    assert found.to_dict()["a"]["c"] is None
    assert "since both hold 'a1'" in found.notes[0]


def test_the_matrix_becomes_a_frame():
    frame = htmt(likert(8, 50, 0.5), [A, B]).to_frame()
    assert frame.loc["a", "b"] == frame.loc["b", "a"]
    assert frame.loc["a", "a"] == 1


def test_codes_left_in_are_refused():
    with pytest.raises(OutOfRange, match="99"):
        htmt(likert(9, 50, 0.5).replace(1, 99), [A, B])
