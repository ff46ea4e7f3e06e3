"""A wave to be compared by, in one language: labels, rows of charts, and what stands out."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from survey.pages.explanations import N_
from survey.pages.voice import NONE, Voice
from survey.services.comparing.desk import Desk, Known
from survey.services.comparing.model import Measure, Score, Sign, Workspace

COMPOSITE: Final = "composite"
FEWEST_PETALS: Final = 3
FEWEST_OTHERS: Final = 3  # partners in a median that is told to who may not see them
RULES: Final = {
    "falling": N_("falls from wave to wave"),
    "widening gap": N_("the two sides drift apart"),
    "false consensus": N_("the two sides see it differently, and at least one does not know"),
    "spread": N_("its raters disagree more than those of others"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """What a page of comparison shows, for one language and one measure.

    Parameters
    ----------
    desk
        The wave and its partners.
    voice
        The language.
    name
        The measure: a scale, or `COMPOSITE`.
    places
        The partners that are looked at, by their places.
    """

    desk: Desk
    voice: Voice
    name: str
    places: tuple[int, ...]

    @property
    def workspace(self) -> Workspace:
        """What was kept."""
        return self.desk.workspace

    @property
    def measure(self) -> Measure:
        """The measure that is looked at."""
        return self.measure_of(self.name)

    def measure_of(self, name: str) -> Measure:
        """Give a scale, or the composite."""
        composite = self.workspace.composite
        return composite if name == COMPOSITE and composite else self.workspace.scales[name]

    def label(self, name: str) -> str:
        """Give what a measure is called."""
        if name == COMPOSITE:
            return self.voice.say("Composite")
        return self.workspace.labels[name].get(self.voice.language, name)

    @property
    def measures(self) -> list[tuple[str, str]]:
        """All measures with their names, the composite first."""
        first = [COMPOSITE] if self.workspace.composite else []
        return [(name, self.label(name)) for name in (*first, *self.workspace.scales)]

    @property
    def aspects(self) -> list[str]:
        """The scales that say what a relationship is like: all but outcomes."""
        kinds = self.desk.kinds
        return [name for name in self.workspace.scales if kinds.get(name) != "outcome"]

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest answer of the first scale, for pictures of several."""
        first = self.workspace.scales[next(iter([*self.aspects, *self.workspace.scales]))]
        return first.lowest, first.highest

    @property
    def seen_by(self) -> str:
        """Whose view the scores are: ours, or theirs where they alone were asked."""
        say = self.voice.say
        return say("How we see them") if self.workspace.side == "ours" else say("How they see us")

    @property
    def level(self) -> str:
        """The level of intervals."""
        return self.voice.percent(self.workspace.level)

    @property
    def too_few(self) -> str:
        """Why a partner's numbers are not shown."""
        least = self.workspace.min_group
        return self.voice.say("too few answers (fewer than %(least)d)", least=least)

    @property
    def hidden(self) -> list[str]:
        """Partners, of those looked at, of whom nothing of this measure may be shown."""
        scores = self.measure.scores
        return [self.workspace.names[p] for p in self.places if scores[p].mean is None]

    @property
    def shown(self) -> list[int]:
        """Places of the others, from the highest to the lowest score."""
        scores = self.measure.scores
        seen = [place for place in self.places if scores[place].mean is not None]
        return sorted(seen, key=lambda place: -(scores[place].score or 0))

    def known(self, place: int) -> Known | None:
        """Give what the register knows of a partner."""
        return self.desk.partners[place]

    def number(self, value: float | None, digits: int = 2) -> str:
        """Write a number."""
        return self.voice.decimal(value, digits)

    def score(self, value: float | None, score: Score) -> str:
        """Write a score with as many digits as its interval supports."""
        return self.voice.decimal(value, digits_of(score.low, score.high))

    def span(self, score: Score) -> str:
        """Write the interval of a score."""
        return self.voice.span(score.low, score.high, digits_of(score.low, score.high))

    def ranks(self, score: Score) -> str:
        """Write the places that a partner may hold."""
        if score.first is None or score.last is None:
            return NONE
        if score.first == score.last:
            return str(score.first)
        return f"{score.first}–{score.last}"

    # Charts ---------------------------------------------------------------------------------

    @property
    def words(self) -> dict[str, str]:
        """The words that the charts need."""
        say = self.voice.say
        return {
            "decimal": self.voice.decimal_mark,
            "per_cent": self.voice.per_cent,
            "n": "n",
            "partner": say("Partner"),
            "aspect": say("Aspect"),
            "score": say("Score") if self.measure.shrunken else say("Mean"),
            "interval": say("%(level)s interval", level=self.level),
            "raw_mean": say("Raw mean"),
            "all": say("Mean of all partners"),
            "ranks": say("Could rank"),
            "ranks_all": say("All at once"),
            "low_end": say("lowest"),
            "high_end": say("highest"),
            "same": say("no sure difference from the others"),
            "between": say("More partners in the table: {count}"),
            "side_a": say("How we see them"),
            "side_b": say("How they see us"),
            "guess": say("what that side believes the other says"),
            "limits": say("limits"),
            "outside": say("outside its limits"),
            "upwards": say("Share in the overall impression"),
        }

    def rows(self, places: Iterable[int] | None = None) -> list[dict[str, Any]]:
        """Give the rows of the caterpillar."""
        looked = self.places if places is None else places
        return [self._row(self.workspace.names[p], self.measure.scores[p]) for p in looked]

    def _row(self, name: str, score: Score) -> dict[str, Any]:
        return {
            "partner": name,
            "n": score.n,
            "mean": score.mean,
            "ci_low": score.mean_low,
            "ci_high": score.mean_high,
            "shrunken": score.score,
            "shrunken_ci_low": score.low,
            "shrunken_ci_high": score.high,
            "rank_low": None,
            "rank_high": None,
            "simultaneous_low": score.first,
            "simultaneous_high": score.last,
            "differs": score.beyond != 0,
            "suppressed_reason": self.too_few if score.mean is None else None,
        }

    def described(self) -> str:
        """Tell the caterpillar in words."""
        names, scores = self.workspace.names, self.measure.scores
        told = [f"{names[p]} {self.score(scores[p].score, scores[p])}" for p in self.shown]
        told += [f"{name}: {self.too_few}" for name in self.hidden]
        return "; ".join(told) + "."

    # What stands out ------------------------------------------------------------------------

    @property
    def bands(self) -> list[list[str]]:
        """Bands of partners that cannot be told apart, of those looked at, highest first."""
        looked = set(self.places)
        kept = [[place for place in band if place in looked] for band in self.measure.bands]
        once = [band for at, band in enumerate(kept) if band and band not in kept[:at]]
        whole = [band for band in once if not any(set(band) < set(other) for other in once)]
        return [[self.workspace.names[place] for place in band] for band in whole]

    @property
    def order(self) -> str:
        """Say in one sentence what the order is worth."""
        say, bands = self.voice.say, self.bands
        if len(self.shown) < 2 or not bands:
            return ""
        if len(bands) == 1:
            return say(
                "None of these partners can be told apart from the others: do not rank them."
            )
        first = bands[0]
        if len(first) == 1:
            if len(self.places) < len(self.workspace.names):
                return say("Of these, %(partner)s surely leads.", partner=first[0])
            return say("%(partner)s surely leads.", partner=first[0])
        return say("At the top %(partners)s cannot be told apart.", partners=self.listed(first))

    def signs_of(self, place: int | None = None, *, sure: bool = True) -> list[Sign]:
        """Give the early warnings, of one partner or of those looked at, sure or not."""
        looked = set(self.places) if place is None else {place}
        found = self.workspace.warnings
        return [each for each in found if each.partner in looked and each.sure is sure]

    def listed(self, names: Sequence[str]) -> str:
        """Write names one after the other."""
        if len(names) < 2:
            return "".join(names)
        return self.voice.say("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1])

    def typical(self, name: str, own: Collection[uuid.UUID] | None = None) -> float | None:
        """Give the median of the partners' scores on a scale.

        To who may see some partners only, their `own`, it is told where there are enough others
        that it is not the score of a certain one, and that score is not what is left of it.
        """
        scores = self.measure_of(name).scores
        seen = [place for place, each in enumerate(scores) if each.score is not None]
        if own is not None:
            known = (self.known(place) for place in seen)
            if sum(each is None or each.id not in own for each in known) < FEWEST_OTHERS:
                return None
        return median(scores[place].score or 0.0 for place in seen) if seen else None


def digits_of(low: float | None, high: float | None) -> int:
    """Say how many decimals a number may have: a tenth where its interval is wider than 0.2."""
    if low is None or high is None:
        return 1
    return 1 if high - low > 0.2 else 2
