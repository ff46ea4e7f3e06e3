"""Pairs of sides in sentences and tables: dyad ICC, interdependence, response surface.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.report.content import Table
from analysis.report.numbers import NONE, coefficient, count, decimal, listed, span
from analysis.report.part_tables import interval
from analysis.report.sentences import Document, Titles

_CHANCE = 0.05
Row = Mapping[str, Any]


def alike(document: Document, titles: Titles) -> tuple[list[str], list[Table]]:
    """Say on which scales both sides see the partners alike, as an order of partners."""
    scales = document["two_sides"]["scales"]
    known = {name: scale["alike"] for name, scale in scales.items() if not scale["alike"]["reason"]}
    if not known:
        reasons = sorted({str(scale["alike"]["reason"]) for scale in scales.values()})
        return [f"How alike the sides see the partners is not known: {listed(reasons)}."], []
    surely = [titles[name] for name, row in known.items() if (row["ci_low"] or -1) > 0]
    if surely:
        told = f"Both sides see the same partners high and low on {listed(surely)}"
    else:
        told = "On no scale do these data show that both sides see the same partners high and low"
    body = tuple(
        (
            titles[name],
            count(scale["alike"]["n_partners"]),
            coefficient(scale["alike"]["icc"]),
            span(*(coefficient(scale["alike"][end]) for end in ("ci_low", "ci_high"))),
            scale["alike"]["reason"] or NONE,
        )
        for name, scale in scales.items()
    )
    head = ("Scale", "Partners", "ICC(1)", "Interval", "Why not")
    table = Table("sides-alike", "How alike both sides see the partners", head, body, (0, 4))
    return [f"{told} (ICC of both sides' means, its whole interval above 0)."], [table]


def pairs(document: Document, titles: Titles) -> tuple[list[str], list[Table]]:
    """Say what a side's judgement owes to the other's view, and what disagreement costs."""
    found = document["dyads"]
    if found["reason"]:
        return [found["reason"]], []
    told = [
        text
        for name, scale in found["scales"].items()
        for text in (*_owed(document, name, scale, titles), *_bent(document, name, scale, titles))
    ]
    reasons = sorted(
        {
            str(reason)
            for scale in found["scales"].values()
            for reason in (scale["apim_reason"], scale["surface_reason"])
            if reason
        }
    )
    tables = [
        table for table in (_apim(document, titles), _surface(document, titles)) if table.body
    ]
    if tables:
        told.append(
            "One partner is one pair, with one mean of each side. On the same side the same people "
            "gave both answers, which alone makes them go together; across sides, means of few "
            "raters make an effect look too small. None of them proves a cause."
        )
    return [*told, *reasons], tables


def _owed(document: Document, name: str, scale: Row, titles: Titles) -> Iterator[str]:
    """Say what goes with one point more of a side's own view, and of the other side's."""
    if scale["apim"] is None:
        return
    outcome = titles[document["dyads"]["outcome"]]
    own, other = scale["apim"]["actor"], scale["apim"]["partner"]
    if not _sure(own) and not _sure(other):
        yield f"What {titles[name]} has to do with {outcome} cannot be told from these pairs."
        return
    yield (
        f"One point more {titles[name]} goes with {_points(own)} of {outcome} on the same side, "
        f"and with {_points(other)} on the other side."
    )
    if scale["apim"]["p"] < _CHANCE:
        yield f"On {titles[name]} the two sides are not alike in this: the table tells them apart."


def _bent(document: Document, name: str, scale: Row, titles: Titles) -> Iterator[str]:
    """Say whether disagreement about a scale goes with a lower outcome."""
    if scale["surface"] is None or not _sure(scale["surface"]["a4"]):
        return
    bend = scale["surface"]["a4"]
    sign = "lower" if bend["estimate"] < 0 else "higher"
    side, outcome = document["two_sides"]["sides"][0], titles[document["dyads"]["outcome"]]
    yield (
        f"The further the sides are apart on {titles[name]}, the {sign} is {outcome} as {side} "
        f"sees it (a4 {decimal(bend['estimate'])}, interval {interval(bend)})."
    )


def _apim(document: Document, titles: Titles) -> Table:
    """Return rows per scale: what goes with one's own view and the other side's, on whose outcome.

    p, of the sides being alike in this, stands where they are taken for alike.
    """
    found, (first, second) = document["dyads"], document["two_sides"]["sides"]
    body = tuple(
        (
            titles[name],
            whose,
            count(scale["n_pairs"]),
            _effect(scale["apim"][f"actor{end}"]),
            _effect(scale["apim"][f"partner{end}"]),
            NONE if end else coefficient(scale["apim"]["p"], 3),
        )
        for name, scale in found["scales"].items()
        if scale["apim"] is not None
        for whose, end in (("both sides", ""), (first, "_a"), (second, "_b"))
    )
    head = ("View of", "Outcome of", "Pairs", "Own view", "Other side's view", "p, sides alike")
    title = f"{titles[found['outcome']]}: what goes with one's own view, and with the other side's"
    return Table("dyads-apim", title, head, body, (0, 1))


def _surface(document: Document, titles: Titles) -> Table:
    """Return one row per scale: the slopes of its response surface."""
    found = document["dyads"]
    body = tuple(
        (
            titles[name],
            count(scale["n_pairs"]),
            *(_effect(scale["surface"][each]) for each in ("a1", "a2", "a3", "a4")),
            coefficient(scale["surface"]["r2"]),
        )
        for name, scale in found["scales"].items()
        if scale["surface"] is not None
    )
    head = (
        "View of",
        "Pairs",
        "Agreeing, slope (a1)",
        "Agreeing, bend (a2)",
        "Apart, slope (a3)",
        "Apart, bend (a4)",
        "R²",
    )
    side = document["two_sides"]["sides"][0]
    title = f"{titles[found['outcome']]} of {side}, over both views (response surface)"
    return Table("dyads-surface", title, head, body)


def _sure(effect: Row) -> bool:
    return not effect["ci_low"] <= 0 <= effect["ci_high"]


def _points(effect: Row) -> str:
    way = "more" if effect["estimate"] >= 0 else "less"
    return f"{decimal(abs(effect['estimate']))} points {way} (interval {interval(effect)})"


def _effect(effect: Row) -> str:
    return f"{decimal(effect['estimate'])} ({interval(effect)})"
