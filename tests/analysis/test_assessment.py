"""`assess` as a whole: what it computes, refuses, hides, and writes."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import analysis
from analysis import RefusedData, Scale, Source, assess
from analysis.errors import BadScale, UnknownChoice
from analysis.sections import SECTIONS

SIZES = {"Acme": 9, "Berg": 12, "Cask": 7, "Dale": 2}
DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "analyse-json.md"


@pytest.fixture
def assessed(simulated, key):
    def run(**options):
        return assess(simulated(SIZES), key, **options)

    return run


def test_each_number_is_that_of_the_function_for_it(simulated, key, assessed):
    data, scale = simulated(SIZES), Scale.from_key(key)[0]
    found = assessed(partner="partner").by_scale["trust"]
    assert found.alpha == analysis.alpha(data, scale)
    assert found.omega == analysis.omega(data, scale)
    assert found.sem == analysis.standard_error_of_measurement(data, scale)
    assert found.items == analysis.item_stats(data, scale)
    scores = analysis.score(data, [scale]).to_frame()["trust"]
    assert found.mean == pytest.approx(scores.mean())


def test_partners_are_scored_on_every_scale(assessed):
    document = assessed(partner="partner").to_dict()
    for name in ("trust", "quality", "overall"):
        rows = document["partners"][name]
        assert [row["partner"] for row in rows] == list(SIZES)
        assert [row["n"] for row in rows] == list(SIZES.values())
        assert all(1 <= row["rank_low"] <= row["rank_high"] <= 4 for row in rows)
        assert document["aggregation"][name]["n_partners"] == 4
        assert document["pooling"][name]["tau2"] >= 0


def test_without_a_partner_column_nothing_is_said_of_partners(assessed):
    document = assessed().to_dict()
    assert not {"partners", "aggregation", "pooling"} & set(document)
    assert not any("partner" in text for text in document["methods"])


def test_the_same_call_gives_the_same_text(assessed):
    first, second = (
        json.dumps(assessed(partner="partner", ci="bootstrap").to_dict()) for _ in "12"
    )
    assert first == second


def test_pandas_and_polars_give_the_same(simulated, key):
    data = simulated(SIZES)
    frames = (data, pd.DataFrame(data.to_dict(as_series=False)))
    one, other = (assess(frame, key, partner="partner", min_n=5).to_dict() for frame in frames)
    assert one == other


def test_options_reach_the_numbers_and_the_record(assessed):
    found = assessed(ci="feldt", level=0.9, missing="listwise", seed=7).to_dict()
    assert found["settings"] == {
        "missing": "listwise",
        "ci": "feldt",
        "level": 0.9,
        "seed": 7,
        "min_n": 1,
        "partner": None,
        "estimator": "mlr",
        "fiml": False,
        "cluster": None,
        "pairs": False,
        "equal_within": None,
    }
    wide = assessed(ci="feldt").to_dict()["scales"]["quality"]["alpha"]
    narrow = found["scales"]["quality"]["alpha"]
    assert narrow["method"] == "feldt"
    assert wide["ci_low"] < narrow["ci_low"] < narrow["estimate"] < narrow["ci_high"]


@pytest.mark.parametrize("options", [{"ci": "exact"}, {"missing": "zero"}, {"level": 95}])
def test_an_unknown_choice_is_refused(assessed, options):
    with pytest.raises(UnknownChoice):
        assessed(**options)


def test_a_key_needs_scales_with_names_of_their_own(simulated):
    data, scale = simulated(SIZES), Scale("trust", ("t1", "t2"), 1, 5)
    with pytest.raises(BadScale, match="no scales"):
        assess(data, {})
    with pytest.raises(BadScale, match="share a name"):
        assess(data, [scale, scale])


def test_data_that_must_not_be_analysed_are_refused_with_every_reason(simulated, key):
    data = simulated(SIZES).with_columns(t1=pl.lit(99), q1=pl.lit("agree"))
    with pytest.raises(RefusedData) as caught:
        assess(data, key, partner="partner")
    codes = {finding.code for finding in caught.value.diagnostics.refused}
    assert {"out_of_range", "not_numeric"} <= codes
    assert "99" in str(caught.value)
    assert "agree" in str(caught.value)


def test_a_partner_column_that_is_not_there_is_refused(assessed):
    with pytest.raises(RefusedData, match="'supplier'"):
        assessed(partner="supplier")


def test_problems_that_do_not_forbid_an_analysis_are_told(simulated, key):
    key["trust"]["reverse"] = []
    data = simulated({name: 5 * n for name, n in SIZES.items()})
    problems = assess(data, key).to_dict()["problems"]
    assert [(p["severity"], p["code"], p["item"]) for p in problems] == [
        ("warn", "looks_reversed", "t3")
    ]
    assert 'reverse = ["t3"]' in problems[0]["action"]


def test_a_small_partner_enters_no_number(simulated, key):
    data = simulated(SIZES)
    without = data.filter(pl.col("partner") != "Dale")
    hidden = assess(data, key, partner="partner", min_n=5).to_dict()
    absent = assess(without, key, partner="partner", min_n=5).to_dict()
    for name in key:
        *shown, dale = hidden["partners"][name]
        assert dale["suppressed_reason"] == "too few answers (fewer than 5)"
        assert all(dale[field] is None for field in ("n", "mean", "sd", "shrunken", "rank_low"))
        assert shown == absent["partners"][name]
        notes = {"notes": None}
        assert hidden["scales"][name] | notes == absent["scales"][name] | notes
        assert hidden["aggregation"][name] | notes == absent["aggregation"][name] | notes
    for part in ("n_rows", "pooling", "distinctness", "problems"):
        assert hidden[part] == absent[part]


def test_where_all_partners_are_small_nothing_is_shown_and_it_is_said(simulated, key):
    document = assess(simulated({"A": 3, "B": 2}), key, partner="partner", min_n=5).to_dict()
    assert document["n_rows"] == 0
    assert document["problems"] == []
    assert document["notes"] == ["No group of 5 or more answers: there is nothing to show."]
    assert document["scales"]["trust"]["mean"] is None
    assert document["distinctness"]["htmt"] == {
        "trust": {"quality": None},
        "quality": {"trust": None},
    }


def test_scales_are_not_compared_on_too_few_rows(simulated, key):
    whole = pl.int_range(pl.len())
    data = simulated({"A": 12}).with_columns(
        *(pl.when(whole < 6).then(item) for item in ("t1", "t2", "t3")),
        *(pl.when(whole > 2).then(item) for item in ("q1", "q2", "q3", "q4")),
    )
    together = assess(data, key).to_dict()["distinctness"]
    assert together["n_used"] == 3
    assert together["htmt"]["trust"]["quality"] is not None
    apart = assess(data, key, min_n=5).to_dict()["distinctness"]
    assert apart["htmt"]["trust"]["quality"] is None
    assert "fewer than 5 rows" in apart["notes"][0]


def test_what_is_not_computable_is_null_with_a_reason_and_never_nan(key):
    data = pl.DataFrame(
        {
            "partner": ["A", "A", "B"],
            **{item: [4, 4, 4] for entry in key.values() for item in entry["items"]},
        }
    ).with_columns(t1=pl.lit(None, dtype=pl.Int64))
    document = assess(data, key, partner="partner").to_dict()
    text = json.dumps(document, allow_nan=False)
    assert "NaN" not in text
    for scale in document["scales"].values():
        assert scale["alpha"]["estimate"] is None
        assert scale["alpha"]["notes"]
    assert document["scales"]["trust"]["items"]["t1"] == {
        "n": 0,
        "missing": 3,
        "histogram": {},
        **dict.fromkeys(
            (
                "mean",
                "sd",
                "skew",
                "kurtosis",
                "item_rest_r",
                "alpha_if_deleted",
                "alpha_gain",
                "alpha_gain_low",
                "alpha_gain_high",
                "omega_if_deleted",
                "floor",
                "ceiling",
            )
        ),
    }


def test_one_row_is_told_what_it_lacks(simulated, key):
    scale = assess(simulated({"Acme": 1}), key).to_dict()["scales"]["trust"]
    assert scale["sd"] is None
    assert "no sd: only 1 row has a score" in scale["notes"]
    assert (scale["mean"] is None, scale["sd"]) == (False, None)


def test_one_partner_is_not_pooled(simulated, key):
    document = assess(simulated({"Acme": 9}), key, partner="partner").to_dict()
    (row,) = document["partners"]["trust"]
    assert row["mean"] is not None
    assert row["shrunken"] is None
    assert any("2 partners" in note for note in document["aggregation"]["trust"]["notes"])


def test_one_scale_has_nothing_to_be_distinct_from(simulated, key):
    document = assess(simulated(SIZES), {"trust": key["trust"]}).to_dict()
    assert document["distinctness"] == {"htmt": {}, "sentences": [], "n_used": None, "notes": []}


def test_titles_and_source_are_kept(assessed):
    document = assessed(titles={"trust": "Tillit"}, source=Source("a.csv", "00ff")).to_dict()
    assert document["scales"]["trust"]["title"] == "Tillit"
    assert "title" not in document["scales"]["quality"]
    assert document["data"] == {"file": "a.csv", "sha256": "00ff"}


def test_methods_name_what_was_chosen(assessed):
    text = " ".join(assessed(partner="partner", ci="bootstrap", seed=5, min_n=5).methods)
    assert "resamples of the rows (seed 5)" in text
    assert "10,000 draws" in text
    assert "fewer than 5 answers are not shown" in text
    assert "lowest + highest" in text
    assert "No interval of alpha" in " ".join(assessed(ci=None).methods)


@pytest.mark.parametrize(
    ("section", "rows", "columns"),
    [
        ("scales", 3, {"scale", "n_items", "alpha_estimate", "omega_total_ci_ci_low"}),
        ("items", 8, {"scale", "item", "item_rest_r"}),
        ("partners", 12, {"scale", "partner", "shrunken", "rank_high"}),
        ("ranks", 12, {"scale", "partner", "marginal_low", "simultaneous_high"}),
        ("loadings", 7, {"scale", "item", "loading"}),
        ("aggregation", 3, {"scale", "icc1_reml", "raters_needed_70"}),
        ("distinctness", 2, {"scale", "trust", "quality"}),
        ("problems", 0, {"severity", "message"}),
    ],
)
def test_each_part_is_a_data_frame_too(assessed, section, rows, columns):
    found = assessed(partner="partner")
    frame = found.to_frame(section)
    assert len(frame) == rows
    assert columns <= set(frame.columns)
    pd.testing.assert_frame_equal(getattr(found, section), frame)
    assert section in dir(found)
    assert not frame.map(lambda value: isinstance(value, list | dict)).any(axis=None)


def test_a_part_that_is_not_there_is_refused(assessed):
    with pytest.raises(
        UnknownChoice, match="choose one of scales, items, distinctness, loadings, problems"
    ):
        assessed().to_frame("partners")
    with pytest.raises(UnknownChoice, match="'waves'"):
        _ = assessed().waves
    with pytest.raises(AttributeError, match="'scale'"):
        _ = assessed().scale


def test_a_new_section_is_one_row(assessed, monkeypatch):
    monkeypatch.setitem(SECTIONS, "settings", lambda document: [document["settings"]])
    assert assessed(level=0.9).settings["level"].tolist() == [0.9]


def paths(value, path=""):
    """Yield the documented form of each path to a leaf."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, _step(path, name))
    elif isinstance(value, list):
        for inner in value or [None]:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def _step(path, name):
    scales = ("scales", "aggregation", "partners", "pooling", "comparisons", "factors.scales")
    if path in (*scales, "chances", "distinctness.htmt", "distinctness.htmt.<scale>"):
        name = "<scale>"
    elif path in ("scales.<scale>.items", "factors.items"):
        name = "<item>"
    elif path.endswith(".missing_by"):
        name = "<kind>"
    elif path.endswith(".histogram"):
        name = "<answer>"
    return f"{path}.{name}" if path else name


def test_the_document_and_its_reference_page_name_the_same_keys(simulated, key):
    key["trust"]["reverse"] = []  # so that there is a problem
    gap = pl.when(pl.int_range(pl.len()) < 3)
    data = simulated({name: 5 * n for name, n in SIZES.items()}).with_columns(
        q1=gap.then(None).otherwise("q1"), q1_missing=gap.then(pl.lit("skipped"))
    )
    document = assess(data, key, partner="partner", titles=dict.fromkeys(key, "A title")).to_dict()
    described = re.findall(r"^\| `([^`]+)` \|", DOCUMENTED.read_text("utf-8"), re.MULTILINE)
    assert len(set(described)) == len(described)
    assert set(paths(document)) == set(described)


def test_the_version_is_that_of_the_package():
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert f'version = "{analysis.__version__}"' in pyproject


def test_everything_public_is_there():
    assert all(hasattr(analysis, name) for name in analysis.__all__)
    assert analysis.__all__ == sorted(analysis.__all__, key=lambda n: (n.lower() == n, n))


@pytest.mark.durability
def test_a_thousand_partners_are_no_trouble(simulated, key):
    sizes = {f"P{i:04}": 5 + i % 20 for i in range(1000)}
    document = assess(simulated(sizes), key, partner="partner").to_dict()
    rows = document["partners"]["trust"]
    assert len(rows) == 1000
    assert {min(row["rank_low"] for row in rows), max(row["rank_high"] for row in rows)} == {
        1,
        1000,
    }
    assert np.isfinite([row["shrunken"] for row in rows]).all()
