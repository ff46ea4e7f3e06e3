"""Ratings: one point of an answer scale, or an answer beside it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from questionnaires import AnswerScale, Item
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


class Rating(Kind):
    """A point of a scale; a scale whose ends alone have words is drawn as numbers."""

    name: ClassVar[str] = "rating"
    few: ClassVar[bool] = True

    def field(self, item: Item, side: str, language: str, beside: Beside = ()) -> Any:  # noqa: ANN401
        options = _options(_scale(item), language, beside)
        return OneField(item.text(side, language), name=item.id, options=options)

    def read(self, item: Item, given: Given, beside: Beside = ()) -> Answer | None:
        answer = single(given)
        codes = [off.code for off in beside]
        if answer == "" or answer in codes:
            return answer or SKIPPED
        values = {str(point.value): point.value for point in _scale(item).points}
        if isinstance(answer, bool) or str(answer) not in values:
            raise OffScale(item=item.id, allowed=", ".join((*values, *codes)))
        return values[str(answer)]

    def words(self, item: Item, answer: Answer | None, language: str, beside: Beside = ()) -> str:
        options = _options(_scale(item), language, beside)
        return next((option.words for option in options if option.value == str(answer)), "")

    def columns(self, item: Item) -> tuple[Column, ...]:
        return (
            Column(item.id, "Int8", "answer"),
            Column(f"{item.id}_missing", "String", "missing"),
        )

    def cells(self, item: Item, answers: Sequence[Answer | None]) -> Cells:
        del item
        values = [answer if isinstance(answer, int) else None for answer in answers]
        return values, codes_beside(answers)

    def describe(self, item: Item) -> dict[str, Any]:
        scale = _scale(item)
        points = [{"value": point.value, "label": dict(point.label)} for point in scale.points]
        return {
            "scale": {"id": scale.id, "low": scale.low, "high": scale.high, "points": points},
            "reverse": item.reverse,
        }


def _options(scale: AnswerScale, language: str, beside: Beside) -> tuple[Option, ...]:
    low, high = str(scale.low), str(scale.high)
    points = [Option(str(point.value), point.label[language]) for point in scale.points]
    if scale.numbered:
        points = [
            Option(o.value, o.value, end=o.label if o.value in (low, high) else "") for o in points
        ]
    return (*points, *(Option(off.code, off.label[language], off_scale=True) for off in beside))


def _scale(item: Item) -> AnswerScale:
    if item.scale is None:
        raise ValueError(f"rating item {item.id} has no scale")
    return item.scale
