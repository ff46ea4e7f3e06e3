"""Whether partners may be put in an order, and who differs: sentences for every kind of report.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Mapping
from typing import Any

from analysis.report.numbers import count, decimal, listed, number_of, spelled

DO_NOT = "do not rank them"

Document = Mapping[str, Any]


def verdict(document: Document, name: str) -> str:
    """Say in a word how far the partners may be put in an order on one scale.

    Returns
    -------
    str
        "none": they do not differ beyond chance; "no": not at all; "ends": the ends of the list
        only; "bands": bands only; "clear": the whole order. Empty with fewer than two partners.
    """
    rows = _placed(document, name)
    if len(rows) < 2:
        return ""
    if document["pooling"][name]["tau2"] == 0:
        return "none"
    bands = len(_bands(rows))
    if bands > 1:
        return "clear" if bands == len(rows) else "bands"
    return "no" if len(_wide(rows)) * 3 >= len(rows) or len(rows) == 2 else "ends"


def ranking(document: Document, name: str) -> str:
    """Say whether the partners may be put in an order on one scale; empty with fewer than two."""
    rows = _placed(document, name)
    partners = len(rows)
    two = "These data do not show which of the two partners is higher"
    every = "the two" if partners == 2 else f"all {count(partners)}"
    same = f"no difference between the {count(partners)} partners beyond what chance gives"
    found = verdict(document, name)
    if found == "bands":
        bands = f"The partners fall into {_named(_bands(rows))}"
        return f"{bands}. Within a band their order is not known."
    told = {
        "none": f"These data show {same}: {DO_NOT} on this.",
        "clear": f"The order of {every} partners is clear.",
    }
    if partners > 2 and found in ("no", "ends"):
        held = f"From these data {ground(document, name)}"
        told |= {
            "no": f"{held}: {DO_NOT} on this.",
            "ends": f"{held}: name the ends of the list, do not number the rest.",
        }
    return {"no": f"{two}: {DO_NOT} on this.", **told}.get(found, "")


def in_bands(document: Document, name: str, title: str) -> str:
    """Say what may be told of partners that fall into bands."""
    told = _named(_bands(_placed(document, name)))
    return f"On {title} speak of {told}. Tell no order within them."


def ground(document: Document, name: str) -> str:
    """Say on what a verdict against ranking rests."""
    rows = _placed(document, name)
    partners = len(rows)
    if document["pooling"][name]["tau2"] == 0:
        return f"the {count(partners)} partners differ by no more than chance gives"
    if partners == 2:
        return "either of the two partners may be the higher"
    wide = f"{count(len(_wide(rows)))} of {count(partners)} partners"
    return f"{wide} could hold at least {spelled(_half(rows))} places"


def said(document: Document, name: str) -> list[str]:
    """Say whether partners may be ranked, which are apart, who differs, and who is likely first.

    A document that was kept before places had probabilities has none of the last.
    """
    nothing: Document = {"sentences": []}
    found = document.get("comparisons", {}).get(name, nothing)
    likely = document.get("chances", {}).get(name, nothing)
    return [ranking(document, name), *found["sentences"], *likely["sentences"][:1]]


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


def _placed(document: Document, name: str) -> list[Document]:
    return [row for row in document["partners"][name] if row["rank_low"] is not None]


def _named(bands: list[list[Document]]) -> str:
    """Write the bands, from the highest."""
    told = "; ".join(_band(band) for band in bands)
    return f"{spelled(len(bands))} bands, from the highest: {told}"


def _half(rows: list[Document]) -> int:
    return max(3, -(-len(rows) // 2))


def _wide(rows: list[Document]) -> list[Document]:
    """Return the partners that could hold half of all places or more."""
    return [row for row in rows if ends(row)[1] - ends(row)[0] + 1 >= _half(rows)]


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
