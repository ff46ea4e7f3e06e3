"""One question as it is shown: its words in one language, for one side."""

from dataclasses import dataclass

from questionnaires import Instrument, Item

Answer = int | str


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose: the value that is posted, its words, whether it is off the scale."""

    value: str
    label: str
    off_scale: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One item in one language for one side; an open question has no options."""

    id: str
    text: str
    options: tuple[Option, ...]
    hint: str
    max_length: int | None

    def words(self, given: Answer | None) -> str:
        """Give the words of an answer: the label of what was chosen, the text, or nothing."""
        if not self.options:
            return str(given or "")
        return next((option.label for option in self.options if option.value == str(given)), "")


def read_question(instrument: Instrument, item: Item, side: str, language: str) -> Question:
    """Take from an item what one side reads in one language, names still to be filled in."""
    options: tuple[Option, ...] = ()
    if item.scale is not None:
        points = (
            Option(str(p.value), p.label[language], off_scale=False) for p in item.scale.points
        )
        beside = (Option(o.code, o.label[language], off_scale=True) for o in instrument.off_scale)
        options = (*points, *beside)
    return Question(
        id=item.id,
        text=item.text(side, language, instrument.perspectives[0]),
        options=options,
        hint=item.hint[language] if item.hint else "",
        max_length=item.max_length,
    )
