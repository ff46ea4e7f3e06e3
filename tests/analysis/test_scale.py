import numpy as np
import pytest

from analysis.errors import AnalysisError, BadScale
from analysis.scale import Scale


def trust(**changes):
    fields = {"name": "trust", "items": ("t1", "t2", "t3"), "low": 1, "high": 5, **changes}
    return Scale(**fields)


def test_lists_become_tuples_so_a_scale_can_be_compared_and_hashed():
    scale = trust(items=["t1", "t2"], reverse=["t2"])
    assert scale.items == ("t1", "t2")
    assert scale.k == 2
    assert hash(scale) == hash(trust(items=("t1", "t2"), reverse=("t2",)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "named ''"),
        ({"name": 3}, "named 3"),
        ({"items": ()}, "'trust' has no items"),
        ({"items": "t1"}, "has items 't1'; give a list of column names"),
        ({"items": ("t1", 2)}, "give a list of column names"),
        ({"items": ("t1", "")}, "give a list of column names"),
        ({"items": ("t1", "t2", "t1")}, "names 't1' twice in items"),
        ({"reverse": ("t1", "t1")}, "names 't1' twice in reverse"),
        ({"reverse": ("t9",)}, "reverses 't9', which is not among its items"),
        ({"low": 5}, "runs from 5 to 5; low must lie below high"),
        ({"low": "1"}, "has low '1'; give a finite number"),
        ({"high": float("inf")}, "has high inf"),
        ({"high": True}, "has high True"),
        ({"min_answered": 0}, "min_answered 0; give a share above 0"),
        ({"min_answered": 1.5}, "min_answered 1.5"),
        ({"min_answered": float("nan")}, "min_answered nan"),
    ],
)
def test_a_scale_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(BadScale, match=message):
        trust(**changes)


def test_errors_share_one_base():
    assert issubclass(BadScale, AnalysisError)


@pytest.mark.parametrize(
    ("k", "share", "needed"), [(1, 0.5, 1), (3, 0.5, 2), (4, 0.5, 2), (10, 0.7, 7), (5, 1, 5)]
)
def test_needed_answers_follow_from_the_share(k, share, needed):
    assert trust(items=[f"t{i}" for i in range(k)], min_answered=share).needed == needed


def test_reversed_items_are_turned_round_in_a_copy():
    answers = np.array([[1.0, 1.0, np.nan], [5.0, 4.0, 2.0]])
    scored = trust(reverse=("t2", "t3")).scored(answers)
    np.testing.assert_array_equal(scored, [[1, 5, np.nan], [5, 2, 4]])
    assert answers[0, 1] == 1


def test_a_scoring_key_gives_scales_in_its_order():
    key = {
        "trust": {"items": ["t1", "t2"], "low": 1, "high": 5, "reverse": ["t2"]},
        "overall": {"items": ["o"], "low": 0, "high": 10, "min_answered": 1.0},
    }
    first, second = Scale.from_key(key)
    assert first == Scale("trust", ("t1", "t2"), 1, 5, ("t2",), 0.5)
    assert second == Scale("overall", ("o",), 0, 10, (), 1.0)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"items": ["t1"], "low": 1}, "'trust' lacks 'high'"),
        (
            {"items": ["t1"], "low": 1, "high": 5, "reversed": []},
            "has 'reversed'; allowed are items",
        ),
    ],
)
def test_a_scoring_key_with_wrong_entries_is_refused(entry, message):
    with pytest.raises(BadScale, match=message):
        Scale.from_key({"trust": entry})
