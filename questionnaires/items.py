"""Reads a file of `bank/items/`: the items of one construct, or questions without one."""

import re
from collections.abc import Collection, Iterator
from functools import partial
from typing import Final, cast

from questionnaires import wording
from questionnaires.kinds import KINDS, OWN_KEYS, TextCheck, owners, text_check
from questionnaires.options import read_instructed, read_options, read_pick
from questionnaires.parts import (
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
from questionnaires.provenance import SOURCE, fingerprint
from questionnaires.rules import Rule
from questionnaires.table import Table, suggest

MAX_LENGTH: Final = 10_000  # characters of an open answer
# beside the items: columns of a closed wave's data, and fields of the pages that ask
_COLUMNS: Final = ("partner", "side", "language", "wave", "name", "code", "item_order")
_FIELDS: Final = ("csrf_token", "link", "go", "clear", "decline", "undecline")
_SUFFIXES: Final = ("_missing", "_off_path")
_HASH: Final = re.compile(r"[0-9a-f]{8}")


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
        own = KINDS[kind].keys
        scale = _scale(entry, scales) if "scale" in own else None
        texts = _texts(entry, text_check(kind, scale))
        hint = _hint(kind, entry)
        options = read_options(entry) if "options" in own else ()
        source = _source(entry)
        now = fingerprint(texts, hint, options)
        return Item(
            id=item_id,
            kind=cast("ItemKind", kind),
            texts=texts,
            construct=construct,
            scale=scale,
            reverse="reverse" in own and bool(entry.get("reverse", bool, optional=True)),
            max_length=_max_length(entry) if "max_length" in own else None,
            hint=hint,
            status=entry.texts("status", _status),
            options=options,
            pick=read_pick(entry, options) if "pick" in own else None,
            instructed=read_instructed(entry, options) if "instructed" in own else None,
            source=source,
            only_named=bool(entry.get("only_named", bool, optional=True)),
            stale=tuple(language for language, made_from in source.items() if made_from != now),
        )


def _check_id(item_id: str, entry: Table) -> None:
    """Note an id that would hide another column of a closed wave's data or field of a page."""
    if item_id in (*_COLUMNS, *_FIELDS) or item_id.endswith(_SUFFIXES):
        entry.note(
            Rule.RESERVED_ID,
            f"the data of a wave has columns {', '.join(_COLUMNS)} and, for an item, one that "
            f"ends in {' or '.join(_SUFFIXES)}; pages have fields {', '.join(_FIELDS)}; choose "
            f"another id than «{item_id}»",
        )


def _check_kind(kind: str, entry: Table, construct: str | None) -> None:
    """Note keys of another kind, and an item in a file that is not for its kind."""
    found = KINDS[kind]
    for key in OWN_KEYS:
        if key in entry.content and key not in found.keys:
            entry.asked.add(key)
            message = f"«{entry.path}{key}» belongs to items of kind {owners(key)}, not «{kind}»"
            entry.note(Rule.MISPLACED_KEY, f"{message}; remove it")
    if found.measures and construct is None:
        message = f'{found.called} needs the construct it measures; add `construct = "…"` on top'
        entry.note(Rule.MISPLACED_ITEM, message)
    if construct is not None and not found.measures:
        message = f"{found.called} measures no construct; move it out of the file of {construct}"
        entry.note(Rule.MISPLACED_ITEM, f"{message} into one without `construct`")


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


def _hint(kind: str, entry: Table) -> Texts | None:
    found = KINDS[kind]
    if "hint" in found.needs or ("hint" in found.allows and "hint" in entry.content):
        return entry.texts("hint")
    return None


def _source(entry: Table) -> Texts:
    """Read from which English text each translation was made."""
    table = entry.table("source", optional=True)
    if table is None:
        return {}
    translated = [language for language in LANGUAGES if language != SOURCE]
    for name in table.content:
        if name not in translated:
            message = f"«{table.path}{name}» is none of the translations {', '.join(translated)}"
            table.note(Rule.BAD_SOURCE, message, name)
    found = {name: table.get(name, str) for name in translated if name in table.content}
    for language, value in found.items():
        if value is not None and not _HASH.fullmatch(value):
            message = f"«{table.path}{language}» is «{value}»; it is 8 hexadecimal digits, which "
            message += "`tillit instruments translations --record` writes"
            table.note(Rule.BAD_SOURCE, message, language)
    return {language: value for language, value in found.items() if value is not None}


def _texts(entry: Table, check: TextCheck) -> dict[str, dict[str, Texts]]:
    """Read the texts of the sides and perspectives the item has."""
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
