"""What to do, in sentences that say no more than the intervals carry; one rule each.

All read the dictionary of `Assessment.to_dict()`. A rule is a function of a document and its
titles; it returns its sentences, none where it does not apply.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from analysis.report import early_warnings
from analysis.report.factors import fits, improper
from analysis.report.freed_view import as_freed
from analysis.report.numbers import (
    coefficient,
    count,
    listed,
    span,
)
from analysis.report.partner_advice import distinguish, follow, invite, rank
from analysis.report.sentences import (
    APART,
    GROUPS,
    Document,
    Titles,
    named_pair,
    pairs_with_intervals,
    ratios,
    trust_in,
)

_MANY = 6
Rule = Callable[[Document, Titles], list[str]]


@dataclass(frozen=True, slots=True)
class Advice:
    """A heading, and what to do under it."""

    heading: str
    sentences: list[str]


def advice(document: Document, titles: Titles) -> list[Advice]:
    """Return what to do with the scales and, where there are any, with the partners."""
    scales = [*chain.from_iterable(rule(document, titles) for rule in OF_SCALES)]
    found = [Advice("With the scales", scales)] if scales else []
    if document.get("partners"):
        freed = as_freed(document)
        partners = [*chain.from_iterable(rule(freed, titles) for rule in OF_PARTNERS)]
        found += [Advice("With the partners", partners)] if partners else []
    return found


def use(document: Document, titles: Titles) -> list[str]:
    """Use the scales as they are where nothing that was looked at speaks against it."""
    measured = {n: scale for n, scale in document["scales"].items() if scale["n_items"] > 1}
    good = measured and all(trust_in(scale) == "good enough" for scale in measured.values())
    if not good or merge(document, titles) or mend(document, titles) or refit(document, titles):
        return []
    both = f", and no two reach HTMT {coefficient(APART)}" if ratios(document) else ""
    if pairs_with_intervals(document):
        both = " and surely differ from each other"
    if len(measured) == 1:
        return [f"Use {titles[next(iter(measured))]} as it is: it is precise enough."]
    return [f"Use the scales as they are: they are precise enough{both}."]


def refit(document: Document, _: Titles) -> list[str]:
    """Look at the items before publishing where one factor per scale does not fit.

    Where the model is improper, say that nothing follows from it.
    """
    fit = document["factors"]["fit"]
    if improper(document):
        told = "Draw nothing from the factor model: some of its estimates are impossible"
        return [f"{told}. Too few answers, or scales that nearly coincide, do that."]
    if fit["cfi"] is None or fits(fit) != "badly":
        return []
    told = f"(CFI {coefficient(fit['cfi'], 3)}, RMSEA {coefficient(fit['rmsea'], 3)})"
    find = "Find out which items measure something besides their scale before you publish"
    return [f"{find}: one factor per scale does not fit {told}."]


def merge(document: Document, titles: Titles) -> list[str]:
    """Report together what HTMT, with its interval where there is one, does not tell apart."""
    if rows := pairs_with_intervals(document):
        by: dict[str, list[str]] = {"not distinct": [], "unclear": [], "distinct": []}
        for row in rows:
            by[row["verdict"]].append(named_pair(row, titles))
        told = (
            ("not distinct", "Report together"),
            ("unclear", "Do not claim a difference between"),
        )
        texts = [(text, by[verdict]) for verdict, text in told]
        return [f"{text} {'; '.join(_some(pairs))}." for text, pairs in texts if pairs]
    same = [pair for pair in ratios(document) if pair[0] >= APART]
    if not same:
        return []
    named = [f"{titles[a]} and {titles[b]} (HTMT {coefficient(value)})" for value, a, b in same]
    return [f"Report together, or say that you cannot tell them apart: {'; '.join(_some(named))}."]


def mend(document: Document, titles: Titles) -> list[str]:
    """Look at an item without which alpha would be higher: its whole gain lies above 0."""
    known = {
        problem["item"] for problem in document["problems"] if problem["code"] == "looks_reversed"
    }
    return [
        f"Read {item} again: without it alpha of {titles[name]} would be higher by {_gain(row)}."
        for name, scale in document["scales"].items()
        for item, row in scale["items"].items()
        if (row.get("alpha_gain_low") or 0) > 0 and item not in known
    ]


def lengthen(document: Document, titles: Titles) -> list[str]:
    """Do not decide on a scale whose interval of alpha lies below .70; how many items would do."""
    told = []
    for name, scale in document["scales"].items():
        if trust_in(scale) != "too imprecise":
            continue
        alpha, k = scale["alpha"], scale["n_items"]
        least, most = (_items_for(k, alpha[end] or 0) for end in ("ci_high", "ci_low"))
        needs = f"{count(least)} to {count(most)}"
        if least is None:
            needs = f"about {count(_items_for(k, alpha['estimate']))}"
        elif most is None:
            needs = f"at least {count(least)}"
        told.append(
            f"Do not decide on {titles[name]} as it is: with items of the same kind it would need "
            f"{needs} for alpha {coefficient(GROUPS)}, and has {count(k)}."
        )
    return told


def widen(document: Document, titles: Titles) -> list[str]:
    """Say what to do where the interval of alpha holds .70."""
    edge = [
        f"{titles[name]} ({span(*(coefficient(scale['alpha'][e]) for e in ('ci_low', 'ci_high')))})"
        for name, scale in document["scales"].items()
        if trust_in(scale) == "cannot be said"
        and scale["alpha"]["ci_low"] is not None
        and scale["alpha"]["ci_low"] < GROUPS
    ]
    if not edge:
        return []
    either = f"alpha may lie on either side of {coefficient(GROUPS)}"
    more = "More answers narrow that interval, more items raise alpha."
    return [f"Build with care on {listed(_some(edge))}: {either}. {more}"]


OF_SCALES: tuple[Rule, ...] = (merge, mend, lengthen, widen, refit, use)
OF_PARTNERS: tuple[Rule, ...] = (early_warnings.heed, follow, rank, distinguish, invite)


def _some(texts: list[str]) -> list[str]:
    """Name as many as can be read and count the rest."""
    return texts if len(texts) <= _MANY else [*texts[:_MANY], f"{len(texts) - _MANY} more"]


def _gain(row: Document) -> str:
    ends = span(coefficient(row["alpha_gain_low"]), coefficient(row["alpha_gain_high"]))
    return f"{coefficient(row['alpha_gain'])} ({ends})"


def _items_for(k: int, alpha: float) -> int | None:
    """Return the items of the same kind that alpha .70 asks for (Spearman-Brown)."""
    if alpha <= 0:
        return None
    return math.ceil(k * GROUPS / (1 - GROUPS) * (1 - alpha) / alpha - 1e-9)
