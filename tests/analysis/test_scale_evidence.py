"""Evidence on scales in an assessment: what is always there, what on request, what breaks alone."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis import RefusedData, assess, cfa, htmt, icc, invariance, ordinal_alpha
from analysis.errors import UnknownChoice, UnknownColumn
from analysis.report import render
from analysis.report.scale_evidence import ScaleEvidence, _word, comparable
from analysis.scale import Scale

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "analyse-json-scale-parts.md"
KEY = {
    "trust": {"items": ["t1", "t2", "t3", "t4"], "low": 1, "high": 5, "reverse": ["t3"]},
    "quality": {"items": ["q1", "q2", "q3", "q4"], "low": 1, "high": 5},
    "pair": {"items": ["p1", "p2"], "low": 1, "high": 5},
    "overall": {"items": ["o1"], "low": 1, "high": 5},
}
ALONE = {"trust": KEY["trust"]}
ON_REQUEST = (
    "comparability",
    "retest",
    "htmt",
    "common_method",
    "polychoric",
    "categorical_omega",
)


def answers(n, seed=1, *, shift=0.0, level=None):
    """Let people answer; `shift` raises one item of half of them, `level` are their true scores."""
    source = np.random.default_rng(seed)
    level = source.standard_normal((n, 4)) if level is None else level
    mixed = 0.75 * level + 0.5 * level[:, :1]
    columns = {"language": np.where(np.arange(n) % 2, "en", "nb")}
    for place, entry in enumerate(KEY.values()):
        for i, item in enumerate(entry["items"]):
            noise = source.normal(0, 0.5 + 0.1 * i, n)
            drift = shift * (np.arange(n) % 2) if item == "q2" else 0.0
            weight = 1.1 - 0.2 * i
            raw = np.clip(np.rint(3 + weight * mixed[:, place] + noise + drift), 1, 5)
            columns[item] = 6 - raw if item in entry.get("reverse", ()) else raw
    return pl.DataFrame(columns)


def waves(n, seed=1):
    """Let the same people answer in two waves, a year apart."""
    level = np.random.default_rng(seed).standard_normal((n, 4))
    later = level + np.random.default_rng(seed + 1).normal(0, 0.4, (n, 4))
    parts = (answers(n, seed + 2, level=level), answers(n, seed + 3, level=later))
    return pl.concat(
        frame.with_columns(year=pl.lit(2025 + at), who=pl.int_range(pl.len()))
        for at, frame in enumerate(parts)
    )


@pytest.fixture(scope="module")
def data():
    return answers(300, shift=0.9)


@pytest.fixture(scope="module")
def found(data):
    return assess(data, KEY, thorough=True, group=["language"])


@pytest.fixture(scope="module")
def again():
    return assess(waves(120), KEY, wave="year", retest="who", group=["year"])


def scale_named(name):
    return next(scale for scale in Scale.from_key(KEY) if scale.name == name)


def test_each_number_is_that_of_the_function_for_it(data, found):
    document, trust = found.to_dict(), scale_named("trust")
    own = document["scales"]["trust"]
    assert own["ordinal_alpha"]["estimate"] == ordinal_alpha(data, trust).estimate
    ratios = htmt(data, Scale.from_key(KEY), ci="bootstrap", seed=1)
    row = document["htmt"]["rows"][0]
    assert (row["one"], row["other"]) == ("trust", "quality")
    assert row["htmt"] == ratios.to_dict()["trust"]["quality"]
    assert (row["htmt_ci_low"], row["htmt_ci_high"]) == (ratios.low[0, 1], ratios.high[0, 1])
    ladder = invariance(data, [trust], "language", estimator="mlr")
    steps = document["comparability"][0]["scales"]["trust"]["steps"]
    assert [step["chisq"] for step in steps] == [step.fit.chisq for step in ladder.steps]
    assert own["items"]["t3"]["histogram"]["5"] == (data["t3"] == 1).mean()
    ends = own["split_half"]["lambda2_ci_low"], own["split_half"]["lambda2_ci_high"]
    assert ends[0] < own["split_half"]["lambda2"] < ends[1]


def test_the_item_that_differs_between_groups_is_named(found):
    scales = found.to_dict()["comparability"][0]["scales"]
    assert scales["trust"]["reached"] in ("scalar", "strict")
    assert scales["quality"]["reached"] == "metric"
    assert [(r["item"], r["parameter"]) for r in scales["quality"]["freed"]] == [
        ("q2", "intercept")
    ]
    page = render(found.to_dict()).replace("&#39;", "'")
    assert "Across language, means of trust may be compared." in page
    assert (
        "quality: what differs most is the intercept of q2 (highest in en, lowest in nb); with "
        "that free the rest is equal: latent means may be compared, scores may not." in page
    )
    assert "pair: 2 items make no model of their own" in page.replace("Pair", "pair")


def test_scores_of_the_same_raters_are_compared_over_waves(again):
    rows = again.to_dict()["retest"]["trust"]
    data, trust = waves(120), scale_named("trust")
    scored = [
        data.filter(pl.col("year") == year)
        .select((pl.col("t1") + pl.col("t2") + 6 - pl.col("t3") + pl.col("t4")) / 4)
        .to_series()
        for year in (2025, 2026)
    ]
    agreement = icc(np.column_stack([*scored]), seed=1)
    assert len(rows) == 1
    assert rows[0]["agreement"]["estimate"] == pytest.approx(agreement.estimate)
    assert rows[0]["n_used"] == 120
    assert rows[0]["mean_change"] == pytest.approx((scored[1] - scored[0]).mean())
    changed = rows[0]["reliable_change"]
    gone = ((scored[1] - scored[0]) > changed["threshold"]).sum()
    assert (changed["risen"], trust.k) == (gone, 4)
    told = again.to_dict()["comparability"][0]["notes"]
    assert any(note.startswith("people who answered in several waves") for note in told)
    assert rows[0]["comparability"]["n_used"] == 120
    assert rows[0]["comparability"]["reached"] in ("scalar", "strict")
    page = render(again.to_dict())
    assert "To the same raters in both waves these mean the same: " in page
    assert "pair (2025 to 2026): whether it means the same in both waves is not estimable" in page
    assert "What is equal in both waves" in page


def test_parts_are_frames_and_sections_of_the_report(found, again):
    assert set(found.comparability["scale"]) == {"trust", "quality", "all scales together"}
    assert found.htmt.shape[0] == 3
    assert again.retest["agreement_estimate"].notna().all()
    assert len(found.polychoric) == 4 * 4 + 4 * 4 + 2 * 2
    pages = render(found.to_dict()), render(again.to_dict())
    for heading in ("mean the same in all groups?", "one method lie", "HTMT2"):
        assert heading in pages[0]
    assert "Are the scores stable?" in pages[1]
    assert "Reliability by other routes" in pages[0]
    assert "share of each answer" in pages[0]


def test_what_was_not_asked_for_is_not_there(data):
    document = assess(data, KEY).to_dict()
    assert not set(ON_REQUEST) & set(document)
    with pytest.raises(UnknownChoice, match="section is 'htmt'"):
        assess(data, KEY).to_frame("htmt")


def test_the_estimator_of_the_factor_model_can_be_chosen(data):
    gappy = data.with_columns(q1=pl.when(pl.int_range(pl.len()) > 20).then("q1"))
    scales = [scale for scale in Scale.from_key(KEY) if scale.k > 1]
    for options, own in (
        ({"estimator": "ml"}, {"estimator": "ml"}),
        ({"estimator": "wlsmv"}, {"estimator": "wlsmv"}),
        ({"fiml": True}, {"estimator": "mlr", "missing": "fiml"}),
        (
            {"fiml": True, "estimator": "wlsmv"},
            {"estimator": "wlsmv", "missing": "pairwise"},
        ),
    ):
        model = cfa(gappy, scales, **own)
        document = assess(gappy, KEY, **options).to_dict()
        assert document["factors"]["fit"]["chisq"] == (model.robust or model.fit).chisq
        assert document["factors"]["n_used"] == model.n_used
        (told,) = (text for text in document["methods"] if text.startswith("The factor model"))
        assert ("MLR" in told) == (model.estimator == "mlr")
        assert ("WLSMV" in told) == (model.estimator == "wlsmv")
        assert ("FIML" in told) == (model.missing == "fiml")
        assert ("pairwise" in told) == (model.missing == "pairwise")
    hidden = assess(gappy, KEY, fiml=True, min_n=5).to_dict()["factors"]
    assert hidden["missing"] == "listwise"
    assert any("rows with gaps" in note for note in hidden["notes"])
    with pytest.raises(UnknownChoice, match="estimator is 'uls'"):
        assess(data, KEY, estimator="uls")


def everything(data, **options):
    """Assess with all that needs no column, and make sure that it is JSON without NaN."""
    document = assess(data, KEY, thorough=True, group=["language"], **options).to_dict()
    json.dumps(document, allow_nan=False)
    assert render(document)
    return document


def test_a_constant_item_takes_its_own_scale_along_and_no_other(data):
    document = everything(data.with_columns(t1=pl.lit(3.0)))
    assert "constant item" in document["polychoric"]["trust"]["reason"]
    assert "constant item" in document["comparability"][0]["scales"]["trust"]["sentence"]
    assert "not estimable, because" in document["comparability"][0]["scales"]["trust"]["sentence"]
    assert document["polychoric"]["quality"]["reason"] is None
    assert document["comparability"][0]["scales"]["quality"]["reached"] == "metric"
    assert "constant item" in document["common_method"]["reason"]
    trust = document["scales"]["trust"]
    assert trust["split_half"]["lambda2_ci_low"] is None
    assert trust["items"]["t1"]["omega_if_deleted"] is not None
    assert trust["items"]["t2"]["omega_if_deleted"] is None
    assert document["scales"]["quality"]["split_half"]["lambda2_ci_low"] is not None


def test_items_that_say_the_same_are_named(data):
    document = everything(data.with_columns(t2=pl.col("t1")))
    assert "agree perfectly" in document["polychoric"]["trust"]["reason"]
    assert "linearly dependent" in document["common_method"]["reason"]
    assert document["scales"]["trust"]["split_half"]["lambda6_ci_low"] is None
    assert document["comparability"][0]["scales"]["quality"]["steps"][0]["chisq"] is not None


def test_a_heywood_case_is_no_omega_without_an_item():
    source = np.random.default_rng(5)
    rows = (
        source.standard_normal((200, 4))
        @ np.linalg.cholesky(
            np.array(
                [[1, 0.8, 0.8, 0.1], [0.8, 1, 0.5, 0.1], [0.8, 0.5, 1, 0.1], [0.1, 0.1, 0.1, 1]]
            )
        ).T
    )
    data = pd.DataFrame(np.clip(rows, -4, 4), columns=list("abcd"))
    scale = assess(data, [Scale("s", tuple("abcd"), -4, 4)]).to_dict()["scales"]["s"]
    assert scale["items"]["d"]["omega_if_deleted"] is None
    assert any("no omega without d: " in note and "Heywood" in note for note in scale["notes"])
    assert scale["items"]["a"]["histogram"] == {}
    assert "different answers" in scale["ordinal_alpha"]["notes"][0]


def test_two_items_have_halves_but_no_omega_without_one(found):
    pair = found.to_dict()["scales"]["pair"]
    assert pair["split_half"]["lambda2_ci_low"] < pair["split_half"]["lambda2"]
    assert pair["items"]["p1"]["omega_if_deleted"] is None
    assert "omega if deleted needs 4 items; the scale has 2" in pair["notes"]
    single = found.to_dict()["scales"]["overall"]
    assert single["ordinal_alpha"]["estimate"] is None
    assert single["items"]["o1"]["histogram"]["3"] > 0


def test_a_code_for_no_answer_that_was_left_in_is_refused(data):
    with pytest.raises(RefusedData, match="-99"):
        everything(
            data.with_columns(t1=pl.when(pl.int_range(pl.len()) > 3).then("t1").otherwise(-99))
        )


def test_items_that_were_never_answered_together_are_a_reason(data):
    even = pl.int_range(pl.len()) % 2 == 0
    apart = {item: pl.when(even).then(item) for item in ("t1", "t2")}
    apart |= {item: pl.when(~even).then(item) for item in ("t3", "t4")}
    document = everything(data.with_columns(**apart))
    assert "needs 2 rows" in document["polychoric"]["trust"]["reason"]
    assert "needs 2 rows" in document["scales"]["trust"]["ordinal_alpha"]["notes"][0]
    assert document["polychoric"]["quality"]["reason"] is None
    assert document["htmt"]["rows"][0]["htmt"] is None


def test_scales_that_share_an_item_have_no_model_of_all(data):
    key = {name: dict(KEY[name]) for name in ("trust", "quality")}
    key["quality"]["items"] = ["t1", "q1", "q2", "q3"]
    document = assess(data, key, thorough=True, group=["language"]).to_dict()
    scales = document["comparability"][0]["scales"]
    assert "share no item" in scales["all scales together"]["reason"]
    assert scales["trust"]["reason"] is None
    assert "share no item" in document["common_method"]["reason"]


def test_groups_that_are_alike_are_not_called_different_for_what_chance_does():
    said = set()
    for seed in range(6):
        part = assess(answers(150, seed), ALONE, group=["language"]).to_dict()["comparability"][0]
        trust = part["scales"]["trust"]
        told = comparable(part, {"trust": "trust"})[0]
        if trust["reached"] in ("scalar", "strict"):
            assert told == "Across language, means of trust may be compared."
        else:
            assert trust["beyond_chance"] is False
            assert trust["freed"] == []
            assert "these data leave open" in trust["sentence"]
            assert told.startswith("Across language, these data leave open whether means of trust")
        said.add(trust["reached"])
    assert len(said) > 1


@pytest.mark.parametrize(
    ("column", "reason"),
    [(pl.lit(None, pl.String), "column 'land' is empty"), (pl.lit("no"), "all rows are of 'no'")],
)
def test_a_column_without_groups_is_a_reason(data, column, reason):
    part = assess(data.with_columns(land=column), KEY, group=["land"]).to_dict()["comparability"][0]
    assert part["scales"] == {}
    assert reason in part["reason"]
    assert f"Nothing can be said about land: {reason}" in render(
        assess(data.with_columns(land=column), KEY, group=["land"]).to_dict()
    ).replace("&#39;", "'")


def test_what_cannot_be_done_is_refused(data):
    with pytest.raises(UnknownColumn, match="'tongue'"):
        assess(data, KEY, group=["tongue"])
    with pytest.raises(UnknownChoice, match="retest compares waves"):
        assess(data, KEY, retest="language")


def test_a_rater_with_two_rows_in_a_wave_is_a_reason_and_not_the_end():
    twice = waves(40).with_columns(who=pl.col("who") // 2)
    rows = assess(twice, KEY, wave="year", retest="who").to_dict()["retest"]["trust"]
    assert "two rows in one wave" in rows[0]["reason"]


def test_raters_who_are_named_anew_in_each_wave_are_nobody_to_compare():
    strangers = waves(40).with_columns(who=pl.int_range(pl.len()))
    rows = assess(strangers, KEY, wave="year", retest="who").to_dict()["retest"]["trust"]
    assert rows[0]["reason"] == "no rater has a score in both waves"


def paths(value, path=""):
    """Yield the documented form of each path to a leaf."""
    if isinstance(value, dict):
        for name, inner in value.items():
            step = name
            if path in ("polychoric", "categorical_omega", "retest", "comparability[].scales"):
                step = "<scale>"
            elif path.endswith((".correlations", ".thresholds", ".correlations.<item>")):
                step = "<item>"
            elif path == "retest.<scale>[]" and name in ("r", "agreement", "consistency"):
                step = "<r>"
            elif path == "common_method" and name in ("one_factor", "scales", "with_method"):
                step = "<model>"
            yield from paths(inner, f"{path}.{step}" if path else step)
    elif isinstance(value, list):
        for inner in value or [None]:
            yield from paths(inner, f"{path}[]")
    else:
        yield re.sub(r"(retest.<scale>\[\].comparability\.).*", r"\1<field>", path)


def test_omega_of_ordinal_answers_stands_beside_omega_total(found):
    document = found.to_dict()
    rows = document["categorical_omega"]
    assert set(rows) == {name for name, scale in document["scales"].items() if scale["n_items"] > 2}
    row, titles = rows["trust"], {name: name.upper() for name in KEY}
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    (section,) = (s for s in ScaleEvidence(document, titles).sections if s.id == "ordinal")
    assert section.sentences[0].startswith("Categorical omega takes the answers as slices")
    assert [line[0] for line in section.tables[0].body] == ["TRUST", "QUALITY"]


def test_the_parts_and_their_reference_page_name_the_same_keys(found, again):
    documents = [found.to_dict(), again.to_dict()]
    named = {
        text
        for document in documents
        for text in paths({name: document[name] for name in ON_REQUEST if name in document})
    }
    described = re.findall(r"^\| `([^`]+)` \|", DOCUMENTED.read_text("utf-8"), re.MULTILINE)
    assert len(set(described)) == len(described)
    assert {text for text in named if not text.endswith(("freed[]", "means[]"))} == set(described)


def few(sizes, gaps=0):
    """Answer in languages of these sizes; the first rows leave an item of each scale out."""
    data = answers(sum(sizes.values()), 7).with_columns(
        language=pl.Series([name for name, n in sizes.items() for _ in range(n)])
    )
    blank = pl.int_range(pl.len()) >= gaps
    return data.with_columns(**{item: pl.when(blank).then(item) for item in ("t1", "q1")})


@pytest.mark.parametrize(
    ("sizes", "gaps", "groups", "reason"),
    [
        ({"en": 60, "nb": 60}, 0, ["en", "nb"], None),
        ({"en": 60, "nb": 60, "is": 3}, 0, [], "found by subtraction"),
        ({"en": 60, "nb": 60, "is": 3, "nn": 4}, 0, ["en", "nb"], None),
        ({"en": 120, "nb": 4}, 0, [], "fewer than 2 groups have 20 rows"),
        ({"en": 60, "nb": 60}, 2, ["en", "nb"], None),  # those two are taken out before
        ({"en": 60, "nb": 60}, 20, ["en", "nb"], None),
    ],
)
def test_groups_below_the_threshold_are_not_shown_nor_revealed(sizes, gaps, groups, reason):
    part = assess(few(sizes, gaps), ALONE, group=["language"], min_n=5).to_dict()["comparability"][
        0
    ]
    assert part["groups"] == groups
    trust = part["scales"]["trust"]
    assert all(n >= 20 for n in trust["sizes"])
    assert trust["left_out"] == []  # not even their names
    assert (trust["reason"] is None) == (reason is None)
    assert reason is None or reason in trust["reason"]


def test_a_group_with_too_few_rows_takes_no_comparison_of_the_others_along():
    document = assess(few({"en": 60, "nb": 60, "is": 9}), ALONE, group=["language"]).to_dict()
    part = document["comparability"][0]
    assert (part["groups"], part["scales"]["trust"]["sizes"]) == (["en", "nb"], [60, 60])
    assert part["scales"]["trust"]["left_out"] == ["is"]
    assert "Too few answers for a comparison, so left out: is (trust)." in render(document)
    many = few({f"g{n}": 20 for n in range(21)})
    reason = assess(many, ALONE, group=["language"]).to_dict()["comparability"][0]["scales"]
    assert reason["trust"]["reason"] == "21 groups are more than can be compared (20)"


@pytest.mark.parametrize(("left", "shown"), [(0, True), (2, False), (6, True)])
def test_waves_are_not_set_off_against_the_raters_of_both(left, shown):
    data = waves(40).filter(~((pl.col("year") == 2026) & (pl.col("who") < left)))
    rows = assess(data, KEY, wave="year", retest="who", min_n=5).to_dict()["retest"]["trust"]
    assert (rows[0]["reason"] is None) == shown
    if shown:
        assert rows[0]["n_used"] == 40 - left
        assert rows[0]["reliable_change"]["risen"] not in range(1, 5)
    else:
        assert "found by subtraction" in rows[0]["reason"]


def test_what_rests_on_few_complete_rows_of_all_scales_is_not_shown():
    data = few({"en": 60, "nb": 60}, 2)
    document = assess(data, KEY, thorough=True, min_n=5).to_dict()
    assert "found by subtraction" in document["htmt"]["reason"]
    assert "found by subtraction" in document["common_method"]["reason"]
    assert document["polychoric"]["pair"]["n_used"] == 120


def test_a_step_that_fails_by_no_more_than_chance_is_called_so_in_the_table_too():
    step = {"name": "metric", "holds": False, "reason": None, "chisq": 12.0}
    row = {"beyond_chance": False}
    assert _word(step, row) == "left open"
    assert _word(step, {"beyond_chance": True}) == "does not hold"
    assert _word({**step, "holds": None}, row) == "not judged: the step before is left open"
