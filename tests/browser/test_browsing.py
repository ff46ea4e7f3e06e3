"""The respondent's way in a real browser: without scripts, by keyboard, back and forth."""

import re

import pytest

pytestmark = pytest.mark.browser


def cast(page):
    """Choose an answer in each group of the page."""
    for place, group in enumerate(page.locator("fieldset").all()):
        group.locator("label").nth(place % 7).click()


def press(page, button="button.main"):
    """Press a button and wait for the page it leads to."""
    with page.expect_navigation():
        page.click(button)


def walk(page):
    """Press the forward button until there is none."""
    for _ in range(60):
        if page.locator("form").count() == 0:
            return
        cast(page)
        press(page)
    raise AssertionError("the way has no end")


@pytest.mark.parametrize("width", [375, 1280])
def test_the_whole_way_without_scripts(open_tab, site, width):
    page = open_tab(width, java_script_enabled=False)
    page.goto(site.everything(partners=2))
    walk(page)
    assert page.inner_text("h1") == "Thank you"


def test_each_page_takes_three_requests_of_this_host_and_thirty_kilobytes(open_tab, site):
    page = open_tab()
    asked = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 (it is marked)
    page.goto(site.everything())
    for _ in range(20):
        page.wait_for_load_state("networkidle")
        got = [request for request in asked if request.method == "GET"]
        assert 1 <= len(got) <= 3, [request.url for request in got]
        assert all(request.url.startswith(site.base_url) for request in got)
        sizes = [request.sizes() for request in got]
        assert sum(s["responseBodySize"] + s["responseHeadersSize"] for s in sizes) <= 30 * 1024
        if page.locator("form").count() == 0:
            return
        asked.clear()
        cast(page)
        press(page)
    raise AssertionError("the way has no end")


def test_keyboard_alone_is_enough(open_tab, site):
    page = open_tab(1280)
    page.goto(site.guest())
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/respond/1/1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    groups = page.locator("fieldset").count()
    for number in range(groups):
        tab_to(page, f"fieldset:nth-of-type({number + 1}) input")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert shows_focus(page)
    assert (
        page.locator("input:checked").evaluate_all("all => all.map(one => one.value)")
        == ["3"] * groups
    )
    page.keyboard.press("Enter")  # from a radio button: the default button goes forward
    page.wait_for_url("**/respond/1/2")
    page.go_back()
    assert page.locator("input:checked").count() == groups


def test_the_whole_way_by_keyboard(open_tab, site):
    page = open_tab(1280)
    page.goto(site.everything(partners=2))
    for _ in range(40):
        if "/receipt/" in page.url:
            return
        tab_to(page, "button.main", most=200)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    raise AssertionError("the way has no end")


def tab_to(page, selector, most=60):
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the Tab key never reaches {selector}")


def shows_focus(page):
    """Whether the label of the focused answer is outlined."""
    return page.evaluate(
        "parseFloat(getComputedStyle(document.activeElement.closest('label')).outlineWidth) >= 2"
    )


def test_the_back_button_shows_what_was_sent_and_after_the_end_the_receipt(open_tab, site):
    page = open_tab()
    page.goto(site.guest())
    press(page)
    page.locator("fieldset").first.locator("label").nth(4).click()
    press(page)
    page.wait_for_url("**/respond/1/2")
    page.go_back()
    assert page.locator("fieldset").first.locator("input").nth(5).is_checked()
    press(page)
    walk(page)
    receipt = page.url
    page.go_back()
    page.reload()
    assert page.url == receipt


def test_switching_language_keeps_what_is_on_the_page(open_tab, site):
    page = open_tab(java_script_enabled=False)
    page.goto(site.guest())
    press(page)
    page.locator("fieldset").first.locator("label").nth(1).click()
    press(page, "button[value=is]")
    assert page.locator("html").get_attribute("lang") == "is"
    assert page.locator("input:checked").get_attribute("value") == "2"


def test_a_mistake_takes_the_focus_and_its_link_leads_to_the_field(open_tab, site):
    page = open_tab()
    page.goto(site.guest())
    press(page)
    while page.locator("textarea").count() == 0:
        press(page)
    page.fill("textarea", "x" * 2001)
    press(page)
    assert page.evaluate("document.activeElement.matches('.notice')")
    page.click(".notice a")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    assert len(page.input_value("textarea")) == 2001


def test_the_points_lie_in_a_row_where_there_is_room_and_stack_on_a_phone(open_tab, site):
    page = open_tab(375)
    page.goto(site.guest())
    press(page)
    group = page.locator("fieldset").first
    narrow = [label.bounding_box() for label in group.locator(".points label").all()]
    assert len({box["x"] for box in narrow}) == 1
    assert all(box["width"] > 330 for box in narrow)
    assert sorted(narrow, key=lambda box: box["y"]) == narrow
    page.set_viewport_size({"width": 1280, "height": 900})
    wide = [label.bounding_box() for label in group.locator(".points label").all()]
    assert len({box["y"] for box in wide}) == 1
    assert sorted(wide, key=lambda box: box["x"]) == wide


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_targets_are_large_and_nothing_needs_scrolling_sideways(open_tab, site, width):
    page = open_tab(width)
    addresses = [site.base_url, site.guest("is", 3), site.results, f"{site.base_url}/respond/"]
    for address in addresses:
        page.goto(address)
        fits(page)
    page.goto(site.everything("nb", 2))
    for _ in range(60):
        fits(page)
        if page.locator("form").count() == 0:
            break
        cast(page)
        press(page)


@pytest.mark.parametrize("language", ["nb", "is"])
def test_text_of_twice_the_size_needs_no_scrolling_sideways(open_tab, site, language):
    """At 1280 px, and at 640 px, which is a phone's width once the text is doubled."""
    page = open_tab(640)
    page.goto(site.everything(language, 2))
    for _ in range(60):
        for width in (640, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(overflow) <= 0, (page.url, width)
        if page.locator("form").count() == 0:
            break
        cast(page)
        press(page)


def test_a_focused_answer_is_never_under_the_strip_that_stays(open_tab, site):
    page = open_tab()
    page.goto(site.guest())
    press(page)
    strip = page.locator(".progress")
    page.keyboard.press("End")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        box = page.evaluate("document.activeElement.getBoundingClientRect().top")
        edge = strip.bounding_box()
        if page.evaluate("document.activeElement.closest('main') !== null"):
            assert box >= edge["height"] or edge["y"] > 0


def fits(page):
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0, page.url
    controls = "button:not(.unseen), fieldset label, summary, input[type=text], nav a, .ways a"
    for control in page.locator(controls).all():
        box = control.bounding_box()
        if box and control.is_visible():
            assert box["height"] >= 43.9, (page.url, control.inner_text())
            assert box["width"] >= 24, (page.url, control.inner_text())


def test_borders_of_controls_stand_out_in_both_schemes(open_tab, site):
    page = open_tab(reduced_motion="reduce")
    page.goto(site.guest())
    press(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours = page.evaluate(
            """() => {
              const style = getComputedStyle(document.querySelector('.points label'));
              const body = getComputedStyle(document.body);
              return [style.borderTopColor, style.backgroundColor, body.backgroundColor];
            }"""
        )
        border, inside, outside = (luminance(colour) for colour in colours)
        assert contrast(border, inside) >= 3, (scheme, colours)
        assert contrast(border, outside) >= 3, (scheme, colours)


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


def test_nothing_stored_runs_as_a_script(open_tab, site):
    payload = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page = open_tab()
    page.goto(site.guest())
    press(page)
    while page.locator("textarea").count() == 0:
        press(page)
    page.fill("textarea", payload)
    address = page.url
    while not page.url.endswith("/review"):
        press(page)
    assert payload in page.inner_text("main")
    page.goto(address)
    assert page.input_value("textarea") == payload
    assert page.complaints == []


def test_pages_print_in_black_on_white_without_buttons(open_tab, site):
    page = open_tab(1280)
    page.goto(site.guest())
    press(page)
    page.emulate_media(media="print")
    assert not page.locator("button.main").is_visible()
    assert page.locator("fieldset").first.is_visible()


def test_forced_colours_still_show_what_is_chosen(open_tab, site):
    page = open_tab(1280, forced_colors="active")
    page.goto(site.guest())
    press(page)
    label = page.locator("fieldset").first.locator("label").nth(2)
    label.click()
    width = label.evaluate("label => parseFloat(getComputedStyle(label).outlineWidth)")
    assert width >= 3
