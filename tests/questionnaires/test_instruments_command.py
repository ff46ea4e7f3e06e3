"""`tillit instruments`: what it prints, and how it ends."""

import json
import re

import pytest
from click.testing import CliRunner

import questionnaires
from questionnaires import available, load
from survey.cli import main


@pytest.fixture
def tillit():
    def run(*arguments):
        return CliRunner().invoke(main, ["instruments", *map(str, arguments)])

    return run


def test_the_list_names_every_instrument(tillit):
    result = tillit()
    assert result.exit_code == 0
    for instrument_id in available():
        form = load(instrument_id)
        assert instrument_id in result.stdout
        assert form.title["en"] in result.stdout
        assert form.version[:12] in result.stdout
    assert "5 constructs, 14 items, sides ours theirs, languages en nb nn is" in result.stdout


def test_the_list_as_json(tillit):
    listed = json.loads(tillit("--json").stdout)
    assert [entry["id"] for entry in listed] == list(available())
    assert listed[0]["version"] == load("berg4").version
    assert listed[0]["title"] == load("berg4").title
    assert (listed[0]["n_items"], listed[0]["n_pages"]) == (14, len(load("berg4").pages))
    assert listed[0]["constructs"][-1] == "overall"


@pytest.mark.parametrize("language", questionnaires.LANGUAGES)
@pytest.mark.parametrize("side", questionnaires.SIDES)
def test_show_prints_every_text_of_one_side_and_language(tillit, language, side):
    form = load("grunig7")
    result = tillit("show", "grunig7", "--lang", language, "--side", side)
    assert result.exit_code == 0
    assert result.stdout.startswith(form.title[language])
    assert f"version {form.version}" in result.stdout
    assert form.introduction[side][language] in result.stdout
    assert form.reference_period[language] in result.stdout
    for number, item in enumerate(form.items, start=1):
        assert f"{number:>3}  {item.text(side, language)}\n" in result.stdout
        (line,) = re.findall(rf"^     {item.id} · .*", result.stdout, flags=re.MULTILINE)
        assert line.endswith(f" · translation: {item.status[language]}")
    for place in range(1, len(form.pages) + 1):
        assert f"Page {place} of {len(form.pages)}" in result.stdout
    answers = form.items[0].scale.points
    assert " · ".join(f"{p.value} {p.label[language]}" for p in answers) in result.stdout


def test_show_repeats_the_answers_once_a_page(tillit):
    form = load("grunig7")
    assert tillit("show", "grunig7").stdout.count("1 Strongly disagree") == len(form.pages)


def test_show_marks_a_reversed_item_and_prints_the_hint(tillit, shelf):
    result = tillit("show", shelf.path("instruments/mini.toml"))
    assert "trust_risk · Trust (reversed) · translation: draft" in result.stdout
    assert "open_change · Leave out names of people. · translation: draft" in result.stdout
    assert "(Don't know · Not applicable)" in result.stdout
    assert "Source: Our own." in result.stdout


def test_show_as_json_has_the_scoring_key(tillit):
    content = json.loads(tillit("show", "berg4", "--lang", "nb", "--json").stdout)
    form = load("berg4")
    assert content["scoring_key"] == form.scoring_key()
    assert content["version"] == form.version
    assert (content["language"], content["side"]) == ("nb", "ours")
    assert content["perspectives"] == ["direct"]
    assert content["title"] == form.title["nb"]
    shown = [item for page in content["pages"] for item in page["items"]]
    assert [item["id"] for item in shown] == [item.id for item in form.items]
    assert [item["text"] for item in shown] == [item.text("ours", "nb") for item in form.items]
    assert shown[0]["construct_label"] == "Nøyaktighet"
    assert [answer["value"] for answer in shown[0]["answers"]] == [1, 2, 3, 4, 5]
    assert shown[-1]["hint"] == form.items[-1].hint["nb"]
    assert content["off_scale"] == {"dont_know": "Vet ikke", "not_applicable": "Ikke relevant"}


def test_an_unknown_instrument_ends_with_2_and_a_suggestion(tillit):
    result = tillit("show", "grunig")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "did you mean «grunig7»?" in result.stderr


def test_show_of_a_broken_file_names_its_problems(tillit, shelf):
    shelf.edit("instruments/mini.toml", "min_answered = 0.5", "min_answered = 5")
    result = tillit("show", shelf.path("instruments/mini.toml"))
    assert result.exit_code == 2
    assert "out_of_range" in result.stderr
    assert result.stderr.endswith("1 problem found\n")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--side", "both", "'ours', 'theirs'"),
        ("--lang", "sv", "'en', 'nb', 'nn', 'is'"),
    ],
)
def test_an_undeclared_choice_ends_with_2(tillit, option, value, says):
    result = tillit("show", "grunig7", option, value)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_sound_file_ends_with_0(tillit, shelf):
    files = [shelf.path("instruments/mini.toml"), shelf.path("bank/items/trust.toml")]
    result = tillit("check", *files)
    assert result.exit_code == 0
    assert result.stdout == "".join(f"{file}: sound\n" for file in files)
    assert result.stderr == ""


def test_a_broken_file_ends_with_2_and_every_problem(tillit, shelf, monkeypatch):
    shelf.edit("instruments/mini.toml", 'nb = "Et kort skjema"\n', "")
    shelf.edit("instruments/mini.toml", '"trust_risk"', '"trust_risc"')
    monkeypatch.chdir(shelf.folder)
    result = tillit("check", "instruments/mini.toml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "instruments/mini.toml: trust_risc: unknown_item: page 1: the bank has no such item; "
        "did you mean «trust_risk»?\n"
        "instruments/mini.toml: mini [nb]: missing_language: «title.nb» is missing; "
        "give the text in «nb»\n"
        "2 problems found\n"
    )


def test_the_same_problem_of_two_files_is_named_once(tillit, shelf):
    shelf.edit("bank/scales.toml", '"Verken"', '"Enig"')
    result = tillit("check", shelf.path("instruments/mini.toml"), shelf.path("bank/scales.toml"))
    assert result.exit_code == 2
    assert result.stderr.endswith("1 problem found\n")


def test_problems_as_json(tillit, shelf):
    shelf.edit("instruments/mini.toml", "min_answered = 0.5", "min_answered = 5")
    result = tillit("check", "--json", shelf.path("instruments/mini.toml"))
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "problems": [
            {
                "file": str(shelf.path("instruments/mini.toml")),
                "subject": "mini",
                "language": None,
                "rule": "out_of_range",
                "message": "«min_answered» is 5; it is a share above 0, up to 1",
            }
        ]
    }


def test_no_problems_as_json(tillit, shelf):
    result = tillit("check", "--json", shelf.path("instruments/mini.toml"))
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"problems": []}


def test_check_needs_a_file(tillit):
    assert tillit("check").exit_code == 2


@pytest.mark.parametrize("instrument_id", available())
@pytest.mark.parametrize("language", questionnaires.LANGUAGES)
def test_every_instrument_can_be_shown_to_each_side(tillit, instrument_id, language):
    form = load(instrument_id)
    for side in form.sides:
        result = tillit("show", instrument_id, "--lang", language, "--side", side)
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        for number, item in enumerate(form.items, start=1):
            assert f"{number:>3}  {item.text(side, language)}" in lines
            assert all(option.label[language] in result.stdout for option in item.options)


def test_a_side_the_instrument_lacks_ends_with_2(tillit):
    result = tillit("show", "brm_buyer", "--side", "theirs")
    assert result.exit_code == 2
    assert "declares no side theirs; choose ours" in result.stderr


def test_show_tells_what_is_special_about_pages_and_items(tillit, branches):
    result = tillit("show", branches.path("instruments/branching.toml"))
    pages = re.split(r"^Page \d of 4$", result.stdout, flags=re.MULTILINE)[1:]
    assert "items of one answer scale in random order" in pages[0]
    assert "  3  May {partner} call you?\n     one of: Yes · No · Later\n     wish · " in pages[0]
    assert "     shown only if trust_promises is at most 2\n" in pages[1]
    assert "     up to 2 of: Price · Speed · Advice\n" in pages[1]
    assert "     0 Unlikely · 1 · 2 · 3 · 4 Likely  (Don't know · Not applicable)\n" in pages[1]
    assert "     shown only if wish is yes or later\n     loyalty_again · Loyalty · " in pages[1]
    both = "     shown only if matters includes price and trust_risk is 3 or dont_know\n"
    assert both in pages[2]
    assert "     guesses: what the other side would answer\n" in pages[3]
    assert "trust_promises__meta · Trust (as we think the other side sees it) · " in pages[3]
    assert "Scale of its own: Overall (overall) = overall_good, trust_risk\n" in pages[3]
    assert "trust_risk · Overall (reversed) · " in pages[0]


def test_show_as_json_has_the_logic(tillit, branches):
    path = branches.path("instruments/branching.toml")
    content = json.loads(tillit("show", path, "--json").stdout)
    assert content["perspectives"] == ["direct", "meta"]
    assert content["groups"] == {"overall": ["overall_good", "trust_risk"]}
    first, second, third, fourth = content["pages"]
    assert (first["shuffle"], second["shuffle"]) == (True, False)
    words = "trust_promises is at most 2"
    assert second["show_if"] == [{"item": "trust_promises", "at_most": 2, "words": words}]
    assert second["items"][0]["options"] == {
        "price": "Price",
        "speed": "Speed",
        "advice": "Advice",
    }
    assert second["items"][0]["pick"] == 2
    assert third["items"][0]["show_if"][1]["is"] == [3, "dont_know"]
    assert third["items"][0]["max_length"] == 500
    assert fourth["perspectives"] == ["meta"]


MINI_TABLE = """\
instrument  language  draft  reviewed  adjudicated  pretested  stale  no source
mini        en            3         0            0          1      0          0
mini        nb            3         1            0          0      0          4
mini        nn            4         0            0          0      0          4
mini        is            4         0            0          0      0          4
"""


def test_translations_as_a_table(tillit):
    result = tillit("translations")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 1 + len(available()) * len(questionnaires.LANGUAGES)
    for line in lines[1:]:
        instrument_id, _, *counts = line.split()
        assert sum(map(int, counts[:4])) == len(load(instrument_id).items)


def test_translations_of_one_instrument_name_what_is_furthest_behind(tillit, shelf):
    result = tillit("translations", shelf.path("instruments/mini.toml"))
    table, *parts = result.stdout.split("\n\n")
    assert table + "\n" == MINI_TABLE
    assert parts[0].startswith("en: still draft; in English\n  trust_risk (draft)\n    ours: Work")
    assert parts[1].startswith("nb: still draft; in English\n  trust_risk (draft)\n")
    assert parts[2] == "nn: every item is draft"
    assert parts[3] == "is: every item is draft\n"


def test_translations_name_the_stale_items_with_the_english_of_today(tillit, shelf):
    path = shelf.path("bank/items/overall.toml")
    result = tillit("translations", "--record", path, "--language", "is", "--status", "reviewed")
    assert result.exit_code == 0
    assert result.stdout == f"{path}: 1 item in «is»: reviewed\n"
    shelf.edit("bank/items/overall.toml", "we work well with {partner}", "{partner} is good to us")
    result = tillit("translations", shelf.path("instruments/mini.toml"), "--language", "is")
    assert result.stdout.splitlines()[1:7] == [
        "mini        is            3         1            0          0      1          3",
        "",
        "is: the English text has changed since; it is now",
        "  overall_good (reviewed)",
        "    ours: All in all, {partner} is good to us.",
        "    theirs: All in all, we work well with {organisation}.",
    ]
    shown = tillit("show", shelf.path("instruments/mini.toml"), "--lang", "is").stdout
    assert "overall_good · Heildarmat · translation: reviewed (stale)" in shown


def test_translations_as_json(tillit, shelf):
    path = shelf.path("instruments/mini.toml")
    result = tillit("translations", path, "--language", "nb", "--json")
    (row,) = json.loads(result.stdout)
    assert (row["instrument"], row["language"]) == ("mini", "nb")
    assert (row["draft"], row["reviewed"]) == (3, 1)
    assert row["stale"] == []
    assert len(row["no_source"]) == 4
    assert row["lowest_status"] == "draft"
    assert [each["item"] for each in row["lowest"]] == ["trust_risk", "overall_good", "open_change"]
    assert row["lowest"][0]["english"]["ours"] == "Working with {partner} is a risk for us."


def test_a_recorded_pass_as_json(tillit, shelf):
    path = shelf.path("bank/items/trust.toml")
    options = ("--language", "nn", "--status", "reviewed", "--item", "trust_risk", "--json")
    result = tillit("translations", "--record", path, *options)
    assert json.loads(result.stdout) == {str(path): ["trust_risk"]}


def test_a_pass_that_cannot_be_recorded_ends_with_2_and_the_reason(tillit, shelf):
    path = shelf.path("bank/items/trust.toml")
    options = ("--language", "nn", "--status", "pretested", "--item", "trust_risk")
    result = tillit("translations", "--record", path, *options)
    assert result.exit_code == 2
    assert (
        "trust_risk [nn]: skipped_status: it is «draft»; record it as «reviewed»" in result.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--record", "pulse", "--language", "nb"), "--record needs --language and --status"),
        (("pulse", "--record", "pulse"), "no other name"),
        (("--status", "draft"), "go with --record"),
        (("pulse", "--item", "x"), "go with --record"),
        (("pulsa",), "did you mean «pulse»?"),
    ],
)
def test_translations_asked_for_wrongly_end_with_2(tillit, arguments, says):
    result = tillit("translations", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("arguments", [(), ("show",), ("check",), ("translations",)])
def test_each_command_has_help(tillit, arguments):
    result = tillit(*arguments, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage:")
