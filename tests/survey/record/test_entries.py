"""Entries of a record: made, changed, moved on and struck out, and what is refused."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from survey.services import audit
from survey.services.record import entries, sheet
from survey.services.record.errors import EntryStruck, NoSuchEntry
from survey.services.record.kinds import FINAL, KINDS, STATES_OF, moves
from survey.services.record.timeline import timeline
from survey.storage.models import Partner, RecordEntry, Study, StudyPartner
from tests.survey.record.examples import GIVEN, TODAY

DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def test_every_kind_is_kept_as_it_was_typed(book):
    keys = {kind: book.make(kind) for kind in KINDS}
    for kind, key in keys.items():
        entry = book.entry(key)
        assert (entry.kind, entry.state) == (kind, STATES_OF[kind][0])
        with book.storage.read() as session:
            kept = entries.written(entries.found(session, book.partner_id, key))
        assert {name: text for name, text in kept.items() if text} == GIVEN[kind]
    record = book.read()
    assert record.stage.sort == "working"
    assert [entry.text for entry in record.late(TODAY)] == ["Weekly call"]
    assert book.entry(keys["action"]).owner == "Ann"


def test_a_form_that_is_sent_twice_makes_one_entry(book):
    key = book.make("incident")
    assert book.make("incident", key=key) == key
    assert len(book.read().entries) == 1


@pytest.mark.parametrize(
    ("kind", "given", "field", "said"),
    [
        ("expectation", {"text": "  "}, "text", "this is needed"),
        ("expectation", {"party": ""}, "party", "this is needed"),
        ("expectation", {"sort": "wish"}, "sort", "choose one of them"),
        (
            "expectation",
            {"items": "trust_keeps_promises no_item"},
            "items",
            "no item no_item in the",
        ),
        ("expectation", {"due_on": "2025-12-31"}, "due_on", "before it begins"),
        ("expectation", {"day": "2026-02-30"}, "day", "choose a day"),
        ("expectation", {"day": "1.2.2026"}, "day", "choose a day"),
        ("incident", {"day": "2026-10-06"}, "day", "still to come"),
        ("incident", {"text": "x" * 4001}, "text", "it has 4001 characters, at most 4000"),
        ("incident", {"text": "a\x07b"}, "text", "invisible control characters"),
        ("incident", {"touches": uuid.uuid4().hex}, "touches", "choose one of them"),
        ("incident", {"touches": "../etc"}, "touches", "choose one of them"),
        ("action", {"owner": f"user/{uuid.uuid4().hex}"}, "owner", "choose one of them"),
        ("action", {"owner": "root/1"}, "owner", "choose one of them"),
        ("action", {"aspect": "magic"}, "aspect", "choose one of them"),
        ("stage", {"sort": ""}, "sort", "this is needed"),
    ],
)
def test_what_cannot_be_kept_is_told_by_field(book, kind, given, field, said):
    problems = book.make(kind, **given)
    assert said in problems[field]
    assert book.read().entries == ()


def test_an_action_has_one_owner(book, contact):
    owner = f"contact/{contact.hex}"
    assert "not both" in book.make("action", owner=owner)["party"]
    key = book.make("action", owner=owner, party="")
    assert book.entry(key).owner == "Tordis Quist"


def test_what_an_entry_touches_is_agreed_with_the_same_partner(book):
    rule = book.make("expectation")
    assert book.entry(book.make("incident", touches=rule.hex)).touches == rule
    incident = book.make("incident")
    assert "choose" in book.make("dispute", touches=incident.hex)["touches"]
    with book.storage.write() as session:
        other = Partner(name="Nord", kind="supplier")
        session.add(other)
        session.flush()
        with pytest.raises(NoSuchEntry):
            entries.found(session, other.id, rule)
        problems = entries.make(
            session, audit.COMMAND_LINE, other, "dispute",
            GIVEN["dispute"] | {"touches": rule.hex}, key=uuid.uuid4(), today=TODAY,
        )  # fmt: skip
    assert "choose" in problems["touches"]


def test_a_change_is_kept_with_what_stood_there_before(book):
    key = book.make("expectation")
    changed = GIVEN["expectation"] | {"text": "Told two days before", "due_on": ""}
    assert book.do(entries.save, key, changed) == {}
    assert book.do(entries.save, key, changed) == {}, "nothing differs, so nothing is noted"
    latest, first = book.history(key)
    assert (latest.deed, first.deed) == ("changed", "made")
    assert set(latest.fields) == {
        ("text", "Late deliveries are told the day before", "Told two days before"),
        ("due_on", "2026-12-31", ""),
    }
    with book.storage.read() as session:
        log = audit.page(session, 1).entries
        lines = sorted(line.action for line in log)
        assert lines == ["record entry changed", "record entry made"]
        assert not any("days before" in line.what for line in log)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(book):
    key = book.make("incident")
    with book.storage.read() as session:
        seen = entries.digest(entries.found(session, book.partner_id, key))
    assert book.do(entries.save, key, GIVEN["incident"] | {"text": "Nine pallets"}) == {}
    problems = book.do(entries.save, key, GIVEN["incident"] | {"text": "Two"}, seen=seen)
    assert "somebody else" in problems[""]
    assert book.entry(key).text == "Nine pallets"


def test_a_dispute_goes_step_by_step_and_never_back(book):
    key = book.make("dispute")
    assert "before the step" in book.move(key, "clarified", "2026-03-04")["on"]
    assert "still to come" in book.move(key, "clarified", "2026-10-06")["on"]
    assert book.move(key, "clarified", "2026-03-10", "Both told their side") == {}
    assert "before the step" in book.move(key, "mediated", "2026-03-09")["on"]
    assert "choose" in book.move(key, "raised", "2026-03-11")["state"]
    assert book.move(key, "settled", "2026-03-20", "Half each") == {}
    assert "choose" in book.move(key, "withdrawn", "2026-03-21")["state"]
    entry = book.entry(key)
    assert [(step.state, step.note) for step in entry.steps] == [
        ("clarified", "Both told their side"),
        ("settled", "Half each"),
    ]
    assert entry.ended_on == dt.date(2026, 3, 20)
    later = GIVEN["dispute"] | {"day": "2026-03-11"}
    assert "after its first step" in book.do(entries.save, key, later)["day"]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STATES_OF["dispute"]), DAYS), max_size=8))
def test_whatever_is_tried_the_steps_of_a_dispute_go_forward_in_time(book, tries):
    key = book.make("dispute")
    kept = [("raised", dt.date(2026, 3, 5))]
    for state, day in tries:
        allowed = state in moves("dispute", kept[-1][0]) and kept[-1][1] <= day <= TODAY
        assert (book.move(key, state, day.isoformat()) == {}) == allowed
        kept += [(state, day)] if allowed else []
    entry = book.entry(key)
    assert [(step.state, step.day) for step in entry.steps] == kept[1:]
    assert entry.state == kept[-1][0]
    order = [STATES_OF["dispute"].index(state) for state, _ in kept]
    assert order == sorted(set(order))
    assert entry.ended_on == (kept[-1][1] if kept[-1][0] in FINAL else None)


def test_the_database_itself_refuses_a_state_of_another_kind(book):
    for values in ({"state": "done"}, {"state": "settled"}, {"sort": "rule"}, {"text": ""}):
        key = book.make("dispute")
        with pytest.raises(IntegrityError), book.storage.write() as session:
            session.execute(sa.update(RecordEntry).where(RecordEntry.id == key).values(**values))


def test_what_is_struck_out_stays_to_be_read_and_changes_no_more(book):
    key = book.make("stage")
    assert "needed" in book.do(entries.strike, key, " ")["why"]
    assert book.do(entries.strike, key, "Wrong partner") == {}
    entry = book.entry(key)
    assert (entry.struck_on, entry.struck_why) == (TODAY, "Wrong partner")
    assert book.read().stage is None
    for act, said in ((entries.save, GIVEN["stage"]), (entries.strike, "again")):
        with pytest.raises(EntryStruck):
            book.do(act, key, said)
    with pytest.raises(EntryStruck):
        book.move(key, "ended", "2026-10-01")
    assert [change.deed for change in book.history(key)] == ["struck", "made"]


def test_a_timeline_joins_the_record_with_the_waves(book, make_study):
    make_study(partners=("Fjord", "Nord"))
    rule, dispute = book.make("expectation"), book.make("dispute")
    book.move(dispute, "settled", "2026-03-20")
    book.do(entries.strike, book.make("incident"), "Never happened")
    with book.storage.read() as session:
        events = timeline(session, book.partner_id)
        mine = {book.partner_id}
        limited = timeline(session, book.partner_id, partners=mine)
        chosen = timeline(session, book.partner_id, ("wave",))
        study = session.scalars(sa.select(Study.id)).one()
        asked = session.scalars(
            sa.select(StudyPartner.partner_id).where(StudyPartner.study_id == study)
        )
        assert timeline(session, book.partner_id, partners=set(asked)) == events
    assert [(event.kind, event.state, event.until) for event in events[:3]] == [
        ("expectation", "expectation", None),
        ("dispute", "dispute", dt.date(2026, 3, 20)),
        ("dispute", "settled", None),
    ]
    assert events[0].entry_id == rule
    assert [event.text for event in chosen] == ["Our suppliers (1)"]
    assert {event.kind for event in events} - {event.kind for event in limited} == {"wave"}


def test_the_sheet_has_a_row_for_each_entry_and_no_formula(book):
    book.make("incident", text='=HYPERLINK("x")')
    key = book.make("dispute", text="A line\nand another")
    book.move(key, "clarified", "2026-03-10", "@all")
    with book.storage.write() as session:
        text = sheet.sheet(session, audit.COMMAND_LINE, session.get(Partner, book.partner_id))
        assert "record exported" in audit.actions(session)
    assert text.startswith("id,kind,sort,state,day,")
    assert '"\'=HYPERLINK(""x"")"' in text
    assert "2026-03-10 clarified: @all" in text
    assert text.count("\r\n") == 3
