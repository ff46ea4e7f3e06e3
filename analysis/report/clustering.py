"""What the report says of rows that belong together, such as the raters of one partner.

All read the dictionary of `Assessment.to_dict()`.
"""

import math

from analysis.clusters import ENOUGH
from analysis.report.numbers import decimal, number_of
from analysis.report.sentences import Document, Titles

_NOTABLE = 1.1  # times that an interval grows, from which it is worth a name


def clustered(document: Document, titles: Titles) -> list[str]:
    """Say whether intervals of scales allow for rows that belong together, and what it changes."""
    found = {
        name: scale["clustering"]
        for name, scale in document["scales"].items()
        if scale["clustering"]
    }
    if not found:
        return []
    column = next(iter(found.values()))["column"]
    most = max(row["n_clusters"] for row in found.values())
    noun = "partner" if column == document["settings"]["partner"] else "cluster"
    of_one = "one partner" if column == document["settings"]["partner"] else f"one «{column}»"
    grows = _grows(found)
    if document["settings"]["cluster"] is not None:
        told = f"Intervals of scales allow for raters of {of_one} answering alike"
        many = f"{told} ({number_of(most, noun)})"
        if grows is None:
            return [f"{many}."]
        name, times = grows
        without = f"without that, the interval of alpha of {titles[name]} would be about"
        return [f"{many}; {without} {decimal(times, 1)} times too narrow."]
    why = "there are too few to allow for more" if most < ENOUGH else "no allowance was asked for"
    told = (
        f"Intervals of scales take raters of {of_one} as independent: with "
        f"{number_of(most, noun)} {why}"
    )
    if grows is None:
        return [f"{told}, and alpha shows no sign that it matters here."]
    name, times = grows
    effect = decimal(found[name]["design_effect"], 1)
    so = f"By the design effect, {effect} for {titles[name]}, that of its alpha may be about"
    return [f"{told}. {so} {decimal(times, 1)} times too narrow."]


def _grows(found: dict[str, Document]) -> tuple[str, float] | None:
    """Return the scale whose interval grows most, and how many times; None if none does."""
    effects = [(row["design_effect"], name) for name, row in found.items() if row["design_effect"]]
    effect, name = max(effects, default=(1.0, ""))
    times = math.sqrt(max(effect, 0.0))
    return (name, times) if times >= _NOTABLE else None
