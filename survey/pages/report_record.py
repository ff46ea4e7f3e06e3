"""What was agreed with a partner and done about it, as a part of its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from survey.pages.card_view import Card
from survey.pages.record_words import NAMES, SORTS, STATES
from survey.pages.report_parts import Composer, columns, words
from survey.pages.voice import NONE
from survey.services.record.kinds import ACTION, BRIEF, EXPECTATION, STAGE
from survey.services.record.whole import Entry, Record
from survey.services.reporting.blocks import ASIDE, Block, Heading, Text


@dataclass(frozen=True, slots=True)
class RecordPart:
    """Composes the record of a partner; notes for a negotiation are ours alone and stay in it.

    `opened` gives the day on which each wave was opened, as an ISO text.
    """

    by: Composer
    card: Card
    record: Record
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
        return [Heading(title), *self._entries(others), *self._actions(actions)]

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

    def _actions(self, actions: Sequence[Entry]) -> list[Block]:
        say = self.by.say
        head = columns(
            say("Action"), say("Who"), say("Due on"), say("State"), say("Aspect"),
            say("Before"), say("After"), say("What changed"),
        )  # fmt: skip
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
        caution = say(
            "A change after an action does not show that the action made it: what is low by "
            "chance rises by itself."
        )
        return [*table, Text(caution, ASIDE)] if table else []
