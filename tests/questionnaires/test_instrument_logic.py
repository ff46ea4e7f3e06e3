"""Paths and orders: what is shown after which answers, and where an item may stand."""

import json
from collections import Counter
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import (
    AnswerScale,
    Condition,
    Instrument,
    Item,
    Option,
    Page,
    Point,
    from_canonical,
    load_file,
)
from questionnaires.logic import holds, is_answered

STORED = Path(__file__).parent / "stored"
SCALE = AnswerScale("agree3", 1, 3, tuple(Point(value, {}) for value in (1, 2, 3)))
OPTIONS = tuple(Option(name, {}) for name in ("a", "b", "c"))
RATING = Item("x", "rating", {}, scale=SCALE)
CHOICE = Item("x", "choice", {}, options=OPTIONS)
PICK = Item("x", "pick", {}, options=OPTIONS, pick=2)
TEXT = Item("x", "text", {}, max_length=9)

ANSWERS = {
    "rating": st.sampled_from([1, 2, 3, "dont_know", "not_applicable", "skipped", None]),
    "choice": st.sampled_from(["a", "b", "c", "skipped", None]),
    "pick": st.sampled_from([["a"], ["a", "c"], ["b"], [], "skipped", None]),
    "text": st.sampled_from(["yes", " ", "", None]),
}
OPERATORS = {
    "rating": st.one_of(
        st.sampled_from([(1,), (2, 3), ("dont_know", 1)]).map(lambda v: {"one_of": v}),
        st.sampled_from([1, 2, 3]).map(lambda v: {"at_least": v}),
        st.sampled_from([1, 2, 3]).map(lambda v: {"at_most": v}),
    ),
    "choice": st.sampled_from([("a",), ("b", "c")]).map(lambda v: {"one_of": v}),
    "pick": st.sampled_from(["a", "b", "c"]).map(lambda v: {"includes": v}),
    "text": st.booleans().map(lambda v: {"answered": v}),
}


def instrument(*pages):
    return Instrument(
        id="drawn",
        title={},
        introduction={},
        reference_period={},
        sides=("ours",),
        perspectives=("direct",),
        languages=("en",),
        min_answered=0.5,
        pages=pages,
        constructs=(),
        off_scale=(),
    )


@st.composite
def instruments(draw):
    """Draw an instrument of up to five pages, whose conditions look at earlier pages."""
    kinds = {"rating": RATING, "choice": CHOICE, "pick": PICK, "text": TEXT}
    earlier, pages = [], []

    def conditions():
        if not earlier or not draw(st.booleans()):
            return ()
        looked_at = draw(st.lists(st.sampled_from(earlier), min_size=1, max_size=2))
        answered = st.booleans().map(lambda v: {"answered": v})
        return tuple(
            Condition(item.id, **draw(st.one_of(OPERATORS[item.kind], answered)))
            for item in looked_at
        )

    for number in range(draw(st.integers(1, 5))):
        items = tuple(
            msgspec.structs.replace(kinds[kind], id=f"i{number}_{place}", show_if=conditions())
            for place, kind in enumerate(draw(st.lists(st.sampled_from([*kinds]), max_size=3)))
        )
        pages.append(Page(items, shuffle=draw(st.booleans()), show_if=conditions()))
        earlier += items
    return instrument(*pages)


@st.composite
def answered_instruments(draw):
    form = draw(instruments())
    return form, {item.id: draw(ANSWERS[item.kind]) for item in form.items}


def ids(pages):
    return [[item.id for item in page] for page in pages]


def path(form, answers):
    return {item_id for page in ids(form.shown(answers)) for item_id in page}


@given(case=answered_instruments(), data=st.data())
def test_what_a_page_shows_depends_on_earlier_pages_only(case, data):
    form, answers = case
    before = ids(form.shown(answers))
    place = data.draw(st.integers(0, len(form.pages) - 1))
    later = [item for page in form.pages[place:] for item in page.items]
    changed = answers | {item.id: data.draw(ANSWERS[item.kind]) for item in later}
    assert ids(form.shown(changed))[: place + 1] == before[: place + 1]


@given(case=answered_instruments())
def test_the_path_and_what_fell_off_it_are_all_answers(case):
    form, answers = case
    given_ids = {item_id for item_id, answer in answers.items() if answer is not None}
    off = form.off_path(answers)
    assert off.isdisjoint(path(form, answers))
    assert off | (path(form, answers) & given_ids) == given_ids


@given(case=answered_instruments())
def test_an_item_is_on_the_path_exactly_when_all_its_conditions_hold_there(case):
    form, answers = case
    on_path = path(form, answers)
    for page in form.pages:
        for item in page.items:
            conditions = (*page.show_if, *item.show_if)
            met = all(
                each.item in on_path and holds(each, form.item(each.item), answers.get(each.item))
                for each in conditions
            )
            assert (item.id in on_path) is met


@given(case=answered_instruments())
def test_without_conditions_everybody_is_asked_everything(case):
    form, answers = case
    asked = [*form.pages, *form.items]
    assert form.branches is any(part.show_if for part in asked)
    if not form.branches:
        assert form.shown(answers) == tuple(page.items for page in form.pages)
        assert form.off_path(answers) == frozenset()


@given(case=answered_instruments())
def test_answers_that_fell_off_the_path_change_nothing(case):
    form, answers = case
    kept = {item_id: answers[item_id] for item_id in path(form, answers)}
    assert ids(form.shown(kept)) == ids(form.shown(answers))
    assert form.off_path(kept) == frozenset()


@given(case=answered_instruments())
def test_the_path_is_the_same_after_storing(case):
    form, answers = case
    stored = from_canonical(form.canonical())
    assert stored.version == form.version
    assert ids(stored.shown(answers)) == ids(form.shown(answers))


@given(form=instruments(), seed=st.integers())
def test_items_never_leave_their_page_and_only_free_ratings_move(form, seed):
    drawn = form.order(seed)
    assert form.order(seed) == drawn
    assert form.allows_order(drawn)
    place = 0
    for page in form.pages:
        here = drawn[place : place + len(page.items)]
        place += len(page.items)
        assert Counter(here) == Counter(item.id for item in page.items)
        for item, drawn_id in zip(page.items, here, strict=True):
            free = page.shuffle and item.kind == "rating" and not item.show_if
            assert free or drawn_id == item.id


@given(form=instruments(), data=st.data())
def test_any_other_order_is_refused(form, data):
    own = [item.id for item in form.items]
    tried = data.draw(st.permutations(own))
    page_of = {item.id: number for number, page in enumerate(form.pages) for item in page.items}
    stays = all(page_of[a] == page_of[b] for a, b in zip(tried, own, strict=True))
    if form.allows_order(tried):
        assert stays
    assert form.allows_order(own)
    assert not form.allows_order([*own, "more"])
    assert not own or not form.allows_order(own[1:])
    assert not own or not form.allows_order([own[0], *own])


def ratings(names):
    return tuple(msgspec.structs.replace(RATING, id=name) for name in names)


def test_an_order_is_pinned_for_every_python():
    """Checked by sorting what `sha256sum` says of «0 a», «0 b» and so on."""
    form = instrument(Page(ratings("abcdefg"), shuffle=True))
    assert "".join(form.order(0)) == "egbfacd"
    assert "".join(form.order(1)) == "gcabefd"


def test_every_order_of_a_page_is_about_as_likely():
    form = instrument(Page(ratings("abc"), shuffle=True))
    drawn = Counter("".join(form.order(seed)) for seed in range(6000))
    assert len(drawn) == 6
    assert all(850 < count < 1150 for count in drawn.values())


def test_items_of_different_scales_and_follow_ups_keep_their_places():
    other = msgspec.structs.replace(SCALE, id="easy3")
    a, b, c, d, e = ratings("abcde")
    fixed = msgspec.structs.replace(e, show_if=(Condition("z", at_most=2),))
    easy = tuple(msgspec.structs.replace(each, scale=other) for each in (c, d))
    first = Page((msgspec.structs.replace(RATING, id="z"),), shuffle=True)
    form = instrument(first, Page((a, easy[0], fixed, b, easy[1]), shuffle=True))
    orders = {"".join(form.order(seed)) for seed in range(60)}
    assert orders == {"zacebd", "zbcead", "zadebc", "zbdeac"}
    tried = ("".join(ids) for ids in permutations("zabcde"))
    assert {each for each in tried if form.allows_order(tuple(each))} == orders


@pytest.mark.parametrize(
    ("item", "answer", "answered"),
    [
        (RATING, 1, True),
        (RATING, "dont_know", False),
        (RATING, "skipped", False),
        (RATING, None, False),
        (RATING, True, False),
        (CHOICE, "a", True),
        (CHOICE, "skipped", False),
        (CHOICE, None, False),
        (PICK, ["a"], True),
        (PICK, [], False),
        (PICK, "skipped", False),
        (TEXT, "skipped", True),
        (TEXT, " \n", False),
        (TEXT, None, False),
    ],
)
def test_an_answer_of_substance(item, answer, answered):
    assert is_answered(item, answer) is answered
    assert holds(Condition("x", answered=True), item, answer) is answered
    assert holds(Condition("x", answered=False), item, answer) is not answered


@pytest.mark.parametrize(
    ("condition", "item", "holding", "failing"),
    [
        ({"at_least": 2}, RATING, [2, 3], [1, "dont_know", "skipped", None]),
        ({"at_most": 2}, RATING, [1, 2], [3, "dont_know", "skipped", None]),
        ({"one_of": (1, "dont_know")}, RATING, [1, "dont_know"], [2, True, "1", "skipped", None]),
        ({"one_of": ("a", "b")}, CHOICE, ["a", "b"], ["c", "skipped", None]),
        ({"includes": "a"}, PICK, [["a"], ["b", "a"]], [["b"], [], "a", "skipped", None]),
    ],
)
def test_when_a_condition_holds(condition, item, holding, failing):
    for answer in holding:
        assert holds(Condition("x", **condition), item, answer), answer
    for answer in failing:
        assert not holds(Condition("x", **condition), item, answer), answer


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"at_least": 2}, "x is at least 2"),
        ({"at_most": 0}, "x is at most 0"),
        ({"one_of": (1, "dont_know")}, "x is 1 or dont_know"),
        ({"includes": "a"}, "x includes a"),
        ({"answered": True}, "x is answered"),
        ({"answered": False}, "x is not answered"),
    ],
)
def test_a_condition_reads_as_a_sentence_and_is_kept_as_the_file_has_it(condition, words):
    whole = Condition("x", **condition)
    assert str(whole) == words
    ((name, value),) = condition.items()
    kept = {"item": "x", "is" if name == "one_of" else name: value}
    assert msgspec.to_builtins(whole) == kept
    assert msgspec.convert(json.loads(json.dumps(kept)), Condition) == whole


BRANCHING = "instruments/branching.toml"


def test_a_file_with_branches_becomes_its_paths(branches):
    form = load_file(branches.path(BRANCHING))
    first = ["trust_promises", "trust_risk", "wish", "overall_good"]
    guess = ["trust_promises__meta"]
    assert ids(form.shown({})) == [first, [], [], guess]
    low = {"trust_promises": 2, "trust_risk": "dont_know"}
    assert ids(form.shown(low)) == [first, ["matters"], [], guess]
    wished = low | {"wish": "later", "matters": ["price", "speed"]}
    assert ids(form.shown(wished)) == [
        first,
        ["matters", "loyalty_again"],
        ["open_change"],
        guess,
    ]
    assert form.off_path(wished | {"loyalty_again": 4, "open_change": "More"}) == frozenset()
    turned = wished | {"loyalty_again": 4, "open_change": "More", "trust_promises": 3}
    assert ids(form.shown(turned)) == [first, [], [], guess]
    assert form.off_path(turned) == {"matters", "loyalty_again", "open_change"}


def test_groups_are_scored_and_their_items_not_twice(branches):
    form = load_file(branches.path(BRANCHING))
    key = form.scoring_key()
    assert {construct: of["items"] for construct, of in key.items()} == {
        "trust": ["trust_promises"],
        "overall": ["trust_risk", "overall_good"],
        "loyalty": ["loyalty_again"],
        "trust__meta": ["trust_promises__meta"],
    }
    assert key["overall"]["reverse"] == ["trust_risk"]
    assert (key["loyalty"]["low"], key["loyalty"]["high"]) == (0, 4)
    assert [construct.id for construct in form.constructs] == list(key)
    assert from_canonical(form.canonical()).scoring_key() == key


def test_points_between_two_ends_are_called_by_their_number(branches):
    scale = load_file(branches.path(BRANCHING)).item("loyalty_again").scale
    assert [point.label["nb"] for point in scale.points] == [
        "Usannsynlig",
        "1",
        "2",
        "3",
        "Sannsynlig",
    ]
    assert scale.numbered
    assert not load_file(branches.path(BRANCHING)).item("trust_risk").scale.numbered


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at_most = 2", "at_most = 1"),
        ("shuffle = true\n", ""),
        ('overall = ["overall_good", "trust_risk"]', ""),
        (', show_if = { item = "wish", is = ["yes", "later"] }', ""),
        ('\n[[pages]]\nperspective = "meta"\nitems = ["trust_promises"]', ""),
    ],
)
def test_logic_is_part_of_the_version(branches, old, new):
    before = load_file(branches.path(BRANCHING)).version
    if "meta" in old:
        branches.edit(BRANCHING, '["direct", "meta"]', '["direct"]')
    branches.edit(BRANCHING, old, new)
    assert load_file(branches.path(BRANCHING)).version != before


def test_a_version_stored_before_there_was_logic_is_the_same(shelf):
    """The file was written by the first release; nobody's answers may lose their wording."""
    stored = (STORED / "mini.json").read_text(encoding="utf-8")
    form = from_canonical(stored)
    assert form.canonical() == stored
    assert form.version == load_file(shelf.path("instruments/mini.toml")).version
    assert ids(form.shown({})) == [
        ["trust_promises", "trust_risk"],
        ["overall_good", "open_change"],
    ]
    assert form.order(7) == tuple(item.id for item in form.items)
