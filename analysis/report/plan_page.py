"""A plan in sentences, as a table, and as a page with its picture."""

import base64
import hashlib
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analysis.report.content import Table
from analysis.report.numbers import Shown, coefficient, confidence, count, number_of, percent, span

FOLDER = Path(__file__).parent
_STYLES = ("report.css", "charts.css", "plan.css")
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_KINDS = (
    ("reliability", "", "Reliability of a partner's mean"),
    ("certainty", "second", "Of those named in the top group, share that belongs there"),
    ("pairs_apart", "third", "Share of all pairs that can be told apart"),
)

_FORMULA = (
    "Reliability is ICC/(ICC + v), v the error variance of a mean of n raters: (1 − ICC)/n where "
    "each rater rates one partner. Where raters rate several, it is that of a balanced incomplete "
    "block design with raters as blocks, which takes out as much of their severity as such a "
    "design can (Cochran & Cox 1957)."
)
_SIMULATED = (
    "How many of those named in the top group belong there, and how often the highest mean is that "
    "of the best, are shares of {draws} simulated studies with normal true scores and errors (seed "
    "{seed})."
)
_PAIRS = (
    "Pairs are told apart by Tukey's limit, which holds for all pairs together at {level}. All "
    "partners are taken to have the same number of raters."
)

Document = Mapping[str, Any]


def plan_sentences(plan: Document) -> list[str]:
    """Say what a plan comes to, from the dictionary of `Plan.to_dict()`."""
    told = [_reliable(plan), _sure(plan)]
    if plan["raters_planned"]:
        told.append(_planned(plan))
    if plan["icc_low"] is not None:
        n = plan["raters_planned"] or _most(plan)
        ends = span(coefficient(plan["icc_low"]), coefficient(plan["icc_high"]))
        told.append(
            f"With {count(plan['partners'])} partners and {_raters(n)} of each, ICC(1) would "
            f"itself typically be known to {ends} only; so the plan is as good as the guess of "
            f"{coefficient(plan['icc'])}."
        )
    return told


def _marked(raters: int, *, told: bool) -> str:
    return Shown(f"{count(raters)}{' ←' if told else ''}", raters)


def plan_table(plan: Document) -> Table:
    """Return one row per number of raters."""
    marked = {plan["raters_for_reliability"], plan["raters_for_certainty"], plan["raters_planned"]}
    body = tuple(
        (
            _marked(point["raters"], told=point["raters"] in marked),
            count(math.ceil(point["raters"] * plan["partners"] / plan["each"])),
            coefficient(point["reliability"]),
            percent(point["certainty"]),
            percent(point["best"]),
            percent(point["pairs_apart"]),
        )
        for point in plan["curve"]
    )
    head = ("Raters of each", "People", "Reliability", f"Top {plan['top']} right", "Best is best")
    return Table("plan", "What raters give", (*head, "Pairs told apart"), body)


def render_plan(plan: Document, *, command: str | None = None) -> str:
    """Draw a plan as a self-contained HTML page; the same plan gives the same text."""
    style = "".join((FOLDER / name).read_text("utf-8") for name in _STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    facts = [number_of(plan["partners"], "partner"), f"ICC(1) {coefficient(plan['icc'])}"]
    if plan["severity"]:
        facts.append(f"severity of raters {coefficient(plan['severity'])}")
    facts.append(f"each rater rates {number_of(plan['each'], 'partner')}")
    settings = {"Simulated studies": count(plan["draws"]), "Seed": plan["seed"], "Command": command}
    return _template().render(
        title="How many raters?",
        facts=" · ".join(facts),
        sentences=plan_sentences(plan),
        curves=[
            {
                "label": label,
                "class": kind,
                "points": [(_x(p["raters"]), p[key]) for p in plan["curve"]],
            }
            for key, kind, label in _KINDS
        ],
        marks=_marks(plan),
        ticks=[{"x": _x(n), "label": count(n)} for n in _TICKS],
        description="Each share rises with the number of raters. The table below has every number.",
        table=plan_table(plan),
        methods=_methods(plan),
        settings=[(name, value) for name, value in settings.items() if value is not None],
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=digest,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("plan.html")


def _x(raters: int) -> float:
    """Return the place of a number of raters on the logarithmic axis from 1 to 1,000."""
    return math.log10(raters) / 3


def _marks(plan: Document) -> list[dict[str, Any]]:
    """Return the vertical lines: what is needed; one where both fall together."""
    wanted = sorted(
        {n for n in (plan["raters_for_reliability"], plan["raters_for_certainty"]) if n is not None}
    )
    return [{"x": _x(n), "label": count(n)} for n in wanted]


def _raters(n: int) -> str:
    return number_of(n, "rater")


def _most(plan: Document) -> int:
    known = [plan["raters_for_reliability"], plan["raters_for_certainty"]]
    return int(max((n for n in known if n is not None), default=plan["curve"][-1]["raters"]))


def _people(plan: Document, raters: int) -> str:
    people = math.ceil(raters * plan["partners"] / plan["each"])
    return number_of(people, "person", "people")


def _reliable(plan: Document) -> str:
    n, wanted = plan["raters_for_reliability"], coefficient(plan["reliability"])
    if n is None:
        return f"Even 1,000 raters of each partner do not make its mean reliable to {wanted}."
    return (
        f"A partner's mean has reliability {wanted} with {_raters(n)} of each partner, "
        f"{_people(plan, n)} in all."
    )


def _sure(plan: Document) -> str:
    n, wanted = plan["raters_for_certainty"], percent(plan["certainty"])
    top = f"the top {plan['top']} of {count(plan['partners'])}"
    if n is None:
        return (
            f"Even with 1,000 raters of each, fewer than {wanted} of those named in {top} belong."
        )
    return (
        f"For {wanted} of those named in {top} to belong there it takes {_raters(n)} of each, "
        f"{_people(plan, n)} in all."
    )


def _planned(plan: Document) -> str:
    n = plan["raters_planned"]
    point = next(point for point in plan["curve"] if point["raters"] == n)
    pairs = plan["partners"] * (plan["partners"] - 1) // 2
    return (
        f"With the {_raters(n)} planned, reliability is {coefficient(point['reliability'])}, "
        f"{percent(point['certainty'])} of those named in the top {plan['top']} belong there, the "
        f"highest mean is that of the best in {percent(point['best'])} of studies, and "
        f"{count(round(point['pairs_apart'] * pairs))} of {number_of(pairs, 'pair')} can be told "
        "apart."
    )


def _methods(plan: Document) -> list[str]:
    simulated = _SIMULATED.format(draws=count(plan["draws"]), seed=plan["seed"])
    return [_FORMULA, simulated, _PAIRS.format(level=confidence(plan["level"]))]
