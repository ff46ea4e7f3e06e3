"""The order of the items of one assessment: shuffled within pages, the same for the same seed."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby

from questionnaires.parts import Page


def order(pages: tuple[Page, ...], seed: int) -> tuple[str, ...]:
    """Give the ids of all items in page order, shuffled within the pages that shuffle.

    On such a page the unconditional rating items of one answer scale change places with each
    other; every other item keeps its place. Items are sorted by a hash of the seed and their
    id, so the order depends on nothing but these.
    """
    placed: list[str] = []
    for page in pages:
        here = [item.id for item in page.items]
        for places in _exchangeable(page):
            mixed = sorted((here[place] for place in places), key=lambda each: _lot(seed, each))
            for place, item_id in zip(places, mixed, strict=True):
                here[place] = item_id
        placed += here
    return tuple(placed)


def allows(pages: tuple[Page, ...], ids: Sequence[str]) -> bool:
    """Tell whether some seed may give this order: all items, each where it may stand."""
    own = [item.id for page in pages for item in page.items]
    if sorted(ids) != sorted(own):
        return False
    group: dict[str, tuple[str, ...]] = {item_id: (item_id,) for item_id in own}
    for page in pages:
        for places in _exchangeable(page):
            together = tuple(page.items[place].id for place in places)
            group.update(dict.fromkeys(together, together))
    return all(group[given] == group[item_id] for given, item_id in zip(ids, own, strict=True))


def _exchangeable(page: Page) -> Iterator[list[int]]:
    """Yield the places on a page whose items may change places with each other."""
    if not page.shuffle:
        return
    free = [
        (item.scale.id, place)
        for place, item in enumerate(page.items)
        if item.scale is not None and not item.show_if
    ]
    for _, members in groupby(sorted(free), key=_scale_id):
        places = [place for _, place in members]
        if len(places) > 1:
            yield places


def _scale_id(member: tuple[str, int]) -> str:
    return member[0]


def _lot(seed: int, item_id: str) -> bytes:
    return hashlib.sha256(f"{seed} {item_id}".encode()).digest()
