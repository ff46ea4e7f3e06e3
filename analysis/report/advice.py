"""What to do, in sentences that say no more than the intervals carry; one rule each.

All read the dictionary of `Assessment.to_dict()`. A rule is a function of a document and its
titles; it returns its sentences, none where it does not apply.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from analysis.report import early_warnings
from analysis.report.factors import fits
from analysis.report.freed_view import as_freed, freed_scales
from analysis.report.numbers import (
    coefficient,
    count,
    decimal,
    listed,
    number_of,
    span,
    whole_raters,
)
from analysis.report.raters_needed import between, is_vague, reach
from analysis.report.ranking import ground, in_bands, verdict
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
    """Look at the items before publishing where one factor per scale does not fit."""
    fit = document["factors"]["fit"]
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
        if trust_in(scale) == "cannot be said" and scale["alpha"]["ci_low"] is not None
    ]
    if not edge:
        return []
    either = f"alpha may lie on either side of {coefficient(GROUPS)}"
    more = "More answers narrow that interval, more items raise alpha."
    return [f"Build with care on {listed(_some(edge))}: {either}. {more}"]


def follow(document: Document, titles: Titles) -> list[str]:
    """Say by which scores partners are judged below, where raters were linked."""
    names = freed_scales(document)
    if not names:
        return []
    by = "is by scores freed from the severity of raters"
    alike = [titles[name] for name in document["partners"] if name not in names]
    if not alike:
        return [f"What follows {by}."]
    freed = listed(titles[name] for name in names)
    return [f"What follows {by} on {freed}; on {listed(alike)} it takes all raters for alike."]


def rank(document: Document, titles: Titles) -> list[str]:
    """Say on which scales the partners may be put in an order, and how far."""
    by: dict[str, list[str]] = {}
    for name in document["partners"]:
        by.setdefault(verdict(document, name), []).append(name)
    told = []
    if no := [name for kind in ("none", "no") for name in by.get(kind, ())]:
        told.append(f"Do not rank the partners on {_with_ground(document, no, titles)}.")
    if ends := by.get("ends"):
        told.append(
            f"Name the ends of the list, and number no one between them, on "
            f"{_with_ground(document, ends, titles)}."
        )
    told += [in_bands(document, name, titles[name]) for name in by.get("bands", ())]
    if clear := by.get("clear"):
        told.append(f"The order may be told on {listed(titles[name] for name in clear)}.")
    return told


def distinguish(document: Document, titles: Titles) -> list[str]:
    """Say who may be called different from the rest, and of whom that must not be said."""
    found: dict[str, list[str]] = {}
    tested: set[str] = set()
    for name, rows in document["partners"].items():
        known = [row for row in rows if row["difference_p"] is not None]
        tested |= {str(row["partner"]) for row in known}
        for row in known:
            if str(row["partner"]) in document["comparisons"][name]["differing"]:
                sign = "+" if row["difference"] > 0 else ""
                what = f"{titles[name]} " if len(document["partners"]) > 1 else ""
                where = f"{what}{sign}{decimal(row['difference'])}"
                found.setdefault(str(row["partner"]), []).append(where)
    if len(tested) < 3:
        return []
    if not found:
        none = f"Call none of the {count(len(tested))} partners different from the rest."
        return [none, *_as_good(document, _alike(document, titles))]
    named = _some([f"{partner} ({', '.join(where)})" for partner, where in found.items()])
    told = [f"These may be called different from the rest: {'; '.join(named)}."]
    alike = _alike(document, titles)
    told += _as_good(document, alike)
    if rest := len(tested - found.keys() - alike.keys()):
        others = "the other partner" if rest == 1 else f"the other {count(rest)} partners"
        told.append(f"Of {others} say neither that they differ nor that they are alike.")
    return told


def _alike(document: Document, titles: Titles) -> dict[str, list[str]]:
    """Return the partners that are as good as equal to the rest, each with the scales."""
    found: dict[str, list[str]] = {}
    for name, tests in document["comparisons"].items():
        for partner in tests.get("equal", ()):
            found.setdefault(partner, []).append(titles[name])
    return found


def _as_good(document: Document, alike: dict[str, list[str]]) -> list[str]:
    """Say who may be called as good as the rest, and how large a difference that leaves."""
    if not alike:
        return []
    within = {tests["within"] for tests in document["comparisons"].values() if tests.get("equal")}
    several = len(document["comparisons"]) > 1
    named = [f"{who} ({', '.join(of)})" if several else who for who, of in alike.items()]
    reach_ = span(*(f"{each:.3g}" for each in (min(within), max(within))))
    limit = f"{min(within):.3g}" if len(within) == 1 else reach_
    return [f"These may be called as good as the rest, within ± {limit} points: {'; '.join(_some(named))}."]


def invite(document: Document, titles: Titles) -> list[str]:
    """Say how many raters a mean of reliability .70 asks for, if the data tell it."""
    known, vague, unknown = [], [], []
    for name, found in document["aggregation"].items():
        needed, low = whole_raters(found["raters_needed_70"]), found["icc1_ci_low"]
        if low is None:
            continue
        lacking = {
            str(row["partner"]): (needed or math.inf) - row["n"]
            for row in document["partners"][name]
            if row["n"] is not None and row["n"] < (needed or math.inf)
        }
        if needed is None or (low <= 0 and lacking):
            unknown.append(f"{titles[name]} ({_fewest(found)})")
        elif lacking and is_vague(found):
            vague.append(f"{titles[name]} ({between(found)})")
        elif lacking:
            known.append((needed, f"{_asked(titles[name], needed, found)} {_short(lacking)}."))
    told = [text for _, text in sorted(known, reverse=True)][:_MANY]
    if more := len(known) - len(told):
        told.append(f"{number_of(more, 'more scale')} need more raters: see the table above.")
    if vague:
        told.append(
            f"How many raters of each partner a mean with reliability {coefficient(GROUPS)} needs "
            f"these data cannot tell on {listed(_some(vague))}. Ask as many as you can, and look "
            "at this number again when more have answered."
        )
    if unknown:
        told.append(
            f"How many raters a mean with reliability {coefficient(GROUPS)} needs the data do not "
            f"tell on {listed(_some(unknown))}: there the partners may not differ at all."
        )
    return told


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


def _with_ground(document: Document, names: list[str], titles: Titles) -> str:
    """Name scales with the ground of a verdict; those with the same ground together."""
    by: dict[str, list[str]] = {}
    for name in names:
        by.setdefault(ground(document, name), []).append(titles[name])
    return "; on ".join(_some([f"{listed(each)} ({told})" for told, each in by.items()]))


def _asked(title: str, needed: int, found: Document) -> str:
    fewest, most = reach(found)
    aim = f"for a mean with reliability {coefficient(GROUPS)}"
    by = f"{count(fewest)} to {count(most)} by the interval of ICC(1)"
    return f"Ask {number_of(needed, 'rater')} of each partner on {title} {aim} ({by}):"


def _fewest(found: Document) -> str:
    fewest, _ = reach(found)
    return "no number" if fewest is None else f"{count(fewest)} or more"


def _short(lacking: dict[str, int]) -> str:
    """Say who lacks how many raters."""
    if len(lacking) <= _MANY:
        return f"{listed(f'{partner} lacks {count(n)}' for partner, n in lacking.items())}"
    few, many = min(lacking.values()), max(lacking.values())
    each = count(few) if few == many else f"{count(few)} to {count(many)}"
    return f"{number_of(len(lacking), 'partner')} lack {each}"
