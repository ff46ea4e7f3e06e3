"""The report on one partner: its card, with what was agreed and done, to be handed on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from survey.pages.card_measures import named
from survey.pages.card_rows import AspectRow
from survey.pages.card_view import Card
from survey.pages.compared import Compared, digits_of
from survey.pages.explanations import N_
from survey.pages.record_words import SORTS
from survey.pages.report_improving import met, priorities
from survey.pages.report_parts import Composer, columns, counted, scored
from survey.pages.report_record import RecordPart
from survey.pages.report_sides import both, brief, warnings, worth
from survey.pages.voice import NONE
from survey.services.comparing.desk import Known as Partner
from survey.services.record.items import Known
from survey.services.record.kinds import STAGE
from survey.services.record.whole import Record
from survey.services.reporting.blocks import (
    ASIDE,
    LEAD,
    Block,
    Bullets,
    Cell,
    Document,
    Facts,
    Heading,
    Row,
    Text,
)

_RULE = N_(
    "The rule, by the composite: act where its whole interval lies below the middle of the scale; "
    "talk where a warning stands or it lies surely below the others; go on where its whole "
    "interval lies half a point or more above the middle and nothing warns; else the answers do "
    "not settle it. It is where a talk begins, not a decision."
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the report on a partner says besides its card.

    Parameters
    ----------
    register
        What the register knows of it.
    record, items
        What was agreed and done, and the items that it may name; no record where it is not to be
        in the report.
    opened
        On which day each wave was opened, as ISO texts.
    """

    register: Partner
    record: Record | None
    items: Known
    opened: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class PartnerReport:
    """Composes the report on a partner, from its card in the language of its composer."""

    by: Composer
    card: Card
    sources: Sources

    @property
    def view(self) -> Compared:
        """The wave."""
        return self.by.view

    def document(self) -> Document:
        """Compose the report."""
        shown = self.card.is_shown
        parts = [
            *([self._nothing()] if not shown else [part() for part in self._sections]),
            self._record(),
            self._basis(),
        ]
        subtitle = self.by.say(
            "Partner report: %(study)s, wave %(wave)d",
            study=self.view.workspace.title,
            wave=self.view.workspace.wave,
        )
        blocks = [block for part in parts for block in part]
        return self.by.document(self.card.partner, subtitle, blocks)

    @property
    def _sections(self) -> tuple[Callable[[], list[Block]], ...]:
        by, card = self.by, self.card
        own = (self._head, self._course, self._aspects)
        return (
            *own,
            *(partial(part, by, card) for part in (met, priorities, both, warnings, brief, worth)),
        )

    def _record(self) -> list[Block]:
        own = self.sources
        if own.record is None:
            return []
        return RecordPart(self.by, self.card, own.record, own.items, own.opened).blocks()

    def _nothing(self) -> list[Block]:
        told = self.by.say(
            "No number of %(partner)s is shown: %(reason)s.",
            partner=self.card.partner,
            reason=self.view.too_few,
        )
        return [Text(told, LEAD)]

    def _head(self) -> list[Block]:
        say, card = self.by.say, self.card
        verdict = card.verdict
        return [
            Heading(say("Renew, renegotiate or leave?")),
            Text(verdict.said, LEAD),
            *([Bullets(verdict.why)] if verdict.why else []),
            Facts(tuple(self._facts())),
            Text(say(_RULE), ASIDE),
        ]

    def _facts(self) -> list[tuple[str, str]]:
        say, view, score = self.by.say, self.view, self.card.score
        register, record = self.sources.register, self.sources.record
        value = f"{view.score(score.score, score)} ({view.span(score)})"
        rows = [
            (view.label(view.name), value),
            (say("Could rank"), view.ranks(score)),
            (say("Answers"), self._answers()),
        ]
        if register.invited_there:
            came = self._came(register.submitted_there, register.invited_there)
            rows.append((say("Answers from them"), came))
        if register.share is not None:
            share = view.number(register.share, 0 if register.share >= 10 else 1)
            rows.append((say("Share of the revenue, per cent"), share))
        stage = record.stage if record else None
        if stage is not None:
            rows.append((say("Stage"), say(SORTS[STAGE][stage.sort])))
        return rows

    def _answers(self) -> str:
        """Say how many answered; fewer count for a score where some left answers out."""
        register, counted = self.sources.register, self.card.score.n
        if register.submitted is None:
            return self._came(counted, 0)
        came = self._came(register.submitted, register.invited)
        if counted is None or counted >= register.submitted:
            return came
        return f"{came} ({self.by.say('at least %(number)d for this score', number=counted)})"

    def _came(self, came: int | None, asked: int) -> str:
        text = NONE if came is None else str(came)
        return f"{text} {self.by.say('of %(asked)d asked', asked=asked)}" if asked else text

    def _course(self) -> list[Block]:
        say, card, view = self.by.say, self.card, self.view
        title, points = say("How it goes over the waves"), card.points
        if len(points) < 2:
            return [Heading(title), Text(card.trend)]
        label, measure = view.label(view.name), view.measure
        told = named(view, points)
        drawn = self.by.figure(
            "course", label, told, points, measure.lowest, measure.highest, id="course-chart"
        )
        head = columns(say("Wave"), "n", say("Mean"), self.by.level(), numbers=3)
        rows = [
            Row(
                (
                    Cell(str(point.wave)),
                    counted(point.n),
                    Cell(card.point_value(point), point.value, digits_of(point.low, point.high)),
                    Cell(card.point_span(point)),
                )
            )
            for point in points
        ]
        caption = say("The numbers: %(label)s", label=label)
        return [
            Heading(title),
            Text(f"{card.trend} {card.trend_allows}"),
            drawn,
            *self.by.table(say("Waves"), caption, head, rows),
        ]

    def _aspects(self) -> list[Block]:
        say, card, view = self.by.say, self.card, self.view
        sides = [(view.seen_by, card.petals, card.partner, "ours-petals")]
        if card.petals_there:
            own = view.workspace.organisation
            sides.append((say("How they see us"), card.petals_there, own, "theirs-petals"))
        blocks: list[Block] = [Heading(say("Aspect by aspect"))]
        for heading, petals, whose, key in sides:
            told = say("%(partner)s: score on each aspect", partner=whose)
            labels = ", ".join(petal["label"] for petal in petals)
            title = f"{heading}. {told}"
            blocks.append(self.by.figure("petals", title, labels, petals, *view.ends, id=key))
        told = say(
            "A petal is as long as the score: the centre is the lowest answer, the outer ring the "
            "highest. The soft tip is the %(level)s interval.",
            level=view.level,
        )
        return [*blocks, Text(told, ASIDE), *self._aspect_table()]

    def _aspect_table(self) -> list[Block]:
        say, work = self.by.say, self.view.workspace
        head = columns(
            say("Aspect"), "n", say("Score"), self.by.level(), say("Median of all"), numbers=4
        )
        if work.courses:
            head += columns(say("Per wave"), numbers=1)
        if work.seen:
            head += columns(say("The two sides"))
        caption = say(
            "Each aspect; ▲ and ▼ only where it surely differs from the other partners, a slope "
            "with a star only where its warning stands"
        )
        rows = [self._aspect(row) for row in self.card.aspects]
        return [*self.by.table(say("Aspects"), caption, head, rows), self.by.marks()]

    def _aspect(self, row: AspectRow) -> Row:
        cells = [Cell(row.label), counted(row.n), self._score(row.name), Cell(row.interval)]
        cells.append(Cell(row.typical))
        if self.view.workspace.courses:
            cells.append(Cell(f"{row.slope} *" if row.turns else row.slope))
        if self.view.workspace.seen:
            cells.append(Cell(row.state))
        return Row(tuple(cells))

    def _score(self, name: str) -> Cell:
        return scored(self.view, self.view.measure_of(name).scores[self.card.place])

    def _basis(self) -> list[Block]:
        say, work = self.by.say, self.view.workspace
        told = say(
            "All numbers were computed once, when the wave was closed on %(day)s. Partners with "
            "fewer than %(least)d answers were taken out before.",
            day=self.by.day_of(work.closed_on),
            least=work.min_group,
        )
        words_of = say(
            "What people wrote in their own words is in no report: it can be taken back, and then "
            "it must be gone."
        )
        return [Heading(say("What this rests on")), Text(told), Text(words_of)]
