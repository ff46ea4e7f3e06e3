"""Whether each partner has the raters that a trustworthy mean needs, in sentences.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Mapping

from analysis.report.numbers import coefficient, count, listed, number_of, whole_raters
from analysis.report.ranking import Document
from analysis.report.raters_needed import AIM, between, is_vague

Titles = Mapping[str, str]
_MANY = 6


def enough(document: Document, names: list[str], titles: Titles) -> list[str]:
    """Say on which scales each partner has the raters that a trustworthy mean needs."""
    found = document["aggregation"]
    needed = {name: whole_raters(found[name]["raters_needed_70"]) for name in names}
    sizes = {
        name: [row["n"] for row in document["partners"][name] if row["n"] is not None]
        for name in names
    }
    known = {name: raters for name, raters in needed.items() if raters is not None}
    never = [name for name in names if name not in known]
    doubtful = [name for name in known if _reaches_0(found[name])]
    vague = [name for name in known if name not in doubtful and is_vague(found[name])]
    sure = [name for name in known if name not in (*doubtful, *vague)]
    full = [name for name in sure if all(k >= known[name] for k in sizes[name])]
    short = [name for name in sure if name not in full]
    if len(names) == 1 and vague:
        text = _cannot_tell(found, vague, titles)
        return [f"{text[:1].upper()}{text[1:]}."]
    if len(names) == 1 and sure:
        return [_raters_on(known[names[0]], sizes[names[0]])]
    aim = f"raters for a mean with reliability {coefficient(AIM)}, by the estimates of ICC(1)"
    told = (
        (full, f"each partner shown has enough {aim}"),
        (short, f"some partners have too few {aim}"),
        (vague, _cannot_tell(found, vague, titles)),
        (doubtful, "partners may not differ at all: the interval of ICC(1) reaches 0"),
        (never, "no difference between partners was found"),
    )
    return [f"On {_all_or(some, names, titles)} {text}." for some, text in told if some]


def _cannot_tell(found: Document, names: list[str], titles: Titles) -> str:
    """Say between which numbers of raters the truth lies."""
    each = [f"{titles[name]} {between(found[name])}" for name in names]
    more = [f"{len(each) - _MANY} more"] if len(each) > _MANY else []
    told = between(found[names[0]]) if len(names) == 1 else "; ".join([*each[:_MANY], *more])
    aim = f"how many raters a mean with reliability {coefficient(AIM)} needs"
    return f"these data cannot tell {aim}: {told}"


def _reaches_0(found: Document) -> bool:
    low = found.get("icc1_ci_low")
    return low is not None and low <= 0


def _all_or(some: list[str], names: list[str], titles: Titles) -> str:
    return "every scale" if len(some) == len(names) > 1 else listed(titles[n] for n in some)


def _raters_on(needed: int, sizes: list[int]) -> str:
    n = sum(size >= needed for size in sizes)
    raters = number_of(needed, "rater")
    aim = f"A partner's mean needs {raters} for reliability {coefficient(AIM)}"
    partners = number_of(len(sizes), "partner")
    return f"{aim}; {count(n)} of {partners} {'has' if n == 1 else 'have'} as many."
