"""axe-core on every kind of page, in four languages, narrow and wide, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (375, 1280)
SCHEMES = ("light", "dark")
KINDS = (
    "start", "start with an error", "landing", "list", "about", "first page", "too old",
    "last page", "mistake", "review", "receipt with more to come", "last receipt",
    "used link", "unknown link", "no session", "results",
)  # fmt: skip


def violations(page):
    """Look for violations at each width and in each colour scheme."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
            for violation in Axe().run(page, options=options).response["violations"]:
                nodes = [node["html"][:120] for node in violation["nodes"][:3]]
                found.append((width, scheme, violation["id"], nodes))
    page.emulate_media(color_scheme="light")
    return found


def kinds_of_page(page, site, language):
    """Come by every kind of page; yields its name when the page is shown."""
    base = site.base_url
    page.goto(f"{base}/?lang={language}")
    yield "start"
    press(page)
    yield "start with an error"
    link = site.guest(language, partners=2)
    page.goto(link)
    yield "landing"
    press(page)
    yield "list"
    page.goto(f"{base}/respond/about")
    yield "about"
    page.goto(f"{base}/respond/1/1")
    choose(page)
    yield "first page"
    page.evaluate("document.querySelector('[name=csrf_token]').value = ''")
    press(page)
    yield "too old"
    while page.locator("textarea").count() == 0:
        press(page)
    yield "last page"
    page.fill("textarea", "x" * 2001)
    press(page)
    yield "mistake"
    page.fill("textarea", "A line.\nAnd another.")
    press(page)
    page.click("summary")
    yield "review"
    press(page)
    yield "receipt with more to come"
    while not (page.url.startswith(f"{base}/receipt") and page.locator("form").count() == 0):
        press(page)
    yield "last receipt"
    page.goto(link)
    yield "used link"
    page.goto(f"{base}/r/{'x' * 22}?lang={language}")
    yield "unknown link"
    page.context.clear_cookies()
    page.goto(f"{base}/respond/?lang={language}")
    yield "no session"
    page.goto(f"{site.results}&lang={language}")
    for summary in page.locator("summary").all()[:2]:
        summary.click()
    yield "results"


def press(page):
    """Press the forward button and wait for the page it leads to."""
    with page.expect_navigation():
        page.click("button.main")


def choose(page):
    """Choose an answer in each group, so that every look of a group is looked at."""
    for place, group in enumerate(page.locator("fieldset").all()):
        group.locator("label").nth(place % 7).click()


@pytest.mark.parametrize("language", ["en", "nb", "nn", "is"])
def test_no_kind_of_page_violates_a_rule(open_tab, site, language):
    page = open_tab(
        reduced_motion="reduce"
    )  # colours that change slowly would be measured half way
    found, seen = {}, []
    for kind in kinds_of_page(page, site, language):
        seen.append(kind)
        assert page.locator("html").get_attribute("lang") == language, kind
        assert page.locator("h1").count() == 1, kind
        if problems := violations(page):
            found[kind] = problems
    assert tuple(seen) == KINDS
    assert found == {}
    refusals = [text for text in page.complaints if "Failed to load resource" not in text]
    assert refusals == []  # nothing that the content security policy forbids
