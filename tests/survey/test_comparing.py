"""What partners are compared by: the numbers of the report, nothing of hidden partners, words."""

import json

import msgspec
import polars as pl
import pytest
from two_waves import LEVELS, SLUG, installation, play

from survey.errors import ComparisonOutdated, ComparisonUnreadable, ResultsMissing
from survey.services import revising, snapshots, studies
from survey.services.assessing import Frozen, Stack, compared
from survey.services.comparing import comments, kept, measuring
from survey.services.comparing.building import build
from survey.services.comparing.desk import cards, desk
from survey.services.comparing.model import ENCODER, Driver, Sign
from survey.services.published import (
    research_paths,
    results_path,
    snapshot_path,
    workspace_path,
)
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


def stack(settings):
    """Give both waves with their rows."""
    first, last = (
        Frozen(snapshots.read(snapshot_path(settings, SLUG, n), None), str(n)) for n in (1, 2)
    )
    return Stack(last, (first,))


def test_changes_since_a_wave_are_those_of_the_analysis(site):
    _, settings = site
    workspace, (document, _) = kept.read(settings, SLUG, 2), documents(settings)
    of = {name: place for place, name in enumerate(workspace.names)}
    for name, courses in workspace.courses.items():
        for row in document["waves"]["scales"][name]["change"]["rows"]:
            if row["suppressed_reason"]:
                continue
            (shift,) = courses[of[row["partner"]]].since
            plain = row["shrunken_ci_low"] is None  # too few partners to tell
            names = ("slope", "ci_low", "ci_high")
            if not plain:
                names = ("shrunken", "shrunken_ci_low", "shrunken_ci_high")
            expected = (1, *(row[name] for name in names))
            assert (shift.wave, shift.value, shift.low, shift.high) == pytest.approx(expected)
            assert shift.shrunken is not plain


def test_reliability_and_points_are_those_of_the_report(site):
    _, settings = site
    workspace, (document, _) = kept.read(settings, SLUG, 2), documents(settings)
    for name, measure in workspace.scales.items():
        found = document["aggregation"][name]
        assert (measure.icc, measure.needed) == (found["icc1_reml"], found["raters_needed_70"])
        for score in measure.scores:
            if score.reliability is not None and measure.icc:
                n = score.n
                expected = n * measure.icc / (1 + (n - 1) * measure.icc)
                assert score.reliability == pytest.approx(expected)
    for place, course in enumerate(workspace.composite_courses):
        if course is not None:
            score = workspace.composite.scores[place]
            point = (score.n, score.mean, score.mean_low, score.mean_high)
            last = course.points[-1]
            assert (last.n, last.value, last.low, last.high) == pytest.approx(point)


def test_items_and_care_are_those_of_the_rows(site):
    _, settings = site
    workspace = kept.read(settings, SLUG, 2)
    of = {name: place for place, name in enumerate(workspace.names)}
    rows = stack(settings).last.snapshot.frame.filter(side="ours")
    assert set(workspace.items) >= {"t1", "o1"}
    for item in workspace.items.values():
        assert item.scores[of["Sund"]] is None
        assert any(score is not None for score in item.scores)
    fjord = workspace.items["t1"].scores[of["Fjord"]]
    answers = rows.filter(partner="Fjord")["t1"].to_list()
    assert (fjord.n, fjord.mean) == (len(answers), pytest.approx(sum(answers) / len(answers)))
    assert workspace.judged == 35
    assert workspace.careless is None  # fewer than five


def test_what_a_hidden_partner_answered_changes_no_byte_that_is_kept(site):
    _, settings = site
    kept_of = []
    for turned in (False, True):
        waves = stack(settings)
        if turned:
            waves = Stack(turn(waves.last), tuple(turn(each) for each in waves.earlier))
        document = compared(waves)
        beside = measuring.measure(waves, document["composite"]["weights"], 0.95)
        kept_of.append(ENCODER.encode(build(document, None, beside)))
    assert kept_of[0] == kept_of[1]


def turn(frozen):
    """Let those who are hidden answer the opposite."""
    items = ("t1", "t2", "t3", "o1", "o2", "all")
    hidden = (pl.col("partner") == "Sund") & (pl.col("side") == "ours")
    turned = [pl.when(hidden).then(6 - pl.col(i)).otherwise(pl.col(i)).alias(i) for i in items]
    frame = frozen.snapshot.frame.with_columns(turned)
    assert not frame.equals(frozen.snapshot.frame)
    return Frozen(frozen.snapshot.with_rows(frame), frozen.sha256)


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
    workspace = build(document, None)
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


def test_what_cannot_be_used_is_refused_and_no_earlier_wave_shown_for_it(site, caplog):
    storage, settings = site
    path = workspace_path(settings, SLUG, 2)
    data = path.read_bytes()
    broken = [b"{", b"", data.replace(b"Fjord", b"\xff\xff"), data[:-9]]
    broken += [ENCODER.encode(each) for each in misfits(kept.read(settings, SLUG, 2))]
    cases = [(data.replace(b'"edition":2', b'"edition":1'), ComparisonOutdated)]
    cases += [(each, ComparisonUnreadable) for each in broken]
    try:
        for changed, refusal in cases:
            path.write_bytes(changed)
            caplog.clear()
            assert kept.read(settings, SLUG, 2) is None
            assert len(caplog.records) == 1
            with storage.read() as session, pytest.raises(refusal):
                desk(session, settings, SLUG)
            with storage.read() as session:
                assert desk(session, settings, SLUG, 1).workspace.wave == 1
                ours = changed.startswith(b'{"edition":2,')
                assert desk(session, settings, SLUG, 1).waves == ((2, 1) if ours else (1,))
    finally:
        path.write_bytes(data)
    assert kept.read(settings, SLUG, 2) is not None


def misfits(workspace):
    """Give files of the right shape whose parts do not fit each other."""
    change, trust = msgspec.structs.replace, workspace.scales["trust"]
    short = change(trust, scores=trust.scores[:-1])
    far = change(trust, bands=[[0, 99]])
    sign = Sign("none", 0, "falling", None, None, None, None, "", None, sure=True)
    items = {"t1": change(workspace.items["t1"], scores=[])}
    return [
        change(workspace, names=workspace.names[:-1]),
        change(workspace, names=["Fjord"] * len(workspace.names)),
        change(workspace, scales={}),
        change(workspace, scales={**workspace.scales, "trust": short}),
        change(workspace, scales={**workspace.scales, "trust": far}),
        change(workspace, composite=short),
        change(workspace, labels={}),
        change(workspace, leads=[]),
        change(workspace, courses={"trust": []}),
        change(workspace, composite_courses=[None]),
        change(workspace, closed=[]),
        change(workspace, warnings=[sign]),
        change(workspace, drivers=[Driver("none", 0.1, 0.1, 0.1)]),
        change(workspace, alike=[["trust"]]),
        change(workspace, items=items),
        change(workspace, unknown={"none": 0.1}),
    ]


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
