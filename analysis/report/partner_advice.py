"""What to do with the partners, in sentences that say no more than the intervals carry.

One rule each, as in `advice`: a function of a document and its titles.
"""

import math

from analysis.report.freed_view import freed_scales
from analysis.report.numbers import (
    coefficient,
    count,
    decimal,
    listed,
    number_of,
    whole_raters,
)
from analysis.report.ranking import ground, in_bands, verdict
from analysis.report.raters_needed import between, is_vague, reach
from analysis.report.sentences import GROUPS, Document, Titles

_MANY = 6


def follow(document: Document, titles: Titles) -> list[str]:
    """Say by which scores partners are judged below, where raters were linked."""
    names = freed_scales(document)
    if not names:
        return []
    whom = "Whom to rank and whom to call different"
    by = "is told by scores freed from the severity of raters"
    alike = [titles[name] for name in document["partners"] if name not in names]
    if not alike:
        return [f"{whom} {by}."]
    freed = listed(titles[name] for name in names)
    return [f"{whom} {by} on {freed}; on {listed(alike)} all raters are taken for alike."]


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
    ends = dict.fromkeys(f"{each:.3g}" for each in (min(within), max(within)))
    limit = f"within ± {' to '.join(ends)} points"
    return [f"These may be called as good as the rest, {limit}: {'; '.join(_some(named))}."]


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


def _some(texts: list[str]) -> list[str]:
    """Name as many as can be read and count the rest."""
    return texts if len(texts) <= _MANY else [*texts[:_MANY], f"{len(texts) - _MANY} more"]


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
