"""Saving while people type, in orders and on paths of their own: in each privacy mode alike."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec
import pytest
import sqlalchemy as sa

from questionnaires import Condition
from survey.errors import (
    AlreadySubmitted,
    BadAutosave,
    OffScale,
    PageTooEarly,
    UnknownItem,
    UnknownPage,
    WaveClosed,
    WrongOrder,
)
from survey.services import closing, respond, studies
from survey.storage.models import Assessment

P1 = "p1@vik.no"
TAB = "tab-1"


@pytest.fixture(params=["confidential", "anonymous"])
def mode(request):
    return request.param


@pytest.fixture
def survey(make_study, mode):
    return make_study(2, partners=("Fjord", "Nord"), privacy_mode=mode)


def autosave(survey, given, number, *, page=1, client=TAB, order=None, email=P1):
    with survey.writing(email) as (session, known):
        respond.autosave(session, known, 1, page, given, client=client, number=number, order=order)


def state(survey, email=P1):
    with survey.storage.read() as session:
        return respond.state(session, respond.by_token(session, survey.tokens[email]), 1)


def save(survey, page, given, **more):
    with survey.writing(P1) as (session, known):
        respond.save_page(session, known, 1, page, given, **more)


def test_single_answers_are_merged_and_the_page_is_not_done(survey):
    autosave(survey, {"t1": "5"}, 1)
    autosave(survey, {"t2": "dont_know"}, 2)
    saved = state(survey)
    assert (saved.answers, saved.pages_done) == ({"t1": 5, "t2": "dont_know"}, 0)
    with survey.storage.read() as session:
        entry = respond.by_token(session, survey.tokens[P1]).entry(1)
    assert (entry.state, entry.pages_done) == ("started", 0)
    with pytest.raises(PageTooEarly):
        survey.submit(P1)
    survey.save(P1, 1, {"t1": 4})
    autosave(survey, {"t1": "2"}, 3)
    assert (state(survey).answers["t1"], state(survey).pages_done) == (2, 1)


def test_an_answer_can_be_taken_out_again(survey):
    autosave(survey, {"t1": "5"}, 1)
    autosave(survey, {"t1": ""}, 2)
    assert state(survey).answers == {"t1": "skipped"}
    survey.save(P1, 1, {})
    autosave(survey, {"say": "hm"}, 3, page=2)
    autosave(survey, {"say": " "}, 4, page=2)
    assert "say" not in state(survey).answers


def test_an_old_or_repeated_message_is_ignored_per_tab(survey):
    autosave(survey, {"t1": 1}, 5)
    for number in (5, 4, 1):
        autosave(survey, {"t1": 2, "t2": 2}, number)
    assert state(survey).answers == {"t1": 1}
    autosave(survey, {"t1": 3}, 1, client="tab-2")
    assert state(survey).answers == {"t1": 3}
    autosave(survey, {"t1": 4}, 6)
    assert state(survey).answers == {"t1": 4}


def test_a_message_that_is_late_does_not_undo_the_page(survey):
    autosave(survey, {"t1": 1}, 1)
    save(survey, 1, {"t1": 5}, client=TAB, number=3)
    autosave(survey, {"t1": 2}, 2)
    assert state(survey).answers["t1"] == 5


@pytest.mark.parametrize(
    ("client", "number"),
    [("", 1), ("x" * 41, 1), ("a b", 1), ("ø", 1), (TAB, 0), (TAB, -1), (TAB, 2**53 + 1)],
)
def test_what_no_page_of_ours_sends_is_refused(survey, client, number):
    with pytest.raises(BadAutosave):
        autosave(survey, {"t1": 5}, number, client=client)
    assert state(survey).id is None


@pytest.mark.parametrize(
    ("page", "given", "error"),
    [
        (1, {"t1": 6}, OffScale),
        (1, {"o1": 3}, UnknownItem),
        (2, {"o1": 3}, PageTooEarly),
        (3, {"o1": 3}, UnknownPage),
    ],
)
def test_a_bad_message_stores_nothing(survey, page, given, error):
    with pytest.raises(error):
        autosave(survey, {"t2": 3, **given} if error is OffScale else given, 1, page=page)
    assert state(survey).id is None


def test_many_tabs_are_remembered_and_not_without_end(survey):
    for tab in range(30):
        autosave(survey, {"t1": tab % 5 + 1}, 1, client=f"tab-{tab}")
    assert len(state(survey).autosaves) == 20
    autosave(survey, {"t1": 1}, 1, client="tab-29")
    assert state(survey).answers == {"t1": 5}


def test_nothing_comes_after_the_submission(survey):
    survey.complete(P1)
    with pytest.raises(AlreadySubmitted):
        autosave(survey, {"t1": 1}, 1)
    closing.close(survey.storage, survey.settings, survey.slug)
    with pytest.raises(WaveClosed):
        autosave(survey, {"t1": 1}, 2)


def test_messages_and_the_submission_at_the_same_time(survey):
    """Whatever comes first: the answers are whole, and nothing is changed after the receipt."""
    survey.save(P1, 1, {"t1": 3})
    survey.save(P1, 2, {"o1": 3})
    start = threading.Barrier(12)

    def act(number):
        start.wait()
        if number == 0:
            return survey.submit(P1)
        with suppress(AlreadySubmitted):
            autosave(survey, {"t1": number % 5 + 1}, 1, client=f"tab-{number}")
        return None

    with ThreadPoolExecutor(12) as pool:
        codes = [code for code in pool.map(act, range(12)) if code]
    assert len(codes) == 1
    table = "assessment" if survey.assessments() else "anonymous_answers"
    with survey.storage.read() as session:
        (row,) = session.execute(sa.text(f"SELECT answers FROM {table}")).all()  # noqa: S608
    answers = row[0] if isinstance(row[0], dict) else msgspec.json.decode(row[0])
    assert set(answers) == {"t1", "t2", "t3", "o1", "o2", "all"}


def test_the_last_message_of_many_threads_wins(survey):
    def send(number):
        autosave(survey, {"t1": number % 5 + 1}, number)

    numbers = list(range(1, 41))
    random.Random(3).shuffle(numbers)  # noqa: S311 (not a secret)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, numbers))
    assert state(survey).answers == {"t1": 40 % 5 + 1}
    assert state(survey).autosaves == {TAB: 40}


# Orders --------------------------------------------------------------------------------


@pytest.fixture
def shuffled(instrument):
    first = msgspec.structs.replace(instrument.pages[0], shuffle=True)
    return msgspec.structs.replace(instrument, pages=(first, *instrument.pages[1:]))


@pytest.fixture
def make_shuffled(make_study, shuffled, mode):
    return make_study(2, privacy_mode=mode, questionnaire=shuffled)


def test_the_order_is_kept_the_first_time_and_goes_along(make_shuffled, shuffled):
    survey = make_shuffled
    one, other = (shuffled.order(seed) for seed in (1, 4))
    assert one != other
    autosave(survey, {"t1": 5}, 1, order=one)
    save(survey, 1, {"t1": 5}, order=other)
    save(survey, 2, {}, order=other)
    assert state(survey).order == one
    survey.submit(P1)
    table = "assessment" if survey.assessments() else "anonymous_answers"
    with survey.storage.read() as session:
        found = session.scalars(sa.text(f"SELECT item_order FROM {table}")).one()  # noqa: S608
    assert tuple(found if isinstance(found, list) else msgspec.json.decode(found)) == one


def test_an_order_that_the_questionnaire_does_not_allow_is_refused(make_shuffled, shuffled):
    survey, plain = make_shuffled, [item.id for item in shuffled.items]
    across = [plain[3], *plain[1:3], plain[0], *plain[4:]]
    for wrong in ([], plain[:-1], [*plain, "t1"], plain[::-1], across, ["t1"] * len(plain)):
        with pytest.raises(WrongOrder):
            save(survey, 1, {"t1": 5}, order=wrong)
    assert state(survey).id is None


def test_where_nothing_is_shuffled_no_order_is_kept(survey, instrument):
    save(survey, 1, {"t1": 5}, order=[item.id for item in instrument.items])
    assert state(survey).order is None


# Paths ---------------------------------------------------------------------------------


@pytest.fixture
def branching(instrument):
    """Ask those who distrust a page more, and an item of the last one."""
    first, last = instrument.pages
    low = Condition(item="t1", at_most=2)
    why = msgspec.structs.replace(last.items[0], id="why")
    asked = msgspec.structs.replace(last.items[1], show_if=(low,))
    middle = type(first)((why,), show_if=(low,))
    last = type(first)((last.items[0], asked, *last.items[2:]))
    return msgspec.structs.replace(instrument, pages=(first, middle, last))


@pytest.fixture
def branched(make_study, branching, mode):
    return make_study(2, privacy_mode=mode, questionnaire=branching)


def test_a_page_off_the_path_is_passed_over(branched):
    save(branched, 1, {"t1": 5})
    save(branched, 3, {"o1": 4})
    assert "o2" not in state(branched).answers
    assert branched.submit(P1)


def test_a_page_on_the_path_comes_before_the_end(branched):
    save(branched, 1, {"t1": 1})
    with pytest.raises(PageTooEarly) as refused:
        save(branched, 3, {"o1": 4})
    assert refused.value.allowed == 2
    save(branched, 2, {"why": 1})
    save(branched, 3, {"o1": 4})
    assert state(branched).answers["o2"] == "skipped"
    assert branched.submit(P1)


def test_answers_that_fall_off_the_path_are_kept_and_marked(branched):
    save(branched, 1, {"t1": 1})
    save(branched, 2, {"why": 1})
    save(branched, 3, {"o1": 4, "o2": 2})
    save(branched, 1, {"t1": 5})
    answers = state(branched).answers
    assert (answers["why"], answers["o2"]) == (1, 2)
    branched.submit(P1)
    table = "assessment" if branched.assessments() else "anonymous_answers"
    with branched.storage.read() as session:
        found = session.execute(sa.text(f"SELECT answers, off_path FROM {table}")).one()  # noqa: S608
    answers, off = (v if isinstance(v, (dict, list)) else msgspec.json.decode(v) for v in found)
    assert off == ["why", "o2"]
    assert answers["why"] == 1


def test_a_page_that_comes_onto_the_path_is_asked_before_the_end(branched):
    save(branched, 1, {"t1": 5})
    save(branched, 3, {"o1": 4})
    autosave(branched, {"t1": 1}, 1)
    assert state(branched).pages_done == 1
    with pytest.raises(PageTooEarly) as refused:
        branched.submit(P1)
    assert refused.value.allowed == 2
    save(branched, 2, {"why": 3})
    save(branched, 3, {"o2": 3})
    assert branched.submit(P1)


def test_a_person_that_declines_a_partner_can_come_back(make_study):
    """In a confidential study the list itself keeps it; other waves and people see nothing."""
    survey = make_study(2, partners=("Fjord", "Nord"))
    with survey.writing(P1) as (session, known):
        respond.decline(session, known, 2)
    states = {}
    with survey.storage.read() as session:
        for email, token in survey.tokens.items():
            roster = respond.by_token(session, token).roster
            states[email] = [entry.state for entry in roster]
    assert states == {
        P1: ["not_started", "declined"],
        "p2@vik.no": ["not_started", "not_started"],
    }
    code = survey.complete(P1)
    with survey.storage.read() as session:
        assert respond.receipt(session, code).remaining == 0
    with survey.writing(P1) as (session, known):
        respond.undecline(session, known, 2)
        with pytest.raises(AlreadySubmitted) as refused:
            respond.decline(session, known, 1)
    assert refused.value.receipt == code
    with survey.storage.read() as session:
        assert respond.receipt(session, code).remaining == 1


def test_whoever_submits_knows_the_partner_after_all(survey):
    survey.save(P1, 1, {"t1": 5})
    survey.save(P1, 2, {"o1": 5})
    with survey.writing(P1) as (session, known):
        respond.decline(session, known, 1)
    code = survey.submit(P1)
    with survey.storage.read() as session:
        known = respond.by_token(session, survey.tokens[P1])
        assert known.entry(1).state == "submitted"
        assert respond.receipt_of(session, known, 1, key=survey.key) == code
        status = studies.status(session, survey.slug)
    assert (status.submitted, status.declined) == (1, 0)


def test_the_notice_that_was_shown_stands_with_the_assessment(make_study):
    survey = make_study()
    survey.save(P1, 1, {})
    with survey.storage.read() as session:
        known = respond.by_token(session, survey.tokens[P1])
        kept = session.scalars(sa.select(Assessment.notice_sha256)).one()
    assert kept == known.notice.sha256
