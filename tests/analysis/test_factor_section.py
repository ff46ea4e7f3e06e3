"""The factor model in the report: its verdict, its reason, and what it must not give away."""

import numpy as np
import pandas as pd
import pytest

from analysis import assess, cfa
from analysis.factor_section import factor_section
from analysis.report.factors import factor_sentences, factors
from analysis.report.sentences import titles_of
from analysis.scale import Scale
from analysis.scale_assessment import Choices

SCALES = [Scale("a", ("a1", "a2", "a3"), 1, 5), Scale("b", ("b1", "b2", "b3"), 1, 5)]
ITEMS = [item for scale in SCALES for item in scale.items]


def answers(seed=1, n=400, *, extra=0.0):
    source = np.random.default_rng(seed)
    factor = source.standard_normal((n, 2)) @ np.array([[1, 0.5], [0, 0.9]])
    latent = factor[:, [0, 0, 0, 1, 1, 1]] * 0.8 + source.standard_normal((n, 6)) * 0.6
    latent[:, [2, 5]] += extra * source.standard_normal((n, 1))
    return pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=ITEMS)


def choices(min_n=1):
    return Choices("pairwise", "adf", 0.95, 1, min_n, None)


def document_of(data, scales=SCALES):
    return assess(data, scales).to_dict()


def test_the_numbers_are_those_of_the_robust_model():
    found = factor_section(answers(), SCALES, choices()).to_dict()
    model = cfa(answers(), SCALES, estimator="mlr")
    assert found["fit"]["cfi"] == model.robust.cfi
    assert found["fit"]["scaling"] == model.robust.scaling
    assert found["scales"]["a"]["ave"] == model.constructs[0].ave
    assert found["items"]["b2"]["loading"] == model.loadings[4].standardized
    assert found["reason"] is None


@pytest.mark.parametrize(
    ("extra", "said"),
    [(0, "as they should: one factor each fits (CFI"), (1.0, "One factor per scale does not fit")],
)
def test_the_fit_is_said_in_words(extra, said):
    document = document_of(answers(extra=extra))
    assert said in factor_sentences(document)[0]
    table = factors(document, titles_of(document))
    assert [row[0] for row in table.body] == ["a", "b"]
    assert table.body[0][4] == "b"


def test_a_fit_in_between_is_tolerable():
    document = document_of(answers())
    document["factors"]["fit"].update(cfi=0.92, rmsea=0.07, srmr=0.09)
    assert "tolerably" in factor_sentences(document)[0]


def test_a_model_that_fits_any_data_has_no_verdict_and_says_why():
    document = document_of(answers(), SCALES[:1])
    assert factor_sentences(document) == []
    notes = factors(document, titles_of(document)).notes
    assert any("fits any data" in note for note in notes)


def test_where_there_is_no_model_its_reason_is_said():
    document = document_of(answers(n=5))
    assert factors(document, titles_of(document)) is None
    assert factor_sentences(document)[0].startswith("There is no factor model: needs more rows")
    shared = [SCALES[0], Scale("c", ("a1", "b1", "b2"), 1, 5)]
    assert "Two of the scales hold 'a1'" in document_of(answers(), shared)["factors"]["reason"]
    single = [Scale("a", ("a1",), 1, 5)]
    assert "needs a scale with 2 items" in document_of(answers(), single)["factors"]["reason"]


@pytest.mark.parametrize(("gaps", "shown"), [(0, True), (1, False), (4, False), (5, True)])
def test_a_few_incomplete_rows_cannot_be_found_by_subtraction(gaps, shown):
    data = answers()
    data.loc[data.index < gaps, "b1"] = np.nan
    assert int(data["b1"].isna().sum()) == gaps
    found = factor_section(data, SCALES, choices(min_n=5))
    assert (found.model is not None) == shown
    if not shown:
        assert "could be found by subtraction" in found.reason
    assert factor_section(data, SCALES, choices()).model is not None


def test_too_few_complete_rows_are_not_shown():
    data = answers()
    data.loc[3:, "b1"] = np.nan
    assert "fewer than 5 rows" in factor_section(data, SCALES, choices(min_n=5)).reason
