"""The report of sides, waves, drivers and careless rows: whole, true to the numbers, readable."""

import copy
import re
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from rich.console import Console

from analysis import assess
from analysis.report import part_sentences, part_tables, render
from analysis.report.part_sentences import quality
from analysis.report.parts import MOST_CHARTS, Parts
from analysis.tables import print_assessment

SCALES = ("trust", "openness", "balance")
KEY = {
    **{name: {"items": [f"{name}{i}" for i in range(3)], "low": 1, "high": 5} for name in SCALES},
    "trust__meta": {"items": ["trust0__meta"], "low": 1, "high": 5},
    "overall": {"items": ["overall0"], "low": 1, "high": 5},
}
TITLES = {"trust": "Trust", "trust__meta": "Trust, guessed", "overall": "Overall"}
ASKED = {"side": "side", "wave": "wave", "outcome": "overall", "without_flagged": True}


def simulate(partners=4, waves=3, fall=1.2, seed=3):
    """Let the first partner fall in the last wave, unknown to the other side; one row is a line."""
    source = np.random.default_rng(seed)
    rows = []
    for wave in range(1, waves + 1):
        for side in ("ours", "theirs"):
            for place in range(partners):
                dropped = fall if (place, wave) == (0, waves) and side == "ours" else 0
                for _ in range(10):
                    level = 3.8 - 0.2 * place - dropped + source.normal(0, 0.4)
                    row = {"partner": f"P{place}", "side": side, "wave": wave}
                    for entry in KEY.values():
                        for item in entry["items"]:
                            row[item] = int(np.clip(np.rint(level + source.normal(0, 0.5)), 1, 5))
                    rows.append(row)
    items = [item for entry in KEY.values() for item in entry["items"]]
    last = next(row for row in reversed(rows) if row["side"] == "ours")
    last.update(dict.fromkeys(items, 3))
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def document():
    return assess(simulate(), KEY, partner="partner", titles=TITLES, **ASKED).to_dict()


class Ids(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.used = [], set()
        self.feed(text)

    def handle_starttag(self, _, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.used |= set(found.get("aria-labelledby", "").split())
        if found.get("href", "").startswith("#"):
            self.used.add(found["href"][1:])


def test_every_part_has_a_section_with_its_heading(document):
    page = render(document)
    for part in ("warnings", "two-sides", "waves", "drivers", "quality"):
        assert f'<section id="{part}"' in page
        assert f'href="#{part}"' in page
    found = Ids(page)
    assert len(set(found.ids)) == len(found.ids)
    assert found.used <= set(found.ids)


def test_without_parts_the_report_has_no_such_section():
    plain = assess(simulate(), KEY, partner="partner").to_dict()
    page = render(plain)
    assert "Is trouble coming?" not in page
    always = {"chances", "differences", "guesses"}  # the last where the other side is not there
    assert {
        section.id for section in Parts(plain, dict.fromkeys(plain["scales"], "A")).sections
    } == always


def test_charts_are_drawn_where_the_numbers_lie(document):
    page = render(document)
    row = document["two_sides"]["scales"]["trust"]["partners"][0]
    share = f"{100 * (row['mean_a'] - 1) / 4:.2f}%"
    assert f'<circle class="dot side-a" cx="{share}"' in page
    chart = next(c for c in document["waves"]["scales"]["trust"]["charts"] if c["partner"] == "P0")
    point = chart["points"][-1]
    assert point["outside"]
    assert f'cy="{100 * (5 - point["value"]) / 4:.2f}%" r="6"' in page
    assert page.count('class="chart caterpillar dumbbell') == 4
    assert page.count('class="chart matrix"') == 1


def test_a_fall_that_was_put_in_is_told_first(document):
    summary = re.search(r'<section id="summary".*?</section>', render(document), re.DOTALL)[0]
    assert "early warning" in summary
    assert "P0" in summary
    assert "than any other" in summary


def test_the_terminal_says_the_same(document):
    with open("/dev/null", "w") as nowhere:  # noqa: PTH123 - the console writes as it goes
        console = Console(file=nowhere, width=120, record=True)
        print_assessment(document, console)
    text = " ".join(console.export_text().replace("\u00a0", " ").split())
    for section in Parts(document, {**dict.fromkeys(KEY, ""), **TITLES}).sections:
        assert section.heading in text
    assert re.search(r"Out of the ordinary are waves in \d+ of 16 charts, .* about 1: P0 on", text)
    flagged = document["quality"]["n_flagged"]
    assert f"{flagged} of 40 rows flagged: perhaps filled in without care." in text


def test_many_partners_do_not_flood_the_report():
    many = assess(simulate(30, 2), KEY, partner="partner", **ASKED).to_dict()
    page = render(many)
    assert page.count('class="chart caterpillar dumbbell') == MOST_CHARTS
    assert page.count('class="chart control"') <= MOST_CHARTS


def test_names_of_any_kind_are_escaped():
    odd = simulate().with_columns(
        partner=pl.col("partner").replace({"P0": "<b>&"}), side=pl.lit("a") + pl.col("side")
    )
    page = render(assess(odd, KEY, partner="partner", **ASKED).to_dict())
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_what_cannot_be_shown_is_told():
    small = assess(simulate(2, 2), KEY, partner="partner", min_n=11, **ASKED).to_dict()
    page = render(small)
    assert "For no partner are there enough answers from both sides." in page
    assert "There are no drivers of" in page
    few = assess(simulate(), KEY, partner="partner", min_n=5, **ASKED).to_dict()
    assert "somewhere fewer than 5 are flagged" in render(few)


def test_sentences_say_when_there_is_nothing_to_say(document):
    calm = copy.deepcopy(document)
    calm["warnings"] = []
    for scale in calm["waves"]["scales"].values():
        scale["trend"] |= {"mu_ci_low": -0.1, "mu_ci_high": 0.1}
        for chart in scale["charts"]:
            for point in chart["points"]:
                point["outside"] = False
    page = render(calm)
    assert "No rule raises a warning." in page
    assert "no scale changed from wave 1 to 3" in page
    assert "No wave of any partner lies outside its limits." in page
    moved = copy.deepcopy(document)
    moved["waves"]["scales"]["trust"]["trend"] |= {"mu_ci_low": 0.1, "mu_ci_high": 0.4}
    assert "Trust rose from wave 1 to 3" in render(moved)
    for scale in moved["two_sides"]["scales"].values():
        for row in scale["partners"]:
            row["state_a"] = row["state_b"] = None
            row["agreement"]["verdict"] = "unclear"
    assert "Nowhere do the sides differ by more than chance gives." in render(moved)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_parts_fit_the_screen_and_are_accessible(document, tmp_path, width, chromium):
    file = tmp_path / "report.html"
    file.write_text(render(document), encoding="utf-8")
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


def test_that_alpha_rises_without_contradictions_is_not_taken_for_carelessness():
    moved = {"scale": "trust", "partner": None, "statistic": "alpha", "matters": True}
    compared = {"reason": None, "rows": [moved]}
    found = {"n_flagged": 5, "n_rows": 50, "without_flagged": compared, "notes": []}
    titles = {"trust": "Trust"}
    for counts, told in (({"contradictions": 5}, True), ({"contradictions": 0}, False)):
        text = " ".join(quality({"quality": {**found, "counts": counts}}, titles))
        assert ("no sign of carelessness" in text) == told
    moved["statistic"] = "shrunken"
    text = " ".join(quality({"quality": {**found, "counts": {"contradictions": 5}}}, titles))
    assert "these leave their intervals: Trust." in text
    assert "no sign of carelessness" not in text


def lived(partner, state, *, stands, differs=True, margin=1.0):
    row = {"partner": partner, "state_a": state, "state_b": None, "suppressed_reason": None}
    row |= {"state_a_stands": stands, "state_b_stands": None, "differs_stands": differs}
    row |= dict.fromkeys(("mean_a", "mean_b"), 3.0) | {"n_a": 5, "n_b": 5, "margin": margin}
    agreement = {"estimate": 2.0, "ci_low": 1.0, "ci_high": 3.0, "verdict": "apart"}
    return row | {"agreement": agreement}


def both_sides(rows, warnings=None):
    found = {"sides": ["ours", "theirs"], "scales": {"a": {"partners": rows}}, "notes": []}
    return {"two_sides": found} | ({} if warnings is None else {"warnings": warnings})


def warning(partner, *, stands):
    return {"partner": partner, "scale": "a", "rule": "false consensus", "stands": stands}


def test_a_state_is_stated_only_where_it_stands_and_the_rest_may_be_chance():
    rows = [
        lived("P1", "false consensus", stands=True),
        lived("P2", "false consensus", stands=True),
    ]
    rows += [lived("P3", "true dissensus", stands=False, differs=False)]
    found = both_sides(rows, [warning("P1", stands=True), warning("P2", stands=False)])
    first, second = part_sentences.two_sides(found, {"a": "A"})
    assert first.endswith("that they are close (within ± 1.0). P1 (A); 1 more that may be chance.")
    assert second.startswith("True dissensus: ")
    assert "Nowhere surely: the one place found may be chance" in second
    table = part_tables.two_sides(found, "a", {"a": "A"})
    assert "within ± 1.0" in table.caption
    assert [row[8] for row in table.body] == [
        "false consensus",
        "false consensus, may be chance",
        "true dissensus, may be chance",
    ]
    assert table.body[2][7] == "apart, may be chance"


def test_without_guesses_only_differences_that_stand_are_sure():
    rows = [lived("P1", None, stands=None), lived("P2", None, stands=None, differs=False)]
    said = part_sentences.two_sides(both_sides(rows), {"a": "A"})
    assert said == ["The sides surely see it differently: P1 (A); 1 more that may be chance."]
    none = part_sentences.two_sides(both_sides(rows[1:]), {"a": "A"})
    assert none == [
        "Nowhere do the sides surely differ: the one may be chance among so many looks."
    ]
