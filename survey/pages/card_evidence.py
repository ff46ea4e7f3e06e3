"""What a card's numbers are worth, and the items that measure what was agreed with a partner."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from survey.pages.card_measures import step, turns
from survey.pages.card_rows import AskedRow, Trust
from survey.pages.compared import COMPOSITE, Compared, digits_of
from survey.pages.explanations import N_
from survey.pages.voice import NONE
from survey.services.comparing.model import Course, Measure, Score

AIM: Final = 0.70  # reliability from which partners may be compared
_MANY: Final = 1000
_NEARLY: Final = 0.9  # a reliability above it is not written where its interval is not known
_VAGUE: Final = 10  # ends so far apart, one over the other, that no number is told
_SLACK: Final = 1e-9  # what rounding may add to a whole number


@dataclass(frozen=True, slots=True)
class Evidence:
    """One partner of a wave, for what its numbers are worth."""

    view: Compared
    place: int

    def asked(self, item: str, words: str) -> AskedRow:
        """Give a partner's mean on an item that measures something agreed; `words` are its text.

        It is met by the same rule as a step: the whole interval lies half a point or more above
        the middle of the scale.
        """
        view, workspace = self.view, self.view.workspace
        found = workspace.items.get(item)
        score = found.scores[self.place] if found else None
        if found is None or score is None:
            return AskedRow(words, None, NONE, NONE, "", self._why(item))
        digits = digits_of(score.low, score.high)
        return AskedRow(
            words,
            score.n,
            view.number(score.mean, digits),
            view.voice.span(score.low, score.high, digits),
            step(workspace.scales[found.scale], score.low, score.high),
            "",
        )

    def _why(self, item: str) -> str:
        """Say why an item has no number."""
        say, workspace = self.view.voice.say, self.view.workspace
        if workspace.data_version > 1:
            return say("not shown: answers of this wave were taken back after it was closed")
        if item in workspace.items:
            return say(
                "not shown: too few answers, somebody left out an answer on this aspect, or all "
                "gave the same one"
            )
        return say("not asked in this wave, or not shown, so that nobody's answers can be found")

    @property
    def trust(self) -> Trust | None:
        """Say how reliable the partner's score is, and how many answers would be enough."""
        measure = self.view.measure
        score = measure.scores[self.place]
        if score.mean is None or score.low is None or score.high is None:
            return None
        half = (score.high - score.low) / 2
        sentences = (self._enough(measure), *self._care(), *self._unknown(), self._severity())
        return Trust(
            reliability=self._reliability(measure, score),
            half_width="± " + self.view.number(half, 1 if half >= 0.1 else 2),
            needed=self._needed(measure),
            sentences=tuple(text for text in sentences if text),
        )

    def _reliability(self, measure: Measure, score: Score) -> str:
        """Write the reliability of the score, from 0 to 1, and its interval where that is known."""
        if score.reliability is None or score.n is None:
            return NONE
        low, high = (_mean_of(score.n, icc) for icc in (measure.icc_low, measure.icc_high))
        digits = digits_of(low, high)
        if low is None and score.reliability >= _NEARLY:
            return self.view.voice.say("over %(number)s", number=self.view.number(_NEARLY, 1))
        number = self.view.number(score.reliability, digits)
        if low is None or high is None:
            return number
        return f"{number} ({self.view.voice.span(low, high, digits)})"

    def _needed(self, measure: Measure) -> str:
        """Write how many answers a mean of reliability .70 takes: a range where it is vague."""
        if measure.needed is None:
            return NONE
        shown_from = self.view.workspace.min_group
        fewest, most = (_raters(end) for end in (measure.icc_high, measure.icc_low))
        if _whole(measure.needed) < shown_from and (most or 0) < shown_from:
            return self.view.voice.say("fewer than %(least)d", least=shown_from)
        if fewest is None:
            return str(_whole(measure.needed))
        if most is None or most > _MANY:
            return self.view.voice.say("%(least)d or more", least=fewest)
        return self.view.voice.say(
            "%(number)d (%(least)d–%(most)d)",
            number=_whole(measure.needed),
            least=fewest,
            most=most,
        )

    def _enough(self, measure: Measure) -> str:
        """Say whether the answers are enough to set this partner beside others."""
        score, say = measure.scores[self.place], self.view.voice.say
        if score.reliability is None:
            return say(
                "The answers do not tell partners apart, so no number of answers can be named."
            )
        if score.reliability >= AIM:
            return say("That is enough to set it beside others (.70 or more).")
        vague = _is_vague(measure)
        if measure.needed is None or vague:
            return say("Below .70: set it beside others with care.")
        return say(
            "Below .70: about %(needed)d answers about a partner would be needed to set it beside "
            "others.",
            needed=_whole(measure.needed),
        )

    def _care(self) -> tuple[str, ...]:
        """Say how many assessments of the wave look careless."""
        workspace, voice = self.view.workspace, self.view.voice
        if not workspace.judged:
            return ()
        if workspace.careless is None:
            text = N_(
                "Careless answers: of all assessments of this wave fewer than %(least)d, or nearly "
                "all, were flagged; how many is not told."
            )
            return (voice.say(text, least=workspace.min_group),)
        share = voice.percent(workspace.careless / workspace.judged)
        text = N_(
            "Careless answers: %(share)s of all assessments of this wave were flagged; they are "
            "in all numbers."
        )
        return (voice.say(text, share=share),)

    def _unknown(self) -> tuple[str, ...]:
        """Say on which aspects of the wave «don't know» was frequent."""
        view, found = self.view, self.view.workspace.unknown
        names = sorted(found, key=lambda name: -found[name])
        told = [
            f"{view.label(name)} {view.voice.percent(found[name])}"
            for name in names
            if found[name] >= _OFTEN
        ]
        if not told:
            return ()
        text = N_("“Don't know”, all partners together: %(aspects)s.")
        uncounted = N_("It cannot be counted where the other side's view was asked for as well.")
        whole = len(found) == len(view.workspace.scales)
        texts = [view.voice.say(text, aspects=", ".join(told))]
        return tuple(texts if whole else [*texts, view.voice.say(uncounted)])

    def _severity(self) -> str:
        say = self.view.voice.say
        parted = say(
            "How strict people are is not parted from the score: no result knows which "
            "answers are one person's."
        )
        together = say(
            "Where the same people rate many partners, strict ones lower all of their scores at "
            "once; the intervals do not allow for that."
        )
        return f"{parted} {together}"

    @property
    def trend_allows(self) -> str:
        """Say what the interval of the slope allows for, and how often chance alone is told."""
        told, course = self._allowed, self._course
        if course is None or not turns(course):
            return told
        voice = self.view.voice
        text = N_(
            "It is looked at alone: of partners that do not change, about %(share)s are said to "
            "rise or fall. What allows for all that was looked at is a warning that stands."
        )
        return f"{told} {voice.say(text, share=voice.percent(1 - self.view.workspace.level))}"

    @property
    def _course(self) -> Course | None:
        """Give how the measure of the page went over the waves."""
        workspace, name = self.view.workspace, self.view.name
        found = workspace.composite_courses if name == COMPOSITE else workspace.courses.get(name)
        return found[self.place] if found else None

    @property
    def _allowed(self) -> str:
        workspace, say = self.view.workspace, self.view.voice.say
        if self.view.name != COMPOSITE or workspace.between is None:
            return say(
                "The interval of the slope allows for who happened to answer, and not for what "
                "else moves all answers of a wave."
            )
        return say(
            "The interval of the slope allows for who happened to answer, and for what moves "
            "single waves."
        )


_OFTEN: Final = 0.05  # share of answers from which «don't know» is named


def _raters(icc: float | None) -> int | None:
    """Give the raters whose mean has reliability .70; ``None`` where no number would do."""
    if icc is None or icc <= 0:
        return None
    return _whole(AIM / (1 - AIM) * (1 - icc) / icc)


def _mean_of(n: int, icc: float | None) -> float | None:
    """Give the reliability of the mean of n raters (Spearman and Brown)."""
    if icc is None:
        return None
    one = min(max(icc, 0.0), 1.0)
    return n * one / (1 + (n - 1) * one)


def _whole(number: float) -> int:
    return max(1, ceil(number - _SLACK))


def _is_vague(measure: Measure) -> bool:
    """Say whether the number is known no better than to an order of magnitude."""
    fewest, most = (_raters(end) for end in (measure.icc_high, measure.icc_low))
    return fewest is not None and (most is None or most >= _VAGUE * fewest)
