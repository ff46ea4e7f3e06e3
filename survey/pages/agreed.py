"""What was agreed with a partner and is in force, each with the items that measure it."""

from collections.abc import Iterable

from survey.pages.card_rows import AskedRow
from survey.pages.card_view import Card
from survey.services.record.items import Known
from survey.services.record.kinds import EXPECTATION
from survey.services.record.whole import Entry


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """Choose what was agreed, still holds, and is not struck out."""
    return [entry for entry in entries if entry.kind == EXPECTATION and not entry.is_over]


def agreed(
    card: Card, items: Known | None, entries: Iterable[Entry]
) -> list[tuple[Entry, list[AskedRow]]]:
    """Give what is in force, with the partner's mean on each item that it names.

    Parameters
    ----------
    card
        The partner's card, in the language of the items' words.
    items
        What may be named about the partner; ``None`` where no number of it is shown.
    entries
        Of its record.
    """
    return [(entry, _asked(card, items, entry.items)) for entry in in_force(entries)]


def _asked(card: Card, items: Known | None, named: Iterable[str]) -> list[AskedRow]:
    if items is None or not card.is_shown:
        return []
    view = card.view
    names = {"partner": card.partner, "organisation": view.workspace.organisation}
    return [card.asked(item, items.text(item, view.voice.language, **names)) for item in named]
