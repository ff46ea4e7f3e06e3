"""An instrument and its parts: frozen, complete, identified by the hash of its content."""

import hashlib
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import Struct

from questionnaires.errors import InstrumentError, Problem, UnknownItem, UnknownText
from questionnaires.rules import Rule

ConstructKind = Literal["relationship", "performance", "governance", "outcome"]
ItemKind = Literal["rating", "text"]
Texts = dict[str, str]  # language → text

LANGUAGES: Final = ("en", "nb", "nn", "is")
SIDES: Final = ("ours", "theirs")
PERSPECTIVES: Final = ("direct", "meta")
OFF_SCALE: Final = ("dont_know", "not_applicable")
STATUSES: Final = ("draft", "reviewed", "adjudicated", "pretested")
CONSTRUCT_KINDS: Final[tuple[str, ...]] = get_args(ConstructKind)
ITEM_KINDS: Final[tuple[str, ...]] = get_args(ItemKind)

PLACEHOLDER: Final = re.compile(r"\{(partner|organisation)\}")
CANONICAL_FORMAT: Final = 1


class _Part(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of an instrument.

    Defaults stay out of the canonical form, so that a field added later with a default
    leaves the version of every stored instrument as it was.
    """


class Construct(_Part, frozen=True):
    """What a group of items measures, such as trust."""

    id: str
    kind: ConstructKind
    label: Texts
    description: Texts


class Point(_Part, frozen=True):
    """One labelled point of an answer scale."""

    value: int
    label: Texts


class AnswerScale(_Part, frozen=True):
    """The labelled points a rating item is answered on, from low to high."""

    id: str
    low: int
    high: int
    points: tuple[Point, ...]


class OffScale(_Part, frozen=True):
    """An answer that lies off the scale, such as «Don't know»."""

    code: str
    label: Texts


class Item(_Part, frozen=True):
    """One question, with a text of its own for each side, perspective and language.

    `status` (how far each translation has been reviewed) is no part of the canonical form.
    """

    id: str
    kind: ItemKind
    texts: dict[str, dict[str, Texts]]  # side → perspective → language → text
    construct: str | None = None
    scale: AnswerScale | None = None
    reverse: bool = False
    max_length: int | None = None
    hint: Texts | None = None
    status: Texts = {}

    def text(self, side: str, language: str, perspective: str = "direct") -> str:
        """Give the text one person reads.

        Parameters
        ----------
        side : "ours" or "theirs"
        language : "en", "nb", "nn" or "is"
        perspective : "direct" or "meta"

        Returns
        -------
        The text with its placeholders `{partner}` and `{organisation}`; see `fill`.

        Raises
        ------
        UnknownText
            When the instrument does not declare that side, perspective or language.

        """
        try:
            return self.texts[side][perspective][language]
        except KeyError:
            has = ", ".join(f"{s}.{p} ({' '.join(t)})" for s, p, t in self.each_text())
            message = f"there is no text {side}.{perspective} in «{language}»; there is {has}"
            raise UnknownText(
                [Problem("", self.id, language, Rule.MISSING_SIDE, message)]
            ) from None

    def each_text(self) -> Iterator[tuple[str, str, Texts]]:
        """Yield side, perspective and the texts by language."""
        for side, perspectives in self.texts.items():
            for perspective, texts in perspectives.items():
                yield side, perspective, texts


class Page(_Part, frozen=True):
    """Items shown together."""

    items: tuple[Item, ...]


class Instrument(_Part, frozen=True, dict=True):
    """A questionnaire: pages of items in every language, side and perspective it declares."""

    id: str
    title: Texts
    introduction: dict[str, Texts]  # side → language → text
    reference_period: Texts
    sides: tuple[str, ...]
    perspectives: tuple[str, ...]
    languages: tuple[str, ...]
    min_answered: float
    pages: tuple[Page, ...]
    constructs: tuple[Construct, ...]  # in order of appearance
    off_scale: tuple[OffScale, ...]
    sources: tuple[str, ...] = ()

    @cached_property
    def version(self) -> str:
        """SHA-256 (hex) of the canonical form."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items in page order."""
        return tuple(item for page in self.pages for item in page.items)

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    def item(self, item_id: str) -> Item:
        """Give the item of that id, or raise `UnknownItem`."""
        try:
            return self._by_id[item_id]
        except KeyError:
            message = f"instrument {self.id} has no such item; it has {', '.join(self._by_id)}"
            raise UnknownItem([Problem("", item_id, None, Rule.UNKNOWN_ITEM, message)]) from None

    def canonical(self) -> str:
        """Give the canonical form: sorted JSON of all that a respondent sees or scoring needs.

        Sources and translation status are left out: a reviewed text is the same text.
        """
        document: dict[str, Any] = msgspec.to_builtins(self)
        document.pop("sources", None)
        for page in document["pages"]:
            for item in page["items"]:
                item.pop("status", None)
        document["format"] = CANONICAL_FORMAT
        return msgspec.json.encode(document, order="sorted").decode()

    def scoring_key(self) -> dict[str, dict[str, Any]]:
        """Give what scoring needs as plain dicts: construct → items, range, reverse, minimum.

        Returns
        -------
        For each construct with rating items: `items` (ids in page order), `low` and `high`
        (ends of the answer scale), `reverse` (ids of the items keyed the other way) and
        `min_answered` (share of the items a respondent must have answered, 0 to 1).

        """
        key: dict[str, dict[str, Any]] = {}
        for item in self.items:
            if item.construct is None or item.scale is None:
                continue
            entry = key.setdefault(
                item.construct,
                {
                    "items": [],
                    "low": item.scale.low,
                    "high": item.scale.high,
                    "reverse": [],
                    "min_answered": self.min_answered,
                },
            )
            entry["items"].append(item.id)
            if item.reverse:
                entry["reverse"].append(item.id)
        return key


def from_canonical(text: str) -> Instrument:
    """Read an instrument back from its canonical form, as a survey stores it.

    Parameters
    ----------
    text : what `Instrument.canonical` returned

    Returns
    -------
    An instrument of the same version, with the same canonical form; sources and translation
    status are empty.

    Raises
    ------
    InstrumentError
        Rule `bad_canonical`: not JSON, another format, or not an instrument.

    """
    try:
        document = msgspec.json.decode(text, type=dict[str, Any])
        found = document.pop("format", None)
        if found != CANONICAL_FORMAT:
            message = f"`format` is {found!r}; this version reads {CANONICAL_FORMAT}"
            raise msgspec.ValidationError(message)
        return msgspec.convert(document, Instrument)
    except msgspec.DecodeError as error:
        message = f"this is not the canonical form of an instrument: {error}"
        problem = Problem("(canonical form)", "", None, Rule.BAD_CANONICAL, message)
        raise InstrumentError([problem]) from error


def fill(text: str, *, partner: str, organisation: str) -> str:
    """Put the two names where the placeholders stand, literally and in one pass.

    Parameters
    ----------
    text : a text with `{partner}` and `{organisation}`
    partner : name of the partner organisation
    organisation : name of the organisation that asks

    Returns
    -------
    The text; every other character, also in the names, stays as it is.

    Examples
    --------
    >>> fill("{partner} keeps its promises to {organisation}.", partner="Fjord", organisation="Vik")
    'Fjord keeps its promises to Vik.'

    """
    names = {"partner": partner, "organisation": organisation}
    return PLACEHOLDER.sub(lambda match: names[match[1]], text)
