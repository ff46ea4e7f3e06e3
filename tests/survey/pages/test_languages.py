"""Four languages, each complete; switchable on every page without losing what was typed."""

import datetime as dt
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import questionnaires
import survey
import survey.kinds
import survey.pages
from survey.pages.languages import FOLDER, NAMES, compile_catalogues, long_date, preferred
from survey.pages.voice import Voice
from survey.services import notices

LANGUAGES = ("en", "nb", "nn", "is")
P1 = "p1@vik.no"


def catalogue(language):
    with (FOLDER / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def forms_of(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


KEYWORDS = {"_": None, "ngettext": (1, 2), "N_": None, "say": None, "count": (1, 2),
            "gettext": None}  # fmt: skip
SPOKEN = (  # where texts are, and how they are marked
    (survey.pages, KEYWORDS),
    (survey.kinds, KEYWORDS),
    (survey, {"in_words": None}),
)


@cache
def texts_in_use():
    """Every text that templates and modules ask for, as `pybabel extract` finds them."""
    with (FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = (
        message
        for package, keywords in SPOKEN
        for _, _, message, _, _ in extract_from_dir(
            Path(package.__file__).parent, methods, options, keywords=keywords
        )
    )
    return frozenset(filter(None, found))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_text_and_no_stale_one(language):
    known = {message.id for message in catalogue(language) if message.id}
    used = texts_in_use()
    assert len(used) > 150
    assert {"missing": used - known, "stale": known - used} == {"missing": set(), "stale": set()}


@pytest.mark.parametrize(
    ("language", "whole"), [("nb", "samarbeidspartner"), ("nn", "samarbeidspartnar")]
)
def test_a_partner_is_called_by_one_word(language, whole):
    shown = [form for message in catalogue(language) for form in forms_of(message)]
    for package in (notices, questionnaires):
        for file in Path(package.__file__).parent.rglob("*.toml"):
            lines = file.read_text().splitlines()
            shown += [line for line in lines if line.startswith(f"{language} = ")]
    spoken = [re.sub(r"%\(\w+\)|\{\w+\}", "", text) for text in shown]
    found = [text for text in spoken if re.search(r"\bpartn[ea]r", text, re.IGNORECASE)]
    assert found == []
    assert sum(whole in text.lower() for text in spoken) > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_translated_whole_and_keeps_the_places_for_names(language):
    texts = catalogue(language)
    for message in texts:
        if not message.id:
            continue
        forms = forms_of(message)
        assert all(form.strip() for form in forms), message.id
        assert not message.fuzzy, message.id
        assert not list(message.check(texts)), message.id
        assert "{count}" not in str(message.id) or all("{count}" in form for form in forms)


def test_the_source_says_what_it_is_called():
    assert all(message.string == message.id for message in catalogue("en") if message.id)


def test_icelandic_counts_twenty_one_as_one():
    voice = Voice("is", compile_catalogues()["is"])
    one, many = "%(num)d partner is left.", "%(num)d partners are left."
    assert voice.count(one, many, 21) == "21 samstarfsaðili er eftir."
    assert voice.count(one, many, 11) == "11 samstarfsaðilar eru eftir."


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([("is-IS", 1), ("en", 0.8)], "is"),
        ([("no", 1)], "nb"),
        ([("nb_NO", 1)], "nb"),
        ([("fr", 1), ("nn", 0.5)], "nn"),
        ([("fr", 1)], "en"),
        ([("is", 0)], "en"),
        ([], "en"),
    ],
)
def test_the_browser_s_wishes(wishes, expected):
    assert preferred(wishes, LANGUAGES) == expected


def test_days_are_written_as_people_do():
    day = dt.date(2026, 10, 3)
    assert [long_date(day, language) for language in LANGUAGES] == [
        "3 October 2026",
        "3. oktober 2026",
        "3. oktober 2026",
        "3. október 2026",
    ]


def test_numbers_are_written_as_people_do():
    english, norwegian, icelandic = (
        Voice(code, compile_catalogues()[code]) for code in ("en", "nb", "is")
    )
    assert [english.decimal(value) for value in (3.14159, -0.5, -0.001, None)] == [
        "3.14",
        "−0.50",
        "0.00",
        "–",
    ]
    assert norwegian.decimal(3.14159, 1) == "3,1"
    assert norwegian.span(0.1, 0.25) == "0,10 – 0,25"
    assert norwegian.span(None, 0.25) == "–"
    assert (english.percent(0.95), norwegian.percent(0.95)) == ("95%", "95\u00a0%")
    assert (icelandic.percent(0.95), icelandic.decimal(0.5)) == ("95%", "0,50")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_way_in_the_language_of_the_invitation(make_visitor, survey, invite, language):
    visitor = make_visitor("fr")
    token = invite(survey, language)
    page = visitor.get(f"/r/{token}")
    assert page.lang == language
    for _ in range(4):
        page = visitor.fill() if page.form["radios"] else visitor.press()
        assert page.lang == language
        assert page.headers["Content-Language"] == language
        suffix = "" if language == "en" else f" ({language})"
        for name, value in page.form["radios"].items() if page.forms else ():
            assert f"Fjord {name}.{suffix}" in page.text
            assert len(value) == 7
    assert page.path.startswith("/receipt/")
    assert ("thank you" in page.html.lower()) == (language == "en")


def test_each_language_is_named_in_itself(visitor, token):
    page = visitor.get(f"/r/{token}")
    for code, name in NAMES.items():
        assert f'lang="{code}"' in page.html
        assert name in page.text
    assert f"/r/{token}?lang=is" in page.links


def test_a_language_chosen_before_the_start_is_kept(visitor, make_visitor, token):
    visitor.get(f"/r/{token}?lang=nn")
    assert visitor.page.lang == "nn"
    assert visitor.press().lang == "nn"
    assert make_visitor().get(f"/r/{token}").lang == "nn"  # the next browser begins there
    assert visitor.get("/nowhere").lang == "nn"


def test_a_language_that_the_study_does_not_offer_is_not_taken(visitor, make_study):
    survey = make_study(languages=("en", "nb"))
    token = survey.tokens[P1]
    assert visitor.get(f"/r/{token}?lang=is").lang == "en"
    form = visitor.page.form["fields"]
    assert visitor.post(f"/r/{token}", {**form, "language": "is"}).status == 400
    assert visitor.get(f"/r/{token}").html.count("hreflang") == 1


def test_switching_on_a_page_keeps_what_was_typed(visitor, survey, token):
    visitor.open(token)
    page = visitor.press(("language", "is"), t1="4", t3="dont_know")
    assert (page.path, page.lang) == ("/respond/1/1", "is")
    assert page.given == {"t1": "4", "t2": "", "t3": "dont_know"}
    assert "Fjord t1. (is)" in page.text
    visitor.fill()
    page = visitor.press(("language", "nb"), say="halvveis")
    assert (page.path, page.lang) == ("/respond/1/2", "nb")
    assert page.form["texts"]["say"] == "halvveis"
    assert survey.answers(P1)["say"] == "halvveis"


def test_switching_on_a_blank_page_does_not_call_it_done(visitor, survey, token):
    visitor.open(token)
    page = visitor.press(("language", "nb"))
    assert (page.path, page.lang) == ("/respond/1/1", "nb")
    assert survey.answers(P1) == {}


def test_a_mistake_on_the_page_is_said_before_the_language_changes(visitor, survey, token):
    visitor.open(token)
    page = visitor.press(("language", "nb"), t1="4", t2="9")
    assert (page.status, page.lang) == (400, "en")
    assert page.given["t1"] == "4"
    assert survey.answers(P1) == {}


def test_switching_on_the_pages_without_questions(visitor, roster_token):
    visitor.open(roster_token)
    assert visitor.press(("language", "nb")).lang == "nb"
    assert visitor.page.path == "/respond/"
    visitor.get("/respond/about")
    assert visitor.press(("language", "nn")).lang == "nn"
    assert visitor.page.path == "/respond/about"
    visitor.press()
    visitor.press()
    visitor.fill()
    visitor.fill()
    assert visitor.press(("language", "is")).path == "/respond/1/review"
    assert visitor.page.lang == "is"
    visitor.press()
    page = visitor.get(f"{visitor.page.path}?lang=en")
    assert (page.lang, page.headings) == ("en", ["The answers are stored"])
