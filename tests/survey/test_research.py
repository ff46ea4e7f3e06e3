"""The report for researchers: both sides, all waves, recomputable, no hidden partner in it."""

import datetime as dt
import json
import random
import re

import msgspec
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey.cli import main
from survey.errors import ResultsHeldBack, ResultsMissing, WaveState
from survey.services import (
    closing,
    invitations,
    research,
    researched,
    respond,
    retention,
    revising,
    snapshots,
    studies,
)
from survey.services.assessing import Frozen, Stack, assessed, compared, sides_of
from survey.services.published import research_paths, results_path, workspace_path
from survey.services.snapshots import Row

LEAST = 5
ITEMS = ("t1", "t2", "t3", "o1", "o2", "all")
SIDES = ("ours", "theirs")
SIZES = (  # of each wave: partner and side → how many answered; fewer than five are hidden
    {("Fjord", "ours"): 7, ("Fjord", "theirs"): 6, ("Nord", "ours"): 4, ("Nord", "theirs"): 8,
     ("Sund", "ours"): 9, ("Sund", "theirs"): 2},
    {("Fjord", "ours"): 6, ("Fjord", "theirs"): 7, ("Nord", "ours"): 6, ("Nord", "theirs"): 3,
     ("Sund", "ours"): 8, ("Sund", "theirs"): 6},
)  # fmt: skip


# Documents -----------------------------------------------------------------------------


def answers(rng):
    liking = rng.randint(2, 4)
    given = {item: liking + rng.choice((-1, 0, 0, 1)) for item in ITEMS}
    left_out = {rng.choice(ITEMS): "skipped"} if rng.random() < 0.2 else {}
    return given | {"t3": 6 - given["t3"]} | left_out


def frozen(instrument, wave, sizes, hidden=1):
    """Freeze simulated rows; ``hidden`` is the seed of the answers that nobody may see."""
    seen, unseen = random.Random(wave), random.Random(hidden)  # noqa: S311 (no secret)
    rows = [
        Row(partner, side, "en", answers(seen if size >= LEAST else unseen))
        for (partner, side), size in sizes.items()
        for _ in range(size)
    ]
    meta = {
        "study": "both",
        "wave": wave,
        "sides": list(SIDES),
        "scoring_key": instrument.scoring_key(),
        "labels": {each.id: each.label for each in instrument.constructs},
        "thresholds": {"min_group": LEAST, "min_group_text": 10},
    }
    return Frozen(snapshots.build(rows, instrument, wave, meta), f"{wave:064}")


def family(*waves, thorough=False):
    """Give all documents that are kept of a study: of each side of each wave, and of all."""
    documents = {}
    for number, last in enumerate(waves):
        for side in sides_of(last.snapshot):
            documents[number, side] = assessed(last.snapshot, last.sha256, side)
        stack = Stack(last, waves[:number])
        documents[number, "all"] = compared(stack, thorough=thorough)
    return documents


@pytest.fixture(scope="module")
def published(instrument):
    return family(*(frozen(instrument, n, sizes) for n, sizes in enumerate(SIZES, 1)))


def without_hash(documents):
    told = [{k: v for k, v in each.items() if k != "snapshot"} for each in documents.values()]
    return msgspec.json.encode(told)


@pytest.mark.parametrize("more", [0, 1])
def test_what_hidden_partners_answered_changes_no_document(instrument, published, more):
    """No number of the family moves with hidden rows, so none can be solved for them."""
    assert without_hash(family(*with_other_hidden_rows(instrument, more))) == without_hash(
        published
    )


@pytest.mark.durability
def test_nor_does_it_change_what_takes_long(instrument):
    waves = [frozen(instrument, n, sizes) for n, sizes in enumerate(SIZES, 1)]
    other = with_other_hidden_rows(instrument, 1)
    first, second = (without_hash(family(*each, thorough=True)) for each in (waves, other))
    assert first == second


def with_other_hidden_rows(instrument, more):
    """Freeze the same waves, but for what hidden partners answered and how many rows they have."""
    sizes = [
        {place: n if n >= LEAST else min(n + more, LEAST - 1) for place, n in each.items()}
        for each in SIZES
    ]
    return [frozen(instrument, n, each, hidden=2 + more) for n, each in enumerate(sizes, 1)]


def means(document):
    """Give the mean of each scale and partner, as one side's document has it."""
    return {
        (scale, row["partner"]): (row["n"], row["mean"])
        for scale, rows in document["partners"].items()
        for row in rows
    }


def test_all_sums_of_the_common_document_are_those_of_the_documents_of_one_side(published):
    """So nothing follows from all of them together that does not follow from those of one side."""
    own = {place: means(document) for place, document in published.items() if place[1] != "all"}
    both = published[1, "all"]
    assert means(both) == own[1, "ours"]
    shown = 0
    for scale, found in both["two_sides"]["scales"].items():
        for row in found["partners"]:
            for side, letter in zip(SIDES, "ab", strict=True):
                n, mean = own[1, side][scale, row["partner"]]
                if row[f"mean_{letter}"] is not None:
                    assert (row[f"n_{letter}"], row[f"mean_{letter}"]) == (n, pytest.approx(mean))
                    shown += 1
    assert shown == 2 * 2 * 3  # Fjord and Sund, who answered on both sides, on three scales
    followed = 0
    for scale, found in both["waves"]["scales"].items():
        for row in found["trend"]["rows"]:
            for when, wave in (("first", 0), ("last", 1)):
                if row[when] is not None:
                    known = own[wave, "ours"][scale, row["partner"]]
                    assert (row[f"n_{when}"], row[when]) == (known[0], pytest.approx(known[1]))
                    followed += 1
    assert followed >= 2 * 2 * 3  # at least Fjord and Sund; Nord is hidden in the first wave


def test_the_kept_report_has_sides_waves_warnings_and_drivers(published):
    document = published[1, "all"]
    assert document["two_sides"]["sides"] == ["ours", "theirs"]
    assert document["waves"]["waves"] == ["1", "2"]
    assert document["warnings"] is not None
    assert document["drivers"]["outcome"] == "overall"
    assert "waves" not in published[0, "all"]
    assert "two_sides" not in published[1, "ours"]
    assert {"scoring_key", "participation", "items"}.isdisjoint(document["snapshot"])


def test_a_side_that_answered_alone_in_the_last_wave_is_not_compared(instrument):
    alone = {("Fjord", "theirs"): 6, ("Nord", "theirs"): 7}
    first, last = frozen(instrument, 1, SIZES[0]), frozen(instrument, 2, alone)
    stack = Stack(last, (first,))
    assert stack.side == "theirs"
    document = compared(stack)
    assert "two_sides" not in document
    assert document["snapshot"]["side"] == "theirs"
    assert document["waves"]["waves"] == ["1", "2"]
    both_now = compared(Stack(frozen(instrument, 2, SIZES[1]), (frozen(instrument, 1, alone),)))
    assert "two_sides" in both_now


# Files ---------------------------------------------------------------------------------


@pytest.fixture
def two_waves(make_study, played_once):
    """Close two waves of a study in which both sides rate two partners, six people each."""

    def play():
        survey = make_study(0, slug="both", partners=("Fjord", "Nord"), sides=SIDES, opened=False)
        for wave in (1, 2):
            run_wave(survey, wave)
        return survey

    return played_once("two waves", play)


def run_wave(survey, wave):
    rng = random.Random(wave)  # noqa: S311 (no secret)
    rows = [f"P{n},p{n}@vik.no,en,,ours" for n in range(6)]
    rows += [f"{p}{n},{p}{n}@x.no,en,{p},theirs" for p in ("Fjord", "Nord") for n in range(6)]
    sheet = "\n".join(("name,email,language,partners,side", *rows)).encode()
    with survey.storage.write() as session:
        if wave > 1:
            studies.next_wave(session, survey.slug)
        links = invitations.invite(session, survey.slug, sheet, "p.csv", base_url="http://x")
        studies.open_wave(session, survey.slug)
        for link in links:
            person = respond.by_token(session, link.link.rpartition("/")[2])
            for entry in person.roster:
                given = {item: "" if a == "skipped" else a for item, a in answers(rng).items()}
                for number, page in enumerate(person.instrument.pages, 1):
                    on_page = {item.id: given.get(item.id, "") for item in page.items}
                    respond.save_page(session, person, entry.place, number, on_page)
                respond.submit(session, person, entry.place)
    closing.close(survey.storage, survey.settings, survey.slug)


def document_of(survey, wave):
    return json.loads(research_paths(survey.settings, survey.slug, wave)[0].read_text("utf-8"))


def made(survey, wave):
    return researched.kept(survey.settings, survey.slug, wave).research


def make(survey, wave=None, *, thorough=False):
    return research.make(survey.storage, survey.settings, survey.slug, wave, thorough=thorough)


def take_back(survey, wave, email):
    with survey.storage.write() as session:
        study, row = studies.find(session, survey.slug, wave)
        chosen = (
            "DELETE FROM assessment WHERE wave_id = :wave AND participant_id = "
            "(SELECT id FROM participant WHERE email = :email)"
        )
        found = sa.text(chosen).bindparams(sa.bindparam("wave", row.id, sa.Uuid()))
        session.execute(found, {"email": email})
        revising.without(session, survey.settings, study, row)
    return revising.settle(survey.storage, survey.settings, survey.slug, wave)


@pytest.mark.durability
def test_the_command_computes_also_what_takes_long(two_waves, tmp_path):
    make(two_waves, thorough=True)
    words = " --outcome overall --thorough --group side --group wave --composite"
    assert computes_the_kept_numbers_by_the_command(two_waves, tmp_path).endswith(words)
    assert {"htmt", "common_method", "comparability"} <= set(document_of(two_waves, 2))


def test_the_kept_report_can_be_computed_again(two_waves, tmp_path, monkeypatch):
    command = computes_the_kept_numbers_by_the_command(two_waves, tmp_path)
    assert command.endswith("--outcome overall --composite")
    leaves_the_files_of_tables_to_the_report_if_the_page_gets_too_heavy(two_waves, monkeypatch)
    leaves_out_earlier_waves_that_cannot_be_read(two_waves)


def computes_the_kept_numbers_by_the_command(two_waves, tmp_path):
    folder = two_waves.settings.snapshots_dir
    for wave in (1, 2):
        out, command = tmp_path / f"again-{wave}.json", made(two_waves, wave).command(folder)
        ran = CliRunner().invoke(main, [*command.split()[1:], "--json", str(out)])
        assert ran.exit_code == 0, ran.output
        kept, again = document_of(two_waves, wave), json.loads(out.read_text("utf-8"))
        assert set(kept) - set(again) == {"snapshot", "research"}
        for part, found in again.items():
            assert json.dumps(found) == json.dumps(kept[part]), part
    assert re.search(r"both-w2\.parquet --side both --earlier \S+both-w1\.parquet", command)
    return command


def test_what_earlier_waves_published_stays_and_what_was_withdrawn_is_not_told(two_waves):
    folder = two_waves.settings.snapshots_dir
    published = {path for path in folder.glob("*-w1*") if path.suffix in {".json", ".html"}}
    kept = {p: p.read_bytes() for p in published if not p.name.endswith("-comments.json")}
    assert len(kept) == 2 * 2 + 3 + 1
    assert [each.wave for each in made(two_waves, 2).rests_on] == [1, 2]
    assert not take_back(two_waves, 1, "nord1@x.no")
    assert {path: path.read_bytes() for path in kept} == kept
    with pytest.raises(ResultsHeldBack, match="withdrawn from wave 1 of 'both'"):
        make(two_waves, 1)
    make(two_waves, 2)  # beside wave 1 as published, it would tell who went
    assert [each.wave for each in made(two_waves, 2).rests_on] == [2]
    (reason,) = made(two_waves, 2).left_out
    assert reason.startswith("Wave 1 is left out: its data are not those of which its results")
    assert reason in research_paths(two_waves.settings, "both", 2)[1].read_text("utf-8")
    assert "waves" not in document_of(two_waves, 2)
    reports_follow_when_enough_answers_differ(two_waves)


def reports_follow_when_enough_answers_differ(survey):
    before = document_of(survey, 2)
    assert not any(take_back(survey, 2, f"nord{n}@x.no") for n in range(4))
    assert document_of(survey, 2) == before
    assert [take_back(survey, 2, f"nord{n}@x.no") for n in (4, 5)][-1]
    assert [each.data_version for each in made(survey, 2).rests_on] == [7]
    with survey.storage.read() as session:
        study, _ = studies.find(session, survey.slug)
        assert researched.still_there(session, study, made(survey, 2))


def test_deleting_a_wave_takes_the_reports_that_hold_its_numbers_with_it(two_waves, monkeypatch):
    settings, due = two_waves.settings, retention.due
    monkeypatch.setattr(retention, "due", lambda *given: due(*given)[:1])  # the first wave's day
    (purged,) = retention.purge(two_waves.storage, settings, dt.date(2030, 1, 1))
    assert purged.files >= 1 + 4 + 3 + 3
    assert not [p for w in (1, 2) for p in research_paths(settings, "both", w) if p.exists()]
    assert results_path(settings, "both", 2, "ours").exists()
    make(two_waves)
    (reason,) = made(two_waves, 2).left_out
    assert reason.startswith("Wave 1 is left out: its data were deleted on ")


def test_what_is_left_of_a_report_without_its_page_goes_with_a_wave_before_it(
    make_study, monkeypatch
):
    survey, due = make_study(), retention.due
    settings, place = survey.settings, (survey.slug, 2)
    survey.complete("p1@vik.no")
    with survey.storage.write() as session:
        closing.freeze(session, settings, survey.slug)
        studies.next_wave(session, survey.slug)
    numbers, report, page = research_paths(settings, *place)
    left = (numbers, report, workspace_path(settings, *place))
    for path in left:
        path.write_bytes(b"numbers of both waves")
    monkeypatch.setattr(retention, "due", lambda *given: due(*given)[:1])
    (purged,) = retention.purge(survey.storage, settings, dt.date(2030, 1, 1))
    assert (purged.wave, purged.files) == (1, 1 + 3)
    assert not [path for path in (*left, page) if path.exists()]


def leaves_out_earlier_waves_that_cannot_be_read(two_waves):
    settings = two_waves.settings
    first = settings.snapshots_dir / "both-w1.parquet"
    kept = first.read_bytes()
    first.write_bytes(kept + b"\0")
    make(two_waves)
    assert made(two_waves, 2).left_out == (
        "Wave 1 is left out: its data file is missing or was changed.",
    )
    first.write_bytes(kept)
    results_path(settings, "both", 1, "ours").unlink()
    results_path(settings, "both", 1, "theirs").unlink()
    make(two_waves)
    assert made(two_waves, 2).rests_on[0].wave == 2
    with pytest.raises(ResultsMissing):
        make(two_waves, 1)
    with two_waves.storage.write() as session:
        studies.next_wave(session, "both")
    with pytest.raises(WaveState, match="must be closed to make its report"):
        make(two_waves)


def leaves_the_files_of_tables_to_the_report_if_the_page_gets_too_heavy(two_waves, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(research, "LARGEST_PAGE", 8 * 1024)
        make(two_waves)
    _, report, page = research_paths(two_waves.settings, "both", 2)
    assert not made(two_waves, 2).saves_tables
    assert made(two_waves, 2).weight > 8 * 1024
    assert "data:text/csv" in report.read_text("utf-8")
    assert "data:text/csv" not in page.read_text("utf-8")


def test_weights_of_the_study_make_the_composite_and_stand_in_the_command(make_study, tmp_path):
    survey = make_study(12, partners=("Fjord", "Nord"), weights={"trust": 2.0, "openness": 0.5})
    survey.fill_in((6, 6))
    closing.close(survey.storage, survey.settings, survey.slug)
    folder = survey.settings.snapshots_dir
    kept = json.loads((folder / "suppliers-w1-research.json").read_text("utf-8"))
    assert kept["composite"]["weights"]
    command = made(survey, 1).command(folder)
    assert command.endswith("--weight trust=2 --weight openness=0.5")
    out = tmp_path / "again.json"
    assert CliRunner().invoke(main, [*command.split()[1:], "--json", str(out)]).exit_code == 0
    again = json.loads(out.read_text("utf-8"))
    assert json.dumps(again["composite"]) == json.dumps(kept["composite"])
