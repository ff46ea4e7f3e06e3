"""Tables of the parts on partners.

All read the dictionary of `Assessment.to_dict()`.
"""

from typing import Any

from analysis.report.content import Table
from analysis.report.numbers import (
    NONE,
    coefficient,
    confidence,
    count,
    decimal,
    digits_for,
    percent,
    span,
)
from analysis.report.part_tables import interval, percents
from analysis.report.sentences import Document, Titles


def severity(document: Document, titles: Titles) -> Table:
    """Return one row per scale: what the differences between ratings are made of."""
    found = {n: s for n, s in document["raters"]["scales"].items() if not s["reason"]}
    body = tuple(
        (
            titles[name],
            count(scale["n_used"]),
            count(scale["n_raters"]),
            percent(scale["shares"]["partner"]),
            percent(scale["shares"]["rater"]),
            percent(scale["shares"]["residual"]),
            percent(scale["severity"]),
            _shares(scale["severity_low"], scale["severity_high"]),
            count(scale["moved"]),
        )
        for name, scale in found.items()
    )
    notes = dict.fromkeys(note for scale in found.values() for note in scale["notes"])
    head = ("Scale", "n", "Raters", "Between partners", "Between raters", "Rest")
    return Table(
        "raters-severity",
        "What the differences between ratings are made of",
        (*head, "Severity within a partner", "Interval", "Moved"),
        body,
        notes=tuple(notes),
    )


def freed(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner of a scale: freed from severity, and not; the highest first."""
    found = document["raters"]["scales"]
    rows = sorted(found[name]["partners"], key=lambda row: -row["score"])
    digits = digits_for(
        (row["ci_high"] - row["ci_low"]) / 4 for row in rows if row["ci_low"] is not None
    )
    body = tuple(
        (
            row["partner"],
            count(row["n"]),
            count(row["n_raters"]),
            decimal(row["score"], digits),
            interval(row, digits),
            decimal(row["shrunken"], digits),
            _ends(row, "shrunken_ci", digits),
            count(row["place_freed"]),
            count(row["place"]),
            decimal(row["raters_effect"]),
            _ends(row, "raters_effect", 2),
            coefficient(row["reliability"]),
            span(count(row.get("rank_low")), count(row.get("rank_high"))),
            span(count(row.get("simultaneous_low")), count(row.get("simultaneous_high"))),
        )
        for row in rows
    )
    head = ("Partner", "n", "Raters", "Freed from severity", "Interval", "Raters taken for alike")
    more = ("Interval", "Place", "Place before", "Its raters' mildness", "Interval", "Reliability")
    places = ("Could rank", "All at once")
    place = list(found).index(name) + 1
    return Table(
        f"raters-{place}", f"{titles[name]}: freed from severity", (*head, *more, *places), body
    )


def weights(document: Document, titles: Titles) -> Table:
    """Return one row per scale of the composite."""
    body = tuple(
        (
            titles[part["scale"]],
            percent(part["weight"]),
            percent(part["share"]),
            decimal(part["sd"]),
            coefficient(part["alpha"]),
        )
        for part in document["composite"]["parts"]
    )
    head = ("Scale", "Weight", "Share of the differences", "SD", "Alpha")
    return Table("composite-weights", "What the composite is made of", head, body)


def scorecard(document: Document) -> Table:
    """Return one row per partner: its composite, and how often it leads."""
    found = document["composite"]
    rows = sorted(found["partners"], key=lambda row: (row["mean"] is None, -(row["mean"] or 0)))
    pooled = any(row["shrunken_ci_low"] is not None for row in rows)
    wide = [(row["ci_high"] - row["ci_low"]) / 4 for row in rows if row["ci_low"] is not None]
    body = tuple(_card(row, digits_for(wide), pooled=pooled) for row in rows)
    level = f"{confidence(document['settings']['level'])} interval"
    near, far = f"Leads, ± {percent(found['near'])}", f"Leads, ± {percent(found['far'])}"
    more = ("Shrunken", level) if pooled else ()
    head = ("Partner", "n", "Composite", level, *more, "Could rank", near, far)
    return Table(
        "composite-partners",
        "Partners by their composite",
        (*head, "Leads, any weights", "Truly highest", "Reliability"),
        body,
        notes=tuple(found["notes"]),
    )


def two_level(document: Document, titles: Titles) -> Table:
    """Return one row per scale: omega within and between partners."""
    found = document["two_level"]
    body = tuple(
        (
            titles[name],
            count(scale["n_used"]),
            count(scale["n_partners"]),
            coefficient(scale["omega_within"]),
            coefficient(scale["omega_between"]),
        )
        for name, scale in found.items()
    )
    head = ("Scale", "n", "Partners", "Omega within", "Omega between")
    notes = (f"{titles[name]}: {note}" for name, s in found.items() for note in s["notes"])
    return Table("two-level-omega", "Omega at two levels", head, body, notes=tuple(notes))


def linked(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner: its change where raters are linked."""
    found = document["linked_waves"]
    first, last = found[name]["waves"]
    body = tuple(
        (
            row["partner"],
            count(row["n_first"]),
            decimal(row["first"]),
            count(row["n_last"]),
            decimal(row["last"]),
            count(row["n_linked"]),
            decimal(row["change"]),
            interval(row),
            decimal(row["shrunken"]),
            row["suppressed_reason"] or _ends(row, "shrunken_ci", 2),
        )
        for row in found[name]["rows"]
    )
    waves = (f"n {first}", f"Wave {first}", f"n {last}", f"Wave {last}")
    head = ("Partner", *waves, "In both", "Change", "Interval")
    place = list(found).index(name) + 1
    caption = f"{titles[name]}: change with raters linked"
    notes = tuple(found[name]["notes"])
    return Table(f"linked-{place}", caption, (*head, "Shrunken", "Interval"), body, notes=notes)


def _card(row: dict[str, Any], digits: int, *, pooled: bool) -> tuple[str, ...]:
    if row["suppressed_reason"]:
        return (row["partner"], NONE, row["suppressed_reason"], *("",) * (9 if pooled else 7))
    shrunken = (decimal(row["shrunken"], digits), _ends(row, "shrunken_ci", digits))
    return (
        row["partner"],
        count(row["n"]),
        decimal(row["mean"], digits),
        interval(row, digits),
        *(shrunken if pooled else ()),
        span(count(row["rank_low"]), count(row["rank_high"])),
        percent(row["leads_near"]),
        percent(row["leads_far"]),
        percent(row["leads_every"]),
        percent(row["leads_chance"]),
        coefficient(row["reliability"]),
    )


def _shares(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else percents(low, high)


def _ends(row: dict[str, Any], name: str, digits: int) -> str:
    return span(*(decimal(row[f"{name}_{end}"], digits) for end in ("low", "high")))
