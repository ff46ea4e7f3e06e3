"""What the report draws of the parts on request: sections, and the rows of each chart."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from analysis.report import (
    differences,
    dyads,
    early_warnings,
    part_sentences,
    part_tables,
    partner_evidence,
)
from analysis.report.content import Table
from analysis.report.numbers import confidence, decimal, number_of, percent
from analysis.report.sentences import Document, Titles

MOST_CHARTS = 12


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report: where it is, what it says, and its tables."""

    id: str
    short: str
    heading: str
    sentences: list[str]
    tables: list[Table]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its rows or points, its range, and its words."""

    id: str
    heading: str
    title: str
    description: str
    rows: list[dict[str, Any]]
    low: float = 0.0
    high: float = 1.0
    centre: float = 0.0


class Parts:
    """The parts on request that a document has."""

    def __init__(self, document: Document, titles: Titles) -> None:
        self.document = document
        self.titles = titles

    @property
    def summary(self) -> list[str]:
        """Return what comes first in the report."""
        of_partners = partner_evidence.summary(self.document)
        return [*part_sentences.summary(self.document, self.titles), *of_partners]

    @cached_property
    def sections(self) -> list[Section]:
        """Return the sections, in the order in which a reader needs them."""
        return [*self._sections()]

    @cached_property
    def dumbbells(self) -> list[Chart]:
        """Return a dumbbell per partner, if there are not too many."""
        found = self.document["two_sides"]["scales"]
        names = list(dict.fromkeys(r["partner"] for s in found.values() for r in s["partners"]))
        charts = [self._dumbbell(place, name) for place, name in enumerate(names, start=1)]
        return [chart for chart in charts if chart.rows][:MOST_CHARTS]

    @property
    def guessed(self) -> bool:
        """Say whether any side guessed the other's view."""
        return any(
            row[guess] is not None
            for chart in self.dumbbells
            for row in chart.rows
            for guess in ("guess_a", "guess_b")
        )

    @cached_property
    def charts(self) -> list[Chart]:
        """Return the control charts with a wave outside, as many as can be looked at."""
        found = [
            (name, chart)
            for name, scale in self.document["waves"]["scales"].items()
            for chart in scale["charts"]
            if any(point["outside"] for point in chart["points"])
        ]
        return [self._chart(i, *each) for i, each in enumerate(found[:MOST_CHARTS], start=1)]

    @cached_property
    def matrix(self) -> Chart | None:
        """Return the priority matrix of the drivers."""
        found = self.document["drivers"]
        if found["reason"]:
            return None
        rows = sorted(found["rows"], key=lambda row: -row["share"])
        told = ", ".join(f"{i} {self.titles[row['driver']]}" for i, row in enumerate(rows, start=1))
        return Chart(
            id="priorities",
            heading="",
            title="Importance and performance",
            description=f"{told}. The table below has every number.",
            rows=[self._point(place, row) for place, row in enumerate(rows, start=1)],
        )

    @property
    def leads(self) -> Chart | None:
        """Return how often each partner leads the composite."""
        rows = partner_evidence.bars(self.document)
        if not rows:
            return None
        first = rows[0]
        told = f"{first['partner']} leads in {percent(first['leads_near'])} of the weightings."
        described = f"{told} The table below has every number."
        return Chart("composite-leads", "", "Who leads the composite", described, rows)

    @property
    def freed(self) -> list[Chart]:
        """Return a dumbbell of partners per scale: freed from severity, and not."""
        found = self.document["raters"]["scales"]
        there = [name for name, scale in found.items() if not scale["reason"]]
        return [self._freed(place, name) for place, name in enumerate(there, start=1)]

    @property
    def tops(self) -> list[Chart]:
        """Return per scale who is likely the best, and in the top three."""
        return [Chart(*drawn) for drawn in differences.rings(self.document, self.titles)]

    @property
    def bars(self) -> list[Chart]:
        """Return the comparison bars of each scale."""
        return [Chart(*drawn) for drawn in differences.bars(self.document, self.titles)]

    @property
    def words(self) -> dict[str, str]:
        """Return the words of the charts."""
        level = confidence(self.document["settings"]["level"])
        first, second = self.document.get("two_sides", {}).get("sides", ("", ""))
        return {
            "decimal": ".",
            "low_end": "lowest",
            "high_end": "highest",
            "interval": f"{level} interval",
            "side_a": first,
            "side_b": second,
            "guess": f"guess of the other side: above the line by {first}, below by {second}",
            "score": "Mean of a wave",
            "limits": "where chance leaves a wave if nothing has changed",
            "outside": "outside its limits",
            "across": "Mean score, lowest to highest answer →",
            "upwards": "↑ Share of what all explain",
            "leads": "leads in so many of the weightings within ±\u00a020\u00a0%",
            "truly": "probability to be truly the highest, with the weights as they are",
            "top": "probability to be in the top three",
            "first": "probability to be the best",
            "bar": "comparison bar round the mean",
            "n": "n",
            "between": "{count} more partners: see the tables",
            "freed": "freed from severity",
            "alike": "raters taken for alike",
        }

    def _sections(self) -> Iterator[Section]:
        document, titles = self.document, self.titles
        for section in partner_evidence.sections(document, titles):
            yield Section(*section)
        if "warnings" in document:
            told = early_warnings.sentences(document, titles)
            tables = [early_warnings.table(document, titles)] if document["warnings"] else []
            yield Section("warnings", "Warnings", "Is trouble coming?", told, tables)
        if "two_sides" in document:
            told = part_sentences.two_sides(document, titles)
            tables = [
                part_tables.two_sides(document, name, titles)
                for name in document["two_sides"]["scales"]
            ]
            told_of, more = dyads.alike(document, titles)
            heading = "Do both sides see it the same way?"
            yield Section("two-sides", "Two sides", heading, told + told_of, tables + more)
        if "dyads" in document:
            heading = "Does one side's judgement go with the other side's view?"
            yield Section("dyads", "Pairs", heading, *dyads.pairs(document, titles))
        if "waves" in document:
            told = part_sentences.waves(document, titles)
            both = [
                (
                    part_tables.waves(document, name, titles),
                    part_tables.gaps(document, name, titles),
                )
                for name in document["waves"]["scales"]
            ]
            every = [part_tables.outside(document, titles), *chain.from_iterable(both)]
            tables = [table for table in every if table is not None]
            yield Section("waves", "Waves", "What has changed?", told, tables)
        if "drivers" in document:
            told = part_sentences.drivers(document, titles)
            there = not document["drivers"]["reason"]
            tables = [part_tables.drivers(document, titles)] if there else []
            yield Section("drivers", "Drivers", "What matters most?", told, tables)
        if "quality" in document:
            told = part_sentences.quality(document, titles)
            yield Section(
                "quality", "Care", "Were the answers given with care?", told, self._care()
            )

    def _care(self) -> list[Table]:
        found = self.document["quality"]
        tables = [part_tables.flags(self.document)] if found["flags"] else []
        if found["without_flagged"]["rows"]:
            tables.append(part_tables.without_flagged(self.document, self.titles))
        return tables

    def _dumbbell(self, place: int, partner: str) -> Chart:
        found = self.document["two_sides"]["scales"]
        scales = self.document["scales"]
        low = min(scales[name]["low"] for name in found)
        high = max(scales[name]["high"] for name in found)
        rows = [
            {**row, "label": self.titles[name]}
            for name, scale in found.items()
            for row in scale["partners"]
            if row["partner"] == partner and not row["suppressed_reason"]
        ]
        apart = sum(row["agreement"]["verdict"] == "apart" for row in rows)
        surely = sum(row["differs_stands"] is True for row in rows)
        many = number_of(apart, "scale")
        told = f"On {many} of {len(rows)} the sides are apart, surely on {surely}."
        title = f"{partner}: how both sides see it"
        described = f"{told} The tables below have every number."
        return Chart(f"dumbbell-{place}", partner, title, described, rows, low, high)

    def _freed(self, place: int, name: str) -> Chart:
        found, scale = self.document["raters"]["scales"][name], self.document["scales"][name]
        moved = number_of(found["moved"], "partner")
        described = f"{moved} take another place. The table below has every number."
        title = f"{self.titles[name]}: partners freed from the severity of their raters"
        rows = partner_evidence.dumbbells(self.document, name)
        ends = (scale["low"], scale["high"])
        return Chart(f"freed-{place}", self.titles[name], title, described, rows, *ends)

    def _chart(self, place: int, name: str, chart: dict[str, Any]) -> Chart:
        scale, title = self.document["scales"][name], self.titles[name]
        outside = [
            f"{point['wave']} ({decimal(point['value'])})"
            for point in chart["points"]
            if point["outside"]
        ]
        return Chart(
            id=f"control-{place}",
            heading=f"{chart['partner']}: {title}",
            title=f"{chart['partner']}, {title}: wave by wave",
            description=f"Outside the limits: {', '.join(outside)}.",
            rows=chart["points"],
            low=scale["low"],
            high=scale["high"],
            centre=chart["centre"],
        )

    def _point(self, place: int, row: dict[str, Any]) -> dict[str, Any]:
        scale = self.document["scales"][row["driver"]]
        reach = scale["high"] - scale["low"]
        along = {
            name: (row[f"performance{end}"] - scale["low"]) / reach
            for name, end in (("x", ""), ("x_low", "_ci_low"), ("x_high", "_ci_high"))
        }
        share = {
            name: row[f"relative{end}"]
            for name, end in (("y", ""), ("y_low", "_ci_low"), ("y_high", "_ci_high"))
        }
        return {"place": place, **along, **share}
