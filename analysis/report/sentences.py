"""Sentences where a decision hangs on a number: the same in the terminal and in the report.

All read the dictionary of `Assessment.to_dict()`.
"""

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from analysis.report.freed_view import as_freed, freed_scales
from analysis.report.numbers import (
    coefficient,
    confidence,
    listed,
    number_of,
    percent,
    span,
    spelled,
)
from analysis.report.ranking import DO_NOT, ranking
from analysis.report.raters_enough import enough

GROUPS = 0.70  # reliability from which groups may be compared (Nunnally & Bernstein 1994)
APART = 0.90  # HTMT from which two scales cannot be told apart (Henseler et al. 2015)

Document = Mapping[str, Any]
Titles = Mapping[str, str]


def titles_of(document: Document, given: Titles | None = None) -> dict[str, str]:
    """Return what each scale is called: as given, else its own title, else its name."""
    scales = document["scales"]
    own = {name: scale.get("title") or name for name, scale in scales.items()}
    return {**own, **{name: text for name, text in (given or {}).items() if name in own}}


def summary(document: Document, titles: Titles) -> list[str]:
    """Return what a reader in a hurry must know, in the order of the report."""
    return [
        *reliability(document, titles)[:1],
        *_ranks(document, titles),
        *_pairs(document, titles),
    ]


def trust_in(scale: Document) -> str:
    """Say in a few words what the interval of alpha allows."""
    alpha = scale["alpha"]
    if scale["n_items"] == 1:
        return "single item"
    if alpha["estimate"] is None:
        return "not computable"
    low, high = alpha["ci_low"], alpha["ci_high"]
    if alpha["method"] == "no interval":
        low = high = alpha["estimate"]
    if low is None:
        return "cannot be said"
    if low >= GROUPS and _kept_below_one(alpha) >= GROUPS:
        return "good enough"
    return "too imprecise" if high < GROUPS else "cannot be said"


def _kept_below_one(alpha: Document) -> float:
    """Return the lower end of alpha, by log(1 − alpha) where the interval is cut at 1.

    An interval that reaches beyond 1 is too short below: one of the same width on the scale of
    log(1 − alpha), which keeps to values that alpha can take, reaches further down.
    """
    low, estimate = alpha["ci_low"], float(alpha["estimate"])
    if low is None or alpha["method"] != "adf" or alpha["ci_high"] < 1 or estimate >= 1:
        return estimate if low is None else float(low)
    return 1 - (1 - estimate) * math.exp((estimate - low) / (1 - estimate))


def _cut_at_one(scale: Document) -> str:
    """Say why an interval that lies above .70 is not enough, where it is cut at 1."""
    if scale["alpha"]["ci_low"] is None or scale["alpha"]["ci_low"] < GROUPS:
        return ""
    return ", an interval cut at 1.00, whose lower end is too high with so few answers"


def reliability(document: Document, titles: Titles) -> list[str]:
    """Say which scales are precise enough to compare groups, and which are not."""
    scales = document["scales"]
    found = [_good_enough(document, titles)]
    for name, scale in scales.items():
        title, trust = titles[name], trust_in(scale)
        if trust == "too imprecise":
            found.append(
                f"{title} is too imprecise to decide on: alpha {_alpha(scale)}. "
                "Look at its items, or add some."
            )
        elif trust == "cannot be said":
            found.append(
                f"Whether {title} is precise enough cannot be said from these data: "
                f"alpha {_alpha(scale)}{_cut_at_one(scale)}."
            )
        elif trust == "not computable":
            reason = " ".join(scale["alpha"]["notes"])
            found.append(f"{title} has no reliability: {reason}.")
        elif trust == "single item" and len(found) + len(scales) > 2:
            found.append(f"{title} is a single item, which has no alpha.")
    return found


def _good_enough(document: Document, titles: Titles) -> str:
    level = confidence(document["settings"]["level"])
    several = [name for name, scale in document["scales"].items() if scale["n_items"] > 1]
    good = [name for name in several if trust_in(document["scales"][name]) == "good enough"]
    lies = f"the whole {level} interval of alpha lies at or above {coefficient(GROUPS)}"
    if document["settings"]["ci"] is None:
        lies = f"alpha is at or above {coefficient(GROUPS)}, without an interval"
    if not several:
        return "Each scale is a single item, so nothing can be said of its reliability."
    if not good:
        return f"No scale is surely precise enough to compare groups: for none {lies}."
    if len(several) == 1:
        return f"{titles[good[0]]} is precise enough to compare groups: {lies}."
    share = f"{len(good)} of {len(several)} scales {'is' if len(good) == 1 else 'are'}"
    if len(good) == len(several):
        share = "Both scales are" if len(good) == 2 else f"All {len(good)} scales are"
    return f"{share} precise enough to compare groups: {lies}."


def distinctness(document: Document, titles: Titles) -> list[str]:
    """Say which pairs of scales measure the same thing, by their intervals where there are any."""
    if rows := pairs_with_intervals(document):
        return _by_intervals(rows, titles)
    found = ratios(document)
    same = [pair for pair in found if pair[0] >= APART]
    if same:
        return [
            f"{titles[a]} and {titles[b]} cannot be told apart in your data "
            f"(HTMT {coefficient(value)})."
            for value, a, b in same
        ]
    if not found:
        return []
    value, a, b = found[0]
    pair, limit = f"{titles[a]} and {titles[b]}", f"HTMT {coefficient(APART)}"
    below = f"below {limit}, from which they could not be told apart"
    if len(found) == 1:
        return [f"{pair} stay {below} ({coefficient(value)})."]
    return [f"All pairs of scales stay {below}; {pair} are nearest ({coefficient(value)})."]


def pairs_with_intervals(document: Document) -> list[Document]:
    """Return the pairs of scales whose HTMT has an interval, and a verdict from it."""
    rows: list[Document] = document["htmt"]["rows"] if "htmt" in document else []
    return [row for row in rows if row["verdict"] is not None]


def named_pair(row: Document, titles: Titles) -> str:
    """Name a pair of scales with its HTMT and its interval."""
    ends = span(coefficient(row["htmt_ci_low"]), coefficient(row["htmt_ci_high"]))
    return f"{titles[row['one']]} and {titles[row['other']]} ({coefficient(row['htmt'])}, {ends})"


def _by_intervals(rows: list[Document], titles: Titles, most: int = 6) -> list[str]:
    by: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: -row["htmt"]):
        by.setdefault(row["verdict"], []).append(named_pair(row, titles))
    told = []
    for verdict, text in (
        ("not distinct", "These surely measure the same thing (HTMT and its interval)"),
        ("unclear", "Whether these differ your data leave open (HTMT and its interval)"),
    ):
        pairs = by.get(verdict, [])
        more = [f"{len(pairs) - most} more"] if len(pairs) > most else []
        if pairs:
            told.append(f"{text}: {'; '.join([*pairs[:most], *more])}.")
    if sure := len(by.get("distinct", [])):
        share = "The scales" if sure == len(rows) == 1 else f"{sure} of {len(rows)} pairs of scales"
        below = f"the whole interval lies below {coefficient(APART)}"
        told.append(f"{share} surely differ: {below}.")
    return told


def unpooled(document: Document, name: str) -> str:
    """Say why raw means are shown, where they are; empty where scores are shrunken."""
    rows = [row for row in document["partners"][name] if row["mean"] is not None]
    if document["pooling"][name]["shown"] == "shrunken" or not rows:
        return ""
    if any(row["shrunken"] is not None for row in rows):
        few = f"{spelled(len(rows))} partners tell too little of how far partners differ"
        return f"These are raw means with t intervals: {few} for shrunken scores with intervals."
    if all(row["ci_low"] is None for row in rows):
        return "Raw means without intervals: no partner has two raters."
    return "This is a raw mean with its t interval: there is no other partner to compare."


def points(document: Document, name: str, most: int = 6) -> str:
    """Say whose raw mean has an interval that is a point, and that this is no certainty."""
    if document["pooling"][name]["shown"] == "shrunken":
        return ""
    rows = [row for row in document["partners"][name] if row["ci_low"] is not None]
    names = [str(row["partner"]) for row in rows if row["ci_low"] == row["ci_high"]]
    if not names:
        return ""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return (
        f"All raters of {listed([*names[:most], *more])} agree (SD 0): the interval shrinks to a "
        "point, which tells nothing of how sure the mean is."
    )


def aggregation(document: Document, titles: Titles) -> list[str]:
    """Say how much of the differences lies between partners, and how many raters that asks."""
    found = document["aggregation"]
    known = [name for name in found if found[name]["icc1_reml"] is not None]
    if not known:
        return []
    low, *_, high = sorted(known, key=lambda name: found[name]["icc1_reml"]) * 2
    some, most = found[low]["icc1_reml"], found[high]["icc1_reml"]
    if percent(some) == percent(most):
        share = percent(most) if len(known) == 1 else f"On each scale {percent(most)}"
    else:
        share = f"From {percent(some)} ({titles[low]}) to {percent(most)} ({titles[high]})"
    between = "of the differences between answers lie between partners"
    rest = "the rest lies between those who answered"
    return [f"{share} {between}; {rest}.", *enough(document, known, titles)]


def suppressed(document: Document) -> list[str]:
    """Say how many partners are not shown, and why."""
    least = document["settings"]["min_n"]
    hidden = {
        str(row["partner"])
        for rows in document.get("partners", {}).values()
        for row in rows
        if row["suppressed_reason"] and least > 1
    }
    if not hidden:
        return []
    who = f"{number_of(len(hidden), 'partner')} with fewer than {least} answers on a scale"
    verb = "is" if len(hidden) == 1 else "are"
    return [f"{who} {verb} not shown there; those answers are in no number of that scale."]


def _ranks(document: Document, titles: Titles) -> list[str]:
    """Say on which scales the partners must not be ranked."""
    told = {n: ranking(as_freed(document), n) for n in document.get("partners", {})}
    by = dict.fromkeys(freed_scales(document), ", freed from the severity of raters")
    if len(told) <= 2:
        return [
            f"{titles[name]}{by.get(name, '')}: {text[:1].lower()}{text[1:]}"
            for name, text in told.items()
            if text
        ]
    no = [titles[name] for name, text in told.items() if DO_NOT in text]
    if not no:
        return []
    if len(no) == len(told):
        return [f"Do not rank the partners on any of the {len(told)} scales."]
    return [f"On {len(no)} of {len(told)} scales do not rank the partners: {listed(no)}."]


def _pairs(document: Document, titles: Titles, most: int = 3) -> list[str]:
    """Say which scales cannot be told apart, in one sentence or two."""
    if pairs_with_intervals(document):
        return distinctness(document, titles)[:2]
    same = [pair for pair in ratios(document) if pair[0] >= APART]
    if len(same) < 2:
        return distinctness(document, titles)
    named = [f"{titles[a]} and {titles[b]} ({coefficient(value)})" for value, a, b in same]
    rest = [f"{len(same) - most} more"] if len(same) > most else []
    told = ", ".join([*named[:most], *rest])
    return [f"{len(same)} pairs of scales cannot be told apart in your data (HTMT): {told}."]


def ratios(document: Document) -> list[tuple[float, str, str]]:
    """Return the HTMT ratio of each pair of scales, the highest first."""
    table = document["distinctness"]["htmt"]
    pairs = [(table[a][b], a, b) for a, b in combinations(table, 2)]
    return sorted((pair for pair in pairs if pair[0] is not None), reverse=True)


def _alpha(scale: Document) -> str:
    alpha = scale["alpha"]
    text = coefficient(alpha["estimate"])
    if alpha["ci_low"] is None:
        return text
    return f"{text} [{span(coefficient(alpha['ci_low']), coefficient(alpha['ci_high']))}]"
