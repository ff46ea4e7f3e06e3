# ruff: noqa: PD011 - the values of scores are a dictionary
import numpy as np
import pandas as pd
import pytest

from analysis.errors import BadScale, OutOfRange
from analysis.scale import Scale
from analysis.scoring import item_matrix, score

NAN = float("nan")


def test_a_score_is_the_mean_of_the_answered_items_if_enough_were():
    answers = pd.DataFrame({"t1": [1, 5, NAN, NAN], "t2": [2, NAN, NAN, NAN], "t3": [3, 4, 2, NAN]})
    trust = Scale("trust", ("t1", "t2", "t3"), 1, 5)
    found = score(answers, [trust])
    np.testing.assert_array_equal(found.values["trust"], [2, 4.5, NAN, NAN])
    assert found.prorated == {"trust": 0.5}


@pytest.mark.parametrize(("share", "scored"), [(1.0, 1), (0.5, 2), (0.3, 3)])
def test_the_share_decides_who_gets_a_score(share, scored):
    answers = pd.DataFrame({"t1": [1, 5, NAN], "t2": [2, NAN, NAN], "t3": [3, 4, 2]})
    trust = Scale("trust", ("t1", "t2", "t3"), 1, 5, min_answered=share)
    assert np.isfinite(score(answers, [trust]).values["trust"]).sum() == scored


def test_reversed_items_count_the_other_way():
    answers = pd.DataFrame({"t1": [1, 2], "t2": [7, 4]})
    scale = Scale("trust", ("t1", "t2"), 1, 7, reverse=("t2",))
    np.testing.assert_array_equal(score(answers, [scale]).values["trust"], [1, 3])


def test_no_scored_row_is_no_prorated_row():
    answers = pd.DataFrame({"t1": [NAN], "t2": [NAN]})
    assert score(answers, [Scale("t", ("t1", "t2"), 1, 5)]).prorated == {"t": 0.0}


def test_scores_become_a_frame_with_a_column_per_scale():
    answers = pd.DataFrame({"t1": [1, 2], "q1": [3, 4]})
    scales = [Scale("trust", ("t1",), 1, 5), Scale("quality", ("q1",), 1, 5)]
    frame = score(answers, scales).to_frame()
    assert list(frame.columns) == ["trust", "quality"]
    assert frame["quality"].tolist() == [3, 4]


def test_two_scales_of_one_name_are_refused():
    scale = Scale("trust", ("t1",), 1, 5)
    with pytest.raises(BadScale, match="share a name"):
        score(pd.DataFrame({"t1": [1]}), [scale, scale])


@pytest.mark.parametrize("code", [-99, 99, 0, 6, 5.5])
def test_codes_off_the_scale_are_never_scored(code):
    answers = pd.DataFrame({"t1": [1, 2], "t2": [3, code]})
    with pytest.raises(OutOfRange, match=f"Item 't2' holds {code:g}, off scale 'trust'"):
        item_matrix(answers, Scale("trust", ("t1", "t2"), 1, 5))


def test_the_input_is_not_changed_by_reversal():
    answers = pd.DataFrame({"t1": [1.0, 2.0], "t2": [3.0, 4.0]})
    before = answers.copy()
    item_matrix(answers, Scale("trust", ("t1", "t2"), 1, 5, reverse=("t1",)))
    pd.testing.assert_frame_equal(answers, before)
