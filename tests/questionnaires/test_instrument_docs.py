"""The reference of the format and the code say the same."""

import re
import tomllib
from pathlib import Path

import pytest

import questionnaires
from questionnaires import LANGUAGES, PERSPECTIVES, SIDES, Rule, check_file, load, load_file

PAGE = Path(__file__).parents[2] / "docs/reference/instrument-format.md"
NAMED = {"constructs.toml": "<construct>", "scales.toml": "<scale>"}


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def section(page, title):
    """Give the text under a heading, up to the next one."""
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def first_column(text):
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


def generic_keys(content, path=""):
    """Yield the keys of a file with placeholders for ids, sides and perspectives."""
    for key, value in content.items():
        below = value[0] if isinstance(value, list) and value else value
        if not isinstance(below, dict) or below.keys() <= {*LANGUAGES}:
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
    swaps = dict.fromkeys(SIDES, "<side>") | dict.fromkeys(PERSPECTIVES, "<perspective>")
    return ".".join(swaps.get(part, part) for part in parts)


@pytest.mark.parametrize(
    ("title", "files"),
    [
        ("Keys of an instrument file", ["instruments/mini.toml"]),
        ("Keys of `bank/constructs.toml`", ["bank/constructs.toml"]),
        ("Keys of `bank/scales.toml`", ["bank/scales.toml"]),
        ("Keys of a file in `bank/items/`", ["bank/items/trust.toml", "bank/items/open.toml"]),
    ],
)
def test_every_key_is_documented_and_no_other(shelf, page, title, files):
    keys = set()
    for name in files:
        content = tomllib.loads(shelf.path(name).read_text(encoding="utf-8"))
        top = NAMED.get(Path(name).name)
        keys |= {renamed(key, top=top) for key in generic_keys(content)}
    documented = first_column(section(page, title))
    assert sorted(documented) == sorted(keys)


def test_every_rule_is_documented_in_the_order_of_the_code(page):
    assert first_column(section(page, "Rules")) == list(Rule)


def test_the_instrument_of_the_page_loads(page, tmp_path):
    example = re.search(r"```toml\n(id = .*?)```", page, flags=re.DOTALL)[1]
    path = tmp_path / "trust_only.toml"
    path.write_text(example, encoding="utf-8")
    key = load_file(path).scoring_key()
    assert key == {"trust": load("grunig7").scoring_key()["trust"]}


def test_the_item_of_the_page_is_sound(page, tmp_path):
    example = re.search(r"```toml\n(construct = .*?)```", page, flags=re.DOTALL)[1]
    shipped = Path(questionnaires.__file__).parent / "bank/items/trust.toml"
    whole = shipped.read_text(encoding="utf-8")
    path = tmp_path / "trust.toml"
    path.write_text(whole + example.replace('construct = "trust"\n', ""), encoding="utf-8")
    assert check_file(path) == ()
