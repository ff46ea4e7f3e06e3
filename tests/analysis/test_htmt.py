import numpy as np
import pandas as pd
import pytest

from analysis.errors import OutOfRange, UnknownChoice
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


def test_the_geometric_ratio_is_that_of_its_definition():
    frame = likert(8, 100, 0.6)
    r = np.log(frame.corr().abs())
    between = np.mean([r.loc[i, j] for i in A.items for j in B.items])
    within_a = np.mean([r.loc["a1", "a2"], r.loc["a1", "a3"], r.loc["a2", "a3"]])
    expected = np.exp(between - (within_a + r.loc["b1", "b2"]) / 2)
    found = htmt(frame, [A, B], kind="htmt2").to_dict()["a"]["b"]
    assert found == pytest.approx(expected, abs=1e-12)


def exact(loadings, between):
    """Rows whose correlations are exactly those of two factors that correlate `between`."""
    owner = np.array([0, 0, 0, 1, 1])
    wanted = np.outer(loadings, loadings) * np.where(owner[:, None] == owner, 1, between)
    np.fill_diagonal(wanted, 1)
    rows = np.random.default_rng(1).standard_normal((60, 5))
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    return pd.DataFrame(rows @ np.linalg.cholesky(wanted).T, columns=[*A.items, *B.items])


def test_with_unequal_loadings_only_the_geometric_ratio_is_the_correlation():
    frame = exact(np.array([0.9, 0.5, 0.7, 0.8, 0.4]), 0.6)
    wide = [Scale(scale.name, scale.items, -9, 9) for scale in (A, B)]
    assert htmt(frame, wide, kind="htmt2").to_dict()["a"]["b"] == pytest.approx(0.6, abs=1e-10)
    assert htmt(frame, wide).to_dict()["a"]["b"] > 0.605


def test_intervals_are_percentiles_of_resampled_rows():
    frame = likert(9, 150, 0.7)
    found = htmt(frame, [A, B], ci="bootstrap", seed=1)
    source = np.random.default_rng(5)
    rows = frame.to_numpy()
    drawn = []
    for _ in range(600):
        some = pd.DataFrame(rows[source.integers(0, 150, 150)], columns=frame.columns)
        drawn.append(by_hand(some))
    expected = np.quantile(drawn, [0.025, 0.975])
    spread = np.std(drawn)
    assert found.low[0, 1] == pytest.approx(expected[0], abs=0.3 * spread)
    assert found.high[0, 1] == pytest.approx(expected[1], abs=0.3 * spread)
    assert found.low[0, 1] < found.to_dict()["a"]["b"] < found.high[0, 1]
    again = htmt(frame, [A, B], ci="bootstrap", seed=1)
    np.testing.assert_array_equal(found.low, again.low)
    assert htmt(frame, [A, B]).low is None


def test_the_interval_is_said_with_the_ratio():
    alike = htmt(likert(4, 400, 0.99), [A, B], ci="bootstrap", seed=1)
    assert ", interval 0." in alike.sentences()[0]
    assert "interval" not in htmt(likert(4, 400, 0.99), [A, B]).sentences()[0]


def test_a_pair_without_a_ratio_has_no_interval():
    frame = likert(10, 60, 0.5).assign(a2=3.0)
    found = htmt(frame, [A, B], ci="bootstrap", seed=1)
    assert np.isnan(found.low[0, 1])
    assert np.isnan(found.high[0, 1])


def test_options_without_meaning_are_refused():
    with pytest.raises(UnknownChoice, match="kind is 'htmt3'"):
        htmt(likert(1, 60, 0.5), [A, B], kind="htmt3")
    with pytest.raises(UnknownChoice, match="ci is 'wald'"):
        htmt(likert(1, 60, 0.5), [A, B], ci="wald")


def coverage(draws, n, kind, between):
    loadings, owner = np.array([0.8, 0.7, 0.6, 0.75, 0.65]), np.array([0, 0, 0, 1, 1])
    wanted = np.outer(loadings, loadings) * np.where(owner[:, None] == owner, 1, between)
    np.fill_diagonal(wanted, 1)
    wide = [Scale(scale.name, scale.items, -99, 99) for scale in (A, B)]
    names = [*A.items, *B.items]
    truth = htmt(exact(loadings, between), wide, kind=kind).to_dict()["a"]["b"]
    root, source, held = np.linalg.cholesky(wanted), np.random.default_rng(n), 0
    for seed in range(draws):
        frame = pd.DataFrame(source.standard_normal((n, 5)) @ root.T, columns=names)
        found = htmt(frame, wide, kind=kind, ci="bootstrap", seed=seed)
        held += found.low[0, 1] <= truth <= found.high[0, 1]
    return held / draws


@pytest.mark.durability
def test_the_interval_holds_the_truth():
    assert 0.8 <= coverage(30, 150, "htmt", 0.7) <= 1


@pytest.mark.durability
@pytest.mark.parametrize("between", [0.4, 0.9])
@pytest.mark.parametrize("kind", ["htmt", "htmt2"])
@pytest.mark.parametrize("n", [150])
def test_the_interval_holds_the_truth_from_low_to_high(n, kind, between):
    assert 0.925 <= coverage(600, n, kind, between) <= 0.975
