import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis.diagnostics import check
from analysis.errors import BadFrame
from analysis.scale import Scale

NAN = float("nan")
TRUST = Scale("trust", ("t1", "t2", "t3", "t4"), 1, 5)
LOYALTY = Scale("loyalty", ("l1", "l2", "l3"), 1, 5)


def likert(seed, n, *, scales=(TRUST, LOYALTY), common=0.8):
    """Clean answers to scales that correlate."""
    source = np.random.default_rng(seed)
    general = source.standard_normal((n, 1))
    columns = {}
    for scale in scales:
        factor = 0.6 * general + 0.8 * source.standard_normal((n, 1))
        latent = common * factor + np.sqrt(1 - common**2) * source.standard_normal((n, scale.k))
        columns |= dict(
            zip(scale.items, np.clip(np.round(3.3 + 1.1 * latent), 1, 5).T, strict=True)
        )
    return pd.DataFrame(columns)


def codes(found):
    return [(finding.code, finding.item) for finding in found.findings]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("n", [40, 300])
def test_clean_data_give_no_finding(seed, n):
    frame = likert(seed, n)
    frame["partner"] = np.arange(n) % 5
    assert check(frame, [TRUST, LOYALTY], partner="partner").findings == ()


def test_clean_answers_with_gaps_give_no_finding():
    frame = likert(1, 200)
    frame = frame.mask(np.random.default_rng(2).random(frame.shape) < 0.1)
    assert check(frame, [TRUST, LOYALTY]).findings == ()


def test_polars_frames_are_looked_at_alike():
    frame = likert(1, 200).assign(t1=lambda f: f["t1"].where(f["t1"] > 1, -99))
    other = pl.DataFrame({name: frame[name].to_list() for name in frame.columns})
    assert check(other, [TRUST]) == check(frame, [TRUST])


def test_codes_off_the_scale_are_named_with_their_counts():
    frame = likert(1, 100)
    frame.loc[:2, "t2"] = -99
    frame.loc[7, "t2"] = 99
    found = check(frame, [TRUST])
    assert codes(found) == [("out_of_range", "t2")]
    finding = found.refused[0]
    assert finding.message == (
        "Item 't2' of scale 'trust' holds -99 (3 times), 99 (1 time), off its range 1 to 5."
    )
    assert "missing = [-99, 99]" in finding.action
    assert finding.rows == (1, 2, 3, 8)


def test_declared_codes_are_no_answers_and_no_finding():
    frame = likert(1, 100)
    frame.loc[:2, "t2"] = -99
    assert check(frame, [TRUST, LOYALTY], missing=[-99]).findings == ()


def test_many_codes_off_the_scale_are_cut_short():
    frame = likert(1, 100)
    frame.loc[:9, "t2"] = np.arange(10, 20)
    message = check(frame, [TRUST]).refused[0].message
    assert "17 (1 time), 2 more values" in message


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["often"] * 60, "holds 'often' in data row 1"),
        ([1.0] * 59 + [float("inf")], "holds inf in data row 60"),
    ],
)
def test_a_column_that_is_not_numeric_is_refused(values, shown):
    found = check(likert(1, 60).assign(t3=values), [TRUST])
    assert codes(found) == [("not_numeric", "t3")]
    assert shown in found.refused[0].message
    assert found.refused[0].action.startswith("Recode it")


def test_a_missing_column_is_refused_and_the_rest_is_still_looked_at():
    frame = likert(1, 60).drop(columns="t1").assign(t2=3)
    found = check(frame, [TRUST, LOYALTY])
    assert codes(found) == [("missing_column", "t1"), ("constant_item", "t2")]
    assert found.refused[0].scale == "trust"


def test_a_scale_without_any_column_is_refused_item_by_item():
    found = check(pd.DataFrame({"other": [1, 2]}), [LOYALTY])
    assert codes(found) == [("missing_column", item) for item in LOYALTY.items]


@pytest.mark.parametrize(
    "ids",
    [
        np.arange(1, 61),
        np.arange(1, 61) * 7 + 1000,
        np.random.default_rng(1).permutation(60) + 100,
        np.repeat(np.arange(500, 520), 3),
        np.r_[np.random.default_rng(1).permutation(58) + 100, 120, 120],
    ],
)
def test_an_id_column_among_the_items_is_refused_once(ids):
    found = check(likert(1, 60).assign(t1=ids), [TRUST])
    assert codes(found) == [("id_column", "t1")]
    assert "looks like an id column" in found.refused[0].message
    assert "Take 't1' out" in found.refused[0].action


def test_a_run_of_numbers_within_a_wide_scale_is_an_id_column():
    slider = Scale("trust", ("t1", "t2"), 0, 100)
    source = np.random.default_rng(3)
    frame = pd.DataFrame({"t1": np.arange(1, 51), "t2": source.integers(0, 101, 50)})
    assert ("id_column", "t1") in codes(check(frame, [slider]))


def test_sliders_and_test_scores_are_no_id_columns():
    slider = Scale("trust", ("t1", "t2"), 0, 100)
    source = np.random.default_rng(3)
    level = source.uniform(20, 80, 50)
    values = level[:, None] + source.uniform(-15, 15, (50, 2))
    assert check(pd.DataFrame(np.round(values), columns=["t1", "t2"]), [slider]).findings == ()
    assert check(pd.DataFrame(values, columns=["t1", "t2"]), [slider]).findings == ()


def test_few_answers_off_the_scale_are_codes_not_ids():
    frame = likert(1, 60).assign(t1=[8, 9, 10, 11] + [NAN] * 56)
    assert ("out_of_range", "t1") in codes(check(frame, [TRUST]))


def test_a_constant_item_is_named():
    found = check(likert(1, 60).assign(t3=4), [TRUST])
    assert codes(found) == [("constant_item", "t3")]
    assert "the same answer (4) in all 60 rows" in found.findings[0].message
    assert found.refused == ()


def test_an_item_without_answers_is_named():
    found = check(likert(1, 60).assign(t3=NAN), [TRUST])
    assert codes(found) == [("empty_item", "t3")]


def test_the_one_item_that_looks_reversed_is_named_and_no_other():
    frame = likert(1, 60).assign(t2=lambda f: 6 - f["t2"])
    found = check(frame, [TRUST, LOYALTY])
    assert codes(found) == [("looks_reversed", "t2")]
    assert 'reverse = ["t2"]' in found.findings[0].action
    assert "correlates -0." in found.findings[0].message


def test_two_reversed_of_four_give_one_line_for_both():
    frame = likert(2, 200).assign(t2=lambda f: 6 - f["t2"], t4=lambda f: 6 - f["t4"])
    found = check(frame, [TRUST])
    named = {item for _, item in codes(found)}
    assert named in ({"t2", "t4"}, {"t1", "t3"})
    assert all("reverse = [" in finding.action for finding in found.findings)


def test_an_item_wrongly_in_reverse_is_named_with_the_line_without_it():
    keyed = Scale("trust", TRUST.items, 1, 5, reverse=("t1", "t3"))
    frame = likert(1, 100).assign(t1=lambda f: 6 - f["t1"])
    found = check(frame, [keyed])
    assert codes(found) == [("looks_reversed", "t3")]
    assert 'reverse = ["t1"]' in found.findings[0].action


def test_two_items_against_each_other_are_named_together():
    pair = Scale("pair", ("t1", "t2"), 1, 5)
    found = check(likert(1, 80).assign(t1=lambda f: 6 - f["t1"]), [pair])
    assert codes(found) == [("looks_reversed", None)]
    assert "one of them looks reversed" in found.findings[0].message


def test_a_weak_item_in_few_rows_is_not_accused():
    quiet = 0
    for seed in range(50):
        source = np.random.default_rng(seed)
        frame = likert(seed, 30).assign(t4=source.integers(1, 6, 30))
        quiet += not any(code == "looks_reversed" for code, _ in codes(check(frame, [TRUST])))
    assert quiet >= 45


def test_items_never_answered_together_are_named():
    frame = likert(1, 80)
    frame.loc[:39, "t1"] = NAN
    frame.loc[40:, ["t2", "t3"]] = NAN
    found = check(frame, [TRUST])
    assert codes(found) == [("never_together", None)]
    assert "No row answered both 't1' and 't2'" in found.findings[0].message
    assert "and 1 more pairs" in found.findings[0].message


def test_few_rows_are_named():
    found = check(likert(1, 12), [TRUST])
    assert codes(found) == [("too_few_rows", None)]
    assert "12 rows with a score" in found.findings[0].message


def test_a_single_row_makes_no_item_constant():
    assert codes(check(likert(1, 1), [TRUST])) == [("too_few_rows", None)]


def test_no_rows_are_refused():
    found = check(likert(1, 0), [TRUST, LOYALTY])
    assert [(finding.code, finding.severity) for finding in found.findings] == [
        ("no_rows", "refuse")
    ]


def test_rows_without_any_answer_are_counted():
    frame = likert(1, 60)
    frame.loc[[3, 5]] = NAN
    found = check(frame, [TRUST, LOYALTY])
    assert codes(found) == [("all_empty_rows", None)]
    assert found.findings[0].rows == (4, 6)
    assert found.findings[0].message == "2 of 60 rows have no answer to any item."


def test_rows_without_a_partner_are_counted():
    frame = likert(1, 60)
    frame["partner"] = ["a", "b", None, "c"] * 15
    frame.loc[2, "partner"] = "a"
    found = check(frame, [TRUST, LOYALTY], partner="partner")
    assert codes(found) == [("rows_without_partner", None)]
    assert found.findings[0].message.startswith("14 of 60 rows have nothing in the partner column")


def test_a_missing_partner_column_is_refused():
    found = check(likert(1, 60), [TRUST], partner="teacher")
    assert codes(found) == [("missing_column", "teacher")]
    assert "no partner column 'teacher'" in found.refused[0].message


WIDE = tuple(Scale(f"s{j}", tuple(f"s{j}_{i}" for i in range(4)), 1, 5) for j in range(6))


def test_a_block_of_copied_rows_is_found_among_many_items():
    frame = likert(1, 200, scales=WIDE)
    found = check(pd.concat([frame, frame[50:60]]), WIDE)
    assert [code for code, _ in codes(found)] == ["duplicate_rows"]
    assert set(found.findings[0].rows) <= set(range(201, 211))
    assert len(found.findings[0].rows) >= 8


def test_one_copied_row_is_said_in_the_singular():
    frame = likert(1, 100, scales=WIDE, common=0.5)
    found = check(pd.concat([frame, frame[50:51]]), WIDE)
    assert found.findings[0].message == (
        "1 row repeats an earlier row in every answer (such as row 101)."
    )


def test_the_same_answers_about_another_partner_are_no_copy():
    frame = likert(1, 200, scales=WIDE)
    both = pd.concat([frame, frame[50:60]])
    both["partner"] = ["a"] * 200 + ["b"] * 10
    assert check(both, WIDE, partner="partner").findings == ()


def test_honest_agreement_on_few_items_is_no_copy():
    frame = likert(1, 1000)
    assert frame.duplicated().sum() > 10
    assert check(frame, [TRUST, LOYALTY]).findings == ()


def test_copies_with_few_items_are_found_by_a_column_that_names_rows():
    frame = likert(1, 1000).assign(respondent=[f"r{i}" for i in range(1000)])
    found = check(pd.concat([frame, frame[100:103]]), [TRUST, LOYALTY])
    assert codes(found) == [("duplicate_rows", None)]
    assert found.findings[0].rows == (1001, 1002, 1003)


def test_straight_answers_are_no_copies():
    frame = likert(1, 200, scales=WIDE)
    frame.loc[:30] = 4.0
    assert check(frame, WIDE).findings == ()


def test_refusals_come_first():
    frame = likert(1, 60).assign(t1=4, l1=99)
    assert [finding.severity for finding in check(frame, [TRUST, LOYALTY]).findings] == [
        "refuse",
        "warn",
    ]


def test_findings_become_a_dictionary_and_a_frame():
    found = check(likert(1, 60).assign(t1=4), [TRUST])
    assert found.to_dict()["findings"][0]["code"] == "constant_item"
    assert found.to_frame()["item"].tolist() == ["t1"]
    empty = check(likert(1, 60), [TRUST]).to_frame()
    assert list(empty.columns)[:3] == ["severity", "code", "scale"]


def test_what_is_no_frame_is_refused():
    with pytest.raises(BadFrame, match="a dict"):
        check({"t1": [1, 2]}, [TRUST])


def test_the_partner_among_the_items_is_refused():
    data = pd.DataFrame({"t1": [1, 2, 3, 4] * 5, "t2": [2, 2, 3, 4] * 5})
    found = check(data, [Scale("trust", ("t1", "t2"), 1, 5)], partner="t2")
    (refusal,) = found.refused
    assert (refusal.code, refusal.item) == ("partner_item", "t2")
    assert "Take 't2' out of the scale's items" in refusal.action


def test_one_row_is_one_row():
    found = check(pd.DataFrame({"t1": [1], "t2": [2]}), [Scale("trust", ("t1", "t2"), 1, 5)])
    assert "Scale 'trust' has 1 row with a score." in [f.message for f in found.findings]
