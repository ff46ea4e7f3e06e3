import numpy as np
import pandas as pd
import pytest

from analysis.alpha import alpha
from analysis.covariance import alpha_of_covariance
from analysis.errors import NotComputable, UnknownChoice
from analysis.factor import OneFactor, fit_one_factor
from analysis.influence import standard_error
from analysis.omega import omega, omega_influence, omega_of_model
from analysis.scale import Scale

NAN = float("nan")


def scale_of(k, **more):
    return Scale("trust", [f"t{i}" for i in range(k)], -20, 20, **more)


def answers(seed, n, loadings, *, gaps=0.0):
    source = np.random.default_rng(seed)
    loadings = np.asarray(loadings)
    values = source.standard_normal((n, 1)) * loadings
    values += source.standard_normal(values.shape) * np.sqrt(1 - loadings**2)
    values[source.random(values.shape) < gaps] = NAN
    return pd.DataFrame(values, columns=[f"t{i}" for i in range(len(loadings))])


def model(loadings, uniquenesses):
    return np.outer(loadings, loadings) + np.diag(uniquenesses)


def test_a_covariance_matrix_of_the_model_gives_its_parameters_back():
    loadings, uniquenesses = np.array([0.4, 1.1, 0.8, 2.0]), np.array([0.3, 0.5, 0.9, 1.2])
    found = fit_one_factor(model(loadings, uniquenesses) * 101 / 100, 101)
    np.testing.assert_allclose(found.loadings, loadings, atol=1e-8)
    np.testing.assert_allclose(found.uniquenesses, uniquenesses, atol=1e-8)
    assert found.chisq == pytest.approx(0, abs=1e-9)
    assert found.df == 2
    share = loadings.sum() ** 2 / (loadings.sum() ** 2 + uniquenesses.sum())
    assert omega_of_model(found) == pytest.approx(share, abs=1e-9)


def test_omega_is_alpha_where_all_loadings_are_equal():
    covariance = model(np.full(5, 0.7), np.array([0.2, 0.5, 0.4, 0.9, 0.3]))
    found = omega_of_model(fit_one_factor(covariance, 500))
    assert found == pytest.approx(float(alpha_of_covariance(covariance)), abs=1e-9)


def test_three_items_have_a_closed_form():
    covariance = answers(1, 80, [0.7, 0.6, 0.8]).cov().to_numpy()
    found = fit_one_factor(covariance, 80)
    squared = covariance[0, 1] * covariance[0, 2] / covariance[1, 2]
    assert found.loadings[0] == pytest.approx(np.sqrt(squared * 79 / 80), abs=1e-8)
    assert found.df == 0
    assert found.chisq == pytest.approx(0, abs=1e-9)


def test_the_fit_is_a_minimum_of_the_discrepancy():
    covariance = answers(2, 60, [0.7, 0.5, 0.8, 0.6, 0.4]).cov().to_numpy()
    found = fit_one_factor(covariance, 60)
    target = covariance * 59 / 60

    def discrepancy(loadings, uniquenesses):
        implied = model(loadings, uniquenesses)
        constant = np.linalg.slogdet(target)[1] + 5
        inverse = np.linalg.inv(implied)
        return np.linalg.slogdet(implied)[1] + np.trace(target @ inverse) - constant

    best = discrepancy(found.loadings, found.uniquenesses)
    assert found.misfit == pytest.approx(best, abs=1e-10)
    source = np.random.default_rng(3)
    for _ in range(50):
        nudge = source.normal(scale=1e-3, size=(2, 5))
        assert discrepancy(found.loadings + nudge[0], found.uniquenesses + nudge[1]) > best


def test_the_unit_of_an_item_changes_only_its_own_loading():
    covariance = answers(4, 90, [0.7, 0.5, 0.8, 0.6]).cov().to_numpy()
    unit = np.array([1, 100, 0.01, 1])
    plain = fit_one_factor(covariance, 90)
    scaled = fit_one_factor(covariance * np.outer(unit, unit), 90)
    np.testing.assert_allclose(scaled.loadings, plain.loadings * unit, rtol=1e-7)
    assert scaled.chisq == pytest.approx(plain.chisq, rel=1e-9)


def test_loadings_point_where_most_items_point():
    frame = answers(5, 200, [0.8, 0.7, 0.6, 0.5])
    turned = frame.assign(t3=-frame["t3"])
    found = fit_one_factor(turned.cov().to_numpy(), 200)
    assert (found.loadings > 0).tolist() == [True, True, True, False]
    assert omega_of_model(found) < omega_of_model(fit_one_factor(frame.cov().to_numpy(), 200))


@pytest.mark.parametrize(
    ("covariance", "reason"),
    [
        (np.eye(2), "needs 3 items; the scale has 2"),
        (np.ones((3, 3)), "linearly dependent"),
        (np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]]), "a Heywood case"),
        (np.array([[1, 0.3, -0.3], [0.3, 1, 0.3], [-0.3, 0.3, 1]]), "negative variance"),
        (np.eye(4), "not identified"),
    ],
)
def test_what_one_factor_cannot_explain_is_a_reason(covariance, reason):
    with pytest.raises(NotComputable, match=reason):
        fit_one_factor(covariance, 100)


def test_loadings_that_the_data_do_not_determine_have_no_influence():
    flat = OneFactor(np.zeros(3), np.ones(3), np.eye(3), 0.0, 50)
    with pytest.raises(NotComputable, match="not determined"):
        flat.influence(np.random.default_rng(1).standard_normal((50, 3)), np.ones(3), np.ones(3))


def test_omega_says_what_it_rests_on():
    frame = answers(6, 150, [0.8, 0.7, 0.6, 0.5], gaps=0.05)
    found = omega(frame, scale_of(4))
    assert found.method == "one-factor ML"
    assert (found.n_used, found.n_total) == (len(frame.dropna()), 150)
    assert found.ci_low < found.estimate < found.ci_high
    assert found.level == 0.95
    complete = omega(frame.dropna(), scale_of(4)).estimate
    assert found.estimate == pytest.approx(complete, rel=1e-12)


def test_a_reversed_item_is_turned_round_first():
    frame = answers(7, 150, [0.8, 0.7, 0.6])
    turned = omega(frame.assign(t1=-frame["t1"]), scale_of(3, reverse=["t1"]))
    assert turned.estimate == pytest.approx(omega(frame, scale_of(3)).estimate, abs=1e-10)


def test_pairwise_omega_has_no_interval_and_says_so():
    frame = answers(8, 150, [0.8, 0.7, 0.6, 0.5], gaps=0.05)
    found = omega(frame, scale_of(4), missing="pairwise")
    assert found.estimate == pytest.approx(omega(frame, scale_of(4)).estimate, abs=0.05)
    assert (found.ci_low, found.level, found.n_used) == (None, None, 150)
    assert "it needs complete rows" in found.notes[0]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (answers(9, 50, [0.8, 0.7]), "the one-factor model needs 3 items; the scale has 2"),
        (answers(9, 50, [0.8]), "the one-factor model needs 3 items; the scale has 1"),
        (answers(9, 50, [0.8, 0.7, 0.6]).assign(t1=1.0), "constant item"),
        (answers(9, 3, [0.8, 0.7, 0.6]), "linearly dependent in the 3 rows"),
        (answers(9, 1, [0.8, 0.7, 0.6]), "there are 1"),
        (answers(9, 40, [0.8, 0.7, 0.6]).assign(t1=lambda f: f["t0"]), "linearly dependent"),
    ],
)
def test_omega_that_is_not_computable_has_its_reason(frame, reason):
    found = omega(frame, scale_of(frame.shape[1]))
    assert (found.estimate, found.ci_low, found.level) == (None, None, None)
    assert found.notes[0].startswith("omega is not computable: ")
    assert reason in found.notes[0]


def test_limits_stay_between_zero_and_one():
    frame = answers(10, 12, [0.99, 0.98, 0.3])
    found = omega(frame, scale_of(3), level=0.9999)
    assert found.ci_low >= 0
    assert found.ci_high <= 1


def test_an_option_without_meaning_is_refused():
    frame = answers(11, 40, [0.8, 0.7, 0.6])
    with pytest.raises(UnknownChoice, match="missing is 'fiml'"):
        omega(frame, scale_of(3), missing="fiml")
    with pytest.raises(UnknownChoice, match="level is 95"):
        omega(frame, scale_of(3), level=95)


def test_the_influence_of_a_row_is_what_omega_loses_without_it():
    rows = answers(12, 400, [0.8, 0.7, 0.6, 0.5]).to_numpy()

    def statistic(x):
        return omega_of_model(fit_one_factor(np.cov(x.T), len(x)))

    without = np.array([statistic(np.delete(rows, i, axis=0)) for i in range(400)])
    expected = 399 * (statistic(rows) - without)
    found = omega_influence(fit_one_factor(np.cov(rows.T), 400), rows)
    np.testing.assert_allclose(found, expected - expected.mean(), atol=0.05)
    assert standard_error(found) == pytest.approx(expected.std() / 20, rel=0.02)


def test_omega_and_alpha_are_near_where_loadings_are_alike():
    frame = answers(13, 2000, [0.7, 0.7, 0.7, 0.7])
    assert omega(frame, scale_of(4)).estimate == pytest.approx(
        alpha(frame, scale_of(4)).estimate, abs=1e-3
    )
