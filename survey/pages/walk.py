"""Where a preview is, wholly in its address: who is shown, on which page, with which answers.

Nothing of a preview is stored, so what was filled in goes from page to page in the address.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from werkzeug.datastructures import MultiDict

from questionnaires import Instrument
from survey.kinds import Given
from survey.services.previewing import Subject

START: Final = "start"
LIST: Final = "list"
_LONGEST: Final = 2400  # of what was filled in; servers take addresses of about 4,000 signs
_LENGTHS: Final = (2000, 200, 40, 0)  # to which texts are cut until all of it fits
_MOST: Final = 100_000  # bytes of answers that an address may hold, unpacked
_VERSION: Final = 8


@dataclass(frozen=True, slots=True)
class Walk:
    """Whom a preview shows, and how far it has come.

    Parameters
    ----------
    base
        Address of the preview, to which a face such as ``start`` or ``3`` is added.
    side, language
        Of the respondent.
    partner
        The partner that is asked about, from 1; 0 where all stand on the respondent's list.
    everything
        Whether every question is shown, whatever is answered.
    place
        The place on the list that is being answered, from 1.
    left_out, done
        Places that were left out, or sent.
    given
        Item id → what was filled in about that place.
    """

    base: str
    side: str
    language: str
    partner: int = 1
    everything: bool = False
    place: int = 1
    left_out: frozenset[int] = frozenset()
    done: frozenset[int] = frozenset()
    given: Mapping[str, Given] = field(default_factory=dict)

    def at(self, place: int) -> "Walk":
        """Go to a place of the list: another one begins without answers."""
        return self if place == self.place else replace(self, place=place, given={})

    def toggled(self) -> "Walk":
        """Show every question, or only those on the way."""
        return replace(self, everything=not self.everything)

    def to(self, face: str, instrument: Instrument) -> str:
        """Address of a page of the preview."""
        return f"{self.base}/{face}?{self.query(instrument)}lang={self.language}"

    def query(self, instrument: Instrument) -> str:
        """Give what addresses of this preview carry on besides the language."""
        said: dict[str, Any] = {"side": self.side, "partner": self.partner, "place": self.place}
        said |= {"all": 1} if self.everything else {}
        for name, places in (("left", self.left_out), ("done", self.done)):
            said |= {name: ".".join(map(str, sorted(places)))} if places else {}
        said |= {"given": _packed(self.given, instrument)} if self.given else {}
        return f"{urlencode(said)}&"


def read(base: str, subject: Subject, said: MultiDict[str, str], language: str) -> Walk:
    """Read an address; what it does not say, or says wrongly, is as at the start of a preview.

    Parameters
    ----------
    base, subject
        Of the preview.
    said
        The query of the address.
    language
        To show where it says none that the study has.
    """
    wishes = (said.get("lang", ""), language, *subject.languages)
    side = said.get("side", "")
    walk = Walk(
        base,
        side if side in subject.sides else subject.sides[0],
        next(wish for wish in wishes if wish in subject.languages),
        everything="all" in said,
        left_out=_places(said.get("left", "")),
        done=_places(said.get("done", "")),
        given=_unpacked(said.get("given", ""), subject.instrument),
    )
    many = len(subject.partners) > 1
    alone = walk.side != "ours" or not many
    partner = _number(said.get("partner", ""), 1 if alone else 0, len(subject.partners))
    partner = 1 if alone and partner == 0 else partner
    return replace(
        walk,
        partner=partner,
        place=1 if partner else max(1, _number(said.get("place", ""), 1, len(subject.partners))),
    )


def _number(text: str, otherwise: int, most: int) -> int:
    plain = text.isascii() and text.isdecimal() and len(text) < 6
    return int(text) if plain and int(text) <= most else otherwise


def _places(text: str) -> frozenset[int]:
    numbers = (_number(each, 0, 99_999) for each in text.split(".", 500)[:500])
    return frozenset(number for number in numbers if number)


def _packed(given: Mapping[str, Given], instrument: Instrument) -> str:
    """Write answers in the order of the items, texts cut as far as they must be."""
    kinds = {item.id: item.kind for item in instrument.items}
    for length in _LENGTHS:
        cut = [
            value[:length] if isinstance(value, str) and kinds[item] == "text" else value
            for item, value in ((item, given.get(item)) for item in kinds)
        ]
        packed = zlib.compress(msgspec.json.encode(cut), 9)
        text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        if len(text) <= _LONGEST:
            break
    return instrument.version[:_VERSION] + text


def _unpacked(text: str, instrument: Instrument) -> dict[str, Given]:
    """Read answers to this very questionnaire; anything else is nothing."""
    if not text.startswith(instrument.version[:_VERSION]):
        return {}
    try:
        packed = base64.urlsafe_b64decode(text[_VERSION:].encode() + b"==")
        plain = zlib.decompressobj().decompress(packed, _MOST)
        found = msgspec.json.decode(plain, type=list[str | list[str] | None])
    except (ValueError, binascii.Error, zlib.error, msgspec.DecodeError):
        return {}
    items = zip(instrument.items, found, strict=False)
    return {item.id: value for item, value in items if value is not None}
