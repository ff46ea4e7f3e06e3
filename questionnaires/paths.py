"""Refuses conditions that cannot work: on later items, in loops, off the scale, never true."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from questionnaires.item_bank import Bank
from questionnaires.kinds import KINDS
from questionnaires.logic import holds
from questionnaires.parts import Condition, Item, Page
from questionnaires.rules import Rule
from questionnaires.table import Table, suggest

Fault = tuple[str, Rule, str]  # subject, rule, message


@dataclass(frozen=True, slots=True)
class _Asked:
    """An item, its page, and all that must hold for it to be shown."""

    item: Item
    page: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """The instrument as its conditions see it."""

    pages: tuple[Page, ...]
    asked: dict[str, _Asked]
    bank: Bank
    off_scale: tuple[str, ...]


def check_conditions(
    entry: Table, pages: tuple[Page, ...], bank: Bank, off_scale: tuple[str, ...]
) -> None:
    """Note every condition of an instrument that cannot work, with the item or page named.

    Parameters
    ----------
    entry : the instrument's table
    pages : its pages
    bank : the bank, to tell an item that is not asked from one that does not exist
    off_scale : the codes off the scale that the instrument offers

    """
    asked = {
        item.id: _Asked(item, number, (*page.show_if, *item.show_if))
        for number, page in enumerate(pages, start=1)
        for item in page.items
    }
    form = _Form(pages, asked, bank, off_scale)
    faults = [*_single_faults(form)] or [*_never_shown(form)]
    for subject, rule, message in faults:
        entry.about(subject).note(rule, message)


def _single_faults(form: _Form) -> Iterator[Fault]:
    """Yield what is wrong with each condition on its own."""
    for number, page in enumerate(form.pages, start=1):
        here = [item.id for item in page.items]
        for condition in page.show_if:
            yield from _faults(form, condition, f"page {number}", number, here)
        for item in page.items:
            for condition in item.show_if:
                yield from _faults(form, condition, item.id, number, [item.id])


def _faults(
    form: _Form, condition: Condition, subject: str, page: int, waiting: Collection[str]
) -> Iterator[Fault]:
    """Yield what is wrong with one condition of the items that wait for it."""
    found = form.asked.get(condition.item)
    if found is None:
        if form.bank.whole:
            yield subject, Rule.UNKNOWN_ITEM, _unknown(form, condition.item)
    elif found.page < page:
        yield from _misfits(form, condition, found.item, subject)
    elif loop := _loop(form, condition.item, waiting):
        message = f"its condition goes in a circle: {loop}; a condition may look at items of "
        yield subject, Rule.CONDITION_LOOP, f"{message}earlier pages only"
    else:
        where = "this page" if found.page == page else f"page {found.page}, a later one"
        message = f"its condition looks at {condition.item}, which stands on {where}; move that "
        yield subject, Rule.CONDITION_NOT_EARLIER, f"{message}item to an earlier page"


def _unknown(form: _Form, item_id: str) -> str:
    known = {each.item.id for each in form.asked.values()}
    if item_id in form.bank.items:
        return f"its condition looks at {item_id}, which no page asks; add it to an earlier page"
    return f"its condition looks at «{item_id}»; {suggest(item_id, sorted(known))}"


def _loop(form: _Form, start: str, waiting: Collection[str]) -> str | None:
    """Give the way by which an item waits for one of those that wait for it."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if way[-1] in waiting:
            return " → ".join((way[-1], *way)) if way[-1] != start or len(way) == 1 else None
        for condition in form.asked[way[-1]].conditions:
            if condition.item in form.asked and condition.item not in seen:
                seen.add(condition.item)
                ways.append((*way, condition.item))
    return None


def _misfits(form: _Form, condition: Condition, item: Item, subject: str) -> Iterator[Fault]:
    """Yield an operator that the kind of the item has no use for, and values it cannot have."""
    operator = condition.operator
    fits = KINDS[item.kind].operators
    if operator not in fits:
        message = f"«{operator}» does not fit {item.id}, an item of kind «{item.kind}»; use "
        yield subject, Rule.CONDITION_MISFIT, message + " or ".join(fits)
        return
    answers = _answers(item, form.off_scale if operator == "is" else ())
    for value in condition.values:
        if not any(value == answer and type(value) is type(answer) for answer in answers):
            message = f"«{value}» is no answer to {item.id}; its answers are "
            yield subject, Rule.CONDITION_VALUE, message + ", ".join(map(str, answers))


def _answers(item: Item, codes: tuple[str, ...]) -> tuple[int | str, ...]:
    """Give the answers that a condition on an item may name."""
    if item.scale is not None:
        return (*(point.value for point in item.scale.points), *codes)
    return tuple(option.id for option in item.options)


def _never_shown(form: _Form) -> Iterator[Fault]:
    """Yield pages and items that no answers can bring about."""
    never: set[str] = set()
    for number, page in enumerate(form.pages, start=1):
        clash = _clash(form, page.show_if)
        if clash:
            yield f"page {number}", Rule.CONDITION_NEVER, clash
            never.update(item.id for item in page.items)
        for item in page.items:
            waits_in_vain = any(each.item in never for each in (*page.show_if, *item.show_if))
            clash = _clash(form, (*page.show_if, *item.show_if))
            if clash and not waits_in_vain and item.id not in never:
                yield item.id, Rule.CONDITION_NEVER, clash
            if clash:
                never.add(item.id)


def _clash(form: _Form, conditions: Sequence[Condition]) -> str | None:
    """Say which conditions, with those of the items they look at, can never hold together."""
    needed: dict[str, list[Condition]] = {}
    waiting = list(conditions)
    while waiting:
        condition = waiting.pop(0)
        together = needed.setdefault(condition.item, [])
        if not together and condition.item in form.asked:
            waiting += form.asked[condition.item].conditions
        if condition not in together:
            together.append(condition)
    for item_id, together in needed.items():
        asked = form.asked.get(item_id)
        if asked is not None and not _possible(asked.item, together, form.off_scale):
            listed = " and ".join(map(str, together))
            return f"it can never be shown: {listed} cannot hold together"
    return None


def _possible(item: Item, conditions: Sequence[Condition], codes: tuple[str, ...]) -> bool:
    """Tell whether some answer to an item meets all the conditions on it."""
    candidates: list[object] = [None]
    if item.kind == "pick":
        wanted = list(dict.fromkeys(each.includes for each in conditions if each.includes))
        wanted = wanted or [option.id for option in item.options[:1]]
        candidates += [wanted] if item.pick is None or len(wanted) <= item.pick else []
    elif item.kind == "text":
        candidates.append("a text")
    else:
        candidates += _answers(item, codes)
    return any(all(holds(each, item, answer) for each in conditions) for answer in candidates)
