"""Open questions: a short answer in the respondent's own words."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Literal

from questionnaires import Item
from survey.errors import TextTooLong
from survey.kinds.fields import WordsField
from survey.kinds.kind import Answer, Beside, Cells, Column, Given, Kind, single

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Text(Kind):
    """Words, with a limit and a threshold of their own; nothing is kept where there are none."""

    name: ClassVar[str] = "text"
    threshold: ClassVar[Literal["min_group", "min_group_text"]] = "min_group_text"

    def field(self, item: Item, side: str, language: str, beside: Beside = ()) -> Any:  # noqa: ANN401
        del beside
        return WordsField(item.text(side, language), name=item.id, max_length=item.max_length)

    def read(self, item: Item, given: Given, beside: Beside = ()) -> Answer | None:
        del beside
        text = str(single(given)).replace("\r\n", "\n").replace("\r", "\n")
        text = _CONTROL.sub("", text).strip()
        if item.max_length is not None and len(text) > item.max_length:
            raise TextTooLong(item=item.id, length=len(text), allowed=item.max_length)
        return text or None

    def words(self, item: Item, answer: Answer | None, language: str, beside: Beside = ()) -> str:
        del item, language, beside
        return str(answer or "")

    def columns(self, item: Item) -> tuple[Column, ...]:
        return (Column(item.id, "String", "text"),)

    def cells(self, item: Item, answers: Sequence[Answer | None]) -> Cells:
        del item
        return ([None if answer is None else str(answer) for answer in answers],)

    def describe(self, item: Item) -> dict[str, Any]:
        return {"max_length": item.max_length}
