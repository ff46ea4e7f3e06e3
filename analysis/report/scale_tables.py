"""Tables of the evidence on scales: the same raters again, common method, correlations.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterable

from analysis.report.content import Table
from analysis.report.numbers import coefficient, count, decimal, span
from analysis.report.sentences import Document, Titles


def retest(document: Document, titles: Titles) -> Table:
    """Return one row per scale and two waves: how stable the scores of the same raters are."""
    body = tuple(
        (
            titles[name],
            f"{row['first']} to {row['second']}",
            count(row["n_used"]),
            *(text for key in ("r", "agreement", "consistency") for text in _estimate(row[key])),
            decimal(row["sem"]),
            decimal(row["sdc"]),
            decimal(row["reliable_change"]["threshold"]),
            count(row["reliable_change"]["risen"]),
            count(row["reliable_change"]["fallen"]),
        )
        for name, rows in document["retest"].items()
        for row in rows
        if not row["reason"]
    )
    head = ("Scale", "Waves", "n", "r", "Interval of r", "ICC(A,1)", "Interval of A", "ICC(C,1)")
    more = ("Interval of C", "SEM", "SDC", "Reliable from", "Risen", "Fallen")
    return Table("retest", "The same raters in two waves", (*head, *more), body, (0, 1))


def ordinal(document: Document, titles: Titles) -> Table:
    """Return one row per scale: omega of ordinal answers beside omega total."""
    rows = document["categorical_omega"]
    body = tuple(
        (
            titles[name],
            *_estimate(row),
            coefficient(document["scales"][name]["omega_total"]),
            count(row["n_used"]),
        )
        for name, row in rows.items()
        if row["estimate"] is not None
    )
    notes = tuple(f"{titles[name]}: {note}." for name, row in rows.items() for note in row["notes"])
    head = ("Scale", "Categorical omega", "Interval", "Omega total", "n")
    return Table("categorical-omega", "Omega of the answers as ordinal", head, body, (0,), notes)


def models(document: Document) -> Table:
    """Return the fit of the three models that the check for a common method compares."""
    found = document["common_method"]
    rows = (
        ("One factor for all items", "one_factor"),
        ("One factor per scale", "scales"),
        ("These and a method factor", "with_method"),
    )
    body = tuple(
        (
            words,
            decimal(found[name]["chisq"], 1),
            count(found[name]["df"]),
            *(coefficient(found[name][index], 3) for index in ("cfi", "rmsea", "srmr")),
        )
        for words, name in rows
    )
    head = ("Model", "χ²", "df", "CFI", "RMSEA", "SRMR")
    return Table("method-models", "Three models of the same answers", head, body)


def matrix(correlations: Document, title: str, place: int) -> Table:
    """Return the lower half of a matrix of items."""
    items = list(correlations)
    body = tuple(
        (
            f"{i} {item}",
            *(
                coefficient(correlations[item][other]) if j < i else ""
                for j, other in enumerate(items[:-1], start=1)
            ),
        )
        for i, item in enumerate(items, start=1)
    )
    head = ("Item", *(str(i) for i in range(1, len(items))))
    return Table(f"polychoric-{place}", f"{title}: polychoric correlations", head, body)


def _estimate(part: Document) -> Iterable[str]:
    ends = span(coefficient(part["ci_low"]), coefficient(part["ci_high"]))
    return coefficient(part["estimate"]), ends
