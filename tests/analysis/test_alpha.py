import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.alpha import alpha, alpha_of_moments, standard_error_of_measurement
from analysis.alpha_interval import alpha_influence, feldt_interval
from analysis.covariance import alpha_of_covariance
from analysis.errors import NotComputable, OutOfRange, UnknownChoice
from analysis.influence import standard_error
from analysis.moments import Moments
from analysis.scale import Scale

NAN = float("nan")


def scale_of(k, low=1, high=5, **more):
    return Scale("trust", [f"t{i}" for i in range(k)], low, high, **more)


def frame_of(values):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame(values, columns=[f"t{i}" for i in range(values.shape[1])])


def likert(seed, n, k, *, common=0.7, gaps=0.0):
    source = np.random.default_rng(seed)
    latent = common * source.standard_normal((n, 1)) + source.standard_normal((n, k))
    values = np.clip(np.round(3 + latent), 1, 5)
    values[source.random(values.shape) < gaps] = NAN
    return frame_of(values)


def alpha_by_hand(rows):
    """Cronbach's formula, written out."""
    k = len(rows[0])
    variance = lambda values: np.var(values, ddof=1)  # noqa: E731
    items = sum(variance([row[i] for row in rows]) for i in range(k))
    return k / (k - 1) * (1 - items / variance([sum(row) for row in rows]))


@pytest.mark.parametrize("k", [2, 3, 7])
def test_alpha_is_cronbachs_formula(k):
    frame = likert(1, 40, k)
    found = alpha(frame, scale_of(k))
    assert found.estimate == pytest.approx(alpha_by_hand(frame.to_numpy()), abs=1e-12)
    assert (found.n_used, found.n_total, found.level, found.method) == (40, 40, 0.95, "adf")
    assert found.notes == ()


def test_two_parallel_items_give_spearman_brown():
    half = np.array([1, 2, 3, 4, 5, 2, 4])
    frame = frame_of(np.column_stack([half, half[::-1]]))
    r = np.corrcoef(half, half[::-1])[0, 1]
    assert alpha(frame, scale_of(2)).estimate == pytest.approx(2 * r / (1 + r), abs=1e-12)


def test_standardized_alpha_follows_from_the_mean_correlation():
    frame = likert(2, 60, 5)
    r = frame.corr().to_numpy()[np.triu_indices(5, 1)].mean()
    found = alpha(frame, scale_of(5), standardized=True)
    assert found.estimate == pytest.approx(5 * r / (1 + 4 * r), abs=1e-12)


def test_raw_and_standardized_alpha_are_one_for_items_of_equal_spread():
    covariance = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    assert alpha_of_covariance(covariance) == pytest.approx(4 * 0.5 / (1 + 3 * 0.5))


def test_pairwise_and_listwise_are_one_on_complete_rows():
    frame = likert(3, 50, 4)
    one, other = (alpha(frame, scale_of(4), missing=m) for m in ("pairwise", "listwise"))
    assert one.estimate == pytest.approx(other.estimate, abs=1e-14)
    assert one.ci_low == pytest.approx(other.ci_low, abs=1e-14)


def test_with_gaps_both_ways_are_labelled_with_their_rows():
    frame = likert(4, 100, 4, gaps=0.1)
    frame.iloc[7] = NAN
    complete = int(frame.notna().all(axis=1).sum())
    pairwise, listwise = (alpha(frame, scale_of(4), missing=m) for m in ("pairwise", "listwise"))
    assert pairwise.estimate == pytest.approx(float(alpha_of_covariance(frame.cov().to_numpy())))
    assert listwise.estimate == pytest.approx(alpha_by_hand(frame.dropna().to_numpy()))
    assert (pairwise.n_used, listwise.n_used) == (99, complete)
    assert pairwise.n_total == listwise.n_total == 100
    assert f"{complete} of 100 rows are complete" in pairwise.notes[0]
    assert listwise.notes == ()


def test_the_pairwise_interval_has_the_width_of_the_complete_rows():
    frame = likert(5, 150, 4, gaps=0.05)
    pairwise, listwise = (alpha(frame, scale_of(4), missing=m) for m in ("pairwise", "listwise"))
    assert pairwise.ci_high - pairwise.ci_low == pytest.approx(listwise.ci_high - listwise.ci_low)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-3, 3), factor=st.floats(0.1, 3))
def test_alpha_does_not_change_with_order_origin_or_unit(seed, shift, factor):
    frame = likert(seed, 30, 4)
    wide = scale_of(4, -4, 20)  # sums count from -4, so no digits of a small spread are lost
    source = np.random.default_rng(seed)
    moved = (frame * factor + shift).iloc[source.permutation(30), source.permutation(4)]
    before, after = alpha(frame, wide), alpha(moved, wide)
    assert after.estimate == pytest.approx(before.estimate, abs=1e-9)
    assert after.ci_low == pytest.approx(before.ci_low, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), item=st.integers(0, 3))
def test_an_item_turned_round_in_data_and_key_changes_nothing(seed, item):
    frame = likert(seed, 30, 4)
    turned = frame.copy()
    turned[f"t{item}"] = 6 - turned[f"t{item}"]
    keyed = scale_of(4, reverse=[f"t{item}"])
    assert alpha(turned, keyed).estimate == pytest.approx(
        alpha(frame, scale_of(4)).estimate, abs=1e-12
    )


def test_a_reversed_item_left_so_pulls_alpha_below_zero_and_is_said():
    frame = likert(6, 80, 3)
    frame["t0"] = 6 - frame["t0"]
    found = alpha(frame[["t0", "t1"]], scale_of(2))
    assert found.estimate < 0
    assert "keyed wrongly" in found.notes[0]


@pytest.mark.parametrize(
    ("values", "missing", "reason"),
    [
        ([[1], [2], [4]], "pairwise", "needs 2 items; the scale has 1"),
        ([[3, 1, 2], [3, 2, 1], [3, 4, 5]], "pairwise", "constant item: every answer to 't0'"),
        ([[3, 3], [3, 3], [3, 3]], "pairwise", "constant item: every answer to 't0', 't1'"),
        (
            [[1, NAN], [2, NAN], [NAN, 3], [NAN, 5]],
            "pairwise",
            "answered 't0' and 't1'; there are 0",
        ),
        ([[1, NAN], [2, NAN], [4, 3]], "pairwise", "answered 't0' and 't1'; there are 1"),
        ([[1, NAN], [2, 3], [NAN, 5]], "pairwise", "needs 2 rows that answered"),
        ([[1, NAN], [2, NAN], [4, 3]], "listwise", "answered every item; there are 1"),
        ([[1, 2]], "pairwise", "there are 1"),
        (np.empty((0, 2)), "pairwise", "there are 0"),
        ([[NAN, NAN], [NAN, NAN]], "pairwise", "there are 0"),
        ([[1, 5], [2, 4], [5, 1]], "pairwise", "the items cancel out"),
    ],
)
def test_what_the_data_do_not_determine_is_a_reason_not_a_number(values, missing, reason):
    frame = frame_of(values)
    found = alpha(frame, scale_of(frame.shape[1]), missing=missing)
    assert (found.estimate, found.ci_low, found.ci_high, found.level) == (None,) * 4
    assert found.notes[0].startswith("alpha is not computable: ")
    assert reason in found.notes[0]


def contradicting_pairs():
    """Three items whose pairs were answered by different people: r = .95, .95 and -.95."""
    up = np.array([1.0, 2, 3, 4, 5, 1, 5, 2, 4, 3])
    none = np.full(10, NAN)
    return frame_of(
        np.vstack(
            [
                np.column_stack([up, up, none]),
                np.column_stack([none, up, up]),
                np.column_stack([up, none, 6 - up]),
            ]
        )
    )


def test_pairwise_covariances_that_contradict_each_other_are_refused():
    found = alpha(contradicting_pairs(), scale_of(3))
    assert found.estimate is None
    assert "contradict each other (a negative eigenvalue); use listwise" in found.notes[0]


def test_standardized_alpha_needs_items_that_vary_in_each_pair():
    frame = likert(7, 60, 3)
    frame.loc[:29, "t1"] = 3
    frame.loc[30:, "t0"] = NAN
    assert alpha(frame, scale_of(3)).estimate is not None
    found = alpha(frame, scale_of(3), standardized=True)
    assert found.estimate is None
    assert "does not vary among the rows that answered both" in found.notes[0]


def test_rows_that_agree_perfectly_give_alpha_one_without_doubt():
    frame = frame_of(np.column_stack([[1, 2, 3, 4, 5, 5]] * 3))
    found = alpha(frame, scale_of(3))
    assert found.estimate == pytest.approx(1, abs=1e-12)
    assert found.ci_low == pytest.approx(1, abs=1e-12)
    assert found.ci_high <= 1


def test_the_upper_limit_is_cut_at_one():
    values = np.repeat([[1.0], [2], [3], [4], [5], [5]], 3, axis=1)
    values[0, 2] = 3
    found = alpha(frame_of(values), scale_of(3))
    assert found.estimate < 1
    assert found.ci_high == 1


@pytest.mark.parametrize("ci", ["adf", "feldt"])
def test_an_interval_needs_five_complete_rows(ci):
    found = alpha(likert(8, 4, 3), scale_of(3), ci=ci)
    assert found.estimate is not None
    assert found.ci_low is None
    assert found.notes[-1] == "no interval: needs 5 complete rows; there are 4"


def test_no_interval_where_the_complete_rows_do_not_vary():
    values = [[3, i % 5 + 1] for i in range(8)] + [[1, NAN], [5, NAN]]
    found = alpha(frame_of(values), scale_of(2))
    assert found.estimate is not None
    assert "constant in the complete rows" in found.notes[-1]


def test_without_an_interval_there_is_no_level():
    found = alpha(likert(9, 30, 3), scale_of(3), ci=None)
    assert found.estimate is not None
    assert (found.ci_low, found.level, found.method) == (None, None, "no interval")


def test_a_higher_level_gives_a_wider_interval():
    frame = likert(10, 60, 3)
    narrow, wide = (alpha(frame, scale_of(3), level=level) for level in (0.8, 0.99))
    assert wide.ci_low < narrow.ci_low < narrow.estimate < narrow.ci_high < wide.ci_high
    assert wide.level == 0.99


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ci": "ADF"}, "ci is 'ADF'; choose one of 'adf', 'feldt', 'bootstrap', None"),
        ({"missing": "fiml"}, "missing is 'fiml'; choose one of 'pairwise', 'listwise'"),
        ({"level": 95}, "level is 95; give a share between 0 and 1"),
        ({"level": 0}, "level is 0"),
        ({"ci": "feldt", "standardized": True}, "'feldt', which is for raw alpha"),
    ],
)
def test_an_option_without_meaning_is_refused(options, message):
    with pytest.raises(UnknownChoice, match=message):
        alpha(likert(11, 20, 3), scale_of(3), **options)


def test_codes_left_in_are_refused():
    with pytest.raises(OutOfRange, match="-99"):
        alpha(frame_of([[1, 2], [3, -99]]), scale_of(2))


def test_the_input_is_not_changed():
    frame = likert(12, 20, 3, gaps=0.1)
    before = frame.copy()
    alpha(frame, scale_of(3, reverse=["t1"]), ci="bootstrap", seed=1)
    pd.testing.assert_frame_equal(frame, before)


def influence_by_leaving_out(rows, statistic):
    """Return (n - 1) times what the statistic loses without each row, the jackknife's influence."""
    n = len(rows)
    without = [float(statistic(np.delete(rows, i, axis=0))) for i in range(n)]
    return (n - 1) * (float(statistic(rows)) - np.array(without))


@pytest.mark.parametrize("standardized", [False, True])
def test_the_influence_of_a_row_is_what_alpha_loses_without_it(standardized):
    rows = likert(13, 1000, 4).to_numpy()
    matrix = np.corrcoef if standardized else np.cov
    expected = influence_by_leaving_out(rows, lambda x: alpha_of_covariance(matrix(x.T)))
    found = alpha_influence(rows, standardized=standardized)
    np.testing.assert_allclose(found, expected - expected.mean(), atol=0.02)
    assert standard_error(found) == pytest.approx(expected.std() / np.sqrt(1000), rel=0.005)


def test_influence_of_many_samples_at_once_is_that_of_each():
    rows = np.stack([likert(seed, 50, 3).to_numpy() for seed in range(3)])
    found = alpha_influence(rows)
    for one, sample in zip(found, rows, strict=True):
        np.testing.assert_allclose(one, alpha_influence(sample), atol=1e-12)


@pytest.mark.parametrize("standardized", [False, True])
@pytest.mark.parametrize("gaps", [0.0, 0.08])
def test_the_bootstrap_interval_is_near_the_distribution_free_one(gaps, standardized):
    frame = likert(14, 400, 5, gaps=gaps)
    options = {"standardized": standardized, "missing": "pairwise"}
    drawn = alpha(frame, scale_of(5), ci="bootstrap", seed=7, **options)
    adf = alpha(frame, scale_of(5), missing="listwise", standardized=standardized)
    assert drawn.estimate == alpha(frame, scale_of(5), **options).estimate
    width = (drawn.ci_high - drawn.ci_low) / (adf.ci_high - adf.ci_low)
    assert (0.9 if gaps == 0 else 0.7) < width < 1.1
    assert drawn.ci_low < drawn.estimate < drawn.ci_high
    assert drawn.method == "bootstrap"


def test_the_bootstrap_is_that_of_resampled_rows():
    frame = likert(15, 60, 3, gaps=0.1)
    drawn = alpha(frame, scale_of(3), ci="bootstrap", seed=1)
    source = np.random.default_rng(2)
    values = [
        float(alpha_of_covariance(frame.iloc[source.integers(0, 60, 60)].cov().to_numpy()))
        for _ in range(500)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    density = 0.0584 / np.std(values)  # of a normal variable at its .025 quantile
    spread = np.sqrt(0.025 * 0.975 * (1 / 2000 + 1 / 500)) / density
    two_draws = 3 * spread  # Monte-Carlo standard errors of both
    assert drawn.ci_low == pytest.approx(low, abs=two_draws)
    assert drawn.ci_high == pytest.approx(high, abs=two_draws)


def test_the_bootstrap_is_that_of_its_seed():
    frame = likert(16, 50, 3)
    first, again, other = (alpha(frame, scale_of(3), ci="bootstrap", seed=s) for s in (4, 4, 5))
    assert first == again
    assert first.ci_low != other.ci_low
    generator = np.random.default_rng(4)
    assert alpha(frame, scale_of(3), ci="bootstrap", seed=generator) == first


def test_a_bootstrap_that_often_loses_alpha_gives_no_interval():
    found = alpha(frame_of([[1, 2], [2, 1], [4, 5]]), scale_of(2), ci="bootstrap", seed=1)
    assert found.estimate is not None
    assert found.ci_low is None
    assert "alpha is undefined in" in found.notes[-1]


@pytest.mark.durability
def test_two_thousand_draws_of_ten_thousand_rows_take_seconds():
    frame = likert(17, 10_000, 22)
    start = time.perf_counter()
    found = alpha(frame, scale_of(22), ci="bootstrap", seed=1)
    assert time.perf_counter() - start < 5
    assert found.ci_low < found.estimate < found.ci_high


def test_feldts_interval_holds_where_items_are_normal_and_alike():
    source = np.random.default_rng(18)
    rows = source.standard_normal((2000, 40, 1)) + source.standard_normal((2000, 40, 4))
    centred = rows - rows.mean(axis=1, keepdims=True)
    values = alpha_of_covariance(centred.swapaxes(1, 2) @ centred / 39)
    limits = [feldt_interval(value, 40, 4) for value in values]
    covered = np.mean([low <= 0.8 <= high for low, high in limits])
    assert 0.935 <= covered <= 0.965


def test_the_error_of_measurement_is_sd_times_root_of_one_minus_alpha():
    frame = likert(19, 60, 4)
    reliability = alpha_by_hand(frame.to_numpy())
    expected = frame.mean(axis=1).std() * np.sqrt(1 - reliability)
    for missing in ("pairwise", "listwise"):
        found = standard_error_of_measurement(frame, scale_of(4), missing=missing)
        assert found.estimate == pytest.approx(expected, abs=1e-12)
        assert found.n_used == 60


def test_the_error_of_measurement_is_that_of_all_scores_or_of_complete_rows():
    frame = likert(20, 80, 4, gaps=0.1)
    complete = frame.dropna()
    listwise = standard_error_of_measurement(frame, scale_of(4), missing="listwise")
    expected = complete.mean(axis=1).std() * np.sqrt(1 - alpha_by_hand(complete.to_numpy()))
    assert listwise.estimate == pytest.approx(expected, abs=1e-12)
    assert listwise.n_used == len(complete)
    pairwise = standard_error_of_measurement(frame, scale_of(4))
    scores = frame.mean(axis=1)[frame.notna().sum(axis=1) >= 2]
    share = float(alpha_of_covariance(frame.cov().to_numpy()))
    assert pairwise.estimate == pytest.approx(scores.std() * np.sqrt(1 - share), abs=1e-12)
    assert pairwise.n_used == len(scores)


def test_the_error_of_measurement_says_why_it_is_missing():
    found = standard_error_of_measurement(frame_of([[1], [2]]), scale_of(1))
    assert found.estimate is None
    assert "needs 2 items" in found.notes[0]


def test_the_error_of_measurement_needs_scores():
    frame = likert(20, 90, 3)
    for row in range(90):
        frame.iloc[row, row % 3] = NAN
    found = standard_error_of_measurement(frame, scale_of(3, min_answered=1.0))
    assert found.estimate is None
    assert "needs 2 rows with a score" in found.notes[0]


def test_alpha_from_added_sums_is_alpha_of_all_rows():
    frame = likert(21, 90, 3, gaps=0.1)
    scale = scale_of(3)
    sums = Moments.of(frame[:30], scale) + Moments.of(frame[30:], scale)
    assert alpha_of_moments(sums) == pytest.approx(alpha(frame, scale).estimate, abs=1e-13)
    with pytest.raises(NotComputable, match="there are 0"):
        alpha_of_moments(Moments.of(frame[:0], scale))


def test_an_estimate_becomes_a_dictionary_and_a_frame():
    found = alpha(likert(22, 40, 3), scale_of(3))
    as_dict = found.to_dict()
    assert as_dict["estimate"] == found.estimate
    assert as_dict["notes"] == []
    frame = found.to_frame()
    assert frame.shape == (1, 8)
    assert frame["ci_low"][0] == found.ci_low
