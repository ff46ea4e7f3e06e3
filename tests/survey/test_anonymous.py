"""Anonymous studies: nothing leads to a person, and yet a link goes on and counts once."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from survey.errors import (
    AlreadySubmitted,
    NoOpenLink,
    NoSuchPartner,
    PageTooEarly,
    UnknownInvitation,
    UnknownLanguage,
    UnknownSide,
    WaveClosed,
    WaveState,
    WeakKey,
)
from survey.services import closing, invitations, open_links, respond, studies
from survey.services.submitted import rows
from survey.storage.models import AnonymousAnswers, Assessment, Draft, Participation, new_id, today

P1, P2 = "p1@vik.no", "p2@vik.no"
OTHER = "the-secret-of-another-browser"


@pytest.fixture
def survey(make_study):
    return make_study(2, partners=("Fjord", "Nord"), privacy_mode="anonymous")


def known(survey, email=P1):
    with survey.storage.read() as session:
        return respond.by_token(session, survey.tokens[email])


def count(survey, model):
    with survey.storage.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def states(survey, email=P1):
    return [(entry.state, entry.pages_done, entry.receipt) for entry in known(survey, email).roster]


def test_a_link_goes_on_where_it_stopped_on_any_device(survey):
    assert states(survey) == [("not_started", 0, None)] * 2
    survey.save(P1, 1, {"t1": 5}, place=2)
    assert states(survey) == [("not_started", 0, None), ("started", 1, None)]
    assert survey.answers(P1, 2) == {"t1": 5, "t2": "skipped", "t3": "skipped"}
    survey.save(P1, 1, {"t1": 1}, place=2)
    assert survey.answers(P1, 2)["t1"] == 1
    assert states(survey, P2) == [("not_started", 0, None)] * 2
    with pytest.raises(PageTooEarly):
        survey.submit(P1, place=2)


def test_a_submission_moves_the_answers_away_from_the_link(survey):
    code = survey.complete(P1, value=2, say="secret")
    assert states(survey)[0] == ("submitted", 0, None)
    assert survey.answers(P1) == {}
    assert (count(survey, Draft), count(survey, AnonymousAnswers)) == (0, 1)
    with survey.storage.read() as session:
        stored = session.execute(sa.select(AnonymousAnswers)).scalar_one()
        assert stored.answers["t1"] == 2
        assert stored.submitted_on == today()
        assert code not in str(vars(stored))
        view = respond.receipt(session, code.lower())
    assert (view.day, view.remaining, view.language) == (today(), None, "en")


def test_only_the_browser_that_submitted_gets_the_receipt_again(survey):
    code = survey.complete(P1)
    assert survey.submit(P1) == code
    with pytest.raises(AlreadySubmitted) as refused:
        survey.submit(P1, key=OTHER)
    assert refused.value.receipt is None
    with survey.storage.read() as session:
        respondent = respond.by_token(session, survey.tokens[P1])
        assert respond.receipt_of(session, respondent, 1, key=survey.key) == code
        assert respond.receipt_of(session, respondent, 1, key=OTHER) is None
        assert respond.receipt_of(session, respondent, 2, key=survey.key) is None
    with pytest.raises(AlreadySubmitted):
        survey.save(P1, 1, {"t1": 1})
    assert count(survey, AnonymousAnswers) == 1


def test_receipts_of_one_browser_differ_by_partner_and_person(survey):
    codes = {survey.complete(email, place=place) for email in (P1, P2) for place in (1, 2)}
    assert len(codes) == 4


@pytest.mark.parametrize("key", ["", "short", "x" * 21])
def test_a_browser_without_a_secret_submits_nothing(survey, key):
    survey.save(P1, 1, {"t1": 5})
    survey.save(P1, 2, {"o1": 5})
    with pytest.raises(WeakKey):
        survey.submit(P1, key=key)
    assert count(survey, AnonymousAnswers) == 0


def test_what_is_not_known_is_declined_and_taken_back(survey):
    def act(function, place=1):
        with survey.writing(P1) as (session, respondent):
            function(session, respondent, place)

    act(respond.decline)
    assert states(survey)[0][0] == "declined"
    act(respond.undecline)
    assert states(survey)[0][0] == "not_started"
    act(respond.decline)
    survey.save(P1, 1, {"t1": 5})  # whoever answers knows the partner after all
    assert states(survey)[0][0] == "started"
    act(respond.decline)
    survey.save(P1, 2, {})
    survey.submit(P1)
    with pytest.raises(AlreadySubmitted):
        act(respond.decline)
    with survey.storage.read() as session:
        status = studies.status(session, survey.slug)
    assert (status.started, status.saved, status.submitted, status.declined) == (1, 0, 1, 0)


def test_the_language_stands_in_the_ticket_and_nowhere_else(survey):
    with survey.writing(P1) as (session, respondent):
        ticket = respond.set_language(session, respondent, "is")
        with pytest.raises(UnknownLanguage):
            respond.set_language(session, respondent, "se")
    with survey.storage.read() as session:
        found = respond.by_ticket(session, ticket)
        assert (found.language, found.notice.headline) == ("is", "Hver sér hvað")
        assert respond.by_ticket(session, found.ticket) == found
        languages = session.execute(sa.text("SELECT DISTINCT language FROM participant")).all()
    assert languages == [("en",)]
    assert survey.tokens[P1] not in repr(found)
    assert ticket not in repr(found)


def test_tickets_that_were_made_up_lead_nowhere(survey, make_study):
    confidential = make_study(slug="other")
    token, other = survey.tokens[P1], confidential.tokens[P1]
    with survey.storage.read() as session:
        invitation = session.scalars(sa.text("SELECT id FROM invitation")).all()
        named = respond.by_token(session, other)
        forged = [
            "", ".", "en.", f".{other}", f"en.{other}", f"en.{token[:-1]}", f"en.{token}x",
            f"en.en.{token}", "en." + "0" * 22, "en." + "0" * 34, token, "0" * 32, "x" * 32,
            str(new_id()), "\x00", "en.\x00",
        ]  # fmt: skip
        forged += [str(key).replace("-", "") for key in invitation
                   if str(key).replace("-", "") != named.invitation_id.hex]  # fmt: skip
        for ticket in forged:
            with pytest.raises(UnknownInvitation):
                respond.by_ticket(session, ticket)
        assert respond.by_ticket(session, named.ticket) == named


def test_a_token_of_one_study_opens_nothing_in_another(survey, make_study):
    other = make_study(2, slug="other", partners=("Fjord", "Nord"), privacy_mode="anonymous")
    survey.save(P1, 1, {"t1": 5})
    assert known(other).study_slug == "other"
    assert states(other) == [("not_started", 0, None)] * 2
    code = survey.complete(P1)
    other.save(P1, 1, {"t1": 5})
    other.save(P1, 2, {})
    assert other.submit(P1) != code


def test_closing_takes_drafts_and_participation_away(survey):
    code = survey.complete(P1, say="kept")
    survey.save(P2, 1, {"t1": 5})
    with survey.storage.read() as session:
        before = session.scalars(sa.select(AnonymousAnswers.id)).one()
    closed = closing.close(survey.storage, survey.settings, survey.slug)
    assert closed.submitted == 1
    assert count(survey, Draft) == count(survey, Participation) == 0
    with survey.storage.read() as session:
        assert session.scalars(sa.select(AnonymousAnswers.id)).one() != before
        assert respond.receipt(session, code).closed
        study, wave = studies.find(session, survey.slug)
        (row,) = rows(session, study, wave)
        assert (row.language, row.person, row.code) == (None, None, None)
        with pytest.raises(WaveClosed):
            respond.by_token(session, survey.tokens[P2])


def test_nothing_connects_the_waves_of_an_anonymous_study(survey):
    survey.complete(P1)
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.write() as session:
        studies.next_wave(session, survey.slug)
        sheet = b"name,email,language,partners\nP1,p1@vik.no,,\n"
        (link,) = invitations.invite(session, survey.slug, sheet, "p.csv", base_url="http://x")
        studies.open_wave(session, survey.slug)
    survey.tokens[P1] = link.link.rpartition("/")[2]
    assert states(survey) == [("not_started", 0, None)] * 2
    survey.complete(P1)
    with survey.storage.read() as session:
        found = session.execute(
            sa.select(AnonymousAnswers.receipt_sha256, AnonymousAnswers.id)
        ).all()
    assert len({value for row in found for value in row}) == 4


# Open links ----------------------------------------------------------------------------


def make_link(survey, **choices):
    with survey.storage.write() as session:
        return open_links.make(session, survey.slug, base_url="http://127.0.0.1:8000", **choices)


def begin(survey, code, language="nb"):
    with survey.storage.read() as session:
        return open_links.begin(session, code, language)


def test_an_open_link_makes_personal_links_that_are_nobodys(survey):
    made = make_link(survey)
    assert make_link(survey) == made
    code = made.link.rpartition("/o/")[2]
    with survey.storage.read() as session:
        landing = open_links.by_code(session, code, "nn")
    assert (landing.open_link, landing.language, landing.side) == (True, "nn", "ours")
    assert [entry.partner for entry in landing.roster] == ["Fjord", "Nord"]
    parts = count(survey, Participation)
    survey.tokens = {"a": begin(survey, code), "b": begin(survey, code)}
    assert count(survey, Participation) == parts, "nothing is stored before the first answer"
    assert len(survey.tokens["a"]) == 34
    codes = {survey.complete(who) for who in ("a", "b")}
    assert len(codes) == 2
    assert survey.submit("a") in codes
    assert states(survey, "a")[0][0] == "submitted"
    assert states(survey, "b") == [("submitted", 0, None), ("not_started", 0, None)]
    assert count(survey, AnonymousAnswers) == 2
    with survey.storage.read() as session:
        ticket = respond.by_token(session, survey.tokens["a"]).ticket
        again = respond.by_ticket(session, ticket)
    assert (again.open_link, again.language) == (True, "en")


def test_an_open_link_can_be_for_one_partner_and_for_the_other_side(make_study):
    survey = make_study(
        1, partners=("Fjord", "Nord"), sides=("ours", "theirs"), privacy_mode="anonymous"
    )
    ours, nord = make_link(survey), make_link(survey, side="theirs", partner="nord")
    assert ours.link != nord.link
    with survey.storage.read() as session:
        landing = open_links.by_code(session, nord.link.rpartition("/")[2])
    assert (landing.side, [entry.partner for entry in landing.roster]) == ("theirs", ["Nord"])
    with pytest.raises(NoSuchPartner, match="Fjord, Nord"):
        make_link(survey, side="theirs")
    with pytest.raises(NoSuchPartner, match="'Sund'"):
        make_link(survey, partner="Sund")


def test_where_there_is_no_open_link_it_is_said_why(make_study, survey):
    with pytest.raises(NoOpenLink, match="confidential"):
        make_link(make_study(slug="other"))
    with pytest.raises(UnknownSide):
        make_link(survey, side="theirs")
    code = make_link(survey).link.rpartition("/")[2]
    survey.complete(P1)
    closing.close(survey.storage, survey.settings, survey.slug)
    with pytest.raises(WaveState):
        make_link(survey)
    with survey.storage.read() as session, pytest.raises(WaveClosed):
        open_links.by_code(session, code)


@pytest.mark.parametrize("code", ["", "x" * 12, "x" * 11, "ø" * 12, "\x00" * 12, "x" * 10_000])
def test_unknown_open_links_are_all_refused_alike(survey, code):
    with survey.storage.read() as session:
        with pytest.raises(UnknownInvitation):
            open_links.by_code(session, code)
        with pytest.raises(UnknownInvitation):
            respond.by_token(session, code + "0" * 22)


# The database itself -------------------------------------------------------------------


def test_the_database_keeps_answers_with_and_without_persons_apart(survey, make_study):
    named = make_study(slug="named", partners=("Fjord", "Nord"))
    survey.complete(P1)
    named.save(P1, 1, {})
    (row,) = named.assessments()
    with survey.storage.read() as session:
        stored = dict(session.execute(sa.select(AnonymousAnswers.__table__)).mappings().one())
        _, anonymous_wave = studies.find(session, "suppliers")
        _, named_wave = studies.find(session, "named")
    refused = (
        (AnonymousAnswers, stored | {"id": new_id(), "wave_id": named_wave.id}),
        (Draft, {"key": new_id(), "wave_id": named_wave.id, "answers": {}, "pages_done": 1}),
        (
            Participation,
            {"key": new_id(), "wave_id": named_wave.id, "submitted": False, "declined": False},
        ),
    )
    for model, values in refused:
        with pytest.raises(DBAPIError, match="without a person"), survey.storage.write() as session:
            session.execute(sa.insert(model).values(**values))
    columns = ", ".join(name for name in row if name not in {"id", "wave_id"})
    copied = sa.text(
        f"INSERT INTO assessment (id, wave_id, {columns}) "  # noqa: S608
        f"SELECT :id, :wave, {columns} FROM assessment"
    ).bindparams(
        sa.bindparam("id", new_id(), sa.Uuid()),
        sa.bindparam("wave", anonymous_wave.id, sa.Uuid()),
    )
    with pytest.raises(DBAPIError, match="with a person"), survey.storage.write() as session:
        session.execute(copied)
    assert count(survey, Assessment) == 1


@pytest.mark.parametrize("mode", ["identified", "confidential", "anonymous"])
def test_the_mode_is_frozen_when_the_study_opens(make_study, mode):
    survey = make_study(privacy_mode=mode)
    for other in {"identified", "confidential", "anonymous"} - {mode}:
        change = sa.text("UPDATE study SET privacy_mode = :other")
        with pytest.raises(DBAPIError, match="keeps"), survey.storage.write() as session:
            session.execute(change, {"other": other})


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE anonymous_answers SET side = 'theirs'",
        "UPDATE anonymous_answers SET answers = '{}'",
        "UPDATE anonymous_answers SET withdrawn_on = '2030-01-01'",
        "UPDATE study SET retention_days = 3650",
        "UPDATE study SET contact = 'Someone else'",
        "UPDATE notice SET sha256 = sha256",
    ],
)
def test_what_was_submitted_or_promised_stands(survey, change):
    survey.complete(P1)
    with pytest.raises(DBAPIError), survey.storage.write() as session:
        session.execute(sa.text(change))


# At the same time ----------------------------------------------------------------------


def test_sixteen_threads_submit_anonymous_answers_once(survey):
    survey.save(P1, 1, {"t1": 5})
    survey.save(P1, 2, {"o1": 5})
    start = threading.Barrier(16)

    def press(_):
        start.wait()
        return survey.submit(P1)

    with ThreadPoolExecutor(16) as pool:
        codes = set(pool.map(press, range(16)))
    assert len(codes) == 1
    assert count(survey, AnonymousAnswers) == 1


def test_two_browsers_submit_once_and_one_gets_the_receipt(survey):
    survey.save(P1, 1, {"t1": 5})
    survey.save(P1, 2, {"o1": 5})
    start = threading.Barrier(16)

    def press(number):
        start.wait()
        try:
            return survey.submit(P1, key=(survey.key, OTHER)[number % 2])
        except AlreadySubmitted as refused:
            return refused.receipt

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(press, range(16)))
    assert codes.count(None) == 8
    assert len(set(codes)) == 2
    assert count(survey, AnonymousAnswers) == 1


def test_first_pages_from_many_tabs_of_an_open_link_make_one_draft(survey):
    survey.tokens["a"] = begin(survey, make_link(survey).link.rpartition("/")[2])
    start = threading.Barrier(8)

    def post(value):
        start.wait()
        survey.save("a", 1, {"t1": value % 5 + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, range(8)))
    assert count(survey, Draft) == 1


@pytest.mark.parametrize("people", [20, pytest.param(1000, marks=pytest.mark.durability)])
def test_two_processes_of_sixteen_threads_store_no_anonymous_double(
    make_study, database_url, people
):
    survey = make_study(people, privacy_mode="anonymous")
    tokens = json.dumps(list(survey.tokens.values()))
    program = [sys.executable, Path(__file__).with_name("submitters.py"), database_url]
    both = [
        subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        printed = list(pool.map(lambda process: process.communicate(tokens, timeout=580)[0], both))
    assert [process.returncode for process in both] == [0, 0]
    codes = [code for text in printed for code in json.loads(text)]
    assert (len(codes), len(set(codes))) == (4 * people, people)
    assert count(survey, AnonymousAnswers) == people
    assert count(survey, Draft) == 0
