"""Each partner at a glance: its scores on all scales as petals, and the table of them.

Reads the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.report import content
from analysis.report.content import Table
from analysis.report.numbers import Shown, behind, confidence, count, decimal, number_of, span
from analysis.report.sentences import Document, Titles

MOST_FLOWERS = 24


@dataclass(frozen=True, slots=True)
class Flower:
    """One partner: its scores on all scales as a petal chart."""

    id: str
    partner: str
    description: str
    aspects: list[dict[str, Any]]


@dataclass(frozen=True)
class Garden:
    """The petal charts of a document."""

    document: Document
    titles: Titles

    @cached_property
    def flowers(self) -> list[Flower]:
        """Return one petal chart per partner, if three scales or more and not too many."""
        partners = self._partners()
        if len(self.document.get("partners", {})) < 3 or len(partners) > MOST_FLOWERS:
            return []
        flowers = [self._flower(i, partner) for i, partner in enumerate(partners)]
        return [f for f in flowers if any(a["score"] is not None for a in f.aspects)]

    @property
    def common_range(self) -> tuple[float, float]:
        """Return the range of all scales; 0 to 1 if they differ, so that no ring is a point."""
        ranges = {(s["low"], s["high"]) for s in self.document["scales"].values()}
        return ranges.pop() if len(ranges) == 1 else (0, 1)

    @property
    def flowerless(self) -> str | None:
        """Return how many partners have no petal chart among those that are drawn."""
        missing = len(self._partners()) - len(self.flowers)
        if not missing:
            return None
        return f"{number_of(missing, 'partner')} without any score cannot be drawn."

    @property
    def no_flowers(self) -> str | None:
        """Return why there are no petal charts, if one would expect them."""
        partners = len(self._partners())
        if len(self.document.get("partners", {})) < 3 or partners <= MOST_FLOWERS:
            return None
        return (
            f"Petal charts are drawn for up to {MOST_FLOWERS} partners; "
            f"these {count(partners)} are in the tables above."
        )

    @property
    def flower_table(self) -> Table:
        """Return the numbers of all petal charts."""
        head = ("Partner", *(self.titles[name] for name in self.document["partners"]))
        body = tuple(
            (flower.partner, *(_cell(aspect) for aspect in flower.aspects))
            for flower in self.flowers
        )
        level = confidence(self.document["settings"]["level"])
        caption = f"Scores in the petal charts, with their {level} intervals"
        return Table("petals", caption, head, body)

    def _partners(self) -> list[str]:
        rows = (row for rows in self.document.get("partners", {}).values() for row in rows)
        return list(dict.fromkeys(str(row["partner"]) for row in rows))

    def _flower(self, place: int, partner: str) -> Flower:
        aspects = [self._aspect(name, partner) for name in self.document["partners"]]
        known = [a for a in aspects if a["score"] is not None]
        text = "; ".join(f"{a['label']} {decimal(a['score'], 1)}" for a in known)
        return Flower(f"flower-{place + 1}", partner, f"{text}.", aspects)

    def _aspect(self, name: str, partner: str) -> dict[str, Any]:
        rows = self.document["partners"][name]
        row = next((row for row in rows if str(row["partner"]) == partner), None)
        scale, key = self.document["scales"][name], self.document["pooling"][name]["shown"]
        aspect = {"label": self.titles[name], "low": scale["low"], "high": scale["high"]}
        if row is None or row[key] is None:
            reason = "no answers" if row is None else row["suppressed_reason"]
            empty = dict.fromkeys(("n", "score", "ci_low", "ci_high"))
            return {**aspect, **empty, "suppressed_reason": reason, "digits": 1}
        low, high = content.interval_of(row, key)
        numbers = {"n": row["n"], "score": row[key], "ci_low": low, "ci_high": high}
        digits = content.partner_digits(rows, key)
        return {**aspect, **numbers, "suppressed_reason": None, "digits": digits}


def _cell(aspect: Mapping[str, Any]) -> str:
    if aspect["score"] is None:
        return aspect["suppressed_reason"] or decimal(None)
    score, low, high = (
        decimal(aspect[k], aspect["digits"]) for k in ("score", "ci_low", "ci_high")
    )
    return Shown(f"{score} ({span(low, high)})", *behind(score), *behind(low), *behind(high))
