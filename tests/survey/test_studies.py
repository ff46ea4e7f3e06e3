"""Studies: made once and whole, opened once, counted without showing anyone."""

import dataclasses
import datetime as dt

import msgspec
import pytest
import sqlalchemy as sa

import questionnaires
from survey.errors import BadInput, StudyExists, UnknownStudy, UnknownWave, WaveState
from survey.services import closing, respond, studies
from survey.services.installation import set_up
from survey.services.partners import NewPartner, partners_of, read_partners
from survey.services.studies import NewStudy
from survey.storage.models import Participant, StoredInstrument, Study, Wave, today

FJORD = (NewPartner("Fjord"),)


def make(storage, instrument, **choices):
    new = {"slug": "a", "title": "A", "instrument": instrument, "partners": FJORD, **choices}
    with storage.write() as session:
        return studies.create(session, NewStudy(**new)).slug


def problems(storage, instrument, **choices):
    with pytest.raises(BadInput) as refused:
        make(storage, instrument, **choices)
    assert refused.value.exit_code == 2
    with storage.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Study)) == 0
    return refused.value.problems


def test_a_study_keeps_what_was_decided(storage, instrument):
    make(
        storage,
        instrument,
        slug="suppliers-2026",
        title="  Our\u00a0 suppliers ",
        partners=(NewPartner(" Fjord  AS "), NewPartner("Nord", "customer")),
        sides=("theirs", "ours"),
        languages=("nn", "en"),
        min_group=3,
        min_group_text=20,
    )
    with storage.read() as session:
        study, wave = studies.find(session, "suppliers-2026")
        assert study.title == "Our suppliers"
        assert (study.instrument_id, study.instrument_version) == ("small", instrument.version)
        assert study.privacy_mode == "confidential"
        assert (study.sides, study.languages) == (["theirs", "ours"], ["nn", "en"])
        assert (study.min_group, study.min_group_text) == (3, 20)
        assert (wave.number, wave.status) == (1, "draft")
        found = [(partner.name, partner.kind) for partner in partners_of(session, study)]
        assert found == [("Fjord AS", "supplier"), ("Nord", "customer")]
        stored = session.scalars(sa.select(StoredInstrument.canonical)).one()
        assert stored == instrument.canonical()


def test_what_is_not_said_is_the_default(storage, instrument):
    make(storage, instrument)
    with storage.read() as session:
        study, _ = studies.find(session, "a")
        assert (study.min_group, study.min_group_text, study.sides) == (5, 10, ["ours"])
        assert study.languages == ["en", "nb", "nn", "is"]


@pytest.mark.parametrize(
    "slug",
    ["", "A", "1a", "a b", "a--b", "a-", "-a", "å", "a/b", "../a", "a.b", "a" * 61, "a\n"],
)
def test_a_slug_that_is_no_name_is_refused(storage, instrument, slug):
    (problem,) = problems(storage, instrument, slug=slug)
    assert repr(slug) in problem
    assert "suppliers-2026" in problem


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"title": " "}, "title: the name is empty"),
        ({"title": "x" * 201}, "title: it has 201 characters, at most 200"),
        ({"title": "A\u202eB"}, "control characters"),
        ({"min_group": 2}, "the threshold for scores is 2; allowed is 3 to 20"),
        (
            {"min_group": 21, "min_group_text": 21},
            "the threshold for scores is 21; allowed is 3 to 20",
        ),
        (
            {"min_group_text": 4},
            "the threshold for words is 4; allowed is 5 (the one for scores) to 20",
        ),
        (
            {"min_group_text": 21},
            "the threshold for words is 21; allowed is 5 (the one for scores) to 20",
        ),
        ({"languages": ("en", "se")}, "language: 'se' was given; allowed are en, nb, nn, is"),
        ({"languages": ("en", "en")}, "language: 'en' was given twice"),
        ({"sides": ()}, "side: nothing was given; allowed are ours, theirs"),
        ({"sides": ("both",)}, "side: 'both' was given; allowed are ours, theirs"),
        ({"privacy_mode": "secret"}, "privacy mode: 'secret' was given"),
        ({"partners": ()}, "there is no partner"),
        ({"partners": (NewPartner("Fjord"), NewPartner("FJORD"))}, "'fjord' was named 2 times"),
        ({"partners": (NewPartner("Fjord;Nord"),)}, "has a semicolon"),
        ({"partners": (NewPartner("x" * 201),)}, "has 201 characters"),
        ({"partners": (NewPartner(" "),)}, "the name is empty"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(storage, instrument, choices, said):
    (problem,) = problems(storage, instrument, **choices)
    assert said in problem


def test_instruments_whose_names_do_not_fit_are_refused(storage, instrument):
    long = msgspec.structs.replace(instrument, id="+".join(["small"] * 40))
    (problem,) = problems(storage, long)
    assert "have 239 characters in their names, at most 200" in problem


def test_all_problems_are_told_at_once(storage, instrument):
    assert len(problems(storage, instrument, slug="A", title="", min_group=1, partners=())) == 4


def test_the_thresholds_at_their_ends_are_allowed(storage, instrument):
    make(storage, instrument, slug="low", min_group=3, min_group_text=3)
    make(storage, instrument, slug="high", min_group=20, min_group_text=20)


def test_a_slug_is_taken_once(storage, instrument):
    make(storage, instrument)
    with pytest.raises(StudyExists) as refused:
        make(storage, instrument)
    assert refused.value.exit_code == 1


def test_a_partner_is_one_organisation_in_all_studies(storage, instrument):
    make(storage, instrument, partners=(NewPartner("Fjord", "customer"),))
    make(storage, instrument, slug="b", partners=(NewPartner("Fjord"), NewPartner("Nord")))
    with storage.read() as session:
        names = session.execute(sa.text("SELECT name, kind FROM partner ORDER BY name")).all()
    assert names == [("Fjord", "customer"), ("Nord", "supplier")]
    for partner, said in (
        (NewPartner("FJORD"), "already spelled 'Fjord'"),
        (NewPartner("Fjord", "supplier"), "is registered as customer, not as supplier"),
    ):
        with pytest.raises(BadInput) as refused:
            make(storage, instrument, slug="c", partners=(partner,))
        assert said in refused.value.problems[0]


def test_a_version_is_stored_once(storage, instrument):
    make(storage, instrument)
    make(storage, instrument, slug="b")
    with storage.read() as session:
        assert len(session.scalars(sa.select(StoredInstrument.id)).all()) == 1


def test_a_wave_opens_once(storage, instrument):
    make(storage, instrument)
    with storage.write() as session:
        wave = studies.open_wave(session, "a")
        assert wave.opened_at is not None
    with pytest.raises(WaveState) as refused, storage.write() as session:
        studies.open_wave(session, "a")
    assert str(refused.value) == "wave 1 of 'a' is open, but must be draft to open it"


def test_what_is_not_there_is_answered_with_what_is(storage, instrument):
    with storage.read() as session, pytest.raises(UnknownStudy, match="there are: none"):
        studies.find(session, "a")
    make(storage, instrument)
    make(storage, instrument, slug="b")
    with storage.read() as session:
        with pytest.raises(UnknownStudy, match="there are: a, b"):
            studies.find(session, "c")
        with pytest.raises(UnknownWave, match="has no wave 2; it has: 1"):
            studies.find(session, "a", 2)


def test_the_latest_wave_is_meant_if_none_is_named(make_study):
    survey = make_study()
    with survey.storage.write() as session:
        study, _ = studies.find(session, survey.slug)
        session.add(Wave(study_id=study.id, number=2))
    with survey.storage.read() as session:
        assert studies.find(session, survey.slug)[1].number == 2
        assert studies.find(session, survey.slug, 1)[1].number == 1


def test_status_counts_people_and_assessments_and_shows_nobody(make_study):
    survey = make_study(3, partners=("Fjord", "Nord"))
    survey.complete("p1@vik.no", place=1)
    survey.save("p1@vik.no", 1, {}, place=2)
    survey.save("p2@vik.no", 1, {})
    with survey.storage.read() as session:
        status = studies.status(session, survey.slug)
        people = session.scalars(sa.select(Participant.name)).all()
    assert (status.partners, status.invited, status.assessments) == (2, 3, 6)
    assert (status.started, status.saved, status.submitted) == (3, 2, 1)
    text = str(dataclasses.asdict(status))
    assert not [name for name in (*people, "Fjord", "Nord") if f"'{name}'" in text]


@pytest.mark.parametrize(
    ("organisation", "said"),
    [(" ", "is empty"), ("x" * 201, "201 characters"), ("\x07", "control")],
)
def test_an_organisation_has_a_name(storage, organisation, said):
    with pytest.raises(BadInput) as refused:
        set_up(storage, organisation)
    assert said in refused.value.problems[0]


# Sheets of partners --------------------------------------------------------------------


def test_a_sheet_of_partners_is_read():
    sheet = '\ufeffKind,Name\r\n,Fjord  AS\r\n\r\nCustomer,"Nord, og sønn"\r\n'.encode()
    assert read_partners(sheet, "p.csv") == (
        NewPartner("Fjord AS", None),
        NewPartner("Nord, og sønn", "customer"),
    )


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("", "p.csv is empty; its first row must be name,kind"),
        ("name\n", "p.csv has a header but no rows"),
        ("name,kind\nFjord,friend\n", "p.csv, row 2, column kind: 'friend' is none of supplier"),
        ("name\nFjord\n\nfjord\n", "p.csv, row 4, column name: 'fjord' stands there twice"),
        ('name\n"Fjord;Nord"\n', "p.csv, row 2, column name: 'Fjord;Nord' has a semicolon"),
        ("name,kind\n,supplier\n", "p.csv, row 2, column name: the name is empty"),
    ],
)
def test_a_bad_sheet_of_partners_is_refused_by_row_and_column(sheet, said):
    with pytest.raises(BadInput) as refused:
        read_partners(sheet.encode(), "p.csv")
    assert said in refused.value.problems[0]


@pytest.mark.parametrize(
    ("mode", "asked"), [("identified", True), ("confidential", False), ("anonymous", False)]
)
def test_only_a_study_that_tells_names_asks_who_wants_to_be_called(storage, mode, asked):
    make(storage, questionnaires.load("post_sale"), privacy_mode=mode)
    with storage.read() as session:
        canonical = session.scalars(sa.select(StoredInstrument.canonical)).one()
    items = {item.id for item in questionnaires.from_canonical(canonical).items}
    assert ("contact_wish" in items) is asked


def test_a_form_that_needs_names_throughout_is_refused_without_them(storage, instrument):
    page = instrument.pages[0]
    items = tuple(msgspec.structs.replace(item, only_named=True) for item in page.items)
    named = (msgspec.structs.replace(page, items=items),)
    (problem,) = problems(storage, msgspec.structs.replace(instrument, pages=named))
    assert problem == "every question needs to know who answers: choose identified"


def test_weights_are_kept_and_frozen_when_the_study_opens(storage, instrument):
    slug = make(storage, instrument, weights={"trust": 2.0, "openness": 0.5})
    with storage.read() as session:
        assert studies.status(session, slug).weights == {"trust": 2.0, "openness": 0.5}
    with storage.write() as session:
        session.execute(sa.update(Study).values(weights={"trust": 1.0}))
    with storage.write() as session:
        studies.open_wave(session, slug)
    with pytest.raises(sa.exc.IntegrityError, match="weights"), storage.write() as session:
        session.execute(sa.update(Study).values(weights={"trust": 3.0}))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"honesty": 1}, "weight: 'honesty' is none of trust, openness, overall"),
        ({"trust": 0}, "weight: trust weighs 0; allowed is more than 0"),
        ({"trust": float("nan")}, "weight: trust weighs nan"),
        ({}, "weight: there is none; leave them out for equal weights"),
    ],
)
def test_weights_of_nothing_are_refused(storage, instrument, weights, said):
    (problem,) = problems(storage, instrument, weights=weights)
    assert said in problem


def test_people_are_asked_by_a_day_until_the_wave_closes(make_study):
    survey = make_study(6)
    day = today() + dt.timedelta(days=3)
    with survey.storage.write() as session:
        studies.ask_until(session, survey.slug, day)
    with survey.storage.read() as session:
        assert studies.status(session, survey.slug).answer_by == day
        known = respond.by_token(session, survey.tokens["p1@vik.no"])
        assert known.answer_by == day
    with survey.storage.write() as session, pytest.raises(BadInput, match="is over; name today"):
        studies.ask_until(session, survey.slug, today() - dt.timedelta(days=1))
    survey.fill_in((6,))
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.write() as session, pytest.raises(WaveState):
        studies.ask_until(session, survey.slug, day)
