"""Reliability besides alpha and omega, as a table.

Reads the dictionary of `Assessment.to_dict()`.
"""

from analysis.report.content import Table
from analysis.report.numbers import coefficient
from analysis.report.sentences import Document, Titles


def halves(document: Document, titles: Titles) -> Table | None:
    """Return one row per scale that has halves; None without any."""
    body = tuple(
        (
            titles[name],
            *(coefficient(scale["split_half"][key]) for key in _HALVES),
            coefficient(scale["omega_hierarchical"]["omega_h"]),
        )
        for name, scale in document["scales"].items()
        if scale["split_half"]["lambda2"] is not None
    )
    if not body:
        return None
    head = ("Scale", "Odd-even", "λ2", "λ4", "λ6", "ω h")
    return Table("halves", "Reliability from halves, and of one general factor", head, body)


_HALVES = ("spearman_brown", "lambda2", "lambda4", "lambda6")
