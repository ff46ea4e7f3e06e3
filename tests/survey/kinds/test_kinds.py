"""Every kind of question draws, reads, tells and lays out itself, and a new one is one row."""

import io
from html.parser import HTMLParser

import jinja2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField

from questionnaires import Page
from survey import kinds
from survey.errors import OffScale, SurveyError, TextTooLong, TooManyChosen
from survey.kinds import MISSING, Column, Kind, is_blank, kind_of
from survey.pages.forms import Guard, GuardedForm
from survey.pages.questions import read_question
from survey.pages.rendering import Renderer, load_renderer
from survey.services import snapshots
from survey.services.answers import read_page
from survey.services.formats import FORMATS
from survey.services.snapshots import Row

LANGUAGES = ("en", "nb", "nn", "is")
META = {"scoring_key": {}, "thresholds": {"min_group": 3, "min_group_text": 3}}


class Controls(HTMLParser):
    """The controls of a drawn question, its ids, and what describes what."""

    def __init__(self, html):
        super().__init__()
        self.html, self.controls, self.ids, self.described, self.labels = html, [], [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if "aria-describedby" in attributes:
            self.described += attributes["aria-describedby"].split()
        if tag in ("input", "textarea"):
            self.controls.append((attributes.get("type", tag), attributes))
        self.labels += tag == "label"

    def values(self, kind):
        return [attributes["value"] for found, attributes in self.controls if found == kind]

    def checked(self):
        return [attributes["value"] for _, attributes in self.controls if "checked" in attributes]


@pytest.fixture
def ask(instrument, beside):
    """Draw one item as a page does, with what is saved or posted."""

    def draw(item, *, saved=None, posted=None, language="en", renderer=None):
        asking = msgspec.structs.replace(instrument, pages=(Page((item,)),), off_scale=beside)
        question = read_question(asking, item, "ours", language)
        renderer = renderer or load_renderer()
        field = kind_of(item).field(item, "ours", language, beside)
        guard = Guard("secret", {}, renderer.catalogues[language])
        sent = None if posted is None else MultiDict([(item.id, value) for value in posted])
        form = GuardedForm(
            guard,
            sent,
            fields=((item.id, field),),
            saved={} if saved is None else {item.id: saved},
        )
        if posted is not None:
            form.validate()
        environment = renderer._environments[language]
        html = str(environment.globals["draw"](question, "Is it so?", form[item.id]))
        return Controls(html), form

    return draw


# Drawing -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_drawn_by_its_own_template_with_one_id_to_jump_to(any_item, ask, language):
    drawn, _ = ask(any_item, language=language)
    assert drawn.ids.count(any_item.id) == 1
    assert drawn.ids.count(f"q-{any_item.id}") == 1
    assert set(drawn.described) <= set(drawn.ids)
    assert 'class="item"' in drawn.html
    if any_item.kind != "text":
        assert drawn.html.count("<fieldset") == drawn.html.count("<legend") == 1
        kind, first = drawn.controls[0]
        assert (kind, first["name"], first["value"]) == ("hidden", any_item.id, "")


def test_answers_off_the_scale_stand_beside_ratings_only(items, ask, beside):
    codes = [off.code for off in beside]
    for name, item in items.items():
        drawn, _ = ask(item)
        shown = [v for v in drawn.values("radio") if v in codes]
        assert shown == (codes if item.kind == "rating" else []), name


def test_a_scale_of_numbers_ties_its_two_ends_to_their_words(items, ask):
    drawn, _ = ask(items["likely"])
    assert drawn.values("radio")[:11] == [str(n) for n in range(11)]
    assert '<p class="ends" aria-hidden="true"><span>0 = Very unlikely</span>' in drawn.html
    assert '<span>0<span class="unseen"> = Very unlikely</span></span>' in drawn.html
    assert '<span>10<span class="unseen"> = Very likely</span></span>' in drawn.html
    assert "<span>5</span>" in drawn.html
    whole, _ = ask(items["agrees"])
    assert "ends" not in whole.html


def test_a_pick_says_how_many_in_words_that_belong_to_its_group(items, ask):
    for language, words in {"en": "Choose up to 2.", "is": "Veldu í mesta lagi 2."}.items():
        drawn, _ = ask(items["petals"], language=language)
        assert f'<p class="hint" id="h-petals">{words}</p>' in drawn.html
        assert "h-petals" in drawn.described
    assert drawn.values("checkbox") == ["price", "care", "speed", "range"]


def test_too_many_picks_come_back_with_a_message_and_stay_chosen(items, ask):
    drawn, form = ask(items["petals"], posted=["", "price", "care", "range"])
    assert drawn.checked() == ["price", "care", "range"]
    assert "At most 2 can be chosen; you chose 3. Uncheck the rest." in drawn.html
    assert {"h-petals", "e-petals"} <= set(drawn.described)
    assert [field.name for field in form.mistakes] == ["petals"]
    drawn, form = ask(items["petals"], posted=["", "price", "care", "price"])
    assert not form.mistakes
    assert form.answers == {"petals": ["price", "care"]}


SAVED = {
    "agrees": (4, ["4"], "Much"),
    "likely": (0, ["0"], "0 – Very unlikely"),
    "wish": ("mail", ["mail"], "Mail"),
    "petals": (["care", "speed"], ["care", "speed"], "Care, Speed"),
    "say": ("Earlier.", [], "Earlier."),
}


def test_what_is_saved_is_drawn_and_told_in_words(any_item, ask, beside):
    saved, checked, words = SAVED[any_item.id]
    drawn, form = ask(any_item, saved=saved)
    assert drawn.checked() == checked
    if any_item.kind == "text":
        assert saved in drawn.html
    assert kind_of(any_item).words(any_item, saved, "en", beside) == words
    posted = saved if isinstance(saved, list) else [str(saved)]
    _, form = ask(any_item, posted=posted)
    assert kind_of(any_item).read(any_item, form.answers[any_item.id], beside) == saved


def test_an_item_left_alone_is_drawn_blank_and_told_as_nothing(any_item, ask, beside):
    for saved in (None, "skipped"):
        if any_item.kind != "text" or saved is None:
            drawn, form = ask(any_item, saved=saved)
            assert drawn.checked() == []
            assert kind_of(any_item).words(any_item, saved, "nb", beside) == ""
    _, form = ask(any_item, posted=[""])
    assert is_blank(form.answers[any_item.id])
    assert not form.mistakes


def test_what_was_not_offered_is_refused_by_form_and_service(any_item, ask, beside):
    posted = ["x" * 21]
    _, form = ask(any_item, posted=posted)
    assert form.mistakes
    with pytest.raises((OffScale, TextTooLong)):
        kind_of(any_item).read(any_item, form.answers[any_item.id], beside)


def test_a_drawing_that_is_kept_is_kept_for_its_answer_alone(instrument, items, beside):
    renderer = load_renderer()
    draw = renderer._environments["en"].globals["draw"]
    asking = msgspec.structs.replace(instrument, off_scale=beside)
    question = read_question(asking, items["agrees"], "ours", "en")
    field = kind_of(question.item).field(question.item, "ours", "en", beside)

    def drawn(text, *, saved=None, posted=None):
        form = GuardedForm(
            Guard("secret", {}, renderer.catalogues["en"]),
            None if posted is None else MultiDict({"agrees": posted}),
            fields=(("agrees", field),),
            saved={"agrees": saved},
        )
        if posted is not None:
            form.validate()
        return Controls(str(draw(question, text, form["agrees"])))

    for _ in range(2):
        for partner in ("Fjord", "<b>Nord</b> & Sund"):
            for answer in (None, 2, "dont_know"):
                found = drawn(f"Is {partner} fair?", saved=answer)
                assert found.checked() == ([] if answer is None else [str(answer)])
                assert f"<legend>Is {escape(partner)} fair?</legend>" in found.html
        wrong = drawn("Is it?", posted="9")
        assert "Choose one of the answers shown." in wrong.html
        assert "Error" not in drawn("Is it?", posted="3").html
    assert sum(key[0] is question for key in draw._kept) == 4  # none, 2, don't know, and 3


# Reading -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("agrees", "3", 3),
        ("agrees", 4, 4),
        ("agrees", "dont_know", "dont_know"),
        ("agrees", None, "skipped"),
        ("agrees", ["", "2"], 2),
        ("likely", "0", 0),
        ("likely", "10", 10),
        ("wish", "none", "none"),
        ("wish", "", "skipped"),
        ("wish", ["", "call"], "call"),
        ("petals", ["", "range", "price"], ["price", "range"]),
        ("petals", ["care", "care"], ["care"]),
        ("petals", "speed", ["speed"]),
        ("petals", [""], "skipped"),
        ("petals", None, "skipped"),
        ("say", " a\r\nb\x00 ", "a\nb"),
        ("say", "  ", None),
        ("say", [], None),
    ],
)
def test_what_is_given_is_kept_in_one_form(items, beside, name, given, kept):
    assert kind_of(items[name]).read(items[name], given, beside) == kept


@pytest.mark.parametrize(
    ("name", "given", "error"),
    [
        ("agrees", "6", OffScale),
        ("agrees", True, OffScale),
        ("agrees", "skipped", OffScale),
        ("likely", "-1", OffScale),
        ("wish", "dont_know", OffScale),
        ("wish", 1, OffScale),
        ("petals", ["price", "x"], OffScale),
        ("petals", ["price", "care", "speed"], TooManyChosen),
        ("say", "x" * 21, TextTooLong),
    ],
)
def test_what_was_not_offered_is_not_kept(items, beside, name, given, error):
    with pytest.raises(error):
        kind_of(items[name]).read(items[name], given, beside)


GIVEN = st.one_of(
    st.none(), st.integers(), st.booleans(), st.text(max_size=30), st.lists(st.text(max_size=9))
)


@given(given=GIVEN)
def test_anything_at_all_is_kept_in_form_or_refused_by_name(any_item, given):
    kind = kind_of(any_item)
    try:
        kept = kind.read(any_item, given)
    except SurveyError:
        return
    cells = kind.cells(any_item, [kept])
    assert [len(column) for column in cells] == [1] * len(kind.columns(any_item))
    if kept is not None and any_item.kind != "pick":
        assert kind.read(any_item, "" if kept == "skipped" else kept) == kept


# Columns -------------------------------------------------------------------------------


def test_each_kind_names_its_columns(items):
    found = {
        name: [(column.name, column.dtype) for column in kind_of(item).columns(item)]
        for name, item in items.items()
    }
    assert found == {
        "agrees": [("agrees", "Int8"), ("agrees_missing", "String")],
        "likely": [("likely", "Int8"), ("likely_missing", "String")],
        "wish": [("wish", "String"), ("wish_missing", "String")],
        "petals": [
            *((f"petals__{option}", "Int8") for option in ("price", "care", "speed", "range")),
            ("petals_missing", "String"),
        ],
        "say": [("say", "String")],
    }


def test_each_kind_lays_answers_and_missing_codes_apart(items):
    def cells(name, answers):
        return kind_of(items[name]).cells(items[name], answers)

    assert cells("agrees", [5, "dont_know", None]) == (
        [5, None, None],
        [None, "dont_know", "not_reached"],
    )
    assert cells("wish", ["call", "skipped", None]) == (
        ["call", None, None],
        [None, "skipped", "not_reached"],
    )
    assert cells("petals", [["care"], "skipped", None]) == (
        [0, None, None],
        [1, None, None],
        [0, None, None],
        [0, None, None],
        [None, "skipped", "not_reached"],
    )
    assert cells("say", ["withdrawn", None]) == (["withdrawn", None],)


def test_no_option_is_taken_for_a_missing_code(items):
    for item in items.values():
        assert not {option.id for option in item.options} & set(MISSING)


# A kind of one's own --------------------------------------------------------------------


class Counted(Kind):
    """A whole number of one's own, such as «How many deliveries were late?»."""

    name = "counted"

    def field(self, item, side, language, beside=()):
        del beside
        return IntegerField(item.text(side, language), name=item.id)

    def read(self, item, given, beside=()):
        del beside
        if is_blank(given):
            return "skipped"
        if not str(given).isdigit():
            raise OffScale(item=item.id, allowed="whole numbers")
        return int(given)

    def words(self, item, answer, language, beside=()):
        del item, language, beside
        return str(answer)

    def columns(self, item):
        return (
            Column(item.id, "Int8", "answer"),
            Column(f"{item.id}_missing", "String", "missing"),
        )

    def cells(self, item, answers):
        del item
        values = [a if isinstance(a, int) else None for a in answers]
        return values, ["skipped" if value is None else None for value in values]

    def describe(self, item):
        del item
        return {"unit": "deliveries"}


TEMPLATE = (
    "{% macro draw(question, text, field) %}"
    "<label>{{ text }}"
    '<input type="number" name="{{ question.id }}" value="{{ field.data }}"></label>'
    "{% endmacro %}"
)


def test_a_new_kind_is_one_module_and_one_row(monkeypatch, instrument, items, ask):
    monkeypatch.setitem(kinds.KINDS, "counted", Counted())
    base = load_renderer()
    renderer = Renderer(base.catalogues, base.assets)
    own = jinja2.DictLoader({"kinds/counted.html": TEMPLATE})
    for environment in renderer._environments.values():
        environment.loader = jinja2.ChoiceLoader([own, environment.loader])
    item = msgspec.structs.replace(items["say"], id="late", kind="counted")
    asking = msgspec.structs.replace(instrument, pages=(Page((item,)),))
    # drawn and posted
    drawn, form = ask(item, posted=["7"], renderer=renderer)
    assert drawn.values("number") == ["7"]
    # read and kept
    assert read_page(asking, 1, form.answers | {"late": str(form.answers["late"])}, {}) == {
        "late": 7
    }
    with pytest.raises(OffScale):
        read_page(asking, 1, {"late": "many"}, {})
    # frozen and exported
    rows = [Row("Fjord", "ours", "en", {"late": 7}), Row("Fjord", "ours", "en", {})]
    snapshot = snapshots.build(rows, asking, 1, META)
    stream = io.BytesIO()
    FORMATS["csv"](snapshot, stream)
    assert stream.getvalue().decode().splitlines() == [
        "partner,side,language,wave,late,late_missing",
        "Fjord,ours,en,1,7,",
        "Fjord,ours,en,1,,skipped",
    ]
