"""Reads a file of `bank/items/`: the items of one construct, or open questions."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import cast

from questionnaires import wording
from questionnaires.model import (
    ITEM_KINDS,
    LANGUAGES,
    PERSPECTIVES,
    SIDES,
    STATUSES,
    AnswerScale,
    Item,
    ItemKind,
    Texts,
)
from questionnaires.rules import Rule
from questionnaires.table import Table, suggest

MAX_LENGTH = 10_000  # characters of an open answer
_COLUMNS = ("partner", "side", "language", "wave")  # of a closed wave's data, beside the items
_MISSING_SUFFIX = "_missing"
_ONLY_FOR = {"rating": ("scale", "reverse"), "text": ("max_length", "hint")}


def read_items(
    table: Table, constructs: Collection[str] | None, scales: dict[str, AnswerScale] | None
) -> dict[str, Item]:
    """Read every item of a bank file.

    Parameters
    ----------
    table : the file
    constructs : ids of the known constructs; None when their file cannot be read
    scales : the known answer scales by id; None when their file cannot be read

    Returns
    -------
    The items by id, as far as they can be read; problems are noted in the table.

    """
    with table:
        construct = table.get("construct", str, optional=True)
        if construct is not None and constructs is not None and construct not in constructs:
            message = f"there is no construct «{construct}»; {suggest(construct, constructs)}"
            table.about(construct).note(Rule.UNKNOWN_CONSTRUCT, message)
        entries = table.table("items")
    if entries is None:
        return {}
    return {
        item_id: _item(item_id, entry, construct, scales)
        for item_id, entry in entries.named_tables()
    }


def _item(
    item_id: str, entry: Table, construct: str | None, scales: dict[str, AnswerScale] | None
) -> Item:
    with entry:
        _check_id(item_id, entry)
        kind = entry.choice("kind", ITEM_KINDS, Rule.UNKNOWN_KIND, default="rating") or "rating"
        _check_kind(kind, entry, construct)
        rating = kind == "rating"
        return Item(
            id=item_id,
            kind=cast("ItemKind", kind),
            texts=_texts(entry, rating=rating),
            construct=construct,
            scale=_scale(entry, scales) if rating else None,
            reverse=rating and bool(entry.get("reverse", bool, optional=True)),
            max_length=None if rating else _max_length(entry),
            hint=None if rating else entry.texts("hint"),
            status=entry.texts("status", _status),
        )


def _check_id(item_id: str, entry: Table) -> None:
    """Note an id that would hide another column of a closed wave's data."""
    if item_id in _COLUMNS or item_id.endswith(_MISSING_SUFFIX):
        entry.note(
            Rule.RESERVED_ID,
            f"the data of a wave has columns {', '.join(_COLUMNS)} and, for each item, one that "
            f"ends in {_MISSING_SUFFIX}; choose another id than «{item_id}»",
        )


def _check_kind(kind: str, entry: Table, construct: str | None) -> None:
    """Note keys of the other kind, and an item in a file of the other kind."""
    for other in ITEM_KINDS:
        for key in _ONLY_FOR[other] if other != kind else ():
            if key in entry.content:
                entry.asked.add(key)
                message = f"«{entry.path}{key}» belongs to items of kind «{other}», not «{kind}»"
                entry.note(Rule.MISPLACED_KEY, f"{message}; remove it")
    if kind == "rating" and construct is None:
        message = 'a rating item needs the construct it measures; add `construct = "…"` on top'
        entry.note(Rule.MISPLACED_ITEM, message)
    if kind == "text" and construct is not None:
        message = f"an open question measures no construct; move it out of the file of {construct}"
        entry.note(Rule.MISPLACED_ITEM, message)


def _scale(entry: Table, scales: dict[str, AnswerScale] | None) -> AnswerScale | None:
    if scales is None:
        entry.get("scale", str)
        return None
    scale = entry.choice("scale", scales, Rule.UNKNOWN_SCALE)
    return None if scale is None else scales[scale]


def _max_length(entry: Table) -> int | None:
    length = entry.get("max_length", int)
    if length is not None and not 1 <= length <= MAX_LENGTH:
        message = f"«{entry.path}max_length» is {length}; it must be from 1 to {MAX_LENGTH}"
        entry.note(Rule.OUT_OF_RANGE, message)
    return length


def _texts(entry: Table, *, rating: bool) -> dict[str, dict[str, Texts]]:
    """Read the texts of the sides and perspectives the item has."""
    check = wording.statement if rating else wording.question
    texts: dict[str, dict[str, Texts]] = {}
    for side in SIDES:
        table = entry.table(side, optional=True)
        if table is None:
            continue
        with table:
            table.asked.update(PERSPECTIVES)
            texts[side] = {
                perspective: table.texts(perspective, partial(check, side))
                for perspective in PERSPECTIVES
                if perspective in table.content
            }
            if not texts[side]:
                message = f"side «{side}» has no text; give [{table.path}direct]"
                table.note(Rule.MISSING_PERSPECTIVE, message)
    if not texts:
        message = f"there is no text of any side; give [{entry.path}ours.direct] or its mirror"
        entry.note(Rule.MISSING_SIDE, message)
    for side, perspectives in texts.items():
        for perspective, by_language in perspectives.items():
            _translated(entry, f"{side}.{perspective}", by_language)
    return texts


def _translated(entry: Table, path: str, texts: Texts) -> None:
    """Note a translation that is the English text again."""
    for language in LANGUAGES:
        if language != "en" and texts.get(language) == texts.get("en", ""):
            message = f"{entry.path}{path}: «{texts[language]}» is the English text; translate it"
            entry.note(Rule.UNTRANSLATED, message, language)


def _status(_language: str, text: str) -> Iterator[wording.Fault]:
    if text not in STATUSES:
        yield Rule.UNKNOWN_STATUS, f"«{text}» is no status; {suggest(text, STATUSES)}"
