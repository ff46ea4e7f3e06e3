"""What stands at the end of a questionnaire: a summing up, then words of one's own."""

from msgspec import structs

from questionnaires.model import Instrument, scored
from questionnaires.parts import DIRECT, Item, Page


def ending_last(instrument: Instrument) -> Instrument:
    """Move outcome items and open questions to a last page of their own.

    Whoever has been asked how all of it is, or what to add, expects no more pages.

    Parameters
    ----------
    instrument : an instrument made of several, with the endings of each in its midst

    Returns
    -------
    The same items. Those that hang on a condition, on which a condition hangs, or that guess
    the other side's view stay where they are; among the moved, open questions come last.

    """
    pages = instrument.pages
    named = {
        condition.item
        for page in pages
        for conditions in (page.show_if, *(item.show_if for item in page.items))
        for condition in conditions
    }
    outcomes = {each.id for each in instrument.constructs if each.kind == "outcome"}
    moved = [
        item
        for page in pages
        for item in page.items
        if not page.show_if and item.id not in named and _ends(item, outcomes)
    ]
    if not moved:
        return instrument
    moved.sort(key=lambda item: item.kind == "text")
    going = {item.id for item in moved}
    kept = (
        structs.replace(page, items=tuple(item for item in page.items if item.id not in going))
        for page in pages
    )
    pages = (*(page for page in kept if page.items), Page(tuple(moved)))
    items = [item for page in pages for item in page.items]
    constructs = {each.id: each for each in instrument.constructs}
    return structs.replace(
        instrument,
        pages=pages,
        constructs=tuple(constructs[each] for each in scored(items, instrument.groups)),
    )


def _ends(item: Item, outcomes: set[str]) -> bool:
    if item.show_if or item.perspective != DIRECT:
        return False
    return item.kind == "text" or item.construct in outcomes
