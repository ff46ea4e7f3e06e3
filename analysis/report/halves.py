"""Reliability besides alpha and omega, as a table.

Reads the dictionary of `Assessment.to_dict()`.
"""

from analysis.report.content import Table
from analysis.report.numbers import coefficient, listed, span
from analysis.report.sentences import Document, Titles

_BOUNDS = ("spearman_brown", "lambda2", "lambda6")
_NOTES = (
    "Ordinal alpha is of the variables behind the answers; the score is less reliable.",
    "λ4 of the best halves and ω h have no interval: none holds its level.",
)


def halves(document: Document, titles: Titles) -> Table | None:
    """Return one row per scale that has halves; None without any."""
    body = tuple(
        (titles[name], *_row(scale))
        for name, scale in document["scales"].items()
        if scale["split_half"]["lambda2"] is not None
    )
    if not body:
        return None
    head = ("Scale", "Standardized alpha", "Interval", "Ordinal alpha", "Odd-even", "Its interval")
    more = ("λ2", "λ2 interval", "λ6", "λ6 interval", "λ4", "ω h")
    caption = "Reliability by other routes"
    notes = (*_NOTES, *_missing(document, titles))
    return Table("halves", caption, (*head, *more), body, (0,), notes)


def _missing(document: Document, titles: Titles) -> list[str]:
    """Say why scales have no ω h, each reason once."""
    reasons: dict[str, list[str]] = {}
    for name, scale in document["scales"].items():
        found = scale["omega_hierarchical"]
        if found["omega_h"] is None and scale["n_items"] > 1:
            reasons.setdefault(" ".join(found["notes"]), []).append(titles[name])
    return [f"{listed(names)}: {reason}." for reason, names in reasons.items()]


def _row(scale: Document) -> tuple[str, ...]:
    ends, found = scale["alpha_standardized_ci"], scale["split_half"]
    bounds = (
        text
        for name in _BOUNDS
        for text in (
            coefficient(found[name]),
            span(coefficient(found[f"{name}_ci_low"]), coefficient(found[f"{name}_ci_high"])),
        )
    )
    return (
        coefficient(scale["alpha_standardized"]),
        span(coefficient(ends["ci_low"]), coefficient(ends["ci_high"])),
        coefficient(scale["ordinal_alpha"]["estimate"]),
        *bounds,
        coefficient(found["lambda4"]),
        coefficient(scale["omega_hierarchical"]["omega_h"]),
    )
