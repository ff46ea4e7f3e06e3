"""The report: asks nothing of another host, decisive things first, any number of partners."""

import copy
import re
from html.parser import HTMLParser
from io import BytesIO
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from analysis import assess
from analysis.report import numbers, render, sentences

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements with their attributes and texts; complains about tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", **dict(attrs)})

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **wanted):
        return [
            e
            for e in self.elements
            if e["tag"] == tag and all(e.get(name) == value for name, value in wanted.items())
        ]


@pytest.fixture
def document(simulated, key):
    def make(sizes, **options):
        return assess(simulated(sizes), key, partner="partner", **options).to_dict()

    return make


SIZES = {"Acme": 9, "Berg": 12, "Cask": 7, "Dale": 2}


def charts(text, kind):
    """Return the charts of one kind, each with the pictures nested in it."""
    return [whole(text, found.start()) for found in re.finditer(f'<svg class="chart {kind}', text)]


def whole(text, start):
    depth = 0
    for tag in re.compile(r"<svg|</svg>").finditer(text, start):
        depth += 1 if tag[0] == "<svg" else -1
        if depth == 0:
            return text[start : tag.end()]
    raise AssertionError("an svg is not closed")


def test_the_page_is_whole_and_asks_for_nothing(document):
    text = render(document(SIZES))
    page = Page(text)
    assert len(page.all("style")) == 1
    assert not {"script", "link", "img", "iframe", "object"} & {e["tag"] for e in page.elements}
    assert not any("style" in e or "onclick" in e for e in page.elements)
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:text/csv)""", text)
    assert not re.findall(r"url\(|@import|https?:", text)
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'; style-src 'sha256-")


def test_every_reference_inside_the_page_leads_somewhere(document):
    page = Page(render(document(SIZES)))
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(set(ids)) == len(ids)
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(element.get(name, "").split()) <= set(ids)
        if element["tag"] == "a":
            kept = element["href"].startswith("data:text/csv") and element["download"]
            assert kept or element["href"].removeprefix("#") in ids


def saved(text):
    """Return the files that a page holds: name to data frame."""
    return {
        link["download"]: pd.read_csv(BytesIO(urlopen(link["href"]).read()))
        for link in Page(text).all("a")
        if "download" in link
    }


def test_each_table_is_saved_unrounded_with_the_rows_that_are_drawn(document):
    found = document(SIZES)
    files, page = saved(text := render(found)), Page(text)
    assert len(files) == len(page.all("table"))
    trust, quality, _ = found["scales"].values()
    assert files["reliability.csv"]["Alpha"].tolist()[:2] == [
        trust["alpha"]["estimate"],
        quality["alpha"]["estimate"],
    ]
    rows = sorted(found["partners"]["trust"], key=lambda row: -row["shrunken"])
    partners = files["partners-1.csv"]
    assert partners["Partner"].tolist() == [row["partner"] for row in rows]
    assert partners["95 % interval low"].tolist() == [row["shrunken_ci_low"] for row in rows]
    assert partners["Could rank high"].tolist() == [row["rank_high"] for row in rows]
    items = found["scales"]["trust"]["items"]
    assert files["items-1.csv"]["Lowest"].tolist() == [row["floor"] for row in items.values()]


def test_no_name_becomes_a_formula_in_a_saved_table(simulated, key):
    names = {'=HYPERLINK("x")': 9, "+47": 12, " -1": 7, "@a": 5, "Berg, Dal\nog sønn": 6}
    text = render(assess(simulated(names), key, partner="partner").to_dict())
    told = set(saved(text)["partners-1.csv"]["Partner"])
    assert told == {'\'=HYPERLINK("x")', "'+47", "'-1", "'@a", "Berg, Dal\nog sønn"}
    assert saved(text)["items-1.csv"]["Skew"].dtype.kind == "f"


def test_saved_tables_at_most_double_a_page_of_many_partners(document):
    text = render(document({f"Partner number {n}": 2 for n in range(100)}))
    links = sum(len(e["href"]) for e in Page(text).all("a") if "download" in e)
    assert links < len(text) / 2


def test_scales_may_have_any_name(simulated, key):
    odd = {'a "b" c': key["trust"], "<i>å</i>": key["quality"], "items-1": key["overall"]}
    page = Page(render(assess(simulated(SIZES), odd, partner="partner").to_dict()))
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z0-9-]+", name) for name in ids)


def test_tables_have_captions_and_scopes_and_can_be_reached(document):
    page = Page(render(document(SIZES)))
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) == len(page.all("div", role="region"))
    assert all(region["tabindex"] == "0" for region in page.all("div", role="region"))
    assert {cell["scope"] for cell in page.all("th")} == {"col", "row"}


def test_each_chart_has_a_name_a_description_and_a_table_after_it(document):
    text = render(document(SIZES))
    found = charts(text, "caterpillar") + charts(text, "petals")
    assert len(found) == 3 + 4 + 3 + 3  # besides, who is likely at the top, and bars to compare
    for svg in found:
        root = ET.fromstring(svg)  # noqa: S314 - our own text
        title, description = root.find("title"), root.find("desc")
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text
        assert description.text
    for svg in charts(text, "caterpillar"):
        after = text.split(svg)[1]
        assert after.index("<table>") < after.index("<h", 10)


def who_differs(text):
    """Return the report up to the end of its section on who differs."""
    return text.split('<section id="chances"')[0]


def test_the_order_is_that_of_a_reader(document):
    page = Page(render(document(SIZES)))
    assert [h["text"] for h in page.all("h2")] == [
        "In short",
        "Can the scales be trusted?",
        "Do the scales measure different things?",
        "Do the items measure what their scale names?",
        "Can the partners be told apart?",
        "Who differs?",
        "Who is likely the best?",
        "Which partners differ, and which are equal?",
        "What to do",
        "The items",
        "Methods",
    ]


def test_problems_come_first_with_what_to_do(simulated, key):
    key["trust"]["reverse"] = []
    found = assess(simulated({"Acme": 60, "Berg": 60}), key).to_dict()
    text = render(found)
    (problem,) = found["problems"]
    assert problem["action"].replace('"', "&#34;") in text
    assert text.index("looks reversed") < text.index("In short")
    none = "no problems found in the data"
    assert none not in text
    assert none in render(assess(simulated({"Acme": 60}), {"q": key["quality"]}).to_dict())


def test_the_record_of_how_it_was_made_is_on_the_page(document):
    found = document(SIZES)
    found["data"] = {"file": "answers.csv", "sha256": "ab" * 32}
    page = Page(render(found, command="tillit analyse answers.csv --scales s.toml"))
    record = dict(
        zip((e["text"] for e in page.all("dt")), (e["text"] for e in page.all("dd")), strict=True)
    )
    assert record["SHA-256 of the data"] == "ab" * 32
    assert record["Command"] == "tillit analyse answers.csv --scales s.toml"
    assert record["Seed"] == "1"
    assert record["Made by"].startswith("tillit 0.")
    assert page.all("h1")[0]["text"] == "answers.csv"


def test_titles_replace_names_and_nothing_is_taken_as_markup(document):
    found = document({"<b>Acme</b>": 9, "Berg & Sønn": 12})
    text = render(found, titles={"trust": "Tillit <i>"}, title="A & B")
    assert "<b>" not in text
    assert "<i>" not in text
    assert "&lt;b&gt;Acme&lt;/b&gt;" in text
    assert "Berg &amp; Sønn" in text
    assert "Tillit &lt;i&gt;" in text
    assert "<h1>A &amp; B</h1>" in text


def test_the_same_assessment_gives_the_same_page(document):
    found = document(SIZES)
    before = copy.deepcopy(found)
    assert render(found) == render(found)
    assert found == before


def rows_of(svg):
    return re.findall(r'<svg class="row"', svg)


def test_a_caterpillar_is_sorted_and_places_its_marks(document):
    found = document(SIZES)
    (svg, *_) = charts(render(found), "caterpillar")
    rows = sorted(found["partners"]["trust"], key=lambda row: -row["shrunken"])
    names = re.findall(r'<text class="name" dy=".35em">(\w+)</text>', svg)
    assert names == [row["partner"] for row in rows]
    dots = [float(x) for x in re.findall(r'class="dot[^"]*" cx="([\d.]+)%"', svg)]
    assert dots == pytest.approx([100 * (row["shrunken"] - 1) / 4 for row in rows], abs=0.01)
    ticks = [float(x) for x in re.findall(r'class="raw" x1="([\d.]+)%"', svg)]
    assert ticks == pytest.approx([100 * (row["mean"] - 1) / 4 for row in rows], abs=0.01)
    lines = re.findall(r'class="interval" x1="([\d.]+)%" x2="([\d.]+)%"', svg)
    for row, (low, high) in zip(rows, lines, strict=True):
        ends = [100 * (row[f"shrunken_ci_{end}"] - 1) / 4 for end in ("low", "high")]
        assert [float(low), float(high)] == pytest.approx(np.clip(ends, 0, 100), abs=0.01)
    assert [f"n {row['n']}" for row in rows] == re.findall(r">(n \d+)</text>", svg)


def test_a_dot_is_hollow_where_the_interval_holds_the_mean_of_all(document):
    found = document(SIZES)
    mu = found["pooling"]["trust"]["mu"]
    (svg, *_) = charts(render(found), "caterpillar")
    rows = sorted(found["partners"]["trust"], key=lambda row: -row["shrunken"])
    expected = [
        " same" if row["shrunken_ci_low"] <= mu <= row["shrunken_ci_high"] else "" for row in rows
    ]
    assert re.findall(r'class="dot( same)?"', svg) == expected


def test_marks_stay_on_the_scale(document):
    found = document(SIZES)
    found["partners"]["trust"][0] |= {"shrunken": 4.9, "shrunken_ci_high": 5.9, "mean": 5.0}
    (svg, *_) = charts(render(found), "caterpillar")
    places = [float(x) for x in re.findall(r'[xc][x12]="(-?[\d.]+)%"', svg)]
    assert min(places) >= 0
    assert max(places) <= 100


def test_a_hidden_partner_is_named_without_a_number(document):
    text = render(document({**SIZES, "Eik": 8}, min_n=5))
    for svg in charts(who_differs(text), "caterpillar"):
        assert svg.count("too few answers (fewer than 5)") == 1
        assert len(re.findall('class="dot', svg)) == 4
    assert '<th scope="row">Dale</th><td colspan="7">too few answers (fewer than 5)</td>' in text
    assert "1 partner with fewer than 5 answers on a scale is not shown" in text
    assert "empty" not in "".join(charts(text, "petals"))  # no flower where nothing is known
    assert "1 partner without any score cannot be drawn." in text


def test_a_partner_hidden_on_one_scale_has_an_empty_petal(document):
    found = document(SIZES)
    found["partners"]["trust"][0] |= {
        **dict.fromkeys(("n", "mean", "shrunken", "shrunken_se", "rank_low", "rank_high")),
        "suppressed_reason": "too few answers (fewer than 5)",
    }
    flowers = charts(render(found), "petals")
    assert [flower.count('class="empty"') for flower in flowers] == [1, 0, 0, 0]


@pytest.mark.parametrize("sizes", [{"Acme": 9, "Berg": 12, "Cask": 7}, {"Acme": 9, "Berg": 12}])
def test_few_partners_are_drawn_told_and_tabled_by_raw_means(document, sizes):
    found = document(sizes)
    text = render(found)
    (svg, *_) = charts(text, "caterpillar")
    rows = sorted(found["partners"]["trust"], key=lambda row: -row["mean"])
    assert found["pooling"]["trust"]["shown"] == "mean"
    assert all(row["shrunken"] is not None for row in rows)  # the JSON has it all the same
    dots = [float(x) for x in re.findall(r'class="dot[^"]*" cx="([\d.]+)%"', svg)]
    assert dots == pytest.approx([100 * (row["mean"] - 1) / 4 for row in rows], abs=0.01)
    lines = re.findall(r'class="interval" x1="([\d.]+)%" x2="([\d.]+)%"', svg)
    for row, line in zip(rows, lines, strict=True):
        ends = [100 * (row[f"ci_{end}"] - 1) / 4 for end in ("low", "high")]
        assert list(map(float, line)) == pytest.approx(np.clip(ends, 0, 100), abs=0.01)
    assert 'class="raw"' not in text.split("</style>")[1]
    assert "Shrunken score" not in text
    assert "drawn towards the mean" not in text
    few = {2: "two", 3: "three"}[len(sizes)]
    assert text.count(f"raw means with t intervals: {few} partners tell too little") == 1
    table = text.split('<table>\n<caption id="partners-1-caption">')[1].split("</table>")[0]
    for row in rows:
        assert f'<td class="num">{row["mean"]:.2f}</td>' in table
        assert f"{row['ci_low']:.2f}–{row['ci_high']:.2f}" in table


def test_where_partners_do_not_differ_the_intervals_say_what_stays_possible(simulated, key):
    data = simulated(dict.fromkeys("ABCDE", 8))
    turn = [name for _ in range(8) for name in "ABCDE"]  # raters as if dealt out
    found = assess(data.with_columns(partner=pl.Series(turn)), key, partner="partner").to_dict()
    name = next(name for name in key if found["pooling"][name]["tau2"] == 0)
    rows, mu = found["partners"][name], found["pooling"][name]["mu"]
    assert found["pooling"][name]["shown"] == "shrunken"
    assert all(row["shrunken"] == mu for row in rows)
    assert all(row["shrunken_se"] == 0 for row in rows)
    assert all(row["shrunken_ci_low"] < mu < row["shrunken_ci_high"] for row in rows)
    svg = charts(render(found), "caterpillar")[list(key).index(name)]
    assert svg.count('class="interval"') == svg.count('class="dot same"') == 5
    assert "These data show no difference between the 5 partners" in render(found)


def test_charts_of_two_kinds_have_each_its_legend(document):
    found = document(SIZES)
    text = who_differs(render(found))
    assert text.count('<ul class="legend">') == 1
    found["pooling"]["quality"]["shown"] = "mean"
    text = who_differs(render(found))
    assert text.index("A score is drawn") < text.index("These are raw means")
    assert text.count('<ul class="legend">') == 3
    assert [("Shrunken score, 95" in part, " Mean, 95" in part)
            for part in text.split('<ul class="legend">')[1:]] == [
        (True, False), (False, True), (True, False),
    ]  # fmt: skip


def test_partners_with_one_rater_each_have_means_and_a_reason(document):
    found = document({"Acme": 1, "Berg": 1, "Cask": 1, "Dale": 1})
    text = render(found)
    assert "Raw means without intervals: no partner has two raters." in text
    (svg, *_) = charts(text, "caterpillar")
    assert 'class="interval"' not in svg
    assert len(re.findall('class="dot"', svg)) == 4


def test_one_partner_is_drawn_with_its_own_mean(document):
    text = render(document({"Acme": 9}))
    assert "This is a raw mean with its t interval" in text
    (svg, *_) = charts(text, "caterpillar")
    assert len(re.findall('class="dot"', svg)) == 1
    assert len(re.findall('class="interval"', svg)) == 1
    assert 'class="raw"' not in svg
    assert 'class="all"' not in svg


def test_a_single_rater_has_a_mean_and_no_interval(document):
    text = render(document({"Acme": 1}))
    (svg, *_) = charts(text, "caterpillar")
    assert 'class="interval"' not in svg
    assert len(re.findall('class="dot"', svg)) == 1


@pytest.mark.parametrize(("partners", "drawn"), [(14, 14), (60, 60), (61, 61), (120, 61)])
def test_of_very_many_partners_the_ends_are_drawn_and_the_table_has_all(document, partners, drawn):
    text = render(document({f"P{i:03}": 4 for i in range(partners)}))
    (svg, *_) = charts(text, "caterpillar")
    assert len(rows_of(svg)) == drawn
    assert (f"{partners - 60} more partners: see the table" in svg) is (partners > 60)
    assert text.count('<th scope="row">P001</th>') >= 3
    height = float(re.search(r'height="([\d.]+)em"', svg)[1])
    places = [float(y) for y in re.findall(r'<svg class="row" y="([\d.]+)em"', svg)]
    assert places == sorted(set(places))
    assert places[-1] < height


def test_where_everyone_is_hidden_the_chart_says_so(document):
    text = render(document({"Acme": 3, "Berg": 2}, min_n=5))
    (svg, *_) = charts(text, "caterpillar")
    assert svg.count("too few answers (fewer than 5)") == 2
    assert "0 partners shown, 2 partners without a number." in svg
    assert not charts(text, "petals")


def test_very_many_hidden_partners_are_counted_not_listed(document):
    sizes = {f"P{i:03}": 2 for i in range(50)} | {"Acme": 9, "Berg": 9}
    (svg, *_) = charts(render(document(sizes, min_n=5)), "caterpillar")
    assert svg.count("too few answers") == 30
    assert "20 more partners: see the table" in svg


def test_long_names_are_cut_in_the_chart_and_whole_in_the_table(document):
    name = "Nordfjord Mekaniske Verksted og Skipsindustri AS"
    text = render(document({name: 9, "Berg": 8}))
    (svg, *_) = charts(text, "caterpillar")
    assert 'class="chart caterpillar names-long"' in svg
    assert f"{name[:21]}…{name[-12:]}<title>{name}</title>" in svg
    assert f'<th scope="row">{name}</th>' in text


def test_flowers_are_for_a_handful_of_partners_and_three_scales(document, key, simulated):
    many = render(document({f"P{i}": 4 for i in range(25)}))
    assert not charts(many, "petals")
    assert "Petal charts are drawn for up to 24 partners" in many
    two = {name: key[name] for name in ("trust", "quality")}
    few = render(assess(simulated(SIZES), two, partner="partner").to_dict())
    assert not charts(few, "petals")
    assert "Petal charts" not in few


def test_a_petal_is_as_long_as_its_score(document):
    found = document(SIZES)
    flower = charts(render(found), "petals")[0]
    tips = re.findall(r'class="body" d="M0 0C.*? 0 (-[\d.]+)C', flower)
    scores = [found["partners"][name][0]["shrunken"] for name in found["partners"]]
    assert [-float(tip) for tip in tips] == pytest.approx(
        [7 + 93 * (score - 1) / 4 for score in scores], abs=0.01
    )


def test_scales_of_different_ranges_are_drawn_each_on_its_own(simulated, key):
    key["overall"] |= {"low": 0, "high": 10}
    found = assess(simulated(SIZES), key, partner="partner").to_dict()
    flower = charts(render(found), "petals")[0]
    tips = [-float(tip) for tip in re.findall(r'class="body" d="M0 0C.*? 0 (-[\d.]+)C', flower)]
    score = found["partners"]["overall"][0]["shrunken"]
    assert tips[2] == pytest.approx(7 + 93 * score / 10, abs=0.01)


def test_without_partners_the_page_speaks_of_scales_only(simulated, key):
    text = render(assess(simulated(SIZES), {"quality": key["quality"]}).to_dict())
    assert "caterpillar" not in text.split("</style>")[1]
    assert "Do the scales measure" not in text


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anyone_can_read_the_page_on_any_screen(document, tmp_path, width, scheme, chromium):
    sizes = {"Nordfjord Mekaniske Verksted og Skipsindustri AS": 9, **SIZES}
    (tmp_path / "report.html").write_text(render(document(sizes, min_n=5)), encoding="utf-8")
    screen = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = chromium.new_page(**screen)
    requests, told = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.goto((tmp_path / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(requests) == 1
    assert told == []
    looking = chromium.new_context(bypass_csp=True, **screen).new_page()
    looking.goto((tmp_path / "report.html").as_uri())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(looking, options={"runOnly": tags}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    page.close()
    looking.context.close()


@pytest.mark.browser
def test_a_click_saves_the_table(document, tmp_path, chromium):
    (tmp_path / "report.html").write_text(render(document(SIZES)), "utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save as CSV: Reliability of each scale").click()
    assert caught.value.suggested_filename == "reliability.csv"
    frame = pd.read_csv(caught.value.path())
    assert frame["Scale"].tolist() == ["trust", "quality", "overall"]
    page.close()


# Sentences

BELOW = "below HTMT .90, from which they could not be told apart"


def ranked(*intervals, tau2=1.0):
    """Return a document of one scale whose partners hold these rank intervals."""
    rows = [
        {
            "partner": name,
            "shrunken": -place,
            "rank_low": low,
            "rank_high": high,
        }
        for place, (name, (low, high)) in enumerate(zip("abcdefghij", intervals, strict=False))
    ]
    return {"partners": {"trust": rows}, "pooling": {"trust": {"tau2": tau2}}}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (ranked((1, 1)), ""),
        (ranked((1, 2), (1, 2), tau2=0), "no difference between the 2 partners"),
        (ranked((1, 1), (2, 2), (3, 3)), "The order of all 3 partners is clear."),
        (ranked((1, 1), (2, 2)), "The order of the two partners is clear."),
        (ranked((1, 2), (1, 2)), "do not show which of the two partners is higher: do not rank"),
        (ranked((1, 2), (1, 2), (3, 4), (3, 4)), "two bands, from the highest: a and b; c and d."),
        (
            ranked((1, 6), (1, 6), (1, 6), (1, 6), (1, 6), (1, 6), (7, 7)),
            "two bands, from the highest: 6 partners; g.",
        ),
        (
            ranked((1, 3), (1, 4), (1, 4), (2, 4)),
            "4 of 4 partners could hold at least three places: do not rank them on this.",
        ),
        (
            ranked((1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 8), (6, 8), (7, 8)),
            "1 of 8 partners could hold at least four places: name the ends of the list",
        ),
    ],
)
def test_whether_partners_may_be_ranked(found, told):
    text = sentences.ranking(found, "trust")
    assert told in text
    assert bool(told) == bool(text)


def rated(**scales):
    """Return a document of scales, each with its ICC(1), raters needed and sizes of partners."""
    return {
        "aggregation": {
            name: {"icc1_reml": icc, "raters_needed_70": needed}
            for name, (icc, needed, _) in scales.items()
        },
        "partners": {name: [{"n": n} for n in sizes] for name, (*_, sizes) in scales.items()},
    }


SOME = "of the differences between answers lie between partners; the rest lies between"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (rated(a=(None, None, [4])), []),
        (rated(a=(0.3, 5.4, [4, 6, None])), [SOME, "needs 6 raters for reliability .70; 1 of 2"]),
        (rated(a=(0.3, 5.4, [6, 6])), [SOME, "2 of 2 partners have as many."]),
        (rated(a=(0.0, None, [4, 6])), [SOME, "On A no difference between partners was found."]),
        (
            rated(a=(0.3, 5, [6]), b=(0.2, 9, [9])),
            [SOME, "On every scale each partner shown has enough"],
        ),
        (
            rated(a=(0.3, 5, [4]), b=(0.2, 9, [4])),
            [SOME, "On every scale some partners have too few"],
        ),
        (
            rated(a=(0.3, 5, [6]), b=(0.2, 9, [6]), c=(0, None, [6])),
            [
                "(C) to 30",
                "On A each partner shown has enough raters for a mean with reliability .70, by the",
                "On B some partners have too few raters for a mean with reliability .70, by the",
                "On C no difference between partners was found.",
            ],
        ),
    ],
)
def test_how_many_raters_a_partner_needs(found, told):
    lines = sentences.aggregation(found, {"a": "A", "b": "B", "c": "C"})
    assert len(lines) == len(told)
    for line, part in zip(lines, told, strict=True):
        assert part in line


def test_in_every_scale_is_said_where_it_holds_for_all():
    (_, line) = sentences.aggregation(rated(a=(0.3, 5, [6]), b=(0.2, 5, [6])), {"a": "", "b": ""})
    assert line.startswith("On every scale ")


def test_raters_are_not_called_enough_where_partners_may_not_differ():
    found = rated(a=(0.3, 5, [6]), b=(0.02, 100, [120]))
    found["aggregation"]["a"]["icc1_ci_low"] = 0.1
    found["aggregation"]["b"]["icc1_ci_low"] = -0.01
    _, enough, doubtful = sentences.aggregation(found, {"a": "A", "b": "B"})
    assert enough.startswith("On A each partner shown has enough")
    assert doubtful == "On B partners may not differ at all: the interval of ICC(1) reaches 0."


def scale(estimate, low=None, high=None, notes=(), n_items=3, method="adf"):
    ends = {"estimate": estimate, "ci_low": low, "ci_high": high, "notes": list(notes)}
    return {"alpha": {**ends, "method": method}, "n_items": n_items}


@pytest.mark.parametrize(
    ("scales", "told"),
    [
        ([scale(0.82, 0.78, 0.86)], ["s0 is precise enough to compare groups: the whole 95"]),
        (
            [scale(0.82, 0.78, 0.86), scale(0.9, 0.8, 0.95)],
            ["Both scales are precise enough"],
        ),
        (
            [scale(0.82, 0.78, 0.86), scale(0.57, 0.49, 0.65)],
            ["1 of 2 scales is precise", "s1 is too imprecise to decide on: alpha .57 [.49–.65]."],
        ),
        (
            [scale(0.72, 0.66, 0.78)],
            ["No scale is surely", "cannot be said from these data: alpha .72 [.66–.78]"],
        ),
        (
            [scale(0.86, 0.72, 1.0)],
            ["No scale", "alpha .86 [.72–1.00], an interval cut at 1.00, whose lower end is too"],
        ),
        ([scale(0.96, 0.92, 1.0)], ["s0 is precise enough"]),
        ([scale(0.2, -0.1, 0.45)], ["No scale", "alpha .20 [−.10 to .45]"]),
        (
            [scale(None, notes=["alpha is not computable: constant item"])],
            ["No scale", "s0 has no reliability: alpha is not computable: constant item."],
        ),
        ([scale(None, n_items=1)], ["Each scale is a single item"]),
        (
            [scale(0.82, 0.78, 0.86), scale(None, n_items=1)],
            ["s0 is precise enough", "s1 is a single item, which has no alpha."],
        ),
    ],
)
def test_what_the_interval_of_alpha_allows(scales, told):
    found = {
        "scales": {f"s{i}": each for i, each in enumerate(scales)},
        "settings": {"level": 0.95, "ci": "adf"},
    }
    lines = sentences.reliability(found, {name: name for name in found["scales"]})
    assert len(lines) == len(told)
    for line, part in zip(lines, told, strict=True):
        assert part in line


def test_shares_that_look_alike_are_said_once():
    titles = {"a": "A", "b": "B"}
    (line, _) = sentences.aggregation(rated(a=(0.301, 5, [6]), b=(0.299, 5, [6])), titles)
    assert line.startswith("On each scale 30\u00a0% of the differences")
    (_, none) = sentences.aggregation(rated(a=(0.0, None, [6]), b=(0.0, None, [6])), titles)
    assert none == "On every scale no difference between partners was found."


def test_without_an_interval_the_estimate_is_judged_and_it_is_said():
    good, bad = (scale(value, method="no interval") for value in (0.8, 0.6))
    found = {"scales": {"s": good}, "settings": {"level": 0.95, "ci": None}}
    assert sentences.trust_in(bad) == "too imprecise"
    assert sentences.trust_in(scale(0.6)) == "cannot be said"  # asked for, and not computable
    weak = {"scales": {"s": bad}, "settings": {"level": 0.95, "ci": None}}
    assert "alpha .60. Look at its items" in sentences.reliability(weak, {"s": "s"})[1]
    assert sentences.reliability(found, {"s": "s"}) == [
        "s is precise enough to compare groups: alpha is at or above .70, without an interval."
    ]


@pytest.mark.parametrize(
    ("ratios", "told"),
    [
        ({}, []),
        ({"a b": 0.93}, ["A and B cannot be told apart in your data (HTMT .93)."]),
        ({"a b": 0.5}, [f"A and B stay {BELOW} (.50)."]),
        (
            {"a b": 0.5, "a c": 0.8, "b c": None},
            [f"All pairs of scales stay {BELOW}; A and C are nearest (.80)."],
        ),
    ],
)
def test_whether_scales_are_distinct(ratios, told):
    table = {name: {} for pair in ratios for name in pair.split()}
    for pair, value in ratios.items():
        a, b = pair.split()
        table[a][b] = table[b][a] = value
    found = {"distinctness": {"htmt": table}}
    assert sentences.distinctness(found, {"a": "A", "b": "B", "c": "C"}) == told


def test_numbers_show_no_more_than_their_error_supports():
    assert numbers.digits_for([0.004]) == 2
    assert numbers.digits_for([0.3, None, 0, 0.4]) == 2
    assert numbers.digits_for([1.3]) == 1
    assert numbers.digits_for([14.0]) == 0
    assert numbers.coefficient(0.999) == "1.00"
    assert numbers.coefficient(-0.001) == ".00"
    assert numbers.coefficient(10.2) == "10.20"


def test_raters_who_all_agree_are_no_certainty():
    rows = [{"partner": "Acme", "ci_low": 4.0, "ci_high": 4.0}]
    rows += [{"partner": "Borg", "ci_low": 3.0, "ci_high": 4.0}]
    found = {"pooling": {"a": {"shown": "mean"}}, "partners": {"a": rows}}
    told = sentences.points(found, "a")
    assert told.startswith("All raters of Acme agree (SD 0): the interval shrinks to a point")
    found["pooling"]["a"]["shown"] = "shrunken"
    assert sentences.points(found, "a") == ""


def test_partners_with_a_single_rater_each_are_not_tested_and_it_is_said(document):
    page = render(document({f"P{i}": 1 for i in range(8)}))
    assert "each partner has a single rater" in page
    assert "H (Kruskal-Wallis)" not in page
