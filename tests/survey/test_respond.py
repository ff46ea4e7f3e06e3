"""From a link to a receipt: what is kept, what is refused, and that neither loses anything."""

import dataclasses
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.errors import (
    AlreadySubmitted,
    OffScale,
    PageTooEarly,
    TextTooLong,
    UnknownInvitation,
    UnknownItem,
    UnknownLanguage,
    UnknownPage,
    UnknownPartner,
    UnknownReceipt,
    WaveClosed,
    WaveNotOpen,
)
from survey.services import closing, respond
from survey.storage.models import Assessment

P1 = "p1@vik.no"


def respondent_of(survey, email=P1):
    with survey.storage.read() as session:
        return respond.by_token(session, survey.tokens[email])


def test_a_link_leads_to_its_person(make_study, instrument):
    survey = make_study(partners=("Fjord", "Nord"))
    found = respondent_of(survey)
    assert found.study_slug == "suppliers"
    assert found.study_title == "Our suppliers"
    assert found.organisation == "Vik"
    assert found.privacy_mode == "confidential"
    assert (found.min_group, found.min_group_text, found.wave_number) == (5, 10, 1)
    assert (found.language, found.side) == ("en", "ours")
    assert found.languages == ("en", "nb", "nn", "is")
    assert found.instrument.version == instrument.version
    assert [(e.place, e.partner, e.state, e.pages_done, e.receipt) for e in found.roster] == [
        (1, "Fjord", "not_started", 0, None),
        (2, "Nord", "not_started", 0, None),
    ]
    with survey.storage.read() as session:
        assert respond.by_ticket(session, found.ticket) == found


def test_the_questionnaire_is_parsed_once_per_process(make_study):
    survey = make_study(2)
    first, second = respondent_of(survey), respondent_of(survey, "p2@vik.no")
    assert first.instrument is second.instrument


def test_a_respondent_costs_two_queries(make_study):
    survey = make_study(partners=("Fjord", "Nord"))
    respondent_of(survey)  # parses the questionnaire
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    sa.event.listen(survey.storage.reader, "before_cursor_execute", note)
    respondent_of(survey)
    assert len([s for s in statements if s.startswith("SELECT")]) == 2


@pytest.mark.parametrize("token", ["", "short", "x" * 22, "ø" * 22, "a" * 23, "a" * 10_000])
def test_unknown_links_are_all_refused_alike(make_study, token):
    survey = make_study()
    with survey.storage.read() as session, pytest.raises(UnknownInvitation) as refused:
        respond.by_token(session, token)
    assert refused.value.status == 404
    assert "x" * 22 not in str(refused.value)


def test_a_draft_and_a_closed_wave_take_nothing(make_study):
    survey = make_study(opened=False)
    with pytest.raises(WaveNotOpen) as draft:
        respondent_of(survey)
    assert (draft.value.status, draft.value.message_id) == (409, "wave_not_open")
    opened = make_study(slug="second")
    opened.complete(P1)
    closing.close(opened.storage, opened.settings, "second")
    with pytest.raises(WaveClosed) as closed:
        respondent_of(opened)
    assert (closed.value.status, closed.value.message_id) == (410, "wave_closed")
    assert closed.value.params == {"title": "Our suppliers", "language": "en"}


def test_a_page_is_kept_and_can_be_changed(make_study):
    survey = make_study()
    survey.save(P1, 1, {"t1": 5, "t2": "3", "t3": "dont_know"})
    assert survey.answers(P1) == {"t1": 5, "t2": 3, "t3": "dont_know"}
    survey.save(P1, 2, {"o1": "not_applicable", "all": "", "say": " Late\r\nagain\x00 "})
    survey.save(P1, 1, {"t1": 1, "t2": 2, "t3": ""})
    assert survey.answers(P1) == {
        "t1": 1,
        "t2": 2,
        "t3": "skipped",
        "o1": "not_applicable",
        "o2": "skipped",
        "all": "skipped",
        "say": "Late\nagain",
    }
    (row,) = survey.assessments()
    assert row["pages_done"] == 2
    survey.save(P1, 2, {"say": ""})
    assert "say" not in survey.answers(P1)


def test_each_partner_is_kept_on_its_own(make_study):
    survey = make_study(partners=("Fjord", "Nord"))
    survey.save(P1, 1, {"t1": 5}, place=2)
    first, second = respondent_of(survey).roster
    assert (first.state, second.state, second.pages_done) == ("not_started", "started", 1)
    assert survey.answers(P1, 1) == {}
    code = survey.complete(P1, place=1)
    first, second = respondent_of(survey).roster
    assert (first.state, first.receipt, second.state) == ("submitted", code, "started")


def test_the_language_of_an_assessment_is_the_one_last_read_in(make_study):
    survey = make_study()
    with survey.writing(P1) as (session, respondent):
        respond.set_language(session, respondent, "nn")
    assert respondent_of(survey).language == "nn"
    survey.save(P1, 1, {})
    assert survey.assessments()[0]["language"] == "nn"
    with survey.writing(P1) as (session, respondent):
        respond.set_language(session, respondent, "is")
    survey.save(P1, 2, {})
    assert survey.assessments()[0]["language"] == "is", "the language of the last page"
    with (
        pytest.raises(UnknownLanguage) as refused,
        survey.writing(P1) as (session, respondent),
    ):
        respond.set_language(session, respondent, "se")
    assert refused.value.params == {"language": "se", "allowed": "en, nb, nn, is"}


@pytest.mark.parametrize(
    ("page", "given", "error"),
    [
        (2, {"o1": 4}, PageTooEarly),
        (0, {}, UnknownPage),
        (3, {}, UnknownPage),
        (1, {"o1": 4}, UnknownItem),
        (1, {"nothing": 4}, UnknownItem),
        (1, {"t1": 6}, OffScale),
        (1, {"t1": 0}, OffScale),
        (1, {"t1": True}, OffScale),
        (1, {"t1": "3.0"}, OffScale),
        (1, {"t1": "skipped"}, OffScale),
        (1, {"t1": "withdrawn"}, OffScale),
        (1, {"t1": "٣"}, OffScale),
    ],
)
def test_what_is_not_asked_is_refused_and_nothing_is_stored(make_study, page, given, error):
    survey = make_study()
    with pytest.raises(error) as refused:
        survey.save(P1, page, {"t2": 3, **given} if error in {OffScale, UnknownItem} else given)
    assert 400 <= refused.value.status < 500
    assert survey.assessments() == []


def test_a_page_too_early_names_the_page_that_comes_first(make_study):
    survey = make_study()
    survey.save(P1, 1, {"t1": 5})
    with pytest.raises(PageTooEarly) as refused:
        survey.submit(P1)
    assert refused.value.allowed == 2
    assert survey.answers(P1)["t1"] == 5


def test_a_text_over_its_limit_is_refused_with_both_lengths(make_study):
    survey = make_study()
    survey.save(P1, 1, {})
    with pytest.raises(TextTooLong) as refused:
        survey.save(P1, 2, {"say": "x" * 41})
    assert refused.value.params == {"item": "say", "length": 41, "allowed": 40}
    survey.save(P1, 2, {"say": "x" * 38 + "\r\nx"})
    assert len(survey.answers(P1)["say"]) == 40


@pytest.mark.parametrize("place", [0, 2, -1])
def test_a_place_that_is_not_on_the_list_is_refused(make_study, place):
    survey = make_study()
    for act in (survey.answers, survey.submit):
        with pytest.raises(UnknownPartner):
            act(P1, place=place)
    with pytest.raises(UnknownPartner):
        survey.save(P1, 1, {}, place=place)


def test_submitting_again_gives_the_same_receipt_and_changes_nothing(make_study):
    survey = make_study()
    code = survey.complete(P1)
    before = survey.assessments()
    assert survey.submit(P1) == code
    with pytest.raises(AlreadySubmitted) as refused:
        survey.save(P1, 1, {"t1": 1})
    assert (refused.value.status, refused.value.receipt) == (409, code)
    assert survey.assessments() == before
    assert before[0]["submitted_at"] is not None


def test_nothing_can_be_submitted_before_the_first_page(make_study):
    survey = make_study()
    with pytest.raises(PageTooEarly) as refused:
        survey.submit(P1)
    assert refused.value.allowed == 1
    assert survey.assessments() == []


def test_a_receipt_says_that_answers_are_stored_and_which_never(make_study):
    survey = make_study(partners=("Fjord", "Nord"))
    code = survey.complete(P1, value=2, say="secret")
    for spelled in (code, code.lower(), code.replace("-", ""), code.replace("-", " ")):
        with survey.storage.read() as session:
            view = respond.receipt(session, spelled)
    assert dataclasses.asdict(view) == {
        "study_title": "Our suppliers",
        "organisation": "Vik",
        "day": survey_day(survey),
        "language": "en",
        "remaining": 1,
        "withdrawn_on": None,
        "closed": False,
    }
    survey.complete(P1, place=2)
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.read() as session:
        assert respond.receipt(session, code).remaining is None


def survey_day(survey):
    with survey.storage.read() as session:
        return session.scalar(sa.select(sa.func.max(Assessment.submitted_at))).date()


@pytest.mark.parametrize("code", ["", "-", "ABCD", "0" * 20, "0" * 10_000, "'; --"])
def test_unknown_receipts_are_all_refused_alike(make_study, code):
    survey = make_study()
    survey.complete(P1)
    with survey.storage.read() as session, pytest.raises(UnknownReceipt) as refused:
        respond.receipt(session, code)
    assert str(refused.value) == "no answers are known under this receipt"


def test_misread_letters_of_a_receipt_are_read_as_meant(make_study):
    survey = make_study()
    code = survey.complete(P1)
    misread = code.replace("1", "l").replace("0", "O")
    with survey.storage.read() as session:
        assert respond.receipt(session, misread).organisation == "Vik"
    assert not set(code) & set("ILOU")


def test_paradata_counts_posts_and_knows_no_answer(make_study):
    survey = make_study()
    survey.save(P1, 1, {"t1": 5})
    survey.save(P1, 1, {"t1": 4})
    survey.save(P1, 2, {})
    with survey.storage.read() as session:
        rows = session.execute(sa.text("SELECT * FROM page_visit ORDER BY page")).mappings().all()
    assert [(row["page"], row["posts"]) for row in rows] == [(1, 2), (2, 1)]
    assert set(rows[0]) == {"assessment_id", "page", "first_at", "last_at", "posts"}
    assert rows[0]["first_at"] < rows[0]["last_at"]


def test_the_log_has_no_answer_no_name_and_no_token(make_study, caplog):
    caplog.set_level("DEBUG")
    survey = make_study()
    code = survey.complete(P1, say="Kilroy")
    assert "submitted: study suppliers, wave 1" in caplog.text
    for secret in (survey.tokens[P1], "p1@vik.no", "P1", "Kilroy", code, "Fjord"):
        assert secret not in caplog.text


def test_sixteen_threads_submit_one_assessment_once(make_study):
    survey = make_study()
    survey.save(P1, 1, {"t1": 5})
    survey.save(P1, 2, {"o1": 5})
    start = threading.Barrier(16)

    def press(_):
        start.wait()
        return survey.submit(P1)

    with ThreadPoolExecutor(16) as pool:
        codes = set(pool.map(press, range(16)))
    assert len(codes) == 1
    assert [row["receipt"] for row in survey.assessments()] == list(codes)


def test_first_pages_from_many_tabs_make_one_assessment(make_study):
    survey = make_study()
    start = threading.Barrier(8)

    def post(value):
        start.wait()
        survey.save(P1, 1, {"t1": value % 5 + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, range(8)))
    (row,) = survey.assessments()
    assert row["pages_done"] == 1
    with survey.storage.read() as session:
        assert session.scalar(sa.text("SELECT posts FROM page_visit")) == 8


@pytest.mark.parametrize("people", [40, pytest.param(1000, marks=pytest.mark.durability)])
def test_two_processes_of_sixteen_threads_store_no_double(make_study, database_url, people):
    survey = make_study(people)
    tokens = json.dumps(list(survey.tokens.values()))
    program = [sys.executable, Path(__file__).with_name("submitters.py"), database_url]
    both = [
        subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        printed = list(pool.map(lambda process: process.communicate(tokens, timeout=300)[0], both))
    assert [process.returncode for process in both] == [0, 0]
    codes = [code for text in printed for code in json.loads(text)]
    assert len(codes) == 4 * people
    assert len(set(codes)) == people
    stored = survey.assessments()
    assert len(stored) == people
    assert {row["receipt"] for row in stored} == set(codes)
