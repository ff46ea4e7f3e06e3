"""What a partner's card shows, in one language: numbers as they were kept, sentences for them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from statistics import NormalDist
from typing import Any, Final

from survey.pages.attention import said
from survey.pages.compared import COMPOSITE, RULES, Compared, digits_of
from survey.pages.explanations import N_
from survey.pages.tables_of_partners import flower
from survey.pages.voice import NONE
from survey.services.comparing.model import Course, Measure, Point, Score, Seen

STEPS: Final = ("accuracy", "availability", "adaptation", "advising")  # Berg's, lowest first
MET, UNMET, UNSURE = "met", "unmet", "unsure"
_MOST_POINTS: Final = 10  # between the ends of a scale that is answered by points
STATES: Final = {
    "true consensus": N_("they see it alike, and believe so"),
    "true dissensus": N_("they see it differently, and know it: a matter to negotiate"),
    "false consensus": N_("they see it differently, but believe that they agree: talk first"),
    "false conflict": N_("they see it alike, but believe that they do not: talk"),
    "cannot be told": N_("the answers do not tell"),
}
_WORST_FIRST: Final = ("false consensus", "false conflict", "true dissensus", "true consensus")
_BLIND: Final = frozenset({"false consensus", "false conflict"})
KEEP, TALK, ACT, OPEN = "keep", "talk", "act", "open"
VERDICTS: Final = {
    ACT: N_("Act: renegotiate, develop or leave"),
    TALK: N_("Talk before anything is renewed"),
    KEEP: N_("Nothing here speaks against going on"),
    OPEN: N_("The answers do not settle it"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stated rule gives, and why."""

    kind: str
    said: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AspectRow:
    """One aspect of a partner: ours against the median of all, theirs, its course."""

    name: str
    label: str
    n: int | None
    score: str
    interval: str
    typical: str
    beyond: int
    theirs: str
    slope: str
    turns: int
    state: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One of Berg's four steps, and whether it is met."""

    label: str
    score: str
    interval: str
    kind: str


@dataclass(frozen=True, slots=True)
class BothRow:
    """One aspect as both sides see it, in sentences."""

    label: str
    gap: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class PriorityRow:
    """One aspect by this partner's score and the importance of the aspect for all."""

    place: int
    label: str
    score: str
    interval: str
    share: str
    share_interval: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What both sides agree on, and what one of them does not see."""

    strengths: tuple[str, ...]
    concerns: tuple[str, ...]
    blind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """An action, and how the aspect that it aims at stood before it and stands now."""

    text: str
    label: str
    before: str
    after: str
    change: str


@dataclass(frozen=True, slots=True)
class Card:
    """The card of one partner; `own` are the partners to which its reader is limited, if any."""

    view: Compared
    place: int
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
        least = enough(self.view.workspace.scales[name])
        if score.low is None or score.high is None:
            return UNSURE
        if score.low >= least:
            return MET
        return UNMET if score.high < least else UNSURE

    @property
    def first_unmet(self) -> str:
        """Say which step to mend first."""
        steps = self.steps
        unmet = next((step for step in steps if step.kind == UNMET), None)
        say = self.view.voice.say
        if unmet is not None:
            return say(
                "Mend this first, the lowest step that is surely not met: %(step)s.",
                step=unmet.label,
            )
        if steps and all(step.kind == MET for step in steps):
            return say("All steps that were asked about are met.")
        return say("No step is surely unmet.")

    # Both sides -----------------------------------------------------------------------------

    def seen(self, name: str) -> Seen | None:
        """Give how both sides see an aspect, where both may be shown."""
        rows = self.view.workspace.seen.get(name, [])
        found = rows[self.place] if rows else None
        return None if found is None or found.a is None or found.b is None else found

    def _state(self, name: str, seen: Seen) -> str:
        """Say the state that matters most, and whether it may be chance."""
        states = {seen.state_a, seen.state_b}
        worst = next((state for state in _WORST_FIRST if state in states), None)
        if worst is None:
            return ""
        return self._told(name, seen, worst)

    def _is_sure(self, name: str, rule: str) -> bool:
        """Whether a warning on an aspect stands after all that was looked at."""
        signs = self.view.signs_of(self.place)
        return any(sign.scale == name and sign.rule == rule for sign in signs)

    def _is_far(self, seen: Seen) -> bool:
        """Whether the sides differ when all aspects of the card are allowed for (Bonferroni)."""
        if seen.gap is None or seen.gap_high is None:
            return False
        level, looks = self.view.workspace.level, max(len(self.view.workspace.seen), 1)
        alone, together = (NormalDist().inv_cdf(1 - (1 - level) / 2 / n) for n in (1, looks))
        return abs(seen.gap) > (seen.gap_high - seen.gap) * together / alone

    @property
    def dumbbells(self) -> list[dict[str, Any]]:
        """Give the rows of the picture of both sides."""
        rows = []
        for name in self.view.workspace.seen:
            seen = self.seen(name)
            if seen is not None:
                rows.append(
                    {
                        "label": self.view.label(name),
                        "mean_a": seen.a,
                        "ci_low_a": seen.a_low,
                        "ci_high_a": seen.a_high,
                        "guess_a": seen.a_guess,
                        "mean_b": seen.b,
                        "ci_low_b": seen.b_low,
                        "ci_high_b": seen.b_high,
                        "guess_b": seen.b_guess,
                    }
                )
        return rows

    @property
    def both(self) -> list[BothRow]:
        """Say of each aspect how the sides stand to each other."""
        found = []
        for name in self.view.workspace.seen:
            seen = self.seen(name)
            if seen is not None:
                states = [self._told(name, seen, each) for each in (seen.state_a, seen.state_b)]
                found.append(BothRow(self.view.label(name), self._gap(seen), *states))
        return found

    def _told(self, name: str, seen: Seen, state: str | None) -> str:
        """Say a state, and whether it may be chance among all that was looked at."""
        if state not in STATES:
            return NONE
        told = self.view.voice.say(STATES[state])
        blind = state in _BLIND and not self._is_sure(name, "false consensus")
        apart = state == "true dissensus" and not self._is_far(seen)
        if blind or apart:
            return self.view.voice.say("%(state)s (may be chance)", state=told)
        return told

    def _gap(self, seen: Seen) -> str:
        digits = digits_of(seen.gap_low, seen.gap_high)
        number = self.view.number(seen.gap, digits)
        return f"{number} ({self.view.voice.span(seen.gap_low, seen.gap_high, digits)})"

    @property
    def brief(self) -> Brief:
        """Gather what both sides agree on, and where one or both do not see the other's view."""
        strengths, concerns, blind = [], [], []
        for name in self.view.workspace.seen:
            seen, label = self.seen(name), self.view.label(name)
            if seen is None:
                continue
            ends = (seen.a_low, seen.b_low, seen.a_high, seen.b_high)
            known = [end for end in ends if end is not None]
            centre = middle(self.view.workspace.scales[name])
            if seen.verdict == "close" and len(known) == len(ends):
                if min(known) > centre:
                    strengths.append(label)
                elif max(known) < centre:
                    concerns.append(label)
            if _BLIND & {seen.state_a, seen.state_b} and self._is_sure(name, "false consensus"):
                blind.append(f"{label}: {self._state(name, seen)}")
        return Brief(tuple(strengths), tuple(concerns), tuple(blind))

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
        return _spread(points)

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
        between is neither. Days are ISO texts, which compare as they are written.
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
        return Deed(text, label, self._point(one), self._point(two), self._changed(one, two))

    def point_value(self, point: Point) -> str:
        """Write the mean of a wave."""
        return self.view.number(point.value, digits_of(point.low, point.high))

    def point_span(self, point: Point) -> str:
        """Write its interval."""
        return self.view.voice.span(point.low, point.high, digits_of(point.low, point.high))

    def _point(self, point: Point) -> str:
        return f"{self.point_value(point)} ({self.point_span(point)})"

    def _changed(self, one: Point, two: Point) -> str:
        say = self.view.voice.say
        if one.high is None or two.high is None:
            return say("the answers do not tell")
        reach, change = hypot(one.high - one.value, two.high - two.value), two.value - one.value
        digits = digits_of(change - reach, change + reach)
        span = self.view.voice.span(change - reach, change + reach, digits)
        size = self.view.number(abs(change), digits)
        if change - reach > 0:
            return say("better by %(change)s (%(span)s)", change=size, span=span)
        if change + reach < 0:
            return say("worse by %(change)s (%(span)s)", change=size, span=span)
        return say("no change beyond error (%(span)s)", span=span)


def _spread(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw points apart across: the least end becomes 0 and the largest 1."""
    if not points:
        return []
    least, most = min(p["x_low"] for p in points), max(p["x_high"] for p in points)
    span = most - least or 1.0
    places = ("x", "x_low", "x_high")
    return [{**p, **{name: (p[name] - least) / span for name in places}} for p in points]


def middle(measure: Measure) -> float:
    """Give the middle of a measure's range."""
    return (measure.lowest + measure.highest) / 2


def enough(measure: Measure) -> float:
    """Give the score from which a measure is good: half a point above the middle.

    That is 3.5 of 1 to 5, nearer to «agree» than to the middle. Where scales of different ranges
    are put on one from 0 to 100, it is an eighth of the range above the middle, as there.
    """
    span = measure.highest - measure.lowest
    return middle(measure) + (0.5 if span <= _MOST_POINTS else span / 8)


def turns(course: Course) -> int:
    """Say whether a course surely falls (-1), surely rises (1), or neither."""
    if course.slope_low is None or course.slope_high is None:
        return 0
    if course.slope_high < 0:
        return -1
    return 1 if course.slope_low > 0 else 0


def named(view: Compared, points: Sequence[Point]) -> str:
    """Tell the points of a course in words, for who cannot see the picture."""
    told = (f"{point.wave}: {view.number(point.value)} (n {point.n})" for point in points)
    return "; ".join(told) + "."
