"""What the template of the report draws: sentences, tables, and the rows of each chart."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.report import (
    advice,
    clustering,
    content,
    difference_tables,
    differences,
    factors,
    halves,
    pair_tables,
    scale_evidence,
    sentences,
)
from analysis.report.content import Table
from analysis.report.flowers import Garden
from analysis.report.freed_view import freed_sentences
from analysis.report.numbers import confidence, number_of
from analysis.report.parts import Parts
from analysis.report.ranking import described, said

MOST_ROWS = 60
_DRAWN = (
    "A score is drawn towards the mean of all partners by as much as its few answers leave open; "
    "so a partner with few answers does not come out on top by luck."
)

_SAME = "does not differ from the rest beyond chance (all partners tested together)"


@dataclass(frozen=True, slots=True)
class Caterpillar:
    """One scale: its partners as a chart and a table."""

    id: str
    heading: str
    title: str
    description: str
    rows: list[dict[str, Any]]
    low: float
    high: float
    mu: float | None
    digits: int
    shown: str
    sentences: list[str]
    words: dict[str, str]
    table: Table


class View:
    """Everything the page says, read from the dictionary of an assessment."""

    def __init__(
        self,
        document: Mapping[str, Any],
        titles: Mapping[str, str],
        command: str | None,
        title: str | None,
    ) -> None:
        self.document = document
        self.command = command
        self.titles = sentences.titles_of(document, titles)
        self.title = title or document["data"]["file"] or "Analysis"
        self.level = confidence(document["settings"]["level"])
        self.problems = document["problems"]
        self.has_partners = bool(document.get("partners"))
        self.halves = halves.halves(document, self.titles)
        self.factors = factors.factors(document, self.titles)
        self.factor_sentences = factors.factor_sentences(document)

    @property
    def facts(self) -> str:
        """Return the size of the data in one line."""
        facts = [
            number_of(self.document["n_rows"], "row"),
            number_of(len(self.document["scales"]), "scale"),
        ]
        if self.has_partners:
            most = max(len(rows) for rows in self.document["partners"].values())
            facts.append(number_of(most, "partner"))
        if not self.problems:
            facts.append("no problems found in the data")
        return " · ".join(facts)

    @property
    def summary(self) -> list[str]:
        """Return the sentences that come first."""
        return [*sentences.summary(self.document, self.titles), *self.parts.summary]

    @cached_property
    def garden(self) -> Garden:
        """Return the petal charts."""
        return Garden(self.document, self.titles)

    @cached_property
    def parts(self) -> Parts:
        """Return the parts that are there on request."""
        return Parts(self.document, self.titles)

    @cached_property
    def advice(self) -> list[advice.Advice]:
        """Return what to do."""
        return advice.advice(self.document, self.titles)

    @cached_property
    def scale_evidence(self) -> scale_evidence.ScaleEvidence:
        """Return the evidence on scales that is there on request."""
        return scale_evidence.ScaleEvidence(self.document, self.titles)

    @property
    def spreads(self) -> list[Table]:
        """Return one table per scale with the shares of all answers."""
        return scale_evidence.spreads(self.document, self.titles)

    @property
    def reliability(self) -> Table:
        """Return the table of the scales."""
        return content.reliability(self.document, self.titles)

    @property
    def reliability_sentences(self) -> list[str]:
        """Return what the intervals of alpha allow."""
        return [
            *sentences.reliability(self.document, self.titles),
            *clustering.clustered(self.document, self.titles),
        ]

    @property
    def aggregation(self) -> Table:
        """Return the table of how far partners can be told apart."""
        return content.aggregation(self.document, self.titles)

    @property
    def aggregation_sentences(self) -> list[str]:
        """Return what the intraclass correlations mean."""
        return [
            *sentences.aggregation(self.document, self.titles),
            *differences.alike(self.document, self.titles),
            *(difference_tables.untested(self.document, self.titles) if not self.omnibus else ()),
            *sentences.suppressed(self.document),
        ]

    @property
    def omnibus(self) -> Table | None:
        """Return the tests of whether partners differ at all."""
        return difference_tables.omnibus(self.document, self.titles)

    @property
    def items(self) -> list[Table]:
        """Return one table of items per scale."""
        return [content.items(self.document, name, self.titles) for name in self.titles]

    @property
    def distinctness(self) -> Table | None:
        """Return the HTMT ratios, unless there is nothing to compare."""
        return pair_tables.distinctness(self.document, self.titles)

    @property
    def distinctness_sentences(self) -> list[str]:
        """Return which scales measure the same thing."""
        return sentences.distinctness(self.document, self.titles)

    @cached_property
    def caterpillars(self) -> list[Caterpillar]:
        """Return one chart per scale."""
        return [self._caterpillar(name) for name in self.document.get("partners", {})]

    @property
    def legend(self) -> Caterpillar | None:
        """Return a chart whose legend is that of all charts; None where they differ."""
        kinds = {(chart.shown, chart.mu is None) for chart in self.caterpillars}
        return self.caterpillars[0] if len(kinds) == 1 else None

    @cached_property
    def scores_are(self) -> list[str]:
        """Return what the dots are, where it can be said of all charts at once."""
        told = {sentences.unpooled(self.document, name) for name in self.document["partners"]}
        if any(p["shown"] == "shrunken" for p in self.document["pooling"].values()):
            return [_DRAWN]
        return [*told] if len(told) == 1 and "" not in told else []

    @property
    def limit(self) -> int:
        """Return how many partners a chart draws."""
        return MOST_ROWS

    @property
    def settings(self) -> list[tuple[str, str]]:
        """Return what is needed to make the same numbers again."""
        data, chosen = self.document["data"], self.document["settings"]
        pairs = [
            ("Data", data["file"]),
            ("SHA-256 of the data", data["sha256"]),
            ("Command", self.command),
            ("Made by", f"tillit {self.document['tillit']}"),
            ("Seed", chosen["seed"]),
            ("Missing answers", chosen["missing"]),
            ("Interval of alpha", chosen["ci"]),
            ("Rows that belong together", chosen["cluster"]),
            ("Level of the intervals", self.level),
            ("Smallest group shown", chosen["min_n"] if self.has_partners else None),
        ]
        return [(name, str(value)) for name, value in pairs if value is not None]

    @property
    def words(self) -> dict[str, str]:
        """Return the words of the charts."""
        return {
            "decimal": ".",
            "n": "n",
            "partner": "Partner",
            "aspect": "Scale",
            "score": "Shrunken score",
            "interval": f"{self.level} interval",
            "raw_mean": "Raw mean",
            "all": "Mean of all partners",
            "ranks": "Could rank",
            "ranks_all": "All at once",
            "low_end": "lowest",
            "high_end": "highest",
            "reliability": "Reliability",
            "same": "its interval holds the mean of all",
            "between": "{count} more partners: see the table",
        }

    def _caterpillar(self, name: str) -> Caterpillar:
        scale, rows = self.document["scales"][name], self.document["partners"][name]
        pooling, title = self.document["pooling"][name], self.titles[name]
        key, digits = pooling["shown"], content.partner_digits(rows, pooling["shown"])
        document = self.document
        told = [*said(document, name), *freed_sentences(document, name)]
        told += [sentences.unpooled(document, name), sentences.points(document, name)]
        tested = any(row.get("difference_p") is not None for row in rows)
        if tested:
            differing = document["comparisons"][name]["differing"]
            rows = [{**row, "differs": str(row["partner"]) in differing} for row in rows]
        words = self.words if key == "shrunken" else {**self.words, "score": "Mean"}
        words = {**words, "same": _SAME} if tested else words
        return Caterpillar(
            id=f"partners-{list(self.titles).index(name) + 1}",
            heading=title,
            title=f"{title}: partners from highest to lowest",
            description=described(rows, key, digits),
            rows=[{**row, "partner": str(row["partner"])} for row in rows],
            low=scale["low"],
            high=scale["high"],
            mu=pooling["mu"],
            digits=digits,
            shown=key,
            sentences=[text for text in told if text and text not in self.scores_are],
            words=words,
            table=content.partners(self.document, name, self.titles),
        )
