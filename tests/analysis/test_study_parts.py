"""Sides, waves, drivers and careless rows as parts of one assessment."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis import RefusedData, assess
from analysis.coorientation import coorientation
from analysis.cuts import cut
from analysis.errors import BadFrame, NotComputable, UnknownChoice
from analysis.scale import Scale
from analysis.side_assessment import compared

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "analyse-json-parts.md"
SCALES = ("trust", "openness", "balance")
KEY = {
    **{name: {"items": [f"{name}{i}" for i in range(3)], "low": 1, "high": 5} for name in SCALES},
    **{f"{name}__meta": {"items": [f"{name}0__meta"], "low": 1, "high": 5} for name in SCALES},
    "overall": {"items": ["overall0"], "low": 1, "high": 5},
}
SIZES = {"Acme": 9, "Berg": 12, "Cask": 8, "Dale": 3, "Elm": 10, "Fell": 11}
LEVELS = {"Acme": 4.2, "Berg": 3.4, "Cask": 3.0, "Dale": 3.0, "Elm": 3.7, "Fell": 2.6}


def simulate(seed=5, waves=(1, 2, 3)):
    """Answer in waves, on two sides; Berg's own people see it worse each time and nobody knows."""
    source = np.random.default_rng(seed)
    rows = []
    for wave in waves:
        for side in ("theirs", "ours"):
            for partner, n in SIZES.items():
                level = LEVELS[partner] - (
                    0.8 * (wave - 1) if (partner, side) == ("Berg", "theirs") else 0
                )
                for _ in range(n + (side == "theirs")):
                    own = level + source.normal(0, 0.5)
                    known = LEVELS[partner] + source.normal(0, 0.5)
                    row = {"partner": partner, "side": side, "wave": wave}
                    for name, entry in KEY.items():
                        middle = known if name.endswith("__meta") and side == "ours" else own
                        for item in entry["items"]:
                            row[item] = int(np.clip(np.rint(middle + source.normal(0, 0.6)), 1, 5))
                    rows.append(row)
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def data():
    return simulate()


@pytest.fixture(scope="module")
def whole(data):
    options = {"side": "side", "wave": "wave", "outcome": "overall", "without_flagged": True}
    return assess(data, KEY, partner="partner", **options)


def test_scales_and_partners_are_those_of_the_first_side_in_the_last_wave(data, whole):
    main = data.filter((pl.col("side") == "ours") & (pl.col("wave") == 3))
    alone = assess(main, KEY, partner="partner").to_dict()
    document = whole.to_dict()
    for part in ("n_rows", "scales", "partners", "aggregation", "pooling", "distinctness"):
        assert document[part] == alone[part], part
    assert "side «ours» in wave 3" in document["notes"][0]


def test_the_sides_are_those_of_the_last_wave(data, whole):
    last = data.filter(pl.col("wave") == 3)
    found = whole.to_dict()["two_sides"]
    assert found["sides"] == ["ours", "theirs"]
    assert found["scales"]["trust"]["items"] == ["trust0"]  # the one that was guessed too
    own, guess = (
        [
            last.filter((pl.col("partner") == "Berg") & (pl.col("side") == side))[column].to_numpy()
            for side in found["sides"]
        ]
        for column in ("trust0", "trust0__meta")
    )
    expected = coorientation(own[0], own[1], guess[0], guess[1]).to_dict()
    row = next(r for r in found["scales"]["trust"]["partners"] if r["partner"] == "Berg")
    assert {name: row[name] for name in expected} == expected
    assert found["scales"]["overall"]["partners"][0]["state_a"] is None  # nobody guessed it
    assert found["scales"]["trust"]["alike"]["n_partners"] == 6
    assert [p["n_scales"] for p in found["profiles"]] == [4] * 6


def test_trouble_that_was_put_in_is_found(whole):
    warnings = whole.to_dict()["warnings"]
    berg = {w["rule"] for w in warnings if w["partner"] == "Berg"}
    assert berg >= {"false consensus", "widening gap"}
    others = [w for w in warnings if w["partner"] != "Berg"]
    assert len(others) <= 5  # of 6 partners, 4 scales, 4 rules


def test_waves_follow_every_scale_but_the_guesses(whole):
    found = whole.to_dict()["waves"]
    assert found["waves"] == ["1", "2", "3"]
    assert set(found["scales"]) == {*SCALES, "overall"}
    trust = found["scales"]["trust"]
    assert [row["partner"] for row in trust["trend"]["rows"]] == list(SIZES)
    assert trust["change"]["waves"] == ["2", "3"]
    assert [chart["partner"] for chart in trust["charts"]] == list(SIZES)
    assert [point["wave"] for point in trust["charts"][0]["points"]] == ["1", "2", "3"]


def test_drivers_are_the_other_scales(data, whole):
    found = whole.to_dict()["drivers"]
    assert [row["driver"] for row in found["rows"]] == list(SCALES)
    assert sum(row["share"] for row in found["rows"]) == pytest.approx(found["r2"])
    with pytest.raises(UnknownChoice, match="choose one of trust"):
        assess(data, KEY, outcome="trust__meta")
    alone = assess(data, {"overall": KEY["overall"]}, outcome="overall").to_dict()["drivers"]
    assert alone["rows"] == []
    assert "0 drivers" in alone["reason"]


def test_only_what_is_asked_for_is_there(data):
    plain = assess(data, KEY, partner="partner").to_dict()
    assert not {"two_sides", "waves", "warnings", "drivers", "quality"} & set(plain)
    sides = assess(data, KEY, partner="partner", side="side").to_dict()
    assert {"two_sides", "warnings"} <= set(sides)
    assert "waves" not in sides
    waves = assess(data, KEY, partner="partner", wave="wave").to_dict()
    assert {"waves", "warnings"} <= set(waves)
    assert "two_sides" not in waves
    assert {w["rule"] for w in waves["warnings"]} <= {"falling", "spread"}


def test_without_a_partner_column_there_is_one_relationship(data):
    found = assess(data, KEY, side="side", wave="wave").to_dict()
    assert [row["partner"] for row in found["two_sides"]["scales"]["trust"]["partners"]] == ["all"]
    assert [row["partner"] for row in found["waves"]["scales"]["trust"]["trend"]["rows"]] == ["all"]


def test_both_libraries_give_the_same(data):
    options = {"partner": "partner", "side": "side", "wave": "wave", "min_n": 5}
    pandas = pd.DataFrame(data.to_dict(as_series=False))
    assert assess(data, KEY, **options).to_dict() == assess(pandas, KEY, **options).to_dict()


def test_small_groups_are_shown_nowhere(data):
    options = {"side": "side", "wave": "wave", "outcome": "overall", "without_flagged": True}
    found = assess(data, KEY, partner="partner", min_n=5, **options).to_dict()
    assert json.dumps(found, allow_nan=False)
    dale = [
        r
        for s in found["two_sides"]["scales"].values()
        for r in s["partners"]
        if r["partner"] == "Dale"
    ]
    assert all(row["suppressed_reason"] and row["mean_a"] is None for row in dale)
    lines = [
        r
        for s in found["waves"]["scales"].values()
        for r in s["trend"]["rows"]
        if r["partner"] == "Dale"
    ]
    assert all(row["suppressed_reason"] and row["slope"] is None for row in lines)
    charts = {c["partner"] for s in found["waves"]["scales"].values() for c in s["charts"]}
    assert "Dale" not in charts
    assert found["quality"]["flags"] == []
    without = data.filter(pl.col("partner") != "Dale")
    absent = assess(without, KEY, partner="partner", min_n=5, **options).to_dict()
    assert found["warnings"] == absent["warnings"]
    assert found["drivers"] == absent["drivers"]
    for name, scale in found["waves"]["scales"].items():
        other = absent["waves"]["scales"][name]
        assert scale["charts"] == other["charts"]
        for number in ("n_used", "n_total", "mu", "tau2", "sigma2"):
            assert scale["trend"][number] == pytest.approx(other["trend"][number])
        shown = [r for r in scale["trend"]["rows"] if r["partner"] != "Dale"]
        for row, alone in zip(shown, other["trend"]["rows"], strict=True):
            for field in ("partner", "n_raters", "suppressed_reason"):
                assert row[field] == alone[field]
            for field in ("slope", "ci_low", "shrunken", "shrunken_ci_high"):
                assert row[field] == pytest.approx(alone[field], abs=1e-9)


def test_flags_name_rows_of_the_whole_data_and_can_be_overridden(data):
    line = {item: 4 for entry in KEY.values() for item in entry["items"]}
    last = data.row(-1, named=True)
    bad = pl.concat([data, pl.DataFrame([{**last, **line}], schema=data.schema)])
    options = {"partner": "partner", "side": "side", "wave": "wave", "without_flagged": True}
    assessed = assess(bad, KEY, **options)
    found = assessed.to_dict()["quality"]
    assert bad.height in assessed.to_frame("quality")["row"].tolist()
    flagged = {flag["row"] for flag in found["flags"]}
    assert bad.height in flagged
    assert found["without_flagged"]["n_flagged"] == found["n_flagged"] == len(flagged)
    assert {row["statistic"] for row in found["without_flagged"]["rows"]} >= {"alpha", "shrunken"}
    kept = assess(bad, KEY, keep=[bad.height], **options).to_dict()["quality"]
    assert kept["n_flagged"] == found["n_flagged"] - 1
    with pytest.raises(UnknownChoice, match="keep names row 1"):
        assess(bad, KEY, keep=[1], **options)


def test_where_every_row_is_flagged_nothing_is_compared():
    data = pl.DataFrame({f"q{i}": [4, 3] for i in range(12)})
    key = {"q": {"items": list(data.columns), "low": 1, "high": 5}}
    found = assess(data, key, without_flagged=True).to_dict()["quality"]["without_flagged"]
    assert found == {"n_flagged": 2, "rows": [], "reason": "Every row is flagged: nothing is left."}


def test_data_of_another_wave_are_checked_too(data):
    off = data.with_columns(trust1=pl.when(pl.col("wave") == 1).then(9).otherwise("trust1"))
    with pytest.raises(RefusedData, match="9"):
        assess(off, KEY, partner="partner", wave="wave")


@pytest.mark.parametrize("section", ["two_sides", "waves", "warnings", "drivers"])
def test_each_part_is_a_data_frame_too(whole, section):
    frame = whole.to_frame(section)
    assert len(frame)
    assert {"scale", "driver"} & set(frame.columns)


def test_methods_name_each_part(whole):
    text = " ".join(whole.methods)
    for words in (
        "Two sides: agreement",
        "Waves: a trend",
        "Early warnings",
        "LMG",
        "Careless rows",
    ):
        assert words in text


def test_guesses_are_paired_with_what_they_guess():
    own = Scale("trust", ("t1", "t2", "t3"), 1, 5, reverse=("t2",))
    same = Scale("trust__meta", ("t2__meta", "t3__meta"), 1, 5, reverse=("t2__meta",))
    (pair,) = compared([own, same])
    assert (pair.own.items, pair.own.reverse) == (("t2", "t3"), ("t2",))
    assert (pair.guess.items, pair.guess.reverse) == (("t2__meta", "t3__meta"), ("t2__meta",))
    (pair,) = compared([own, Scale("trust__meta", ("g1",), 1, 5)])
    assert (pair.own, pair.guess.items) == (own, ("g1",))
    (pair,) = compared([own, Scale("trust__meta", ("g1",), 1, 7)])  # another answer scale
    assert (pair.own, pair.guess) == (own, None)


def test_rows_that_cannot_be_parted_are_refused(data):
    with pytest.raises(BadFrame, match="3 sides"):
        cut(pl.DataFrame({"side": ["a", "b", "c"]}), side="side", wave=None)
    with pytest.raises(NotComputable, match="is empty"):
        cut(pl.DataFrame({"wave": [None, None]}), side=None, wave="wave")
    one = assess(data.filter(pl.col("side") == "ours"), KEY, side="side").to_dict()
    assert "two_sides" not in one


NAMES = {
    "two_sides.scales": "<scale>",
    "waves.scales": "<scale>",
    "quality.counts": "<rule>",
    "warning_rates.rules": "<rule>",
}

GAPS = ("agreement", "congruency_a", "congruency_b", "accuracy_a", "accuracy_b")
ALIKE = {"trend": "<line>", "change": "<line>", **dict.fromkeys(GAPS, "<gap>")}


def paths(value, path=""):
    """Yield the documented form of each path to a leaf."""
    if isinstance(value, dict):
        for name, inner in value.items():
            step = NAMES.get(path) or ALIKE.get(name, name)
            yield from paths(inner, f"{path}.{step}" if path else step)
    elif isinstance(value, list):
        for inner in value or [None]:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def test_the_parts_and_their_reference_page_name_the_same_keys(data):
    line = {item: 4 for entry in KEY.values() for item in entry["items"]}
    flagged = pl.DataFrame([{**data.row(-1, named=True), **line}], schema=data.schema)
    options = {"side": "side", "wave": "wave", "outcome": "overall", "without_flagged": True}
    document = assess(pl.concat([data, flagged]), KEY, partner="partner", **options).to_dict()
    document["waves"]["scales"]["trust"]["trend"]["notes"] = ["a note"]
    parts = ("two_sides", "waves", "warnings", "warning_rates", "drivers", "quality")
    described = re.findall(r"^\| `([^`]+)` \|", DOCUMENTED.read_text("utf-8"), re.MULTILINE)
    assert len(set(described)) == len(described)
    named = {
        text.replace("two_sides.profiles[].<gap>", "two_sides.profiles[].<r>")
        for text in paths({part: document[part] for part in parts})
    }
    assert named == set(described)
