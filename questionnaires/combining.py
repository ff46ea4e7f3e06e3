"""Makes one questionnaire of several, without asking an item twice."""

from collections.abc import Iterable, Mapping
from functools import reduce
from math import ceil
from typing import Any, NoReturn

import msgspec
from msgspec import structs

from questionnaires.endings import ending_last
from questionnaires.errors import InstrumentError, Problem
from questionnaires.model import Instrument, scored
from questionnaires.parts import LANGUAGES, PERSPECTIVES, Condition, Item, Page
from questionnaires.rules import Rule


def combine(*instruments: Instrument) -> Instrument:
    """Make one instrument of several: the pages of one after those of the other.

    Parameters
    ----------
    instruments : at least one, each combined with those before it

    Returns
    -------
    An instrument whose id joins theirs with `+`. It has the sides and languages they have in
    common and the title, introductions and reference period of the first. An item that an
    earlier one asks is not asked again; a page left without items is left out. What sums up or
    is open (outcome items and open questions that hang on no condition, and on which none
    hangs) comes last, after the pages of all. Each scale is scored from all its items.

    Raises
    ------
    InstrumentError
        Rule `cannot_combine`: they have no side or language in common, offer different answers
        off the scale, ask one item differently or under different conditions, answer one scale
        on different points, or need different shares of answers for a score; or one of them
        stands there twice.

    """
    if not instruments:
        _refuse("", "there is nothing to combine; name at least one instrument")
    ids = [each.id for each in instruments]
    for each in dict.fromkeys(ids):
        if ids.count(each) > 1:
            _refuse("+".join(ids), f"{each} is named twice; name each instrument once")
    return ending_last(reduce(_join, instruments)) if len(instruments) > 1 else instruments[0]


def _join(first: Instrument, second: Instrument) -> Instrument:
    name = f"{first.id}+{second.id}"
    sides = _in_common(name, "side", first.sides, second.sides)
    languages = _in_common(name, "language", first.languages, second.languages)
    if first.off_scale != second.off_scale:
        _refuse(name, "they offer different answers off the scale; let both offer the same")
    first, second = _restricted(first, sides, languages), _restricted(second, sides, languages)
    pages = (*first.pages, *_new_pages(name, first, second))
    items = [item for page in pages for item in page.items]
    groups = _groups(first, second)
    constructs = {each.id: each for each in (*second.constructs, *first.constructs)}
    for each in second.constructs:
        if constructs[each.id] != each:
            _refuse(name, f"they mean different things by the construct {each.id}")
    _check_scoring(name, first, second, scored(items, groups))
    used = {item.perspective for item in items}
    return structs.replace(
        first,
        id=name,
        perspectives=tuple(each for each in PERSPECTIVES if each in used),
        pages=pages,
        constructs=tuple(constructs[each] for each in scored(items, groups)),
        sources=tuple(dict.fromkeys((*first.sources, *second.sources))),
        groups=groups,
    )


def _in_common(
    name: str, what: str, first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[str, ...]:
    common = tuple(each for each in first if each in second)
    if not common:
        has = f"one has {', '.join(first)}, the other {', '.join(second)}"
        _refuse(name, f"they have no {what} in common: {has}")
    return common


def _new_pages(name: str, first: Instrument, second: Instrument) -> Iterable[Page]:
    """Give the pages of the second with what the first does not ask."""
    before = _conditions(first)
    now = _conditions(second)
    asked = {item.id: item for item in first.items}
    for page in second.pages:
        for item in page.items:
            known = asked.get(item.id)
            if known is None:
                continue
            if not _same(known, item):
                _refuse(name, f"they ask {item.id} differently", item.id)
            if before[item.id] and set(before[item.id]) != set(now[item.id]):
                message = "the first asks it only when a condition holds, the second under another"
                _refuse(name, f"{message}; put the other one first", item.id)
        new = tuple(item for item in page.items if item.id not in asked)
        if new:
            yield structs.replace(page, items=new)


def _conditions(instrument: Instrument) -> dict[str, tuple[Condition, ...]]:
    return {
        item.id: (*page.show_if, *item.show_if) for page in instrument.pages for item in page.items
    }


def _same(one: Item, other: Item) -> bool:
    neutral: dict[str, Any] = {"show_if": (), "status": {}, "source": {}, "stale": ()}
    return structs.replace(one, **neutral) == structs.replace(other, **neutral)


def _groups(first: Instrument, second: Instrument) -> dict[str, tuple[str, ...]]:
    """Give the scales that the constructs of the items alone would not give."""
    if not first.groups and not second.groups:
        return {}
    scales: dict[str, dict[str, None]] = {}
    for instrument in (first, second):
        for construct, members in scored(instrument.items, instrument.groups).items():
            scales.setdefault(construct, {}).update(dict.fromkeys(item.id for item in members))
    return {construct: tuple(members) for construct, members in scales.items()}


def _check_scoring(
    name: str, first: Instrument, second: Instrument, scales: Mapping[str, list[Item]]
) -> None:
    """Refuse scales that could not be scored as both instruments score them."""
    for construct, items in scales.items():
        if len({item.scale.id for item in items if item.scale}) > 1:
            _refuse(name, f"the items of {construct} are answered on different scales")
        needed = {_needed(each.min_answered, len(items)) for each in (first, second)}
        if len(needed) > 1:
            shares = f"{first.min_answered} and {second.min_answered}"
            message = f"they need different shares of answers ({shares}), which matters for "
            _refuse(name, f"{message}{construct}; let both need the same")


def _needed(share: float, items: int) -> int:
    """Give how many of the items must be answered for a score."""
    return max(1, ceil(share * items - 1e-9))


def _restricted(
    instrument: Instrument, sides: tuple[str, ...], languages: tuple[str, ...]
) -> Instrument:
    """Give an instrument with some of its sides and languages only."""
    document = msgspec.to_builtins(instrument)
    document |= {"sides": sides, "languages": languages}
    document["introduction"] = {side: document["introduction"][side] for side in sides}
    for page in document["pages"]:
        for item in page["items"]:
            item["texts"] = {side: item["texts"][side] for side in sides}
    return msgspec.convert(_in_languages(document, languages), Instrument)


def _in_languages(part: Any, languages: tuple[str, ...]) -> Any:  # noqa: ANN401 (any JSON)
    """Leave the other languages out of every table of texts."""
    if isinstance(part, dict):
        texts = bool(part) and part.keys() <= set(LANGUAGES)
        return {
            key: _in_languages(value, languages)
            for key, value in part.items()
            if not texts or key in languages
        }
    if isinstance(part, list | tuple):
        return [_in_languages(member, languages) for member in part]
    return part


def _refuse(name: str, message: str, subject: str = "") -> NoReturn:
    problem = Problem(
        "", " ".join(part for part in (name, subject) if part), None, Rule.CANNOT_COMBINE, message
    )
    raise InstrumentError([problem])
