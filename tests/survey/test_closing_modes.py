"""Closing in every privacy mode, with questions of every kind, guesses, orders and a path."""

import random

import msgspec
import pytest

import questionnaires
from survey.kinds import WITHDRAWN, kind_of
from survey.services import closing, export, invitations, respond, snapshots, studies
from survey.services.partners import NewPartner
from survey.services.results import results
from survey.services.studies import NewStudy

KEY = "k" * 32
SIZES = {"Fjord": 11, "Nord": 3}


@pytest.fixture(scope="module")
def whole():
    """Combine ratings, a 0–10 scale, a pick, a choice, a path, guesses; shuffle the first page."""
    ids = ("pulse", "flower5", "grunig7_coorientation")
    both = questionnaires.combine(*map(questionnaires.load, ids))
    first = msgspec.structs.replace(both.pages[0], shuffle=True)
    return msgspec.structs.replace(both, pages=(first, *both.pages[1:]))


def any_answer(item, rng):
    if item.kind == "rating":
        return rng.choice([point.value for point in item.scale.points])
    if item.kind == "pick":
        return rng.sample([option.id for option in item.options], item.pick)
    return rng.choice(item.options).id if item.kind == "choice" else "Earlier news"


def answer(session, token, rng):
    known = respond.by_token(session, token)
    order = known.instrument.order(rng.randrange(1000))
    for number in range(1, len(known.instrument.pages) + 1):
        saved = respond.state(session, known, 1).answers
        shown = known.instrument.shown(saved)[number - 1]
        given = {item.id: any_answer(item, rng) for item in shown}
        if number == 1:
            given["direction_three_months"] = 1  # asks what got worse, on the next page
        if shown:
            respond.save_page(session, known, 1, number, given, order=order)
    if rng.random() < 0.5:  # and then thinks better of it
        first = {item.id: any_answer(item, rng) for item in known.instrument.pages[0].items}
        first["direction_three_months"] = 5
        respond.save_page(session, known, 1, 1, first, order=order)
    return respond.submit(session, known, 1, key=KEY)


@pytest.fixture
def mode():
    return "anonymous"


each_mode = pytest.mark.parametrize("mode", ["identified", "confidential", "anonymous"])


@pytest.fixture
def closed(storage, settings, whole, mode):
    """Close a wave of 14 people, of whom the last three rate a partner of their own."""
    rng = random.Random(5)  # noqa: S311 (no secret)
    partners = tuple(NewPartner(name) for name in SIZES)
    people = [name for name, people in SIZES.items() for _ in range(people)]
    rows = [f"Person {n},p{n}@vik.no,{'nb' if n % 2 else 'en'},{name}"
            for n, name in enumerate(people)]  # fmt: skip
    sheet = "\n".join(["name,email,language,partners", *rows]).encode()
    with storage.write() as session:
        studies.create(session, NewStudy("all", "All", whole, partners, privacy_mode=mode))
        links = invitations.invite(session, "all", sheet, "p.csv", base_url=settings.base_url)
        studies.open_wave(session, "all", accept=whole.languages, by="a test")
    with storage.write() as session:
        for link in links:
            answer(session, link.link.rpartition("/")[2], rng)
    with storage.write() as session:
        return closing.freeze(session, settings, "all")


def exported(storage, settings):
    with storage.read() as session:
        return export.prepare(session, settings, "all")


@each_mode
def test_who_answered_stands_in_identified_data_only(closed, mode):
    frame = snapshots.read(closed).frame
    assert frame.height == 14
    if mode == "identified":
        assert sorted(frame["person"]) == sorted(f"Person {n}" for n in range(14))
        assert frame["code"].n_unique() == 14
        assert all(len(code) == 12 for code in frame["code"])
    else:
        assert not {"person", "code"} & set(frame.columns)
        assert "Person" not in str(frame.rows())
    languages = set(frame["language"])
    assert languages == ({None} if mode == "anonymous" else {"en", "nb"})


def test_every_kind_of_answer_is_in_the_data(closed, whole):
    frame = snapshots.read(closed).frame
    on_path = {item.id for item in whole.items if not item.show_if}
    for item in whole.items:
        columns = [column for column in kind_of(item).columns(item) if column.content != "missing"]
        assert all(column.name in frame.columns for column in columns)
        if item.id in on_path:
            assert frame[columns[0].name].null_count() == 0, item.id
    assert "openness_early_notice__meta" in frame.columns
    chosen = frame.select(c for c in frame.columns if c.startswith("flower_importance__"))
    assert set(chosen.sum_horizontal()) == {2}
    assert WITHDRAWN not in str(frame.rows())


def test_the_order_of_each_assessment_is_kept(closed, whole):
    orders = [tuple(order.split(" ")) for order in snapshots.read(closed).frame["item_order"]]
    assert len(set(orders)) > 7
    assert all(whole.allows_order(order) for order in orders)


def test_what_fell_off_the_path_stands_apart(closed):
    frame = snapshots.read(closed).frame
    better = frame["direction_three_months"] == 5
    assert 0 < better.sum() < 14
    on, off = frame["open_what_got_worse"], frame["open_what_got_worse_off_path"]
    assert on.is_null().equals(better)
    assert off.is_not_null().equals(better)


@each_mode
def test_small_groups_are_withheld_but_where_names_stand_anyway(closed, storage, settings, mode):
    found = exported(storage, settings)
    partners = set(found.snapshot.frame["partner"])
    if mode == "identified":
        assert partners == {"Fjord", "Nord"}
        assert found.snapshot.frame.equals(snapshots.read(closed).frame)
        return
    assert partners == {"Fjord"}
    assert (found.withheld.rows, found.withheld.groups) == (3, 1)
    texts = found.snapshot.frame["open_what_got_worse"].drop_nulls()
    assert len(texts) == 0  # fewer than ten have written
    assert found.withheld.texts > 0
    assert found.snapshot.frame["flower_importance__expertise"].null_count() == 0


def test_guesses_are_scored_by_themselves(closed):
    key = snapshots.read(closed).scoring_key
    assert key["openness__meta"]["items"] == ["openness_early_notice__meta"]
    assert "openness_early_notice__meta" not in key["openness"]["items"]


def test_results_have_every_rating_on_its_own_scale(closed, storage, settings):
    files = closing.close(storage, settings, "all")
    assert (files.submitted, files.snapshot) == (14, closed)
    with storage.read() as session:
        found = results(session, settings, "all", 1)
    assert found["scales"]["direction"]["high"] == 5
    assert set(found["scales"]) == set(snapshots.read(closed).scoring_key)
    assert "items" not in found["snapshot"]
    assert "flower_importance" not in str(found)
