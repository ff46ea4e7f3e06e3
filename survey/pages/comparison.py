"""The charts of a closed wave, in words of one language.

It reads the document that closing the wave kept; nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from survey.pages import findings
from survey.pages.compared import digits_of
from survey.pages.findings import Table
from survey.pages.paging import Leaf, leaf
from survey.pages.voice import NONE, Voice

FEWEST_PETALS: Final = 3
MOST_PARTNERS: Final = 30  # on one page: more would make it heavier than 60 kB
Row = Mapping[str, Any]
_SHRUNKEN_ENDS: Final = ("shrunken_ci_low", "shrunken_ci_high")


@dataclass(frozen=True, slots=True)
class Caterpillar:
    """One aspect: its partners from highest to lowest."""

    id: str
    label: str
    title: str
    description: str
    sentences: list[str]
    shown: str
    rows: list[dict[str, Any]]
    low: float
    high: float
    mu: float | None
    words: dict[str, str]


@dataclass(frozen=True, slots=True)
class Flower:
    """One partner: its scores on all aspects; no petals where it is not shown."""

    id: str
    partner: str
    title: str
    description: str
    aspects: list[dict[str, Any]]

    @property
    def is_shown(self) -> bool:
        """Whether any of its scores may be shown."""
        return any(aspect["score"] is not None for aspect in self.aspects)


class Comparison:
    """The results of one wave as charts, tables and sentences.

    Parameters
    ----------
    document
        What `survey.services.results.results` reads.
    voice
        Of the page's language.
    number
        Which leaf of the partners is shown, where they are many: of each aspect those of these
        places, from highest to lowest.
    """

    def __init__(self, document: Mapping[str, Any], voice: Voice, number: int = 1) -> None:
        self._number = number
        self.document = document
        self.voice = voice
        self.snapshot = document["snapshot"]
        self.scales: Mapping[str, Row] = document["scales"]
        self.partners: Mapping[str, list[Row]] = document.get("partners", {})
        self.least: int = document["settings"]["min_n"]
        self.level = voice.percent(document["settings"]["level"])
        self.labels = {
            name: self.snapshot["labels"].get(name, {}).get(voice.language, name)
            for name in self.scales
        }

    @property
    def words(self) -> dict[str, str]:
        """The words that the charts need."""
        say = self.voice.say
        return {
            "decimal": self.voice.decimal_mark,
            "n": "n",
            "partner": say("Partner"),
            "aspect": say("Aspect"),
            "score": say("Score"),
            "interval": say("%(level)s interval", level=self.level),
            "raw_mean": say("Raw mean"),
            "all": say("Mean of all partners"),
            "ranks": say("Could rank"),
            "ranks_all": say("All at once"),
            "low_end": say("lowest"),
            "high_end": say("highest"),
            "same": say("the interval holds the mean of all"),
            "between": say("More partners in the table: {count}"),
        }

    @property
    def names(self) -> list[str]:
        """All partners, each once."""
        rows = (row for rows in self.partners.values() for row in rows)
        return list(dict.fromkeys(str(row["partner"]) for row in rows))

    @property
    def hidden(self) -> list[str]:
        """Partners of which nothing may be shown."""
        shown = {
            str(row["partner"])
            for rows in self.partners.values()
            for row in rows
            if row["mean"] is not None
        }
        return [name for name in self.names if name not in shown]

    @property
    def too_few(self) -> str:
        """Why a partner's numbers are not shown."""
        return self.voice.say("too few answers (fewer than %(least)d)", least=self.least)

    @property
    def reliability(self) -> Table:
        """How precisely each aspect was measured."""
        return findings.reliability(self.document, self.labels, self.voice)

    @property
    def aggregation(self) -> Table:
        """How far the answers tell the partners apart."""
        return findings.aggregation(self.document, self.labels, self.voice)

    @property
    def reliability_sentences(self) -> list[str]:
        """The same in plain words, with which aspects measure the same thing."""
        return [
            *findings.reliability_sentences(self.document, self.labels, self.voice),
            *findings.distinctness(self.document, self.labels, self.voice),
        ]

    @property
    def aggregation_sentences(self) -> list[str]:
        """The same in plain words."""
        return findings.aggregation_sentences(self.document, self.labels, self.voice)

    @property
    def leaf(self) -> Leaf[str]:
        """The partners that are shown at a glance on this page; pages are counted by them."""
        return leaf(self.names, self._number, MOST_PARTNERS)

    # The charts -----------------------------------------------------------------------

    @property
    def caterpillars(self) -> list[Caterpillar]:
        """One chart for each aspect."""
        return [self._caterpillar(n, name) for n, name in enumerate(self.partners, 1)]

    @property
    def legend(self) -> Caterpillar | None:
        """A chart whose legend is that of all charts; none where they differ."""
        charts = self.caterpillars
        kinds = {(chart.shown, chart.mu is None) for chart in charts}
        return charts[0] if len(kinds) == 1 else None

    @property
    def is_pooled(self) -> bool:
        """Whether any chart shows scores that are drawn towards the mean of all."""
        return any(part["shown"] != "mean" for part in self.document["pooling"].values())

    def _caterpillar(self, number: int, name: str) -> Caterpillar:
        rows, scale = self.partners[name], self.scales[name]
        pooling = self.document["pooling"][name]
        shown = pooling["shown"]
        ranked = sorted(rows, key=lambda row: (row[shown] is None, -(row[shown] or 0)))
        on_page = leaf(ranked, self.leaf.number, MOST_PARTNERS).rows
        words = {**self.words, "score": self.voice.say("Mean")} if shown == "mean" else self.words
        said = (
            findings.order(rows, pooling["tau2"], self.voice),
            findings.unpooled(rows, shown, self.voice),
        )
        return Caterpillar(
            id=f"aspect-{number}",
            label=self.labels[name],
            title=self.voice.say(
                "%(aspect)s: partners from highest to lowest", aspect=self.labels[name]
            ),
            description=self._described(on_page, shown),
            sentences=[text for text in said if text],
            shown=shown,
            rows=[self._spoken(row) for row in on_page],
            low=scale["low"],
            high=scale["high"],
            mu=pooling["mu"],
            words=words,
        )

    def _described(self, rows: Sequence[Row], key: str) -> str:
        shown = sorted((row for row in rows if row[key] is not None), key=lambda row: -row[key])
        low, high = ("ci_low", "ci_high") if key == "mean" else _SHRUNKEN_ENDS
        parts = [
            f"{row['partner']} {self.voice.decimal(row[key], digits_of(row[low], row[high]))}"
            for row in shown
        ]
        parts += [f"{row['partner']}: {self.too_few}" for row in rows if row[key] is None]
        return "; ".join(parts) + "."

    def _spoken(self, row: Row) -> dict[str, Any]:
        reason = self.too_few if row["suppressed_reason"] else None
        return {**row, "partner": str(row["partner"]), "suppressed_reason": reason}

    @property
    def flowers(self) -> list[Flower]:
        """One petal chart for each partner: its score on every aspect of several items."""
        aspects = [name for name in self.partners if self.scales[name]["n_items"] > 1]
        if len(aspects) < FEWEST_PETALS:
            return []
        return [self._flower(n, partner, aspects) for n, partner in enumerate(self.leaf.rows, 1)]

    def _flower(self, number: int, partner: str, names: list[str]) -> Flower:
        aspects = [self._aspect(name, partner) for name in names]
        known = [
            f"{aspect['label']} "
            f"{self.voice.decimal(aspect['score'], digits_of(aspect['ci_low'], aspect['ci_high']))}"
            for aspect in aspects
            if aspect["score"] is not None
        ]
        return Flower(
            id=f"partner-{number}",
            partner=partner,
            title=self.voice.say("%(partner)s: score on each aspect", partner=partner),
            description="; ".join(known) + "." if known else self.too_few,
            aspects=aspects,
        )

    def _aspect(self, name: str, partner: str) -> dict[str, Any]:
        row = next((row for row in self.partners[name] if row["partner"] == partner), None)
        scale = self.scales[name]
        aspect: dict[str, Any] = {
            "label": self.labels[name],
            "low": scale["low"],
            "high": scale["high"],
            "n": None,
            "score": None,
            "ci_low": None,
            "ci_high": None,
            "suppressed_reason": NONE if row is None else self.too_few,
        }
        if row is None or row["mean"] is None:
            return aspect
        shown = self.document["pooling"][name]["shown"]
        low, high = ("ci_low", "ci_high") if shown == "mean" else _SHRUNKEN_ENDS
        ends = {"ci_low": row[low], "ci_high": row[high]}
        return {**aspect, "n": row["n"], "score": row[shown], **ends}
