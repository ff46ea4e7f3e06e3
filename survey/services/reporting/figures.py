"""Pictures of the house, made to stand alone: as SVG that needs neither a page nor its style.

The macros of `charts.html` and `part_charts.html` leave to the page's style sheets how wide a
picture is, where names go, and every colour. What draws a PDF knows no style sheet. So lengths
become plain numbers here, nested pictures become groups that are moved, and what `charts.css` and
`part_charts.css` say of a class stands in the tables below, in the order in which it stands there.
"""

import cmath
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from survey.services.reporting.glyphs import drawable, parsable

REM: Final = 16.0  # CSS pixels, as in every browser unless people ask for another size
WIDTH: Final = 40 * REM  # of what stands between the margins of a page
FONT: Final = "Libertinus Serif"  # comes with what draws the PDF

INK, PAPER, MUTED, LINE, ACCENT = "#1d2b33", "#ffffff", "#5a6a72", "#dcdfdb", "#1f6676"
HUES: Final = (
    "#2a6f80", "#c0703a", "#64864a", "#7b679e", "#b2546a", "#4a6fa8", "#a5862f", "#5d7479",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """What is left free beside the scale for names and numbers, and how wide a picture gets."""

    before: float = 0
    after: float = 0
    widest: float = WIDTH


LAYOUTS: Final[Mapping[str, Layout]] = {
    "names-long": Layout(17 * REM, 3 * REM),
    "names-medium": Layout(10 * REM, 3 * REM),
    "names-short": Layout(5 * REM, 3 * REM),
    "control": Layout(2 * REM),
    "matrix": Layout(2.5 * REM, 1.5 * REM),
    "petals": Layout(widest=24 * REM),
}

LOOKS: Final[Mapping[str, Mapping[str, str]]] = {  # classes that an element must have, all of them
    "axis": {"fill": MUTED, "font-size": "12"},
    "count": {"fill": MUTED, "font-size": "12"},
    "remark": {"fill": MUTED, "font-style": "italic"},
    "off": {"fill": MUTED},
    "grid": {"stroke": LINE, "stroke-width": "1"},
    "all": {"stroke": MUTED, "stroke-width": "1", "stroke-dasharray": "3 3"},
    "interval": {
        "stroke": ACCENT, "stroke-width": "2.5", "stroke-linecap": "round", "opacity": "0.55",
    },
    "raw": {"stroke": MUTED, "stroke-width": "1.25"},
    "dot": {"fill": ACCENT, "stroke": ACCENT, "stroke-width": "1.75"},
    "dot same": {"fill": PAPER},
    "dot open": {"fill": "none"},
    "dot sure": {"stroke-width": "4"},
    "ring": {"fill": "none", "stroke": LINE, "stroke-width": "0.75"},
    "ring edge": {"stroke": MUTED, "stroke-dasharray": "1 3", "stroke-linecap": "round"},
    "haze": {"opacity": "0.22"},
    "body": {"opacity": "0.5"},
    "core": {"opacity": "0.75"},
    "empty": {"fill": "none", "stroke": MUTED, "stroke-width": "1", "stroke-dasharray": "2 4"},
    "heart": {"fill": PAPER, "stroke": MUTED, "stroke-width": "1"},
    "label": {"font-size": "12"},
    "value": {"fill": MUTED, "font-size": "11"},
    **{f"hue-{number}": {"fill": hue} for number, hue in enumerate(HUES, 1)},
    "between": {"stroke": LINE, "stroke-width": "6", "stroke-linecap": "round"},
    "interval side-a": {"stroke-width": "2"},
    "interval side-b": {"stroke-width": "2"},
    "side-b": {"stroke": HUES[1]},
    "dot side-b": {"fill": PAPER},
    "guess": {"stroke": MUTED, "stroke-width": "1.75"},
    "band": {"fill": MUTED, "opacity": "0.16"},
    "path": {"stroke": ACCENT, "stroke-width": "1.5", "opacity": "0.6"},
    "leader": {"stroke": MUTED, "stroke-width": "1"},
    "corner": {"fill": MUTED, "font-weight": "600"},
    "frame": {"fill": "none", "stroke": LINE},
    "number": {"font-size": "12"},
    "number aside": {"paint-order": "stroke", "stroke": PAPER, "stroke-width": "4"},
    "lead": {"fill": ACCENT, "opacity": "0.4"},
}  # fmt: skip

_TEXT: Final = {"fill": INK, "font-size": "13"}
_ALONG: Final = frozenset({"x", "x1", "x2", "cx", "dx", "width"})
_DOWN: Final = frozenset({"y", "y1", "y2", "cy", "dy", "height"})
_LENGTH: Final = re.compile(r"(-?[\d.]+)(%|em)?")
_STEP: Final = re.compile(r"(rotate|translate)\(([^)]*)\)")
_OF_PAGES: Final = frozenset({"class", "id", "role", "overflow", "aria-labelledby", "aria-hidden"})
_UNSEEN: Final = frozenset({"title", "desc"})  # said in the document, beside the picture
_BEFORE_ANCHOR: Final = {"start": 0.0, "middle": 0.5, "end": 1.0}
_LETTER: Final = 0.5  # of the size of the text: how wide a letter is, rather too much


@dataclass(frozen=True, slots=True)
class Picture:
    """SVG that stands alone, and its size in CSS pixels, at most `WIDTH` wide."""

    svg: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Room:
    """The lengths that per cents are of, and how far names and numbers go out beside the scale."""

    along: float
    down: float
    before: float = 0
    after: float = 0


def stand_alone(svg: str) -> Picture:
    """Give a picture of the house a size, its colours and its places.

    Parameters
    ----------
    svg
        What one of the macros drew.

    Returns
    -------
    Picture
        With a name space and a size; no class, no per cent, no relative length. Its ground is
        clear. What would stick out is within.
    """
    drawn = fromstring(parsable(svg))  # noqa: S314 (our own macros drew it)
    layout = next((LAYOUTS[name] for name in LAYOUTS if name in _classes(drawn)), Layout())
    along = layout.widest - layout.before - layout.after
    box = [float(number) for number in drawn.get("viewBox", "").split()]
    if not box:
        down = _pixels(drawn.get("height", "0"), 0, REM)
        box = [-layout.before, 0, layout.widest, down]
    picture = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": FONT})
    room = Room(along, box[3], layout.before, layout.after)
    for child in drawn:
        _draw(child, picture, room)
    size = _fit(picture, complex(*box[:2]), complex(*box[2:]), layout.widest / box[2])
    return Picture(tostring(picture, encoding="unicode"), *size)


def _draw(element: Element, into: Element, room: Room) -> None:
    """Draw an element, and all that is in it, into a picture that stands alone."""
    if element.tag in _UNSEEN:
        return
    if element.tag == "svg":
        _draw_inner(element, into, room)
        return
    looks = _looks(element)
    size = float(looks.get("font-size", REM))
    places = {
        name: _number(_pixels(value, room.down if name in _DOWN else room.along, size))
        if name in _ALONG | _DOWN
        else value
        for name, value in element.items()
        if name not in _OF_PAGES
    }
    if moved := _moved(element, room):
        places["x"] = _number(float(places.get("x", 0)) + moved)
    child = SubElement(into, element.tag, looks | places)
    child.text = drawable(element.text or "")
    for inner in element:
        _draw(inner, child, room)


def _draw_inner(element: Element, into: Element, room: Room) -> None:
    """Draw a picture within the picture as a group, moved to where it begins."""
    x, y = (_pixels(element.get(name, "0"), whole, REM) for name, whole in
            (("x", room.along), ("y", room.down)))  # fmt: skip
    down = _pixels(element.get("height", "100%"), room.down, REM)
    group = SubElement(into, "g", {"transform": f"translate({_number(x)} {_number(y)})"})
    for inner in element:
        _draw(inner, group, Room(room.along, down, room.before, room.after))


def _classes(element: Element) -> frozenset[str]:
    return frozenset(element.get("class", "").split())


def _looks(element: Element) -> dict[str, str]:
    """Return what the style sheets say of an element, the later before the earlier."""
    found = dict(_TEXT) if element.tag == "text" else {}
    classes = _classes(element)
    for wanted, looks in LOOKS.items():
        if classes.issuperset(wanted.split()):
            found |= looks
    return found


def _moved(element: Element, room: Room) -> float:
    """Return how far the style sheets move an element along: names before the scale, n after."""
    classes = _classes(element)
    if "name" in classes:
        return -room.before
    return room.after - 0.25 * REM if "count" in classes else 0


def _pixels(length: str, whole: float, size: float) -> float:
    """Return a length in pixels: per cents are of `whole`, em of the size of the text."""
    found = _LENGTH.fullmatch(length)
    if found is None:
        raise ValueError(f"{length!r} is no length that a picture of the house has")
    number = float(found[1])
    return number * {None: 1, "%": whole / 100, "em": size}[found[2]]


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _fit(picture: Element, corner: complex, span: complex, scale: float) -> tuple[float, float]:
    """Set the size of a picture, with all that reaches out of its box, and return it."""
    far = corner + span
    reached = [corner, far, *_reached(picture, 1, 0)]
    left, top = min(z.real for z in reached), min(z.imag for z in reached)
    wide, high = max(z.real for z in reached) - left, max(z.imag for z in reached) - top
    scale = min(scale, WIDTH / wide)
    picture.set("viewBox", " ".join(map(_number, (left, top, wide, high))))
    picture.set("width", _number(wide * scale))
    picture.set("height", _number(high * scale))
    return wide * scale, high * scale


def _reached(element: Element, turn: complex, shift: complex) -> Iterator[complex]:
    """Yield corners of what is drawn: a place z in an element is at `turn * z + shift`."""
    for name, numbers in _STEP.findall(element.get("transform", "")):
        first, *more = map(float, numbers.split())
        if name == "rotate":
            turn *= cmath.rect(1, math.radians(first))
        else:
            shift += turn * complex(first, *more)
    if element.tag == "text":
        yield from (turn * corner + shift for corner in _corners_of_text(element))
    elif element.tag == "circle":
        middle = turn * complex(float(element.get("cx", 0)), float(element.get("cy", 0))) + shift
        radius = float(element.get("r", 0)) + 1
        yield from (middle - complex(radius, radius), middle + complex(radius, radius))
    for inner in element:
        yield from _reached(inner, turn, shift)


def _corners_of_text(text: Element) -> tuple[complex, complex]:
    lines = list(text.iter("tspan"))
    size = float(text.get("font-size", 0))
    wide = _LETTER * size * max(len(line.text or "") for line in lines or [text])
    left = float(text.get("x", 0)) - wide * _BEFORE_ANCHOR[text.get("text-anchor", "start")]
    first = float(text.get("y", 0)) + float(text.get("dy", 0))
    last = first + sum(float(line.get("dy", 0)) for line in lines)
    return complex(left, first - size), complex(left + wide, last + 0.3 * size)
