"""What a screen reader is given: Chromium's accessibility tree, read in its order."""

from dataclasses import dataclass, field

import pytest

pytestmark = pytest.mark.browser

SILENT = {"none", "generic", "InlineTextBox", "LabelText", "Legend", "ListMarker"}
NAMED = {"button", "link", "radio", "checkbox", "textbox", "navigation"}


@dataclass
class Heard:
    """One thing in the order of reading."""

    role: str
    name: str
    description: str = ""
    properties: dict = field(default_factory=dict)


def listen(page):
    """Read the whole page as it is handed to assistive technology."""
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    heard = []

    def read(node):
        role = node.get("role", {}).get("value", "")
        if not node.get("ignored") and role not in SILENT:
            properties = {each["name"]: each["value"].get("value") for each in node["properties"]}
            name, description = (
                node.get(key, {}).get("value", "") for key in ("name", "description")
            )
            heard.append(Heard(role, name, description, properties))
        for child in node.get("childIds", ()):
            if child in nodes:
                read(nodes[child])

    read(next(iter(nodes.values())))
    return heard


def names(heard, role):
    return [each.name for each in heard if each.role == role]


def place(heard, role, name=""):
    return next(
        place for place, each in enumerate(heard) if each.role == role and name in each.name
    )


def press(page, button="button.main"):
    with page.expect_navigation():
        page.click(button)


def test_a_page_of_questions_is_read_in_the_order_in_which_it_is_answered(open_tab, site):
    page = open_tab()
    page.goto(site.everything(partners=2))
    press(page)
    page.goto(f"{site.base_url}/respond/2/1")
    heard = listen(page)
    assert heard[0].name == (
        "Partner 2 of 2, page 1 of 8 – Sólheimar Prent – How is the cooperation?"
    )
    order = [
        place(heard, "link", "Skip to the content"),
        place(heard, "banner"),
        place(heard, "navigation", "Language"),
        place(heard, "main"),
        place(heard, "heading", "Sólheimar Prent"),
        place(heard, "StaticText", "Partner 2 of 2, page 1 of 8"),
        place(heard, "group"),
        place(heard, "button", "Next"),
        place(heard, "button", "Back"),
        place(heard, "contentinfo"),
    ]
    assert order == sorted(order)
    assert names(heard, "heading") == ["Sólheimar Prent"]


def test_each_question_is_a_group_that_says_its_statement_and_then_its_answers(open_tab, site):
    page = open_tab()
    page.goto(site.everything())
    press(page)
    heard = listen(page)
    start = place(heard, "group")
    first = [each for each in heard[start:] if each.role in {"group", "radio", "button"}][:9]
    assert first[0].name.startswith("Nordlys Elektro ")
    assert [each.name for each in first[1:8]] == [
        "Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree",
        "Don't know", "Not applicable",
    ]  # fmt: skip
    assert all(each.properties["checked"] == "false" for each in first[1:8])
    assert first[8].role == "group"  # a button that clears is heard once there is an answer
    page.locator("fieldset").first.locator("label").first.click()
    assert "Clear the answer" in names(listen(page), "button")


def test_saving_is_told_by_a_polite_voice_and_a_refusal_by_an_alert(open_tab, site):
    page = open_tab()
    page.goto(site.everything())
    press(page)
    heard = listen(page)
    (voice,) = [each for each in heard if each.role == "status"]
    assert voice.properties["live"] == "polite"
    assert "alert" not in {each.role for each in heard}
    page.locator("fieldset").first.locator("label").first.click()
    page.wait_for_selector(".saved[data-state=saved]")
    assert names(listen(page), "StaticText").count("Saved") >= 1
    page.context.clear_cookies()
    page.locator("fieldset").first.locator("label").nth(1).click()
    page.wait_for_selector(".refusal:not([hidden])")
    heard = listen(page)
    said = " ".join(each.name for each in heard[place(heard, "alert") :])
    assert "Open your personal link again" in said


def test_guesses_are_announced_before_their_questions(open_tab, site):
    page = open_tab()
    page.goto(site.everything())
    press(page)
    while page.locator(".guess").count() == 0:
        press(page)
    heard = listen(page)
    assert heard[0].name.startswith("Your guess – ")
    heading = place(heard, "heading", "Now your guess: how does Nordlys Elektro see it?")
    assert place(heard, "heading", "Nordlys Elektro") < heading < place(heard, "group")


def test_everything_that_can_be_used_has_a_name_on_every_page(open_tab, site):
    page = open_tab()
    page.goto(site.everything("is", 2))
    for _ in range(40):
        for each in listen(page):
            assert each.name or each.role not in NAMED, (page.url, each.role)
        if page.locator("form").count() == 0:
            return
        press(page)
    raise AssertionError("the way has no end")


def test_the_list_names_the_partner_of_each_button(open_tab, site):
    page = open_tab()
    page.goto(site.everything(partners=2))
    press(page)
    buttons = names(listen(page), "button")
    assert "I do not know this partner: Sólheimar Prent" in buttons
    press(page, "[name=decline] >> nth=1")
    heard = listen(page)
    assert "Put back on the list: Sólheimar Prent" in names(heard, "button")
    assert "Left out by you" in names(heard, "StaticText")


def test_a_mistake_is_told_first_and_again_at_its_question(open_tab, site):
    page = open_tab()
    page.goto(site.everything())
    press(page)
    while page.locator("[type=checkbox]").count() == 0:
        press(page)
    for box in page.locator("[type=checkbox]").all()[:3]:
        box.check()
    press(page)
    heard = listen(page)
    assert heard[0].name.startswith("Error: ")
    assert place(heard, "alert") < place(heard, "heading")
    group = heard[place(heard, "group")]
    assert "2" in group.description
    assert "3" in group.description
