"""What one posted page means: values on the scale, codes beside it, cleaned text."""

import re
from collections.abc import Mapping
from typing import Final

from questionnaires import AnswerScale, Instrument, Item
from survey.errors import OffScale, TextTooLong, UnknownItem

SKIPPED: Final = "skipped"
NOT_REACHED: Final = "not_reached"
DONT_KNOW: Final = "dont_know"
NOT_APPLICABLE: Final = "not_applicable"
WITHDRAWN: Final = "withdrawn"
MISSING: Final = (NOT_REACHED, SKIPPED, DONT_KNOW, NOT_APPLICABLE, WITHDRAWN)

Answer = int | str
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def read_page(
    instrument: Instrument, page: int, given: Mapping[str, Answer]
) -> dict[str, Answer | None]:
    """Check what was given on a page and put it in the form in which it is kept.

    Parameters
    ----------
    instrument
        The questionnaire.
    page
        Page number, from 1, known to exist.
    given
        Item id → value, off-scale code or text; blank and absent mean the same.

    Returns
    -------
    dict
        Every item of the page → what is kept: for a rating item the value or a
        missing code (``skipped`` where nothing was chosen), for a text item its
        text, or ``None`` where there is none.

    Raises
    ------
    UnknownItem, OffScale, TextTooLong
        Before anything is stored.
    """
    items = {item.id: item for item in instrument.pages[page - 1].items}
    for item_id in given:
        if item_id not in items:
            raise UnknownItem(page=page, item=item_id[:60])
    codes = tuple(off.code for off in instrument.off_scale)
    return {
        item_id: _text(item, given.get(item_id, ""))
        if item.scale is None
        else _rating(item.id, item.scale, given.get(item_id, ""), codes)
        for item_id, item in items.items()
    }


def _rating(item_id: str, scale: AnswerScale, answer: Answer, codes: tuple[str, ...]) -> Answer:
    if answer == "" or answer in codes:
        return answer or SKIPPED
    values = {str(point.value): point.value for point in scale.points}
    if isinstance(answer, bool) or str(answer) not in values:
        raise OffScale(item=item_id, allowed=", ".join((*values, *codes)))
    return values[str(answer)]


def _text(item: Item, answer: Answer) -> str | None:
    text = _CONTROL.sub("", str(answer).replace("\r\n", "\n").replace("\r", "\n")).strip()
    if item.max_length is not None and len(text) > item.max_length:
        raise TextTooLong(item=item.id, length=len(text), allowed=item.max_length)
    return text or None
