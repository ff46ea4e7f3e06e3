"""Tables of the parts on request: sides, waves, drivers, careless rows.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterator
from typing import Any

from analysis.report.content import Table
from analysis.report.numbers import NONE, Shown, coefficient, count, decimal, percent, span
from analysis.report.sentences import Document, Titles

Blind = set[tuple[str, str]] | None
MOST_FLAGS = 60
_STANDS = (
    "May be chance: not beyond it once all partners, scales and sides that were looked at are "
    "counted (Benjamini-Hochberg)."
)
_RULES = {
    "same_answer": "same answer throughout",
    "contradictions": "contradictions",
    "too_fast": "too fast",
    "instructed_item": "instructed item",
}
_STATISTICS = {
    "alpha": "Alpha",
    "omega_total": "Omega",
    "mean": "Mean",
    "sd": "SD",
    "icc1_reml": "ICC(1) REML",
    "shrunken": "Shrunken score",
}


def interval(part: Document, digits: int = 2) -> str:
    """Write the interval of a number with its ends."""
    return span(*(decimal(part[end], digits) for end in ("ci_low", "ci_high")))


def percents(low: float, high: float) -> str:
    """Write an interval of shares with one sign.

    Examples
    --------
    >>> percents(0.241, 0.688).split()
    ['24–69', '%']
    """
    return Shown(f"{100 * low:.0f}–{percent(high)}", low, high)


def two_sides(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner: both sides on one scale, and how each lives it."""
    found = document["two_sides"]
    first, second = found["sides"]
    rows = found["scales"][name]["partners"]
    guessed = any(row["state_a"] or row["state_b"] for row in rows)
    more = (f"As {first} lives it", f"As {second} lives it") if guessed else ()
    warned, lived = surely_blind(document), ("state_a", "state_b") if guessed else ()
    body = tuple(
        (
            row["partner"],
            count(row["n_a"]),
            decimal(row["mean_a"]),
            count(row["n_b"]),
            decimal(row["mean_b"]),
            decimal(row["agreement"]["estimate"]),
            interval(row["agreement"]),
            row["suppressed_reason"] or _verdict(row),
            *(_lived(row, field, name, warned) for field in lived),
        )
        for row in rows
    )
    head = ("Partner", f"n {first}", first, f"n {second}", second, "Difference", "Interval")
    place = list(found["scales"]).index(name) + 1
    text = (0, 7, 8, 9) if guessed else (0, 7)
    margins = [row["margin"] for row in rows]
    close = f" (close: the whole interval within ± {decimal(margins[0], 1)})" if margins else ""
    title = f"{titles[name]}: both sides{close}"
    doubtful = any("may be chance" in cell for row in body for cell in row[7:])
    notes = (_STANDS,) if doubtful else ()
    return Table(f"sides-{place}", title, (*head, "They are", *more), body, text, notes)


def _verdict(row: Document) -> str:
    """Say whether the sides are close or apart; that this may be chance where it does not stand."""
    verdict = str(row["agreement"]["verdict"] or NONE)
    return f"{verdict}, may be chance" if row["differs_stands"] is False else verdict


def _lived(row: Document, field: str, name: str, warned: Blind) -> str:
    """Name a state; that it may be chance where it does not stand."""
    state = str(row[field] or NONE)
    return f"{state}, may be chance" if stands(row, field, name, warned) is False else state


def surely_blind(document: Document) -> Blind:
    """Return partner and scale where a warning of false consensus stands; None without warnings."""
    if "warnings" not in document:
        return None
    return {
        (row["partner"], row["scale"])
        for row in document["warnings"]
        if row["rule"] == "false consensus" and row["stands"]
    }


def stands(row: Document, field: str, name: str, warned: Blind) -> bool | None:
    """Say whether a state stands among all that was looked at; None where it cannot be told.

    False consensus stands where its early warning does, so that the two never contradict.
    """
    if row[field] == "false consensus" and warned is not None:
        return (row["partner"], name) in warned
    found: bool | None = row[f"{field}_stands"]
    return found


def waves(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner: first and last wave, trend, and its change since the wave before.

    With two waves the trend is that change, and stands there once.
    """
    found = document["waves"]["scales"][name]
    outside = {
        chart["partner"]: [point["wave"] for point in chart["points"] if point["outside"]]
        for chart in found["charts"]
    }
    several = len(found["trend"]["waves"]) > 2
    since = {row["partner"]: row for row in found["change"]["rows"]}
    body = tuple(
        (
            row["partner"],
            count(row["n_waves"]),
            count(row["n_raters"]),
            decimal(row["first"]),
            decimal(row["last"]),
            decimal(row["slope"]),
            interval(row),
            decimal(row["shrunken"]),
            span(*(decimal(row[f"shrunken_{end}"]) for end in ("ci_low", "ci_high"))),
            *(_since(since.get(row["partner"])) if several else ()),
            row["suppressed_reason"] or ", ".join(outside.get(row["partner"], ())) or NONE,
        )
        for row in found["trend"]["rows"]
    )
    head = (
        "Partner",
        "Waves",
        "n",
        "First",
        "Last",
        "Per wave",
        "Interval",
        "Shrunken",
        "Interval",
    )
    more = (f"Since {found['change']['waves'][0]}", "Interval") if several else ()
    place = list(document["waves"]["scales"]).index(name) + 1
    title, notes = f"{titles[name]}: wave by wave", tuple(found["trend"]["notes"])
    head = (*head, *more, "Outside")
    return Table(f"waves-{place}", title, head, body, (0, len(head) - 1), notes)


def _since(row: Document | None) -> tuple[str, str]:
    return (NONE, NONE) if row is None else (decimal(row["slope"]), interval(row))


def outside(document: Document, titles: Titles) -> Table | None:
    """Return one row per wave that lies outside its limits; None where none does."""
    body = tuple(
        (
            str(chart["partner"]),
            titles[name],
            str(point["wave"]),
            count(point["n"]),
            decimal(point["value"]),
            span(decimal(point["low"]), decimal(point["high"])),
        )
        for name, scale in document["waves"]["scales"].items()
        for chart in scale["charts"]
        for point in chart["points"]
        if point["outside"]
    )
    if not body:
        return None
    head = ("Partner", "Scale", "Wave", "n", "Mean", "Limits")
    title = "Waves outside their limits, which allow for the raters of each wave"
    return Table("waves-outside", title, head, body, (0, 1, 2))


def gaps(document: Document, name: str, titles: Titles) -> Table | None:
    """Return one row per partner: the gap between the sides over the waves; None without one."""
    rows = document["waves"]["scales"][name]["gaps"]
    if not rows:
        return None
    first, second = document["two_sides"]["sides"]
    body = tuple(
        (
            row["partner"],
            count(row["n_waves"]),
            count(row["n_a"]),
            count(row["n_b"]),
            decimal(row["first"]),
            decimal(row["last"]),
            decimal(row["slope"]),
            interval(row),
            row["suppressed_reason"] or _moves(row),
        )
        for row in rows
    )
    head = ("Partner", "Waves", f"n {first}", f"n {second}", "Gap first", "Gap last", "Per wave")
    place = list(document["waves"]["scales"]).index(name) + 1
    title = f"{titles[name]}: {first} less {second}, over the waves"
    return Table(f"gaps-{place}", title, (*head, "Interval", "It"), body, (0, 8))


def _moves(row: Document) -> str:
    """Say whether a gap surely moves, and whether that brings the sides together."""
    if row["ci_low"] is None or row["ci_low"] <= 0 <= row["ci_high"]:
        return NONE
    return "widens" if abs(row["last"]) > abs(row["first"]) else "closes"


def drivers(document: Document, titles: Titles) -> Table:
    """Return one row per driver, the most important first."""
    found = document["drivers"]
    rows = sorted(found["rows"], key=lambda row: -row["share"])
    body = tuple(
        (
            f"{place} {titles[row['driver']]}",
            coefficient(row["share"]),
            span(coefficient(row["share_ci_low"]), coefficient(row["share_ci_high"])),
            percent(row["relative"]),
            percents(row["relative_ci_low"], row["relative_ci_high"]),
            coefficient(row["r"]),
            decimal(row["performance"]),
            span(decimal(row["performance_ci_low"]), decimal(row["performance_ci_high"])),
        )
        for place, row in enumerate(rows, start=1)
    )
    head = ("Driver", "Share of variance", "Interval", "Of what all explain", "Interval", "r")
    return Table(
        "drivers-all",
        f"Drivers of {titles[found['outcome']]}",
        (*head, "Mean", "Interval"),
        body,
        notes=tuple(found["notes"]),
    )


def flags(document: Document) -> Table:
    """Return one row per flag, as many as can be read."""
    rows = document["quality"]["flags"]
    body = tuple(
        (
            count(row["row"]),
            _RULES.get(row["rule"], row["rule"]),
            row["message"],
            "kept" if row["kept"] else "flagged",
        )
        for row in rows[:MOST_FLAGS]
    )
    left_out = len(rows) - len(body)
    note = (f"{count(left_out)} more flags are in the JSON.",) if left_out else ()
    head = ("Row", "Rule", "What was found", "Decision")
    return Table("quality-flags", "Rows that are flagged", head, body, (0, 1, 2, 3), note)


def without_flagged(document: Document, titles: Titles) -> Table:
    """Return the numbers of scales and partners with and without the flagged rows."""
    rows = document["quality"]["without_flagged"]["rows"]
    head = ("What", "Number", "All rows", "Without", "Outside its interval")
    body = tuple(_compared(rows, titles))
    return Table("quality-without", "With and without the flagged rows", head, body, (0, 1, 4))


def _compared(rows: list[dict[str, Any]], titles: Titles) -> Iterator[tuple[str, ...]]:
    for row in rows:
        who = titles[row["scale"]] + (f", {row['partner']}" if row["partner"] else "")
        unit = row["statistic"] in ("alpha", "omega_total", "icc1_reml")
        write = coefficient if unit else decimal
        named = _STATISTICS.get(row["statistic"], row["statistic"])
        told = {True: "yes", False: "no", None: NONE}[row["matters"]]
        yield (who, named, write(row["with_all"]), write(row["without"]), told)
