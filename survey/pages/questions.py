"""One question as it is shown: its words in one language, for one side."""

from dataclasses import dataclass, field
from typing import Any

from questionnaires import Instrument, Item
from survey.kinds import Answer, kind_of


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One item in one language for one side, with its names still to be filled in.

    ``kind`` is the name of its kind, ``template`` that of the template that draws it, ``few``
    whether its answers are so few that what is shown of each is kept.
    """

    id: str
    kind: str
    template: str
    few: bool
    text: str
    hint: str
    item: Item
    language: str
    instrument: Instrument
    _told: dict[Any, str] = field(default_factory=dict, init=False, repr=False)

    def words(self, given: Answer | None) -> str:
        """Give the words of an answer: the label of what was chosen, the text, or nothing."""
        if not self.few:
            return self._words(given)
        told = self._told.get(given)
        if told is None:
            told = self._told[given] = self._words(given)
        return told

    def _words(self, given: Answer | None) -> str:
        kind = kind_of(self.item)
        return kind.words(self.item, given, self.language, self.instrument.off_scale)


def read_question(instrument: Instrument, item: Item, side: str, language: str) -> Question:
    """Take from an item what one side reads in one language."""
    kind = kind_of(item)
    return Question(
        id=item.id,
        kind=item.kind,
        template=kind.template,
        few=kind.few,
        text=item.text(side, language),
        hint=item.hint[language] if item.hint else "",
        item=item,
        language=language,
        instrument=instrument,
    )
