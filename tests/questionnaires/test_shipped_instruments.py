"""Every shipped instrument is complete, in its four languages and on each side it declares."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import (
    LANGUAGES,
    OFF_SCALE,
    SIDES,
    STATUSES,
    available,
    check_file,
    combine,
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
GOVERNANCE = ("rules_expectations", "boundaries", "conflict_handling", "negotiation", "growth")
PETALS = (
    "social_competence",
    "expertise",
    "logistics_distribution",
    "products_services",
    "economic_terms",
)
PRECONDITIONS = ("ability", "benevolence", "integrity")
INTERNAL = ("ability", "benevolence", "integrity", "openness")
BRM = ("balance", "trust", "openness", "accuracy", "advising", *GOVERNANCE)
BRM_SCALES = {construct: range(2, 4) for construct in BRM} | {"overall": range(1, 2)}


def each(constructs, items):
    return dict.fromkeys(constructs, range(items, items + 1))


# instrument → scale → how many items may measure it
SCALES = {
    "grunig7": each(GRUNIG, 3) | each(["overall"], 1),
    "grunig7_research": each(GRUNIG, 4) | each(["overall"], 1),
    "grunig7_coorientation": each([f"{aspect}__meta" for aspect in GRUNIG], 1),
    "berg4": each(BERG, 3) | each(["overall"], 1),
    "flower5": each(PETALS, 3) | each(["overall"], 1),
    "grunig7_berg4": each((*GRUNIG, *BERG), 3) | each(["overall"], 1),
    "trust_precondition": each(PRECONDITIONS, 2) | each(["reliance"], 1),
    "internal_trust": each([f"internal_{aspect}" for aspect in INTERNAL], 3)
    | each(["voice"], 3)
    | each(["internal_trust"], 1),
    "post_sale": each(
        [
            "purchase_satisfaction",
            "purchase_ease",
            "purchase_accuracy",
            "purchase_availability",
            "recommend",
        ],
        1,
    ),
    "brm_buyer": BRM_SCALES,
    "brm_supplier": BRM_SCALES,
    "pulse": each((*GRUNIG, "direction"), 1),
    "criterion": each(["commitment", "communal", "exchange", "influence"], 2),
}
CONSTRUCTS = (*GRUNIG, *BERG, *GOVERNANCE, "expertise", "economic_terms", "commitment", "recommend")
# whom or what a statement to agree with may speak of first
SUBJECT = re.compile(
    r"(All in all, )?(the staff of )?"
    r"({(partner|organisation)}|We |we |Our |What (we |{)|When {|The \w+ (we |{))"
)

each_instrument = pytest.mark.parametrize("instrument_id", available())


def every_text(instrument):
    for item in instrument.items:
        for side in instrument.sides:
            for language in LANGUAGES:
                yield item, side, language, item.text(side, language)


def every_label(instrument):
    """Yield everything but the items' own texts that a respondent reads."""
    for item in instrument.items:
        yield from (point.label for point in (item.scale.points if item.scale else ()))
        yield from (option.label for option in item.options)
        if item.hint is not None:
            yield item.hint
    yield from (answer.label for answer in instrument.off_scale)
    yield from instrument.introduction.values()
    yield from (instrument.title, instrument.reference_period)
    for construct in instrument.constructs:
        yield from (construct.label, construct.description)


def test_every_instrument_of_the_domain_is_shipped():
    assert set(available()) >= set(SCALES)


@each_instrument
def test_the_file_keeps_every_rule(instrument_id):
    assert check_file(SHIPPED.instruments[instrument_id]) == ()


def test_every_file_of_the_bank_keeps_every_rule():
    files = sorted((SHIPPED.folder / "bank").rglob("*.toml"))
    assert len(files) > 10
    assert check_file(files[0]) == ()
    assert SHIPPED.bank.problems == ()


def test_every_construct_of_the_domain_has_items():
    measured = {item.construct for item in SHIPPED.bank.items.values()}
    assert measured >= set(CONSTRUCTS)


def test_every_construct_and_item_of_the_bank_is_used():
    used = {item.id.removesuffix("__meta") for each in available() for item in load(each).items}
    assert set(SHIPPED.bank.items) - used == set()
    scored = {construct for each in available() for construct in load(each).scoring_key()}
    assert set(SHIPPED.bank.constructs) - scored == set()


@pytest.mark.parametrize("instrument_id", SCALES)
def test_as_many_items_measure_each_construct_as_the_domain_says(instrument_id):
    instrument = load(instrument_id)
    key = instrument.scoring_key()
    assert set(key) == set(SCALES[instrument_id])
    for construct, entry in key.items():
        assert len(entry["items"]) in SCALES[instrument_id][construct]
        assert entry["reverse"] == []
        assert entry["min_answered"] == 0.5
    assert [construct.id for construct in instrument.constructs] == list(key)


@each_instrument
def test_agreement_is_asked_on_five_points(instrument_id):
    for item in load(instrument_id).items:
        if item.scale is not None and item.scale.is_agreement:
            assert (item.scale.low, item.scale.high) == (1, 5)


@pytest.mark.parametrize("instrument_id", ["grunig7", "berg4", "grunig7_berg4"])
def test_the_overall_item_and_then_the_open_question_come_last(instrument_id):
    instrument = load(instrument_id)
    *_, overall, last = instrument.pages[-1].items
    assert overall.construct == "overall"
    assert last.kind == "text"
    assert [item.kind for item in instrument.items].count("text") == 1
    assert all(4 <= len(page.items) <= 7 for page in instrument.pages)


def test_the_flower_asks_for_the_two_petals_that_matter_most():
    (pick,) = (item for item in load("flower5").items if item.kind == "pick")
    assert pick.pick == 2
    assert {option.id for option in pick.options} == set(PETALS)


def test_a_purchase_may_be_recommended_from_0_to_10():
    recommend = load("post_sale").item(load("post_sale").scoring_key()["recommend"]["items"][0])
    assert (recommend.scale.low, recommend.scale.high) == (0, 10)
    assert recommend.scale.numbered
    assert "choice" in {item.kind for item in load("post_sale").items}


@each_instrument
def test_an_instrument_has_every_language_and_the_answers_off_the_scale(instrument_id):
    instrument = load(instrument_id)
    assert instrument.languages == LANGUAGES
    assert set(instrument.sides) <= set(SIDES)
    assert tuple(answer.code for answer in instrument.off_scale) == OFF_SCALE
    n_texts = len(instrument.items) * len(instrument.sides) * len(LANGUAGES)
    assert sum(1 for *_, text in every_text(instrument) if text) == n_texts
    assert all(label.keys() == set(LANGUAGES) for label in every_label(instrument))


@each_instrument
def test_no_item_is_asked_twice(instrument_id):
    ids = [item.id for item in load(instrument_id).items]
    assert len(set(ids)) == len(ids)


@each_instrument
def test_every_text_reads_with_the_names_filled_in(instrument_id):
    for _, side, _, text in every_text(load(instrument_id)):
        filled = fill(text, partner="Fjordfisk AS", organisation="Vík hf.")
        assert "{" not in filled
        assert "}" not in filled
        assert ("Fjordfisk AS" if side == "ours" else "Vík hf.") in filled


@each_instrument
def test_every_text_but_an_open_question_is_short(instrument_id):
    for item, _, _, text in every_text(load(instrument_id)):
        assert item.kind == "text" or len(PLACEHOLDER.sub("x", text).split()) <= 20


@each_instrument
def test_a_statement_to_agree_with_speaks_of_a_party_first(instrument_id):
    for item, _, language, text in every_text(load(instrument_id)):
        if language == "en" and item.perspective == "direct" and item.scale is not None:
            assert SUBJECT.match(text) or not item.scale.is_agreement, text


@each_instrument
def test_no_translation_is_the_english_text(instrument_id):
    instrument = load(instrument_id)
    for item in instrument.items:
        for _, _, texts in item.each_text():
            assert len(set(texts.values())) >= 3  # Bokmål and Nynorsk may agree
            assert texts["en"] not in {texts[language] for language in LANGUAGES[1:]}
    for label in every_label(instrument):
        translated = {label[language] for language in LANGUAGES[1:]}
        assert label["en"].isdecimal() or label["en"] not in translated, label["en"]


@each_instrument
def test_the_sides_are_mirrored_not_copied(instrument_id):
    instrument = load(instrument_id)
    for item in instrument.items if len(instrument.sides) > 1 else ():
        for language in LANGUAGES:
            assert item.text("ours", language) != item.text("theirs", language)


@each_instrument
def test_an_item_has_the_texts_of_its_own_perspective_only(instrument_id):
    instrument = load(instrument_id)
    for item in instrument.items:
        assert all(item.texts[side].keys() == {item.perspective} for side in instrument.sides)
        assert item.id.endswith("__meta") is (item.perspective == "meta")
    assert set(instrument.perspectives) == {item.perspective for item in instrument.items}


@each_instrument
def test_the_translations_say_how_far_they_have_been_reviewed(instrument_id):
    instrument = load(instrument_id)
    for item in instrument.items:
        assert set(item.status) == set(LANGUAGES)
    for state in instrument.translation_status().values():
        assert state.lowest in STATUSES


@each_instrument
def test_the_stored_form_is_the_same_version(instrument_id):
    instrument = load(instrument_id)
    stored = from_canonical(instrument.canonical())
    assert stored.canonical() == instrument.canonical()
    assert stored.version == instrument.version
    assert len(instrument.version) == 64
    assert stored.scoring_key() == instrument.scoring_key()
    assert list(stored.scoring_key()) == list(instrument.scoring_key())


@each_instrument
@given(seed=st.integers())
def test_an_order_is_one_the_instrument_allows(instrument_id, seed):
    instrument = load(instrument_id)
    assert instrument.allows_order(instrument.order(seed))


@each_instrument
def test_every_item_is_on_some_path(instrument_id):
    """Answer as each condition asks, one item after another, until all have been shown."""
    instrument = load(instrument_id)
    conditional = [item for page in instrument.pages for item in page.items if item.show_if]
    for item in conditional:
        wanted = {}
        for condition in item.show_if:
            (value, *_) = (*condition.values, True)
            wanted[condition.item] = [value] if condition.operator == "includes" else value
        shown = {each.id for page in instrument.shown(wanted) for each in page}
        assert item.id in shown


def test_an_item_is_the_same_wherever_it_is_asked():
    whole = load("grunig7_berg4")
    for part in ("grunig7", "berg4"):
        for item in load(part).items:
            assert whole.item(item.id) == item


def test_versions_differ_between_instruments():
    assert len({load(instrument_id).version for instrument_id in available()}) == len(available())


def test_the_main_form_the_guesses_and_the_pulse_go_together():
    whole = combine(load("grunig7_berg4"), load("grunig7_coorientation"), load("pulse"))
    ids = [item.id for item in whole.items]
    assert whole.id == "grunig7_berg4+grunig7_coorientation+pulse"
    assert len(ids) == len(set(ids))
    alone = {item.id for each in whole.id.split("+") for item in load(each).items}
    assert set(ids) == alone
    assert whole.perspectives == ("direct", "meta")
    assert from_canonical(whole.canonical()).version == whole.version


@each_instrument
def test_every_instrument_goes_after_the_main_form(instrument_id):
    if instrument_id == "grunig7_berg4":
        pytest.skip("this is the main form")
    whole = combine(load("grunig7_berg4"), load(instrument_id))
    assert {item.id for item in load(instrument_id).items} <= {item.id for item in whole.items}
    assert load(instrument_id).scoring_key().keys() <= whole.scoring_key().keys()
