"""Several instruments in one: what is asked once, what is scored, what does not fit."""

import msgspec
import pytest
from msgspec import structs

from questionnaires import InstrumentError, combine, from_canonical, load, load_file

MINI = "instruments/mini.toml"
BRANCHING = "instruments/branching.toml"


@pytest.fixture
def mini(branches):
    return load_file(branches.path(MINI))


@pytest.fixture
def branching(branches):
    return load_file(branches.path(BRANCHING))


def ids(form):
    return [[item.id for item in page.items] for page in form.pages]


def with_items(form, change):
    """Give a form whose items have been passed through a function."""
    pages = tuple(
        structs.replace(page, items=tuple(change(item) for item in page.items))
        for page in form.pages
    )
    return structs.replace(form, pages=pages)


def test_one_instrument_is_itself(mini):
    assert combine(mini) is mini


def test_an_item_is_asked_once_and_empty_pages_are_left_out(mini, branching):
    whole = combine(mini, branching)
    assert whole.id == "mini+branching"
    assert ids(whole) == [
        ["trust_promises", "trust_risk"],
        ["wish"],
        ["matters", "loyalty_again"],
        ["trust_promises__meta"],
        ["overall_good", "open_change"],
    ]
    assert whole.title == mini.title
    assert whole.introduction == mini.introduction
    assert whole.perspectives == ("direct", "meta")
    assert whole.sources == ("Our own.",)
    assert [page.shuffle for page in whole.pages] == [False, True, False, False, False]


def test_conditions_and_orders_work_in_the_whole(mini, branching):
    whole = combine(mini, branching)
    shown = whole.shown({"trust_promises": 1, "wish": "yes"})
    assert [[item.id for item in page] for page in shown][2] == ["matters", "loyalty_again"]
    assert whole.allows_order(whole.order(3))
    assert whole.translation_status()["nn"].lowest == "draft"


def test_an_item_counts_in_the_scales_of_both(mini, branching):
    whole = combine(mini, branching)
    assert {name: key["items"] for name, key in whole.scoring_key().items()} == {
        "trust": ["trust_promises", "trust_risk"],
        "overall": ["trust_risk", "overall_good"],
        "loyalty": ["loyalty_again"],
        "trust__meta": ["trust_promises__meta"],
    }
    assert [construct.id for construct in whole.constructs] == list(whole.scoring_key())


def test_the_whole_is_stored_like_any_other(mini, branching):
    whole = combine(mini, branching)
    stored = from_canonical(whole.canonical())
    assert stored.version == whole.version
    assert list(stored.scoring_key().items()) == list(whole.scoring_key().items())


def test_only_the_sides_in_common_remain(mini, branching):
    ours = structs.replace(mini, sides=("ours",))
    whole = combine(ours, branching)
    assert whole.sides == ("ours",)
    assert whole.introduction.keys() == {"ours"}
    assert all(item.texts.keys() == {"ours"} for item in whole.items)


def test_only_the_languages_in_common_remain(mini, branching):
    whole = combine(mini, structs.replace(branching, languages=("nb", "en")))
    assert whole.languages == ("en", "nb")
    assert whole.title.keys() == {"en", "nb"}
    assert '"nn"' not in whole.canonical()
    assert whole.item("trust_risk").scale.points[0].label.keys() == {"en", "nb"}
    assert whole.item("trust_promises").status == {"en": "pretested", "nb": "reviewed"}


def test_three_at_once_are_one_after_another(mini, branching):
    third = structs.replace(branching, id="third", pages=branching.pages[-1:], groups={})
    whole = combine(structs.replace(branching, pages=branching.pages[:1]), mini, third)
    assert whole.id == "branching+mini+third"
    assert ids(whole)[-2:] == [["trust_promises__meta"], ["overall_good", "open_change"]]


def test_what_sums_up_or_is_open_comes_after_the_pages_of_all():
    whole = combine(load("berg4"), load("grunig7"))
    assert ids(whole)[-1] == ["overall_relationship", "open_one_change"]
    assert [item.id for item in whole.items].count("open_one_change") == 1


def test_what_hangs_together_stays_together():
    whole = combine(load("post_sale"), load("pulse"))
    asked = [item.id for item in whole.items]
    assert asked.index("purchase_satisfaction_overall") < asked.index("open_what_went_wrong")
    assert asked.index("direction_three_months") < asked.index("open_what_got_worse")
    assert {"open_what_went_wrong", "open_what_got_worse"}.isdisjoint(ids(whole)[-1])
    assert ids(whole)[-1] == ["recommend_likely", "open_one_change"]


def test_shares_of_answers_may_differ_where_no_score_would(mini, branching):
    alone = structs.replace(branching, pages=branching.pages[-1:], groups={}, min_answered=1.0)
    pair = structs.replace(mini, min_answered=0.9)
    assert len(combine(pair, alone).items) == 5


def test_a_scale_that_would_be_scored_otherwise_is_refused(mini, branching):
    with pytest.raises(InstrumentError, match=r"\(0\.5 and 1\.0\), which matters for"):
        combine(mini, structs.replace(branching, min_answered=1.0))


def other_wording(item):
    return structs.replace(item, max_length=7) if item.id == "open_change" else item


def other_scale(item):
    if item.id != "loyalty_again":
        return item
    return structs.replace(item, construct="trust")


CONDITION = {"item": "trust_promises", "at_most": 1}


def conditional(form):
    """Put the last item of a form on a path of its own."""
    last = form.pages[-1]
    page = msgspec.convert(msgspec.to_builtins(last) | {"show_if": [CONDITION]}, type(last))
    return structs.replace(form, pages=(*form.pages[:-1], page))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda form: structs.replace(form, sides=()), "no side in common"),
        (lambda form: structs.replace(form, languages=("sv",)), "no language in common"),
        (lambda form: structs.replace(form, off_scale=()), "answers off the scale"),
        (lambda form: with_items(form, other_wording), "open_change differently"),
        (lambda form: with_items(structs.replace(form, groups={}), other_scale), "of trust are"),
        (
            lambda form: structs.replace(
                form,
                constructs=tuple(structs.replace(c, kind="governance") for c in form.constructs),
            ),
            "different things by the construct trust",
        ),
    ],
)
def test_instruments_that_do_not_fit_are_refused_by_name(mini, branching, change, says):
    with pytest.raises(InstrumentError, match=says) as caught:
        combine(mini, change(branching))
    (problem,) = caught.value.problems
    assert problem.rule == "cannot_combine"
    assert problem.subject.startswith("mini+branching")


def test_an_item_that_only_some_would_be_asked_is_refused_not_lost(mini):
    rarely = structs.replace(conditional(mini), id="rarely")
    with pytest.raises(InstrumentError, match="put the other one first") as caught:
        combine(rarely, mini)
    assert caught.value.problems[0].subject == "rarely+mini overall_good"
    assert ids(combine(mini, rarely)) == ids(mini)
    assert ids(combine(rarely, structs.replace(rarely, id="again"))) == ids(mini)


def test_nothing_cannot_be_combined():
    with pytest.raises(InstrumentError, match="there is nothing to combine"):
        combine()


def test_an_instrument_named_twice_is_refused(mini, branching):
    with pytest.raises(InstrumentError, match="mini is named twice") as caught:
        combine(mini, branching, mini)
    assert caught.value.problems[0].rule == "cannot_combine"
