"""The rules of wording, on sentences of the four languages that keep or break them."""

import pytest

from questionnaires.wording import plain, prose, question, rated, statement

GOOD = (
    ("ours", "en", "{partner} keeps the promises it makes to us."),
    ("ours", "en", "{partner} and we have the same picture of what was agreed."),
    ("ours", "en", "The gains are shared fairly between {partner} and us."),
    ("theirs", "en", "{organisation}'s people notice what a normal north wind does."),
    ("ours", "nb", "Gevinsten fordeles rettferdig mellom {partner} og oss."),
    ("ours", "nb", "{partner} og vår organisasjon vet hva som er avtalt."),
    ("theirs", "nn", "Gevinsten blir rettferdig delt mellom {organisation} og oss."),
    ("ours", "nn", "Ei avtale med {partner} gjev oss ei trygg kjensle."),
    ("ours", "is", "{partner} og við höfum sömu sýn á samninginn."),
    ("ours", "is", "{partner} bendir okkur á nýjar leiðir."),
)


@pytest.mark.parametrize(("side", "language", "text"), GOOD)
def test_a_good_statement_passes(side, language, text):
    assert list(statement(side, language, text)) == []


SPOKEN_TO = (
    ("en", "How do you and {partner} get on?"),
    ("nb", "Hvor godt samarbeider dere og {partner}?"),
    ("nn", "Kor godt samarbeider de og {partner}?"),
    ("is", "Er samstarfið sem þið og {partner} eigið betra eða verra núna?"),
)


@pytest.mark.parametrize(("language", "text"), SPOKEN_TO)
def test_a_question_may_join_the_reader_and_the_other_party(language, text):
    assert list(rated("ours", language, text)) == []


NEGATED = (
    ("en", "{partner} does not break promises.", "not"),
    ("en", "{partner} doesn't break promises.", "doesn't"),
    ("en", "{partner} can’t be swayed.", "can’t"),
    ("en", "Never has {partner} let us down.", "never"),
    ("en", "Work runs without trouble at {partner}.", "without"),
    ("nb", "{partner} bryter ikke løfter.", "ikke"),
    ("nb", "Aldri har {partner} sviktet.", "aldri"),
    ("nn", "{partner} bryt ikkje lovnader.", "ikkje"),
    ("nn", "{partner} gjer inga feil.", "inga"),
    ("is", "{partner} bregst okkur aldrei.", "aldrei"),
    ("is", "Hjá {partner} er engin hætta.", "engin"),
    ("is", "{partner} vinnur án tafa.", "án"),
)


@pytest.mark.parametrize(("language", "text", "word"), NEGATED)
def test_a_negation_is_named(language, text, word):
    ((rule, message),) = statement("ours", language, text)
    assert rule == "negation"
    assert f"«{word}»" in message


def test_a_word_of_another_language_is_no_negation():
    assert list(statement("ours", "nb", "{partner} kan no lære oss noe nytt om engin.")) == []
    assert list(statement("ours", "en", "{partner} notes nothingness in Norway.")) == []


PAIRS = (
    ("en", "{partner} is quick and/or careful.", {"a slash", "«or»"}),
    ("en", "{partner} is quick/careful.", {"a slash"}),
    ("en", "{partner} is quick or careful.", {"«or»"}),
    ("en", "{partner} is quick and careful.", {"«and»"}),
    ("en", "{partner} tells us and listens.", {"«and»"}),
    ("nb", "{partner} er rask og/eller grundig.", {"a slash", "«eller»"}),
    ("nb", "{partner} er rask og grundig.", {"«og»"}),
    ("nb", "{partner} er rask samt grundig.", {"«samt»"}),
    ("nn", "{partner} er rask eller grundig.", {"«eller»"}),
    ("nn", "{partner} er rask og grundig.", {"«og»"}),
    ("is", "{partner} er snögg og/eða vandvirk.", {"a slash", "«eða»"}),
    ("is", "{partner} er snögg og vandvirk.", {"«og»"}),
    ("is", "Og {partner} er snögg.", {"«og»"}),
)


@pytest.mark.parametrize(("language", "text", "named"), PAIRS)
def test_a_pair_of_ideas_is_named(language, text, named):
    faults = list(statement("ours", language, text))
    assert {rule for rule, _ in faults} == {"and_or_pair"}
    assert len(faults) == len(named)
    assert all(any(part in message for _, message in faults) for part in named)


def test_length_is_counted_in_words_and_characters():
    twenty = "{partner} " + "ab " * 18 + "ab."
    assert list(statement("ours", "en", twenty)) == []
    assert list(statement("ours", "en", twenty + " –")) == []  # a dash is no word
    ((rule, message),) = statement("ours", "en", twenty + " ab")
    assert rule == "text_too_long"
    assert "21 words" in message
    assert list(statement("ours", "en", "{partner} " + "a" * 150)) == []
    ((rule, message),) = statement("ours", "en", "{partner} " + "a" * 151)
    assert rule == "text_too_long"
    assert "161 characters" in message


def test_an_open_question_may_be_long_and_negative():
    text = "What should {partner} not do, and why, or why not? " + "Say more. " * 20
    assert list(question("ours", "en", text.strip())) == []


@pytest.mark.parametrize(
    "text", ["{partner", "partner}", "{ partner }", "{}", "{Partner}", "{{partner}}"]
)
def test_anything_else_in_braces_is_named(text):
    assert {rule for rule, _ in prose("en", f"Rate {text} now.")} == {"unknown_placeholder"}
    assert "unknown_placeholder" in {rule for rule, _ in question("ours", "en", f"Is {text} good?")}


def test_an_introduction_may_have_lines_and_both_names():
    assert list(prose("en", "{organisation} asks.\nYou rate {partner}.")) == []
    assert {rule for rule, _ in plain("en", "A title\nof two lines")} == {"untidy_text"}
    assert {rule for rule, _ in plain("en", "A title of {partner}")} == {"unknown_placeholder"}
