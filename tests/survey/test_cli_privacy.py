"""The verbs that keep promises: open with care, link, erase, purge, next waves."""

import csv
import datetime as dt
import json
import re

import msgspec
import pytest
import segno
import sqlalchemy as sa
from click.testing import CliRunner

import questionnaires
from survey.cli import main
from survey.services import deadlines, respond, retention, studies
from survey.services import translations as gate
from survey.settings import Settings
from survey.storage.engine import Storage

KEY = "k" * 24
PEOPLE = "name,email,language,partners\n"
ACCEPT = [f"--accept-translation={code}" for code in questionnaires.LANGUAGES]


@pytest.fixture
def tillit(tmp_path, monkeypatch, sqlite_url):  # noqa: ARG001 (where `tillit init` puts it)
    """Run commands in an installation of their own."""
    monkeypatch.setenv("TILLIT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TILLIT_BASE_URL", "https://survey.vik.no")
    monkeypatch.setenv("TILLIT_SECRET_KEY", "fish-bone-lamp-oil-9381-Trondheim")
    monkeypatch.chdir(tmp_path)

    def run(*arguments, given=None):
        return CliRunner().invoke(main, arguments, input=given, catch_exceptions=False)

    return run


@pytest.fixture
def storage(tillit):  # noqa: ARG001 (it sets the environment)
    storage = Storage(Settings.from_environment().database_url)
    yield storage
    storage.close()


def make(tillit, tmp_path, *options, people=6, slug="staff"):
    made = tillit(
        *("study", "new", slug, "--title", "Staff", "--partner", "Fjord", "--language", "en"),
        *(() if "--instrument" in options else ("--instrument", "pulse")),
        *options,
    )
    assert made.exit_code == 0, made.output
    rows = "".join(f"P{n},p{n}@vik.no,,\n" for n in range(people))
    (tmp_path / "people.csv").write_text(PEOPLE + rows)
    assert tillit("invite", slug, "people.csv", "--out", f"{slug}.csv").exit_code == 0
    with (tmp_path / f"{slug}.csv").open(newline="") as file:
        return [row["link"].rpartition("/")[2] for row in csv.DictReader(file)]


def fill_in(storage, tokens):
    codes = []
    with storage.write() as session:
        for token in tokens:
            known = respond.by_token(session, token)
            for number in range(1, len(known.instrument.pages) + 1):
                saved = respond.state(session, known, 1).answers
                shown = known.instrument.shown(saved)[number - 1]
                given = {item.id: 3 for item in shown if item.kind == "rating"}
                if shown:
                    respond.save_page(session, known, 1, number, given)
            codes.append(respond.submit(session, known, 1, key=KEY))
    return codes


# Making and opening --------------------------------------------------------------------


def test_several_instruments_make_one_questionnaire(tillit, tmp_path):
    make(tillit, tmp_path, "--instrument", "pulse", "--instrument", "flower5")
    status = json.loads(tillit("study", "status", "staff", "--json").output)
    assert status["instrument"] == "pulse+flower5"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--instrument", "none"), "--instrument none"),
        (("--instrument", "pulse", "--retention-days", "29"), "allowed is 30 to 3650"),
        (("--instrument", "pulse", "--retention-days", "3651"), "allowed is 30 to 3650"),
        (("--instrument", "pulse", "--contact", "x" * 201), "contact: it has 201 characters"),
        (("--instrument", "pulse", "--contact", "A\u202eB"), "control characters"),
        (("--instrument", "pulse", "--privacy", "secret"), "'secret' is not one of"),
        (("--title", "T"), "Missing option '--instrument'"),
    ],
)
def test_what_cannot_be_promised_is_refused(tillit, options, said):
    done = tillit("study", "new", "a", "--title", "T", "--partner", "F", *options)
    assert (done.exit_code, said in done.output) == (2, True), done.output


def test_instruments_that_do_not_fit_are_refused_by_name(tillit):
    both = ("--instrument", "internal_trust", "--instrument", "pulse", "--instrument", "post_sale")
    done = tillit("study", "new", "a", "--title", "T", "--partner", "F", *both)
    if done.exit_code:  # whether they fit is for the instruments to say
        assert "--instrument internal_trust --instrument pulse" in done.output


@pytest.fixture
def not_ready(monkeypatch):
    """Let the bank have two Norwegian texts that nobody reviewed, one of them stale."""
    loaded = questionnaires.load("grunig7")
    texts = {"nb": "reviewed", "nn": "reviewed", "is": "adjudicated"}
    items = [
        msgspec.structs.replace(item, status=texts, stale=()) for item in loaded.pages[0].items
    ]
    items[0] = msgspec.structs.replace(items[0], status={**texts, "nb": "draft"}, stale=("nb",))
    items[1] = msgspec.structs.replace(items[1], status={**texts, "nb": "draft"})
    others = [
        msgspec.structs.replace(
            page,
            items=tuple(
                msgspec.structs.replace(item, status=texts, stale=()) for item in page.items
            ),
        )
        for page in loaded.pages[1:]
    ]
    first = msgspec.structs.replace(loaded.pages[0], items=tuple(items))
    made = msgspec.structs.replace(loaded, pages=(first, *others))
    monkeypatch.setattr(questionnaires, "load", lambda _: made)
    return [item.id for item in items[:2]]


def test_a_translation_that_nobody_reviewed_needs_someone_who_answers_for_it(tillit, not_ready):
    new = ("study", "new", "a", "--title", "T", "--partner", "F", "--instrument", "grunig7")
    assert tillit(*new).exit_code == 0
    refused = tillit("study", "open", "a")
    assert refused.exit_code == 1
    assert f"nb: not reviewed by a second reader: {', '.join(not_ready)}" in refused.output
    assert f"nb: the English text changed since: {not_ready[0]}" in refused.output
    assert "tillit study open a --accept-translation nb" in refused.output
    assert "nn:" not in refused.output
    assert tillit("study", "open", "a", "--accept-translation", "is").exit_code == 1
    unknown = tillit("study", "open", "a", "--accept-translation", "se")
    assert (unknown.exit_code, "se is none of en, nb, nn, is" in unknown.output) == (2, True)
    assert tillit("study", "open", "a", "--accept-translation", "nb").exit_code == 0
    status = json.loads(tillit("study", "status", "a", "--json").output)["accepted"]
    assert status["translations"] == {"nb": {"below": not_ready, "stale": not_ready[:1]}}
    assert status["by"]
    assert dt.datetime.fromisoformat(status["at"]).utcoffset() == dt.timedelta()
    assert "translation nb          2 items not reviewed" in tillit("study", "status", "a").output


def test_a_language_that_the_study_does_not_offer_is_not_asked_about(tillit, not_ready):
    new = ("study", "new", "a", "--title", "T", "--partner", "F", "--instrument", "grunig7")
    assert tillit(*new, "--language", "is", "--language", "en").exit_code == 0
    assert tillit("study", "open", "a").exit_code == 0
    assert json.loads(tillit("study", "status", "a", "--json").output)["accepted"] is None
    assert not_ready


def test_an_instrument_without_any_status_is_not_held_up(instrument):
    assert gate.shortcomings(instrument, instrument.languages) is None


def test_the_next_wave_begins_when_the_last_is_closed(tillit, tmp_path, storage):
    tokens = make(tillit, tmp_path)
    refused = tillit("study", "wave", "staff")
    assert (refused.exit_code, "must be closed to begin the next one" in refused.output) == (
        1,
        True,
    )
    tillit("study", "open", "staff")
    assert "tillit study close staff" in tillit("study", "wave", "staff").output
    fill_in(storage, tokens)
    tillit("study", "close", "staff")
    assert "Wave 2 of staff is in draft." in tillit("study", "wave", "staff").output
    again = tillit("invite", "staff", "people.csv")
    assert again.exit_code == 0
    with storage.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM participant")) == 6
        assert session.scalar(sa.text("SELECT count(*) FROM invitation")) == 12


# Links ---------------------------------------------------------------------------------


def test_the_open_link_is_printed_and_drawn(tillit, tmp_path):
    make(tillit, tmp_path, "--privacy", "anonymous")
    printed = tillit("study", "link", "staff", "--qr", "poster.svg")
    assert printed.exit_code == 0
    link = printed.output.strip()
    assert link.startswith("https://survey.vik.no/o/")
    assert tillit("study", "link", "staff").output.strip() == link
    drawn = (tmp_path / "poster.svg").read_text()
    assert drawn.startswith("<?xml")
    expected = segno.make(link, error="m").svg_inline(scale=8, border=4, light="white")
    (dots,) = re.findall(r' d="(M4 4[^"]+)"', expected)
    assert dots in drawn
    document = json.loads(tillit("study", "link", "staff", "--json").output)
    assert document == {"link": link, "wave": 1, "side": "ours", "partner": None}


def test_where_there_is_no_link_it_is_said_why(tillit, tmp_path, monkeypatch):
    make(tillit, tmp_path)
    done = tillit("study", "link", "staff")
    assert (done.exit_code, "only an anonymous study has one" in done.output) == (1, True)
    monkeypatch.delenv("TILLIT_BASE_URL")
    assert "TILLIT_BASE_URL is not set" in tillit("study", "link", "staff").output


# Erasing and purging -------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_erasing_takes_receipts_as_argument_or_from_standard_input(tillit, tmp_path, storage, mode):
    tokens = make(tillit, tmp_path, "--privacy", mode)
    tillit("study", "open", "staff", *ACCEPT[:1])
    codes = fill_in(storage, tokens)
    done = tillit("erase", codes[0])
    assert done.exit_code == 0
    assert done.output.startswith("Erased: answers to «Staff» of 20")
    assert tillit("erase", given=f"{codes[1]}\n\n{codes[2]}\n").output.count("Erased") == 2
    assert tillit("erase", "-", given=codes[0]).output == done.output
    unknown = tillit("erase", "0000")
    assert (unknown.exit_code, "no answers are known" in unknown.output) == (1, True)
    mixed = tillit("erase", given=f"0000\n{codes[0]}\n\nI-am-none\n{codes[1]}\n")
    assert (mixed.exit_code, mixed.output.count("Erased")) == (1, 2)
    assert "in line 1, 4 (of 4 receipts)" in mixed.output
    assert "0000" not in mixed.output
    assert (tillit("erase", given="\n").exit_code, tillit("erase", "-").exit_code) == (2, 2)
    with storage.read() as session:
        status = studies.status(session, "staff")
    assert (status.submitted, status.withdrawn) == (3, 3)
    assert "  withdrawn             3" in tillit("study", "status", "staff").output


def test_purging_says_what_is_due_and_what_went(tillit, tmp_path, storage, monkeypatch):
    tokens = make(tillit, tmp_path, "--retention-days", "30")
    tillit("study", "open", "staff", *ACCEPT[:1])
    fill_in(storage, tokens)
    assert "until 30 days after closing" in tillit("study", "status", "staff").output
    tillit("study", "close", "staff")
    last = retention.today() + dt.timedelta(days=30)
    assert f"until {last}" in tillit("study", "status", "staff").output
    assert tillit("purge").output == "No wave is due.\n"
    later = last + dt.timedelta(days=1)
    for module in (deadlines, retention):
        monkeypatch.setattr(module, "today", lambda: later)
    assert f"Wave 1 of staff, kept until {last}, is due." in tillit("purge", "--dry-run").output
    assert json.loads(tillit("purge", "--dry-run", "--json").output) == [
        {"study": "staff", "wave": 1, "keep_until": last.isoformat()}
    ]
    (done,) = json.loads(tillit("purge", "--json").output)
    assert (done["rows"], done["people"]) == (6, 6)
    assert f"deleted on {later}" in tillit("study", "status", "staff").output
    assert list((tmp_path / "data" / "snapshots").iterdir()) == []


def test_the_server_purges_when_it_starts(tillit, tmp_path, storage, monkeypatch):
    tokens = make(tillit, tmp_path, "--retention-days", "30")
    tillit("study", "open", "staff", *ACCEPT[:1])
    fill_in(storage, tokens)
    tillit("study", "close", "staff")
    later = retention.today() + dt.timedelta(days=31)
    for module in (deadlines, retention):
        monkeypatch.setattr(module, "today", lambda: later)
    monkeypatch.setenv("TILLIT_TRUSTED_HOSTS", "survey.vik.no")
    monkeypatch.setattr("survey.cli.serve.run", lambda *_, **__: None)
    assert tillit("serve").exit_code == 0
    assert f"deleted on {later}" in tillit("study", "status", "staff").output
