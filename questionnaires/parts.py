"""The parts an instrument is made of: constructs, answer scales, items, conditions, pages."""

import re
from collections.abc import Iterator
from typing import Final, Literal, get_args

from msgspec import Struct

from questionnaires.errors import Problem, UnknownText
from questionnaires.rules import Rule

ConstructKind = Literal["relationship", "performance", "governance", "outcome"]
ItemKind = Literal["rating", "choice", "pick", "text"]
Texts = dict[str, str]  # language → text

LANGUAGES: Final = ("en", "nb", "nn", "is")
SIDES: Final = ("ours", "theirs")
PERSPECTIVES: Final = ("direct", "meta")
DIRECT, META = PERSPECTIVES
META_SUFFIX: Final = "__meta"  # no id of a bank holds two underscores in a row
OFF_SCALE: Final = ("dont_know", "not_applicable")
SKIPPED: Final = "skipped"  # stored where nothing was chosen on a page that was sent
STATUSES: Final = ("draft", "reviewed", "adjudicated", "pretested")
CONSTRUCT_KINDS: Final[tuple[str, ...]] = get_args(ConstructKind)
ITEM_KINDS: Final[tuple[str, ...]] = get_args(ItemKind)

PLACEHOLDER: Final = re.compile(r"\{(partner|organisation)\}")


class Part(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of an instrument.

    Defaults stay out of the canonical form, so that a field added later with a default
    leaves the version of every stored instrument as it was.
    """


class Construct(Part, frozen=True):
    """What a group of items measures, such as trust."""

    id: str
    kind: ConstructKind
    label: Texts
    description: Texts


class Point(Part, frozen=True):
    """One labelled point of an answer scale."""

    value: int
    label: Texts


class AnswerScale(Part, frozen=True):
    """The labelled points a rating item is answered on, from low to high."""

    id: str
    low: int
    high: int
    points: tuple[Point, ...]

    @property
    def is_agreement(self) -> bool:
        """Whether it asks how far one agrees with a statement, which its id begins with."""
        return self.id.startswith("agree")

    @property
    def numbered(self) -> bool:
        """Whether only the two ends have words; the points between are called by their number."""
        inner = self.points[1:-1]
        return bool(inner) and all(
            label == str(point.value) for point in inner for label in point.label.values()
        )


class OffScale(Part, frozen=True):
    """An answer that lies off the scale, such as «Don't know»."""

    code: str
    label: Texts


class Option(Part, frozen=True):
    """One answer of a choice or a pick."""

    id: str
    label: Texts


class Condition(Part, frozen=True, rename={"one_of": "is"}):
    """What an earlier answer must be for an item or a page to be shown; one field is set.

    `one_of` stands as `is` in files and in the canonical form: values, ids of options or codes
    off the scale.
    """

    item: str
    one_of: tuple[int | str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    includes: str | None = None
    answered: bool | None = None

    @property
    def operator(self) -> str:
        """The name of the field that is set, as files have it."""
        given = ("at_least", "at_most", "includes", "answered")
        return next((name for name in given if getattr(self, name) is not None), "is")

    @property
    def values(self) -> tuple[int | str, ...]:
        """The answers that it names."""
        named = (*self.one_of, self.at_least, self.at_most, self.includes)
        return tuple(value for value in named if value is not None)

    def __str__(self) -> str:
        if self.answered is not None:
            return f"{self.item} is {'answered' if self.answered else 'not answered'}"
        listed = " or ".join(map(str, self.values))
        verb = {"at_least": "is at least", "at_most": "is at most"}.get(self.operator)
        return f"{self.item} {verb or self.operator} {listed}"


class Item(Part, frozen=True):
    """One question, with a text of its own for each side and language.

    `status` (how far each translation has been reviewed), `source` (from which English text it
    was made) and `stale` (the languages whose English text has changed since) are no part of
    the canonical form.
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
    options: tuple[Option, ...] = ()
    pick: int | None = None
    show_if: tuple[Condition, ...] = ()
    perspective: str = DIRECT
    source: Texts = {}
    stale: tuple[str, ...] = ()
    only_named: bool = False  # makes sense only where it is known who answers
    instructed: str | None = None  # the option that the text asks the reader to choose

    def text(self, side: str, language: str) -> str:
        """Give the text one person reads.

        Parameters
        ----------
        side : "ours" or "theirs"
        language : "en", "nb", "nn" or "is"

        Returns
        -------
        The text of the item's own perspective, with its placeholders `{partner}` and
        `{organisation}`; see `fill`.

        Raises
        ------
        UnknownText
            When the instrument does not declare that side or language.

        """
        try:
            return self.texts[side][self.perspective][language]
        except KeyError:
            has = ", ".join(f"{s}.{p} ({' '.join(t)})" for s, p, t in self.each_text())
            message = f"there is no text {side}.{self.perspective} in «{language}»; there is {has}"
            raise UnknownText(
                [Problem("", self.id, language, Rule.MISSING_SIDE, message)]
            ) from None

    def each_text(self) -> Iterator[tuple[str, str, Texts]]:
        """Yield side, perspective and the texts by language."""
        for side, perspectives in self.texts.items():
            for perspective, texts in perspectives.items():
                yield side, perspective, texts


class Page(Part, frozen=True):
    """Items shown together."""

    items: tuple[Item, ...]
    shuffle: bool = False
    show_if: tuple[Condition, ...] = ()


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
