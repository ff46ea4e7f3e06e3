"""Participation by partner, where numbers of few people are not told; checks before opening."""

import json
from itertools import product

import numpy as np
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as choices
from hypothesis import strategies as st

from analysis.aggregation import raters_needed
from survey.cli import main
from survey.errors import WaveState
from survey.services import closing, invitations, participation, readiness, studies
from survey.services.audit import COMMAND_LINE
from survey.services.counters import Counts
from survey.services.participation import Asked, Taking, _each_is_of_many, _hidden
from survey.services.register import partner_import
from survey.storage.models import SIDES, Study


def counted(survey, what=participation.by_partner):
    with survey.storage.read() as session:
        return what(session, survey.slug)


def invite(survey, rows):
    sheet = "name,email,language,partners,side\n" + "\n".join(rows)
    with survey.storage.write() as session:
        invitations.invite(session, survey.slug, sheet.encode(), "p.csv", base_url="https://v.no")


def test_numbers_of_few_people_are_not_told_nor_what_subtraction_would_tell(make_study):
    survey = make_study(6, partners=("Fjord", "Nord", "Sund"))
    survey.fill_in((2, 0, 3))
    assert [(row.invited, row.submitted) for row in counted(survey)] == [(6, 2), (6, 0), (6, 3)]
    two = make_study(1, slug="two", partners=("Fjord", "Nord", "Sund"))
    invite(two, [f"F{n},f{n}@vik.no,,{'Fjord' if n else 'Fjord; Nord'}," for n in range(6)])
    invite(two, [f"S{n},s{n}@vik.no,,Sund," for n in range(9)])
    rows = {row.name: row.submitted for row in counted(two)}
    assert rows == {"Fjord": None, "Nord": None, "Sund": 0}, (
        "Nord has two; Fjord keeps them company"
    )


def test_identified_studies_tell_everything(make_study):
    survey = make_study(2, privacy_mode="identified")
    survey.complete("p1@vik.no")
    assert counted(survey) == (Taking("Fjord", "ours", 2, 1),)


def test_confidential_studies_hide_few_people_and_the_next_smallest(make_study):
    survey = make_study(2)
    survey.complete("p1@vik.no")
    assert counted(survey) == (Taking("Fjord", "ours", 2, None),)


def test_anonymous_studies_hide_few_answers_as_well(make_study):
    survey = make_study(8, privacy_mode="anonymous")
    for n in range(1, 5):
        survey.complete(f"p{n}@vik.no")
    assert counted(survey) == (Taking("Fjord", "ours", 8, None),)
    survey.complete("p5@vik.no")
    assert counted(survey) == (Taking("Fjord", "ours", 8, 5),)


def test_the_total_of_an_anonymous_study_does_not_tell_of_the_one_that_is_hidden(make_study):
    survey = make_study(14, privacy_mode="anonymous", partners=("Fjord", "Nord", "Sund"))
    survey.fill_in((5, 1, 8))
    told = {row.name: row.submitted for row in counted(survey)}
    with survey.storage.read() as session:
        total = studies.status(session, survey.slug).submitted
    assert told == {"Fjord": None, "Nord": None, "Sund": 8}
    assert total - 8 == 6, "of Fjord and Nord together, not 1 of Nord"


def test_groups_add_up_what_is_told(make_study):
    survey = make_study(6, partners=("Fjord", "Nord", "Sund"))
    survey.fill_in((2, 0, 3))
    sheet = b"name,groups\nFjord,Sea; Key\nSund,Sea\n"
    with survey.storage.write() as session:
        partner_import.carry_out(session, COMMAND_LINE, sheet, "p.csv")
    key, sea = counted(survey, participation.by_group)
    assert (key.name, key.partners, key.invited, key.submitted) == ("Key", 1, 6, 2)
    assert (sea.partners, sea.invited, sea.submitted, sea.untold) == (2, 12, 5, 0)


def people_of(cells):
    return frozenset().union(*(asked.people for asked in cells))


ASKED = st.tuples(st.sampled_from(SIDES), st.sets(st.integers(1, 14)), st.integers(0, 14))


@choices(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_cells=st.lists(ASKED, min_size=1, max_size=6), anonymous=st.booleans())
def test_what_is_hidden_is_never_of_few_people_unless_nothing_is_told(given_cells, anonymous):
    """The same people stand in several cells of a side, and count once."""
    mode = "anonymous" if anonymous else "confidential"
    study = Study(min_group=5, privacy_mode=mode, sides=list(SIDES))
    cells = {
        (n, side): Asked(side, frozenset((side, who) for who in people), min(done, len(people)))
        for n, (side, people, done) in enumerate(given_cells)
    }
    hidden = _hidden(cells, study)
    told = [asked for cell, asked in cells.items() if cell not in hidden]
    assert all(len(asked.people) >= 5 for asked in told)
    if anonymous:
        assert all(asked.submitted >= 5 for asked in told)
    untold = [cells[cell] for cell in hidden]
    assert not untold or not told or len(people_of(untold)) >= 5
    if anonymous and untold and told:
        assert sum(asked.submitted for asked in untold) >= 5
    for side in SIDES:
        if any(asked.side == side for asked in told):
            here = [asked for asked in untold if asked.side == side]
            assert not here or len(people_of(here)) >= 5


PERSON = st.tuples(
    st.sampled_from(SIDES), st.sampled_from(("en", "nb")), st.sets(st.integers(0, 2), min_size=1)
)


def _levels(rows, study):
    """Give by what `by_side` tells: nothing, sides, or sides and languages as well."""
    if _each_is_of_many([(row[1], row[-1]) for row in rows], study):
        yield lambda row: row[1]
        if _each_is_of_many(rows, study):
            yield lambda row: row[1:3]


@choices(max_examples=60, deadline=None)
@given(people=st.lists(PERSON, min_size=3, max_size=24))
def test_no_sum_or_difference_of_what_is_told_is_of_few_different_people(people):
    """Every combination of all the tables that a page shows, with the total, by brute force."""
    study = Study(min_group=3, privacy_mode="confidential", sides=list(SIDES))
    rows = [
        (partner, side, language, n)
        for n, (side, language, partners) in enumerate(people)
        for partner in partners
    ]
    grouped = {}
    for partner, side, _, who in rows:
        grouped.setdefault((partner, side), set()).add(who)
    cells = {cell: Asked(cell[1], frozenset(who), 0) for cell, who in grouped.items()}
    hidden = _hidden(cells, study)
    told = [{row for row in rows if row[:2] == cell} for cell in cells if cell not in hidden]
    for level in _levels(rows, study):
        told += [{row for row in rows if level(row) == each} for each in set(map(level, rows))]
    told = [set(rows), *told]
    every = len({row[-1] for row in rows})
    member = np.array([[row in group for row in rows] for group in told[:8]], dtype=np.int8)
    sums = np.array(list(product((-1, 0, 1), repeat=len(member))), dtype=np.int8) @ member
    indicators = sums[(sums >= 0).all(axis=1) & (sums <= 1).all(axis=1)]
    for each in np.unique(indicators, axis=0):
        isolated = {row[-1] for row, times in zip(rows, each, strict=True) if times}
        assert not isolated or len(isolated) >= 3 or every < 3


def test_sides_are_told_of_enough_people_and_languages_where_partners_allow(make_study):
    survey = make_study(6, partners=("Fjord", "Nord"), sides=("ours", "theirs"))
    invite(survey, [f"T{n},t{n}@fjord.no,nb,Fjord,theirs" for n in range(5)])
    survey.complete("p1@vik.no")
    survey.save("p2@vik.no", 1, {"t1": 2})
    ours, theirs = counted(survey, participation.by_side)
    assert (ours.side, ours.language, theirs.side) == ("ours", "en", "theirs")
    assert ours.counts == Counts(asked=12, opened=4, started=2, saved=1, submitted=1)
    invite(survey, ["T9,t9@fjord.no,is,Fjord,theirs"])
    assert [(row.side, row.language) for row in counted(survey, participation.by_side)] == [
        ("ours", ""),
        ("theirs", ""),
    ], "one person reads Icelandic"
    small = make_study(6, slug="few", partners=("Fjord",), sides=("ours", "theirs"))
    invite(small, ["T1,t1@fjord.no,nb,Fjord,theirs"])
    assert counted(small, participation.by_side) == ()


def checked(survey, number=None):
    with survey.storage.read() as session:
        return readiness.checks(session, survey.settings, survey.slug, number)


def test_a_draft_is_told_what_it_will_miss(make_study):
    survey = make_study(6, opened=False, partners=("Fjord", "Nord"), sides=("ours", "theirs"))
    invite(survey, ["X,x@fjord.no,,Fjord,theirs"])
    assert [(each.code, each.said.split(":")[0]) for each in checked(survey)] == [
        ("few", "Fjord, side ours"),
        ("hidden", "Fjord, side theirs"),
        ("few", "Nord, side ours"),
        ("hidden", "Nord, side theirs"),
        ("no_contact", "page one names nobody whom people may ask"),
    ]
    assert checked(survey)[0].said == (
        "Fjord, side ours: 6 invited; about 14 answers make its mean reliable (.70), if partners "
        "differ as they usually do (ICC 0.15)"
    )


def test_nobody_is_invited_on_a_side_or_at_all(make_study):
    survey = make_study(14, opened=False, sides=("ours", "theirs"), contact="Kari")
    assert [each.code for each in checked(survey)] == ["no_side"]
    empty = make_study(14, slug="later", opened=True)
    with pytest.raises(WaveState):
        checked(empty)


def test_a_next_wave_reckons_with_what_the_last_one_showed(make_study):
    survey = make_study(24, partners=("Fjord", "Nord", "Sund"), contact="Kari")
    survey.fill_in((8, 8, 8))
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.write() as session:
        studies.next_wave(session, survey.slug)
    assert [each.code for each in checked(survey)] == ["nobody"]
    invite(survey, [f"P{n},p{n}@vik.no,,Fjord," for n in range(1, 8)])
    assert {each.code for each in checked(survey)} <= {"few", "hidden"}
    few = [each.said for each in checked(survey) if each.code == "few"]
    assert all("as in wave 1" in said for said in few)


@pytest.mark.parametrize("icc", [0.05, 0.15, 0.3, 0.6])
def test_raters_needed_are_those_of_the_analysis(icc):
    assert readiness.raters_needed(icc) == pytest.approx(raters_needed(icc), abs=1)
    assert readiness.raters_needed(icc) >= raters_needed(icc) - 1e-9


def test_translations_that_nobody_reviewed_stop_it(make_study):
    survey = make_study(14, opened=False, contact="Kari")
    with survey.storage.write() as session:
        session.execute(
            sa.update(Study).values(translations={"nb": {"below": ["t1"], "stale": []}})
        )
    (found,) = checked(survey)
    assert (found.severity, found.code) == ("stop", "translations")
    assert "nb: 1 translations were not reviewed, 0 are older" in found.said


def test_the_commands_say_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TILLIT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TILLIT_BASE_URL", "https://survey.vik.no")
    monkeypatch.chdir(tmp_path)

    def tillit(*arguments):
        return CliRunner().invoke(main, arguments, catch_exceptions=False).output

    tillit("init", "--organisation", "Vik")
    new = ("study", "new", "s", "--title", "S", "--instrument", "berg4")
    tillit(*new, "--partner", "Fjord", "--contact", "Kari")
    assert "note: nobody is invited yet" in tillit("study", "check", "s")
    assert "Nobody is invited." in tillit("study", "participation", "s")
    people = "".join(f"P{n},p{n}@vik.no,,\n" for n in range(14))
    (tmp_path / "people.csv").write_text("name,email,language,partners\n" + people)
    tillit("invite", "s", "people.csv")
    assert json.loads(tillit("study", "check", "s", "--json")) == []
    assert "Nothing stands in the way of opening s." in tillit("study", "check", "s")
    told = json.loads(tillit("study", "participation", "s", "--json"))
    assert told["partners"] == [{"name": "Fjord", "side": "ours", "invited": 14, "submitted": 0}]
    assert "14 invited  0 submitted" in tillit("study", "participation", "s")
