"""The codebook of an export: what each column holds, in words of every language."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from questionnaires import Instrument, Item
from survey.kinds import DONT_KNOW, NOT_APPLICABLE, NOT_REACHED, SKIPPED, Column, kind_of
from survey.services.cells import neutral
from survey.services.layout import columns_of
from survey.services.snapshots import Snapshot
from survey.services.withholding import WITHHELD
from survey.storage.models import IDENTIFIED

MISSING_CODES: Final = {
    NOT_REACHED: "the question was never shown, or an earlier answer led past it",
    SKIPPED: "it was shown and left without an answer",
    DONT_KNOW: "«Don't know» was chosen beside the scale",
    NOT_APPLICABLE: "«Not applicable» was chosen beside the scale",
    WITHHELD: "there is an answer, but fewer than the threshold in this group",
}
_OF_ROWS: Final = {
    "partner": "name of the partner",
    "side": "who answered: ours or theirs",
    "language": "language of the answers; empty where too few share it, and in anonymous studies",
    "wave": "number of the wave",
    "person": "name of the person who answered",
    "code": "mark of the person, the same in every wave of the study",
    "item_order": "ids of the questions in the order in which they were shown",
}
_CONTENTS: Final = {
    "answer": "the answer",
    "option": "1 where this option was chosen, 0 where it was not",
    "missing": "why there is no answer",
    "text": "the answer in the respondent's own words",
    "off_path": "what was answered before an earlier answer changed and led past the question",
}


def codebook(snapshot: Snapshot, instrument: Instrument) -> dict[str, Any]:
    """Describe every column of a wave's rows.

    Parameters
    ----------
    snapshot
        The rows as they are handed out.
    instrument
        The version that was answered.

    Returns
    -------
    dict
        What the file is, its missing codes and, under ``columns``, for each column in its
        order: name, type and content; for those of an item also its id, kind, construct, texts
        by side and language, what it could be answered with, and the number of answers below
        which a group's are withheld (none in identified studies).
    """
    meta = snapshot.meta
    about = ("study", "title", "wave", "organisation", "instrument", "privacy_mode", "sides")
    return {
        **{name: meta[name] for name in (*about, "languages", "thresholds", "closed_on")},
        "data_version": meta.get("data_version", 1),
        "missing_codes": MISSING_CODES,
        "columns": [*_row_columns(snapshot), *_item_columns(snapshot, instrument)],
    }


def as_json(book: dict[str, Any]) -> bytes:
    """Write a codebook as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(book), indent=2) + b"\n"


def as_csv(book: dict[str, Any]) -> bytes:
    """Write the columns of a codebook as a table, one row for each, texts in columns by side."""
    texts = [(side, language) for side in book["sides"] for language in book["languages"]]
    names = ["column", "type", "content", "item", "kind", "construct", "reverse", "least"]
    head = [*names, *(f"text_{side}_{language}" for side, language in texts)]
    head += [f"values_{language}" for language in book["languages"]]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    for entry in book["columns"]:
        cells = [entry.get(name) for name in names]
        cells += [entry.get("texts", {}).get(side, {}).get(code) for side, code in texts]
        cells += [_values(entry, language) for language in book["languages"]]
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in cells])
    return stream.getvalue().encode()


def _row_columns(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    for name, content in _OF_ROWS.items():
        if name in snapshot.frame.columns:
            yield {"column": name, "type": str(snapshot.frame[name].dtype), "content": content}


def _item_columns(snapshot: Snapshot, instrument: Instrument) -> Iterator[dict[str, Any]]:
    scored = {
        item: construct for construct, key in snapshot.scoring_key.items() for item in key["items"]
    }
    for item in instrument.items:
        for column in columns_of(item, instrument):
            if column.name in snapshot.frame.columns:
                about = _column(column, item)
                yield {**about, "construct": scored.get(item.id), **_least(snapshot, item)}


def _column(column: Column, item: Item) -> dict[str, Any]:
    about: dict[str, Any] = {
        "column": column.name,
        "type": column.dtype,
        "content": _CONTENTS[column.content],
        "item": item.id,
        "kind": item.kind,
        "perspective": item.perspective,
    }
    if column.content == "missing":
        return about
    about["texts"] = {side: texts[item.perspective] for side, texts in item.texts.items()}
    about.update(kind_of(item).describe(item))
    if column.content == "option":
        chosen = column.name.removeprefix(f"{item.id}__")
        about["option"] = next(each for each in about["options"] if each["id"] == chosen)
    return about


def _least(snapshot: Snapshot, item: Item) -> dict[str, int | None]:
    if snapshot.meta["privacy_mode"] == IDENTIFIED:
        return {"least": None}
    return {"least": snapshot.meta["thresholds"][kind_of(item).threshold]}


def _values(entry: dict[str, Any], language: str) -> str | None:
    if "option" in entry:
        return f"1 = {entry['option']['label'][language]}"
    if "scale" in entry:
        points = entry["scale"]["points"]
        return "; ".join(f"{point['value']} = {point['label'][language]}" for point in points)
    if "options" in entry:
        return "; ".join(f"{each['id']} = {each['label'][language]}" for each in entry["options"])
    return None
