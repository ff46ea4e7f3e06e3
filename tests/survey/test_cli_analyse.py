"""`tillit analyse`, from the file to the numbers of R."""

import gzip
import json
import os
import re
import resource
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import questionnaires
from survey.cli.analyse import analyse

OPEN = Path(
    os.environ.get("TILLIT_REFDATA", Path(__file__).parents[2] / "../shared/refdata/open")
).resolve()
real_data = pytest.mark.skipif(not OPEN.is_dir(), reason=f"no reference data at {OPEN}")

SCALES = """
range = [1, 5]
missing = [-99]
[scales.trust]
items = ["t1", "t2", "t3"]
reverse = ["t3"]
"""


def rows(n=40, *, seed=1):
    source = np.random.default_rng(seed)
    latent = source.normal(0, 1, n)
    answers = [np.clip(np.round(3 + latent + source.normal(0, 0.7, n)), 1, 5) for _ in "123"]
    return pl.DataFrame(
        {
            "who": ["Acme", "Berg", "Cask", "Dale"] * (n // 4),
            "t1": answers[0].astype(int),
            "t2": answers[1].astype(int),
            "t3": 6 - answers[2].astype(int),
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scales.toml").write_text(SCALES, encoding="utf-8")
    rows().write_csv(tmp_path / "answers.csv")
    return tmp_path


@pytest.fixture
def run(folder):  # noqa: ARG001 - the command runs in that folder
    return lambda *words: CliRunner().invoke(analyse, [str(word) for word in words])


def document(run, *words):
    result = run(*words, "--json", "-")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_prints_tables_and_writes_what_was_asked_for(run, folder):
    result = run(
        "answers.csv", "--scales", "scales.toml", "--partner", "who",
        "--html", "report.html", "--json", "report.json",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "Can the scales be trusted?" in result.stdout
    assert result.stderr == "HTML written to report.html\nJSON written to report.json\n"
    page = (folder / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert (
        "tillit analyse answers.csv --scales scales.toml --partner who "
        "--html report.html --json report.json"
    ) in page
    found = json.loads((folder / "report.json").read_text("utf-8"))
    assert found["n_rows"] == 40
    assert found["data"]["file"] == "answers.csv"
    assert len(found["partners"]["trust"]) == 4
    assert sorted(path.name for path in folder.iterdir()) == [
        "answers.csv", "report.html", "report.json", "scales.toml",
    ]  # fmt: skip


def test_written_files_are_the_same_each_time_and_the_owner_s_alone(run, folder):
    words = ("answers.csv", "--scales", "scales.toml", "--html", "a.html", "--json", "a.json")
    assert run(*words).exit_code == 0
    first = [(folder / name).read_bytes() for name in ("a.html", "a.json")]
    assert run(*words).exit_code == 0
    assert [(folder / name).read_bytes() for name in ("a.html", "a.json")] == first
    assert stat.S_IMODE((folder / "a.html").stat().st_mode) == 0o600


def test_pipes_are_written_to_and_links_kept(run, folder):
    os.mkfifo(folder / "pipe")
    (folder / "real.html").write_text("old", encoding="utf-8")
    (folder / "link.html").symlink_to("real.html")
    with subprocess.Popen(["cat", folder / "pipe"], stdout=subprocess.PIPE) as reader:
        words = ("--scales", "scales.toml", "--json", "pipe", "--html", "link.html")
        assert run("answers.csv", *words).exit_code == 0
        assert json.loads(reader.stdout.read())["format"] == 1
    assert (folder / "pipe").is_fifo()
    assert (folder / "link.html").is_symlink()
    assert (folder / "real.html").read_text("utf-8").startswith("<!doctype html>")


def test_with_a_dash_only_the_json_is_printed(run):
    result = run("answers.csv", "--scales", "scales.toml", "--json", "-")
    assert json.loads(result.stdout)["format"] == 1
    assert result.stderr == ""


def test_numbers_as_names_have_one_order_in_csv_and_parquet(run, folder):
    data = rows(48).with_columns(who=pl.Series([9, 10, 2, 100] * 12))
    data.write_csv(folder / "ids.csv")
    data.write_parquet(folder / "ids.parquet")
    words = ("--scales", "scales.toml", "--partner", "who")
    texts, ids = (document(run, name, *words)["partners"] for name in ("ids.csv", "ids.parquet"))
    assert texts == ids  # the ranks too, which are drawn in that order
    assert [row["partner"] for row in texts["trust"]] == ["2", "9", "10", "100"]


def test_a_terminal_that_lacks_letters_gets_question_marks_and_json_is_utf_8(folder):
    name = "Sør‑Varanger Þór"
    rows().with_columns(who=pl.lit(name)).write_csv(folder / "names.csv")
    tillit = [sys.executable, "-c", "from survey.cli import main; main()"]
    words = [*tillit, "analyse", "names.csv", "--scales", "scales.toml", "--partner", "who"]
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    printed = subprocess.run(words, capture_output=True, cwd=folder, env=narrow, check=True)
    assert b"S?r" in printed.stdout
    assert printed.stderr == b""
    words += ["--json", "-"]
    printed = subprocess.run(words, capture_output=True, cwd=folder, env=narrow, check=True)
    assert json.loads(printed.stdout.decode())["partners"]["trust"][0]["partner"] == name


@pytest.mark.parametrize("kind", ["semicolon", "gzip", "parquet"])
def test_the_same_answers_in_another_file_give_the_same_numbers(run, folder, kind):
    if kind == "semicolon":
        (folder / "other").write_text(rows().write_csv(separator=";"), encoding="utf-8")
    elif kind == "gzip":
        (folder / "other").write_bytes(gzip.compress(rows().write_csv().encode()))
    else:
        rows().write_parquet(folder / "other")
    words = ("--scales", "scales.toml", "--partner", "who")
    other, plain = document(run, "other", *words), document(run, "answers.csv", *words)
    assert other["scales"] == plain["scales"]
    assert other["partners"] == plain["partners"]


def test_codes_for_no_answer_are_not_answers(run, folder):
    data = rows().with_columns(t1=pl.when(pl.int_range(40) < 3).then(-99).otherwise("t1"))
    data.write_csv(folder / "gaps.csv")
    found = document(run, "gaps.csv", "--scales", "scales.toml")
    assert found["scales"]["trust"]["items"]["t1"]["missing"] == 3


def test_codes_may_be_texts_and_numbers_in_csv_and_parquet(run, folder):
    first = pl.int_range(40)
    data = rows().with_columns(
        t1=pl.when(first < 3).then(-99).otherwise("t1"),
        t2=pl.when(first < 5).then(pl.lit(" refused")).otherwise(pl.col("t2").cast(pl.String)),
    )
    data.write_csv(folder / "gaps.csv")
    data.write_parquet(folder / "gaps.parquet")
    codes = SCALES.replace("[-99]", '["-99", "refused"]')
    (folder / "codes.toml").write_text(codes, encoding="utf-8")
    for name in ("gaps.csv", "gaps.parquet"):
        items = document(run, name, "--scales", "codes.toml")["scales"]["trust"]["items"]
        assert [row["missing"] for row in items.values()] == [3, 5, 0]
    told = run("gaps.csv", "--scales", "scales.toml")  # «refused» is no code there
    assert told.exit_code == 2
    assert 'declare missing = ["refused"]' in " ".join(told.stderr.split())


def test_where_nothing_can_be_shown_it_is_said(run):
    words = ("answers.csv", "--scales", "scales.toml", "--partner", "who", "--min-n", "50")
    told = "No group of 50 or more answers: there is nothing to show."
    assert document(run, *words)["notes"] == [told]
    assert told in run(*words).stdout


def test_options_reach_the_analysis(run):
    found = document(
        run, "answers.csv", "--scales", "scales.toml", "--ci", "bootstrap", "--level", "0.9",
        "--seed", "4", "--missing", "listwise", "--partner", "who", "--min-n", "6",
    )  # fmt: skip
    assert found["settings"] == {
        "missing": "listwise",
        "ci": "bootstrap",
        "level": 0.9,
        "seed": 4,
        "min_n": 6,
        "partner": "who",
        "estimator": "mlr",
        "fiml": False,
        "cluster": None,
        "pairs": False,
        "equal_within": None,
    }


def test_who_did_not_choose_what_an_item_asked_for_is_flagged(run, folder):
    asked = ["2"] * 38 + ["3", ""]
    rows().with_columns(check=pl.Series(asked), word=pl.lit("disagree")).write_csv(
        folder / "checked.csv"
    )
    command = ("checked.csv", "--scales", "scales.toml", "--instructed", "check=2")
    found = document(run, *command, "--instructed", "word=disagree")["quality"]
    assert found["counts"]["instructed_item"] == 1
    assert found["flags"][-1]["message"] == "Item 'check' asked for 2 and got 3."
    result = run("checked.csv", "--scales", "scales.toml", "--instructed", "check")
    assert result.exit_code == 2
    assert "give ITEM=ANSWER" in result.stderr
    result = run(*command, "--instructed", "check=3")
    assert "'check' has two answers" in result.stderr


@pytest.mark.parametrize(
    ("asked", "expected"), [("auto", None), ("none", None), ("who", "who"), ("t1", "t1")]
)
def test_rows_belong_together_as_asked(run, asked, expected):
    options = ("--scales", "scales.toml", "--partner", "who", "--cluster", asked)
    found = document(run, "answers.csv", *options)
    assert found["settings"]["cluster"] == expected
    assert {s["clustering"]["used"] for s in found["scales"].values()} == {expected is not None}


def test_a_cluster_that_is_not_there_is_refused(run):
    result = run("answers.csv", "--scales", "scales.toml", "--cluster", "branch")
    assert result.exit_code == 2
    assert "There is no column 'branch'" in result.stderr
    hidden = ("--partner", "who", "--min-n", "5", "--cluster", "t1")
    result = run("answers.csv", "--scales", "scales.toml", *hidden)
    assert "the partner's column only" in result.stderr


REFUSED = {
    "off the scale": ("t1", pl.lit(9), "holds 9"),
    "not a number": ("t1", pl.lit("agree"), "agree"),
    "an id": ("t2", pl.int_range(1001, 1041), "t2"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_data_that_must_not_be_analysed_end_with_2_and_no_file(run, folder, kind):
    column, values, told = REFUSED[kind]
    rows().with_columns(values.alias(column)).write_csv(folder / "bad.csv")
    result = run("bad.csv", "--scales", "scales.toml", "--html", "r.html", "--json", "r.json")
    assert result.exit_code == 2
    assert "Refused: " in result.stderr
    assert told in result.stderr
    assert "nothing was computed or written" in result.stderr
    assert result.stdout == ""
    assert not list(folder.glob("r.*"))


def test_problems_that_allow_an_analysis_are_printed_first(run, folder):
    forgotten = SCALES.replace('reverse = ["t3"]', "")
    (folder / "forgotten.toml").write_text(forgotten, encoding="utf-8")
    result = run("answers.csv", "--scales", "forgotten.toml")
    assert result.exit_code == 0
    assert "Warning: Item 't3'" in result.stdout
    assert 'reverse = ["t3"]' in result.stdout
    assert result.stdout.index("Warning") < result.stdout.index("Can the scales")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["answers.csv"], "give --scales FILE.toml or --instrument ID"),
        (["answers.csv", "--scales", "scales.toml", "--instrument", "grunig7"], "not both"),
        (["answers.csv", "--scales", "nothing.toml"], "nothing.toml cannot be read"),
        (["nothing.csv", "--scales", "scales.toml"], "nothing.csv cannot be read"),
        (["scales.toml", "--scales", "scales.toml"], "scales.toml"),
        (["answers.csv", "--scales", "scales.toml", "--partner", "supplier"], "'supplier'"),
        (["answers.csv", "--scales", "scales.toml", "--partner", "t1"], "the partner column 't1'"),
        (["answers.csv", "--scales", "scales.toml", "--side", "ours"], "is for snapshots"),
        (["answers.csv", "--instrument", "nothing"], "nothing"),
        (["answers.csv", "--instrument", "grunig7"], "have no item"),
        (["answers.csv", "--scales", "scales.toml", "--level", "95"], "0<x<1"),
        (["answers.csv", "--scales", "scales.toml", "--html", "no/r.html"], "no folder no"),
        (["answers.csv", "--scales", "scales.toml", "--json", "."], "is a folder"),
        (["answers.csv", "--scales", "scales.toml", "--json", "r" * 300], "File name too long"),
        (["answers.csv", "--scales", "scales.toml", "--html", "answers.csv"], "is also DATA"),
        (
            ["answers.csv", "--scales", "scales.toml", "--html", "r", "--json", "r"],
            "is also --html",
        ),
    ],
)
def test_misuse_ends_with_2_and_says_what_to_do(run, folder, words, told):
    before = (folder / "answers.csv").read_bytes()
    result = run(*words)
    assert result.exit_code == 2
    assert told in re.sub(r"\s+", " ", result.stderr)
    assert "Traceback" not in result.output
    assert (folder / "answers.csv").read_bytes() == before


def test_a_file_that_cannot_be_written_ends_with_1_and_leaves_nothing(run, folder):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))  # as if the disk were full
    try:
        result = run("answers.csv", "--scales", "scales.toml", "--html", "r.html")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result.exit_code == 1
    assert "r.html cannot be written: File too large." in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["answers.csv", "scales.toml"]


def answered(instrument, sizes, *, seed=2, side="ours"):
    """Let partners be rated by people who answer every rating item of a questionnaire."""
    source = np.random.default_rng(seed)
    who = [name for name, n in sizes.items() for _ in range(n)]
    latent = source.normal(0, 0.8, len(who))
    columns = {"partner": who, "side": [side] * len(who)}
    for item in instrument.items:
        if item.scale is not None:
            raw = np.round(3 + latent + source.normal(0, 0.7, len(who)))
            columns[item.id] = np.clip(raw, 1, 5).astype(np.int8)
            columns[f"{item.id}_missing"] = [None] * len(who)
    return pl.DataFrame(columns)


def write_snapshot(path, frame, instrument):
    own = {
        "format": 1,
        "title": "Suppliers 2026",
        "scoring_key": instrument.scoring_key(),
        "labels": {each.id: each.label for each in instrument.constructs},
        "thresholds": {"min_group": 5, "min_group_text": 10},
    }
    frame.write_parquet(path, metadata={"tillit": json.dumps(own)})


@pytest.fixture
def snapshot(folder):
    instrument = questionnaires.load("grunig7")
    frame = answered(instrument, {"Acme": 9, "Berg": 8, "Cask": 3})
    write_snapshot(folder / "w1.parquet", frame, instrument)
    return "w1.parquet"


def test_a_snapshot_is_analysed_as_it_is(run, folder, snapshot):
    assert run(snapshot, "--html", "r.html").exit_code == 0
    page = (folder / "r.html").read_text("utf-8")
    assert "<h1>Suppliers 2026</h1>" in page
    assert ">Trust</h3>" in page
    found = document(run, snapshot)
    assert found["settings"]["partner"] == "partner"
    assert found["settings"]["min_n"] == 5
    assert found["n_rows"] == 17
    assert [row["n"] for row in found["partners"]["trust"]] == [9, 8, None]


def test_a_snapshot_says_why_answers_are_missing(run, folder):
    instrument = questionnaires.load("grunig7")
    item = instrument.items[0]
    gap = pl.int_range(pl.len()).is_in([0, 1, 2, 3, 4, 9, 10])  # of both partners
    kind = pl.when(pl.int_range(pl.len()) < 9).then(pl.lit("dont_know"))
    frame = answered(instrument, {"Acme": 9, "Berg": 9}).with_columns(
        pl.when(~gap).then(item.id).alias(item.id),
        pl.when(gap).then(kind.otherwise(pl.lit("skipped"))).alias(f"{item.id}_missing"),
    )
    write_snapshot(folder / "w1.parquet", frame, instrument)
    found = document(run, "w1.parquet")["scales"][item.construct]["items"]
    assert found[item.id]["missing_by"] == {"dont_know": 5, "other": 2}
    assert all(row["missing_by"] == {} for name, row in found.items() if name != item.id)
    printed = run("w1.parquet", "--html", "r.html").stdout.replace("\u00a0", " ")
    assert "don't know" in printed
    assert "Other missing answers were skipped, not reached or withdrawn." in printed
    page = (folder / "r.html").read_text("utf-8").replace("\u00a0", " ")
    assert "don&#39;t know 5, other 2" in page
    (folder / "plain.csv").write_text(frame.drop("side").write_csv(), encoding="utf-8")
    plain = document(run, "plain.csv", "--instrument", "grunig7")["scales"][item.construct]
    assert plain["items"][item.id]["missing_by"] == {"dont_know": 5, "skipped": 2}


def test_what_was_promised_to_those_who_answered_is_kept(run, snapshot):
    less = run(snapshot, "--min-n", "2")
    assert less.exit_code == 2
    assert "below 5, which was promised" in re.sub(r"\s+", " ", less.stderr)
    other = run(snapshot, "--partner", "side")
    assert other.exit_code == 2
    assert "as was fixed" in other.stderr
    more = document(run, snapshot, "--min-n", "9", "--partner", "partner")
    assert [row["n"] for row in more["partners"]["trust"]] == [9, None, None]


def test_two_sides_are_never_mixed(run, folder):
    instrument = questionnaires.load("grunig7")
    sizes = {"Acme": 9, "Berg": 8}
    ours = answered(instrument, sizes)
    theirs = answered(instrument, {"Acme": 6, "Berg": 7}, seed=5, side="theirs")
    write_snapshot(folder / "w1.parquet", pl.concat([theirs, ours]), instrument)
    found = document(run, "w1.parquet")
    assert found["n_rows"] == 17
    assert found["notes"] == [
        "These are the answers of side «ours»; --side theirs gives those of the other."
    ]
    assert document(run, "w1.parquet", "--side", "theirs")["n_rows"] == 13
    write_snapshot(folder / "w2.parquet", ours, instrument)
    missing = run("w2.parquet", "--side", "theirs")
    assert missing.exit_code == 2
    assert "No one of side 'theirs' answered" in missing.stderr


def test_two_sides_and_two_waves_are_compared_when_asked(run, folder):
    instrument = questionnaires.load("grunig7")
    for wave in (1, 2):
        sides = [
            answered(instrument, {"Acme": 9, "Berg": 8, "Cask": 3}, seed=wave + 10 * n, side=side)
            for n, side in enumerate(("ours", "theirs"))
        ]
        frame = pl.concat(sides).with_columns(wave=pl.lit(wave, dtype=pl.Int16))
        write_snapshot(folder / f"w{wave}.parquet", frame, instrument)
    options = ("--side", "both", "--earlier", "w1.parquet", "--outcome", "trust")
    found = document(run, "w2.parquet", *options)
    assert found["n_rows"] == 17
    assert found["two_sides"]["sides"] == ["ours", "theirs"]
    assert found["waves"]["waves"] == ["1", "2"]
    assert found["drivers"]["outcome"] == "trust"
    cask = found["two_sides"]["scales"]["trust"]["partners"][2]
    assert cask["suppressed_reason"] == "one side has too few answers (fewer than 5)"
    printed = run("w2.parquet", *options, "--without-flagged").stdout
    for heading in ("Is trouble coming?", "see it the same way?", "has changed?", "with care?"):
        assert heading in printed
    one_side = document(run, "w2.parquet", "--earlier", "w1.parquet", "--side", "theirs")
    assert one_side["n_rows"] == 17
    assert "two_sides" not in one_side


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["answers.csv", "--scales", "scales.toml", "--wave", "when"], "no column 'when'"),
        (["answers.csv", "--scales", "scales.toml", "--earlier", "answers.csv"], "for snapshots"),
        (["answers.csv", "--scales", "scales.toml", "--outcome", "joy"], "outcome is 'joy'"),
        (["w1.parquet", "--earlier", "answers.csv"], "is no snapshot"),
        (["w1.parquet", "--wave", "side"], "names its wave itself"),
        (["w1.parquet", "--side", "who"], "No one of side 'who'"),
    ],
)
def test_what_cannot_be_compared_is_said(run, folder, snapshot, words, told):
    assert (folder / snapshot).exists()
    result = run(*words)
    assert result.exit_code == 2
    assert told in re.sub(r"\s+", " ", result.stderr)


def in_languages(frame, languages=("nb", "en")):
    """Mark who answered in which language, and by a code who they are."""
    numbers = range(frame.height)
    chosen = [languages[n % len(languages)] for n in numbers]
    codes = [f"c{n}" for n in numbers]
    return frame.with_columns(language=pl.Series(chosen, dtype=pl.String), code=pl.Series(codes))


def test_groups_and_raters_of_a_snapshot_are_its_own_columns(run, folder):
    instrument = questionnaires.load("berg4")
    for wave in (1, 2):
        frame = answered(instrument, {"Acme": 30, "Berg": 30, "Cask": 3}, seed=wave)
        frame = in_languages(frame).with_columns(wave=pl.lit(wave, dtype=pl.Int16))
        write_snapshot(folder / f"w{wave}.parquet", frame, instrument)
    options = ("--group", "language", "--group", "wave", "--retest", "code", "--ci", "feldt")
    found = document(run, "w2.parquet", "--earlier", "w1.parquet", *options)
    language, wave = found["comparability"]
    assert (language["groups"], wave["groups"]) == (["en", "nb"], ["1", "2"])
    assert language["scales"]["advising"]["n_used"] == 60
    assert wave["scales"]["advising"]["n_used"] == 120
    assert found["retest"]["advising"][0]["n_used"] == 60


def test_a_study_that_keeps_no_language_says_so(run, folder):
    instrument = questionnaires.load("berg4")
    frame = in_languages(answered(instrument, {"Acme": 30}), (None,)).drop("code")
    write_snapshot(folder / "w1.parquet", frame, instrument)
    found = document(run, "w1.parquet", "--group", "language")
    assert "an anonymous study does not keep it" in " ".join(found["notes"])
    assert found["comparability"][0]["reason"] == "column 'language' is empty"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["w1.parquet", "--group", "tongue"], "--group: there is no column 'tongue'"),
        (["w1.parquet", "--group", "side"], "add --side both"),
        (["w1.parquet", "--retest", "code"], "--retest compares waves; add --earlier SNAPSHOT."),
        (["w1.parquet", "--earlier", "w0.parquet", "--retest", "code"], "an identified study"),
        (["answers.csv", "--scales", "scales.toml", "--retest", "who"], "add --wave COLUMN"),
    ],
)
def test_columns_that_will_not_do_are_named(run, folder, words, told):
    instrument = questionnaires.load("grunig7")
    for wave in (0, 1):
        frame = answered(instrument, {"Acme": 9}).with_columns(wave=pl.lit(wave, dtype=pl.Int16))
        write_snapshot(folder / f"w{wave}.parquet", frame, instrument)
    result = run(*words)
    assert result.exit_code == 2
    assert told in re.sub(r"\s+", " ", result.stderr)


def test_the_same_wave_twice_is_refused(run, folder):
    instrument = questionnaires.load("grunig7")
    frame = answered(instrument, {"Acme": 9}).with_columns(wave=pl.lit(1, dtype=pl.Int16))
    for name in ("w1.parquet", "copy.parquet"):
        write_snapshot(folder / name, frame, instrument)
    result = run("w1.parquet", "--earlier", "copy.parquet")
    assert result.exit_code == 2
    assert "A wave is given twice" in result.stderr


def test_a_csv_may_have_sides_and_waves_and_the_command_can_be_repeated(run, folder):
    source = np.random.default_rng(4)
    rows = 120
    frame = pl.DataFrame(
        {
            "who": [f"P{i % 4}" for i in range(rows)],
            "from": [("theirs", "ours")[i // 60] for i in range(rows)],
            "year": [(2023, 2025)[i // 4 % 2] for i in range(rows)],
            **{item: source.integers(1, 6, rows) for item in ("t1", "t2", "t3", "q1", "q2")},
        }
    )
    frame.write_csv(folder / "two.csv")
    words = ("two.csv", "--scales", "scales.toml", "--partner", "who", "--side", "from")
    options = ("--wave", "year", "--without-flagged", "--html", "r.html")
    assert run(*words, *options).exit_code == 0, run(*words, *options).output
    page = (folder / "r.html").read_text("utf-8")
    assert "--side from --wave year --without-flagged" in page
    assert "Do both sides see it the same way?" in page
    found = document(run, *words, "--wave", "year", "--without-flagged")
    assert found["waves"]["waves"] == ["2023", "2025"]
    assert found["quality"]["n_rows"] == found["n_rows"]
    row = found["waves"]["scales"]["trust"]["trend"]["rows"][0]
    assert row["slope"] == pytest.approx((row["last"] - row["first"]) / 2)  # years, not waves
    keep = [flag["row"] for flag in found["quality"]["flags"]]
    kept = document(run, *words, "--wave", "year", "--without-flagged", "--keep", keep[0])
    assert kept["quality"]["n_flagged"] == found["quality"]["n_flagged"] - 1


def test_answers_to_a_questionnaire_of_the_house_need_no_scales_file(run, folder):
    instrument = questionnaires.load("berg4")
    answered(instrument, {"Acme": 30}).write_csv(folder / "berg.csv")
    found = document(run, "berg.csv", "--instrument", "berg4")
    assert set(found["scales"]) == set(instrument.scoring_key())
    title = instrument.constructs[0].label["en"]
    assert found["scales"][instrument.constructs[0].id]["title"] == title


# The numbers of R, on real data


def scales_of(stored, path, share=0.5):
    """Write the scales file that a stored analysis describes."""
    reverse = stored.get("reversed", [])
    lines = [f"range = {stored['range']}", f"min_answered = {share}"]
    for name, items in stored["keys"].items():
        turned = [item for item in items if item in reverse]
        lines += [f"[scales.{name}]", f"items = {json.dumps(items)}"]
        lines.append(f"reverse = {json.dumps(turned)}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@real_data
@pytest.mark.parametrize(
    ("name", "partner"),
    [("corp_rep", "serviceprovider"), ("bfi", None), ("autonomy_support", "Teacher")],
)
def test_real_data_give_the_numbers_of_r(run, folder, name, partner):
    stored = json.loads((OPEN / f"{name}.json").read_text())
    by = ["--partner", partner] if partner else []
    scales = scales_of(stored, folder / "real.toml")
    found = document(run, OPEN / f"{name}.csv.gz", "--scales", scales, "--cluster", "none", *by)
    for scale, expected in stored["scales"].items():
        assert_scale(found["scales"][scale], expected)
    # R took the complete rows to compare partners.
    whole = scales_of(stored, folder / "whole.toml", share=1.0)
    found = document(run, OPEN / f"{name}.csv.gz", "--scales", whole, *by)
    for scale, expected in stored.get("nested", {}).items():
        assert_partners(found, scale, expected)
    assert_distinct(found["distinctness"]["htmt"], stored.get("cfa", {}).get("htmt"))


def assert_scale(found, expected):
    close = {"rel": 1e-10, "abs": 1e-10}
    assert (found["n_items"], found["n_rows"]) == (expected["k"], expected["n_rows"])
    assert found["n_complete"] == expected["n_complete"]
    assert found["alpha"]["estimate"] == pytest.approx(expected["alpha_pairwise"], **close)
    margin = 1.959963984540054 * expected["alpha_adf_se"]  # ours has t for z, so is a bit wider
    reach = found["alpha"]["ci_high"] - found["alpha"]["estimate"]
    assert margin <= reach <= 1.02 * margin
    assert found["alpha_standardized"] == pytest.approx(expected["alpha_std_pairwise"], **close)
    omega = expected.get("omega_total_cfa_modelvar")
    assert found["omega_total"] == pytest.approx(omega, rel=1e-6)
    half = expected["half_rule_score"]
    assert found["n_scored"] == half["n"]
    assert found["mean"] == pytest.approx(half["mean"], **close)
    assert found["sd"] == pytest.approx(half["sd"], **close)
    sem = half["sd"] * (1 - expected["alpha_pairwise"]) ** 0.5
    assert found["sem"] == pytest.approx(sem, **close)
    names = {"skew": "skew_psych_type3", "kurtosis": "kurtosis_psych_type3"}
    for i, item in enumerate(expected["items"]):
        row = found["items"][item]
        for field in ("n", "mean", "sd", "skew", "kurtosis", "floor", "ceiling"):
            stored = expected["item"][names.get(field, field)][i]
            assert row[field] == pytest.approx(stored, **close), (item, field)
    if expected["n_complete"] == expected["n_rows"]:
        drop = expected["psych_item_stats"]["r.drop"]
        assert [row["item_rest_r"] for row in found["items"].values()] == pytest.approx(drop)
        inter = expected["interitem"]["mean"]
        assert found["mean_interitem_r"] == pytest.approx(inter, **close)


def assert_partners(found, scale, expected):
    close = {"rel": 1e-10, "abs": 1e-10}
    one_way, rows = found["aggregation"][scale], found["partners"][scale]
    assert one_way["icc1_anova"] == pytest.approx(expected["ICC1_n0"], **close)
    assert one_way["icc2"] == pytest.approx(expected["ICC2_multilevel"], **close)
    assert one_way["n0"] == pytest.approx(expected["n0_anova"], **close)
    median = expected["rwg_j_uniform"]["median"]
    assert one_way["rwg_j_median"] == pytest.approx(median, **close)
    reml = expected["lmer_reml"]
    # lme4's optimiser stops early on comp of corp_rep, short of the maximum found here.
    precise = 1e-4 if scale == "comp" else 1e-5
    assert one_way["icc1_reml"] == pytest.approx(reml["icc"], rel=precise)
    assert found["pooling"][scale]["tau2"] == pytest.approx(reml["tau2"], rel=precise)
    needed = 0.7 / 0.3 * (1 - reml["icc"]) / reml["icc"]
    assert one_way["raters_needed_70"] == pytest.approx(needed, rel=precise)
    by_name = {row["partner"]: row for row in rows}
    blup = reml["blup"]
    for i, name in enumerate(blup["group"]):
        row = by_name[str(name)]
        assert row["n"] == blup["n"][i]
        assert row["mean"] == pytest.approx(blup["raw_mean"][i], **close)
        assert row["shrunken"] == pytest.approx(blup["shrunk_mean"][i], abs=1e-5)
        assert row["shrunken_se"] == pytest.approx(blup["se"][i], abs=1e-5)


def assert_distinct(found, expected):
    if expected is None:
        return
    for i, one in enumerate(expected["names"]):
        for j, other in enumerate(expected["names"]):
            if i != j:
                assert found[one][other] == pytest.approx(expected["values"][i][j], abs=1e-8)


@real_data
def test_what_may_not_be_told_apart_is_said(run, folder):
    stored = json.loads((OPEN / "corp_rep.json").read_text())
    scales = scales_of(stored, folder / "real.toml")
    result = run(OPEN / "corp_rep.csv.gz", "--scales", scales, "--partner", "serviceprovider")
    assert "perf and qual cannot be told apart in your data (HTMT .91)." in result.stdout


@real_data
def test_forgotten_reversals_are_found(run, folder):
    stored = json.loads((OPEN / "bfi.json").read_text())
    reversed_items = set(stored.pop("reversed"))
    scales = scales_of(stored, folder / "real.toml")
    found = document(run, OPEN / "bfi.csv.gz", "--scales", scales)
    assert found["scales"]["agree"]["alpha"]["estimate"] == pytest.approx(0.4315, abs=5e-5)
    named = {p["item"] for p in found["problems"] if p["code"] == "looks_reversed"}
    assert named
    assert named & reversed_items


@real_data
def test_a_league_of_a_thousand_is_scored_as_by_lme4(run, folder):
    stored = json.loads((OPEN / "insteval_crossed.json").read_text())["oneway"]
    scales = folder / "one.toml"
    scales.write_text('range = [1, 5]\n[scales.rating]\nitems = ["y"]\n', encoding="utf-8")
    found = document(run, OPEN / "insteval.csv.gz", "--scales", scales, "--partner", "d")
    assert found["n_rows"] == 73421
    pooling = found["pooling"]["rating"]
    assert pooling["tau2"] == pytest.approx(stored["tau2"], rel=1e-5)
    rows = {row["partner"]: row for row in found["partners"]["rating"]}
    assert len(rows) == 1128
    for name, u, se in zip(stored["group"], stored["u"], stored["u_se"], strict=True):
        assert rows[name]["shrunken"] - pooling["mu"] == pytest.approx(u, abs=1e-5)
        assert rows[name]["shrunken_se"] == pytest.approx(se, abs=1e-5)
