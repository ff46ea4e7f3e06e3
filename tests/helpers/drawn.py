"""What a page's pictures and tables say: shapes read back to values, cells as texts.

Each reader gives shares of the way along an axis, which `on` puts on the axis' own range.
"""

import re
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree as ET

STEP = 0.01  # per cent of an axis: pictures are drawn with two decimals
REACH = 93  # pixels from the heart of a flower to its outer ring


def picture(html, name):
    """Read one SVG of a page, by the id of its chart."""
    start = html.rindex("<svg", 0, html.index(f'aria-labelledby="{name}-title'))
    depth, end = 0, start
    while depth or end == start:
        found = re.compile(r"<svg|</svg>").search(html, end)
        depth, end = depth + (1 if found[0] == "<svg" else -1), found.end()
    return ET.fromstring(html[start:end])  # noqa: S314 - our own page


def table(html, name):
    """Read the rows of a table, head first, by the id of its caption."""
    start = html.index(f'<caption id="{name}"')
    body = html[start : html.index("</table>", start)]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    cell = re.compile(r"<t[hd].*?</t[hd]>", re.DOTALL)
    return [[text(each) for each in cell.findall(row)] for row in rows]


def text(html):
    """Give what is read of a piece of a page, without what only marks it."""
    seen = re.sub(r'<span class="(beyond|unseen)[^"]*">.*?</span>(</span>)?', "", html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", seen))).strip()


def on(share, ends):
    """Put a share of the way on an axis."""
    return None if share is None else ends[0] + share * (ends[1] - ends[0])


def marks(shape, tag, *classes):
    """Find the shapes of all of these classes, in the order in which they are drawn."""
    return [each for each in shape.iter(tag) if set(classes) <= set(each.get("class", "").split())]


def per_cent(shape, attribute):
    """Read a position as a share of the way."""
    return float(shape.get(attribute).rstrip("%")) / 100


def line(shape, ends=("x1", "x2")):
    """Read both ends of the first of these lines, if there is any."""
    return tuple(per_cent(shape[0], end) for end in ends) if shape else (None, None)


def caterpillar(svg):
    """Read name → score, low, high, raw mean, n; and the line of all."""
    found = {}
    for row in marks(svg, "svg", "row"):
        (name,) = [each.text for each in marks(row, "text", "name")]
        if dots := marks(row, "circle", "dot"):
            raw = line(marks(row, "line", "raw"))[0]
            count = marks(row, "text", "count")[0].text
            ends = line(marks(row, "line", "interval"))
            found[name] = (per_cent(dots[0], "cx"), *ends, raw, int(count.split()[-1]))
    return found, line(marks(svg, "line", "all"))[0]


def petals(svg):
    """Read label → value as text, and score, low, high as shares of the petals' reach."""
    heart = float(marks(svg, "circle", "heart")[0].get("r"))
    reach = heart + REACH
    assert float(marks(svg, "circle", "edge")[0].get("r")) == reach
    found = {}
    for petal, label in zip(marks(svg, "g", "petal"), marks(svg, "text", "label"), strict=True):
        lengths = []
        for part in ("body", "core", "haze"):
            paths = marks(petal, "path", part)
            tip = re.search(r" 0 (-[\d.]+)C", paths[0].get("d")) if paths else None
            lengths.append(None if tip is None else (-float(tip[1]) - heart) / (reach - heart))
        words = [span.text for span in label]
        found[" ".join(words[:-1])] = (words[-1], *lengths)
    return found


def upwards(svg):
    """Read the lowest and the highest value of an axis that goes upwards."""
    named = {each.get("y"): each.text for each in marks(svg, "text", "axis") if each.get("y")}
    return tuple(float(named[end].rstrip("%")) for end in ("100%", "0%"))


def course(svg):
    """Read wave → value, low, high."""
    names = [
        each.text for each in marks(svg, "text", "axis") if each.get("text-anchor") == "middle"
    ]
    found = {}
    for name, dot in zip(names, marks(svg, "circle", "dot"), strict=True):
        same = [each for each in marks(svg, "line", "interval") if each.get("x1") == dot.get("cx")]
        high, low = line(same, ("y2", "y1"))
        found[int(name)] = tuple(
            None if y is None else 1 - y for y in (per_cent(dot, "cy"), low, high)
        )
    dots = [(dot.get("cx"), dot.get("cy")) for dot in marks(svg, "circle", "dot")]
    drawn = [
        tuple(path.get(a) for a in ("x1", "y1", "x2", "y2")) for path in marks(svg, "line", "path")
    ]
    assert drawn == [(*one, *two) for one, two in pairwise(dots)], "the line goes through the dots"
    return found


def dumbbell(svg):
    """Read label → side → mean, low, high, guess; guesses are told by where their tick stands."""
    found = {}
    for row in marks(svg, "svg", "row"):
        (name,) = [each.text for each in marks(row, "text", "name")]
        guesses = {}
        for tick in marks(row, "line", "guess"):
            guesses["a" if float(tick.get("y1")) < 0 else "b"] = per_cent(tick, "x1")
        found[name] = {
            side: (
                per_cent(marks(row, "circle", "dot", f"side-{side}")[0], "cx"),
                *line(marks(row, "line", "interval", f"side-{side}")),
                guesses.get(side),
            )
            for side in "ab"
        }
    return found


def points(svg):
    """Read number → across, low, high, upwards, low, high, radius."""
    (plot,) = [each for each in svg if each.get("height")]
    lines = marks(plot, "line", "interval")
    found = {}
    tags = marks(plot, "svg", "tag") or marks(plot, "svg", "point")
    for point, tag in zip(marks(plot, "svg", "point"), tags, strict=True):
        x, y = per_cent(point, "x"), per_cent(point, "y")
        here = [each for each in lines if {each.get("x1"), each.get("x2")} == {point.get("x")}]
        level = [each for each in lines if {each.get("y1"), each.get("y2")} == {point.get("y")}]
        high, low = line(here, ("y2", "y1"))
        upwards = [1 - each for each in (y, low, high)]
        number = int(tag.find("text").text)
        found[number] = (x, *line(level), *upwards, float(point.find("circle").get("r")))
    return found
