"""The reference of the format and the code say the same."""

import re
import tomllib
from pathlib import Path

import pytest

import questionnaires
from questionnaires import LANGUAGES, PERSPECTIVES, SIDES, Rule, check_file, load, load_file
from questionnaires.conditions import OPERATORS
from questionnaires.kinds import KINDS

PAGE = Path(__file__).parents[2] / "docs/reference/instrument-format.md"
NAMED_BELOW = {"groups": "<construct>", "labels": "<option>", "source": "<language>"}
NAMED = {"constructs.toml": "<construct>", "scales.toml": "<scale>"}


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def section(page, title):
    """Give the text under a heading, up to the next one."""
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def first_column(text):
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


def first_table(text):
    return re.search(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE)[0]


def second_column(text):
    return re.findall(r"^\| `[^`]+` \| ([^|]*) \|", text, flags=re.MULTILINE)


def generic_keys(content, path=""):
    """Yield the keys of a file as deep as they are keys of the format."""
    for key, value in content.items():
        members = value if isinstance(value, list) else [value]
        if key in ("show_if", "items") and path.startswith("pages."):
            yield f"{path}{key}"
            continue
        for below in members:
            if not isinstance(below, dict) or (below.keys() <= {*LANGUAGES} and key != "source"):
                yield f"{path}{key}"
            else:
                yield from generic_keys(below, f"{path}{key}.")


def renamed(key, *, top=None):
    parts = key.split(".")
    if top and parts[0] != "off_scale":
        parts[0] = top
    if parts[0] == "items":
        parts[1] = "<item>"
    if parts[0] == "off_scale" and len(parts) > 1:
        parts[1] = "<code>"
    for parent, below in NAMED_BELOW.items():
        if parent in parts[:-1]:
            parts[parts.index(parent) + 1] = below
    swaps = dict.fromkeys(SIDES, "<side>") | dict.fromkeys(PERSPECTIVES, "<perspective>")
    return ".".join(swaps.get(part, part) for part in parts)


@pytest.mark.parametrize(
    ("title", "files"),
    [
        ("Keys of an instrument file", ["instruments/mini.toml", "instruments/branching.toml"]),
        ("Keys of `bank/constructs.toml`", ["bank/constructs.toml"]),
        ("Keys of `bank/scales.toml`", ["bank/scales.toml"]),
        (
            "Keys of a file in `bank/items/`",
            ["bank/items/trust.toml", "bank/items/open.toml", "bank/items/ways.toml"],
        ),
    ],
)
def test_every_key_is_documented_and_no_other(branches, page, title, files):
    ways = "bank/items/ways.toml"
    more = 'kind = "choice"\nsource = { nb = "" }\ninstructed = "yes"'
    branches.edit(ways, 'kind = "choice"', more)
    keys = set()
    for name in files:
        content = tomllib.loads(branches.path(name).read_text(encoding="utf-8"))
        top = NAMED.get(Path(name).name)
        keys |= {renamed(key, top=top) for key in generic_keys(content)}
    documented = first_column(first_table(section(page, title)))
    assert sorted(documented) == sorted(keys)


def test_every_rule_is_documented_in_the_order_of_the_code(page):
    assert first_column(section(page, "Rules")) == list(Rule)


def test_the_kinds_are_documented_with_their_keys(page):
    text = section(page, "Keys of a file in `bank/items/`").partition("| Kind |")[2]
    assert first_column(text) == list(KINDS)
    for needs, kind in zip(second_column(text), KINDS.values(), strict=True):
        assert re.findall(r"`(\w+)`", needs) == list(kind.needs)


def test_the_operators_of_conditions_are_documented(page):
    text = section(page, "Keys of an instrument file").partition("### Conditions")[2]
    documented = re.findall(r"^\| `(\w+) =", text, flags=re.MULTILINE)
    assert documented == list(OPERATORS)


def test_the_instrument_of_the_page_loads(page, tmp_path):
    example = re.search(r"```toml\n(id = .*?)```", page, flags=re.DOTALL)[1]
    path = tmp_path / "trust_only.toml"
    path.write_text(example, encoding="utf-8")
    key = load_file(path).scoring_key()
    assert key == {"trust": load("grunig7").scoring_key()["trust"]}


def test_the_pick_of_the_page_is_sound(page, tmp_path):
    path = tmp_path / "more.toml"
    path.write_text(re.search(r"```toml\n(\[items.*?)```", page, flags=re.DOTALL)[1], "utf-8")
    assert check_file(path) == ()


def test_the_condition_of_the_page_is_the_one_of_the_pulse(page):
    text = section(page, "Keys of an instrument file")
    example = tomllib.loads(re.search(r"```toml\n(.*?)```", text, flags=re.DOTALL)[1])
    shipped = Path(questionnaires.__file__).parent / "instruments/pulse.toml"
    assert example["pages"][0] in tomllib.loads(shipped.read_text("utf-8"))["pages"]


def test_the_item_of_the_page_is_sound(page, tmp_path):
    example = re.search(r"```toml\n(construct = .*?)```", page, flags=re.DOTALL)[1]
    shipped = Path(questionnaires.__file__).parent / "bank/items/trust.toml"
    whole = shipped.read_text(encoding="utf-8")
    path = tmp_path / "trust.toml"
    path.write_text(whole + example.replace('construct = "trust"\n', ""), encoding="utf-8")
    assert check_file(path) == ()
