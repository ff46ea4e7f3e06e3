"""Reads the options of a choice or a pick, with their labels."""

from typing import Final

from questionnaires import wording
from questionnaires.parts import OFF_SCALE, SKIPPED, Option
from questionnaires.rules import Rule
from questionnaires.scales import no_duplicates
from questionnaires.table import Table

FEWEST: Final = 2
# codes that stand for a missing answer, and the end of the id of an item of guesses
_RESERVED: Final = (*OFF_SCALE, SKIPPED, "not_reached", "withdrawn", "withheld", "meta", "missing")


def read_options(entry: Table) -> tuple[Option, ...]:
    """Read the options in the order in which they are shown; problems are noted."""
    ids = tuple(dict.fromkeys(_ids(entry)))
    if "options" in entry.content and len(ids) < FEWEST:
        message = f"«{entry.path}options» names {len(ids)}; there must be at least {FEWEST}"
        entry.note(Rule.TOO_FEW_OPTIONS, message)
    labels = entry.table("labels")
    if labels is None:
        return tuple(Option(option, {}) for option in ids)
    with labels:
        labels.asked.update(ids)
        options = tuple(Option(option, labels.texts(option, wording.label)) for option in ids)
    no_duplicates(entry, {option.id: option.label for option in options})
    return options


def read_pick(entry: Table, options: tuple[Option, ...]) -> int | None:
    """Read how many options may be picked; None when that cannot be."""
    most = entry.get("pick", int)
    if most is None or not options or 1 <= most <= len(options):
        return most
    message = f"«{entry.path}pick» is {most}; it must be from 1 to {len(options)}, the number of "
    entry.note(Rule.OUT_OF_RANGE, f"{message}options")
    return None


def read_instructed(entry: Table, options: tuple[Option, ...]) -> str | None:
    """Read which option the text of a choice asks for, to see who reads; None when it asks none."""
    asked = entry.get("instructed", str, optional=True)
    ids = [option.id for option in options]
    if asked is None or not ids or asked in ids:
        return asked
    message = f"«{entry.path}instructed» is «{asked}»; it must be one of the options "
    entry.note(Rule.OUT_OF_RANGE, f"{message}{', '.join(ids)}")
    return None


def _ids(entry: Table) -> list[str]:
    """Read the ids of the options, noting those that cannot be kept."""
    ids = list(entry.strings("options"))
    for place, option in enumerate(ids):
        entry.check_id(option)
        if option in _RESERVED:
            message = f"«{option}» is what a missing answer is stored as or a column is called; "
            entry.note(Rule.RESERVED_ID, f"{message}choose another id for the option")
        if option in ids[:place]:
            entry.note(Rule.REPEATED_VALUE, f"«{entry.path}options» has «{option}» twice")
    return ids
