"""What the report tells to do: each sentence with its rule, and never more than the intervals."""

import numpy as np
import pandas as pd
import pytest

from analysis import assess
from analysis.report import advice, content, part_sentences, sentences
from analysis.report.factors import factor_sentences

FIT = {"cfi": 0.97, "rmsea": 0.04, "rmsea_low": 0.02, "rmsea_high": 0.06, "srmr": 0.05}
TOGETHER = "Report together, or say that you cannot tell them apart"
MISFIT = {**FIT, "cfi": 0.80, "rmsea": 0.12}


def test_many_flags_speak_of_the_items():
    compared = {"rows": [], "reason": None}
    found = {"n_flagged": 12, "n_rows": 30, "without_flagged": compared, "notes": []}
    assert "not of careless people" in part_sentences.quality({"quality": found}, {})[0]
    found["n_flagged"] = 10
    assert "not of careless people" not in part_sentences.quality({"quality": found}, {})[0]


def test_what_an_omega_lacks_stands_with_the_items_once():
    data = pd.DataFrame(np.random.default_rng(2).integers(1, 6, (40, 4)), columns=list("abcd"))
    key = {"trust": {"items": ["a", "b", "c"], "low": 1, "high": 5}}
    found = assess(data, key).to_dict()
    scale = found["scales"]["trust"]
    reasons = [f"no omega without {item}: it broke" for item in "ab"]
    scale["notes"] = ["omega if deleted needs 4 items; the scale has 3", *reasons]
    titles = {"trust": "Trust"}
    notes = content.items(found, "trust", titles).notes
    assert notes[-1] == "no omega without a and b: it broke"
    assert not any("it broke" in note for note in content.reliability(found, titles).notes)


def scale(estimate=0.8, low=0.75, high=0.85, items=4, gains=()):
    rows = {
        f"i{n}": {
            "alpha_gain": gain,
            "alpha_gain_low": None if gain is None else gain - 0.02,
            "alpha_gain_high": None if gain is None else gain + 0.02,
        }
        for n, gain in enumerate(gains, start=1)
    }
    method = "no interval" if low is None else "adf"
    alpha = {"estimate": estimate, "ci_low": low, "ci_high": high, "method": method, "notes": []}
    return {"n_items": items, "alpha": alpha, "items": rows}


def of_scales(*, htmt=None, fit=FIT, problems=(), **scales):
    """Return a document of scales with the ratios of some of their pairs."""
    ratios = {name: {other: None for other in scales if other != name} for name in scales}
    for (a, b), value in (htmt or {}).items():
        ratios[a][b] = ratios[b][a] = value
    return {
        "scales": scales,
        "distinctness": {"htmt": ratios},
        "factors": {"fit": fit},
        "problems": [{"code": code, "item": item} for code, item in problems],
    }


def told(rule, document):
    names = document.get("scales") or document["partners"]
    return rule(document, {name: name.capitalize() for name in names})


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ({("a", "b"): 0.899}, []),
        (
            {("a", "b"): 0.90},
            [f"{TOGETHER}: A and B (HTMT .90)."],
        ),
        (
            {("a", "b"): 0.93, ("b", "c"): 0.91},
            [f"{TOGETHER}: A and B (HTMT .93); B and C (HTMT .91)."],
        ),
    ],
)
def test_scales_are_merged_from_90_on(ratios, said):
    assert told(advice.merge, of_scales(a=scale(), b=scale(), c=scale(), htmt=ratios)) == said


def with_intervals(**pairs):
    """Return a document of scales whose pairs have HTMT, its interval and the verdict from it."""
    rows = []
    for pair, (value, low, high, verdict) in pairs.items():
        one, other = pair
        ends = {"htmt": value, "htmt_ci_low": low, "htmt_ci_high": high, "verdict": verdict}
        rows.append({"one": one, "other": other, **ends})
    return {**of_scales(a=scale(), b=scale(), c=scale()), "htmt": {"rows": rows}}


def test_an_interval_of_htmt_decides_where_there_is_one():
    found = with_intervals(
        ab=(0.96, 0.92, 0.99, "not distinct"), bc=(0.88, 0.80, 0.95, "unclear"),
        ac=(0.40, 0.30, 0.50, "distinct"),
    )  # fmt: skip
    assert told(advice.merge, found) == [
        "Report together A and B (.96, .92–.99).",
        "Do not claim a difference between B and C (.88, .80–.95).",
    ]
    same, open_, sure = sentences.distinctness(found, {name: name for name in "abc"})
    assert same.endswith("measure the same thing (HTMT and its interval): a and b (.96, .92–.99).")
    assert open_.startswith("Whether these differ your data leave open")
    assert sure == "1 of 3 pairs of scales surely differ: the whole interval lies below .90."
    apart = with_intervals(ab=(0.4, 0.3, 0.5, "distinct"))
    assert told(advice.use, apart)[0].endswith("precise enough and surely differ from each other.")


def test_only_an_item_whose_whole_gain_is_positive_is_to_be_read_again():
    assert told(advice.mend, of_scales(a=scale(gains=(0.02, -0.1, None)))) == []
    assert told(advice.mend, of_scales(a=scale(gains=(0.05, 0.01, -0.1)))) == [
        "Read i1 again: without it alpha of A would be higher by .05 (.03–.07)."
    ]


def test_an_item_that_looks_reversed_is_told_once_among_the_problems():
    found = of_scales(a=scale(gains=(0.2,)), problems=[("looks_reversed", "i1")])
    assert told(advice.mend, found) == []


@pytest.mark.parametrize(
    ("found", "needs"),
    [
        (scale(0.60, 0.55, 0.65), "6 to 8"),  # 4 · 2.333 · (1 − α)/α, rounded up
        (scale(0.10, -0.20, 0.40), "at least 14"),
        (scale(0.50, None, None), "about 10"),
    ],
)
def test_too_short_a_scale_is_told_how_many_items_it_needs(found, needs):
    (text,) = told(advice.lengthen, of_scales(a=found))
    assert f"it would need {needs} for alpha .70, and has 4." in text
    assert told(advice.lengthen, of_scales(a=scale(0.69, 0.60, 0.75))) == []


def test_a_scale_on_the_edge_is_used_with_care():
    (text,) = told(advice.widen, of_scales(a=scale(0.72, 0.66, 0.78), b=scale()))
    assert text.startswith("Build with care on A (.66–.78): alpha may lie on either side of .70.")


def test_scales_are_to_be_used_only_where_nothing_speaks_against_it():
    good = of_scales(a=scale(), b=scale(), c=scale(None, None, None, 1), htmt={("a", "b"): 0.5})
    assert told(advice.use, good) == [
        "Use the scales as they are: they are precise enough, and no two reach HTMT .90."
    ]
    assert told(advice.use, of_scales(a=scale())) == ["Use A as it is: it is precise enough."]
    for bad in (
        of_scales(a=scale(), b=scale(), htmt={("a", "b"): 0.95}),
        of_scales(a=scale(0.72, 0.66, 0.78)),
        of_scales(a=scale(gains=(0.1,))),
        of_scales(a=scale(), fit=MISFIT),
        of_scales(a=scale(None, None, None, 1)),
    ):
        assert told(advice.use, bad) == []
    assert "(CFI .800, RMSEA .120)" in told(advice.refit, of_scales(a=scale(), fit=MISFIT))[0]
    assert told(advice.refit, good) == []


def partner(name, place, n=8, difference=None):
    low, high = place
    return {
        "partner": name,
        "n": n,
        "shrunken": -low,
        "rank_low": low,
        "rank_high": high,
        "simultaneous_low": low,
        "simultaneous_high": high,
        "difference": difference,
        "difference_p": None if difference is None else 0.01,
    }


def of_partners(*, differing=(), icc=None, tau2=0.2, **scales):
    """Return a document of partners; `icc` is estimate, low and high."""
    value, low, high = icc or (None, None, None)
    needed = None if not value else 0.7 / 0.3 * (1 - value) / value
    found = {"icc1_ci_low": low, "icc1_ci_high": high, "raters_needed_70": needed}
    return {
        "partners": scales,
        "pooling": {name: {"tau2": tau2} for name in scales},
        "comparisons": {name: {"differing": list(differing)} for name in scales},
        "aggregation": dict.fromkeys(scales, found),
    }


OPEN = [partner(name, (1, 4)) for name in "abcd"]
APART = [partner("a", (1, 2)), partner("b", (1, 2)), partner("c", (3, 4)), partner("d", (3, 4))]
CLEAR = [partner(name, (place, place)) for place, name in enumerate("abcd", start=1)]


def test_each_scale_is_told_how_far_its_partners_may_be_ranked():
    found = of_partners(one=OPEN, two=OPEN, three=APART, four=CLEAR)
    no, bands, order = told(advice.rank, found)
    four = "4 of 4 partners could hold at least three places"
    assert no == f"Do not rank the partners on One and Two ({four})."
    assert bands.startswith("On Three speak of two bands, from the highest: a and b; c and d. ")
    assert order == "The order may be told on Four."
    same = told(advice.rank, of_partners(one=CLEAR, tau2=0))
    assert same == [
        "Do not rank the partners on One (the 4 partners differ by no more than chance gives)."
    ]
    assert told(advice.rank, of_partners(one=OPEN[:1])) == []


def test_only_who_differs_beyond_chance_is_called_different():
    rows = [partner(name, (1, 4), difference=-0.5) for name in "abcd"]
    assert told(advice.distinguish, of_partners(one=rows)) == [
        "Call none of the 4 partners different from the rest."
    ]
    assert told(advice.distinguish, of_partners(one=rows, two=rows, differing="a")) == [
        "These may be called different from the rest: a (One −0.50, Two −0.50).",
        "Of the other 3 partners say neither that they differ nor that they are alike.",
    ]
    assert told(advice.distinguish, of_partners(one=rows[:2], differing="a")) == []


def test_raters_are_asked_for_with_the_interval_that_they_rest_on():
    rows = [partner("a", (1, 3), n=4), partner("b", (1, 3), n=12), partner("c", (1, 3), n=None)]
    (text,) = told(advice.invite, of_partners(one=rows, icc=(0.25, 0.10, 0.50)))
    assert text.startswith("Ask 7 raters of each partner on One for a mean with reliability .70")
    assert text.endswith("(3 to 21 by the interval of ICC(1)): a lacks 3.")
    assert told(advice.invite, of_partners(one=rows[1:], icc=(0.25, 0.10, 0.50))) == []


@pytest.mark.parametrize(
    ("icc", "fewest"),
    [((0.25, -0.10, 0.50), "3 or more"), ((0.0, -0.2, 0.1), "21 or more")],
)
def test_no_number_of_raters_is_named_where_the_partners_may_not_differ(icc, fewest):
    rows = [partner("a", (1, 2), n=4), partner("b", (1, 2), n=5)]
    (text,) = told(advice.invite, of_partners(one=rows, icc=icc))
    assert f"the data do not tell on One ({fewest}): there the partners may not differ" in text
    assert "lacks" not in text


def test_a_whole_assessment_gets_advice_under_two_headings(simulated, key):
    found = assess(simulated({"Acme": 9, "Berg": 12, "Cask": 7}), key, partner="partner")
    document = found.to_dict()
    parts = advice.advice(document, {name: name for name in key})
    assert [part.heading for part in parts] == ["With the scales", "With the partners"]
    alone = advice.advice(assess(simulated({"Acme": 30}), key).to_dict(), dict.fromkeys(key, "x"))
    assert "With the partners" not in [part.heading for part in alone]


def test_nothing_is_drawn_from_a_factor_model_with_impossible_estimates():
    found = of_scales(a=scale())
    found["factors"] |= {"proper": False, "reason": None, "n_used": 40}
    found["factors"] |= {"notes": ["a and b correlate 1.100, beyond 1"]}
    found["factors"]["fit"] = {**FIT, "rmsea_low": 0.0, "rmsea_high": 0.05, "srmr": 0.02}
    (said,) = factor_sentences(found)
    assert said.startswith("The factor model cannot be read, whatever its fit")
    assert "beyond 1" in said
    assert told(advice.refit, found)[0].startswith("Draw nothing from the factor model")
    assert told(advice.use, found) == []


def test_guesses_are_no_scales_of_the_factor_model_and_of_htmt():
    source = np.random.default_rng(4)
    person = source.standard_normal((120, 1))
    names = ["a1", "a2", "a3", "a1__meta", "a2__meta", "a3__meta", "b1", "b2", "b3"]
    answers = np.clip(np.rint(3 + person + source.standard_normal((120, 9))), 1, 5)
    own = {"low": 1, "high": 5}
    key = {name: {"items": names[at : at + 3], **own} for at, name in ((0, "a"), (6, "b"))}
    key["a__meta"] = {"items": names[3:6], **own}
    found = assess(pd.DataFrame(answers, columns=names), key).to_dict()
    assert set(found["distinctness"]["htmt"]) == {"a", "b"}
    assert set(found["factors"]["scales"]) == {"a", "b"}
