"""The report on all partners of a wave, or on those that were chosen."""

from dataclasses import dataclass

from survey.pages.attention import attention, reach
from survey.pages.compared import Compared
from survey.pages.report_parts import Composer, columns, counted, scored, words
from survey.pages.report_tables import aspects, scorecard, volume
from survey.pages.voice import NONE
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


@dataclass(frozen=True, slots=True)
class PortfolioReport:
    """Composes the report on the partners that its composer looks at."""

    by: Composer

    @property
    def view(self) -> Compared:
        """The wave, by the measure that is looked at."""
        return self.by.view

    def document(self) -> Document:
        """Compose the report."""
        say, work = self.by.say, self.view.workspace
        parts = (
            self._reach(),
            self._attention(),
            self._standing(),
            aspects(self.by),
            scorecard(self.by),
            volume(self.by),
            self._basis(),
        )
        title = say("How our partners stand")
        subtitle = say(
            "Portfolio report: %(study)s, wave %(wave)d", study=work.title, wave=work.wave
        )
        return self.by.document(title, subtitle, [block for part in parts for block in part])

    def _reach(self) -> list[Block]:
        say, found = self.by.say, reach(self.view)
        shown = say("%(shown)d of %(all)d", shown=found.shown, all=found.partners)
        rows = (
            (say("Partners shown"), shown),
            (say("Our people who answered"), found.people),
            (say("Partners' people who answered"), found.people_there),
            (say("Revenue that is covered"), found.revenue),
        )
        return [Facts(tuple((term, told) for term, told in rows if told))]

    def _attention(self) -> list[Block]:
        say, work = self.by.say, self.view.workspace
        lines = attention(self.view)
        blocks: list[Block] = [Heading(say("What needs attention"))]
        if lines:
            blocks.append(Bullets(tuple(f"{line.partner}. {' '.join(line.why)}" for line in lines)))
        else:
            told = say(
                "Nothing stands out beyond error. With few raters that is no all-clear: small "
                "troubles are not found then."
            )
            blocks.append(Text(told))
        if work.looked_at:
            told = say(
                "Warnings were looked for in %(places)d places; what is said here stands when "
                "that is allowed for. Others, which may be chance, are on the partners' cards.",
                places=work.looked_at,
            )
            blocks.append(Text(told, ASIDE))
        return blocks

    def _standing(self) -> list[Block]:
        say, view = self.by.say, self.view
        label, measure = view.label(view.name), view.measure
        title = say("%(aspect)s: partners from highest to lowest", aspect=label)
        drawn = self.by.figure(
            "caterpillar",
            title,
            view.described(),
            view.rows(),
            measure.lowest,
            measure.highest,
            id="stand-chart",
            shown="shrunken" if measure.shrunken else "mean",
            mu=measure.centre,
        )
        head = columns(
            say("Partner"), "n", say("Score"), self.by.level(), say("Could rank"),
            say("Warnings"), numbers=5,
        )  # fmt: skip
        rows = [self._stands(place) for place in view.shown]
        rows += [words(name, view.too_few, off=True) for name in view.hidden]
        return [
            Heading(label),
            *([Text(view.order, LEAD)] if view.order else []),
            drawn,
            Text(self._legend(), ASIDE),
            *self.by.table(say("Partners"), title, head, rows),
            *self.by.hidden(),
            *self._bands(),
        ]

    def _bands(self) -> list[Block]:
        say, view = self.by.say, self.view
        if len(view.bands) < 2:
            return []
        told = say(
            "Within a line nobody is surely above another. A partner can stand in two lines."
        )
        heading = Heading(say("Who cannot be told apart"), 3)
        return [heading, Bullets(tuple(map(view.listed, view.bands))), Text(told, ASIDE)]

    def _legend(self) -> str:
        if self.view.measure.shrunken:
            return self.by.say(
                "A dot is the score, hollow where it does not surely differ from the others; the "
                "line is its interval, the small tick the raw mean, the broken line the mean of "
                "all."
            )
        return self.by.say(
            "A dot is the mean, hollow where it does not surely differ from the others; the line "
            "is its interval, the broken line the mean of all."
        )

    def _stands(self, place: int) -> Row:
        view = self.view
        score = view.measure.scores[place]
        rules = {sign.rule for sign in view.signs_of(place)}
        return Row(
            (
                Cell(view.workspace.names[place]),
                counted(score.n),
                scored(view, score),
                Cell(view.span(score)),
                Cell(view.ranks(score)),
                counted(len(rules)) if rules else Cell(NONE),
            )
        )

    def _basis(self) -> list[Block]:
        say, view = self.by.say, self.view
        work = view.workspace
        told = say(
            "All numbers were computed once, when the wave was closed on %(day)s, from %(n)d "
            "assessments. Partners with fewer than %(least)d answers were taken out before.",
            day=self.by.day_of(work.closed_on),
            n=work.n_rows,
            least=work.min_group,
        )
        marks = say(
            "▲ and ▼ mark what is beyond error, all partners taken together; everything else may "
            "be chance."
        )
        alike = [
            say(
                "%(one)s and %(two)s cannot be told apart in these answers: read them as one.",
                one=view.label(one),
                two=view.label(two),
            )
            for one, two in work.alike
        ]
        heading = Heading(say("What this rests on"))
        return [heading, Text(f"{told} {marks}"), *([Bullets(tuple(alike))] if alike else [])]
