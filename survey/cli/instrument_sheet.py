"""A questionnaire on paper: what `tillit instruments show` prints."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec

from questionnaires import Condition, Instrument, Item, Page

_INDENT = "     "


def summary(instrument: Instrument) -> dict[str, Any]:
    """Give what a list says of an instrument."""
    return {
        "id": instrument.id,
        "version": instrument.version,
        "title": instrument.title,
        "sides": instrument.sides,
        "perspectives": instrument.perspectives,
        "languages": instrument.languages,
        "constructs": [construct.id for construct in instrument.constructs],
        "n_items": len(instrument.items),
        "n_pages": len(instrument.pages),
    }


def sheet(instrument: Instrument, lang: str, side: str) -> dict[str, Any]:
    """Give all that a respondent of one side may see in one language, and the scoring key."""
    return {
        "title": instrument.title[lang],
        "language": lang,
        "side": side,
        "reference_period": instrument.reference_period[lang],
        "introduction": instrument.introduction[side][lang],
        "pages": [_page(instrument, page, lang, side) for page in instrument.pages],
        "off_scale": {answer.code: answer.label[lang] for answer in instrument.off_scale},
        "sources": instrument.sources,
        "groups": instrument.groups,
        "construct_labels": {each.id: each.label[lang] for each in instrument.constructs},
        "scoring_key": instrument.scoring_key(),
    }


def lines(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the readable lines of a sheet with its summary, each after its style."""
    yield "bold", content["title"]
    yield "dim", f"{content['id']} · version {content['version']}"
    readers = f"side {content['side']} · perspective {' and '.join(content['perspectives'])}"
    size = f"{content['n_items']} items on {content['n_pages']} page"
    size += "s" if content["n_pages"] > 1 else ""
    yield "dim", f"{readers} · language {content['language']} · {size}"
    yield "", f"\n{content['introduction']}\n{content['reference_period']}"
    number = count(1)
    for place, page in enumerate(content["pages"], start=1):
        yield "bold", f"\nPage {place} of {content['n_pages']}"
        yield from (("dim", f"{_INDENT}{note}") for note in _notes(page))
        shown: list[dict[str, Any]] = []
        for item in page["items"]:
            if item["answers"] and item["answers"] != shown:
                shown = item["answers"]
                yield "dim", _answers(shown, content["off_scale"])
            yield "", f"{next(number):>3}  {item['text']}"
            yield from (("dim", f"{_INDENT}{line}") for line in _about(item))
    yield "", ""
    for construct, members in content["groups"].items():
        label = content["construct_labels"].get(construct, construct)
        yield "dim", f"Scale of its own: {label} ({construct}) = {', '.join(members)}"
    for source in content["sources"]:
        yield "dim", f"Source: {source}"


def _page(instrument: Instrument, page: Page, lang: str, side: str) -> dict[str, Any]:
    return {
        "perspectives": list(dict.fromkeys(item.perspective for item in page.items)),
        "shuffle": page.shuffle,
        "show_if": _conditions(page.show_if),
        "items": [_item(instrument, item, lang, side) for item in page.items],
    }


def _item(instrument: Instrument, item: Item, lang: str, side: str) -> dict[str, Any]:
    measures = next((c for c, of in instrument.scoring_key().items() if item.id in of["items"]), "")
    labels = {construct.id: construct.label[lang] for construct in instrument.constructs}
    return {
        "id": item.id,
        "kind": item.kind,
        "reverse": item.reverse,
        "construct": item.construct,
        "construct_label": labels.get(measures),
        "text": item.text(side, lang),
        "hint": item.hint and item.hint[lang],
        "max_length": item.max_length,
        "answers": [
            {"value": point.value, "label": point.label[lang]}
            for point in (item.scale.points if item.scale else ())
        ],
        "options": {option.id: option.label[lang] for option in item.options},
        "pick": item.pick,
        "show_if": _conditions(item.show_if),
        "status": item.status[lang],
        "stale": lang in item.stale,
    }


def _conditions(conditions: tuple[Condition, ...]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(condition) | {"words": str(condition)} for condition in conditions]


def _notes(page: dict[str, Any]) -> Iterator[str]:
    """Yield what is special about a page."""
    if "meta" in page["perspectives"]:
        yield "guesses: what the other side would answer"
    if page["shuffle"]:
        yield "items of one answer scale in random order, kept for each assessment"
    if page["show_if"]:
        yield f"shown only if {_words(page)}"


def _words(part: dict[str, Any]) -> str:
    return " and ".join(condition["words"] for condition in part["show_if"])


def _answers(points: list[dict[str, Any]], off_scale: dict[str, str]) -> str:
    named = [
        str(point["value"])
        if point["label"] == str(point["value"])
        else f"{point['value']} {point['label']}"
        for point in points
    ]
    return f"{_INDENT}{' · '.join(named)}  ({' · '.join(off_scale.values())})"


def _about(item: dict[str, Any]) -> Iterator[str]:
    """Yield the lines under an item: its options, what it measures, when it is shown."""
    if item["options"]:
        choose = "one of" if item["pick"] is None else f"up to {item['pick']} of"
        yield f"{choose}: {' · '.join(item['options'].values())}"
    if item["show_if"]:
        yield f"shown only if {_words(item)}"
    reverse = " (reversed)" if item["reverse"] else ""
    measures = f"{item['construct_label']}{reverse}" if item["construct_label"] else item["hint"]
    state = f"translation: {item['status']}{' (stale)' if item['stale'] else ''}"
    yield " · ".join(part for part in (item["id"], measures, state) if part)
