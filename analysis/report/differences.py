"""Sections of the report on which partners differ, which are equal, and who is likely the best.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterator
from typing import Any

from analysis.report import difference_tables as tables
from analysis.report.content import Table
from analysis.report.freed_view import freed_scales
from analysis.report.numbers import confidence, count, listed, number_of
from analysis.report.sentences import Document, Titles

MOST_ROWS = 40  # partners that a chart draws
_MANY = 4
Told = tuple[str, str, str, list[str], list[Table]]
Drawn = tuple[str, str, str, str, list[dict[str, Any]], float, float]


def sections(document: Document, titles: Titles) -> Iterator[Told]:
    """Yield id, short name, heading, sentences and tables of each section that there is."""
    placed = _placed(document)
    if placed:
        drawn = [tables.chances(document, name, titles) for name in placed]
        heading = "Who is likely the best?"
        yield "chances", "Best?", heading, likely(document, titles), drawn
    tested = _tested(document)
    if tested:
        both = (
            (tables.pairs(document, n, titles), tables.against_rest(document, n, titles))
            for n in tested
        )
        drawn = [table for each in both for table in each if table is not None]
        heading = "Which partners differ, and which are equal?"
        yield "differences", "Differences", heading, differ(document, titles), drawn
    if "guesses" in document and "two_sides" not in document:
        drawn = [tables.guesses(document, name, titles) for name in document["guesses"]]
        heading = "What is the other side thought to think?"
        yield "guesses", "Guesses", heading, [_GUESSES], drawn


def alike(document: Document, titles: Titles) -> list[str]:
    """Say on which scales partners differ beyond chance at all."""
    found = {
        name: next((test["p"] for test in tests["omnibus"] if test["test"] == "Welch"), None)
        for name, tests in document.get("comparisons", {}).items()
    }
    known = {name: p for name, p in found.items() if p is not None}
    if not known:
        return []
    limit = 1 - document["settings"]["level"]
    some = [titles[name] for name, p in known.items() if p <= limit]
    if not some:
        return ["Taken all together, partners do not differ beyond chance (Welch's test)."]
    each = "" if len(known) == 1 else ", each scale for itself"
    where = "" if len(known) == 1 else f" on {_all_or(some, len(known))}"
    return [f"Taken all together, partners differ beyond chance{where} (Welch's test{each})."]


def likely(document: Document, titles: Titles) -> list[str]:
    """Say how probabilities of places are to be read, and who is likely the best and the lowest."""
    told = [_CHANCES]
    freed = freed_scales(document)
    for name in _placed(document):
        told += [f"{titles[name]}: {text}" for text in document["chances"][name]["sentences"]]
        if name in freed:
            of = document["raters"]["scales"][name]["sentences"]
            told += [f"{titles[name]}, freed from the severity of raters: {t}" for t in of[3:4]]
    return told


def differ(document: Document, titles: Titles) -> list[str]:
    """Say which pairs differ and which are equal, and how the bars are to be read."""
    level = document["settings"]["level"]
    told = [_within(document)]
    reasons: dict[str, list[str]] = {}
    for name in _tested(document):
        found = document["comparisons"][name]["pairwise"]
        if found["reason"]:
            reasons.setdefault(found["reason"], []).append(titles[name])
        else:
            told.append(f"{titles[name]}: {_two_by_two(document, name)}")
    if any(document["comparisons"][name]["pairwise"]["rows"] for name in _tested(document)):
        told += tables.liberal(document)
    several = len(_tested(document)) > 1
    told += [
        f"{listed(names)}: {reason}" if several else reason for reason, names in reasons.items()
    ]
    if bars(document, titles):
        told.append(_BARS.format(level=confidence(level), rest=confidence(1 - level)))
    return told


def bars(document: Document, titles: Titles) -> list[Drawn]:
    """Return the comparison bars of each scale, for a chart."""
    found = []
    for name in _tested(document):
        scale, place = document["scales"][name], tables.place_of(document, name)
        rows = [
            {
                "partner": str(row["partner"]),
                "n": row["n"],
                "mean": row["mean"],
                "ci_low": row["bar_low"],
                "ci_high": row["bar_high"],
                "suppressed_reason": row["suppressed_reason"],
            }
            for row in document["partners"][name]
            if row["bar_low"] is not None
        ]
        if len(rows) > 1:
            title = f"{titles[name]}: bars to compare two partners"
            told = f"{number_of(len(rows), 'partner')}. The tables below say which differ."
            found.append((f"bars-{place}", titles[name], title, told, rows, *_ends(scale)))
    return found


def rings(document: Document, titles: Titles) -> list[Drawn]:
    """Return the probabilities of the top of each scale, for a chart of bars and rings."""
    found = []
    for name in _placed(document):
        place = tables.place_of(document, name)
        rows = [
            {
                "partner": str(row["partner"]),
                "leads_near": row["chance_best" if row[_TOP] is None else _TOP],
                "leads_chance": None if row[_TOP] is None else row["chance_best"],
            }
            for row in document["partners"][name]
            if row["chance_best"] is not None
        ]
        rows = [row for row in rows if row["leads_near"] >= _SHOWN]
        rows.sort(key=lambda row: (-(row["leads_chance"] or 0), -row["leads_near"]))
        title = f"{titles[name]}: who is likely at the top"
        told = f"{document['chances'][name]['sentences'][0]} The table below has every number."
        found.append((f"tops-{place}", titles[name], title, told, rows[:MOST_ROWS], 0.0, 1.0))
    return found


_GUESSES = (
    "These are guesses of the other side's view. They say nothing of how good a partner is, so "
    "nobody is ranked by them; beside the other side's own answers they tell who knows whom."
)
_SHOWN = 0.005  # a bar that rounds to 0 % is not drawn
_TOP = "chance_top_three"
_CHANCES = (
    "Probabilities of true places, given what these answers say: of a hundred partners called the "
    "best with probability .50, some fifty would be. Most partners of a long list have a small "
    "one; that says little of them, and much of how little these data know."
)
_BARS = (
    "The bars are for two partners that you had in mind beforehand: where their bars do not "
    "overlap, they differ at the {level} level; where they do, these data do not tell them apart. "
    "They are no intervals of the means, which are wider. Of all pairs looked at together, {rest} "
    "of equal ones part by chance: for those the tables are right."
)


_RANK_SETS = (
    " By the rank sets {apart} can be told apart: those take raters to vary alike at all partners, "
    "here each partner has a spread of its own."
)


def _placed(document: Document) -> list[str]:
    found = document.get("chances", {})
    return [name for name, part in found.items() if len(part["partners"]) > 1]


def _tested(document: Document) -> list[str]:
    """Return the scales on which each partner is compared with the rest, of documents that say."""
    return [
        name
        for name, tests in document.get("comparisons", {}).items()
        if "pairwise" in tests
        and sum(row["difference_p"] is not None for row in document["partners"][name]) > 1
    ]


def _within(document: Document) -> str:
    """Say from which difference on partners count as different, and why from there."""
    chosen = document["settings"].get("equal_within")
    each = {f"{document['comparisons'][name]['within']:.3g}" for name in _tested(document)}
    points = f"± {each.pop()} points" if len(each) == 1 else "a sixteenth of the range of a scale"
    if chosen is not None:
        why = "as you chose"
    else:
        why = (
            "a sixteenth of the range: on five points as much as if every fourth rater had "
            "answered one step higher"
        )
    return (
        "No proof of a difference is no proof of equality. Equal means here: surely less than "
        f"{points} apart ({why})."
    )


def _two_by_two(document: Document, name: str) -> str:
    """Say how many pairs differ and how many are equal, and name a few."""
    found = document["comparisons"][name]["pairwise"]
    limit = 1 - document["settings"]["level"] + 1e-12
    rows, differing, equal = len(found["rows"]), found["differing"], found["equal"]
    sure = [row for row in found["rows"] if row["p"] <= limit]
    sure.sort(key=lambda row: -abs(row["difference"]))
    named = [_higher(row) for row in sure[:_MANY]]
    more = [f"{count(len(sure) - _MANY)} more"] if len(sure) > _MANY else []
    which = f" ({'; '.join([*named, *more])})" if named else ""
    share = f"of {number_of(rows, 'pair')} {count(differing)} surely {_verb(differing)}{which}"
    same = f"{count(equal)} {'is' if equal == 1 else 'are'} as good as equal"
    both = sum(row["p"] <= limit and (row["p_equal"] or 0) <= limit for row in found["rows"])
    open_ = rows - differing - equal + both
    left = f" Of the other {count(open_)} neither can be said." if open_ else ""
    apart = document["comparisons"][name]["pairs_apart"]
    other = "" if apart in (None, differing) else _RANK_SETS.format(apart=count(apart))
    return f"{share}, {same}.{left}{other}"


def _verb(n: int) -> str:
    return "differs" if n == 1 else "differ"


def _higher(row: dict[str, Any]) -> str:
    above, below = ("first", "second") if row["difference"] > 0 else ("second", "first")
    return f"{row[above]} above {row[below]}"


def _ends(scale: Document) -> tuple[float, float]:
    return scale["low"], scale["high"]


def _all_or(names: list[str], total: int) -> str:
    return "every scale" if len(names) == total else listed(names)
