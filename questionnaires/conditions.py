"""Reads the conditions of items and pages; `paths` refuses those that cannot work."""

from collections.abc import Iterator
from typing import Any, Final

from questionnaires.parts import Condition
from questionnaires.rules import Rule
from questionnaires.table import Table

OPERATORS: Final = {"is": list, "at_least": int, "at_most": int, "includes": str, "answered": bool}


def read_conditions(table: Table) -> tuple[Condition, ...]:
    """Read the key `show_if` of a page or an item: one condition, a list of them, or none."""
    table.asked.add("show_if")
    found = table.content.get("show_if")
    if found is None:
        return ()
    if isinstance(found, list):
        below: Iterator[Table] = table.tables("show_if")
    else:
        below = (each for each in [table.table("show_if")] if each is not None)
    read = [_condition(each) for each in below]
    if not read and found == []:
        table.note(Rule.CONDITION_UNCLEAR, f"«{table.path}show_if» is empty; remove it")
    return tuple(condition for condition in read if condition is not None)


def _condition(table: Table) -> Condition | None:
    """Read one condition; None when it cannot be understood, which is then noted."""
    with table:
        item = table.get("item", str)
        given = [name for name in OPERATORS if name in table.content]
        values: dict[str, Any] = {name: _operand(table, name) for name in given}
        table.asked.update(OPERATORS)
    if len(given) != 1:
        has = f"has {' and '.join(given)}" if given else "has none"
        message = f"«{table.path.rstrip('.')}» {has}; a condition has exactly one of "
        table.note(Rule.CONDITION_UNCLEAR, message + ", ".join(OPERATORS))
        return None
    (name,) = given
    if item is None or values[name] is None:
        return None
    return Condition(item, **{"one_of" if name == "is" else name: values[name]})


def _operand(table: Table, name: str) -> Any:  # noqa: ANN401 (as the operator has it)
    """Read what an operator compares with; a list where it is `is`."""
    if name != "is":
        return table.get(name, OPERATORS[name])
    found = table.get("is", list)
    if found is None:
        return None
    if not found:
        table.note(Rule.CONDITION_UNCLEAR, f"«{table.path}is» is empty; name at least one answer")
    for place, value in enumerate(found):
        if type(value) not in {int, str}:
            message = f"«{table.path}is» has {value!r}; it must be a whole number or a text"
            table.note(Rule.WRONG_TYPE, message)
        elif value in found[:place]:
            table.note(Rule.REPEATED_VALUE, f"«{table.path}is» has «{value}» twice")
    usable = tuple(value for value in found if type(value) in {int, str})
    return usable or None
