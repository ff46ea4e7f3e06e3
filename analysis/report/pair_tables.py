"""How alike the scales are, pair by pair, as a table.

Reads the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Mapping
from typing import Any

from analysis.report.content import Table
from analysis.report.numbers import NONE, coefficient, span
from analysis.report.sentences import Document, Titles, pairs_with_intervals


def distinctness(document: Document, titles: Titles) -> Table | None:
    """Return HTMT of each pair: its intervals, or else half a matrix; None without two scales."""
    table: Mapping[str, Mapping[str, Any]] = document["distinctness"]["htmt"]
    if len(table) < 2:
        return None
    if pairs_with_intervals(document):
        return _pairs(document, titles)
    names = list(table)
    body = tuple(
        (
            f"{place + 1} {titles[a]}",
            *(coefficient(table[a][b]) if i < place else "" for i, b in enumerate(names[:-1])),
        )
        for place, a in enumerate(names)
    )
    head = ("Scale", *(str(i + 1) for i in range(len(names) - 1)))
    return Table("distinctness", "HTMT of each pair of scales", head, body)


def _pairs(document: Document, titles: Titles) -> Table:
    """Return one row per pair of scales: HTMT and HTMT2 with their intervals."""
    body = tuple(
        (
            f"{titles[row['one']]} – {titles[row['other']]}",
            coefficient(row["htmt"]),
            span(coefficient(row["htmt_ci_low"]), coefficient(row["htmt_ci_high"])),
            coefficient(row["htmt2"]),
            span(coefficient(row["htmt2_ci_low"]), coefficient(row["htmt2_ci_high"])),
            row["verdict"] or NONE,
        )
        for row in document["htmt"]["rows"]
    )
    head = ("Scales", "HTMT", "Interval", "HTMT2", "Interval of HTMT2", "They are")
    notes = tuple(document["htmt"]["notes"])
    return Table("htmt-pairs", "HTMT with intervals", head, body, (0, 5), notes)
