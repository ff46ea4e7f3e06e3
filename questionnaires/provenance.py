"""How far translations have been reviewed, and whether their English text changed since."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from questionnaires.parts import STATUSES, Item, Option, Texts

SOURCE = "en"
_DIGITS = 8


class TranslationStatus(Struct, frozen=True):
    """The state of one language of an instrument.

    `lowest` is the lowest status of its items, None where no status is known (as in an
    instrument read back from its canonical form); `stale` names the items whose English text
    changed since they were translated, `unrecorded` those that do not say from which text.
    """

    lowest: str | None
    stale: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()


def fingerprint(
    texts: Mapping[str, Mapping[str, Texts]], hint: Texts | None, options: Iterable[Option]
) -> str:
    """Give the first 8 hex digits of the SHA-256 of an item's English texts.

    Parameters
    ----------
    texts : all sides and perspectives of the item as the bank has it
    hint : its hint, if any
    options : its options, if any

    Returns
    -------
    The hash of the texts as sorted JSON: `{"ours": {"direct": "…"}, …}`, and with them `hint`
    and `labels` where the item has them.

    """
    english: dict[str, object] = {
        side: {perspective: by_language.get(SOURCE, "") for perspective, by_language in of.items()}
        for side, of in texts.items()
    }
    if hint:
        english["hint"] = hint.get(SOURCE, "")
    labels = {option.id: option.label.get(SOURCE, "") for option in options}
    if labels:
        english["labels"] = labels
    return hashlib.sha256(msgspec.json.encode(english, order="sorted")).hexdigest()[:_DIGITS]


def status_of(items: Iterable[Item], language: str) -> TranslationStatus:
    """Sum up one language over the items."""
    items = tuple(items)
    known = [item.status[language] for item in items if language in item.status]
    return TranslationStatus(
        lowest=min(known, key=STATUSES.index, default=None),
        stale=tuple(item.id for item in items if language in item.stale),
        unrecorded=tuple(
            item.id
            for item in items
            if language != SOURCE and item.status and language not in item.source
        ),
    )
