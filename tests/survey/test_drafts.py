"""Studies in the making: chosen step by step, never lost for being wrong, made whole."""

import pytest

from survey.errors import BadInput, NoDraft, StudyExists
from survey.services import drafts, studies
from survey.services.drafts import Chosen

GOOD = {
    "title": "Our suppliers",
    "slug": "suppliers",
    "instruments": ("berg4", "pulse"),
    "partners": ("Fjord", "Nord"),
    "languages": ("nb", "en"),
    "weights": {"accuracy": 2.0},
}


def begun(storage, **fields):
    with storage.write() as session:
        key = drafts.begin(session).key
        drafts.choose(session, key, **fields)
    return key


def test_a_study_is_chosen_step_by_step_and_made(storage):
    key = begun(storage, title="Our suppliers")
    for field, value in GOOD.items():
        with storage.write() as session:
            drafts.choose(session, key, **{field: value})
    with storage.write() as session:
        assert drafts.draft(session, key).chosen == Chosen(**GOOD)
        assert drafts.finish(session, key).slug == "suppliers"
    with storage.read() as session:
        status = studies.status(session, "suppliers")
        assert (status.instrument, status.languages) == ("berg4+pulse", ("nb", "en"))
        assert (status.weights, status.partners) == ({"accuracy": 2.0}, 2)
        assert drafts.drafts(session) == []
        with pytest.raises(NoDraft):
            drafts.draft(session, key)


def test_what_is_wrong_is_kept_and_told_by_step(storage):
    wrong = {**GOOD, "slug": "Our suppliers!", "partners": (), "min_group": 2, "sides": ("mine",)}
    key = begun(storage, **wrong)
    with storage.write() as session, pytest.raises(BadInput) as refused:
        drafts.finish(session, key)
    assert len(refused.value.problems) == 4
    with storage.read() as session:
        chosen = drafts.draft(session, key).chosen
    assert chosen.slug == "Our suppliers!"
    assert list(drafts.problems(chosen)) == ["name", "people", "privacy", "partners"]
    assert set(drafts.problems(chosen)) <= set(drafts.STEPS)


@pytest.mark.parametrize("instruments", [(), ("nothing",), ("berg4", "nothing")])
def test_questionnaires_that_are_not_there_are_told(instruments):
    assert list(drafts.problems(Chosen(**{**GOOD, "instruments": instruments}))) == ["questions"]


def test_the_name_may_be_taken_meanwhile(storage):
    first, second = begun(storage, **GOOD), begun(storage, **GOOD)
    with storage.write() as session:
        drafts.finish(session, first)
    with storage.write() as session, pytest.raises(StudyExists):
        drafts.finish(session, second)
    with storage.read() as session:
        assert [each.key for each in drafts.drafts(session)] == [second]


def test_a_study_begins_like_another_and_may_be_given_up(storage):
    with storage.write() as session:
        drafts.finish(session, begun_in(session))
        like = drafts.begin(session, like="suppliers")
    assert like.chosen == Chosen(**{**GOOD, "title": "", "slug": ""})
    with storage.write() as session:
        drafts.drop(session, like.key)
        with pytest.raises(NoDraft):
            drafts.drop(session, like.key)


def begun_in(session):
    key = drafts.begin(session).key
    drafts.choose(session, key, **GOOD)
    return key
