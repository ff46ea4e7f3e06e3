"""Every shipped instrument is complete, in its four languages and on both sides."""

import pytest

from questionnaires import (
    LANGUAGES,
    OFF_SCALE,
    SIDES,
    available,
    check_file,
    fill,
    from_canonical,
    load,
)
from questionnaires.loader import SHIPPED
from questionnaires.parts import PLACEHOLDER

BERG = ("accuracy", "availability", "adaptation", "advising")
GRUNIG = (
    "balance",
    "trust",
    "credibility",
    "legitimacy",
    "openness",
    "mutual_satisfaction",
    "mutual_understanding",
)
CONSTRUCTS = {"grunig7": GRUNIG, "berg4": BERG, "grunig7_berg4": (*GRUNIG, *BERG)}

each_instrument = pytest.mark.parametrize("instrument_id", available())


def every_text(instrument):
    for item in instrument.items:
        for side in instrument.sides:
            for perspective in instrument.perspectives:
                for language in LANGUAGES:
                    yield item, side, language, item.text(side, language, perspective)


def test_the_instruments_of_the_first_slice_are_shipped():
    assert set(available()) >= {"grunig7", "berg4", "grunig7_berg4"}


@each_instrument
def test_the_file_keeps_every_rule(instrument_id):
    assert check_file(SHIPPED.instruments[instrument_id]) == ()


def test_every_file_of_the_bank_keeps_every_rule():
    files = sorted((SHIPPED.folder / "bank").rglob("*.toml"))
    assert len(files) > 10
    assert check_file(files[0]) == ()
    assert SHIPPED.bank.problems == ()


@pytest.mark.parametrize("instrument_id", CONSTRUCTS)
def test_three_items_measure_each_construct(instrument_id):
    key = load(instrument_id).scoring_key()
    assert set(key) == {*CONSTRUCTS[instrument_id], "overall"}
    for construct, entry in key.items():
        assert len(entry["items"]) == (1 if construct == "overall" else 3)
        assert len(set(entry["items"])) == len(entry["items"])
        assert (entry["low"], entry["high"]) == (1, 5)
        assert entry["reverse"] == []
        assert entry["min_answered"] == 0.5


@pytest.mark.parametrize("instrument_id", CONSTRUCTS)
def test_the_overall_item_and_then_the_open_question_come_last(instrument_id):
    instrument = load(instrument_id)
    *_, overall, last = instrument.pages[-1].items
    assert overall.construct == "overall"
    assert last.kind == "text"
    assert [item.kind for item in instrument.items].count("text") == 1
    assert all(4 <= len(page.items) <= 7 for page in instrument.pages)


@pytest.mark.parametrize("instrument_id", CONSTRUCTS)
def test_both_sides_read_texts_in_four_languages(instrument_id):
    instrument = load(instrument_id)
    assert instrument.sides == SIDES
    assert instrument.languages == LANGUAGES
    assert tuple(answer.code for answer in instrument.off_scale) == OFF_SCALE
    assert sum(1 for _ in every_text(instrument)) == len(instrument.items) * 2 * 4


@each_instrument
def test_every_text_reads_with_the_names_filled_in(instrument_id):
    for _, side, _, text in every_text(load(instrument_id)):
        filled = fill(text, partner="Fjordfisk AS", organisation="Vík hf.")
        assert "{" not in filled
        assert "}" not in filled
        assert ("Fjordfisk AS" if side == "ours" else "Vík hf.") in filled


@each_instrument
def test_every_rating_text_is_short(instrument_id):
    for item, _, _, text in every_text(load(instrument_id)):
        assert item.kind == "text" or len(PLACEHOLDER.sub("x", text).split()) <= 20


@each_instrument
def test_no_translation_is_the_english_text(instrument_id):
    instrument = load(instrument_id)
    for item in instrument.items:
        for _, _, texts in item.each_text():
            assert len(set(texts.values())) >= 3  # Bokmål and Nynorsk may agree
            assert texts["en"] not in {texts[language] for language in LANGUAGES[1:]}
    for answer in instrument.off_scale:
        assert answer.label["en"] not in {answer.label[language] for language in LANGUAGES[1:]}


@each_instrument
def test_the_sides_are_mirrored_not_copied(instrument_id):
    instrument = load(instrument_id)
    for item in instrument.items if instrument.sides == SIDES else ():
        for language in LANGUAGES:
            assert item.text("ours", language) != item.text("theirs", language)


@each_instrument
def test_the_translations_say_how_far_they_have_been_reviewed(instrument_id):
    for item in load(instrument_id).items:
        assert set(item.status) == set(LANGUAGES)


@each_instrument
def test_the_stored_form_is_the_same_version(instrument_id):
    instrument = load(instrument_id)
    stored = from_canonical(instrument.canonical())
    assert stored.canonical() == instrument.canonical()
    assert stored.version == instrument.version
    assert len(instrument.version) == 64
    assert stored.scoring_key() == instrument.scoring_key()


def test_an_item_is_the_same_wherever_it_is_asked():
    whole = load("grunig7_berg4")
    for part in ("grunig7", "berg4"):
        for item in load(part).items:
            assert whole.item(item.id) == item


def test_versions_differ_between_instruments():
    assert len({load(instrument_id).version for instrument_id in available()}) == len(available())
