"""The verbs that run a study, as a person at a terminal runs them."""

import csv
import json
import os
import re
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

import questionnaires
from survey.cli import VERBS, main
from survey.cli.lazy import LazyGroup
from survey.services import respond
from survey.settings import Settings
from survey.storage import schema
from survey.storage.engine import Storage
from survey.storage.models import Invitation, Participant, Partner, Study, Wave

PROGRAM = "from survey.cli import main; main()"
PEOPLE = "name,email,language,partners\n"


@pytest.fixture
def tillit(tmp_path, monkeypatch):
    """Run commands in an installation of their own; give exit code and what was printed."""
    monkeypatch.setenv("TILLIT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TILLIT_BASE_URL", "https://survey.vik.no")
    monkeypatch.setenv("TILLIT_SECRET_KEY", "fish-bone-lamp-oil-9381-Trondheim")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return run


@pytest.fixture
def installed(tillit, sqlite_url):  # noqa: ARG001 (it stands where `tillit init` puts it)
    return tillit


@pytest.fixture
def study(installed, tmp_path):
    made = installed(
        *("study", "new", "suppliers", "--title", "Our suppliers", "--instrument", "grunig7"),
        *("--partner", "Fjord", "--partner", "Nord"),
    )
    assert made.exit_code == 0
    (tmp_path / "people.csv").write_text(
        PEOPLE + "".join(f"P{n},p{n}@vik.no,,{'Nord' if n > 6 else 'Fjord'}\n" for n in range(10))
    )
    return installed


@pytest.fixture
def opened(study, tmp_path):
    assert study("invite", "suppliers", "people.csv", "--out", "links.csv").exit_code == 0
    accepted = [f"--accept-translation={code}" for code in questionnaires.LANGUAGES]
    assert study("study", "open", "suppliers", *accepted).exit_code == 0
    with (tmp_path / "links.csv").open(newline="") as file:
        study.tokens = [row["link"].rpartition("/")[2] for row in csv.DictReader(file)]
    return study


def fill_in(tokens):
    storage = Storage(Settings.from_environment().database_url)
    with storage.write() as session:
        for n, token in enumerate(tokens):
            respondent = respond.by_token(session, token)
            for number, page in enumerate(respondent.instrument.pages, 1):
                given = {item.id: n % 3 + 2 for item in page.items if item.kind == "rating"}
                respond.save_page(session, respondent, 1, number, given)
            respond.submit(session, respondent, 1)
    storage.close()


def counted():
    """Count the rows of the tables that study and invite write to."""
    storage = Storage(Settings.from_environment().database_url)
    models = (Study, Partner, Participant, Invitation, Wave)
    with storage.read() as session:
        rows = {
            model.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in models
        }
    storage.close()
    return rows


# The group -----------------------------------------------------------------------------


def test_help_names_every_verb_and_loads_none():
    program = (
        "import sys, time; began = time.process_time();"
        "from survey.cli import main;"
        "main(['--help'], standalone_mode=False);"
        "print(time.process_time() - began, *sys.modules, file=sys.stderr)"
    )
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        seconds, *modules = done.stderr.split()
        runs.append(float(seconds))
    assert min(runs) < 0.3
    assert not {"sqlalchemy", "numpy", "polars", "flask", "questionnaires"} & set(modules)
    for verb, (_, text) in VERBS.items():
        assert re.search(rf"^  {verb} +{re.escape(text)}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "demo"])
def test_every_verb_has_help(tillit, verb):
    command = main.get_command(None, verb)
    assert command.name == verb
    shown = tillit(verb, "--help")
    assert shown.exit_code == 0
    assert "Usage: " in shown.output
    if isinstance(command, LazyGroup):
        for name in command.rows:
            assert command.get_command(None, name).name == name
            assert tillit(verb, name, "--help").exit_code == 0


def test_the_verbs_stand_in_the_order_of_the_work():
    assert main.list_commands(None) == list(VERBS)
    assert main.get_command(None, "nonsense") is None


def test_what_is_no_verb_is_refused(tillit):
    for arguments in (("nonsense",), ("study", "nonsense"), ("study", "new")):
        assert tillit(*arguments).exit_code == 2
    assert tillit("--version").output.startswith("main, version ")


# init and upgrade ----------------------------------------------------------------------


def test_an_installation_is_set_up_once(tillit, tmp_path):
    assert tillit("study", "status", "a").output == (
        "Error: the database has not been set up: run `tillit init --organisation NAME`\n"
    )
    assert not (tmp_path / "data").exists()
    done = tillit("init", "--organisation", " Vik  AS ")
    assert (done.exit_code, done.output.split(" is set up in ")[0]) == (0, "Vik AS")
    again = tillit("init", "--organisation", "Other")
    assert again.exit_code == 1
    assert "already set up, for 'Vik AS'" in again.output
    assert tillit("init", "--organisation", " ").exit_code == 2
    assert tillit("init").exit_code == 2
    assert "Nothing to do" in tillit("upgrade").output


def test_a_set_up_that_stopped_before_its_name_can_be_finished(tillit):
    storage = Storage(Settings.from_environment().database_url)
    schema.set_up(storage)
    storage.close()
    assert tillit("init", "--organisation", "Vik").exit_code == 0
    assert tillit("init", "--organisation", "Vik").exit_code == 1


def test_an_upgrade_says_what_it_did_and_where_the_backup_is(installed, monkeypatch):
    storage = Storage(Settings.from_environment().database_url)
    monkeypatch.setattr(schema, "current", lambda _: "0000")
    backup = storage.path.with_name("backup")
    monkeypatch.setattr(schema, "upgrade", lambda _: backup)
    assert installed("upgrade").output == (
        f"The database went from schema 0000 to {schema.head()}; "
        f"the database as it was is kept in {backup}.\n"
    )
    storage.close()


def test_a_database_that_cannot_be_reached_is_said_in_words(tillit, monkeypatch):
    monkeypatch.setenv("TILLIT_DATABASE_URL", "postgresql://u:hunter22@127.0.0.1:1/tillit")
    done = tillit("study", "status", "a")
    assert done.exit_code == 1
    assert done.output.startswith("Error: the database cannot be used: ")
    assert "hunter22" not in done.output


def test_a_setting_that_is_not_allowed_is_said_in_words(tillit, monkeypatch):
    monkeypatch.setenv("TILLIT_DATABSE_URL", "x")
    done = tillit("study", "status", "a")
    assert done.exit_code == 2
    assert "TILLIT_DATABSE_URL: no such setting" in done.output


# study ---------------------------------------------------------------------------------


def test_a_study_is_made_from_options_and_a_sheet(installed, tmp_path):
    (tmp_path / "partners.csv").write_text("name,kind\nSund,customer\nVest,\n")
    done = installed(
        *("study", "new", "all-2026", "--title", "All", "--instrument", "berg4"),
        *("--partner", "Fjord", "--partners", "partners.csv", "--kind", "distributor"),
        *("--side", "theirs", "--language", "is", "--language", "en"),
        *("--min-group", "3", "--min-group-text", "8", "--privacy", "confidential"),
        *("--contact", "Kari, kari@vik.no", "--retention-days", "90"),
    )
    assert done.exit_code == 0
    assert "3 partners" in done.output
    status = json.loads(installed("study", "status", "all-2026", "--json").output)
    version = questionnaires.load("berg4").version
    assert status == {
        "study": "all-2026",
        "title": "All",
        "wave": 1,
        "state": "draft",
        "instrument": "berg4",
        "instrument_version": version,
        "privacy_mode": "confidential",
        "sides": ["theirs"],
        "languages": ["is", "en"],
        "partners": 3,
        "min_group": 3,
        "min_group_text": 8,
        "invited": 0,
        "assessments": 0,
        "opened": 0,
        "started": 0,
        "saved": 0,
        "submitted": 0,
        "withdrawn": 0,
        "declined": 0,
        "contact": "Kari, kari@vik.no",
        "retention_days": 90,
        "answer_by": None,
        "weights": None,
        "keep_until": None,
        "purged_on": None,
        "accepted": None,
        "snapshot_sha256": None,
    }
    storage = Storage(Settings.from_environment().database_url)
    with storage.read() as session:
        kinds = session.connection().exec_driver_sql("SELECT name, kind FROM partner").all()
    storage.close()
    assert dict(kinds) == {"Fjord": "distributor", "Sund": "customer", "Vest": "distributor"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Bad", "--partner", "F"], "'Bad' cannot name a study"),
        (["a", "--partner", "F", "--partner", "f"], "partner 'f' was named 2 times"),
        (["a"], "there is no partner"),
        (
            ["a", "--partner", "F", "--min-group", "2"],
            "the threshold for scores is 2; allowed is 3 to 20",
        ),
        (
            ["a", "--partner", "F", "--min-group", "21"],
            "the threshold for scores is 21; allowed is 3 to 20",
        ),
        (
            ["a", "--partner", "F", "--min-group-text", "3"],
            "the threshold for words is 3; allowed is 5",
        ),
        (["a", "--partner", "F", "--language", "se"], "'se' was given; allowed are en, nb, nn, is"),
        (["a", "--partner", "F", "--side", "both"], "'both' is not one of 'ours', 'theirs'"),
        (["a", "--partner", "F", "--privacy", "secret"], "'secret' is not"),
        (["a", "--partner", "F", "--kind", "friend"], "'friend' is not one of"),
        (["a", "--partners", "none.csv"], "'none.csv' does not exist"),
    ],
)
def test_a_study_that_cannot_be_is_refused_and_nothing_is_stored(installed, arguments, said):
    done = installed("study", "new", "--title", "T", "--instrument", "grunig7", *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert set(counted().values()) == {0}


def test_an_unknown_instrument_is_answered_with_those_there_are(installed):
    done = installed("study", "new", "a", "--title", "T", "--instrument", "none", "--partner", "F")
    assert done.exit_code == 2
    for known in questionnaires.available():
        assert known in done.output


def test_a_bad_sheet_of_partners_is_refused(installed, tmp_path):
    (tmp_path / "p.csv").write_text("name,kind\nFjord,friend\n")
    arguments = ("--title", "T", "--instrument", "grunig7", "--partners", "p.csv")
    done = installed("study", "new", "a", *arguments)
    assert done.exit_code == 2
    assert "p.csv, row 2, column kind: 'friend' is none of supplier, customer" in done.output


def test_studies_that_are_not_there_or_taken(study):
    assert study("study", "status", "none").exit_code == 1
    assert "there are: suppliers" in study("study", "open", "none").output
    assert "has no wave 2" in study("study", "open", "suppliers", "--wave", "2").output
    again = ("--title", "T", "--instrument", "grunig7", "--partner", "Fjord")
    taken = study("study", "new", "suppliers", *again)
    assert (taken.exit_code, "there is a study 'suppliers' already" in taken.output) == (1, True)


def test_status_is_readable_and_shows_participation_only(opened):
    fill_in(opened.tokens[:2])
    shown = opened("study", "status", "suppliers")
    assert shown.exit_code == 0
    assert re.search(r"^people invited +10$", shown.output, re.MULTILINE)
    assert re.search(r"^assessments asked for +10$", shown.output, re.MULTILINE)
    assert re.search(r"^  submitted +2$", shown.output, re.MULTILINE)
    assert "Fjord" not in shown.output
    assert "snapshot" not in shown.output


@pytest.mark.parametrize("slug", ["\udcff", "a\x00b", "Suppliers"])
def test_what_can_name_no_study_names_no_study(study, slug):
    done = study("study", "status", slug)
    assert (done.exit_code, "there are: suppliers" in done.output) == (1, True)


# invite --------------------------------------------------------------------------------


def test_links_are_printed_or_written_to_a_private_new_file(study, tmp_path):
    printed = study("invite", "suppliers", "people.csv")
    assert printed.exit_code == 0
    lines = printed.stdout.splitlines()
    assert lines[0] == "name,email,language,link"
    link = re.compile(r"P\d,p\d@vik\.no,en,https://survey\.vik\.no/r/[0-9A-Za-z]{22}")
    assert all(link.fullmatch(line) for line in lines[1:])
    assert printed.stderr == "10 people are invited to suppliers.\n"
    (tmp_path / "more.csv").write_text(PEOPLE + "Q,q@vik.no,nb,\n")
    written = study("invite", "suppliers", "more.csv", "--out", "links.csv")
    assert (written.exit_code, written.stdout) == (0, "")
    assert stat.S_IMODE((tmp_path / "links.csv").stat().st_mode) == 0o600
    assert (tmp_path / "links.csv").read_text().count("/r/") == 1


def test_links_as_json(study):
    links = json.loads(study("invite", "suppliers", "people.csv", "--json").stdout)
    assert len(links) == 10
    assert set(links[0]) == {"name", "email", "language", "link"}


def test_links_never_overwrite_links(study, tmp_path):
    (tmp_path / "links.csv").write_text("the only copy")
    done = study("invite", "suppliers", "people.csv", "--out", "links.csv")
    assert (done.exit_code, "links.csv exists" in done.output) == (1, True)
    assert (tmp_path / "links.csv").read_text() == "the only copy"
    assert counted()["participant"] == 0


def test_a_refused_sheet_leaves_no_file_and_no_person(study, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE + "Good,good@vik.no,,\nBad,bad,se,Sund\n")
    done = study("invite", "suppliers", "people.csv", "--out", "links.csv")
    assert done.exit_code == 2
    assert "people.csv, row 3, column email: 'bad' is not an e-mail address" in done.output
    assert "people.csv, row 3, column language: 'se' is none of en, nb, nn, is" in done.output
    assert "people.csv, row 3, column partners: 'Sund' is no partner" in done.output
    assert not (tmp_path / "links.csv").exists()
    assert counted()["participant"] == 0


def test_links_need_an_address(study, monkeypatch):
    monkeypatch.delenv("TILLIT_BASE_URL")
    done = study("invite", "suppliers", "people.csv")
    assert (done.exit_code, "TILLIT_BASE_URL is not set" in done.output) == (2, True)
    assert counted()["participant"] == 0


def test_a_place_that_cannot_be_written_is_said_in_words(study):
    done = study("invite", "suppliers", "people.csv", "--out", "none/links.csv")
    assert (done.exit_code, done.output) == (
        1,
        "Error: none/links.csv: No such file or directory\n",
    )
    assert counted()["participant"] == 0


# close and export ----------------------------------------------------------------------


def test_the_whole_way_from_a_study_to_an_export(opened, tmp_path):
    fill_in(opened.tokens)
    closed = opened("study", "close", "suppliers")
    assert closed.exit_code == 0
    assert "Wave 1 of suppliers is closed with 10 assessments." in closed.output
    assert re.search(r"^SHA-256 +[0-9a-f]{64}$", closed.output, re.MULTILINE)
    assert re.search(
        r"^page +http://127\.0\.0\.1:8000/compare/suppliers/1\?key=\S+$",
        closed.output,
        re.MULTILINE,
    )
    status = opened("study", "status", "suppliers").output
    assert "snapshot" in status
    assert closed.output.partition("page ")[2].split() == status.partition("page ")[2].split()
    again = opened("study", "close", "suppliers")
    assert (again.exit_code, "is closed, but must be open" in again.output) == (1, True)

    exported = opened("export", "suppliers", "--out", "rows.csv")
    assert exported.exit_code == 0
    assert exported.stderr.splitlines() == [
        "Withheld: 3 rows of 1 partners with fewer than 5 rows.",
        "7 rows were written.",
    ]
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["partner"] for row in rows} == {"Fjord"}
    assert opened("export", "suppliers").stdout == (tmp_path / "rows.csv").read_text()
    piped = opened("export", "suppliers", "--format", "parquet")
    assert piped.stdout_bytes.startswith(b"PAR1")
    assert opened("export", "suppliers", "--format", "docx").exit_code == 2
    assert opened("export", "suppliers", "--wave", "2").exit_code == 1


def test_closing_as_json(opened, monkeypatch):
    fill_in(opened.tokens[:6])
    monkeypatch.delenv("TILLIT_SECRET_KEY")
    closed = json.loads(opened("study", "close", "suppliers", "--json").output)
    assert (closed["study"], closed["wave"], closed["submitted"]) == ("suppliers", 1, 6)
    assert closed["link"] is None
    for path in (closed["snapshot"], *closed["results"], *closed["reports"]):
        assert os.path.exists(path)  # noqa: PTH110 (it is a text)


def test_closing_without_a_secret_prints_no_link(opened, monkeypatch):
    fill_in(opened.tokens[:6])
    monkeypatch.delenv("TILLIT_SECRET_KEY")
    closed = opened("study", "close", "suppliers")
    assert closed.exit_code == 0
    assert "page" not in closed.output
    assert "page" not in opened("study", "status", "suppliers").output


def test_a_wave_without_answers_is_not_closed(opened):
    done = opened("study", "close", "suppliers")
    assert (done.exit_code, "has no submitted answers (0 started)" in done.output) == (1, True)
    assert "must be closed to export it" in opened("export", "suppliers").output


def test_parquet_is_not_printed_on_a_terminal(opened, monkeypatch):
    fill_in(opened.tokens[:6])
    opened("study", "close", "suppliers")
    terminal = SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("survey.cli.export.sys", terminal)
    done = opened("export", "suppliers", "--format", "parquet")
    assert (done.exit_code, "give --out FILE" in done.output) == (2, True)


def test_a_reader_that_goes_away_is_no_error(opened):
    """As in `tillit export suppliers | head -1`."""
    fill_in(opened.tokens[:6])
    opened("study", "close", "suppliers")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "export", "suppliers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        said = process.stderr.read()
        process.wait(timeout=30)
    assert "Traceback" not in said


def test_weights_and_the_day_for_answers_are_said_and_shown(installed):
    new = ("study", "new", "w", "--title", "W", "--instrument", "berg4", "--partner", "Fjord")
    wrong = installed(*new, "--weight", "accuracy")
    assert (wrong.exit_code, "'accuracy' is no weight" in wrong.output) == (2, True)
    assert installed(*new, "--weight", "accuracy=2", "--weight", "advising = 1").exit_code == 0
    assert installed("study", "until", "w", "2099-12-03").exit_code == 0
    shown = installed("study", "status", "w").output
    assert "accuracy 2, advising 1" in shown
    assert re.search(r"answers asked for by +2099-12-03", shown)
    assert installed("study", "until", "w", "2020-01-01").exit_code == 2
