"""What reports of any kind are composed of: cells, figures, and what a report rests on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from survey.pages.compared import Compared, digits_of
from survey.pages.explanations import N_
from survey.pages.languages import long_date
from survey.pages.rendering import Renderer
from survey.pages.voice import NONE
from survey.pages.workspace import FIELD_WORDS, KINDS
from survey.services.comparing.model import Score
from survey.services.reporting.blocks import (
    ABOVE,
    ASIDE,
    BELOW,
    FINGERPRINT,
    OF,
    PAGE,
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Row,
    Table,
    Text,
)

_FIXED: Final = {
    ABOVE: N_("surely above the others"),
    BELOW: N_("surely below the others"),
    PAGE: N_("Page"),
    OF: N_("of"),
    FINGERPRINT: N_("Fingerprint of this report (SHA-256)"),
}


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes a report in one language.

    Parameters
    ----------
    view
        The wave, in that language.
    renderer
        Draws the pictures.
    day
        On which the report is made.
    chosen
        By which values its partners were chosen, if not all are in it.
    """

    view: Compared
    renderer: Renderer
    day: dt.date
    chosen: Mapping[str, str]

    def say(self, text: str, **values: object) -> str:
        """Translate a text and put the values in it."""
        return self.view.voice.say(text, **values)

    def written(self, day: dt.date | None) -> str:
        """Write a day; a dash where there is none."""
        return NONE if day is None else long_date(day, self.view.voice.language)

    def day_of(self, text: str) -> str:
        """Write a day that is kept as an ISO text."""
        return self.written(dt.date.fromisoformat(text))

    def level(self) -> str:
        """Head the column of intervals."""
        return self.say("%(level)s interval", level=self.view.level)

    def document(self, title: str, subtitle: str, blocks: Sequence[Block]) -> Document:
        """Bind blocks into a report."""
        return Document(
            language=self.view.voice.language,
            title=title,
            subtitle=subtitle,
            organisation=self.view.workspace.organisation,
            day=self.day,
            written=self.written(self.day),
            blocks=tuple(blocks),
            stamp=self._stamp(),
            words={key: self.say(text) for key, text in _FIXED.items()},
        )

    def figure(self, macro: str, title: str, described: str, *given: Any, **named: Any) -> Figure:  # noqa: ANN401
        """Draw a picture of the house; `given` stands before its title, `named` after."""
        words = {**self.view.words, **named.pop("words", {})}
        svg = self.renderer.picture(
            macro, self.view.voice.language, *given, title, described, words, **named
        )
        return Figure(title, described, svg)

    def table(
        self, name: str, caption: str, head: Sequence[Column], rows: Sequence[Row]
    ) -> list[Block]:
        """Make a table; one without rows is none."""
        return [Table(name, caption, tuple(head), tuple(rows))] if rows else []

    def bullets(self, items: Sequence[str]) -> list[Block]:
        """Make a list; one without items says that nothing is sure."""
        texts = tuple(items)
        return [Bullets(texts) if texts else Text(self.say("Nothing is surely so."))]

    def marks(self) -> Text:
        """Say against what a mark is set, beside a median that it is not set against."""
        told = self.say(
            "The others are taken by their mean: where one of them lies far off, a marked score "
            "can equal the median."
        )
        return Text(told, ASIDE)

    def hidden(self) -> list[Block]:
        """Say which partners are left out, and why."""
        names = self.view.hidden
        if not names:
            return []
        told = self.view.voice.count(
            "%(listed)s is not shown: %(reason)s. Its answers are in no number here.",
            "%(listed)s are not shown: %(reason)s. Their answers are in no number here.",
            len(names),
            listed=self.view.listed(names),
            reason=self.view.too_few,
        )
        return [Text(told, ASIDE)]

    def _stamp(self) -> Facts:
        work, say = self.view.workspace, self.say
        frozen = say("%(sha256)s, version %(number)d", sha256=work.sha256, number=work.data_version)
        rows = (
            (say("Study"), f"{work.title}, {say('Wave %(number)d', number=work.wave)}"),
            (say("Closed on"), self.day_of(work.closed_on)),
            (say("Assessments"), str(work.n_rows)),
            (say("Partners"), self._chosen() or say("all of the study")),
            (
                say("Smallest group that is shown"),
                say("%(least)d people for scores", least=work.min_group),
            ),
            (say("Intervals"), self.view.level),
            (say("Alike, if sides differ by at most"), self._margin()),
            (say("Weights"), self._weights()),
            (say("Questionnaire"), f"{work.instrument}, {work.version[:16]}"),
            (say("Frozen copy (SHA-256)"), frozen),
            (say("Frozen copies of earlier waves"), ", ".join(work.earlier)),
            (say("Made with"), f"tillit {version('tillit')}"),
        )
        return Facts(tuple((term, told) for term, told in rows if told))

    def _chosen(self) -> str:
        values = (
            (field, self.say(KINDS[value]) if value in KINDS else value)
            for field, value in self.chosen.items()
        )
        return ", ".join(f"{self.say(FIELD_WORDS[field])}: {value}" for field, value in values)

    def _margin(self) -> str:
        margin = self.view.workspace.margin
        return "" if margin is None else self.view.number(margin, 2)

    def _weights(self) -> str:
        work = self.view.workspace
        if work.weights and work.equal_weights:
            return self.say("alike, since nobody chose any")
        return ", ".join(
            f"{self.view.label(name)} {self.view.voice.percent(share)}"
            for name, share in work.weights.items()
        )


def words(*texts: str, off: bool = False) -> Row:
    """Make a row of words."""
    return Row(tuple(Cell(text) for text in texts), off)


def scored(view: Compared, score: Score) -> Cell:
    """Make the cell of a score, with as many decimals as its interval supports."""
    digits = digits_of(score.low, score.high)
    return Cell(view.score(score.score, score), score.score, digits, score.beyond)


def counted(number: int | None) -> Cell:
    """Make the cell of a number of people."""
    return Cell(NONE) if number is None else Cell(str(number), float(number))


def columns(*texts: str, numbers: int = 0) -> tuple[Column, ...]:
    """Make heads of columns, the last of them of numbers."""
    words_first = len(texts) - numbers
    return tuple(Column(text, at >= words_first) for at, text in enumerate(texts))
