"""Choices: exactly one of the item's own options, in fixed order."""

from collections.abc import Sequence
from typing import Any, ClassVar

from questionnaires import Item
from survey.errors import OffScale
from survey.kinds.fields import OneField, Option
from survey.kinds.kind import (
    SKIPPED,
    Answer,
    Beside,
    Cells,
    Column,
    Given,
    Kind,
    codes_beside,
    single,
)


class Choice(Kind):
    """One option. What an instrument wants to offer besides, it lists among the options."""

    name: ClassVar[str] = "choice"
    few: ClassVar[bool] = True

    def field(self, item: Item, side: str, language: str, beside: Beside = ()) -> Any:  # noqa: ANN401
        del beside
        options = options_of(item, language)
        return OneField(item.text(side, language), name=item.id, options=options)

    def read(self, item: Item, given: Given, beside: Beside = ()) -> Answer | None:
        del beside
        answer = single(given)
        if answer == "":
            return SKIPPED
        known = [option.id for option in item.options]
        if answer not in known:
            raise OffScale(item=item.id, allowed=", ".join(known))
        return answer

    def words(self, item: Item, answer: Answer | None, language: str, beside: Beside = ()) -> str:
        del beside
        return next((o.words for o in options_of(item, language) if o.value == answer), "")

    def columns(self, item: Item) -> tuple[Column, ...]:
        return (
            Column(item.id, "String", "answer"),
            Column(f"{item.id}_missing", "String", "missing"),
        )

    def cells(self, item: Item, answers: Sequence[Answer | None]) -> Cells:
        del item
        codes = codes_beside(answers)
        return [a if code is None else None for a, code in zip(answers, codes, strict=True)], codes

    def describe(self, item: Item) -> dict[str, Any]:
        return {"options": described(item)}


def options_of(item: Item, language: str) -> tuple[Option, ...]:
    """Give the options of an item as a form shows them in a language."""
    return tuple(Option(option.id, option.label[language]) for option in item.options)


def described(item: Item) -> list[dict[str, Any]]:
    """List the options with their words, for the codebook."""
    return [{"id": option.id, "label": dict(option.label)} for option in item.options]
