"""Saving while a page is filled in: what is said, what is sent, and that nothing is lost."""

import json
from collections import Counter

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_tab, site):
    """Open a tab on the first page of questions."""
    page = open_tab()
    page.goto(site.guest())
    press(page)
    return page


def press(page, button="button.main"):
    with page.expect_navigation():
        page.click(button)


def choose(page, item, answer):
    """Choose in an item, by their places from 0."""
    page.locator("fieldset").nth(item).locator("label").nth(answer).click()


def wait_for(page, state, timeout=20_000):
    page.wait_for_selector(f".saved[data-state={state}]", timeout=timeout)


def to_the_text(page):
    while page.locator("textarea").count() == 0:
        press(page)


def chosen(page):
    return page.locator("input:checked").evaluate_all("all => all.map(one => one.value)")


def elsewhere(open_tab, link, **options):
    """Open the same link in another browser, and go on."""
    other = open_tab(**options)
    other.goto(link)
    press(other)
    return other


def test_a_change_is_saved_and_said_and_another_device_has_it(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    assert page.locator(".saved").inner_text() == ""
    choose(page, 0, 3)
    wait_for(page, "saved")
    assert page.locator(".saved").inner_text() == "Saved"
    assert page.url.endswith("/respond/1/1")  # it never goes on by itself
    for options in ({}, {"java_script_enabled": False}):
        assert chosen(elsewhere(open_tab, link, **options)) == ["4"]


def test_a_screen_reader_hears_it_once_and_then_only_what_is_new(page):
    page.evaluate(
        """() => {
          window.heard = [];
          const voice = document.querySelector('form [role=status]');
          new MutationObserver(() => voice.textContent && heard.push(voice.textContent))
            .observe(voice, {childList: true});
        }"""
    )
    for answer in range(4):
        choose(page, answer, answer)
        page.wait_for_timeout(300)
        wait_for(page, "saved")
    assert page.evaluate("heard") == ["Saved"]
    page.context.set_offline(True)
    choose(page, 0, 4)
    wait_for(page, "waiting")
    choose(page, 1, 4)
    page.wait_for_timeout(400)
    page.context.set_offline(False)
    wait_for(page, "saved")
    heard = page.evaluate("heard")
    assert [text.split(".")[0] for text in heard] == ["Saved", "No connection", "Saved"]


def test_without_a_connection_it_queues_and_says_so_and_the_page_stays(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    page.context.set_offline(True)
    choose(page, 0, 0)
    choose(page, 1, 1)
    wait_for(page, "waiting")
    assert page.locator(".saved").inner_text().startswith("No connection")
    page.click("button.main:not(.unseen)")
    page.wait_for_timeout(500)
    assert page.url.endswith("/respond/1/1")
    assert chosen(page) == ["1", "2"]
    page.context.set_offline(False)
    wait_for(page, "saved")
    assert chosen(elsewhere(open_tab, link)) == ["1", "2"]
    press(page)
    assert page.url.endswith("/respond/1/2")


def test_what_was_not_sent_survives_a_reload(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    to_the_text(page)
    page.context.set_offline(True)
    choose(page, 0, 2)
    page.fill("textarea", "Half a thought")
    wait_for(page, "waiting")
    page.route("**/autosave", lambda route: route.abort())
    page.context.set_offline(False)
    page.reload()
    assert page.input_value("textarea") == "Half a thought"
    assert chosen(page) == ["3"]
    page.unroute("**/autosave")
    wait_for(page, "saved")
    assert page.evaluate("sessionStorage.length") == 0
    other = elsewhere(open_tab, link)
    assert other.input_value("textarea") == "Half a thought"


def test_typing_is_sent_in_pauses_and_when_the_field_is_left(page):
    to_the_text(page)
    posts = []
    page.on("request", lambda request: posts.append(request.method))
    page.locator("textarea").press_sequentially("One thing they should change", delay=20)
    wait_for(page, "saved")
    assert posts.count("POST") == 1
    page.locator("textarea").press_sequentially(" now", delay=20)
    page.keyboard.press("Tab")
    page.wait_for_timeout(500)
    wait_for(page, "saved", timeout=500)
    assert posts.count("POST") == 2


def test_leaving_by_a_link_or_closing_the_tab_sends_what_was_typed(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    to_the_text(page)
    page.locator("textarea").press_sequentially("Typed and left")
    page.click("footer a")
    page.wait_for_url("**/about")
    page.go_back()
    assert page.input_value("textarea") == "Typed and left"
    page.locator("textarea").press("End")
    page.locator("textarea").press_sequentially(" at once")
    page.close(run_before_unload=False)
    other = elsewhere(open_tab, link)
    if other.input_value("textarea") != "Typed and left at once":  # it may be on its way still
        other.wait_for_timeout(1000)
        other.reload()
    assert other.input_value("textarea") == "Typed and left at once"


def test_an_answer_is_cleared_without_leaving_the_page(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    choose(page, 0, 2)
    wait_for(page, "saved")
    page.locator("button.clear:visible").click()
    assert chosen(page) == []
    assert page.evaluate("document.activeElement.type") == "radio"
    page.wait_for_timeout(400)
    wait_for(page, "saved")
    assert page.url.endswith("/respond/1/1")
    assert chosen(elsewhere(open_tab, link)) == []


def test_a_form_that_is_too_old_is_renewed_in_silence(page):
    page.evaluate("document.querySelector('[name=csrf_token]').value = '19990101000000##00'")
    choose(page, 0, 1)
    wait_for(page, "saved")
    assert page.locator(".refusal").is_hidden()


def test_submitted_elsewhere_is_said_with_the_way_to_the_receipt(open_tab, site):
    link = site.guest()
    page, other = elsewhere(open_tab, link), elsewhere(open_tab, link)
    while "/receipt/" not in other.url:
        press(other)
    choose(page, 0, 1)
    wait_for(page, "refused")
    assert "already been submitted" in page.inner_text(".refusal")
    assert page.locator(".saved").inner_text() == "Not saved"
    assert chosen(page) == ["2"]
    page.click(".refusal a")
    page.wait_for_url(other.url)


def test_a_lost_session_is_said_and_the_answers_go_through_when_the_link_is_opened(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    page.context.clear_cookies()
    choose(page, 0, 1)
    wait_for(page, "refused")
    assert "Open your personal link again" in page.inner_text(".refusal")
    tab = page.context.new_page()
    tab.goto(link)
    press(tab)
    tab.close()
    choose(page, 1, 2)
    wait_for(page, "saved")
    assert page.locator(".refusal").is_hidden()
    assert chosen(elsewhere(open_tab, link)) == ["2", "3"]


def test_a_text_that_is_too_long_is_said_while_it_is_typed(page):
    to_the_text(page)
    page.fill("textarea", "x" * 2001)
    wait_for(page, "partly")
    assert "2001 characters" in page.inner_text(".refusal")
    page.fill("textarea", "x" * 2000)
    wait_for(page, "saved")
    assert page.locator(".refusal").is_hidden()


def test_a_server_in_trouble_is_tried_again(page):
    statuses = iter((503, 500))
    page.route(
        "**/autosave",
        lambda route: (
            route.fulfill(status=status, body="busy")
            if (status := next(statuses, None))
            else route.continue_()
        ),
    )
    choose(page, 0, 1)
    wait_for(page, "waiting")
    wait_for(page, "saved")


def test_a_slow_request_does_not_undo_what_came_after_it(open_tab, site):
    link = site.guest()
    page = elsewhere(open_tab, link)
    slow = []

    def hold_the_first(route):
        if not slow:
            slow.append(route)
            page.wait_for_timeout(700)
        route.continue_()

    page.route("**/autosave", hold_the_first)
    choose(page, 0, 0)
    page.wait_for_timeout(250)
    choose(page, 0, 4)
    press(page)
    assert chosen(elsewhere(open_tab, link)) == []  # the next page
    page.go_back()
    assert chosen(page) == ["5"]


@pytest.mark.parametrize("scripts", [True, False])
def test_two_tabs_back_double_click_and_reload_are_one_assessment(open_tab, site, scripts):
    page = open_tab(java_script_enabled=scripts)
    page.goto(site.guest())
    press(page)
    second = page.context.new_page()
    second.goto(page.url)
    choose(page, 0, 1)
    choose(second, 1, 3)
    press(page)
    press(second)
    assert page.url == second.url
    for tab in (page, second):
        while not tab.url.endswith("/review"):
            press(tab)
    receipts = Counter()
    page.dblclick("button.main:not(.unseen)")
    page.wait_for_url("**/receipt/**")
    receipts[page.url] += 1
    press(second)
    receipts[second.url] += 1
    page.reload()
    receipts[page.url] += 1
    second.go_back()
    second.reload()
    receipts[second.url] += 1
    assert len(receipts) == 1, json.dumps(receipts)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_anonymous_double_click_and_reload_give_the_same_receipt(open_tab, site, scripts):
    page = open_tab(java_script_enabled=scripts)
    page.goto(site.open_link())
    press(page)
    press(page)
    page.goto(f"{site.base_url}/respond/1/1")
    choose(page, 0, 1)
    while not page.url.endswith("/review"):
        press(page)
    page.dblclick("button.main:not(.unseen)")
    page.wait_for_url("**/receipt/**")
    receipt = page.url
    page.goto(f"{site.base_url}/respond/1/1")
    assert page.url == receipt
    page.reload()
    assert page.url == receipt
