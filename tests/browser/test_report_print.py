"""A report as Chromium prints it: on A4, without what only a screen has, no picture cut in two."""

import re

import pytest
import reports

from survey.pages.rendering import load_renderer

pytestmark = pytest.mark.browser

A4 = (210 / 25.4 * 96, 297 / 25.4 * 96)  # CSS pixels
SEEN = (
    "selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).length"
)
STYLES = """selector => { const style = getComputedStyle(document.querySelector(selector));
    return [style.color, style.textDecorationLine, style.breakInside, style.display]; }"""


@pytest.fixture
def page(chromium):
    renderer, document = load_renderer(), reports.document()
    kept = {"report": type("Kept", (), {"id": "7"}), "slug": "suppliers", "media": ["pdf"]}
    frame = {"languages": ("en", "nb"), "here": "/", "nav": None, "may_destroy": True, "token": "t"}
    html = renderer.draw("report_printed.html", "en", document=document, **kept, **frame)
    styles = renderer.assets["report.css"].body.decode()
    page = chromium.new_page(color_scheme="dark")
    page.set_content(re.sub(r'<link rel="stylesheet"[^>]*>', f"<style>{styles}</style>", html))
    yield page
    page.close()


def test_print_is_black_on_a4_and_has_no_navigation(page):
    left_out = ".top, .ways, .destroy, .foot .frame *, button"
    assert page.evaluate(SEEN, left_out) > 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(SEEN, left_out) == 0
    assert page.evaluate(SEEN, ".aside, .lead, h1, figure svg[role=img], .provenance dd") >= 13
    assert page.evaluate(STYLES, "h1")[0] == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(STYLES, "a")[1] == "none"
    assert [page.evaluate(STYLES, tag)[2] for tag in ("figure", "tr")] == ["avoid", "avoid"]
    assert page.evaluate(STYLES, "thead")[3] == "table-header-group"
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert boxes
    for box in boxes:
        assert [float(side) / 72 * 96 for side in box] == pytest.approx(A4, abs=1)


def test_nothing_is_wider_than_a_phone_but_what_scrolls_by_itself(page):
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    regions = page.locator(".scroll").all()
    assert regions
    for region in regions:
        assert region.get_attribute("tabindex") == "0"
