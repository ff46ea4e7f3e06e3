"""Items and aspects that an entry may name: of the item bank, and of the partner's own studies."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import SIDES, Construct, Instrument, Item, fill
from questionnaires.loader import SHIPPED
from questionnaires.parts import DIRECT, META_SUFFIX
from survey.services.instruments import stored
from survey.storage.models import Study, StudyPartner


@dataclass(frozen=True, slots=True)
class Known:
    """The items and constructs that entries about one partner may name, by id."""

    items: Mapping[str, Item]
    constructs: Mapping[str, Construct]

    def label(self, aspect: str, language: str) -> str:
        """Name an aspect in a language; one that is known no more keeps its id."""
        construct = self.constructs.get(aspect)
        return _said(construct.label, language) if construct else aspect

    def text(self, item_id: str, language: str, *, partner: str, organisation: str) -> str:
        """Give the words of an item in a language; one that is known no more keeps its id."""
        item = self.items.get(item_id)
        if item is None:
            return item_id
        side = next(side for side in SIDES if DIRECT in item.texts.get(side, {}))
        words = _said(item.texts[side][DIRECT], language)
        return fill(words, partner=partner, organisation=organisation)

    def by_aspect(self) -> dict[str, list[str]]:
        """Give the ids of the items that measure an aspect, for each aspect that has any."""
        found: dict[str, list[str]] = {name: [] for name in self.constructs}
        for item in self.items.values():
            if item.construct in found:
                found[item.construct].append(item.id)
        return {name: ids for name, ids in found.items() if ids}


def known(session: Session, partner_id: uuid.UUID) -> Known:
    """Give what may be named about a partner.

    Parameters
    ----------
    session
        Of any kind.
    partner_id
        Studies that ask about it may have items of a bank of their own.
    """
    items = {item.id: item for item in SHIPPED.bank.items.values() if _is_direct(item)}
    constructs = dict(SHIPPED.bank.constructs)
    for instrument in _asked(session, partner_id):
        own = [item for item in instrument.items if _is_direct(item)]
        items |= {item.id: item for item in own if item.id not in items}
        constructs |= {c.id: c for c in instrument.constructs if c.id not in constructs}
    return Known(items, constructs)


def _asked(session: Session, partner_id: uuid.UUID) -> list[Instrument]:
    rows = session.execute(
        sa.select(Study.instrument_id, Study.instrument_version)
        .join(StudyPartner, StudyPartner.study_id == Study.id)
        .where(StudyPartner.partner_id == partner_id)
        .distinct()
    )
    return [stored(session, name, version) for name, version in rows]


def _said(texts: Mapping[str, str], language: str) -> str:
    """Give a text in a language, or in the first that it has: a study may ask in fewer."""
    return texts.get(language) or next(iter(texts.values()))


def _is_direct(item: Item) -> bool:
    """Say whether an item measures an aspect by what somebody thinks, and not by a guess."""
    direct = any(DIRECT in texts for texts in item.texts.values())
    return item.construct is not None and direct and not item.id.endswith(META_SUFFIX)
