"""The instrument as an object: texts, scoring key, canonical form and version."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import questionnaires.parts
from questionnaires import (
    LANGUAGES,
    Instrument,
    InstrumentError,
    UnknownItem,
    UnknownText,
    fill,
    from_canonical,
    load,
    load_file,
)

MINI = "instruments/mini.toml"
TRUST = "bank/items/trust.toml"
META = """
[items.trust_promises.ours.meta]
en = "{partner} thinks that we keep our promises."
nb = "{partner} mener at vi holder det vi lover."
nn = "{partner} meiner at vi held det vi lovar."
is = "{partner} telur að við stöndum við loforð okkar."
"""


@pytest.fixture
def mini(shelf):
    return load_file(shelf.path(MINI))


def test_the_parts_stand_in_page_order(mini):
    assert [item.id for item in mini.items] == [
        "trust_promises",
        "trust_risk",
        "overall_good",
        "open_change",
    ]
    assert [len(page.items) for page in mini.pages] == [2, 2]
    assert [construct.id for construct in mini.constructs] == ["trust", "overall"]
    assert [answer.code for answer in mini.off_scale] == ["dont_know", "not_applicable"]
    assert mini.languages == LANGUAGES
    assert mini.sources == ("Our own.",)
    assert mini.title["is"] == "Stutt eyðublað"
    assert mini.introduction["theirs"]["en"] == "Rate {organisation}."


def test_an_item_knows_its_kind(mini):
    rating, question = mini.item("trust_risk"), mini.item("open_change")
    assert (rating.kind, rating.construct, rating.reverse) == ("rating", "trust", True)
    assert [(point.value, point.label["nn"]) for point in rating.scale.points] == [
        (1, "Ueinig"),
        (2, "Korkje"),
        (3, "Einig"),
    ]
    assert (rating.max_length, rating.hint) == (None, None)
    assert (question.kind, question.construct, question.scale) == ("text", None, None)
    assert (question.max_length, question.hint["nb"]) == (500, "Utelat navn på personer.")
    assert mini.item("trust_promises").status == {
        "en": "pretested",
        "nb": "reviewed",
        "nn": "draft",
        "is": "draft",
    }


def test_a_text_is_chosen_by_side_and_language(mini):
    item = mini.item("trust_promises")
    assert item.text("ours", "en") == "{partner} keeps its promises to us."
    assert item.text("theirs", "nb") == "{organisation} holder det de lover oss."


@pytest.mark.parametrize(("side", "language"), [("both", "en"), ("ours", "sv")])
def test_an_undeclared_text_is_a_named_error(mini, side, language):
    with pytest.raises(UnknownText, match=r"there is ours\.direct \(en nb nn is\)") as caught:
        mini.item("trust_promises").text(side, language)
    assert isinstance(caught.value, KeyError)


def test_an_unknown_item_is_a_named_error(mini):
    with pytest.raises(UnknownItem, match="it has trust_promises, trust_risk") as caught:
        mini.item("trust_risc")
    assert str(caught.value).startswith(
        "trust_risc: unknown_item: instrument mini has no such item"
    )
    assert isinstance(caught.value, InstrumentError)
    assert isinstance(caught.value, KeyError)


def test_the_scoring_key_is_plain_and_fresh(mini):
    expected = {
        "trust": {
            "items": ["trust_promises", "trust_risk"],
            "low": 1,
            "high": 3,
            "reverse": ["trust_risk"],
            "min_answered": 0.5,
        },
        "overall": {
            "items": ["overall_good"],
            "low": 1,
            "high": 3,
            "reverse": [],
            "min_answered": 0.5,
        },
    }
    key = mini.scoring_key()
    assert key == expected
    assert json.loads(json.dumps(key)) == expected
    key["trust"]["items"].clear()
    assert mini.scoring_key() == expected


def test_an_instrument_cannot_be_changed(mini):
    with pytest.raises(AttributeError, match="immutable"):
        mini.id = "other"


def test_the_canonical_form_comes_back_as_the_same_version(mini):
    again = from_canonical(mini.canonical())
    assert again.canonical() == mini.canonical()
    assert again.version == mini.version
    assert again.scoring_key() == mini.scoring_key()
    assert again.pages[0].items[0].texts == mini.pages[0].items[0].texts
    assert again.sources == ()
    assert again.items[0].status == {}


def test_the_canonical_form_is_sorted_json_of_format_1(mini):
    document = json.loads(mini.canonical())
    assert document["format"] == 1
    assert mini.canonical() == json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )


def test_the_version_is_pinned(mini):
    """A change of the code that changes versions would orphan every stored instrument."""
    assert mini.version == "35a66c10a64300fd442115706f2763c5940edb1482bec29caa448fac90f5c419"


def test_status_and_sources_are_no_part_of_the_version(shelf, mini):
    shelf.edit(TRUST, "draft", "adjudicated")
    shelf.edit(MINI, "Our own.", "Somebody else.")
    changed = load_file(shelf.path(MINI))
    assert changed.item("trust_risk").status["nn"] == "adjudicated"
    assert changed.sources == ("Somebody else.",)
    assert changed.version == mini.version


def test_the_order_of_keys_and_items_of_the_bank_is_no_part_of_the_version(shelf, mini):
    content = shelf.path(TRUST).read_text(encoding="utf-8")
    head, first, second = content.partition("[items.trust_risk]\n")
    construct, items, promises = head.partition("[items.trust_promises]\n")
    shelf.write(TRUST, construct + first + second + "\n" + items + promises)
    assert load_file(shelf.path(MINI)).version == mini.version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("min_answered = 0.5", "min_answered = 0.6"),
        ('"dont_know", "not_applicable"', '"not_applicable"'),
        ('"trust_promises", "trust_risk"', '"trust_risk", "trust_promises"'),
        ("]\n\n[[pages]]\nitems = [", ", "),
        ('["ours", "theirs"]', '["theirs", "ours"]'),
    ],
)
def test_what_respondents_or_scoring_see_is_part_of_the_version(shelf, mini, old, new):
    shelf.edit(MINI, old, new)
    assert load_file(shelf.path(MINI)).version != mini.version


def test_reversing_an_item_or_widening_its_scale_makes_a_new_version(shelf, mini):
    shelf.edit(TRUST, "reverse = true\n", "")
    unreversed = load_file(shelf.path(MINI)).version
    shelf.edit("bank/scales.toml", '"Neither"', '"In between"')
    assert len({mini.version, unreversed, load_file(shelf.path(MINI)).version}) == 3


def test_a_text_the_instrument_does_not_use_is_no_part_of_its_version(shelf, mini):
    shelf.write(TRUST, shelf.path(TRUST).read_text(encoding="utf-8") + META)
    changed = load_file(shelf.path(MINI))
    assert changed.version == mini.version
    assert list(changed.item("trust_promises").texts["ours"]) == ["direct"]


def test_an_instrument_of_guesses_has_only_guesses(shelf):
    shelf.write(TRUST, shelf.path(TRUST).read_text(encoding="utf-8") + META)
    one = shelf.path(MINI).read_text(encoding="utf-8").replace('["direct"]', '["meta"]')
    one = one.replace('sides = ["ours", "theirs"]', 'sides = ["ours"]').replace('"mini"', '"guess"')
    one = one[: one.index("[introduction.theirs]")] + (
        '[[pages]]\nperspective = "meta"\nitems = ["trust_promises"]\n'
    )
    guess = load_file(shelf.write("instruments/guess.toml", one))
    assert guess.perspectives == ("meta",)
    item = guess.item("trust_promises__meta")
    assert (item.perspective, item.construct) == ("meta", "trust__meta")
    assert item.text("ours", "en") == "{partner} thinks that we keep our promises."
    assert item.texts.keys() == {"ours"}
    (construct,) = guess.constructs
    assert construct.id == "trust__meta"
    assert construct.label["nb"] == "Tillit (slik vi tror den andre parten ser det)"
    assert construct.description["is"].endswith(" Einhverjum má treysta.")
    assert list(guess.scoring_key()) == ["trust__meta"]


def paths_to_texts(document, path=()):
    """Yield the path of every text in a document, except ids and codes."""
    if isinstance(document, str):
        if path[-1] in LANGUAGES:
            yield path
        return
    steps = document.items() if isinstance(document, dict) else enumerate(document)
    for key, part in steps:
        if isinstance(part, str | dict | list):
            yield from paths_to_texts(part, (*path, key))


SHIPPED = json.loads(load("grunig7_berg4").canonical())
TEXTS = list(paths_to_texts(SHIPPED))


@given(path=st.sampled_from(TEXTS), text=st.text(max_size=40))
def test_any_other_text_is_another_version(path, text):
    document = json.loads(json.dumps(SHIPPED))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    same = parent[path[-1]] == text
    parent[path[-1]] = text
    changed = from_canonical(json.dumps(document))
    assert (changed.version == load("grunig7_berg4").version) is same


def test_the_texts_that_were_changed_are_all_there_are():
    instrument = load("grunig7_berg4")
    n_texts = sum(2 * 4 for _ in instrument.items)
    n_scale = sum(4 * len(item.scale.points) for item in instrument.items if item.scale)
    n_hint = 4
    n_constructs = 4 * 2 * len(instrument.constructs)
    n_head = 4 * (1 + 2 + 1 + 2)  # title, introductions, reference period, answers off the scale
    assert len(TEXTS) == n_texts + n_scale + n_hint + n_constructs + n_head


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ("{}", "`format` is None; this version reads 1"),
        ('{"format": 2}', "`format` is 2"),
        ('{"format": 1}', "missing required field `id`"),
        ('{"format": 1, "id": 3}', "Expected `str`, got `int`"),
    ],
)
def test_what_is_no_canonical_form_is_a_named_error(text, says):
    with pytest.raises(InstrumentError, match="bad_canonical") as caught:
        from_canonical(text)
    assert says in str(caught.value)


def test_an_unknown_field_is_refused(mini):
    document = json.loads(mini.canonical()) | {"colour": "red"}
    with pytest.raises(InstrumentError, match="colour"):
        from_canonical(json.dumps(document))


def test_the_first_readers_of_a_process_may_come_at_once(mini):
    program = [sys.executable, Path(__file__).with_name("first_readers.py")]
    for _ in range(4):  # before the types were read at import, four of five processes crashed
        subprocess.run(program, input=mini.canonical(), text=True, check=True, timeout=60)


def test_the_version_follows_a_copy_with_other_content(mini):
    assert mini.version == msgspec.structs.replace(mini, sources=()).version
    assert mini.version != msgspec.structs.replace(mini, id="other").version
    assert isinstance(msgspec.structs.replace(mini, id="other"), Instrument)


def test_filling_is_literal_and_in_one_pass():
    text = "{partner} and {organisation}: {partner} {other}"
    filled = fill(text, partner="{organisation} \\1 <b>", organisation="A & {partner}")
    assert filled == "{organisation} \\1 <b> and A & {partner}: {organisation} \\1 <b> {other}"


@given(text=st.text(), partner=st.text(), organisation=st.text())
def test_filling_leaves_the_rest_alone(text, partner, organisation):
    text = text.replace("{", "(")
    assert fill(text, partner=partner, organisation=organisation) == text
    assert fill(f"{text}{{partner}}", partner=partner, organisation="") == text + partner


def test_the_examples_of_the_docstrings_run():
    result = doctest.testmod(questionnaires.parts)
    assert result.attempted > 0
    assert result.failed == 0
