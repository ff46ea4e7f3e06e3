"""The state of the translations: how far each text has been reviewed, and which are stale."""

from msgspec import Struct

from questionnaires.loader import available, load
from questionnaires.model import Instrument
from questionnaires.parts import Item
from questionnaires.provenance import SOURCE


class Translation(Struct, frozen=True):
    """The state of one item of an instrument in one language.

    `stale`: the English text has changed since. `recorded`: the bank says from which English
    text it was made (of English itself there is nothing to say). `english`: the English texts
    of the item as they are now, by side, hint or option.
    """

    instrument: str
    language: str
    item: str
    status: str
    stale: bool
    recorded: bool
    english: dict[str, str]


def translations(*instruments: Instrument) -> tuple[Translation, ...]:
    """Give the state of every item in every language.

    Parameters
    ----------
    instruments : as loaded from their files; every shipped one when none is given

    Returns
    -------
    One entry for each instrument, language and item, in this order. Items without a known
    status, as in an instrument read back from its canonical form, are left out.

    """
    chosen = instruments or tuple(load(each) for each in available())
    return tuple(
        Translation(
            instrument=instrument.id,
            language=language,
            item=item.id,
            status=item.status[language],
            stale=language in item.stale,
            recorded=language == SOURCE or language in item.source,
            english=_english(item),
        )
        for instrument in chosen
        for language in instrument.languages
        for item in instrument.items
        if language in item.status
    )


def _english(item: Item) -> dict[str, str]:
    """Give the English texts of an item as the instrument asks it."""
    texts = {side: texts[SOURCE] for side, _, texts in item.each_text()}
    if item.hint is not None:
        texts["hint"] = item.hint[SOURCE]
    return texts | {option.id: option.label[SOURCE] for option in item.options}
