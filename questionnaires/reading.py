"""Reads an instrument file against an item bank."""

from pathlib import Path

from msgspec import structs

from questionnaires import wording
from questionnaires.errors import Problem
from questionnaires.item_bank import Bank
from questionnaires.model import (
    LANGUAGES,
    OFF_SCALE,
    PERSPECTIVES,
    SIDES,
    Construct,
    Instrument,
    Item,
    Page,
    Texts,
)
from questionnaires.rules import Rule
from questionnaires.table import Table, read_table, suggest


def read_instrument(path: Path, bank: Bank, problems: list[Problem]) -> Instrument | None:
    """Read an instrument, noting every problem of the file and of the items it uses.

    Parameters
    ----------
    path : the instrument's file
    bank : the items it may use
    problems : the list that problems are added to

    Returns
    -------
    The instrument, complete only when no problem was added; None when the file is no TOML.

    """
    table = read_table(path, problems)
    if table is None:
        return None
    with table.about(path.stem) as entry:
        sides = entry.choices("sides", SIDES, Rule.UNKNOWN_SIDE)
        perspectives = entry.choices("perspectives", PERSPECTIVES, Rule.UNKNOWN_PERSPECTIVE)
        _note_empty(entry, "sides", Rule.MISSING_SIDE)
        _note_empty(entry, "perspectives", Rule.MISSING_PERSPECTIVE)
        pages = _pages(entry, bank)
        items = [item for page in pages for item in page]
        _check_complete(entry, items, sides, perspectives, bank)
        _check_scales(entry, items)
        off_scale = entry.choices("off_scale", OFF_SCALE, Rule.UNKNOWN_OFF_SCALE)
        return Instrument(
            id=_id(entry, path),
            title=entry.texts("title"),
            introduction=_introduction(entry, sides),
            reference_period=entry.texts("reference_period"),
            sides=sides,
            perspectives=perspectives,
            languages=LANGUAGES,
            min_answered=_min_answered(entry),
            pages=tuple(
                Page(tuple(_view(item, sides, perspectives) for item in page)) for page in pages
            ),
            constructs=_constructs(bank, items),
            off_scale=tuple(bank.off_scale[code] for code in off_scale if code in bank.off_scale),
            sources=entry.strings("sources"),
        )


def _note_empty(entry: Table, key: str, rule: Rule) -> None:
    if entry.content.get(key) == []:
        entry.note(rule, f"«{entry.path}{key}» is empty; it needs at least one")


def _id(entry: Table, path: Path) -> str:
    found = entry.get("id", str)
    if found is None:
        return path.stem
    entry.check_id(found)
    if found != path.stem:
        message = f"the id is «{found}», the file {path.name}; name the file {found}.toml"
        entry.note(Rule.ID_NOT_FILE_NAME, message)
    return found


def _introduction(entry: Table, sides: tuple[str, ...]) -> dict[str, Texts]:
    table = entry.table("introduction")
    if table is None:
        return {}
    with table:
        if not sides:  # then that is the problem, not the introductions
            table.asked.update(SIDES)
        for side in sides:
            if side not in table.content:
                message = f"side «{side}» has no introduction; give [introduction.{side}]"
                table.note(Rule.MISSING_SIDE, message)
        return {side: table.texts(side, wording.prose) for side in sides if side in table.content}


def _min_answered(entry: Table) -> float:
    share = entry.get("min_answered", float)
    if share is None:
        return 1.0
    if not 0 < share <= 1:
        message = f"«min_answered» is {share}; it is a share above 0, up to 1"
        entry.note(Rule.OUT_OF_RANGE, message)
    return float(share)


def _pages(entry: Table, bank: Bank) -> list[list[Item]]:
    """Read the pages as items of the bank; an item that cannot be used is noted and left out."""
    _note_empty(entry, "pages", Rule.EMPTY_PAGE)
    pages: list[list[Item]] = []
    seen: set[str] = set()
    for page in entry.tables("pages"):
        with page:
            _note_empty(page, "items", Rule.EMPTY_PAGE)
            names = page.strings("items")
        pages.append([])
        for name in names:
            if name in seen:
                message = f"page {len(pages)} asks this item again; keep it on one page, once"
                entry.about(name).note(Rule.ITEM_TWICE, message)
            elif name in bank.items:
                pages[-1].append(bank.items[name])
            elif bank.whole:  # else it may stand in the file that could not be read
                hint = suggest(name, bank.items)
                message = f"page {len(pages)}: the bank has no such item; {hint}"
                entry.about(name).note(Rule.UNKNOWN_ITEM, message)
            seen.add(name)
    return pages


def _check_complete(
    entry: Table,
    items: list[Item],
    sides: tuple[str, ...],
    perspectives: tuple[str, ...],
    bank: Bank,
) -> None:
    """Note every text that the instrument declares and an item does not have."""
    for item in items:
        about, home = entry.about(item.id), bank.files[item.id]
        for side in sides:
            if side not in item.texts:
                message = f"the instrument declares side «{side}»; give it in {home}"
                about.note(Rule.MISSING_SIDE, message)
                continue
            for perspective in perspectives:
                if perspective not in item.texts[side]:
                    declared = f"{side}.{perspective}"
                    message = f"the instrument declares «{declared}»; give it in {home}"
                    about.note(Rule.MISSING_PERSPECTIVE, message)


def _check_scales(entry: Table, items: list[Item]) -> None:
    """Note a construct whose items are answered on more than one scale."""
    first: dict[str, str] = {}
    for item in items:
        if item.construct is None or item.scale is None:
            continue
        scale = first.setdefault(item.construct, item.scale.id)
        if scale != item.scale.id:
            message = f"items of {item.construct} are answered on {scale}, this one on "
            message += f"{item.scale.id}; a construct is scored on one scale"
            entry.about(item.id).note(Rule.MIXED_SCALES, message)


def _view(item: Item, sides: tuple[str, ...], perspectives: tuple[str, ...]) -> Item:
    """Keep the texts the instrument uses: only they are part of its version."""
    texts = {
        side: {p: item.texts[side][p] for p in perspectives if p in item.texts[side]}
        for side in sides
        if side in item.texts
    }
    return structs.replace(item, texts=texts)


def _constructs(bank: Bank, items: list[Item]) -> tuple[Construct, ...]:
    """Give the constructs in order of appearance."""
    ids = dict.fromkeys(item.construct for item in items if item.construct in bank.constructs)
    return tuple(bank.constructs[construct] for construct in ids if construct is not None)
