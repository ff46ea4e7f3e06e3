"""One question as it is shown: its words in one language, for one side."""

from dataclasses import dataclass

from questionnaires import Instrument, Item
from survey.kinds import Answer, kind_of


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One item in one language for one side, with its names still to be filled in.

    ``kind`` is the name of its kind, ``template`` that of the template that draws it.
    """

    id: str
    kind: str
    template: str
    text: str
    hint: str
    item: Item
    language: str
    instrument: Instrument

    def words(self, given: Answer | None) -> str:
        """Give the words of an answer: the label of what was chosen, the text, or nothing."""
        kind = kind_of(self.item)
        return kind.words(self.item, given, self.language, self.instrument.off_scale)


def read_question(instrument: Instrument, item: Item, side: str, language: str) -> Question:
    """Take from an item what one side reads in one language."""
    return Question(
        id=item.id,
        kind=item.kind,
        template=kind_of(item).template,
        text=item.text(side, language),
        hint=item.hint[language] if item.hint else "",
        item=item,
        language=language,
        instrument=instrument,
    )
