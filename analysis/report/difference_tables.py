"""Tables of who differs from whom, who is equal, and who may hold which place.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Callable
from typing import Any

from analysis.against_rest import NO_VARIANCE
from analysis.few_raters import few_raters
from analysis.report.content import Table
from analysis.report.numbers import NONE, coefficient, confidence, count, decimal, listed, span
from analysis.report.sentences import Document, Titles

MOST_PAIRS, MOST_ROWS = 30, 60


def omnibus(document: Document, titles: Titles) -> Table | None:
    """Return one row per scale: the tests of «all partners are alike»; None without any."""
    found = {
        name: {test["test"]: test for test in tests["omnibus"]}
        for name, tests in document.get("comparisons", {}).items()
    }
    body = tuple(
        (titles[name], *_welch(tests.get("Welch")), *_kruskal(tests.get("Kruskal-Wallis")))
        for name, tests in found.items()
        if tests
    )
    if not body:
        return None
    head = ("Scale", "Partners", "F (Welch)", "df", "p", "η²")
    more = ("H (Kruskal-Wallis)", "df", "p", "ε²")
    notes = (_SHARES, *untested(document, titles), *liberal(document))
    return Table("omnibus", "Do partners differ at all?", (*head, *more), body, notes=notes)


def liberal(document: Document) -> list[str]:
    """Warn where tests with each partner's own spread have fewer raters than they need."""
    rows = [row for name in document["comparisons"] for row in document["partners"][name]]
    n = [row["n"] for row in rows if None not in (row["n"], row["difference_p"])]
    told = few_raters(min(n)) if n else ""
    return [told] if told else []


def untested(document: Document, titles: Titles) -> list[str]:
    """Say which test of «all partners are alike» there is not, and why; each reason once."""
    by: dict[str, list[str]] = {}
    for name, tests in document.get("comparisons", {}).items():
        for note in tests["notes"]:
            if note.startswith(("No Welch test", "No Kruskal-Wallis test", NO_VARIANCE)):
                by.setdefault(note, []).append(titles[name])
    every = len(document.get("comparisons", {}))
    return [
        note if len(names) == every else f"{listed(names)}: {note}" for note, names in by.items()
    ]


def chances(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner: how likely it is the best, or at either end."""
    rows = [row for row in document["partners"][name] if row["chance_best"] is not None]
    several = any(row["chance_top_three"] is not None for row in rows)
    lowest = {
        row["partner"]: row["probabilities"][-1] for row in document["chances"][name]["partners"]
    }
    body = tuple(
        (
            str(row["partner"]),
            coefficient(row["chance_best"]),
            *((coefficient(row[f"chance_{end}"]) for end in _THREES) if several else ()),
            coefficient(lowest[str(row["partner"])]),
            span(count(row["rank_low"]), count(row["rank_high"])),
        )
        for row in _ends(rows, key=lambda row: (-row["chance_best"], lowest[str(row["partner"])]))
    )
    threes = ("Top three", "Lowest three") if several else ()
    head = ("Partner", "Best", *threes, "Lowest", "Could rank")
    return Table(
        f"chances-{place_of(document, name)}",
        f"{titles[name]}: probability of each place",
        head,
        body,
        notes=_cut(rows),
    )


def against_rest(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner: how far it lies from the others, and what that allows to say."""
    tests = document["comparisons"][name]
    rows = [row for row in document["partners"][name] if row["difference_p"] is not None]
    body = tuple(
        (
            str(row["partner"]),
            count(row["n"]),
            decimal(row["difference"]),
            span(decimal(row["difference_low"]), decimal(row["difference_high"])),
            probability(row["difference_p"]),
            decimal(row["difference_g"]),
            probability(row["difference_equal_p"]),
            _verdict(row["partner"] in tests["differing"], row["partner"] in tests["equal"]),
        )
        for row in _ends(rows, key=lambda row: -row["difference"])
    )
    head = ("Partner", "n", "Less the rest", f"{_level(document)} interval", "p", "g")
    return Table(
        f"rest-{place_of(document, name)}",
        f"{titles[name]}: each partner against the rest",
        (*head, f"p equal ± {tests['within']:.3g}", "So it"),
        body,
        (0, 7),
        ("p is for all partners together (Holm), the interval for one at a time.", *_cut(rows)),
    )


def pairs(document: Document, name: str, titles: Titles) -> Table | None:
    """Return one row per pair of partners, those that differ first; None where there are none."""
    tests = document["comparisons"][name]
    found = tests["pairwise"]
    limit = 1 - document["settings"]["level"] + 1e-12
    rows = sorted(found["rows"], key=lambda row: _open(row, limit))
    if not rows:
        return None
    body = tuple(
        (
            f"{row['first']} – {row['second']}",
            decimal(row["difference"]),
            span(decimal(row["ci_low"]), decimal(row["ci_high"])),
            probability(row["p"]),
            decimal(row["hedges_g"]),
            probability(row["p_equal"]),
            _verdict(row["p"] <= limit, (row["p_equal"] or 0) <= limit, "They"),
        )
        for row in rows[:MOST_PAIRS]
    )
    left = len(rows) - len(body)
    notes = (
        [f"{count(left)} more pairs, of which less is known: the JSON has them."] if left else []
    )
    if found["left_out"]:
        notes.append(f"Left out, without raters who differ: {count(found['left_out'])}.")
    head = ("Pair", "Difference", f"{_level(document)} interval", "p", "g")
    return Table(
        f"pairs-{place_of(document, name)}",
        f"{titles[name]}: partners two by two (Games-Howell)",
        (*head, f"p equal ± {tests['within']:.3g}", "So they"),
        body,
        (0, 6),
        ("Intervals and p are for all pairs together.", *notes),
    )


def guesses(document: Document, name: str, titles: Titles) -> Table:
    """Return one row per partner, by name: what the other side is thought to think of it."""
    body = tuple(
        (
            str(row["partner"]),
            count(row["n"]),
            decimal(row["mean"]),
            row["suppressed_reason"] or span(decimal(row["ci_low"]), decimal(row["ci_high"])),
        )
        for row in document["guesses"][name]
    )
    head = ("Partner", "n", "Mean guess", f"{_level(document)} interval")
    return Table(f"guesses-{place_of(document, name)}", titles[name], head, body)


def probability(p: float | None) -> str:
    """Write a p value with three decimals, never as 0.

    Examples
    --------
    >>> probability(0.0004), probability(0.0312), probability(None)
    ('<.001', '.031', '–')
    """
    if p is None:
        return NONE
    return "<.001" if p < 0.001 else coefficient(p, 3)


_SHARES = (
    "η² and ε² are shares of the differences between answers that lie between partners, as they "
    "are in these data; chance alone makes them larger than 0."
)
_THREES = ("top_three", "lowest_three")


def _ends(rows: list[Document], key: Callable[[Document], Any]) -> list[Document]:
    """Sort rows, and leave the middle of many out."""
    found = sorted(rows, key=key)
    half = MOST_ROWS // 2
    return found if len(found) <= MOST_ROWS else [*found[:half], *found[-half:]]


def _cut(rows: list[Document]) -> tuple[str, ...]:
    """Say that the middle is left out, where it is."""
    left = len(rows) - MOST_ROWS
    return (f"{count(left)} partners between are left out: the JSON has them.",) if left > 0 else ()


def _verdict(differs: bool, equal: bool, who: str = "It") -> str:  # noqa: FBT001 - two answers
    if differs and equal:
        return "differs, but by little" if who == "It" else "differ, but by little"
    if differs:
        return "differs" if who == "It" else "differ"
    if equal:
        return "is as good as equal" if who == "It" else "are as good as equal"
    return "may or may not"


def _open(row: dict[str, Any], limit: float) -> tuple[int, float]:
    """Sort pairs: those that differ, those that are equal, those of which nothing is known."""
    if row["p"] <= limit:
        return 0, -abs(row["difference"])
    if (row["p_equal"] or 0) <= limit:
        return 1, abs(row["difference"])
    return 2, row["p"]


def _welch(test: Document | None) -> tuple[str, ...]:
    if test is None:
        return (NONE,) * 5
    df = f"{count(int(test['df1']))}; {decimal(test['df2'], 1)}"
    f, effect = decimal(test["statistic"]), coefficient(test["effect"])
    return count(test["n_partners"]), f, df, probability(test["p"]), effect


def _kruskal(test: Document | None) -> tuple[str, ...]:
    if test is None:
        return (NONE,) * 4
    h, effect = decimal(test["statistic"]), coefficient(test["effect"])
    return h, count(int(test["df1"])), probability(test["p"]), effect


def _level(document: Document) -> str:
    return confidence(document["settings"]["level"])


def place_of(document: Document, name: str) -> int:
    """Count scales, since the name of one need not be fit for an identifier of a page."""
    return list(document["scales"]).index(name) + 1
