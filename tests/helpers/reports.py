"""A report with every kind of block, whose pictures the house's own macros have drawn."""

import datetime as dt
import html
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2

from analysis.report import FOLDER
from survey.services.reporting.blocks import (
    ABOVE,
    ASIDE,
    BELOW,
    FINGERPRINT,
    LEAD,
    OF,
    PAGE,
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Heading,
    Row,
    Table,
    Text,
)

ASPECTS = (
    "Trust", "Commitment", "Satisfaction", "Control mutuality", "Communal relationship",
    "Exchange relationship", "Openness", "Competence", "Reliability of deliveries",
    "Communication", "Fairness", "Willingness to recommend",
)  # fmt: skip
PARTNERS = ("Fjord Logistikk AS", "Nord", "Berg & Sønn Rådgivende Ingeniører i Vestland AS", "Sund")
WORDS = {
    "decimal": ".", "n": "n", "partner": "Partner", "aspect": "Aspect", "score": "Score",
    "interval": "95 % interval", "raw_mean": "Raw mean", "all": "Mean of all partners",
    "ranks": "Could rank", "low_end": "low", "high_end": "high",
    "same": "interval holds the mean of all", "between": "{count} more partners: see the table",
    "side_a": "We", "side_b": "They", "guess": "what they think the other says",
    "limits": "limits", "outside": "outside its limits", "across": "Score, from 1 to 5",
    "upwards": "Importance",
}  # fmt: skip
FIXED = {
    ABOVE: "above the others",
    BELOW: "below the others",
    PAGE: "page",
    OF: "of",
    FINGERPRINT: "Fingerprint",
}
HASH = "9f2c1e5ab7704d33c0de1234567890abcdef1234567890abcdef1234567890ab"


def caterpillar(partners: tuple[str, ...] = PARTNERS, **more: Any) -> str:
    """Draw partners from highest to lowest, the last one hidden."""
    rows = [_standing(place, name) for place, name in enumerate(partners[:-1])]
    hidden = {"shrunken": None, "mean": None, "suppressed_reason": "fewer than 5 answers"}
    rows.append({"partner": partners[-1], "n": None, **hidden})
    title = "Trust: partners from highest to lowest"
    return draw(
        "charts", "caterpillar", rows, 1, 5, title, "Fjord is first.", WORDS, "stand", "shrunken",
        mu=3.31, **more,
    )  # fmt: skip


def petals(aspects: tuple[str, ...] = ASPECTS[:8]) -> str:
    """Draw a flower whose last petal but one is missing."""
    rows = [_petal(place, label) for place, label in enumerate(aspects)]
    rows[-2] |= {"score": None, "ci_low": None, "ci_high": None, "suppressed_reason": "too few"}
    title = "Fjord Logistikk AS: score on each aspect"
    return draw("charts", "petals", rows, 1, 5, title, ", ".join(aspects), WORDS, "ours")


def dumbbell(labels: tuple[str, ...] = ASPECTS[:6]) -> str:
    """Draw both sides with what each thinks that the other says; the last has one side only."""
    rows = [_pair(place, label) for place, label in enumerate(labels)]
    rows[-1] |= {"mean_b": None, "ci_low_b": None, "ci_high_b": None, "guess_b": None}
    title = "Do we see it the same way?"
    return draw("part_charts", "dumbbell", rows, 1, 5, title, ", ".join(labels), WORDS, "both")


def course() -> str:
    """Draw how one partner went over four waves."""
    points = _points((3.1, 3.4, 3.3, 3.9))
    title = "How it goes over the waves"
    return draw("part_charts", "course", points, 1, 5, title, "It rises.", WORDS, "course")


def control_chart() -> str:
    """Draw a control chart whose last wave lies outside."""
    points = _points((3.1, 3.4, 3.3, 4.4))
    title = "Four waves and their limits"
    return draw(
        "part_charts", "control_chart", points, 3.3, 1, 5, title, "The last is out.", WORDS, "ctl"
    )


def priority_matrix() -> str:
    """Draw what matters by how it scores."""
    points = [
        {"place": place, "x": x, "x_low": x - 0.08, "x_high": x + 0.08,
         "y": y, "y_low": max(y - 0.07, 0), "y_high": y + 0.07}
        for place, (x, y) in enumerate(((0.7, 0.31), (0.4, 0.22), (0.55, 0.12), (0.2, 0.05)), 1)
    ]  # fmt: skip
    title = "Score and importance"
    return draw("part_charts", "priority_matrix", points, title, "Trust matters.", WORDS, "first")


def scope_chart() -> str:
    """Draw partners by score and volume."""
    points = [
        {"number": place, "x": x, "y": y, "y_low": y - 0.1, "y_high": y + 0.1,
         "radius": 8 + place, "beyond": int(place == 1)}
        for place, (x, y) in enumerate(((0.9, 0.8), (0.5, 0.3), (0.51, 0.31), (0.2, 0.6)), 1)
    ]  # fmt: skip
    title, corners = "Score and volume", ("Extend?", "Extend", "Mend?", "Mend first")
    return draw(
        "part_charts", "scope_chart", points, 0.4, 0.55, ("1", "5"), "40 %", corners, title,
        "Fjord is high.", WORDS, "scope",
    )  # fmt: skip


PICTURES = {
    "caterpillar": caterpillar,
    "petals": petals,
    "dumbbell": dumbbell,
    "course": course,
    "control_chart": control_chart,
    "priority_matrix": priority_matrix,
    "scope_chart": scope_chart,
}


def draw(template: str, macro: str, *args: Any, **named: Any) -> str:
    """Draw a picture as the pages do."""
    drawn: str = getattr(_module(template), macro)(*args, **named)
    return str(drawn).strip()


@cache
def _module(template: str) -> Any:
    return _environment().get_template(f"{template}.html").module


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )


def figure(name: str) -> Figure:
    """Make a figure of a picture, whose title and description are those in it."""
    svg = PICTURES[name]()
    told = (svg.partition(f'{tag}">')[2].partition("</")[0] for tag in ("-title", "-desc"))
    return Figure(*map(html.unescape, told), svg)


def heat(aspects: tuple[str, ...] = ASPECTS, partners: tuple[str, ...] = PARTNERS) -> Table:
    """Make the table of partners by aspects, with a partner too few have rated at the end."""
    head = (Column("Partner"), *(Column(aspect, is_number=True) for aspect in aspects))
    rows = [
        Row((Cell(name), *(_cell(place, number) for number in range(len(aspects)))))
        for place, name in enumerate(partners[:-1])
    ]
    off = Row((Cell(partners[-1]), Cell("fewer than 5 answers")), is_off=True)
    return Table("Aspects", "All partners on all aspects", head, (*rows, off))


def scores(partners: tuple[str, ...] = PARTNERS) -> Table:
    """Make a table of few columns: words, whole numbers, decimals."""
    head = (
        Column("Partner"), Column("n", is_number=True), Column("Score", is_number=True),
        Column("95 % interval", is_number=True), Column("What it means"),
    )  # fmt: skip
    rows = [
        Row((
            Cell(name), Cell(str(9 + place), 9 + place), _cell(place, 0),
            Cell("2.9–4.1"), Cell("cannot be told apart from the others"),
        ))
        for place, name in enumerate(partners)
    ]  # fmt: skip
    return Table("Scores", "Scores of the partners", head, tuple(rows))


def blocks() -> tuple[Block, ...]:
    """Make every kind of block, and every picture."""
    pictures = [block for name in PICTURES for block in (Heading(name, 3), figure(name))]
    return (
        Text("Trust is above that of the others, and it has risen since spring.", LEAD),
        Text("Twelve people answered; all of them work with the partner every week."),
        Heading("Where we stand"),
        scores(),
        Text("A line is the interval within which the score lies with 95 % confidence.", ASIDE),
        Facts((("Answered", "12 of 14"), ("Wave", "4, closed on 1 November 2026"))),
        Bullets(("Deliver what was agreed in May.", "Ask what they think that we think.")),
        Heading("All aspects"),
        heat(),
        Heading("Pictures"),
        *pictures,
    )


def document(**other: Any) -> Document:
    """Make a whole report; what is given stands instead of what would."""
    stamp = Facts(
        (("Instrument", "grunig7_berg4, version 3f9a"), ("Threshold", "5"), ("Fingerprint", HASH))
    )
    given: dict[str, Any] = {
        "language": "en", "title": "Fjord Logistikk AS", "subtitle": "Report of a relationship",
        "organisation": "Vik kommune", "day": dt.date(2026, 11, 22),
        "written": "22 November 2026", "blocks": blocks(), "stamp": stamp, "words": FIXED,
    }  # fmt: skip
    return Document(**(given | other))


def _standing(place: int, name: str) -> Mapping[str, Any]:
    score = 4.2 - 0.55 * place
    return {
        "partner": name, "n": 12 - place, "mean": score + 0.12, "ci_low": score - 0.5,
        "ci_high": score + 0.5, "shrunken": score, "shrunken_ci_low": score - 0.4,
        "shrunken_ci_high": score + 0.4, "suppressed_reason": None, "rank_low": 1, "rank_high": 3,
    }  # fmt: skip


def _petal(place: int, label: str) -> dict[str, Any]:
    score = 3.4 + 1.1 * math.sin(place)
    return {
        "label": label, "score": score, "ci_low": score - 0.4, "ci_high": score + 0.4, "n": 12,
        "suppressed_reason": None,
    }  # fmt: skip


def _pair(place: int, label: str) -> dict[str, Any]:
    ours, theirs = 3.2 + math.sin(place), 3.4 + math.cos(place)
    return {
        "label": label, "mean_a": ours, "ci_low_a": ours - 0.3, "ci_high_a": ours + 0.3,
        "guess_a": 3.6, "mean_b": theirs, "ci_low_b": theirs - 0.4, "ci_high_b": theirs + 0.4,
        "guess_b": 2.9,
    }  # fmt: skip


def _points(values: tuple[float, ...]) -> list[dict[str, Any]]:
    return [
        {"wave": f"Wave {number}", "n": 12, "value": value, "low": value - 0.35,
         "high": min(value + 0.35, 3.9), "outside": value > 4}
        for number, value in enumerate(values, 1)
    ]  # fmt: skip


def _cell(place: int, number: int) -> Cell:
    value = 3.3 + math.sin(place + number)
    return Cell(f"{value:.1f}", value, 1, (value > 4) - (value < 2.6))
