"""Raters, composites, two levels and linked waves as parts of an assessment and of its report."""

import gzip
import json
import os
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from rich.console import Console
from scipy.special import fdtri

from analysis import Scale, assess, crossed_interval
from analysis.crossed import crossed
from analysis.crossed_design import design
from analysis.errors import UnknownChoice, UnknownColumn
from analysis.linked_change import linked_change
from analysis.mixed_equations import Equations
from analysis.partner_evidence import PartnersWanted, partner_evidence
from analysis.partners import partner_scores
from analysis.rater_share import rater_share_interval
from analysis.report import partner_evidence as sentences
from analysis.report import partner_tables as tables
from analysis.report import render
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix, mean_scores
from analysis.simulation import Design, simulate
from analysis.tables import print_assessment
from analysis.two_level import two_level_omega

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "analyse-json-partners.md"
SHARED = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
real_data = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}")
ITEMS = 3
SHAPE = {"partners": 12, "raters": 8, "each": 3, "constructs": ("trust", "speed", "price")}
WEIGHTS = {"trust": 3, "speed": 1}
ASKED = {"partner": "partner", "rater": "rater", "ci": None}


def key_of(simulated):
    return {
        s.name: {"items": list(s.items), "low": s.low, "high": s.high} for s in simulated.scales
    }


def answers(seed=2, **options):
    simulated = simulate(Design(**{**SHAPE, "items": ITEMS, "severity": 0.2, **options}), seed)
    return simulated.frame, key_of(simulated), simulated


def parts_of(data, key, **options):
    """Return the parts alone, as their JSON, without what else an assessment would compute."""
    choices = Choices("pairwise", None, 0.95, 1, 1, options.pop("partner", "partner"))
    outcome = options.pop("outcome", None)
    scales = Scale.from_key(key)
    found = partner_evidence(data, None, scales, PartnersWanted(**options), choices, outcome)
    document = found.to_dict()
    json.dumps(document, allow_nan=False)
    return document


def waves(seed=3):
    """Let the raters of one draw rate the same partners again, p01 a point lower."""
    data, key, _ = answers(seed)
    items = [item for entry in key.values() for item in entry["items"]]
    source = np.random.default_rng(seed)
    fall = pl.when(pl.col("partner") == "p01").then(1).otherwise(0)
    later = data.with_columns(
        (pl.col(i) + source.integers(-1, 2, data.height) - fall).clip(1, 5).alias(i) for i in items
    )
    later = later.cast(dict.fromkeys(items, pl.Int16))
    both = pl.concat([data.with_columns(wave=pl.lit(1)), later.with_columns(wave=pl.lit(2))])
    return both, key


@pytest.fixture(scope="module")
def found():
    data, key = waves()
    del key["price"]
    titles = {"trust": "Trust", "speed": "Speed", "price": "Price"}
    options = {"wave": "wave", "weights": WEIGHTS, "two_level": True, "titles": titles}
    return assess(data, key, **ASKED, **options)


def test_scores_freed_from_severity_stand_beside_those_that_are_not():
    data, key, simulated = answers()
    part = parts_of(data, {"trust": key["trust"]}, rater="rater")["raters"]
    assert part["rater"] == "rater"
    for scale in simulated.scales[:1]:
        values = mean_scores(item_matrix(data, scale), scale)
        model = crossed(values, data["rater"], data["partner"], raters_effects=True)
        plain = partner_scores(values, data["partner"])
        own = part["scales"][scale.name]
        assert own["shares"] == model.shares
        assert sum(own["shares"].values()) == pytest.approx(1)
        for row, freed, alike in zip(own["partners"], model.rows, plain.rows, strict=True):
            assert (row["score"], row["ci_low"]) == (freed.score, freed.ci_low)
            assert (row["shrunken"], row["mean"]) == (alike.shrunken, alike.mean)
            held = freed.raters_effect_low <= 0 <= freed.raters_effect_high
            assert row["corrected"] == (not held)
        by_score = sorted(own["partners"], key=lambda row: row["place_freed"])
        assert all(a["score"] >= b["score"] for a, b in pairwise(by_score))
        moved = sum(row["place"] != row["place_freed"] for row in own["partners"])
        assert own["moved"] == moved


def test_sums_of_effects_have_the_variance_of_the_whole_matrix():
    source = np.random.default_rng(3)
    rated = design(source.standard_normal(40), source.integers(0, 9, 40), source.integers(0, 5, 40))
    equations = Equations(rated.values, rated.rater, rated.partner, rated.counts)
    factors = [np.eye(codes.max() + 1)[codes] for codes in (rated.rater, rated.partner)]
    for ratios in [(0.3, 0.7), (0.0, 0.5), (2.0, 0.0)]:
        solution = equations.solve(ratios)
        matrix = np.eye(40) + sum(r * z @ z.T for r, z in zip(ratios, factors, strict=True))
        inverse, ones = np.linalg.inv(matrix), np.ones(40)
        left = inverse - np.outer(inverse @ ones, inverse @ ones) / (ones @ inverse @ ones)
        for place in (0, 1):
            weights = source.random((factors[place].shape[1], 3))
            q, r = factors[place] @ weights, ratios[place]
            whole = r * (weights**2).sum(axis=0) - r**2 * np.diag(q.T @ left @ q)
            assert equations.combined(solution, place, weights) == pytest.approx(whole, abs=1e-10)


def test_of_many_partners_the_ratio_is_taken_as_known(monkeypatch):
    source = np.random.default_rng(6)
    by, who = np.repeat(np.arange(120), 4), source.integers(0, 10, 480)
    values = 0.6 * source.standard_normal(120)[by] + source.standard_normal(480)
    averaged = crossed(values, by, who, raters_effects=True).rows
    monkeypatch.setattr(crossed_interval, "_MANY", 5)
    for row, other in zip(
        crossed(values, by, who, raters_effects=True).rows, averaged, strict=True
    ):
        assert row.raters_effect == other.raters_effect
        assert row.raters_effect_low == pytest.approx(other.raters_effect_low, abs=0.02)
        assert row.raters_effect_high == pytest.approx(other.raters_effect_high, abs=0.02)


def test_in_a_complete_design_the_share_of_severity_has_the_interval_of_f():
    source = np.random.default_rng(8)
    table = 0.8 * source.standard_normal((10, 1)) + source.standard_normal((10, 6))
    rater, partner = np.indices(table.shape)
    rated = design(table.ravel(), rater.ravel(), partner.ravel())
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    ratio = 6 * table.mean(axis=1).var(ddof=1) / ((rest**2).sum() / 45)
    ends = [(ratio / fdtri(9, 45, tail) - 1) / 6 for tail in (0.975, 0.025)]
    expected = [max(rho, 0) / (1 + max(rho, 0)) for rho in ends]
    assert rater_share_interval(rated, 0.95) == pytest.approx(expected, abs=1e-8)


def test_a_partner_whose_raters_are_severe_is_named():
    source = np.random.default_rng(2)
    severe = np.repeat([-1.2, 1.0, 1.0], 10)
    rater = np.repeat(np.arange(30), 4)
    rated = [[0 if r < 10 else 1, 2, 3, 4] for r in range(30)]
    value = 3 + severe[rater] + 0.3 * source.standard_normal(120)
    names = [f"p{p}" for p in np.concatenate(rated)]
    data = pl.DataFrame({"t": np.clip(value, 1, 5), "who": names, "by": rater})
    key = {"trust": {"items": ["t"], "low": 1, "high": 5}}
    document = parts_of(data, key, partner="who", rater="by")
    rows = {row["partner"]: row for row in document["raters"]["scales"]["trust"]["partners"]}
    assert [rows[name]["corrected"] for name in ("p0", "p1")] == [True, True]
    assert rows["p0"]["raters_effect"] < 0 < rows["p1"]["raters_effect"]
    told = " ".join(sentences.raters(document, {"trust": "Trust"}))
    assert "the raters of p1 are milder and those of p0 more severe" in told


def test_the_composite_keeps_the_two_doubts_apart(found):
    part = found.to_dict()["composite"]
    assert part["weights"] == pytest.approx({"trust": 0.75, "speed": 0.25})
    assert not part["equal"]
    assert [row["scale"] for row in part["parts"]] == ["trust", "speed"]
    for name in ("near", "far", "every", "chance"):
        assert sum(row[f"leads_{name}"] for row in part["partners"]) == pytest.approx(1)
    means = {row["partner"]: row["mean"] for row in part["partners"]}
    first = max(means, key=means.get)
    if part["holds_within"] is None or part["holds_within"] > 0.2:
        assert next(r["leads_near"] for r in part["partners"] if r["partner"] == first) == 1
    assert "Composite of a partner: Σ weight" in " ".join(found.methods)


def test_leads_with_two_scales_are_exact_shares_of_weightings():
    # a is ahead on one scale by 1, b on the other by 1: a leads where its scale weighs more.
    rows = [("a", 4, 2), ("a", 4, 2), ("b", 3, 3), ("b", 3, 3)]
    data = pl.DataFrame(rows, schema=["who", "x", "y"], orient="row")
    key = {name: {"items": [name], "low": 1, "high": 5} for name in "xy"}
    part = parts_of(data, key, partner="who", composite=True)["composite"]
    assert part["equal"]
    assert part["holds_within"] == 0
    for row in part["partners"]:
        for name in ("near", "far", "every"):
            assert row[f"leads_{name}"] == pytest.approx(0.5, abs=0.02)


def test_without_weights_all_scales_but_the_outcome_weigh_alike():
    data, key, _ = answers()
    part = parts_of(data, key, composite=True, outcome="price")
    assert part["composite"]["weights"] == {"trust": 0.5, "speed": 0.5}


def test_scales_that_share_items_have_no_reliability_together():
    data, key, _ = answers()
    key = {"trust": key["trust"], "again": key["trust"]}
    part = parts_of(data, key, composite=True)["composite"]
    assert part["reliability"] is None
    assert any("share items" in note for note in part["notes"])


def test_two_levels_are_those_of_the_statistic(found):
    data, _ = waves()
    last = data.filter(pl.col("wave") == 2)
    _, _, simulated = answers(3)
    part = found.to_dict()["two_level"]
    for scale in simulated.scales[:1]:
        alone = two_level_omega(last, scale, "partner")
        assert part[scale.name]["omega_within"] == alone.omega_within
        assert part[scale.name]["notes"] == list(alone.notes)


def test_two_levels_say_why_there_is_none():
    data, key, _ = answers(partners=5)
    key = {"trust": key["trust"]}
    document = parts_of(data, key, two_level=True)
    own = document["two_level"]["trust"]
    assert own["omega_within"] is None
    assert "not estimable" in own["notes"][0]
    assert "5 partners" in own["notes"][0]
    assert "not estimable" in tables.two_level(document, {"trust": "Trust"}).notes[0]


def test_raters_are_linked_over_waves(found):
    data, _ = waves()
    part = found.to_dict()["linked_waves"]["trust"]
    _, _, simulated = answers(3)
    scale = simulated.scales[0]
    values = mean_scores(item_matrix(data, scale), scale)
    alone = linked_change(values, data["partner"], data["wave"], data["rater"])
    assert [row["change"] for row in part["rows"]] == [row.change for row in alone.rows]
    assert part["correlation"] == alone.correlation
    lines = {
        row["partner"]: row for row in found.to_dict()["waves"]["scales"]["trust"]["change"]["rows"]
    }
    for row in part["rows"]:
        assert row["change"] == pytest.approx(lines[row["partner"]]["slope"])
    assert part["width"] < 1
    assert part["n_linked"] == data.height // 2


def nested():
    data, key, _ = answers(each=1, severity=0)
    return data, key


def reason(data, key):
    key = {"trust": key["trust"]}
    return parts_of(data, key, rater="rater")["raters"]["scales"]["trust"]["reason"]


def test_a_design_that_cannot_separate_severity_says_so():
    data, key = nested()
    assert "Each rater rated one partner" in reason(data, key)
    alone = data.with_columns(rater=pl.lit("everybody"))
    assert "Each partner was rated by one rater" in reason(alone.unique("partner"), key)
    unknown = data.with_columns(rater=pl.lit(None, pl.String))
    assert reason(unknown, key) == (
        "Raters are not linked in this data: column 'rater' names none."
    )
    same = data.with_columns(pl.lit(3).alias(item) for item in key["trust"]["items"])
    assert "Each rater" in reason(same, key)


def test_groups_that_no_rater_links_are_named():
    data, key, _ = answers()
    halves = data.with_columns(
        rater=pl.concat_str("rater", pl.col("partner") <= "p06", separator="-")
    )
    document = parts_of(halves, {"trust": key["trust"]}, rater="rater")
    own = document["raters"]["scales"]["trust"]
    assert len(own["groups"]) == 2
    assert any("No rater links these 2 groups" in note for note in own["notes"])
    shown = tables.severity(document, {"trust": "Trust"})
    assert any("No rater links these 2 groups" in note for note in shown.notes)


def test_small_and_degenerate_designs_end_in_words_or_numbers():
    data, key, _ = answers()
    two = data.filter(pl.col("partner").is_in(["p01", "p02"]))
    assert reason(two, key) is None or "rater" in reason(two, key)
    agree = pl.DataFrame(
        [(f"r{r}", f"p{p}", p + 1, p + 1) for r in range(5) for p in range(4)],
        schema=["rater", "partner", "t1", "t2"],
        orient="row",
    )
    alike = {"trust": {"items": ["t1", "t2"], "low": 1, "high": 5}}
    assert "without a rest" in reason(agree, alike)
    constant = agree.with_columns(t1=pl.lit(3), t2=pl.lit(3))
    assert "All ratings are the same" in reason(constant, alike)
    one = data.with_columns(rater=pl.lit("r1"))
    assert reason(one, key)


def test_without_variance_between_raters_the_scores_are_those_of_one_way():
    data, key, _ = answers(severity=0, seed=11, raters=6)
    key = {"trust": key["trust"], "speed": key["speed"]}
    own = parts_of(data, key, rater="rater")["raters"]["scales"]
    nil = [scale for scale in own.values() if scale["rater_variance"] == 0]
    assert nil
    for scale in nil:
        for row in scale["partners"]:
            assert row["score"] == pytest.approx(row["shrunken"], abs=1e-5)
        assert scale["moved"] == 0


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"trust": 0}, "'trust' is 0; give a number above 0"),
        ({"trust": -1, "speed": 2}, "'trust' is -1"),
        ({"trust": 1, "spede": 1}, "'spede', which is no scale; the scales are 'trust', 'speed'"),
        ({}, "There are no weights"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weights, told):
    data, key, _ = answers()
    with pytest.raises(UnknownChoice, match=told):
        parts_of(data, key, weights=weights)


def test_what_is_missing_is_said():
    data, key, _ = answers()
    with pytest.raises(UnknownChoice, match="name the column of the partners"):
        parts_of(data, key, partner=None, composite=True)
    with pytest.raises(UnknownColumn, match="rated_by"):
        parts_of(data, key, rater="rated_by")
    part = parts_of(data, key, weights={"trust": 2})
    assert part["composite"]["reason"] == "A composite takes 2 scales; there is 1."


def test_report_and_terminal_have_every_section(found):
    document = found.to_dict()
    page = render(document)
    for part in ("raters", "composite", "two-level", "linked-waves"):
        assert f'<section id="{part}"' in page
    assert page.count('class="chart caterpillar leads') == 1 + len(found.by_partner)
    first = max(document["composite"]["partners"], key=lambda row: row["leads_near"])
    assert f'width="{100 * first["leads_near"]:.2f}%"' in page
    assert "The composite weighs Trust 75\u00a0% and Speed 25\u00a0%." in page
    with open("/dev/null", "w") as nowhere:  # noqa: PTH123 - the console writes as it goes
        console = Console(file=nowhere, width=120, record=True)
        print_assessment(document, console)
    text = console.export_text()
    for heading in ("Are some raters more severe?", "Who leads on everything together?"):
        assert heading in text


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_sections_fit_the_screen_and_are_accessible(found, tmp_path, width, chromium):
    file = tmp_path / "report.html"
    file.write_text(render(found.to_dict()), encoding="utf-8")
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    seen = Axe().run(page)
    assert seen.violations_count == 0, seen.generate_report()
    page.close()


def test_no_winner_is_named_that_chance_may_have_made():
    data, key, _ = answers(icc=0.02)
    key = {name: key[name] for name in ("trust", "speed")}
    document = parts_of(data, key, composite=True)
    best = max(row["leads_chance"] for row in document["composite"]["partners"])
    assert best < 0.95
    assert "name no winner" in sentences.composite(document, {name: name for name in key})[-1]


def test_each_part_is_a_data_frame(found):
    for section in ("raters", "composite", "two_level", "linked_waves"):
        assert len(found.to_frame(section))


AS_ELSEWHERE = {
    "rank_": "<place>",
    "simultaneous_": "<place>",
    "marginal_": "<place>",
    "difference": "<difference>",
    "chance_": "<chance>",
}


def paths(value, path=""):
    """Yield the documented form of each path to a leaf."""
    scales = ("raters.scales", "composite.weights", "two_level", "linked_waves", "guesses")
    if isinstance(value, dict):
        for name, inner in value.items():
            step = "<scale>" if path in scales else name
            if path == "raters.scales.<scale>.partners[]":
                step = next(
                    (to for word, to in AS_ELSEWHERE.items() if name.startswith(word)), name
                )
            yield from paths(inner, f"{path}.{step}" if path else step)
    elif isinstance(value, list):
        for inner in value or [None]:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def test_the_parts_and_their_reference_page_name_the_same_keys(found):
    document = found.to_dict()
    document["raters"]["scales"]["trust"]["notes"] = ["a note"]
    document["raters"]["scales"]["trust"]["differing"] = ["p01"]
    guess = {"n": 5, "mean": 3.0, "ci_low": 2.0, "ci_high": 4.0, "suppressed_reason": None}
    document["guesses"] = {"trust__meta": [{"partner": "p01", **guess}]}
    parts = ("raters", "composite", "two_level", "linked_waves", "guesses")
    described = re.findall(r"^\| `([^`]+)` \|", DOCUMENTED.read_text("utf-8"), re.MULTILINE)
    assert len(set(described)) == len(described)
    named = set(paths({part: document[part] for part in parts}))
    assert named == set(described)


def rows_of(name):
    with gzip.open(SHARED / name, "rb") as file:
        return pl.read_csv(file.read())


@real_data
def test_pupils_who_rate_one_teacher_each_cannot_be_told_from_their_teachers():
    data = rows_of("autonomy_support.csv.gz")
    items = [name for name in data.columns if name != "Teacher"]
    data = data.with_columns(pupil=pl.int_range(pl.len()))
    key = {"support": {"items": items, "low": 1, "high": 5}}
    document = parts_of(data, key, partner="Teacher", rater="pupil")
    assert "Each rater rated one partner" in document["raters"]["scales"]["support"]["reason"]


@real_data
@pytest.mark.durability
def test_lecturers_have_the_variances_of_lme4():
    stored = json.loads((SHARED / "insteval_crossed.json").read_text())["crossed"]
    data = rows_of("insteval.csv.gz")
    key = {"teaching": {"items": ["y"], "low": 1, "high": 5}}
    own = parts_of(data, key, partner="d", rater="s")["raters"]["scales"]["teaching"]
    theirs = dict(zip(stored["grp"], stored["var"], strict=True))
    named = {"partner_variance": "d", "rater_variance": "s", "residual_variance": "Residual"}
    assert [own[name] for name in named] == pytest.approx(
        [theirs[name] for name in named.values()], rel=1e-4
    )
    assert own["severity_low"] is None  # too many raters to take their matrix apart


@pytest.mark.durability
@pytest.mark.parametrize(
    ("severity", "ratio"), [(0.0, (0.98, 1.03)), (0.3, (0.90, 0.99)), (0.5, (0.75, 0.90))]
)
def test_freed_scores_are_nearer_the_truth_where_raters_differ_and_no_farther_where_not(
    severity, ratio
):
    source = np.random.default_rng(1)
    freed = plain = 0.0
    for _ in range(100):
        drawn = simulate(Design(partners=12, raters=8, each=3, icc=0.15, severity=severity), source)
        scale = drawn.scales[0]
        values = mean_scores(item_matrix(drawn.frame, scale), scale)
        who = drawn.frame["partner"]
        truth = {row["partner"]: row["score"] for row in drawn.truth["partners"][scale.name]}
        for row in crossed(values, drawn.frame["rater"], who).rows:
            freed += (row.score - truth[row.partner]) ** 2
        for row in partner_scores(values, who).rows:
            plain += (row.shrunken - truth[row.partner]) ** 2
    assert ratio[0] < freed / plain < ratio[1]


@pytest.mark.durability
@pytest.mark.parametrize(
    ("shape", "variances"),
    [
        ((12, 20, 3), (0.2, 0.3, 0.5)),
        ((12, 15, 2), (0.2, 0.6, 0.2)),
    ],
)
def test_intervals_of_severity_hold_it(shape, variances):
    partners, raters, each = shape
    source = np.random.default_rng(5)
    share = variances[1] / (variances[1] + variances[2])
    held = mild = n = 0
    draws = 300
    for _ in range(draws):
        own, severe, rest = (np.sqrt(v) for v in variances)
        level, effect = own * source.normal(size=partners), severe * source.normal(size=raters)
        who = np.concatenate([source.choice(partners, each, replace=False) for _ in range(raters)])
        by = np.repeat(np.arange(raters), each)
        values = level[who] + effect[by] + rest * source.normal(size=len(by))
        found = crossed(values, by, who, raters_effects=True)
        held += found.severity_low <= share <= found.severity_high
        for row in found.rows:
            true = effect[by[who == row.partner]].mean()
            mild += row.raters_effect_low <= true <= row.raters_effect_high
            n += 1
    assert held / draws == pytest.approx(0.95, abs=0.038)  # three Monte-Carlo standard errors
    assert 0.93 < mild / n < 0.99
