"""Pictures that stand alone: the same as on a page, whatever the style sheets say."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
import reports

from analysis.report import FOLDER
from survey.services.reporting.figures import HUES, LAYOUTS, LOOKS, REM, WIDTH, stand_alone

SHEETS = [(FOLDER / f"{name}.css").read_text("utf-8") for name in ("charts", "part_charts")]
RULE = re.compile(r"^((?:\.(?:chart|petals) [.\w-]+(?:, )?)+) \{ (.+) \}$", re.MULTILINE)
COLOUR = re.compile(r"--c-(\w+): var\(--[\w-]+, (#\w{6})\)")
SVG = "{http://www.w3.org/2000/svg}"
IN_NO_PICTURE = ("font-variant-numeric",)


def colours() -> dict[str, str]:
    """Return the colours of a light page; paper is white."""
    told = COLOUR.findall(SHEETS[0])
    return dict(reversed(told)) | {"paper": "#ffffff"}  # the first of each counts


def said(sheet: str) -> Iterator[tuple[frozenset[str], dict[str, str]]]:
    """Yield what a style sheet says of classes that are in a picture."""
    known = colours()
    for selectors, body in RULE.findall(sheet):
        looks = dict(part.split(": ") for part in body.rstrip(";").split("; "))
        looks = {name: plain(value, known) for name, value in looks.items()}
        for selector in selectors.split(", "):
            if "." in (inner := selector.partition(" ")[2]):
                yield frozenset(inner.strip(".").split(".")), looks


def plain(value: str, known: dict[str, str]) -> str:
    """Return a value of a style sheet as a picture that stands alone has it."""
    if value.startswith("var("):
        return known[value[8:-1]]
    if value.endswith("rem"):
        return f"{float(value[:-3]) * REM:g}"
    return value.removesuffix("px")


def test_every_look_of_the_style_sheets_stands_in_the_table():
    table = {frozenset(classes.split()): dict(looks) for classes, looks in LOOKS.items()}
    for sheet in SHEETS:
        for classes, looks in said(sheet):
            wanted = {name: value for name, value in looks.items() if name not in IN_NO_PICTURE}
            if wanted == {"fill": colours()["muted"], "font-size": "13", "font-weight": "600"}:
                del wanted["font-size"]  # which every text has
            found: dict[str, str] = {}
            for known, own in table.items():
                found |= own if known <= classes else {}
            assert found.items() >= wanted.items(), sorted(classes)
    assert tuple(colours()[str(number)] for number in range(1, 9)) == HUES


@pytest.mark.parametrize(
    ("layout", "selector"),
    [
        ("names-long", ".caterpillar"),
        ("names-medium", ".caterpillar.names-medium"),
        ("names-short", ".caterpillar.names-short"),
        ("matrix", ".matrix"),
    ],
)
def test_the_room_beside_a_scale_is_that_of_a_page(layout, selector):
    own = LAYOUTS[layout]
    before, after = (f"{length / REM:g}rem" for length in (own.before, own.after))
    sheet = "".join(SHEETS)
    rule = sheet.split(f"\n{selector} {{")[1].partition("}")[0]
    assert f"margin-inline: {before} {after};" in rule
    if layout != "matrix":
        assert f"{selector} .name {{ transform: translateX(-{before}); }}" in sheet


def test_the_number_of_answers_is_where_a_page_has_it():
    assert ".caterpillar .count { transform: translateX(2.75rem); }" in SHEETS[0]
    drawn = ET.fromstring(stand_alone(reports.caterpillar()).svg)  # noqa: S314 (our own)
    counts = [float(text.get("x")) for text in drawn.iter(f"{SVG}text") if text.text == "n 12"]
    assert counts == [WIDTH - 20 * REM + 2.75 * REM]


@pytest.mark.parametrize("name", ["charts", "part_charts"])
def test_there_is_a_sample_of_every_picture(name):
    source = (FOLDER / f"{name}.html").read_text("utf-8")
    macros = re.split(r"{% macro (\w+)", source)[1:]
    drawn = {macro for macro, body in zip(macros[::2], macros[1::2], strict=True)
             if 'role="img"' in body}  # fmt: skip
    assert drawn
    assert drawn <= reports.PICTURES.keys()


@pytest.mark.parametrize("name", reports.PICTURES)
def test_a_picture_has_a_size_and_no_trace_of_a_page(name):
    picture = stand_alone(reports.PICTURES[name]())
    drawn = ET.fromstring(picture.svg)  # noqa: S314 (our own)
    assert drawn.tag == f"{SVG}svg"
    assert float(drawn.get("width")) == pytest.approx(picture.width, abs=0.01)
    assert 0 < picture.width <= WIDTH
    for element in drawn.iter():
        assert element.tag.removeprefix(SVG) not in ("title", "desc")
        assert not element.attrib.keys() & {"class", "id", "role", "overflow", "style"}
        assert not [value for value in element.attrib.values() if value.endswith(("%", "em"))]
    assert len(list(drawn.iter(f"{SVG}svg"))) == 1
    numbers = [value for element in drawn.iter() for value in element.attrib.values()]
    assert "nan" not in "".join(numbers)


def test_a_dot_lies_where_its_score_is():
    drawn = ET.fromstring(stand_alone(reports.caterpillar()).svg)  # noqa: S314 (our own)
    dots = [float(dot.get("cx")) for dot in drawn.iter(f"{SVG}circle")]
    scale = WIDTH - 20 * REM  # names are long
    assert dots == pytest.approx([scale * (score - 1) / 4 for score in (4.2, 3.65, 3.1)], abs=0.05)
    hollow = [dot.get("fill") for dot in drawn.iter(f"{SVG}circle")]
    assert hollow == ["#1f6676", "#ffffff", "#ffffff"]
    names = [text for text in drawn.iter(f"{SVG}text") if text.text == "Nord"]
    assert [float(name.get("x")) for name in names] == [-17 * REM]


def test_what_reaches_out_of_its_box_is_within():
    short, long = "Trust", "Samfunnsansvarlighetsvurdering"
    boxes = [
        list(map(float, drawn.get("viewBox").split()))
        for labels in ((short, short, short, short), (short, long, short, long))
        for drawn in [ET.fromstring(stand_alone(reports.petals(labels)).svg)]  # noqa: S314 (our own)
    ]
    assert boxes[0][::2] == [-176, 352]
    left, _, wide, _ = boxes[1]
    assert left < -108 - 0.45 * 12 * len(long)
    assert wide == pytest.approx(-2 * left)


def test_a_length_that_is_none_is_refused():
    with pytest.raises(ValueError, match="3furlong"):
        stand_alone('<svg class="chart" height="2em"><line x1="3furlong"/></svg>')


def test_names_are_text_and_never_elements():
    partners = ("A <b> & co", 'Q"uote', "\x01Bell\x0b", "Sund")
    drawn = ET.fromstring(stand_alone(reports.caterpillar(partners)).svg)  # noqa: S314 (our own)
    told = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"A <b> & co", 'Q"uote', "Bell", "Sund"} <= set(told)
