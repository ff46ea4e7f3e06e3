"""Early warnings as sentences, as a table and as advice; what stands after so many looks.

All read the dictionary of `Assessment.to_dict()`.
"""

from analysis.report.content import Table
from analysis.report.numbers import coefficient, count, listed, number_of, percent
from analysis.report.sentences import Document, Titles

_MANY = 5
_RULES = {
    "falling": "falls",
    "widening gap": "the sides come apart",
    "false consensus": "the sides are apart and do not know it",
    "spread": "its raters disagree",
}


def sentences(document: Document, titles: Titles) -> list[str]:
    """Say how many warnings there are, how many chance would give, and which of them stand."""
    rows = document["warnings"]
    looked = _looked(document)
    if not rows:
        few = "With few raters that is no all-clear: small troubles are not found then."
        return [f"No rule raises a warning. {few}", *looked]
    named = list(dict.fromkeys(row["partner"] for row in rows))
    who = listed(named) if len(named) <= _MANY else number_of(len(named), "partner")
    first = f"{number_of(len(rows), 'early warning')}, of {who}. A warning is a reason to ask."
    return [first, *looked, *_standing(document, titles)]


def summary(document: Document, titles: Titles) -> list[str]:
    """Say what a reader in a hurry must know: what stands, or that nothing does."""
    rows = document.get("warnings")
    if not rows:
        return []
    return _standing(document, titles)


def table(document: Document, titles: Titles) -> Table:
    """Return one row per early warning, those that stand first, the surest before others."""
    rows = sorted(document["warnings"], key=lambda row: (not row["stands"], row["p"]))
    body = tuple(
        (
            row["partner"],
            "yes" if row["stands"] else "no",
            titles[row["scale"]],
            row["rule"],
            row["evidence"],
            _p(row["p"]),
            _p(row["p_adjusted"]),
            percent(row["false_alarms"]),
        )
        for row in rows
    )
    head = ("Partner", "Stands", "Scale", "Warning", "Evidence", "p", "Adjusted p")
    notes = tuple(_looked(document))
    text = (0, 1, 2, 3, 4)
    return Table("warnings-all", "Early warnings", (*head, "False at most"), body, text, notes)


def heed(document: Document, titles: Titles) -> list[str]:
    """Advise whom to ask first: those of whom a warning stands after all that was looked at."""
    rows = document.get("warnings") or []
    by = _by_partner(document, titles)
    if by:
        shown = [f"{who} ({told})" for who, told in by.items()]
        more = [f"{len(shown) - _MANY} more"] if len(shown) > _MANY else []
        return [f"Ask now what is the matter with {'; '.join([*shown[:_MANY], *more])}."]
    if rows:
        return ["Take no single early warning for a finding: none stands after so many looks."]
    return []


def _looked(document: Document) -> list[str]:
    found = document["warning_rates"]
    if not found["looked_at"]:
        return []
    by_chance = count(max(round(found["by_chance"]), 1))
    looked = f"Of {count(found['looked_at'])} places looked at (partner, scale and rule), about"
    return [f"{looked} {by_chance} would be flagged by chance alone if nothing were wrong."]


def _standing(document: Document, titles: Titles) -> list[str]:
    """Say which warnings stand after all places that were looked at are allowed for."""
    rows = document["warnings"]
    by = _by_partner(document, titles)
    if not by:
        none = f"None of {number_of(len(rows), 'early warning')} stands"
        return [f"{none} once all that was looked at is allowed for: each alone may be chance."]
    stand = sum(row["stands"] for row in rows)
    shown = [f"{who} ({told})" for who, told in by.items()]
    more = [f"{len(shown) - _MANY} more"] if len(shown) > _MANY else []
    told = f"{count(stand)} of {number_of(len(rows), 'early warning')} stand"
    if len(rows) == stand == 1:
        told = "The one early warning stands"
    return [
        f"{told} once all that was looked at is allowed for: {'; '.join([*shown[:_MANY], *more])}."
    ]


def _by_partner(document: Document, titles: Titles) -> dict[str, str]:
    """Return partners with a warning that stands, and which, the most of them first."""
    by: dict[str, dict[str, list[str]]] = {}
    for row in document.get("warnings") or []:
        if row["stands"]:
            rules = by.setdefault(row["partner"], {})
            rules.setdefault(row["rule"], []).append(titles[row["scale"]])
    most = sorted(by.items(), key=lambda each: -sum(map(len, each[1].values())))
    return {
        partner: "; ".join(f"{_RULES[rule]} on {_on(names)}" for rule, names in rules.items())
        for partner, rules in most
    }


def _on(names: list[str]) -> str:
    return listed(names) if len(names) <= _MANY else number_of(len(names), "scale")


def _p(value: float) -> str:
    return coefficient(value, 3) if value >= 0.001 else "<\u00a0.001"
