"""Tables of an analysis as ready strings: the terminal and the report draw the same ones.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.report.freed_view import freed_sentences
from analysis.report.numbers import (
    NONE,
    coefficient,
    confidence,
    count,
    decimal,
    digits_for,
    listed,
    percent,
    span,
    whole_raters,
)
from analysis.report.ranking import said
from analysis.report.raters_needed import ends
from analysis.report.saved import csv_of, link_of
from analysis.report.sentences import Document, Titles, points, trust_in, unpooled

_SINGLE = "the scale has 1"  # the last column says that it is a single item
_SHOWN = {"shrunken": "Shrunken score", "mean": "Mean"}
_KINDS = {
    "not_reached": "not\u00a0reached",
    "dont_know": "don't\u00a0know",
    "not_applicable": "not\u00a0applicable",
}
_OF_ITEMS = ("omega if deleted", "no omega without ")  # they go with the items
_IN_A_COLUMN = "pairwise:"  # the table has the complete rows in a column of their own


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be drawn and saved; columns whose index is in `text` hold words."""

    id: str
    caption: str
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    text: tuple[int, ...] = (0,)
    notes: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """Return the address under which the page itself holds the table as a file."""
        return link_of(csv_of(self.head, self.body))


def reliability(document: Document, titles: Titles) -> Table:
    """Return one row per scale: alpha and its company."""
    level = confidence(document["settings"]["level"])
    body = []
    for name, scale in document["scales"].items():
        alpha = scale["alpha"]
        body.append(
            (
                titles[name],
                count(scale["n_items"]),
                count(alpha["n_used"]),
                count(scale["n_complete"]),
                coefficient(alpha["estimate"]),
                span(coefficient(alpha["ci_low"]), coefficient(alpha["ci_high"])),
                coefficient(scale["omega_total"]),
                coefficient(scale["mean_interitem_r"]),
                decimal(scale["mean"]),
                decimal(scale["sd"]),
                decimal(scale["sem"]),
                trust_in(scale),
            )
        )
    interval = f"{level} interval"
    head = (
        "Scale",
        "Items",
        "n",
        "Complete",
        "Alpha",
        interval,
        "Omega",
        "Mean r",
        "Mean",
        "SD",
        "SEM",
    )
    return Table(
        "reliability",
        "Reliability of each scale",
        (*head, "To compare groups"),
        tuple(body),
        (0, 11),
        (
            *_gathered({n: _scale_notes(s) for n, s in document["scales"].items()}, titles),
            *_prorated(document, titles),
        ),
    )


def aggregation(document: Document, titles: Titles) -> Table:
    """Return one row per scale: how far the partners can be told apart."""
    body = tuple(
        (
            titles[name],
            count(found["n"]),
            count(found["n_partners"]),
            coefficient(found["icc1_reml"]),
            coefficient(found["icc1_anova"]),
            span(coefficient(found["icc1_ci_low"]), coefficient(found["icc1_ci_high"])),
            coefficient(found["icc2"]),
            coefficient(found["rwg_j_median"]),
            count(found["rwg_j_negative"]),
            decimal(found["ad_m_median"]),
            count(whole_raters(found["raters_needed_70"])),
            ends(found),
        )
        for name, found in document["aggregation"].items()
    )
    interval = f"{confidence(document['settings']['level'])} interval"
    head = ("Scale", "n", "Partners", "ICC(1) REML", "ICC(1) ANOVA", interval, "ICC(2) ANOVA")
    return Table(
        "aggregation",
        "Differences between partners and agreement within them",
        (*head, "rwg(j) median", "rwg(j) below 0", "AD median", "Raters needed", "Interval"),
        body,
        notes=_gathered(
            {n: found["notes"] for n, found in document["aggregation"].items()}, titles
        ),
    )


def partners(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner of a scale, the highest first."""
    rows = document["partners"][name]
    key = document["pooling"][name]["shown"]
    pooled = key == "shrunken"
    shown = [row for row in rows if row[key] is not None]
    digits = partner_digits(rows, key)
    body = [
        (
            str(row["partner"]),
            count(row["n"]),
            decimal(row[key], digits),
            span(*(decimal(end, digits) for end in interval_of(row, key))),
            *((decimal(row["mean"], digits), coefficient(row["reliability"])) if pooled else ()),
            span(count(row["rank_low"]), count(row["rank_high"])),
            span(count(row.get("simultaneous_low")), count(row.get("simultaneous_high"))),
        )
        for row in sorted(shown, key=lambda row: -row[key])
    ]
    interval = f"{confidence(document['settings']['level'])} interval"
    more = ("Raw mean", "Reliability") if pooled else ()
    head = ("Partner", "n", _SHOWN[key], interval, *more, "Could rank", "All at once")
    body += [
        (str(row["partner"]), NONE, row["suppressed_reason"] or NONE, *("" for _ in head[3:]))
        for row in rows
        if row[key] is None
    ]
    told = (
        *said(document, name),
        *freed_sentences(document, name),
        unpooled(document, name),
        points(document, name),
    )
    return Table(
        f"partners-{_place(document, name)}",
        titles[name],
        head,
        tuple(body),
        notes=tuple(text for text in told if text),
    )


def items(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per item of a scale."""
    rows = document["scales"][name]["items"]
    reasons = any(row.get("missing_by") for row in rows.values())
    body = tuple(
        (
            item,
            count(row["n"]),
            count(row["missing"]),
            *((_kinds(row.get("missing_by") or {}),) if reasons else ()),
            decimal(row["mean"]),
            decimal(row["sd"]),
            decimal(row["skew"], 1),
            decimal(row["kurtosis"], 1),
            coefficient(row["item_rest_r"]),
            coefficient(row["alpha_if_deleted"]),
            coefficient(row["omega_if_deleted"]),
            percent(row["floor"]),
            percent(row["ceiling"]),
        )
        for item, row in rows.items()
    )
    shape, ends = ("Mean", "SD", "Skew", "Kurtosis"), ("Lowest", "Highest")
    head = (*shape, "Item-rest r", "Alpha without", "Omega without", *ends)
    return Table(
        f"items-{_place(document, name)}",
        f"{titles[name]}: items",
        ("Item", "n", "Missing", *(("Of these",) if reasons else ()), *head),
        body,
        (0, 3) if reasons else (0,),
        (*_merged_kinds(rows.values()), *_lacking(document["scales"][name])),
    )


def interval_of(row: Document, key: str) -> tuple[Any, Any]:
    """Return the interval that belongs to the score shown of a partner."""
    if key == "mean":
        return row["ci_low"], row["ci_high"]
    return row["shrunken_ci_low"], row["shrunken_ci_high"]


def partner_digits(rows: list[Document], key: str) -> int:
    """Return the decimals that the scores of these partners support."""
    ends = (interval_of(row, key) for row in rows)
    return digits_for((high - low) / 4 for low, high in ends if None not in (low, high))


def _kinds(counts: Mapping[str, int]) -> str:
    """Name the kinds of missing answers with their numbers."""
    named = (f"{_KINDS.get(kind, kind)}\u00a0{count(n)}" for kind, n in counts.items())
    return ", ".join(named) or NONE


def _merged_kinds(rows: Iterable[Document]) -> tuple[str, ...]:
    """Say what «other» stands for, where it stands."""
    if any("other" in row.get("missing_by", ()) for row in rows):
        return ("Other missing answers were skipped, not reached or withdrawn.",)
    return ()


def _lacking(scale: Document) -> list[str]:
    """Say of which items there is no omega without them, each reason once."""
    told = [note for note in scale["notes"] if note.startswith(_OF_ITEMS[0])]
    by: dict[str, list[str]] = {}
    for note in scale["notes"]:
        if note.startswith(_OF_ITEMS[1]):
            item, _, reason = note.removeprefix(_OF_ITEMS[1]).partition(": ")
            by.setdefault(reason, []).append(item)
    return [*told, *(f"no omega without {listed(items)}: {why}" for why, items in by.items())]


def _place(document: Document, name: str) -> int:
    """Count scales, since the name of one need not be fit for an identifier of a page."""
    return list(document["scales"]).index(name) + 1


def _scale_notes(scale: Document) -> list[str]:
    notes = [*scale["notes"], *scale["alpha"]["notes"], *scale["omega_total_ci"]["notes"]]
    return [
        note
        for note in dict.fromkeys(notes)
        if not note.startswith((_IN_A_COLUMN, *_OF_ITEMS)) and _SINGLE not in note
    ]


def _prorated(document: Document, titles: Titles) -> tuple[str, ...]:
    """Say which share of the scores rests on a part of the items."""
    shares = [
        f"{titles[name]} {percent(scale['prorated_share'])}"
        for name, scale in document["scales"].items()
        if scale["prorated_share"]
    ]
    if not shares:
        return ()
    return (f"Share of scores that are means of a part of the items: {', '.join(shares)}.",)


def _gathered(notes: Mapping[str, Iterable[str]], titles: Titles) -> tuple[str, ...]:
    """Say once what is to be noted of several scales, and name them unless it is all."""
    where: dict[str, list[str]] = {}
    for name, own in notes.items():
        for note in own:
            where.setdefault(note, []).append(name)
    return tuple(
        note if len(names) == len(notes) > 1 else f"{listed(titles[n] for n in names)}: {note}"
        for note, names in where.items()
    )
