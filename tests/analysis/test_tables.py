"""The terminal: the same sentences and tables, in the order of the report."""

import io

import polars as pl
import pytest
from rich.console import Console

from analysis import assess
from analysis.report import content, sentences
from analysis.tables import print_assessment, print_problems

SIZES = {"Acme": 9, "Berg": 12, "Cask": 7, "Dale": 2}


def printed(write, width=140):
    out = io.StringIO()
    write(Console(file=out, width=width, highlight=False))
    return out.getvalue()


@pytest.fixture
def document(simulated, key):
    def make(sizes=SIZES, **options):
        return assess(simulated(sizes), key, **options).to_dict()

    return make


def test_the_order_is_that_of_a_reader(document):
    found = document(partner="partner")
    text = printed(lambda console: print_assessment(found, console))
    parts = [
        "Problems in the data",
        "Can the scales be trusted?",
        "Do the scales measure different things?",
        "Can the partners be told apart?",
        "Who differs?",
        "What to do",
        "The items",
        "Methods",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.rstrip().endswith("seed 1.")


def test_numbers_are_rounded_as_their_error_allows(document):
    found = document(partner="partner")
    alpha = found["scales"]["trust"]["alpha"]["estimate"]
    text = printed(lambda console: print_assessment(found, console))
    assert f"{alpha:.2f}".removeprefix("0") in text
    assert str(alpha) not in text


def test_without_partners_the_partners_are_not_mentioned(document):
    found = document()
    text = printed(lambda console: print_assessment(found, console))
    assert "artner" not in text


def test_titles_replace_names(document):
    found = document()
    text = printed(lambda console: print_assessment(found, console, {"trust": "Tillit [bold]"}))
    assert "Tillit [bold]" in text


def test_hidden_partners_come_last_with_the_reason(document):
    found = document(partner="partner", min_n=5)
    table = content.partners(found, "trust", {"trust": "Trust"})
    assert table.body[-1][:3] == ("Dale", "–", "too few answers (fewer than 5)")
    assert {len(row) for row in table.body} == {len(table.head)}
    text = printed(lambda console: print_assessment(found, console))
    assert "1 partner with fewer than 5 answers" in text


def test_a_shrunken_score_stands_beside_its_posterior_interval(document):
    found = document(partner="partner")
    table = content.partners(found, "trust", {"trust": "Trust"})
    assert table.head[2:6] == ("Shrunken score", "95\u00a0% interval", "Raw mean", "Reliability")
    rows = {row["partner"]: row for row in found["partners"]["trust"]}
    for name, _, score, interval, mean, *_ in table.body:
        row = rows[name]
        assert (score, mean) == (f"{row['shrunken']:.2f}", f"{row['mean']:.2f}")
        assert interval == f"{row['shrunken_ci_low']:.2f}–{row['shrunken_ci_high']:.2f}"


def test_few_partners_have_raw_means_and_the_table_says_why(document):
    found = document({"Acme": 9, "Berg": 12, "Cask": 1}, partner="partner")
    table = content.partners(found, "trust", {"trust": "Trust"})
    assert table.head[3:] == ("95\u00a0% interval", "Could rank", "All at once")
    rows = {row["partner"]: row for row in found["partners"]["trust"]}
    assert [float(row[2]) for row in table.body] == sorted(
        (round(row["mean"], 2) for row in rows.values()), reverse=True
    )
    intervals = {row[0]: row[3] for row in table.body}
    assert intervals["Cask"] == "–"
    acme = rows["Acme"]
    assert intervals["Acme"] == f"{acme['ci_low']:.2f}–{acme['ci_high']:.2f}"
    assert "three partners tell too little" in table.notes[-1]
    text = printed(lambda console: print_assessment(found, console))
    assert table.notes[-1] in " ".join(text.split())


@pytest.mark.parametrize("width", [40, 80, 120])
def test_on_any_screen_no_column_is_lost_and_no_number_broken(document, width):
    found = document(partner="partner")
    titles = {"trust": "A scale with a rather long name, which takes some room"}
    text = printed(lambda console: print_assessment(found, console, titles), width)
    assert max(map(len, text.splitlines())) <= width
    table = content.items(found, "quality", sentences.titles_of(found))
    for row in table.body:
        (first, *rest) = (line.split() for line in text.splitlines() if row[0] in line.split())
        words = [*first, *(word for line in rest for word in line[1:])]
        assert words == " ".join(row).split()
    assert ("quality: items, continued" in text) is (width < 120)


def test_missing_answers_stand_by_their_kind(simulated, key):
    gap = pl.when(pl.int_range(pl.len()) < 8)
    why = pl.when(pl.int_range(pl.len()) < 6).then(pl.lit("dont_know")).otherwise(pl.lit("skipped"))
    data = simulated(SIZES).with_columns(
        q1=gap.then(None).otherwise("q1"), q1_missing=gap.then(why), q2_missing=pl.lit(None)
    )
    found = assess(data, key).to_dict()
    titles = {name: name for name in key}
    table = content.items(found, "quality", titles)
    assert table.head[:4] == ("Item", "n", "Missing", "Of these")
    assert [row[3] for row in table.body] == ["don't\u00a0know\u00a06, skipped\u00a02", *"–––"]
    assert table.notes == ()
    assert "Of these" not in content.items(found, "trust", titles).head
    few = content.items(assess(data, key, min_n=5).to_dict(), "quality", titles)
    assert few.body[0][3] == "don't\u00a0know\u00a06, other\u00a02"
    assert few.notes == ("Other missing answers were skipped, not reached or withdrawn.",)


def test_needed_raters_are_whole_people(document):
    found = document(partner="partner")
    found["aggregation"]["trust"]["raters_needed_70"] = 7.000000000000001
    found["aggregation"]["quality"]["raters_needed_70"] = 2.01
    found["aggregation"]["overall"]["raters_needed_70"] = 0.0
    table = content.aggregation(found, dict.fromkeys(found["scales"], "A"))
    assert [row[-2] for row in table.body] == ["7", "3", "1"]


def test_a_long_list_is_cut_in_the_middle_and_says_so(document):
    found = document({f"P{i:03}": 4 for i in range(100)}, partner="partner")
    text = printed(lambda console: print_assessment(found, console))
    assert "… 40 more" in text
    assert "--html and --json have every row" in text


def test_an_alpha_that_is_not_computable_is_a_dash_with_its_reason(simulated, key):
    found = assess(simulated({"Acme": 2}), key).to_dict()
    (row, *_) = content.reliability(found, {name: name for name in key}).body
    assert "–" in row
    text = printed(lambda console: print_assessment(found, console))
    assert "not computable" in text


def test_problems_are_named_by_their_weight():
    problems = [
        {"severity": "refuse", "message": "Bad [x].", "action": "Mend it."},
        {"severity": "warn", "message": "Odd.", "action": "Look."},
    ]
    text = printed(lambda console: print_problems(problems, console))
    assert text.split("\n")[:2] == ["  Refused: Bad [x]. Mend it.", "  Warning: Odd. Look."]


def test_the_file_is_named_with_its_hash(document):
    found = document()
    found["data"] = {"file": "answers.csv", "sha256": "ab" * 32}
    text = printed(lambda console: print_assessment(found, console))
    assert f"Data: answers.csv, 30 rows, SHA-256 {'ab' * 32}." in text


def test_lines_fit_a_terminal_and_carry_no_trailing_space_in_prose(document):
    found = document(partner="partner")
    text = printed(lambda console: print_assessment(found, console), width=100)
    assert max(map(len, text.splitlines())) <= 100
