"""Factor models: derivatives by brute force, special cases, traps."""

import numpy as np
import pandas as pd
import pytest

from analysis.cfa import cfa
from analysis.errors import BadScale, NotComputable, OutOfRange, UnknownChoice
from analysis.factor import fit_one_factor
from analysis.fit import ChiSquare, fit_indices, srmr
from analysis.likelihood import Block, Likelihood
from analysis.robust import scores
from analysis.sample import complete_sample
from analysis.scale import Scale
from analysis.search import inverse_of, minimise
from analysis.solution import solve
from analysis.structure import GroupModel, Part, Structure, simple_structure

LOADINGS = np.array([0.8, 0.7, 0.6, 0.75, 0.65, 0.7])
OWNER = np.array([0, 0, 0, 1, 1, 1])
ITEMS = ("a1", "a2", "a3", "b1", "b2", "b3")
A, B = Scale("a", ITEMS[:3], -20, 20), Scale("b", ITEMS[3:], -20, 20)


def rows_of(seed, n, r=0.5, loadings=LOADINGS, owner=OWNER):
    source = np.random.default_rng(seed)
    root = np.linalg.cholesky(np.array([[1, r], [r, 1]]))
    factors = source.standard_normal((n, 2)) @ root.T
    noise = source.standard_normal((n, len(owner))) * np.sqrt(1 - loadings**2)
    return factors[:, owner] * loadings + noise


def frame_of(*given, **more):
    return pd.DataFrame(rows_of(*given, **more), columns=list(ITEMS))


def with_every_part():
    """Return a model of two groups in which each kind of entry is free somewhere."""
    rng = np.random.default_rng(2)
    groups = []
    for shift in (0, 3):
        loadings = Part(np.array([[0, -1], [1, -1], [2, 3], [-1, 4]]), rng.normal(size=(4, 2)))
        factors = Part(np.array([[5, 6], [6, -1]]), np.eye(2))
        unique = Part(np.array([7, 8, -1, 9]), np.full(4, 0.5))
        intercepts = Part(np.array([10, 11, -1, 12]), rng.normal(size=4))
        means = Part(np.array([-1, 13 + shift]), np.array([0.3, 0.0]))
        groups.append(GroupModel(loadings, factors, unique, intercepts, means))
    start = np.concatenate([[0.9, 0.8, 0.3, 0.7, 0.6, 1.2, 0.4, 0.5, 0.6, 0.7], rng.normal(size=7)])
    return Structure(tuple(groups), start)


def numerical(function, point, step=1e-6):
    nudges = np.eye(len(point)) * step
    return np.array([(function(point + n) - function(point - n)) / (2 * step) for n in nudges])


def test_slopes_of_the_implied_moments_by_brute_force():
    structure = with_every_part()
    for group in structure.groups:
        at = structure.start
        np.testing.assert_allclose(
            group.covariance_slopes(at), numerical(group.covariance, at), atol=1e-8
        )
        np.testing.assert_allclose(group.mean_slopes(at), numerical(group.mean, at), atol=1e-8)


def two_groups_with_gaps():
    rows = rows_of(3, 80)[:, :4]
    rows[np.random.default_rng(4).random(rows.shape) < 0.2] = np.nan
    blocks = Block.patterns(rows[:40], 0) + Block.patterns(rows[40:], 1)
    return rows, Likelihood(with_every_part(), blocks)


def test_the_likelihood_is_that_of_its_rows():
    rows, likelihood = two_groups_with_gaps()
    at, total, used = likelihood.structure.start, 0.0, 0
    for index, row in enumerate(rows):
        group, seen = likelihood.structure.groups[index >= 40], ~np.isnan(row)
        if not seen.any():
            continue
        used += 1
        covariance = group.covariance(at)[np.ix_(seen, seen)]
        gap = row[seen] - group.mean(at)[seen]
        total += np.linalg.slogdet(covariance)[1] + gap @ np.linalg.inv(covariance) @ gap
    assert likelihood.n == used
    assert likelihood.value(at) == pytest.approx(total / used, rel=1e-12)


def test_gradient_hessian_and_scores_by_brute_force():
    rows, likelihood = two_groups_with_gaps()
    at = likelihood.structure.start
    gradient = likelihood.with_gradient(at)[1]
    np.testing.assert_allclose(gradient, numerical(likelihood.value, at), atol=1e-7)
    hessian = likelihood.hessian(at, np.ones(len(at)))
    by_hand = numerical(lambda point: likelihood.with_gradient(point)[1], at)
    np.testing.assert_allclose(hessian, by_hand, atol=1e-5)
    first = scores(likelihood.structure.groups[0], at, rows[:40], np.zeros(4)).sum(axis=0)
    second = scores(likelihood.structure.groups[1], at, rows[40:], np.zeros(4)).sum(axis=0)
    np.testing.assert_allclose(-2 * (first + second) / likelihood.n, gradient, atol=1e-10)


def test_the_information_is_the_curvature_where_the_model_is_true():
    structure = with_every_part()
    at = structure.start
    blocks = tuple(
        Block(index, np.arange(4), 50, group.mean(at), group.covariance(at))
        for index, group in enumerate(structure.groups)
    )
    likelihood = Likelihood(structure, blocks)
    np.testing.assert_allclose(
        likelihood.expected_information(at), likelihood.hessian(at, np.ones(len(at))), atol=1e-6
    )


def test_covariances_of_the_model_give_its_parameters_back():
    loadings, unique = LOADINGS * 2, np.array([0.5, 0.9, 1.2, 0.3, 0.8, 0.7])
    exact = simple_structure(OWNER, np.eye(6))
    truth = np.concatenate([loadings, [0.45], unique])
    sample = complete_sample(rows_of(1, 50), ITEMS)
    implied = exact.groups[0].covariance(truth)
    block = Block(0, np.arange(6), 50, np.zeros(6), implied)
    found = minimise(
        Likelihood(simple_structure(OWNER, implied), (block,)).with_gradient,
        simple_structure(OWNER, implied).start,
        Likelihood(exact, (block,)).expected_information(truth),
    )
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert sample.n_moments == 21


def test_one_scale_is_the_one_factor_model():
    rows = rows_of(5, 120)[:, :5] * np.array([1, 2, 3, 4, 5])
    found = solve(complete_sample(rows, ITEMS[:5]), np.zeros(5, int))
    known = fit_one_factor(np.cov(rows.T), 120)
    np.testing.assert_allclose(found.parameters[:5], known.loadings, rtol=1e-6)
    np.testing.assert_allclose(found.parameters[5:], known.uniquenesses, rtol=1e-6)
    assert found.fit.chisq == pytest.approx(known.chisq, rel=1e-8)
    assert found.fit.df == known.df


def test_the_unit_of_an_item_changes_only_its_own_loading():
    frame = frame_of(6, 150)
    plain, scaled = cfa(frame, [A, B]), cfa(frame.assign(b2=frame["b2"] * 5), [A, B])
    assert scaled.fit.chisq == pytest.approx(plain.fit.chisq, rel=1e-8)
    for before, after in zip(plain.loadings, scaled.loadings, strict=True):
        factor = 5 if before.item == "b2" else 1
        assert after.loading == pytest.approx(before.loading * factor, rel=1e-6)
        assert after.standardized == pytest.approx(before.standardized, rel=1e-6)


def test_reversed_items_are_turned_round_and_factors_point_with_their_items():
    frame = frame_of(7, 150)
    plain = cfa(frame, [A, B])
    turned = cfa(frame.assign(a1=-frame["a1"]), [Scale("a", A.items, -20, 20, reverse=("a1",)), B])
    assert turned.loadings[0].loading == pytest.approx(plain.loadings[0].loading, rel=1e-7)
    backwards = cfa(-frame, [A, B])
    assert all(row.standardized > 0 for row in backwards.loadings)
    assert backwards.correlations[0, 1] == pytest.approx(plain.correlations[0, 1], rel=1e-7)
    opposed = cfa(frame.assign(**{item: -frame[item] for item in B.items}), [A, B])
    assert opposed.correlations[0, 1] == pytest.approx(-plain.correlations[0, 1], rel=1e-7)


def test_an_item_keyed_wrongly_is_named():
    frame = frame_of(7, 150)
    found = cfa(frame.assign(a2=-frame["a2"]), [A, B])
    assert any(note.startswith("a2 loads negatively on a") for note in found.notes)
    assert found.proper


def test_a_heywood_case_is_named_and_its_factor_not_measured():
    covariance = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    rows = np.random.default_rng(1).standard_normal((60, 3))
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    frame = pd.DataFrame(rows @ np.linalg.cholesky(covariance).T, columns=list(A.items))
    found = cfa(frame, [A])
    assert not found.proper
    assert found.notes[0].startswith("a1 has a negative uniqueness, -0.2")
    construct = found.constructs[0]
    assert (construct.cr, construct.ave, construct.fornell_larcker) == (None, None, None)
    assert found.loadings[0].uniqueness < 0
    assert (found.loadings[0].ci_low, found.loadings[0].ci_high) == (None, None)


def test_a_correlation_beyond_one_is_named():
    source = np.random.default_rng(8)
    factor = source.standard_normal((90, 1))
    frame = pd.DataFrame(factor + source.standard_normal((90, 6)), columns=list(ITEMS))
    frame[["b1", "b2"]] += 0.6 * frame[["a1", "a2"]].to_numpy()
    found = cfa(frame, [A, B])
    assert found.correlations[0, 1] > 1
    assert not found.proper
    assert any("beyond 1: these data show one factor" in note for note in found.notes)
    assert found.sentences()
    assert found.to_dict()["correlations"][0]["ci_high"] is None


def test_factors_that_are_nearly_one_are_not_distinct():
    found = cfa(frame_of(9, 400, r=0.95), [A, B])
    assert [row.fornell_larcker for row in found.constructs] == [False, False]
    assert "not distinct by Fornell and Larcker's criterion" in found.sentences()[0]
    apart = cfa(frame_of(9, 400, r=0.2), [A, B])
    assert [row.fornell_larcker for row in apart.constructs] == [True, True]
    assert apart.sentences() == ()
    assert apart.constructs[0].nearest == "b"


def test_reliability_and_variance_extracted_by_their_formulas():
    found = cfa(frame_of(10, 300), [A, B])
    values = np.array([row.standardized for row in found.loadings[:3]])
    construct = found.constructs[0]
    assert construct.ave == pytest.approx((values**2).mean())
    assert construct.cr == pytest.approx(
        values.sum() ** 2 / (values.sum() ** 2 + (1 - values**2).sum())
    )
    assert construct.n_items == 3


@pytest.mark.parametrize(
    ("frame", "scales", "reason"),
    [
        (frame_of(11, 50), [Scale("a", ITEMS[:2], -20, 20)], "needs 3 items; a has 2"),
        (frame_of(11, 50), [Scale("a", ITEMS[:1], -20, 20)], "needs a scale with 2 items"),
        (frame_of(11, 50).assign(a2=3.3), [A, B], "constant item: every answer to 'a2'"),
        (frame_of(11, 6), [A, B], "more rows than items; 6 rows answered 6 items"),
        (frame_of(11, 1), [A, B], "needs 2 rows that answered every item; there are 1"),
        (
            frame_of(11, 50).assign(b3=lambda f: f["b1"] + f["b2"]),
            [A, B],
            "not positive definite: 'b1', 'b2', 'b3' are linearly dependent",
        ),
        (
            frame_of(11, 50).assign(a2=lambda f: f["a1"], a3=lambda f: f["a1"]),
            [A],
            "not positive definite",
        ),
    ],
)
def test_what_cannot_be_fitted_has_its_reason(frame, scales, reason):
    with pytest.raises(NotComputable, match=reason):
        cfa(frame, scales)


def test_a_model_that_finds_no_minimum_says_so():
    rows = np.random.default_rng(1).standard_normal((60, 3))
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    odd = np.array([[1, 0.3, -0.3], [0.3, 1, 0.3], [-0.3, 0.3, 1]])
    frame = pd.DataFrame(rows @ np.linalg.cholesky(odd).T, columns=list(A.items))
    with pytest.raises(NotComputable, match=r"did not converge|not identified"):
        cfa(frame, [A])


def test_pairs_of_items_that_do_not_correlate_are_not_identified():
    with pytest.raises(NotComputable, match="not identified"):
        inverse_of(np.diag([1.0, 1.0, 1e-20]) + np.array([[0, 0, 0], [0, 0, 1e-10], [0, 1e-10, 0]]))


def test_scales_of_one_item_are_left_out_and_items_belong_to_one_scale():
    found = cfa(frame_of(12, 90), [Scale("single", ("b1",), -20, 20), A])
    assert found.notes[0] == "single has one item, so no factor"
    assert found.factors == ("a",)
    with pytest.raises(BadScale, match="hold 'a1'"):
        cfa(frame_of(12, 90), [A, Scale("c", ("a1", "b1"), -20, 20)])


def test_codes_left_in_and_unknown_choices_are_refused():
    with pytest.raises(OutOfRange, match="-99"):
        cfa(frame_of(13, 90).assign(a1=-99), [A, B])
    with pytest.raises(UnknownChoice, match="estimator is 'gls'"):
        cfa(frame_of(13, 90), [A, B], estimator="gls")
    with pytest.raises(UnknownChoice, match="missing is 'pairwise'"):
        cfa(frame_of(13, 90), [A, B], missing="pairwise")


def test_a_model_without_degrees_of_freedom_has_no_fit_to_speak_of():
    found = cfa(frame_of(14, 200), [A], estimator="mlr")
    assert (found.fit.df, found.fit.p, found.fit.cfi, found.fit.rmsea) == (0, None, None, None)
    assert found.robust.scaling == 1
    assert any("fits any data" in note for note in found.notes)


def test_the_result_reads_as_frames():
    found = cfa(frame_of(15, 200), [A, B])
    assert found.to_frame()["item"].tolist() == list(ITEMS)
    assert found.to_frame("constructs")["cr"].iloc[0] == found.constructs[0].cr
    pair = found.to_frame("correlations").iloc[0]
    assert pair["ci_low"] < pair["r"] < pair["ci_high"]
    assert found.to_dict()["robust"] is None
    with pytest.raises(UnknownChoice, match="section is 'fit'"):
        found.to_frame("fit")


def test_fit_of_a_model_better_than_chance():
    found = fit_indices(ChiSquare(3.0, 8), ChiSquare(2.0, 15), n=100, srmr=0.1, n_parameters=4)
    assert (found.cfi, found.rmsea, found.rmsea_low, found.aic) == (1, 0, 0, None)
    assert (
        fit_indices(ChiSquare(3.0, 8), ChiSquare(15.0, 15), n=100, srmr=0.1, n_parameters=4).tli
        is None
    )


def test_residuals_are_counted_in_standard_deviations():
    observed = np.array([[4.0, 1.0], [1.0, 1.0]])
    implied = np.array([[4.0, 0.5], [0.5, 1.0]])
    assert srmr(observed, implied) == pytest.approx(np.sqrt(0.25**2 / 3))
    with_means = srmr(observed, implied, np.array([1.0, 0]), np.array([0.0, 0]))
    assert with_means == pytest.approx(np.sqrt((0.25**2 + 0.5**2) / 5))
