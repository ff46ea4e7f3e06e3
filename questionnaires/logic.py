"""Which items are on a respondent's path, given the answers so far."""

from collections.abc import Mapping
from typing import Any

from questionnaires.parts import SKIPPED, Condition, Item, Page

Answers = Mapping[str, Any]  # item id → what is stored


def shown(pages: tuple[Page, ...], answers: Answers) -> tuple[tuple[Item, ...], ...]:
    """Give, page by page, the items on the path; a page with none is empty.

    A condition looks at items of earlier pages only, and holds only where its item is itself
    on the path; so one walk from the first page to the last decides all.
    """
    path: dict[str, Item] = {}
    found = []
    for page in pages:
        here = page.items if _all_hold(page.show_if, path, answers) else ()
        here = tuple(item for item in here if _all_hold(item.show_if, path, answers))
        path.update((item.id, item) for item in here)
        found.append(here)
    return tuple(found)


def off_path(pages: tuple[Page, ...], answers: Answers) -> frozenset[str]:
    """Give the ids of the items that have something stored but are off the path."""
    path = {item.id for page in shown(pages, answers) for item in page}
    return frozenset(
        item.id
        for page in pages
        for item in page.items
        if item.id not in path and answers.get(item.id) is not None
    )


def is_answered(item: Item, answer: object) -> bool:
    """Tell whether an item has an answer of substance.

    A point of the scale, an option, at least one pick, or a text that is not blank; a code off
    the scale is none.
    """
    if item.kind == "rating":
        return _is_value(answer)
    if item.kind == "pick":
        return isinstance(answer, list | tuple) and bool(answer)
    if isinstance(answer, str):
        return bool(answer.strip()) and (item.kind == "text" or answer != SKIPPED)
    return False


def holds(condition: Condition, item: Item, answer: object) -> bool:
    """Tell whether a condition holds, given its item and what is stored for it."""
    if condition.answered is not None:
        return is_answered(item, answer) is condition.answered
    if condition.includes is not None:
        return isinstance(answer, list | tuple) and condition.includes in answer
    if condition.at_least is not None:
        return _is_value(answer) and answer >= condition.at_least  # type: ignore[operator]
    if condition.at_most is not None:
        return _is_value(answer) and answer <= condition.at_most  # type: ignore[operator]
    return any(answer == wanted and type(answer) is type(wanted) for wanted in condition.one_of)


def _all_hold(
    conditions: tuple[Condition, ...], path: Mapping[str, Item], answers: Answers
) -> bool:
    return all(
        condition.item in path
        and holds(condition, path[condition.item], answers.get(condition.item))
        for condition in conditions
    )


def _is_value(answer: object) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool)
