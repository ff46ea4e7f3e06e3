"""Rows with gaps: special cases with a closed form, the likelihood by brute force, traps."""

import numpy as np
import pandas as pd
import pytest

from analysis.cfa import cfa
from analysis.em import incomplete_sample
from analysis.errors import NotComputable
from analysis.robust import saturated_inflation
from analysis.robust_gaps import Saturated, independent_moments
from analysis.sample import complete_sample
from analysis.scale import Scale

NAMES = ("a", "b", "c", "d")


def rows_of(seed, n=120, gaps=0.0):
    source = np.random.default_rng(seed)
    rows = source.standard_normal((n, 1)) * 0.8 + source.standard_normal((n, 4)) * 0.6 + 3
    rows[source.random(rows.shape) < gaps] = np.nan
    return rows


def test_rows_without_gaps_have_their_own_moments():
    rows = rows_of(1)
    found, plain = incomplete_sample(rows, NAMES), complete_sample(rows, NAMES)
    np.testing.assert_allclose(found.mean, plain.mean, atol=1e-12)
    np.testing.assert_allclose(found.covariance, plain.covariance, atol=1e-12)
    assert found.saturated == pytest.approx(plain.saturated, rel=1e-12)
    assert found.independent == pytest.approx(plain.independent, rel=1e-12)


def test_gaps_in_one_item_only_have_a_closed_form():
    rows = rows_of(2)[:, :2]
    rows[rows[:, 0] > 3.2, 1] = np.nan
    found = incomplete_sample(rows, NAMES[:2])
    both = rows[~np.isnan(rows[:, 1])]
    slope = np.cov(both.T)[0, 1] / both[:, 0].var(ddof=1)
    rest = (both[:, 1] - both[:, 1].mean() - slope * (both[:, 0] - both[:, 0].mean())).var()
    shift = rows[:, 0].mean() - both[:, 0].mean()
    assert found.mean == pytest.approx([rows[:, 0].mean(), both[:, 1].mean() + slope * shift])
    spread = rows[:, 0].var()
    expected = [[spread, slope * spread], [slope * spread, rest + slope**2 * spread]]
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-8)


def log_likelihood(rows, mean, covariance):
    total = 0.0
    for row in rows:
        seen = ~np.isnan(row)
        if seen.any():
            part = covariance[np.ix_(seen, seen)]
            gap = row[seen] - mean[seen]
            total -= seen.sum() * np.log(2 * np.pi) + np.linalg.slogdet(part)[1]
            total -= gap @ np.linalg.solve(part, gap)
    return total / 2


def test_the_estimates_make_the_rows_as_likely_as_can_be():
    rows = rows_of(3, gaps=0.25)
    found = incomplete_sample(rows, NAMES)
    best = log_likelihood(rows, found.mean, found.covariance)
    assert found.log_likelihood(found.saturated) == pytest.approx(best, rel=1e-12)
    source = np.random.default_rng(1)
    for _ in range(30):
        nudge = source.normal(scale=1e-3, size=(4, 4))
        moved = found.covariance + nudge + nudge.T
        assert log_likelihood(rows, found.mean + nudge[0], moved) < best
    variances = np.nanvar(rows, axis=0)
    alone = log_likelihood(rows, np.nanmean(rows, axis=0), np.diag(variances))
    assert found.log_likelihood(found.independent) == pytest.approx(alone, rel=1e-12)


def test_information_and_scores_of_the_moments_by_brute_force():
    rows = rows_of(4, n=40, gaps=0.2)
    found = incomplete_sample(rows, NAMES)
    saturated = Saturated.of(found)
    lower = np.tril_indices(4)

    def at(point):
        covariance = np.zeros((4, 4))
        covariance[lower] = point[4:]
        covariance.T[lower] = point[4:]
        return log_likelihood(found.rows, point[:4], covariance)

    point = np.concatenate([found.mean, found.covariance[lower]])
    steps = np.eye(len(point)) * 1e-4
    second = [
        [
            at(point + a + b) - at(point + a - b) - at(point - a + b) + at(point - a - b)
            for b in steps
        ]
        for a in steps
    ]
    by_hand = -np.array(second) / 4e-8 / found.n
    np.testing.assert_allclose(saturated.information, by_hand, atol=1e-4)
    assert saturated.meat.shape == (14, 14)
    assert np.trace(saturated.meat) > 0


def test_without_gaps_the_inflation_is_that_of_complete_rows():
    rows = rows_of(5)
    found = incomplete_sample(rows, NAMES)
    whole = saturated_inflation(complete_sample(rows, NAMES))
    assert Saturated.of(found).inflation == pytest.approx(4 + whole, rel=1e-10)
    baseline = Saturated.of(found).complete_test(*independent_moments(found))
    assert baseline.chisq == pytest.approx(found.n * (found.independent - found.saturated))
    assert baseline.df == 6


def frame_of(seed, **more):
    return pd.DataFrame(rows_of(seed, **more), columns=list(NAMES))


SCALE = Scale("trust", NAMES, -20, 20)


def test_without_gaps_fiml_is_listwise():
    plain = cfa(frame_of(6), [SCALE])
    assert cfa(frame_of(6), [SCALE], missing="fiml").loadings == plain.loadings


def test_rows_that_all_have_the_same_gap_are_rows_without_that_item():
    frame = frame_of(7, n=200)
    frame = pd.concat([frame, frame.assign(d=np.nan).iloc[:0]])
    frame.loc[len(frame)] = [np.nan] * 4
    found = cfa(frame, [SCALE], missing="fiml")
    assert (found.n_used, found.n_total) == (200, 201)
    assert found.fit.chisq == pytest.approx(cfa(frame_of(7, n=200), [SCALE]).fit.chisq, rel=1e-6)


def test_gaps_that_depend_on_answers_bias_listwise_and_not_fiml():
    source = np.random.default_rng(8)
    rows = source.standard_normal((20_000, 1)) * 0.8 + source.standard_normal((20_000, 4)) * 0.6
    rows[rows[:, 0] > 0, 3] = np.nan
    frame = pd.DataFrame(rows, columns=list(NAMES))
    listwise, fiml = (cfa(frame, [SCALE], missing=way) for way in ("listwise", "fiml"))
    assert listwise.loadings[1].standardized < 0.75
    assert [row.standardized for row in fiml.loadings] == pytest.approx([0.8] * 4, abs=0.02)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"b": np.nan}, "needs 2 answers to 'b'; there are 0"),
        ({"b": 4.2}, "constant item: every answer to 'b' is the same"),
        ({"b": lambda f: f["a"]}, "not positive definite: 'a', 'b' are linearly dependent"),
        (
            {"a": lambda f: f["a"].where(f.index < 60), "b": lambda f: f["b"].where(f.index >= 60)},
            "'a' and 'b' were hardly ever answered together",
        ),
    ],
)
def test_what_cannot_be_estimated_has_its_reason(change, reason):
    frame = frame_of(9, gaps=0.05).assign(**change)
    with pytest.raises(NotComputable, match=reason):
        cfa(frame, [SCALE], missing="fiml")


def coverage(draws, n, *, estimator):
    """Return the share of intervals of loadings that hold, with gaps that depend on answers."""
    source = np.random.default_rng(n)
    held = total = 0
    for _ in range(draws):
        rows = source.standard_normal((n, 1)) * 0.8 + source.standard_normal((n, 4)) * 0.6
        for item in (1, 2, 3):
            rows[(rows[:, 0] > 0) & (source.random(n) < 0.4), item] = np.nan
        found = cfa(
            pd.DataFrame(rows, columns=list(NAMES)), [SCALE], missing="fiml", estimator=estimator
        )
        held += sum(row.ci_low <= 0.8 <= row.ci_high for row in found.loadings)
        total += 4
    return held / total


@pytest.mark.durability
def test_intervals_hold_where_answers_are_missing():
    assert 0.85 <= coverage(20, 150, estimator="ml") <= 1


@pytest.mark.durability
@pytest.mark.parametrize("estimator", ["ml", "mlr"])
def test_intervals_hold_where_answers_are_missing_from_few_to_many(estimator):
    assert 0.935 <= coverage(800, 150, estimator=estimator) <= 0.965
