"""An instrument: frozen, complete, identified by the hash of its content."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import msgspec

from questionnaires import logic, ordering
from questionnaires.errors import InstrumentError, Problem, UnknownItem
from questionnaires.parts import Construct, Item, OffScale, Page, Part, Texts
from questionnaires.provenance import TranslationStatus, status_of
from questionnaires.rules import Rule

Groups = dict[str, tuple[str, ...]]  # construct → ids of items

CANONICAL_FORMAT: Final = 1
_NOT_CANONICAL = ("status", "source", "stale")  # of an item: a reviewed text is the same text


class Instrument(Part, frozen=True, dict=True):
    """A questionnaire: pages of items in every language and side it declares.

    `groups` are its own scales: construct → ids of the items, which are then scored there and
    not under the construct that the bank gives them. `constructs` are those that are scored.
    """

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
    groups: Groups = {}  # noqa: RUF012 (a struct copies it)

    @cached_property
    def version(self) -> str:
        """SHA-256 (hex) of the canonical form."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items in page order."""
        return tuple(item for page in self.pages for item in page.items)

    @cached_property
    def branches(self) -> bool:
        """Whether anything is shown only after certain answers."""
        return any(page.show_if or any(item.show_if for item in page.items) for page in self.pages)

    @cached_property
    def shuffles(self) -> bool:
        """Whether the items of any page come in random order."""
        return any(page.shuffle for page in self.pages)

    @cached_property
    def _whole(self) -> tuple[tuple[Item, ...], ...]:
        """All items, page by page: the path of everybody where nothing branches."""
        return logic.shown(self.pages, {})

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def instructed(self) -> dict[str, str]:
        """Items that ask for one of their options, to see who reads, and which it is."""
        return {item.id: item.instructed for item in self.items if item.instructed is not None}

    def item(self, item_id: str) -> Item:
        """Give the item of that id, or raise `UnknownItem`."""
        try:
            return self._by_id[item_id]
        except KeyError:
            message = f"instrument {self.id} has no such item; it has {', '.join(self._by_id)}"
            raise UnknownItem([Problem("", item_id, None, Rule.UNKNOWN_ITEM, message)]) from None

    def shown(self, answers: Mapping[str, Any]) -> tuple[tuple[Item, ...], ...]:
        """Give the items on the path, page by page; a page with none is an empty tuple.

        Parameters
        ----------
        answers : item id → what is stored: a value or code, an option, a list of options, a text

        Returns
        -------
        For each page the items whose conditions hold, in the order of the file. A condition
        whose item is itself off the path does not hold, whatever was stored for it.

        """
        return logic.shown(self.pages, answers) if self.branches else self._whole

    def off_path(self, answers: Mapping[str, Any]) -> frozenset[str]:
        """Give the ids of the items that have something stored but are off the path."""
        return logic.off_path(self.pages, answers) if self.branches else frozenset()

    def order(self, seed: int) -> tuple[str, ...]:
        """Give all item ids in page order, shuffled within the pages that shuffle.

        Parameters
        ----------
        seed : any whole number; the same gives the same order on every version of Python

        Returns
        -------
        The ids. Items never leave their page; on a page that shuffles, the unconditional
        rating items of one answer scale change places with each other, all others stay.

        """
        return ordering.order(self.pages, seed)

    def allows_order(self, ids: Sequence[str]) -> bool:
        """Tell whether `order` may give this order of ids for some seed."""
        return ordering.allows(self.pages, ids)

    def translation_status(self) -> dict[str, TranslationStatus]:
        """Give for each language the lowest status and the items that are stale."""
        return {language: status_of(self.items, language) for language in self.languages}

    def canonical(self) -> str:
        """Give the canonical form: sorted JSON of all that a respondent sees or scoring needs.

        Sources and the state of translations are left out: a reviewed text is the same text.
        """
        document: dict[str, Any] = msgspec.to_builtins(self)
        document.pop("sources", None)
        for page in document["pages"]:
            for item in page["items"]:
                for key in _NOT_CANONICAL:
                    item.pop(key, None)
        document["format"] = CANONICAL_FORMAT
        return msgspec.json.encode(document, order="sorted").decode()

    def scoring_key(self) -> dict[str, dict[str, Any]]:
        """Give what scoring needs as plain dicts: construct → items, range, reverse, minimum.

        Returns
        -------
        For each construct with rating items, groups included: `items` (ids in page order),
        `low` and `high` (ends of the answer scale), `reverse` (ids of the items keyed the other
        way) and `min_answered` (share of the items a respondent must have answered, 0 to 1).

        """
        return {
            construct: {
                "items": [item.id for item in items],
                "low": items[0].scale.low if items[0].scale else None,
                "high": items[0].scale.high if items[0].scale else None,
                "reverse": [item.id for item in items if item.reverse],
                "min_answered": self.min_answered,
            }
            for construct, items in scored(self.items, self.groups).items()
        }


# msgspec reads the types of a struct when they are first needed, and crashes the process where two
# threads need them at once; a server's first two visitors did. So they are read here, by one.
msgspec.json.Decoder(Instrument)


def scored(items: Sequence[Item], groups: Mapping[str, Sequence[str]]) -> dict[str, list[Item]]:
    """Give the rating items of each scale of an instrument, scales in order of appearance.

    An item that stands in groups is scored there, else under its construct.
    """
    scales: dict[str, list[Item]] = {}
    for item in items:
        own = [] if item.construct is None else [item.construct]
        within = sorted(group for group, members in groups.items() if item.id in members)
        for construct in (within or own) if item.scale is not None else ():
            scales.setdefault(construct, []).append(item)
    return scales


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
