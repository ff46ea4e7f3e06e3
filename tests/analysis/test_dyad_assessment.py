"""Both sides as pairs in an assessment: what is found, told, documented, and why it is not."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analysis import assess
from analysis.coorientation import coorientation
from analysis.dyad_assessment import LEAST_APIM, LEAST_SURFACE, assess_dyads
from analysis.dyads import apim
from analysis.report import render
from analysis.report.dyads import alike, pairs
from analysis.response_surface import response_surface
from analysis.scale import Scale

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "analyse-json-dyads.md"
KEY = tuple(Scale(name, (name,), 1, 9) for name in ("trust", "overall"))
TITLES = {"trust": "Trust", "overall": "Overall"}
ASKED = {"partner": "partner", "side": "side", "outcome": "overall", "thorough": True, "ci": None}


def study(partners, *, waves=1, seed=1, cost=0.0):
    """Judge partners from two sides; disagreement about trust may cost ours their overall."""
    source = np.random.default_rng(seed)
    rows = []
    for partner in range(partners):
        ours, theirs = 5 + source.normal(0, 1, 2)
        for side, own, other in (("ours", ours, theirs), ("theirs", theirs, ours)):
            overall = 5 + 0.6 * (own - 5) + 0.3 * (other - 5)
            overall -= cost * (own - other) ** 2 * (side == "ours")
            for wave in range(waves):
                for _ in range(6):
                    answers = np.array([own, overall]) + source.normal(0, 0.3, 2)
                    row = dict(zip(("trust", "overall"), answers.clip(1, 9), strict=True))
                    rows.append({"partner": partner, "side": side, "wave": wave + 1, **row})
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def whole():
    return assess(study(30, cost=0.3), KEY, **ASKED)


@pytest.fixture(scope="module")
def document(whole):
    return whole.to_dict()


def test_effects_are_rows_of_a_data_frame(whole, document):
    frame = whole.dyads
    assert frame["effect"].tolist()[-4:] == ["a1", "a2", "a3", "a4"]
    assert len(frame) == 6 + 4
    bend = document["dyads"]["scales"]["trust"]["surface"]["a4"]
    assert frame["ci_high"].tolist()[-1] == bend["ci_high"]


def test_pairs_are_the_means_of_both_sides(document):
    means = study(30, cost=0.3).group_by("partner", "side").mean().sort("partner")
    ours, theirs = (means.filter(pl.col("side") == side) for side in ("ours", "theirs"))
    views = (ours["overall"], theirs["overall"], ours["trust"], theirs["trust"])
    found = document["dyads"]["scales"]["trust"]
    expected = apim(*views).to_dict()
    assert found["n_pairs"] == 30
    assert found["apim"]["partner"] == pytest.approx(expected["partner"])
    surface = response_surface(views[0], views[2], views[3]).to_dict()
    assert found["surface"]["a4"] == pytest.approx(surface["a4"])


def test_what_was_put_in_is_told_with_its_interval(document):
    told, tables = pairs(document, TITLES)
    assert re.match(r"One point more Trust goes with 0\.\d\d points more \(interval 0", told[0])
    assert any("the lower is Overall as ours sees it (a4 −" in text for text in told)
    assert [table.id for table in tables] == ["dyads-apim", "dyads-surface"]
    page = render(document)
    assert "go with the other side" in page.replace("&#39;", "'")
    assert "actor–partner interdependence" in page


def test_how_alike_the_sides_are_is_told_with_its_interval(document):
    told, (table,) = alike(document, TITLES)
    found = document["two_sides"]["scales"]["trust"]["alike"]
    assert table.body[0][1] == "30"
    assert ("On no scale" in told[0]) == (found["ci_low"] <= 0)
    few = assess(study(4), KEY, **{**ASKED, "thorough": False}).to_dict()
    told, tables = alike(few, TITLES)
    assert "it takes 5 partners with both sides; there are 4" in told[0]
    assert tables == []
    assert "dyads" not in few


def test_too_few_pairs_and_no_outcome_are_reasons():
    def sides(n):
        source = np.random.default_rng(2)
        return {
            name: {who: coorientation(*source.normal(3, 1, (2, 4))) for who in range(n)}
            for name in ("x", "y")
        }

    found = assess_dyads(sides(LEAST_APIM), "y", level=0.95).scales["x"]
    assert found.apim is not None
    assert found.surface_reason == (
        f"It takes {LEAST_SURFACE} partners with both scales from both sides; there are 10."
    )
    few = assess_dyads(sides(LEAST_APIM - 1), "y", level=0.95).scales["x"]
    assert (few.n_pairs, few.apim) == (9, None)
    assert "Name the scale" in assess_dyads(sides(3), None, level=0.95).reason
    assert "besides" in assess_dyads({"y": sides(3)["y"]}, "y", level=0.95).reason
    document = {"dyads": assess_dyads(sides(3), None, level=0.95).to_dict()}
    assert pairs(document, {})[1] == []


def test_with_everything_wanted_sides_and_waves_are_compared_as_groups():
    data = study(12, waves=2)
    document = assess(data, KEY, wave="wave", **ASKED).to_dict()
    assert [part["column"] for part in document["comparability"]] == ["side", "wave"]
    named = assess(data, KEY, wave="wave", group=["side", "wave"], **ASKED).to_dict()
    assert named == document
    one = data.filter(pl.col("side") == "ours")
    assert "comparability" not in assess(one, KEY, **ASKED).to_dict()


EFFECT = re.compile(r"apim\.(actor|partner)(_[ab])?\.")


def keys(value, path):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from keys(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, f"{path}[]")
    else:
        yield path


def test_the_part_and_its_reference_page_name_the_same_keys(document):
    described = set(re.findall(r"^\| `([^`]+)` \|", DOCUMENTED.read_text("utf-8"), re.MULTILINE))
    named = {
        path.replace("scales.trust", "scales.<scale>") for path in keys(document["dyads"], "dyads")
    }
    named = {EFFECT.sub("apim.<effect>.", path) for path in named}
    assert {re.sub(r"surface\.a\d\.", "surface.<slope>.", path) for path in named} == described
