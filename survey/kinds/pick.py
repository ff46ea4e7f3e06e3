"""Picks: the few that matter most, out of the item's own options."""

from collections.abc import Sequence
from typing import Any, ClassVar

from questionnaires import Item
from survey.errors import OffScale, TooManyChosen
from survey.kinds.choice import described, options_of
from survey.kinds.fields import SeveralField
from survey.kinds.kind import SKIPPED, Answer, Beside, Cells, Column, Given, Kind, codes_beside


class Pick(Kind):
    """Up to so many options, kept in the order in which they are shown."""

    name: ClassVar[str] = "pick"

    def field(self, item: Item, side: str, language: str, beside: Beside = ()) -> Any:  # noqa: ANN401
        del beside
        options = options_of(item, language)
        text = item.text(side, language)
        return SeveralField(text, name=item.id, options=options, most=_most(item))

    def read(self, item: Item, given: Given, beside: Beside = ()) -> Answer | None:
        del beside
        chosen = _chosen(given)
        known = [option.id for option in item.options]
        if not chosen <= set(known):
            raise OffScale(item=item.id, allowed=", ".join(known))
        if len(chosen) > _most(item):
            raise TooManyChosen(item=item.id, chosen=len(chosen), allowed=_most(item))
        return [option for option in known if option in chosen] or SKIPPED

    def words(self, item: Item, answer: Answer | None, language: str, beside: Beside = ()) -> str:
        del beside
        chosen = answer if isinstance(answer, list) else ()
        return ", ".join(o.words for o in options_of(item, language) if o.value in chosen)

    def columns(self, item: Item) -> tuple[Column, ...]:
        return (
            *(Column(f"{item.id}__{option.id}", "Int8", "option") for option in item.options),
            Column(f"{item.id}_missing", "String", "missing"),
        )

    def cells(self, item: Item, answers: Sequence[Answer | None]) -> Cells:
        return (
            *(
                [int(option.id in a) if isinstance(a, list) else None for a in answers]
                for option in item.options
            ),
            codes_beside(answers),
        )

    def describe(self, item: Item) -> dict[str, Any]:
        return {"options": described(item), "at_most": _most(item)}


def _chosen(given: Given) -> set[str]:
    if given is None or isinstance(given, int | str):
        return {str(given)} if given not in (None, "") else set()
    return {value for value in given if value}


def _most(item: Item) -> int:
    return item.pick or len(item.options)
