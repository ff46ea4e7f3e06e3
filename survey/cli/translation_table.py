"""The state of the translations as a table: what `tillit instruments translations` prints."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from questionnaires import STATUSES, Instrument, Translation, translations

_COLUMNS = ("instrument", "language", *STATUSES, "stale", "no source")


def state(instruments: Sequence[Instrument], language: str | None) -> list[dict[str, Any]]:
    """Give for each instrument and language the counts and the items that need work."""
    return [
        {
            "instrument": instrument.id,
            "language": name,
            **{status: sum(each.status == status for each in rows) for status in STATUSES},
            "stale": [_named(each) for each in rows if each.stale],
            "no_source": [each.item for each in rows if not each.recorded],
            "lowest_status": _lowest(rows),
            "lowest": [_named(each) for each in rows if each.status == _lowest(rows)],
        }
        for instrument, name, rows in _each(instruments, language)
    ]


def report(
    instruments: Sequence[Instrument], language: str | None, *, with_items: bool
) -> Iterator[str]:
    """Yield the lines of the table and, if asked for, the items that need work."""
    rows = state(instruments, language)
    cells = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(_COLUMNS))]
    for line in cells:
        names = (line[place].ljust(widths[place]) for place in (0, 1))
        counts = (line[place].rjust(widths[place]) for place in range(2, len(line)))
        yield "  ".join((*names, *counts)).rstrip()
    if with_items:
        for row in rows:
            yield from _needing_work(row)


def _each(
    instruments: Sequence[Instrument], language: str | None
) -> Iterator[tuple[Instrument, str, list[Translation]]]:
    for instrument in instruments:
        found = translations(instrument)
        for name in instrument.languages:
            if language in {None, name}:
                yield instrument, name, [each for each in found if each.language == name]


def _lowest(rows: Sequence[Translation]) -> str | None:
    return min((each.status for each in rows), key=STATUSES.index, default=None)


def _named(each: Translation) -> dict[str, Any]:
    return {
        key: value
        for key, value in msgspec.to_builtins(each).items()
        if key in {"item", "status", "english"}
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    counts = (*(row[status] for status in STATUSES), len(row["stale"]), len(row["no_source"]))
    return (row["instrument"], row["language"], *map(str, counts))


def _needing_work(row: dict[str, Any]) -> Iterator[str]:
    """Yield the stale items and those of the lowest status, with the English texts of today."""
    n_items = sum(row[status] for status in STATUSES)
    lowest = [] if row["lowest_status"] == STATUSES[-1] else row["lowest"]
    if row["stale"]:
        yield f"\n{row['language']}: the English text has changed since; it is now"
        yield from _texts(row["stale"])
    if lowest and len(lowest) == n_items:
        yield f"\n{row['language']}: every item is {row['lowest_status']}"
    elif lowest:
        yield f"\n{row['language']}: still {row['lowest_status']}; in English"
        yield from _texts(lowest)


def _texts(items: Sequence[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        yield f"  {item['item']} ({item['status']})"
        for place, text in item["english"].items():
            yield f"    {place}: {text}"
