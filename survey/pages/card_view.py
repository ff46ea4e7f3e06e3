"""What a partner's card shows, in one language: numbers as they were kept, sentences for them."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from survey.pages.attention import said
from survey.pages.card_evidence import Evidence
from survey.pages.card_measures import enough, middle, spread, step, turns
from survey.pages.card_rows import (
    ACT,
    KEEP,
    MET,
    OPEN,
    STEPS,
    TALK,
    UNMET,
    VERDICTS,
    AskedRow,
    AspectRow,
    Deed,
    PriorityRow,
    StepRow,
    Trust,
    Verdict,
)
from survey.pages.card_sides import BothSides
from survey.pages.compared import COMPOSITE, RULES, digits_of
from survey.pages.explanations import N_
from survey.pages.tables_of_partners import flower
from survey.pages.voice import NONE
from survey.services.comparing.model import Course, Measure, Point, Score, Shift


@dataclass(frozen=True, slots=True)
class Card(BothSides):
    """The card of one partner; `own` are the partners to which its reader is limited, if any."""

    own: Collection[uuid.UUID] | None = None

    @property
    def partner(self) -> str:
        """Name of the partner."""
        return self.view.workspace.names[self.place]

    @property
    def score(self) -> Score:
        """The partner by the measure of the page."""
        return self.view.measure.scores[self.place]

    @property
    def is_shown(self) -> bool:
        """Whether enough people answered."""
        return any(
            measure.scores[self.place].mean is not None
            for measure in self.view.workspace.scales.values()
        )

    # The decision ---------------------------------------------------------------------------

    @property
    def verdict(self) -> Verdict:
        """Apply the stated rule: what is surely low, then what warns or lies below the others."""
        measure, why = self.decisive, self.reasons
        score = measure.scores[self.place]
        if score.low is None or score.high is None:
            kind = OPEN
        elif score.high < middle(measure):
            kind = ACT
        elif why or score.beyond < 0:
            kind = TALK
        else:
            kind = KEEP if score.low >= enough(measure) else OPEN
        return Verdict(kind, self.view.voice.say(VERDICTS[kind]), why)

    @property
    def decisive(self) -> Measure:
        """The measure that decides, whichever the page shows: the composite, where there is one."""
        return self.view.workspace.composite or self.view.measure

    @property
    def reasons(self) -> tuple[str, ...]:
        """The early warnings that stand, in sentences."""
        signs = self.view.signs_of(self.place)
        by_rule = ((rule, [sign for sign in signs if sign.rule == rule]) for rule in RULES)
        return tuple(said(self.view, rule, own) for rule, own in by_rule if own)

    @property
    def unsure(self) -> tuple[str, ...]:
        """The warnings that may be chance."""
        signs = self.view.signs_of(self.place, sure=False)
        by_rule = ((rule, [sign for sign in signs if sign.rule == rule]) for rule in RULES)
        return tuple(said(self.view, rule, own) for rule, own in by_rule if own)

    # Aspects --------------------------------------------------------------------------------

    @property
    def aspects(self) -> list[AspectRow]:
        """All aspects against the median of the partners."""
        return [self._aspect(name) for name in self.view.aspects]

    def _aspect(self, name: str) -> AspectRow:
        view, score = self.view, self.view.measure_of(name).scores[self.place]
        theirs = view.workspace.theirs.get(name, [])
        other = theirs[self.place] if theirs else Score()
        course, seen = self.course(name), self.seen(name)
        return AspectRow(
            name=name,
            label=view.label(name),
            n=score.n,
            score=view.score(score.score, score),
            interval=view.span(score),
            typical=view.number(view.typical(name, self.own), 1),
            beyond=score.beyond,
            theirs=view.score(other.score, other),
            slope=NONE if course is None else self._slope(course),
            turns=-1 if self._is_sure(name, "falling") else 0,
            state="" if seen is None else self._state(name, seen),
        )

    def course(self, name: str) -> Course | None:
        """Give how a measure went over the waves."""
        workspace = self.view.workspace
        found = workspace.composite_courses if name == COMPOSITE else workspace.courses.get(name)
        return found[self.place] if found else None

    def _slope(self, course: Course) -> str:
        if course.slope is None:
            return NONE
        text = self.view.number(course.slope, digits_of(course.slope_low, course.slope_high))
        rises = course.slope > 0 and text.strip("0.,")
        return f"+{text}" if rises else text

    @property
    def trend(self) -> str:
        """Say in a sentence how the measure of the page goes."""
        course, say = self.course(self.view.name), self.view.voice.say
        if course is None or course.slope is None or len(course.points) < 2:
            return say("There is no earlier wave to compare with.")
        digits = digits_of(course.slope_low, course.slope_high)
        values = {
            "slope": self.view.number(abs(course.slope), digits),
            "span": self.view.voice.span(course.slope_low, course.slope_high, digits),
            "waves": len(course.points),
        }
        texts = {
            -1: N_(
                "Falls by %(slope)s per wave over %(waves)d waves (interval %(span)s): more than "
                "chance among raters gives."
            ),
            0: N_(
                "No change over %(waves)d waves that chance among raters would not give "
                "(%(span)s per wave)."
            ),
            1: N_(
                "Rises by %(slope)s per wave over %(waves)d waves (interval %(span)s): more than "
                "chance among raters gives."
            ),
        }
        return say(texts[turns(course)], **values)

    @property
    def steps(self) -> list[StepRow]:
        """Berg's four as steps, the lowest first, as far as they were asked."""
        rows = []
        for name in STEPS:
            if name in self.view.workspace.scales:
                score = self.view.workspace.scales[name].scores[self.place]
                texts = (self.view.score(score.score, score), self.view.span(score))
                rows.append(StepRow(self.view.label(name), *texts, self._step(name, score)))
        return rows

    def _step(self, name: str, score: Score) -> str:
        return step(self.view.workspace.scales[name], score.low, score.high)

    @property
    def first_unmet(self) -> str:
        """Say which step to mend first."""
        steps = self.steps
        unmet = next((each for each in steps if each.kind == UNMET), None)
        say = self.view.voice.say
        if unmet is not None:
            return say(
                "Mend this first, the lowest step that is surely not met: %(step)s.",
                step=unmet.label,
            )
        if steps and all(each.kind == MET for each in steps):
            return say("All steps that were asked about are met.")
        return say("No step is surely unmet.")

    # Pictures -------------------------------------------------------------------------------

    @property
    def petals(self) -> list[dict[str, Any]]:
        """Our flower of the partner."""
        return flower(self.view, self.place)

    @property
    def petals_there(self) -> list[dict[str, Any]]:
        """The partner's flower of us; nothing where it was not asked or too few answered."""
        petals = flower(self.view, self.place, theirs=True)
        return petals if any(each["score"] is not None for each in petals) else []

    @property
    def priorities(self) -> list[PriorityRow]:
        """Aspects by importance, with this partner's score."""
        found = []
        for number, driver in enumerate(self.view.workspace.drivers, 1):
            score = self.view.measure_of(driver.scale).scores[self.place]
            if score.mean is None or driver.low is None or driver.high is None:
                continue
            percent = self.view.voice.percent
            found.append(
                PriorityRow(
                    number,
                    self.view.label(driver.scale),
                    self.view.score(score.score, score),
                    self.view.span(score),
                    percent(driver.share),
                    f"{percent(driver.low)} – {percent(driver.high)}",
                )
            )
        return found

    @property
    def matrix(self) -> list[dict[str, Any]]:
        """Give the points of the priority matrix, across as far as the scores of the partner go."""
        points = []
        for number, driver in enumerate(self.view.workspace.drivers, 1):
            measure = self.view.workspace.scales[driver.scale]
            score = measure.scores[self.place]
            if score.score is None or driver.low is None or driver.high is None:
                continue
            ends = (score.score, score.low or score.score, score.high or score.score)
            span = measure.highest - measure.lowest
            x, x_low, x_high = ((end - measure.lowest) / span for end in ends)
            y = {"y": driver.share, "y_low": driver.low, "y_high": driver.high}
            points.append({"place": number, "x": x, "x_low": x_low, "x_high": x_high, **y})
        return spread(points)

    @property
    def reach(self) -> str:
        """Say from where to where the priority matrix goes."""
        named = {driver.scale for driver in self.view.workspace.drivers}
        scores = [self.view.workspace.scales[name].scores[self.place] for name in sorted(named)]
        lows = [score.low for score in scores if score.low is not None]
        highs = [score.high for score in scores if score.high is not None]
        if not lows or not highs:
            return ""
        return self.view.voice.span(min(lows), max(highs), 1)

    @property
    def points(self) -> list[Point]:
        """The measure of the page over the waves."""
        course = self.course(self.view.name)
        return course.points if course else []

    def deed(self, text: str, aspect: str, began: str, opened: Mapping[int, str]) -> Deed:
        """Say how an aspect stood before an action began, and stands now.

        Waves closed before that day are before it, those opened on it or later after it; one in
        between is neither. The change is that of the analysis, drawn towards the mean of all.
        Days are ISO texts, which compare as they are written.
        """
        workspace, view = self.view.workspace, self.view
        course = self.course(aspect) if aspect in workspace.scales else None
        label = view.label(aspect) if aspect in workspace.scales else ""
        closed = dict(zip(workspace.waves, workspace.closed, strict=False))
        points = course.points if course else []
        before = [point for point in points if closed.get(point.wave, "") < began]
        after = [point for point in points if opened.get(point.wave, "") >= began]
        if not before or not after:
            return Deed(text, label, NONE, NONE, "")
        one, two = before[-1], after[-1]
        shift = (
            next((each for each in course.since if each.wave == one.wave), None) if course else None
        )
        change = self._changed(shift if two.wave == workspace.wave else None)
        return Deed(text, label, self._point(one), self._point(two), change)

    def asked(self, item: str, words: str) -> AskedRow:
        """Give the partner's mean on an item that measures something agreed."""
        return Evidence(self.view, self.place).asked(item, words)

    @property
    def trust(self) -> Trust | None:
        """Say how far the score of the page's measure can be relied on."""
        return Evidence(self.view, self.place).trust

    @property
    def trend_allows(self) -> str:
        """Say what the interval of the slope allows for."""
        return Evidence(self.view, self.place).trend_allows

    def point_value(self, point: Point) -> str:
        """Write the mean of a wave."""
        return self.view.number(point.value, digits_of(point.low, point.high))

    def point_span(self, point: Point) -> str:
        """Write its interval."""
        return self.view.voice.span(point.low, point.high, digits_of(point.low, point.high))

    def _point(self, point: Point) -> str:
        return f"{self.point_value(point)} ({self.point_span(point)})"

    def _changed(self, shift: Shift | None) -> str:
        """Say a change in words; one that is told also lies beyond error before it is shrunken."""
        say = self.view.voice.say
        if shift is None or shift.low is None or shift.high is None:
            return say("the answers do not tell")
        digits = digits_of(shift.low, shift.high)
        span = self.view.voice.span(shift.low, shift.high, digits)
        size = self.view.number(abs(shift.value), digits)
        if shift.sure and shift.low > 0:
            return say("better by %(change)s (%(span)s)", change=size, span=span)
        if shift.sure and shift.high < 0:
            return say("worse by %(change)s (%(span)s)", change=size, span=span)
        return say("no change beyond error (%(span)s)", span=span)
