"""Sections of the report on partners: severe raters, composites, two levels, linked waves.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from analysis.report import differences
from analysis.report import partner_tables as tables
from analysis.report.content import Table
from analysis.report.numbers import coefficient, confidence, count, listed, number_of, percent
from analysis.report.part_tables import percents
from analysis.report.sentences import Document, Titles

MOST_ROWS = 40  # partners that a chart draws
_MANY = 5
_SURE = 0.95
Told = tuple[str, str, str, list[str], list[Table]]


def sections(document: Document, titles: Titles) -> Iterator[Told]:
    """Yield id, short name, heading, sentences and tables of each section that there is."""
    yield from differences.sections(document, titles)
    if "raters" in document:
        found = document["raters"]["scales"]
        there = [name for name, scale in found.items() if not scale["reason"]]
        drawn = [tables.severity(document, titles)] if there else []
        drawn += [tables.freed(document, name, titles) for name in there]
        yield "raters", "Raters", "Are some raters more severe?", raters(document, titles), drawn
    if "composite" in document:
        whole = not document["composite"]["reason"]
        drawn = [tables.weights(document, titles), tables.scorecard(document)] if whole else []
        heading = "Who leads on everything together?"
        yield "composite", "Composite", heading, composite(document, titles), drawn
    if "two_level" in document:
        heading = "Do the items tell partners apart, or raters?"
        drawn = [tables.two_level(document, titles)]
        yield "two-level", "Two levels", heading, [_LEVELS], drawn
    if "linked_waves" in document:
        found = document["linked_waves"]
        there = [name for name, scale in found.items() if not scale["reason"]]
        drawn = [tables.linked(document, name, titles) for name in there]
        heading = "What has changed among those who answered twice?"
        yield "linked-waves", "Linked waves", heading, linked(document, titles), drawn


_LEVELS = (
    "Omega within partners says how well the items tell the raters of one partner apart, omega "
    "between partners how well they would tell partners apart if each had raters without number. "
    "How sure a partner's place is on the raters at hand, neither says: see the intervals of the "
    "scores."
)


def raters(document: Document, titles: Titles) -> list[str]:
    """Say how much severity there is, and for whom it matters."""
    found = document["raters"]["scales"]
    reasons: dict[str, list[str]] = {}
    for name, scale in found.items():
        if scale["reason"]:
            reasons.setdefault(scale["reason"], []).append(titles[name])
    told = [
        f"{'' if len(names) == len(found) else f'{listed(names)}: '}{reason}"
        for reason, names in reasons.items()
    ]
    there = [(titles[name], scale) for name, scale in found.items() if not scale["reason"]]
    told += chain.from_iterable(_severity(title, scale) for title, scale in there)
    for title, scale in there:
        places = scale.get("sentences", ())[:2]
        reason = scale.get("places_reason")
        told += [f"{title}, with severity taken out: {text}" for text in places]
        told += (
            [f"{title}: who differs cannot be said with severity taken out. {reason}"]
            if reason
            else []
        )
    same = [title for title, scale in there if _corrected(scale["partners"]) == ([], [])]
    if same:
        told.append(f"On {listed(same)} the correction is for no partner larger than its error.")
    return told


def composite(document: Document, titles: Titles) -> list[str]:
    """Say what the composite is made of, who leads, and what that hangs on."""
    found = document["composite"]
    if found["reason"]:
        return [found["reason"]]
    parts = listed(f"{titles[name]} {percent(share)}" for name, share in found["weights"].items())
    chosen = " Nobody chose the weights: all scales weigh alike." if found["equal"] else ""
    told = [f"The composite weighs {parts}.{chosen}"]
    if found["reliability"] is not None:
        reliability = coefficient(found["reliability"])
        told.append(
            f"Its reliability is {reliability} for one respondent; the table has that of partners."
        )
    return [*told, *_lead(found)]


def linked(document: Document, titles: Titles) -> list[str]:
    """Say how alike the ratings of linked raters are, and who changed."""
    told = []
    level = document["settings"]["level"]
    for name, found in document["linked_waves"].items():
        if found["reason"]:
            told.append(f"{titles[name]}: {found['reason']}")
            continue
        first, last = found["waves"]
        width = f"{percent(found['width'])} as wide as if they were different people"
        told.append(
            f"{titles[name]}: {number_of(found['n_linked'], 'rater')} of a partner are in both "
            f"wave {first} and {last}. Their two ratings correlate "
            f"{coefficient(found['correlation'])}, and the intervals of change are {width}."
        )
        told += _changed(found["rows"], titles[name], level)
    return told


def summary(document: Document) -> list[str]:
    """Return what a reader in a hurry must know: who leads, if a composite was asked for."""
    found = document.get("composite")
    return [] if found is None or found["reason"] else _lead(found)[-1:]


def bars(document: Document) -> list[dict[str, Any]]:
    """Return the partners that lead in some weightings, or may truly, for the chart."""
    rows = [
        row
        for row in document["composite"]["partners"]
        if (row["leads_near"] or 0) > 0.005 or (row["leads_chance"] or 0) > 0.005
    ]
    by = ("leads_near", "leads_chance")
    return sorted(rows, key=lambda row: tuple(-(row[name] or 0) for name in by))[:MOST_ROWS]


def dumbbells(document: Document, name: str) -> list[dict[str, Any]]:
    """Return the partners of a scale for a dumbbell: freed from severity, and not."""
    rows = sorted(document["raters"]["scales"][name]["partners"], key=lambda row: -row["score"])
    return [
        {
            "label": row["partner"],
            "mean_a": row["score"],
            "ci_low_a": row["ci_low"],
            "ci_high_a": row["ci_high"],
            "guess_a": None,
            "mean_b": row["shrunken"],
            "ci_low_b": row["shrunken_ci_low"],
            "ci_high_b": row["shrunken_ci_high"],
            "guess_b": None,
        }
        for row in rows[:MOST_ROWS]
    ]


def _severity(title: str, found: dict[str, Any]) -> list[str]:
    low, high = found["severity_low"], found["severity_high"]
    between = "of the differences between the ratings of one partner"
    if low is None or high is None:
        told = f"{title}: {percent(found['severity'])} {between} come from mild and severe raters."
    elif low < 0.005:
        told = (
            f"{title}: that some raters are more severe than others cannot be told from chance; "
            f"it makes up at most {percent(high)} {between}."
        )
    else:
        share = f"{percent(found['severity'])} (interval {percents(low, high)})"
        told = f"{title}: {share} {between} come from mild and severe raters."
    rows = found["partners"]
    moved = (
        f" Taking severity out moves {count(found['moved'])} of {number_of(len(rows), 'partner')} "
        "to another place; the order is no surer than the intervals."
    )
    return [told + (moved if found["moved"] else ""), *_milder(title, rows)]


def _corrected(rows: list[dict[str, Any]]) -> tuple[list[str], list[str]] | None:
    """Return whose raters are surely milder, and whose more severe; None where not known."""
    if any(row["corrected"] is None for row in rows):
        return None
    mild = [row["partner"] for row in rows if row["corrected"] and row["raters_effect"] > 0]
    severe = [row["partner"] for row in rows if row["corrected"] and row["raters_effect"] < 0]
    return mild, severe


def _milder(title: str, rows: list[dict[str, Any]]) -> list[str]:
    """Say whose raters are surely milder or more severe than raters are on average."""
    mild, severe = _corrected(rows) or ([], [])
    if not mild and not severe:
        return []
    parts = [f"the raters of {_some(mild)} are milder"] if mild else []
    parts += [f"those of {_some(severe)} more severe"] if severe else []
    return [f"{title}: {' and '.join(parts)} than raters are on average, beyond the error of that."]


def _lead(found: dict[str, Any]) -> list[str]:
    """Say who leads, and keep the doubt about weights apart from that about who answered."""
    rows = [row for row in found["partners"] if row["leads_near"] is not None]
    if not rows:
        return []
    first = max(rows, key=lambda row: (row["leads_near"], row["mean"]))
    near, far, every = (percent(first[f"leads_{which}"]) for which in ("near", "far", "every"))
    reach = percent(found["near"]), percent(found["far"])
    plain = (
        f"By plain means {first['partner']} leads in {near} of the weightings within ± {reach[0]}, "
        f"in {far} within ± {reach[1]} and in {every} of all weightings. {_holds(found)}"
    )
    told = [plain]
    known = [row for row in rows if row["leads_chance"] is not None]
    if not known:
        return [*told, "How much of that is chance in who answered is not known."]
    best = max(known, key=lambda row: row["leads_chance"])
    chance = percent(best["leads_chance"])
    told.append(
        f"With the weights as they are {best['partner']} is the likeliest to be truly the highest, "
        f"with a probability of {chance}: that is the doubt about who answered."
    )
    return [*told, _verdict(first, best, reach[0])]


def _verdict(first: dict[str, Any], best: dict[str, Any], reach: str) -> str:
    if best["leads_chance"] < _SURE or first is not best:
        return "On these answers name no winner of the composite."
    if first["leads_near"] < _SURE:
        return f"Who leads the composite hangs on its weights: {first['partner']} by these."
    return (
        f"{first['partner']} leads the composite: neither weights within ± {reach} nor chance in "
        "who answered put that in doubt."
    )


def _holds(found: dict[str, Any]) -> str:
    if found["holds_within"] is None:
        return "No error of the weights changes that."
    off = percent(found["holds_within"])
    return f"It stays first while no weight is off by {off} or more."


def _changed(rows: list[dict[str, Any]], title: str, level: float) -> list[str]:
    """Say who changed, and how many would seem to if nobody had."""
    known = [row for row in rows if row["ci_low"] is not None]
    rose = [row["partner"] for row in known if row["ci_low"] > 0]
    fell = [row["partner"] for row in known if row["ci_high"] < 0]
    if not rose and not fell:
        return [f"{title}: no partner changed by more than chance gives."]
    parts = [f"{_some(rose)} rose"] if rose else []
    parts += [f"{_some(fell)} fell"] if fell else []
    told = f"of {number_of(len(known), 'partner')} {' and '.join(parts)}"
    chance = f"chance alone makes {percent(1 - level)} of unchanged ones seem to"
    return [f"{title}: {told}, judged by the {confidence(level)} interval of each; {chance}."]


def _some(names: list[str]) -> str:
    shown = names[:_MANY] + ([f"{len(names) - _MANY} more"] if len(names) > _MANY else [])
    return listed(shown)
