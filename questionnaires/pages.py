"""Reads the pages of an instrument: which items of the bank they ask, and when."""

from dataclasses import dataclass

from msgspec import structs

from questionnaires.conditions import read_conditions
from questionnaires.item_bank import Bank
from questionnaires.parts import DIRECT, META, META_SUFFIX, PERSPECTIVES, Condition, Item, Page
from questionnaires.perspectives import seen_as
from questionnaires.rules import Rule
from questionnaires.table import Table, suggest


@dataclass(frozen=True, slots=True)
class _Asked:
    """An item as a page names it."""

    name: str
    show_if: tuple[Condition, ...] = ()


def read_pages(entry: Table, bank: Bank, sides: tuple[str, ...]) -> tuple[Page, ...]:
    """Read the pages; an item that cannot be used is noted and left out.

    Parameters
    ----------
    entry : the instrument's table
    bank : the items it may use
    sides : the sides it declares

    Returns
    -------
    The pages, with the items as the instrument asks them.

    """
    entry.note_empty("pages", Rule.EMPTY_PAGE)
    seen: set[str] = set()
    pages = []
    for number, table in enumerate(entry.tables("pages"), start=1):
        with table:
            perspective = (
                table.choice("perspective", PERSPECTIVES, Rule.UNKNOWN_PERSPECTIVE, default=DIRECT)
                or DIRECT
            )
            shuffle = bool(table.get("shuffle", bool, optional=True))
            show_if = read_conditions(table.about(f"page {number}"))
            asked = _asked(table)
        items = []
        for each in asked:
            item = _find(entry, each, bank, f"page {number}", perspective, seen)
            if item is not None:
                _check_complete(entry, item, sides, perspective, bank)
                items.append(
                    structs.replace(seen_as(item, perspective, sides), show_if=each.show_if)
                )
        pages.append(Page(tuple(items), shuffle, show_if))
    return tuple(pages)


def _asked(page: Table) -> list[_Asked]:
    """Read the members of a page: ids, or tables of an id and a condition."""
    page.note_empty("items", Rule.EMPTY_PAGE)
    asked = []
    for member in page.members("items"):
        if isinstance(member, str):
            asked.append(_Asked(member))
            continue
        with member:
            name = member.get("id", str)
            table = member if name is None else member.about(name)
            asked += [] if name is None else [_Asked(name, read_conditions(table))]
    return asked


def _find(
    entry: Table, asked: _Asked, bank: Bank, page: str, perspective: str, seen: set[str]
) -> Item | None:
    """Find an item in the bank, noting one that is unknown or asked before."""
    name = asked.name
    unique = name + META_SUFFIX if perspective == META else name
    if unique in seen:
        message = f"{page} asks this item again; keep it on one page, once"
        entry.about(name).note(Rule.ITEM_TWICE, message)
        return None
    seen.add(unique)
    if name not in bank.items and bank.whole:  # else it may stand in a file that is unreadable
        message = f"{page}: the bank has no such item; {suggest(name, bank.items)}"
        if name.endswith(META_SUFFIX):
            message = f"{page}: name the item as the bank does, without {META_SUFFIX}, on a page "
            message += 'with `perspective = "meta"`'
        entry.about(name).note(Rule.UNKNOWN_ITEM, message)
    return bank.items.get(name)


def _check_complete(
    entry: Table, item: Item, sides: tuple[str, ...], perspective: str, bank: Bank
) -> None:
    """Note every text that the instrument needs and an item does not have."""
    about, home = entry.about(item.id), bank.files[item.id]
    for side in sides:
        if side not in item.texts:
            message = f"the instrument declares side «{side}»; give it in {home}"
            about.note(Rule.MISSING_SIDE, message)
        elif perspective not in item.texts[side]:
            message = f"a page asks for «{side}.{perspective}»; give it in {home}"
            about.note(Rule.MISSING_PERSPECTIVE, message)
