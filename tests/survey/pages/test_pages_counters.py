"""Opened, started, saved, submitted: counted as they happen, in numbers that add up."""

import dataclasses

import pytest
import sqlalchemy as sa

from survey.services import closing, studies
from survey.storage import schema

MODES = ("identified", "confidential", "anonymous")


def counted(survey):
    with survey.storage.read() as session:
        status = studies.status(session, survey.slug)
    names = ("assessments", "opened", "started", "saved", "submitted", "withdrawn", "declined")
    return tuple(getattr(status, name) for name in names)


@pytest.mark.parametrize("mode", MODES)
def test_each_step_of_a_visit_is_counted_once(make_study, make_visitor, mode):
    survey = make_study(2, partners=("Fjord", "Nord"), privacy_mode=mode)
    visitor, token = make_visitor(), survey.tokens["p1@vik.no"]
    for _ in range(2):
        visitor.get(f"/r/{token}")
    assert counted(survey) == (4, 0, 0, 0, 0, 0, 0), "looking is not opening"
    visitor.press()
    assert counted(survey) == (4, 2, 0, 0, 0, 0, 0)
    make_visitor().open(token)
    assert counted(survey) == (4, 2, 0, 0, 0, 0, 0), "the same person, in another browser"
    visitor.get("/respond/1/1")
    visitor.fill()
    assert counted(survey) == (4, 2, 1, 1, 0, 0, 0)
    visitor.fill()
    visitor.press()
    assert counted(survey) == (4, 2, 1, 0, 1, 0, 0)
    visitor.get("/respond/")
    visitor.press(("decline", "2"))
    assert counted(survey) == (4, 2, 1, 0, 1, 0, 1)
    for asked, opened, started, saved, submitted, withdrawn, declined in [counted(survey)]:
        assert asked >= opened >= started >= submitted
        assert started == saved + submitted + withdrawn
        assert declined <= opened
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, survey.slug)
    assert counted(survey) == (4, 2, 1, 0, 1, 0, 1), "an anonymous wave has no notes left"


def test_an_open_link_counts_as_opened_with_its_first_answer(anonymous, open_code, make_visitor):
    visitor = make_visitor()
    visitor.get(f"/o/{open_code}")
    visitor.press()
    assert counted(anonymous)[:3] == (2, 0, 0)
    visitor.press()
    visitor.fill()
    assert counted(anonymous)[:3] == (2, 1, 1)


def test_opening_says_neither_when_nor_who(anonymous, make_visitor):
    make_visitor().open(anonymous.tokens["p1@vik.no"])
    with anonymous.storage.read() as session:
        (row,) = session.execute(sa.text("SELECT * FROM participation WHERE opened")).mappings()
        opened = session.scalar(sa.text("SELECT count(*) FROM invitation WHERE opened"))
    assert set(row) == {"key", "wave_id", "submitted", "declined", "opened"}
    assert opened == 0, "an invitation of an anonymous study has a person"


def test_what_was_begun_before_there_were_notes_was_opened(make_study):
    survey = make_study(3)
    survey.save("p1@vik.no", 1, {"t1": 3})
    with survey.storage.write() as session:
        session.execute(sa.text("UPDATE invitation SET opened = true"))
    assert counted(survey)[:3] == (3, 3, 1)
    schema.migrate(survey.storage, "0006", down=True)
    schema.migrate(survey.storage, "head")
    assert counted(survey)[:3] == (3, 1, 1)


def test_the_page_of_a_study_shows_sides_to_those_who_run_it(make_study, staff):
    make_study(6, partners=("Fjord",))
    page = staff("manager").get("/studies/suppliers")
    assert "Wave 1 by who answers" in page.text
    assert "Wave 1 by who answers" not in staff("researcher", "rae").get("/studies/suppliers").text


def test_counts_are_numbers_of_the_status(make_study):
    with make_study(1).storage.read() as session:
        assert dataclasses.asdict(studies.status(session, "suppliers"))["opened"] == 0
