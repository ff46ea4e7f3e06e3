"""Whether partners may be put in an order, and who differs: sentences for every kind of report.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Mapping
from typing import Any

from analysis.report.numbers import count, decimal, listed, number_of, spelled

DO_NOT = "do not rank them"

Document = Mapping[str, Any]


def ranking(document: Document, name: str) -> str:
    """Say whether the partners may be put in an order on one scale; empty with fewer than two."""
    rows = [row for row in document["partners"][name] if row["rank_low"] is not None]
    partners = len(rows)
    if partners < 2:
        return ""
    if document["pooling"][name]["tau2"] == 0:
        same = f"no difference between the {count(partners)} partners beyond what chance gives"
        return f"These data show {same}: {DO_NOT} on this."
    bands = _bands(rows)
    if len(bands) == partners:
        every = "the two" if partners == 2 else f"all {count(partners)}"
        return f"The order of {every} partners is clear."
    if len(bands) > 1:
        told = "; ".join(_band(band) for band in bands)
        return (
            f"The partners fall into {spelled(len(bands))} bands, from the highest: {told}. "
            "Within a band their order is not known."
        )
    return _one_band(rows)


def said(document: Document, name: str) -> list[str]:
    """Say whether partners may be ranked, how many pairs are apart, and who differs."""
    found = document.get("comparisons", {}).get(name, {"sentences": []})
    return [ranking(document, name), *found["sentences"]]


def described(rows: list[dict[str, Any]], key: str, digits: int) -> str:
    """Describe a chart of partners for those who cannot see it."""
    shown = sorted((row for row in rows if row[key] is not None), key=lambda row: -row[key])
    hidden = len(rows) - len(shown)
    parts = [f"{number_of(len(shown), 'partner')} shown"]
    if shown:
        first, last = shown[0], shown[-1]
        parts.append(f"highest {first['partner']} with {decimal(first[key], digits)}")
        parts.append(f"lowest {last['partner']} with {decimal(last[key], digits)}")
    if hidden:
        parts.append(f"{number_of(hidden, 'partner')} without a number")
    return f"{', '.join(parts)}. The table below has every number."


def ends(row: Document) -> tuple[int, int]:
    """Return the places that a partner may hold: all partners at once, where that is known."""
    low, high = row.get("simultaneous_low"), row.get("simultaneous_high")
    if low is None or high is None:
        return row["rank_low"], row["rank_high"]
    return low, high


def _one_band(rows: list[Document]) -> str:
    """Say how much of the list may be read, where it nowhere falls apart."""
    partners = len(rows)
    if partners == 2:
        return f"These data do not show which of the two partners is higher: {DO_NOT} on this."
    half = max(3, -(-partners // 2))
    wide = [row for row in rows if ends(row)[1] - ends(row)[0] + 1 >= half]
    held = (
        f"From these data {count(len(wide))} of {count(partners)} partners could hold at least "
        f"{spelled(half)} ranks"
    )
    if len(wide) * 3 >= partners:
        return f"{held}: {DO_NOT} on this."
    return f"{held}: name the ends of the list, do not number the rest."


def _bands(rows: list[Document]) -> list[list[Document]]:
    """Part the partners wherever no rank interval reaches across."""
    bands: list[list[Document]] = [[]]
    reach = 0
    for place, row in enumerate(sorted(rows, key=lambda row: -row["shrunken"])):
        if place and reach <= place:
            bands.append([])
        bands[-1].append(row)
        reach = max(reach, ends(row)[1])
    return bands


def _band(rows: list[Document], most: int = 5) -> str:
    if len(rows) > most:
        return number_of(len(rows), "partner")
    return listed(str(row["partner"]) for row in rows)
