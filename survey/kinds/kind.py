"""What every kind of question does: it is drawn, read, told in words, and laid in columns."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from questionnaires import Item, OffScale

SKIPPED: Final = "skipped"
NOT_REACHED: Final = "not_reached"
DONT_KNOW: Final = "dont_know"
NOT_APPLICABLE: Final = "not_applicable"
WITHDRAWN: Final = "withdrawn"
MISSING: Final = (NOT_REACHED, SKIPPED, DONT_KNOW, NOT_APPLICABLE, WITHDRAWN)

TEMPLATES: Final = Path(__file__).parent

Answer = int | str | list[str]  # as it is kept
Given = int | str | Sequence[str] | None  # as it comes
Cells = tuple[list[Any], ...]  # one list for each column
Beside = Sequence[OffScale]  # the answers off the scale that an instrument offers


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a closed wave's data: its name, the type of its cells, what they say."""

    name: str
    dtype: Literal["Int8", "String"]
    content: Literal["answer", "option", "missing", "text", "off_path"]


class Kind(ABC):
    """One kind of question, the same in a form, in the database, on a page and in a file.

    Its form is drawn by the macro ``draw(question, text, field)`` of a template that lies
    beside its module and has the kind's name. The first control has the item's id as its own.

    Of a kind with ``few`` answers, as many as a scale has points, pages keep what they drew.
    """

    name: ClassVar[str]
    few: ClassVar[bool] = False
    threshold: ClassVar[Literal["min_group", "min_group_text"]] = "min_group"

    @property
    def template(self) -> str:
        """Name of the template, as the templates' loader knows it."""
        return f"kinds/{self.name}.html"

    @abstractmethod
    def field(self, item: Item, side: str, language: str, beside: Beside = ()) -> Any:  # noqa: ANN401
        """Make the unbound form field of an item for one side and language.

        The field gives ``""`` (or an empty list) for an item that was left alone, and
        refuses in `pre_validate`, in the visitor's language, what `read` refuses.
        """

    @abstractmethod
    def read(self, item: Item, given: Given, beside: Beside = ()) -> Answer | None:
        """Check what was given and put it in the form in which it is kept.

        Parameters
        ----------
        item
            The question.
        given
            What came from a form, a script or a test; see `is_blank`.
        beside
            The answers off the scale that the instrument offers.

        Returns
        -------
        int, str, list of str or None
            What is kept; ``None`` where nothing is.

        Raises
        ------
        OffScale, TooManyChosen, TextTooLong
            Before anything is stored.
        """

    @abstractmethod
    def words(self, item: Item, answer: Answer | None, language: str, beside: Beside = ()) -> str:
        """Tell a kept answer in the words that were shown; nothing for one that was left alone."""

    @abstractmethod
    def columns(self, item: Item) -> tuple[Column, ...]:
        """Name the columns that the answers fill in the data of a closed wave."""

    @abstractmethod
    def cells(self, item: Item, answers: Sequence[Answer | None]) -> Cells:
        """Lay kept answers in the columns, one list for each.

        Parameters
        ----------
        item
            The question.
        answers
            One for each row; ``None`` where the item was never reached.
        """

    @abstractmethod
    def describe(self, item: Item) -> dict[str, Any]:
        """Say for the codebook what the answers can be."""


def is_blank(given: Given) -> bool:
    """Say whether nothing was given: absent, an empty text, or only empty texts."""
    if given is None or isinstance(given, str):
        return not given
    return not isinstance(given, int) and not any(given)


def single(given: Given) -> int | str:
    """Give the one answer that was given; of several values of one name the last counts."""
    if given is None or isinstance(given, int | str):
        return "" if given is None else given
    return given[-1] if given else ""


def codes_beside(answers: Iterable[Answer | None]) -> list[str | None]:
    """Lay out why there is no answer: null where there is one."""
    return [
        answer or NOT_REACHED
        if answer is None or (isinstance(answer, str) and answer in MISSING)
        else None
        for answer in answers
    ]
