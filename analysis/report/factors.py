"""What the factor model says, in a table and in sentences.

All read the dictionary of `Assessment.to_dict()`.
"""

from analysis.report.content import Table
from analysis.report.numbers import NONE, coefficient, count, span
from analysis.report.sentences import Document, Titles

_WELL = {"cfi": 0.95, "rmsea": 0.06, "srmr": 0.08}  # Hu & Bentler (1999)
_TOLERABLY = {"cfi": 0.90, "rmsea": 0.08, "srmr": 0.10}


def factors(document: Document, titles: Titles) -> Table | None:
    """Return one row per factor; None without a model."""
    found = document["factors"]
    if not found["scales"]:
        return None
    body = tuple(
        (
            titles[name],
            _range(document, name),
            coefficient(row["cr"]),
            coefficient(row["ave"]),
            titles.get(row["nearest"], NONE),
            coefficient(row["nearest_r"]),
            {True: "yes", False: "no", None: NONE}[row["fornell_larcker"]],
        )
        for name, row in found["scales"].items()
    )
    head = ("Scale", "Loadings", "CR", "AVE", "Nearest scale", "r", "AVE above r²")
    return Table(
        "factors", "Each scale as one factor", head, body, (0, 4, 6), tuple(found["notes"])
    )


def factor_sentences(document: Document) -> list[str]:
    """Say whether the items measure what their scales name, or why that is not known."""
    found = document["factors"]
    if found["reason"]:
        return [f"There is no factor model: {found['reason'].removesuffix('.')}."]
    fit = found["fit"]
    if fit["cfi"] is None:
        return []
    interval = span(coefficient(fit["rmsea_low"], 3), coefficient(fit["rmsea_high"], 3))
    numbers = (
        f"(CFI {coefficient(fit['cfi'], 3)}, RMSEA {coefficient(fit['rmsea'], 3)} [{interval}], "
        f"SRMR {coefficient(fit['srmr'], 3)}, n {count(found['n_used'])})"
    )
    if improper(document):
        why = "; ".join(found["notes"]) or "some of its estimates are impossible"
        return [f"The factor model cannot be read, whatever its fit {numbers}: {why}."]
    how = fits(fit)
    if how == "well":
        return [f"The items go with their scales as they should: one factor each fits {numbers}."]
    if how == "tolerably":
        return [f"The items go with their scales tolerably: one factor each nearly fits {numbers}."]
    why = "some items measure something besides their scale, or scales overlap"
    return [f"One factor per scale does not fit {numbers}: {why}."]


def improper(document: Document) -> bool:
    """Say whether the factor model has estimates that are impossible."""
    return document["factors"].get("proper") is False


def fits(fit: Document) -> str:
    """Say in a word how well a model fits: "well", "tolerably" or "badly" (Hu & Bentler 1999)."""
    if _within(fit, _WELL):
        return "well"
    return "tolerably" if _within(fit, _TOLERABLY) else "badly"


def _within(fit: Document, limits: dict[str, float]) -> bool:
    small = all(fit[name] <= limits[name] for name in ("rmsea", "srmr"))
    return bool(fit["cfi"] >= limits["cfi"] and small)


def _range(document: Document, name: str) -> str:
    rows = document["factors"]["items"].values()
    values = [row["loading"] for row in rows if row["scale"] == name]
    return span(coefficient(min(values)), coefficient(max(values)))
