"""How the answers to an instrument are laid in columns: the same for every row of a wave."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from questionnaires import Instrument, Item
from survey.kinds import Answer, Cells, Column, kind_of

ROW_COLUMNS: Final = ("partner", "side", "language", "wave", "person", "code", "item_order")
OFF_PATH: Final = "_off_path"


@dataclass(frozen=True, slots=True)
class Unit:
    """What is answered at one blow, in a file of rows.

    Parameters
    ----------
    id, kind
        Of the item.
    threshold
        Which of a study's thresholds decides whether the answers of a group are handed out.
    values
        The columns that hold the answer.
    missing
        The column that says why there is none, if there is one.
    off_path
        The column with what was given before the item fell off the path, if it can.
    """

    id: str
    kind: str
    threshold: str
    values: tuple[str, ...]
    missing: str | None = None
    off_path: str | None = None


def units_of(instrument: Instrument) -> list[dict[str, Any]]:
    """Describe each item of an instrument for the file that holds its answers."""
    return [
        {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(_unit(item, instrument)).items()
            if value is not None
        }
        for item in instrument.items
    ]


def read_units(meta: Mapping[str, Any], columns: Sequence[str]) -> tuple[Unit, ...]:
    """Give the units of a file; one of an earlier program has only ratings and texts."""
    if "items" in meta:
        return tuple(Unit(**{**each, "values": tuple(each["values"])}) for each in meta["items"])
    ratings = [name for name in columns if f"{name}_missing" in columns]
    taken = {*ROW_COLUMNS, *ratings, *(f"{name}_missing" for name in ratings)}
    return (
        *(Unit(name, "rating", "min_group", (name,), f"{name}_missing") for name in ratings),
        *(Unit(n, "text", "min_group_text", (n,)) for n in columns if n not in taken),
    )


def columns_of(item: Item, instrument: Instrument) -> tuple[Column, ...]:
    """Give all columns of an item, with that of answers off the path where it has conditions."""
    own = kind_of(item).columns(item)
    if not is_conditional(item, instrument):
        return own
    return (*own, Column(f"{item.id}{OFF_PATH}", "String", "off_path"))


def cells_of(
    item: Item,
    instrument: Instrument,
    answers: Sequence[Mapping[str, Answer]],
    off_path: Sequence[Sequence[str]],
) -> Cells:
    """Lay the answers to an item in its columns; what is off the path stands apart."""
    on = [
        None if item.id in off else row.get(item.id)
        for row, off in zip(answers, off_path, strict=True)
    ]
    own = kind_of(item).cells(item, on)
    if not is_conditional(item, instrument):
        return own
    apart = [
        _plain(row.get(item.id)) if item.id in off else None
        for row, off in zip(answers, off_path, strict=True)
    ]
    return (*own, apart)


def is_conditional(item: Item, instrument: Instrument) -> bool:
    """Say whether an item is shown only when an earlier answer holds."""
    page = next(page for page in instrument.pages if item in page.items)
    return bool(item.show_if or page.show_if)


def _unit(item: Item, instrument: Instrument) -> Unit:
    columns = columns_of(item, instrument)
    beside = {c.content: c.name for c in columns if c.content in ("missing", "off_path")}
    return Unit(
        id=item.id,
        kind=item.kind,
        threshold=kind_of(item).threshold,
        values=tuple(c.name for c in columns if c.content not in beside),
        missing=beside.get("missing"),
        off_path=beside.get("off_path"),
    )


def _plain(answer: Answer | None) -> str | None:
    if isinstance(answer, list):
        return " ".join(answer)
    return None if answer is None else str(answer)
