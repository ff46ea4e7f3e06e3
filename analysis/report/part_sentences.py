"""Sentences of the parts on request, for the terminal and the report.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterable
from itertools import chain

from analysis.report import early_warnings
from analysis.report.numbers import coefficient, count, decimal, listed, number_of, percent, spelled
from analysis.report.part_tables import Blind, percents, stands, surely_blind
from analysis.report.sentences import Document, Titles

_TOLD = {
    "false consensus": "the sides are apart, and «{side}» believes that they are close{within}",
    "false conflict": "the sides are close{within}, and «{side}» believes that they are apart: "
    "talk",
    "true dissensus": "the sides are apart, and «{side}» knows it: negotiate",
    "true consensus": "the sides are close{within}, and «{side}» knows it",
}
_SIDES = (("state_a", 0), ("state_b", 1))
_MANY = 5


def two_sides(document: Document, titles: Titles) -> list[str]:
    """Say what can be told of the sides: the worst first, and how much cannot be told."""
    found = document["two_sides"]
    rows = [
        (name, row)
        for name, scale in found["scales"].items()
        for row in scale["partners"]
        if not row["suppressed_reason"]
    ]
    if not rows:
        return ["For no partner are there enough answers from both sides."]
    warned = surely_blind(document)
    told = [text for state in _TOLD for text in _state(rows, found["sides"], state, titles, warned)]
    return [*told, *_apart(rows, titles), *_untold(rows), *found["notes"]]


def waves(document: Document, titles: Titles) -> list[str]:
    """Say how the partners changed on average, and which waves are out of the ordinary."""
    found = document["waves"]
    moved = []
    for name, scale in found["scales"].items():
        trend = scale["trend"]
        low, high = trend["mu_ci_low"], trend["mu_ci_high"]
        if low is not None and (low > 0 or high < 0):
            moved.append(f"{titles[name]} {'rose' if low > 0 else 'fell'}")
    outside = [
        f"{chart['partner']} on {titles[name]} (wave {listed(waves)})"
        for name, scale in found["scales"].items()
        for chart in scale["charts"]
        if (waves := [str(point["wave"]) for point in chart["points"] if point["outside"]])
    ]
    over = f"from wave {found['waves'][0]} to {found['waves'][-1]}"
    told = f"no scale changed {over} by more than chance gives"
    if moved:
        told = f"{listed(moved)} {over}"
    level = document["settings"]["level"]
    charts = sum(len(scale["charts"]) for scale in found["scales"].values())
    average = f"On average over the partners {told}."
    return [average, *_outside(outside, charts, level), *_gaps(found, titles, level)]


def drivers(document: Document, titles: Titles) -> list[str]:
    """Say what explains the outcome most, and whether that can be told."""
    found = document["drivers"]
    if found["reason"]:
        return [f"There are no drivers of {titles[found['outcome']]}. {found['reason']}"]
    rows = sorted(found["rows"], key=lambda row: -row["share"])
    together = (
        f"Together the {spelled(len(rows))} scales explain {percent(found['r2'])} of the "
        f"differences in {titles[found['outcome']]} (R² {coefficient(found['r2'])}, "
        f"n\u00a0{count(found['n_used'])})."
    )
    best, *others = rows
    ends = percents(best["relative_ci_low"], best["relative_ci_high"])
    aim = titles[found["outcome"]]
    share = f"{percent(best['relative'])} of what all drivers explain, interval {ends}"
    near = [titles[row["driver"]] for row in others if row["behind_ci_low"] <= 0]
    title = titles[best["driver"]]
    if near:
        lead = f"{title} explains more of {aim} than any other here ({share})"
        return [together, f"{lead}, but its lead over {listed(near)} may be chance."]
    proof = "That is no proof that it is the cause."
    return [together, f"{title} explains more of {aim} than any other ({share}). {proof}"]


def quality(document: Document, titles: Titles) -> list[str]:
    """Say how many rows are flagged, and whether results hold without them."""
    found = document["quality"]
    compared = found["without_flagged"]
    if found["n_flagged"] is None:
        return [compared["reason"] or found["notes"][0], *found["notes"]]
    rows = f" of {number_of(found['n_rows'], 'row')}" if found["n_rows"] else ""
    first = f"{count(found['n_flagged'])}{rows} flagged: perhaps filled in without care."
    if found["n_rows"] and found["n_flagged"] > found["n_rows"] / 3:
        first += " So many speak of items that do not go together, not of careless people."
    if compared["reason"]:
        return [first, compared["reason"], *found["notes"]]
    moved = [row for row in compared["rows"] if row["matters"]]
    if not moved:
        told = "Without them no number leaves its interval: they make no difference that matters."
    else:
        names = dict.fromkeys(
            titles[row["scale"]] + (f", {row['partner']}" if row["partner"] else "")
            for row in moved
        )
        shown = [*names][:_MANY]
        more = [f"{len(names) - _MANY} more"] if len(names) > _MANY else []
        told = f"Without them these leave their intervals: {'; '.join([*shown, *more])}."
        told += _by_construction(found, moved)
    return [first, told, *found["notes"]]


def _by_construction(found: Document, moved: list[Document]) -> str:
    """Say that alpha rises without rows that contradict themselves, whoever wrote them."""
    reliable = any(row["statistic"] in ("alpha", "omega_total") for row in moved)
    if not reliable or not found["counts"].get("contradictions"):
        return ""
    return (
        " Alpha and omega rise of themselves without rows whose answers contradict each other: "
        "that is no sign of carelessness."
    )


def summary(document: Document, titles: Titles) -> list[str]:
    """Return what a reader in a hurry must know of these parts."""
    parts: list[Iterable[str]] = []
    parts.append(early_warnings.summary(document, titles))
    if document.get("drivers") and not document["drivers"]["reason"]:
        parts.append(drivers(document, titles)[1:])
    return [*chain.from_iterable(parts)]


def _state(
    rows: list[tuple[str, Document]],
    sides: list[str],
    state: str,
    titles: Titles,
    warned: Blind,
) -> list[str]:
    """Say where one state stands, per side, and how often it may be chance."""
    told = []
    for field, side in _SIDES:
        where = [(name, row) for name, row in rows if row[field] == state]
        if not where:
            continue
        by: dict[str, list[str]] = {}
        for name, row in where:
            if stands(row, field, name, warned):
                by.setdefault(row["partner"], []).append(titles[name])
        what = _TOLD[state].format(side=sides[side], within=_within([row for _, row in where]))
        places = _places(by, len(where) - sum(map(len, by.values())), len(where))
        told.append(f"{state.capitalize()}: {what}. {places}.")
    return told


def _within(rows: list[Document]) -> str:
    """Say what «close» is, on the metric of the scales."""
    margins = sorted({row["margin"] for row in rows})
    ends = dict.fromkeys(decimal(margin, 1) for margin in (margins[0], margins[-1]))
    return f" (within ± {' to '.join(ends)})"


def _places(by: dict[str, list[str]], doubtful: int, found: int) -> str:
    """Name the places that stand, and count those that may be chance."""
    places = [f"{partner} ({listed(names)})" for partner, names in by.items()]
    if len(places) > _MANY:
        places = [number_of(len(places), "partner")]
    if not by:
        one = "the one place found" if found == 1 else f"each of {count(found)} places found"
        return f"Nowhere surely: {one} may be chance, given all that was looked at"
    surely = "; ".join(places)
    return f"{surely}; {count(doubtful)} more that may be chance" if doubtful else surely


def _apart(rows: list[tuple[str, Document]], titles: Titles) -> list[str]:
    """Without guesses, say where the sides are apart."""
    if any(row["state_a"] or row["state_b"] for _, row in rows):
        return []
    found = [(name, row) for name, row in rows if row["agreement"]["verdict"] == "apart"]
    if not found:
        return ["Nowhere do the sides differ by more than chance gives."]
    where = [f"{row['partner']} ({titles[name]})" for name, row in found if row["differs_stands"]]
    doubtful = len(found) - len(where)
    if not where:
        each = f"each of {number_of(doubtful, 'difference')} found" if doubtful > 1 else "the one"
        return [f"Nowhere do the sides surely differ: {each} may be chance among so many looks."]
    more = f"; {count(doubtful)} more that may be chance" if doubtful else ""
    return [f"The sides surely see it differently: {_some(where)}{more}."]


def _untold(rows: list[tuple[str, Document]]) -> list[str]:
    states = [row[field] for _, row in rows for field, _ in _SIDES if row[field]]
    unknown = sum(state == "cannot be told" for state in states)
    if not unknown:
        return []
    share = f"{count(unknown)} of {count(len(states))} times"
    return [f"{share} the data cannot tell: there are too few raters for the differences found."]


def _gaps(found: Document, titles: Titles, level: float) -> list[str]:
    """Say where the gap between the sides surely moves; nothing without two sides."""
    lines = [
        (row, titles[name])
        for name, scale in found["scales"].items()
        for row in scale["gaps"]
        if row["ci_low"] is not None
    ]
    if not lines:
        return []
    moved = [
        f"{row['partner']} on {title} (by {decimal(abs(row['slope']))} per wave)"
        for row, title in lines
        if not row["ci_low"] <= 0 <= row["ci_high"]
    ]
    if not moved:
        return ["Nowhere does the gap between the sides move by more than chance gives."]
    where = _by_chance(len(moved), len(lines), "gap", level)
    return [f"The distance between the sides moves in {where}: {_some(moved)}."]


def _outside(where: list[str], charts: int, level: float) -> list[str]:
    if not where:
        return ["No wave of any partner lies outside its limits."]
    counted = _by_chance(len(where), charts, "chart", level)
    return [f"Out of the ordinary are waves in {counted}: {_some(where)}."]


def _by_chance(found: int, looked: int, what: str, level: float) -> str:
    """Say how many of how many it is, and how many chance alone would give."""
    chance = max(round((1 - level) * looked), 1)
    alone = f", where chance alone gives about {count(chance)}" if looked > 1 else ""
    return f"{count(found)} of {number_of(looked, what)}{alone}"


def _some(texts: list[str]) -> str:
    more = [f"{len(texts) - _MANY} more"] if len(texts) > _MANY else []
    return "; ".join([*texts[:_MANY], *more])
