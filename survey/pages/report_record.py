"""What was agreed with a partner and done about it, as a part of its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from survey.pages.agreed import agreed
from survey.pages.card_rows import STEP_STATES
from survey.pages.card_view import Card
from survey.pages.record_words import NAMES, SORTS, STATES
from survey.pages.report_parts import Composer, columns, words
from survey.pages.voice import NONE
from survey.services.record.items import Known
from survey.services.record.kinds import ACTION, BRIEF, EXPECTATION, STAGE
from survey.services.record.whole import Entry, Record
from survey.services.reporting.blocks import ASIDE, Block, Heading, Text


@dataclass(frozen=True, slots=True)
class RecordPart:
    """Composes the record of a partner; notes for a negotiation are ours alone and stay in it.

    Parameters
    ----------
    by, card
        The language, and the partner's card in it.
    record, items
        What was agreed and done, and the items that it may name.
    opened
        On which day each wave was opened, as ISO texts.
    """

    by: Composer
    card: Card
    record: Record
    items: Known
    opened: Mapping[int, str]

    def blocks(self) -> list[Block]:
        """Give what stands, in the order of days, and what became of actions."""
        standing = [
            entry
            for entry in self.record.entries
            if entry.struck_on is None and entry.kind not in {BRIEF, STAGE}
        ]
        title = self.by.say("What was agreed, and what was done")
        if not standing:
            return [Heading(title), Text(self.by.say("The record is empty."))]
        actions = [entry for entry in standing if entry.kind == ACTION]
        others = [entry for entry in standing if entry.kind != ACTION]
        return [
            Heading(title),
            *self._entries(others),
            *self._agreed(standing),
            *self._actions(actions),
        ]

    def _entries(self, entries: Sequence[Entry]) -> list[Block]:
        say = self.by.say
        head = columns(say("What"), say("Day"), say("What it is about"), say("State"))
        rows = [
            words(
                say(
                    SORTS[entry.kind][entry.sort]
                    if entry.kind == EXPECTATION
                    else NAMES[entry.kind]
                ),
                self.by.written(entry.day),
                entry.text,
                say(STATES[entry.state]),
            )
            for entry in entries
        ]
        return self.by.table(
            say("Record"), say("What was agreed, incidents and disputes"), head, rows
        )

    def _agreed(self, entries: Sequence[Entry]) -> list[Block]:
        """Say what people answered on the items that measure what is in force."""
        say = self.by.say
        head = (
            *columns(say("What was agreed"), say("Question")),
            *columns(say("Mean"), self.by.level(), "n", numbers=3),
            *columns(say("State")),
        )
        rows = [
            words(
                entry.text,
                row.item,
                row.mean,
                row.interval,
                NONE if row.n is None else str(row.n),
                row.why or say(STEP_STATES[row.kind]),
            )
            for entry, asked in agreed(self.card, self.items, entries)
            for row in asked
        ]
        wave = self.by.view.workspace.wave
        caption = say("What people answered about it in wave %(number)d", number=wave)
        table = self.by.table(say("Questions"), caption, head, rows)
        rule = say(
            "Met by the same rule as a step: the whole interval of the mean lies nearer to “agree” "
            "than to the middle; not met where the whole interval lies below that."
        )
        return [*table, Text(rule, ASIDE)] if table else []

    def _actions(self, actions: Sequence[Entry]) -> list[Block]:
        say = self.by.say
        head = (
            *columns(say("Action"), say("Who"), say("Due on"), say("State"), say("Aspect")),
            *columns(say("Before"), say("After"), numbers=2),
            *columns(say("What changed")),
        )
        rows = []
        for entry in actions:
            deed = self.card.deed(entry.text, entry.aspect, entry.day.isoformat(), self.opened)
            rows.append(
                words(
                    entry.text,
                    entry.owner or NONE,
                    self.by.written(entry.due_on),
                    say(STATES[entry.state]),
                    deed.label or NONE,
                    deed.before,
                    deed.after,
                    deed.change or say("no wave before and after it"),
                )
            )
        caption = say("What changed since our actions? Before and after, with intervals")
        table = self.by.table(say("Actions"), caption, head, rows)
        drawn = say(
            "Changes are drawn towards the mean change of all partners, the more so the fewer "
            "answered: what looks like a large change is often chance."
        )
        caution = say(
            "A change after an action does not show that the action made it: what is low by "
            "chance rises by itself."
        )
        return [*table, Text(f"{drawn} {caution}", ASIDE)] if table else []
