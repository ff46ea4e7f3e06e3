"""A card that was let out, as a table in words of one language; nothing is computed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from survey.pages.site import site
from survey.pages.voice import Voice


@dataclass(frozen=True, slots=True)
class Row:
    """An aspect as the table shows it; without numbers where too few answered."""

    id: str
    label: str
    score: str
    interval: str
    n: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card, in one language."""

    partner: str
    organisation: str
    title: str
    wave: int
    closed_on: str
    level: str
    least: int
    scale: str
    rows: tuple[Row, ...]


def card_of(document: Mapping[str, Any] | None, language: str) -> Card | None:
    """Put a released document into words; ``None`` where its numbers are gone."""
    if document is None:
        return None
    voice = Voice(language, site().renderer.catalogues[language])
    return Card(
        partner=document["partner"],
        organisation=document["organisation"],
        title=document["title"],
        wave=document["wave"],
        closed_on=document["closed_on"],
        level=voice.percent(document["level"]),
        least=document["least"],
        scale=", ".join(dict.fromkeys(_ends(aspect) for aspect in document["aspects"])),
        rows=tuple(_row(aspect, voice) for aspect in document["aspects"]),
    )


def _ends(aspect: Mapping[str, Any]) -> str:
    return f"{aspect['low']:g}–{aspect['high']:g}"


def _row(aspect: Mapping[str, Any], voice: Voice) -> Row:
    labels = aspect["label"]
    return Row(
        id=aspect["id"],
        label=labels.get(voice.language) or next(iter(labels.values()), aspect["id"]),
        score=voice.decimal(aspect["score"], 1),
        interval=voice.span(aspect["ci_low"], aspect["ci_high"], 1),
        n=aspect["n"],
    )
