"""What asking for the other side's view makes of an item and its construct."""

from typing import Final

from msgspec import structs

from questionnaires.parts import META, META_SUFFIX, Construct, Item, Texts

_LABEL: Final = {
    "en": "{} (as we think the other side sees it)",
    "nb": "{} (slik vi tror den andre parten ser det)",
    "nn": "{} (slik vi trur den andre parten ser det)",
    "is": "{} (eins og við teljum að hinn aðilinn sjái það)",
}
_DESCRIPTION: Final = {
    "en": "What one side believes the other would answer. {}",
    "nb": "Det den ene parten tror at den andre ville svart. {}",
    "nn": "Det den eine parten trur at den andre ville svara. {}",
    "is": "Það sem annar aðilinn telur að hinn myndi svara. {}",
}


def seen_as(item: Item, perspective: str, sides: tuple[str, ...]) -> Item:
    """Give an item of the bank as an instrument asks it.

    Parameters
    ----------
    item : the item with all its texts
    perspective : "direct" or "meta"
    sides : the sides of the instrument

    Returns
    -------
    The item with the texts of these sides and that perspective only, for only they are part of
    the version. A guess has an id and a construct of its own, each ending in `__meta`.

    """
    texts = {
        side: {perspective: item.texts[side][perspective]}
        for side in sides
        if perspective in item.texts.get(side, {})
    }
    if perspective != META:
        return structs.replace(item, texts=texts)
    construct = None if item.construct is None else item.construct + META_SUFFIX
    return structs.replace(
        item, id=item.id + META_SUFFIX, construct=construct, texts=texts, perspective=META
    )


def guessed(construct: Construct) -> Construct:
    """Give the construct that guesses about a construct measure."""
    return structs.replace(
        construct,
        id=construct.id + META_SUFFIX,
        label=_around(_LABEL, construct.label),
        description=_around(_DESCRIPTION, construct.description),
    )


def _around(phrases: Texts, texts: Texts) -> Texts:
    return {language: phrases[language].format(text) for language, text in texts.items()}
