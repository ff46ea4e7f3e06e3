"""What partners are compared by: the numbers of the report, nothing of hidden partners, words."""

import json

import pytest
from two_waves import LEVELS, SLUG, installation, play

from survey.errors import ResultsMissing
from survey.services import revising, studies
from survey.services.comparing import comments, kept
from survey.services.comparing.building import build
from survey.services.comparing.desk import cards, desk
from survey.services.comparing.model import ENCODER
from survey.services.published import research_paths, results_path, workspace_path
from survey.storage.models import Assessment, Participant


@pytest.fixture(scope="module")
def site(tmp_path_factory, empty_sqlite, instrument):
    storage, settings = installation(tmp_path_factory.mktemp("site"), empty_sqlite, instrument)
    yield storage, settings
    storage.close()


def documents(settings):
    numbers = json.loads(research_paths(settings, SLUG, 2)[0].read_text("utf-8"))
    return numbers, json.loads(results_path(settings, SLUG, 2, "theirs").read_text("utf-8"))


def test_every_number_is_one_of_the_report(site):
    _, settings = site
    workspace, (document, theirs) = kept.read(settings, SLUG, 2), documents(settings)
    assert workspace.names == sorted(LEVELS)
    for name, measure in workspace.scales.items():
        for row, score in zip(document["partners"][name], measure.scores, strict=True):
            chosen = row[document["pooling"][name]["shown"]]
            assert (score.n, score.mean, score.score) == (row["n"], row["mean"], chosen)
            assert (score.first, score.last) == (row["simultaneous_low"], row["simultaneous_high"])
        named = [[workspace.names[place] for place in band] for band in measure.bands]
        assert named == document["comparisons"][name]["bands"]
        for row, score in zip(theirs["partners"][name], workspace.theirs[name], strict=True):
            assert score.mean == row["mean"]
    for row, score in zip(
        document["composite"]["partners"], workspace.composite.scores, strict=True
    ):
        assert (score.mean, score.mean_low) == (row["mean"], row["ci_low"])
        assert (score.first, score.last) == (row["simultaneous_low"], row["simultaneous_high"])
    assert [d.share for d in workspace.drivers] == [
        r["relative"] for r in document["drivers"]["rows"]
    ]
    assert len(workspace.warnings) == len(document["warnings"])


def test_planted_facts_stand_out_and_hidden_partners_do_not(site):
    _, settings = site
    workspace = kept.read(settings, SLUG, 2)
    place = {name: at for at, name in enumerate(workspace.names)}
    assert workspace.composite.scores[place["Nord"]].beyond == -1
    assert workspace.composite.scores[place["Sund"]].mean is None
    falls = {
        workspace.names[s.partner] for s in workspace.warnings if s.sure and s.rule == "falling"
    }
    assert falls <= {"Fjord"}
    course = workspace.composite_courses[place["Fjord"]]
    assert course.slope_high < 0
    assert course.change == pytest.approx(course.points[1].value - course.points[0].value)
    assert workspace.composite_courses[place["Sund"]] is None
    assert workspace.courses["trust"][place["Sund"]] is None
    assert all(row.a is None for row in (workspace.seen[s][place["Sund"]] for s in workspace.seen))


def test_without_waves_sides_or_composite_there_is_less(site):
    _, settings = site
    document, _ = documents(settings)
    for part in ("two_sides", "waves", "warnings", "composite", "drivers"):
        document.pop(part)
    workspace = build(document, None, [])
    assert (workspace.composite, workspace.theirs, workspace.seen, workspace.courses) == (
        None,
        {},
        {},
        {},
    )
    assert ENCODER.encode(workspace)


def test_the_register_says_by_what_partners_are_chosen(site):
    storage, settings = site
    with storage.read() as session:
        found = desk(session, settings, SLUG)
        assert found.waves == (2, 1)
        assert found.choices()["region"] == ("North", "West")
        names = found.workspace.names
        assert [names[p] for p in found.chosen({"region": "West"})] == ["Berg", "Fjord"]
        assert found.chosen({"region": "West", "kraljic": "routine"}) == (names.index("Berg"),)
        assert found.chosen({"category": "none"}) == ()
        fjord = found.partners[names.index("Fjord")]
        assert (fjord.share, fjord.invited, fjord.coverage) == (40.0, 12, 1.0)
        assert found.place_of(fjord.id) == names.index("Fjord")
        (way,) = cards(session, settings, [fjord.id])
        assert (way.slug, way.partner) == (SLUG, "Fjord")


def test_words_are_shown_of_enough_people_only(site):
    _, settings = site
    texts = comments.read(settings, SLUG, 2, 1)
    assert set(texts["ours"]) == {"Fjord", "Nord", "Berg"}  # of Sund three people wrote
    assert texts.get("theirs", {}) == {}  # six of each
    assert set(texts["ours"]["Fjord"]) == {"Fjord ours 1"}


def test_what_an_older_program_kept_is_not_read(site):
    _, settings = site
    path = workspace_path(settings, SLUG, 1)
    data = path.read_bytes()
    try:
        path.write_bytes(data.replace(b'"edition":1', b'"edition":0'))
        assert kept.read(settings, SLUG, 1) is None
        for broken in (b"{", b"", data.replace(b"Fjord", b"\xff\xff")):
            path.write_bytes(broken)
            assert kept.read(settings, SLUG, 1) is None
    finally:
        path.write_bytes(data)
    assert kept.read(settings, SLUG, 1) is not None


def test_words_that_are_taken_back_go_and_an_open_wave_has_nothing(storage, settings, instrument):
    play(storage, settings, instrument)
    with storage.write() as session:
        study, wave = studies.find(session, SLUG, 2)
        person = session.query(Participant).filter_by(email="p0@vik.no").one()
        for row in session.query(Assessment).filter_by(participant_id=person.id, wave_id=wave.id):
            session.delete(row)
        session.flush()
        revising.without(session, settings, study, wave)
        version = wave.data_version
    assert comments.read(settings, SLUG, 2, version) == {}  # the program may end here
    revising.settle(storage, settings, SLUG, 2)
    texts = comments.read(settings, SLUG, 2, version)["ours"]
    assert (len(texts["Fjord"]), len(texts["Nord"])) == (11, 10)
    with storage.write() as session:
        studies.next_wave(session, SLUG)
        studies.open_wave(session, SLUG)
    with storage.read() as session:
        assert desk(session, settings, SLUG).workspace.wave == 2
        with pytest.raises(ResultsMissing):
            desk(session, settings, SLUG, 3)
