"""What one posted page means, and which questions are on the path of what was answered."""

from collections.abc import Mapping

from questionnaires import Instrument
from survey.errors import UnknownItem
from survey.kinds import Answer, Given, is_blank, kind_of


def read_page(
    instrument: Instrument,
    page: int,
    given: Mapping[str, Given],
    saved: Mapping[str, Answer],
    *,
    whole: bool = True,
) -> dict[str, Answer | None]:
    """Check what was given on a page and put it in the form in which it is kept.

    Parameters
    ----------
    instrument
        The questionnaire.
    page
        Page number, from 1, known to exist.
    given
        Item id → value, off-scale code, option, options or text. On a whole page an item that
        is absent was not shown, as in a tab from before an earlier answer changed: what is
        saved of it stays, and it is left alone if there is nothing.
    saved
        What is stored so far, which decides which items of the page are on the path.
    whole
        Whether the page was posted. Otherwise single answers come, and only they count.

    Returns
    -------
    dict
        Item id → what is kept; ``None`` where nothing is. Of a whole page every item that is
        on the path and was shown (``skipped`` where it was left alone); off the path, as in a
        page drawn before an earlier answer changed, only what was given, which is never thrown
        away.

    Raises
    ------
    UnknownItem, OffScale, TooManyChosen, TextTooLong
        Before anything is stored.
    """
    items = {item.id: item for item in instrument.pages[page - 1].items}
    for item_id in given:
        if item_id not in items:
            raise UnknownItem(page=page, item=item_id[:60])
    path = {item.id for item in instrument.shown(saved)[page - 1]}
    due = [
        item
        for item in items.values()
        if (item.id in path and (item.id in given or (whole and item.id not in saved)))
        or not is_blank(given.get(item.id))
    ]
    return {
        item.id: kind_of(item).read(item, given.get(item.id), instrument.off_scale) for item in due
    }


def off_path(instrument: Instrument, answers: Mapping[str, Answer]) -> list[str]:
    """List the items that have an answer but are off the path, in the order of the pages."""
    off = instrument.off_path(answers)
    return [item.id for item in instrument.items if item.id in off]


def next_page(instrument: Instrument, answers: Mapping[str, Answer], done: int) -> int | None:
    """Give the first page after page ``done`` that asks something, or ``None`` at the end."""
    shown = instrument.shown(answers)
    return next((number for number, items in enumerate(shown, 1) if items and number > done), None)
