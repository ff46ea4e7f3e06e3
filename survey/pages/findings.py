"""What the numbers of a closed wave allow to be said, in words and tables of one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from survey.pages.compared import digits_of
from survey.pages.raters_needed import ENOUGH_FOR_GROUPS, raters_needed, whole_raters
from survey.pages.voice import NONE, Voice

SAME_THING: Final = 0.90
Document = Mapping[str, Any]
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ready strings; columns whose index is in ``text`` hold words."""

    id: str
    caption: str
    head: tuple[str, ...]
    body: Sequence[tuple[str, ...]]
    text: tuple[int, ...] = (0,)


def order(rows: list[Document], tau2: float | None, voice: Voice) -> str:
    """Say how far the partners can be put in an order on one aspect."""
    ranked = [row for row in rows if row["rank_low"] is not None]
    if len(ranked) < 2:
        return ""
    if tau2 == 0:
        return voice.say(
            "The partners do not differ by more than chance would bring about: do not rank them."
        )
    bands = _bands(ranked)
    if len(bands) == 1:
        return _one_band(ranked, voice)
    listed = " › ".join(", ".join(str(row["partner"]) for row in band) for band in bands)
    if len(bands) == len(ranked):
        return voice.say("The order is clear: %(listed)s.", listed=listed)
    return voice.say(
        "From the highest: %(listed)s. "
        "Partners with no arrow between them cannot be put in an order.",
        listed=listed,
    )


def unpooled(rows: list[Document], shown: str, voice: Voice) -> str:
    """Say why raw means are shown, where they are."""
    if shown != "mean" or all(row["mean"] is None for row in rows):
        return ""
    return voice.say(
        "These are raw means: so few partners do not show how far partners differ in general."
    )


def reliability(document: Document, labels: Labels, voice: Voice) -> Table:
    """Make the table of how precisely each aspect was measured."""
    level = voice.percent(document["settings"]["level"])
    body = [
        (
            labels[name],
            str(scale["n_items"]),
            str(scale["alpha"]["n_used"]),
            *_supported(voice, scale["alpha"]),
            voice.decimal(scale["omega_total"]),
            voice.decimal(scale["mean_interitem_r"]),
            voice.decimal(scale["mean"]),
            voice.decimal(scale["sem"]),
            _verdict(scale, voice),
        )
        for name, scale in document["scales"].items()
    ]
    head = (
        voice.say("Aspect"),
        voice.say("Items"),
        "n",
        voice.say("Alpha"),
        voice.say("%(level)s interval", level=level),
        voice.say("Omega"),
        voice.say("Mean correlation"),
        voice.say("Mean"),
        voice.say("Standard error"),
        voice.say("To compare groups"),
    )
    return Table("reliability", voice.say("Reliability of each aspect"), head, body, (0, 9))


def _supported(voice: Voice, found: Document, start: str = "", *names: str) -> tuple[str, ...]:
    """Write numbers and the interval they share, with the decimals that it supports."""
    low, high = found[f"{start}ci_low"], found[f"{start}ci_high"]
    digits = digits_of(low, high) if low is not None else 2
    values = (voice.decimal(found[name], digits) for name in names or ("estimate",))
    return (*values, voice.span(low, high, digits))


def reliability_sentences(document: Document, labels: Labels, voice: Voice) -> list[str]:
    """Say which aspects are precise enough, in plain words."""
    scales = {name: s for name, s in document["scales"].items() if s["alpha"]["ci_low"] is not None}
    enough = [n for n, s in scales.items() if s["alpha"]["ci_low"] >= ENOUGH_FOR_GROUPS]
    rest = [name for name in scales if name not in enough]
    limit = voice.decimal(ENOUGH_FOR_GROUPS)
    said = []
    if enough:
        said.append(
            voice.count(
                "%(num)d of %(all)d aspects was measured well enough to compare groups: "
                "its whole interval of alpha lies above %(limit)s.",
                "%(num)d of %(all)d aspects were measured well enough to compare groups: "
                "their whole intervals of alpha lie above %(limit)s.",
                len(enough),
                all=len(scales),
                limit=limit,
            )
        )
    if rest:
        listed = ", ".join(labels[name] for name in rest)
        said.append(
            voice.say(
                "Take care with %(listed)s: the interval reaches below %(limit)s.",
                listed=listed,
                limit=limit,
            )
        )
    return said


def aggregation(document: Document, labels: Labels, voice: Voice) -> Table:
    """Make the table of how far answers tell the partners apart."""
    body = [
        (
            labels[name],
            str(found["n"]),
            str(found["n_partners"]),
            *_supported(voice, found, "icc1_", "icc1_reml", "icc1_anova"),
            voice.decimal(found["icc2"]),
            voice.decimal(found["rwg_j_median"]),
            NONE if (raters := whole_raters(found["raters_needed_70"])) is None else str(raters),
        )
        for name, found in document.get("aggregation", {}).items()
    ]
    head = (
        voice.say("Aspect"),
        "n",
        voice.say("Partners"),
        "ICC(1) REML",
        "ICC(1) ANOVA",
        voice.say("%(level)s interval", level=voice.percent(document["settings"]["level"])),
        "ICC(2) ANOVA",
        voice.say("Agreement rwg(j)"),
        voice.say("Raters needed"),
    )
    return Table("aggregation", voice.say("How far the partners differ, by aspect"), head, body)


def aggregation_sentences(document: Document, labels: Labels, voice: Voice) -> list[str]:
    """Say how much of the differences lies between partners, and how many raters that asks."""
    found = {
        name: row
        for name, row in document.get("aggregation", {}).items()
        if row["icc1_reml"] is not None
    }
    if not found:
        return []
    return [_between(found, labels, voice), *raters_needed(found, voice)]


def _between(found: Document, labels: Labels, voice: Voice) -> str:
    """Say how much of the differences between answers lies between partners."""
    low, high = (pick(found, key=lambda name: found[name]["icc1_reml"]) for pick in (min, max))
    least, most = (voice.percent(max(0, found[name]["icc1_reml"])) for name in (low, high))
    if least == most:
        return voice.say(
            "%(high)s of the differences between answers lie between partners; the rest lies "
            "between the people who answered.",
            high=most,
        )
    return voice.say(
        "From %(low)s (%(lowest)s) to %(high)s (%(highest)s) of the differences between "
        "answers lie between partners; the rest lies between the people who answered.",
        low=least,
        lowest=labels[low],
        high=most,
        highest=labels[high],
    )


def distinctness(document: Document, labels: Labels, voice: Voice) -> list[str]:
    """Say which aspects measure the same thing."""
    ratios = document["distinctness"]["htmt"]
    if len(ratios) < 2:
        return []
    same = [
        (ratios[a][b], a, b)
        for a, b in combinations(ratios, 2)
        if ratios[a][b] is not None and ratios[a][b] >= SAME_THING
    ]
    if not same:
        limit = voice.decimal(SAME_THING)
        return [
            voice.say(
                "Every HTMT lies below %(limit)s, from which two aspects cannot be told apart.",
                limit=limit,
            )
        ]
    return [
        voice.say(
            "%(one)s and %(other)s cannot be told apart in these answers (HTMT %(ratio)s): "
            "read them as one.",
            one=labels[a],
            other=labels[b],
            ratio=voice.decimal(ratio),
        )
        for ratio, a, b in sorted(same, reverse=True)
    ]


def _one_band(rows: list[Document], voice: Voice) -> str:
    """Say how many places the partners could hold, as the report does."""
    if len(rows) == 2:
        return voice.say(
            "These data do not show which of the two partners is higher: do not rank them."
        )
    half = max(3, -(-len(rows) // 2))
    wide = sum(high - low + 1 >= half for low, high in map(_places, rows))
    numbers = {"wide": wide, "all": len(rows), "places": half}
    if wide * 3 >= len(rows):
        return voice.say(
            "%(wide)d of %(all)d partners could hold at least %(places)d places: do not rank them.",
            **numbers,
        )
    return voice.say(
        "%(wide)d of %(all)d partners could hold at least %(places)d places: name the ends of "
        "the list, and number no one between them.",
        **numbers,
    )


def _places(row: Document) -> tuple[int, int]:
    """Give the places that a partner may hold, of all partners at once where that is known."""
    low, high = row.get("simultaneous_low"), row.get("simultaneous_high")
    return (row["rank_low"], row["rank_high"]) if low is None or high is None else (low, high)


def _bands(rows: list[Document]) -> list[list[Document]]:
    """Part the partners wherever no set of places reaches across."""
    bands: list[list[Document]] = [[]]
    reach = 0
    for place, row in enumerate(sorted(rows, key=lambda row: -row["shrunken"])):
        if place and reach <= place:
            bands.append([])
        bands[-1].append(row)
        reach = max(reach, _places(row)[1])
    return bands


def _verdict(scale: Document, voice: Voice) -> str:
    low, high = scale["alpha"]["ci_low"], scale["alpha"]["ci_high"]
    if scale["n_items"] == 1:
        return voice.say("one item")
    if low is None:
        return voice.say("not computable")
    if low >= ENOUGH_FOR_GROUPS:
        return voice.say("good enough")
    return voice.say("too imprecise") if high < ENOUGH_FOR_GROUPS else voice.say("uncertain")
