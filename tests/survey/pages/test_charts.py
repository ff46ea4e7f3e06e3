"""Every picture of comparison shows the numbers of its table, of the report, and of `analysis`.

Pictures have positions with two decimals of a per cent, so a value read back from one is right
within half of that share of its axis (`drawn.STEP`), that is 0.0002 on a scale from 1 to 5; so has
the length of a petal, of 93 pixels; radii have one decimal of a pixel. Tables are right within
half of their last digit. Numbers that are not drawn are compared to 1e-9.
"""

import datetime as dt
import json
import re
import uuid
from math import sqrt
from statistics import mean

import drawn
import polars as pl
import pytest
import sqlalchemy as sa
from jinja2 import Environment, FileSystemLoader
from scipy.special import stdtrit
from two_waves import HOST, RATERS, SIDES, SLUG, installation

from analysis import assess
from analysis.report import FOLDER
from survey.app import create_app
from survey.pages.scope import LARGEST, SMALLEST
from survey.pages.voice import NONE
from survey.services import snapshots
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.published import research_paths, results_path, snapshot_path
from survey.services.record import entries
from survey.storage.base import now
from survey.storage.models import Partner

SCALE = (1, 5)
EXACT, ON_SCALE = 1e-9, drawn.STEP / 200 * 4 + 1e-9
IN_FLOWER = drawn.STEP / 2 / drawn.REACH * 4 + EXACT
RADIUS = 0.05 / (LARGEST - SMALLEST) + EXACT
NAMES = ("trust", "openness")  # aspects; overall is their outcome


class Site:
    """The closed study: its pages as a manager gets them, its documents, its rows."""

    def __init__(self, storage, settings):
        self.storage, self.settings = storage, settings
        self.app = create_app(settings)
        self.client = self.app.test_client()
        with storage.write() as session:
            new = NewUser("Kim", "kim@vik.no", "manager", "en")
            token = sessions.begin(session, users.add(session, COMMAND_LINE, new).id, now())
        self.client.set_cookie("tillit-login", token, domain="127.0.0.1")
        with storage.read() as session:
            self.ids = {row.name: row.id for row in session.scalars(sa.select(Partner))}

    def page(self, path):
        response = self.client.get(path, base_url=HOST, headers={"Accept-Language": "en"})
        assert response.status_code == 200
        return response.get_data(as_text=True)

    def view(self, path):
        return self.page(f"/compare/{SLUG}{path}")

    def card(self, name, query=""):
        return self.view(f"/partners/{self.ids[name]}{query}")

    def document(self, wave=2):
        return json.loads(research_paths(self.settings, SLUG, wave)[0].read_text("utf-8"))

    def theirs(self, wave=2):
        return json.loads(results_path(self.settings, SLUG, wave, "theirs").read_text("utf-8"))

    def rows(self, wave=2):
        return snapshots.read(snapshot_path(self.settings, SLUG, wave))


@pytest.fixture(scope="module")
def site(tmp_path_factory, empty_sqlite, instrument):
    storage, settings = installation(tmp_path_factory.mktemp("site"), empty_sqlite, instrument)
    site = Site(storage, settings)
    yield site
    site.app.extensions["tillit"].storage.close()
    storage.close()


# What is compared ---------------------------------------------------------------------------


def near(value, known, within=ON_SCALE):
    """Hold a value read from a picture against the true one, which the picture cuts at its edge."""
    if known is None or value is None:
        assert value is known
    else:
        assert value == pytest.approx(known, abs=within)


def on_scale(share, known, ends=SCALE):
    near(drawn.on(share, ends), None if known is None else min(max(known, ends[0]), ends[1]))


def said(shown, *values):
    """Hold the numbers of a cell against the true ones, to the digits that are shown."""
    given = re.findall(r"[-−]?\d+(?:[.]\d+)?", shown)
    assert len(given) == len(values), shown
    for each, value in zip(given, values, strict=True):
        digits = len(each.partition(".")[2])
        assert float(each.replace("−", "-")) == pytest.approx(value, abs=0.5 * 10**-digits + EXACT)


def of_partners(rows, shown):
    """Give partner → n, score, low, high, raw mean where it is drawn apart."""
    ends = ("shrunken_ci_low", "shrunken_ci_high") if shown == "shrunken" else ("ci_low", "ci_high")
    return {
        row["partner"]: (row["n"], row[shown], *(row[end] for end in ends), row["mean"])
        for row in rows
        if row["mean"] is not None
    }


def scored(document, name):
    """Give what a document says of the partners, by a scale or the composite."""
    if name == "composite":
        return of_partners(document["composite"]["partners"], "mean")
    return of_partners(document["partners"][name], document["pooling"][name]["shown"])


def caterpillar_is(html, document, name):
    points, centre = drawn.caterpillar(drawn.picture(html, "stand-chart"))
    rows = {cells[0]: cells[1:] for cells in drawn.table(html, "stand-table")[1:]}
    truth = scored(document, name)
    assert set(points) == set(truth)
    for partner, (n, *numbers, _) in truth.items():
        *shares, raw, count = points[partner]
        for share, number in zip(shares, numbers, strict=True):
            on_scale(share, number)
        assert (count, raw, rows[partner][0]) == (
            n,
            None,
            str(n),
        )  # three partners: means are shown
        said(rows[partner][1], numbers[0])
        said(rows[partner][2], *numbers[1:])
    part = document["composite"] if name == "composite" else document["pooling"][name]
    on_scale(centre, part["mu"])
    assert rows["Sund"] == ["too few answers (fewer than 5)"]


def flower_is(html, document, partner, name):
    petals = drawn.petals(drawn.picture(html, name))
    rows = {cells[0]: cells[1:] for cells in drawn.table(html, f"{name}-caption")[1:]}
    assert list(petals) == list(rows) == [each.title() for each in (*NAMES, "overall")]
    for label, (value, *shares) in petals.items():
        n, *numbers, _ = scored(document, label.lower())[partner]
        said(value, numbers[0])
        said(rows[label][0], n)
        said(rows[label][1], numbers[0])
        said(rows[label][2], *numbers[1:])
        for share, number in zip(shares, numbers, strict=True):
            near(drawn.on(share, SCALE), number, IN_FLOWER)


def reach_in(document, name, partner, n):
    """Give how far the interval of a wave's mean goes, by the variance within all waves."""
    charts = document["waves"]["scales"][name]["charts"]
    (chart,) = [each for each in charts if each["partner"] == partner]
    return stdtrit(chart["df"], (1 + chart["level"]) / 2) * chart["sigma"] / sqrt(n)


def course_is(html, documents, partner, name):
    svg = drawn.picture(html, "course-chart")
    points, axis = drawn.course(svg), drawn.upwards(svg)
    rows = {int(cells[0]): cells[1:] for cells in drawn.table(html, "course-table")[1:]}
    assert list(points) == list(rows) == [1, 2]
    for wave, document in enumerate(documents, 1):
        value, low, high = points[wave]
        row = scored(document, name)[partner]
        on_scale(value, row[-1], axis)
        said(rows[wave][0], row[0])
        said(rows[wave][1], row[-1])
        said(rows[wave][2], drawn.on(low, axis), drawn.on(high, axis))
        reach = None if name == "composite" else reach_in(documents[-1], name, partner, row[0])
        on_scale(low, row[2] if reach is None else row[-1] - reach, axis)
        on_scale(high, row[3] if reach is None else row[-1] + reach, axis)


def both_are(html, document, partner, guesses=(None, None)):
    rows = drawn.dumbbell(drawn.picture(html, "both-chart"))
    cells = {each[0]: each[1] for each in drawn.table(html, "both-table")[1:]}
    numbers = {each[0]: each[1:] for each in drawn.table(html, "sided-table")[2:]}
    assert list(rows) == list(cells) == list(numbers)
    for label, sides in rows.items():
        partners = document["two_sides"]["scales"][label.lower()]["partners"]
        (row,) = [each for each in partners if each["partner"] == partner]
        for side, guess in zip("ab", guesses, strict=True):
            known = (row[f"{field}_{side}"] for field in ("mean", "ci_low", "ci_high"))
            mean, low, high = known
            for share, number in zip(sides[side], (mean, low, high, guess), strict=True):
                on_scale(share, number)
            n, told, span, belief = numbers[label]["ab".index(side) * 4 :][:4]
            assert n == str(row[f"n_{side}"])
            said(told, mean)
            said(span, low, high)
            assert (belief == "–") is (guess is None)
        gap = row["agreement"]
        said(cells[label], gap["estimate"], gap["ci_low"], gap["ci_high"])
        assert gap["estimate"] == pytest.approx(row["mean_a"] - row["mean_b"], abs=EXACT)


def priorities_are(html, document, partner):
    svg = drawn.picture(html, "priority")
    points = drawn.points(svg)
    rows = {int(cells[0]): cells[1:] for cells in drawn.table(html, "priority-table")[1:]}
    known = document["drivers"]["rows"]
    truth = {row["driver"]: scored(document, row["driver"])[partner][1:4] for row in known}
    across = (min(low for _, low, _ in truth.values()), max(high for *_, high in truth.values()))
    top = max(row["relative_ci_high"] for row in known)
    assert drawn.upwards(svg) == (0, round(100 * top))
    for place, row in enumerate(known, 1):
        name = row["driver"]
        upwards = tuple(row[f"relative{end}"] for end in ("", "_ci_low", "_ci_high"))
        for share, number in zip(points[place][:3], truth[name], strict=True):
            near(drawn.on(share, across), number)
        for share, number in zip(points[place][3:6], upwards, strict=True):
            near(drawn.on(share, (0, top)), number)
        assert rows[place][0] == name.title()
        said(rows[place][1], truth[name][0])
        said(rows[place][2], *truth[name][1:])
        said(rows[place][3], 100 * upwards[0])
        said(rows[place][4], *(100 * end for end in upwards[1:]))


def scope_is(html, document, name):
    svg = drawn.picture(html, "scope-chart")
    points, axis = drawn.points(svg), drawn.upwards(svg)
    rows = {int(cells[0]): cells[1:] for cells in drawn.table(html, "scope-table")[1:]}
    shares, truth = {"Fjord": 40, "Nord": 30, "Berg": 20}, scored(document, name)
    assert {cells[0] for cells in rows.values()} == set(shares)
    for place, (x, _, _, *upwards, radius) in points.items():
        partner = rows[place][0]
        n, *numbers, _ = truth[partner]
        near(drawn.on(x, (0, 40)), shares[partner], 40 * drawn.STEP / 200 + EXACT)
        for share, number in zip(upwards, numbers, strict=True):
            on_scale(share, number, axis)
        told = rows[place][4] != NONE
        near(
            (radius - SMALLEST) / (LARGEST - SMALLEST), n / RATERS[partner] if told else 0.5, RADIUS
        )
        said(rows[place][1], shares[partner])
        said(rows[place][2], numbers[0])
        said(rows[place][3], *numbers[1:])
        if told:
            said(rows[place][4], 100 * n / RATERS[partner])


def beside_is(html, document, partners):
    head, *rows = drawn.table(html, "beside")
    assert sorted(head[1:-1]) == sorted(partners)
    for label, *cells, _ in rows:
        truth = scored(document, label.lower())
        for name, cell in zip(head[1:-1], cells, strict=True):
            said(cell, *truth[name][1:4])


def heat_is(html, document):
    head, typical, *rows = drawn.table(html, "heat")
    assert head[1:] == [name.title() for name in (*NAMES, "overall")]
    for at, label in enumerate(head[1:], 1):
        truth = scored(document, label.lower())
        said(typical[at], sorted(score for _, score, *_ in truth.values())[1])
        for cells in rows:
            if cells[0] != "Sund":
                said(cells[at], truth[cells[0]][1])


# The pages ----------------------------------------------------------------------------------


def test_the_views_draw_what_the_report_says(site):
    document = site.document()
    caterpillar_is(site.view(""), document, "composite")
    caterpillar_is(site.view("?measure=trust"), document, "trust")
    caterpillar_is(site.view("?wave=1"), site.document(1), "composite")
    scope_is(site.view("/scope"), document, "composite")
    scope_is(site.view("/scope?measure=openness"), document, "openness")
    heat_is(site.view("/aspects"), document)
    chosen = "&".join(f"partner={site.ids[name]}" for name in ("Nord", "Fjord"))
    beside_is(html := site.view(f"/beside?{chosen}"), document, ("Nord", "Fjord"))
    for name, place in (("Nord", 2), ("Fjord", 1)):
        flower_is(html, document, name, f"flower-{place}")


@pytest.mark.parametrize("partner", ["Fjord", "Berg"])
def test_a_card_draws_what_the_report_says(site, partner):
    html, document = site.card(partner), site.document()
    flower_is(html, document, partner, "ours")
    flower_is(html, site.theirs(), partner, "theirs")
    course_is(html, (site.document(1), document), partner, "composite")
    course_is(site.card(partner, "?measure=trust"), (site.document(1), document), partner, "trust")
    both_are(html, document, partner)
    priorities_are(html, document, partner)


def test_guesses_are_drawn_at_the_side_that_makes_them():
    drawing = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
    part = drawing.get_template("part_charts.html").module
    ends = {"ci_low_a": 3.4, "ci_high_a": 4.6, "ci_low_b": 1.4, "ci_high_b": 2.6}
    row = {"label": "T", "mean_a": 4.0, "mean_b": 2.0, "guess_a": 3.25, "guess_b": 1.5, **ends}
    words = {"decimal": ".", "low_end": "low", "high_end": "high"}
    html = str(part.dumbbell([row], 1, 5, "t", "d", words, "both-chart"))
    sides = drawn.dumbbell(drawn.picture(html, "both-chart"))["T"]
    for side, known in (("a", (4.0, 3.4, 4.6, 3.25)), ("b", (2.0, 1.4, 2.6, 1.5))):
        for share, number in zip(sides[side], known, strict=True):
            on_scale(share, number)


def test_the_report_is_what_analysis_gives(site):
    """Called anew with the frozen rows of both waves, and by hand."""
    frozen = [site.rows(wave) for wave in (1, 2)]
    frame, document = pl.concat([each.frame for each in frozen]), site.document()
    options = {"partner": "partner", "min_n": 5, "composite": True, "outcome": "overall"}
    key = frozen[1].scoring_key
    again = assess(frame, key, side="side", wave="wave", **options).to_dict()
    there = frame.filter((pl.col("wave") == frame["wave"].max()) & (pl.col("side") == SIDES[1]))
    other = assess(there, key, **options).to_dict()
    for name in (*NAMES, "composite"):
        for one, two in ((document, again), (site.theirs(), other)):
            for partner, numbers in scored(one, name).items():
                assert numbers == pytest.approx(scored(two, name)[partner], abs=EXACT)
    for mine, known in zip(again["drivers"]["rows"], document["drivers"]["rows"], strict=True):
        assert mine["relative"] == pytest.approx(known["relative"], abs=EXACT)
    sides = [each["two_sides"]["scales"]["trust"]["partners"] for each in (again, document)]
    for mine, known in zip(*sides, strict=True):
        for field in ("mean_a", "ci_low_a", "mean_b", "ci_high_b"):
            assert mine[field] == pytest.approx(known[field], abs=EXACT)
    here = frozen[1].frame.filter(pl.col("side") == SIDES[0]).rows(named=True)
    for partner, (n, *_, raw) in scored(document, "trust").items():
        own = [(r["t1"] + r["t2"] + 6 - r["t3"]) / 3 for r in here if r["partner"] == partner]
        assert (len(own), mean(own)) == (n, pytest.approx(raw, abs=EXACT))


DAYS = {"incident": "2026-03-02", "dispute": "2026-03-05", "brief": "2026-09-01"}


def test_the_line_of_time_puts_each_day_where_its_table_has_it(site):
    with site.storage.write() as session:
        partner = session.get(Partner, site.ids["Berg"])
        for kind, day in DAYS.items():
            given = {"sort": "serious"} if kind == "incident" else {}
            given |= {"text": f"The {kind}", "day": day}
            key, today = uuid.uuid4(), dt.date.fromisoformat("2026-10-05")
            assert not entries.make(
                session, COMMAND_LINE, partner, kind, given, key=key, today=today
            )
    html = site.page(f"/partners/{site.ids['Berg']}/record/timeline")
    svg = drawn.picture(html, "axis")
    days = [dt.date.fromisoformat(cells[0]) for cells in drawn.table(html, "all")[1:]]
    first, last = min(days), max(*days, now().date())
    length = (last - first).days
    here = sorted(round((drawn.per_cent(each, "cx") - 0.02) / 0.96 * length)
                  for each in drawn.marks(svg, "circle", "mark"))  # fmt: skip
    assert here == sorted((day - first).days for day in days)
    assert {dt.date.fromisoformat(day) for day in DAYS.values()} <= set(days)


# That it would be seen ----------------------------------------------------------------------


def shifted(html, name, tag="circle", attribute="cx", by=0.1):
    """Move every such shape of a picture by so much of a scale from 1 to 5."""
    start = html.index(f'aria-labelledby="{name}-title')
    pattern = re.compile(rf'(<{tag} [^>]*{attribute}=")([\d.]+)%')
    moved = pattern.sub(lambda at: f"{at[1]}{float(at[2]) + 25 * by:.2f}%", html[start:])
    return html[:start] + moved


def swapped(html, one, two):
    return html.replace(one, "\0").replace(two, one).replace("\0", two)


def test_what_is_drawn_wrongly_is_seen(site):
    first, document, other = site.document(1), site.document(), site.theirs()
    stand, scope, heat = (site.view(way) for way in ("", "/scope", "/aspects"))
    card, both = site.card("Fjord"), (first, document)
    high = shifted(card, "course-chart", "circle", "cy")
    wrong = (
        lambda: caterpillar_is(shifted(stand, "stand-chart"), document, "composite"),
        lambda: caterpillar_is(shifted(stand, "stand-chart", "line", "x2"), document, "composite"),
        lambda: caterpillar_is(stand, document, "trust"),
        lambda: caterpillar_is(stand, first, "composite"),
        lambda: caterpillar_is(stand.replace("3.6 <span", "3.7 <span"), document, "composite"),
        lambda: scope_is(scope, document, "trust"),
        lambda: scope_is(shifted(scope, "scope-chart", "svg", "y"), document, "composite"),
        lambda: heat_is(heat, first),
        lambda: heat_is(swapped(heat, "Trust", "Openness"), document),
        lambda: flower_is(card, other, "Fjord", "ours"),
        lambda: flower_is(card, first, "Fjord", "ours"),
        lambda: flower_is(swapped(card, '"core"', '"haze"'), document, "Fjord", "ours"),
        lambda: course_is(card, (document, first), "Fjord", "composite"),
        lambda: course_is(high, both, "Fjord", "composite"),
        lambda: course_is(card, both, "Fjord", "trust"),
        lambda: both_are(swapped(card, "side-a", "side-b"), document, "Fjord"),
        lambda: both_are(shifted(card, "both-chart"), document, "Fjord"),
        lambda: both_are(card, document, "Berg"),
        lambda: priorities_are(shifted(card, "priority", "svg", "y"), document, "Fjord"),
        lambda: priorities_are(card, document, "Berg"),
        lambda: priorities_are(card, first, "Fjord"),
    )  # fmt: skip
    for draw in wrong:
        with pytest.raises(AssertionError):
            draw()
