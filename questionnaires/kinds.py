"""The kinds of items: which keys each needs and allows, and how its text is worded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from questionnaires import wording
from questionnaires.parts import AnswerScale

TextCheck = Callable[[str, str, str], Iterator[wording.Fault]]  # side, language, text → faults


@dataclass(frozen=True, slots=True)
class Kind:
    """What the items of a kind look like in a bank file, and what may depend on their answers."""

    called: str
    needs: tuple[str, ...]
    allows: tuple[str, ...]
    measures: bool  # whether its items stand in the file of a construct
    operators: tuple[str, ...]  # of conditions on its items

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its own."""
        return (*self.needs, *self.allows)


KINDS: Final = {
    "rating": Kind(
        "a rating item",
        needs=("scale",),
        allows=("reverse",),
        measures=True,
        operators=("is", "at_least", "at_most", "answered"),
    ),
    "choice": Kind(
        "a choice",
        needs=("options", "labels"),
        allows=("hint", "instructed"),
        measures=False,
        operators=("is", "answered"),
    ),
    "pick": Kind(
        "a pick",
        needs=("options", "labels", "pick"),
        allows=("hint",),
        measures=False,
        operators=("includes", "answered"),
    ),
    "text": Kind(
        "an open question",
        needs=("max_length", "hint"),
        allows=(),
        measures=False,
        operators=("answered",),
    ),
}
OWN_KEYS: Final = tuple(dict.fromkeys(key for kind in KINDS.values() for key in kind.keys))


def text_check(kind: str, scale: AnswerScale | None) -> TextCheck:
    """Choose the rules of wording for an item of a kind, on its answer scale."""
    if kind == "text":
        return wording.question
    if kind != "rating":
        return wording.short_question
    return wording.statement if scale is None or scale.is_agreement else wording.rated


def owners(key: str) -> str:
    """Name the kinds that a key belongs to, for a message."""
    return " or ".join(f"«{name}»" for name, kind in KINDS.items() if key in kind.keys)
