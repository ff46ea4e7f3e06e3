"""`tillit instruments`: what it prints, and how it ends."""

import json

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
        assert f"     {item.id} · " in result.stdout
    for place in range(1, len(form.pages) + 1):
        assert f"Page {place} of {len(form.pages)}" in result.stdout
    answers = form.items[0].scale.points
    assert " · ".join(f"{p.value} {p.label[language]}" for p in answers) in result.stdout
    assert "translation: draft" in result.stdout


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


@pytest.mark.parametrize("arguments", [(), ("show",), ("check",)])
def test_each_command_has_help(tillit, arguments):
    result = tillit(*arguments, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage:")
