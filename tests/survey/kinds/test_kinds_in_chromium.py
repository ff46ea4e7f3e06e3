"""Every kind as Chromium lays it out: no sideways scrolling, targets for a thumb, names for all."""

import pytest

import questionnaires
from questionnaires import fill
from survey.kinds import kind_of
from survey.pages.assets import FOLDER
from survey.pages.forms import Guard, GuardedForm
from survey.pages.rendering import load_renderer
from survey.pages.sheets import Sheets

pytestmark = pytest.mark.browser

ASKED = {"post_sale": None, "flower5": ("flower_importance",), "pulse": ("direction_three_months",)}
SMALL = """() => [...document.querySelectorAll('label, button')]
    .filter(each => !each.classList.contains('statement'))
    .map(each => [each.textContent, each.getBoundingClientRect()])
    .filter(([_, box]) => box.width < 44 || box.height < 44)
    .map(([text, box]) => `${text}: ${box.width} × ${box.height}`)"""


@pytest.fixture
def tab(chromium):
    page = chromium.new_page()
    yield page
    page.close()


def drawn(language):
    """Draw every kind on one page, with the words of a language and our stylesheet."""
    renderer = load_renderer()
    draw = renderer._environments[language].globals["draw"]
    parts = []
    for name, chosen in ASKED.items():
        instrument = questionnaires.load(name)
        sheet = Sheets().get(instrument, "ours", language)
        for question in (question for page in sheet.pages for question in page):
            if chosen is None or question.id in chosen:
                guard = Guard("secret", {}, renderer.catalogues[language])
                form = GuardedForm(guard, fields=sheet.fields_of([question]))
                text = fill(question.text, partner="Nordlys Elektro", organisation="Vik")
                parts.append(draw(question, text, form[question.id]))
    style = (FOLDER / "tillit.css").read_text("utf-8")
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>x</title>'
        f'<style>{style}</style><main class="frame wide"><form>{"".join(parts)}</form></main>'
    )


@pytest.mark.parametrize("language", questionnaires.LANGUAGES)
def test_every_kind_fits_from_320_to_1280_pixels_with_targets_for_a_thumb(tab, language):
    for width in (320, 375, 480, 600, 768, 1024, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.set_content(drawn(language))
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate(SMALL) == [], width


def test_numbers_stand_in_one_row_or_in_two(tab):
    rows = "[...new Set([...document.querySelectorAll('.numbers label')].map(l => l.offsetTop))]"
    for width, expected in ((320, 2), (375, 2), (640, 1), (1280, 1)):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.set_content(drawn("nb"))
        assert len(tab.evaluate(rows)) == expected, width


def test_each_control_has_a_name_and_each_group_its_question(tab):
    tab.set_content(drawn("en"))
    group = tab.get_by_role("group", name="How likely is it that you would recommend")
    names = [group.get_by_role("radio").nth(n).evaluate("e => e.labels[0].innerText.trim()")
             for n in range(13)]  # fmt: skip
    assert names[0].split() == ["0", "=", "Very", "unlikely"]
    assert names[5] == "5"
    assert names[11:] == ["Don't know", "Not applicable"]
    group.get_by_role("radio", name="10 = Very likely").check()
    assert group.get_by_role("radio", checked=True).get_attribute("value") == "10"
    pick = tab.locator("#q-flower_importance")
    assert pick.get_by_role("checkbox").count() == 5
    described = pick.get_attribute("aria-describedby")
    assert tab.locator(f"#{described}").inner_text() == "Choose up to 2."


def test_a_group_is_answered_with_the_keyboard_alone(tab):
    tab.set_content(drawn("en"))
    tab.locator("#recommend_likely").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    checked = "document.querySelector('input[name=recommend_likely]:checked').value"
    assert tab.evaluate(checked) == "3"
    tab.locator("#flower_importance").focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    chosen = "document.querySelectorAll('input[name=flower_importance]:checked').length"
    assert tab.evaluate(chosen) == 2


def test_the_kinds_tried_here_are_all_there_are():
    kinds = {kind_of(item).name for name in ASKED for item in questionnaires.load(name).items}
    assert kinds == {"rating", "choice", "pick", "text"}
