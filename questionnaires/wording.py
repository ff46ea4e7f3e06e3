"""Rules of wording that a program can check, for the texts of the four languages."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from questionnaires.parts import PLACEHOLDER
from questionnaires.rules import Rule

Fault = tuple[Rule, str]

MAX_WORDS: Final = 20
MAX_CHARACTERS: Final = 160
MAX_LABEL: Final = 80  # characters of an answer, so that it fits a narrow screen
ASKED_FOR: Final = {"ours": "{partner}", "theirs": "{organisation}"}  # whom a side speaks of


def _by_language(**listed: str) -> dict[str, frozenset[str]]:
    return {
        language.rstrip("_"): frozenset(listing.split()) for language, listing in listed.items()
    }


NEGATIONS: Final = _by_language(
    en="not no never none nobody nothing nowhere neither nor cannot without hardly",
    nb="ikke aldri ingen intet ingenting verken hverken uten neppe knapt nei",
    nn="ikkje aldri ingen inga inkje ingenting verken korkje utan neppe knapt nei",
    is_="ekki aldrei enginn engin ekkert engan enga engum engri einskis engra engir engar engu "
    "neinn nein neitt neina neinum neinni neins neinir neinar neinna hvorki né án nei varla",
)
_CONTRACTED: Final = re.compile(r"\w+n['’]t")  # don't, isn't, can't

OR: Final = _by_language(
    en="or either", nb="eller enten", nn="eller anten", is_="eða ellegar annaðhvort"
)
AND: Final = _by_language(en="and", nb="og samt", nn="og samt", is_="og ásamt")
# «and» may join the two parties, as in «{partner} and we»: that is one idea
PARTIES: Final = _by_language(
    en="we us our ours you your yours they them their theirs",
    nb="vi oss vår vårt våre du deg dere deres de dem",
    nn="vi oss vår vårt våre du deg de dykk dykkar dei deira",
    is_="við okkur okkar þú þig þér þín þið ykkur ykkar þau þeir þær þá þeim þeirra",
)
_PARTY: Final = "xpartyx"  # stands for a placeholder among the words of a text


def words(text: str) -> list[str]:
    """Split into lower-case words; a placeholder, with any ending, is one word."""
    named = PLACEHOLDER.sub(_PARTY, text)
    return [word.casefold() for word in re.findall(r"\w+(?:['’-]\w+)*", named)]


def plain(_language: str, text: str) -> Iterator[Fault]:
    """Check a title or hint: one tidy line with no placeholders."""
    yield from _tidy(text, lines=False)
    yield from _no_braces(text)


def label(language: str, text: str) -> Iterator[Fault]:
    """Check what an answer is called: a short tidy line with no placeholders."""
    yield from plain(language, text)
    if len(text) > MAX_LABEL:
        message = f"«{text}» has {len(text)} characters; a label has at most {MAX_LABEL}"
        yield Rule.TEXT_TOO_LONG, message


def prose(_language: str, text: str) -> Iterator[Fault]:
    """Check an introduction: tidy lines that may name the two organisations."""
    yield from _tidy(text, lines=True)
    yield from _no_braces(PLACEHOLDER.sub("", text))


def question(side: str, _language: str, text: str) -> Iterator[Fault]:
    """Check the text of any item: one tidy line that names whom it asks about."""
    yield from _tidy(text, lines=False)
    yield from _no_braces(PLACEHOLDER.sub("", text))
    needed = ASKED_FOR[side]
    if needed not in text:
        yield Rule.MISSING_PLACEHOLDER, f"«{text}» must contain {needed} on side «{side}»"


def short_question(side: str, language: str, text: str) -> Iterator[Fault]:
    """Check the text of a choice or a pick: a question of at most 20 words."""
    yield from question(side, language, text)
    yield from _short(text)


def statement(side: str, language: str, text: str) -> Iterator[Fault]:
    """Check the text of an item on an agree scale: a short statement of one idea, positive."""
    yield from question(side, language, text)
    yield from _short(text)
    if text.endswith("?"):
        message = f"«{text}» is a question; on an agree scale give a statement to agree with"
        yield Rule.NOT_A_STATEMENT, message
    yield from _single(language, text)
    yield from _positive(language, text)


def rated(side: str, language: str, text: str) -> Iterator[Fault]:
    """Check the text of an item on a scale of its own, which may be a question.

    A question may name both ends of its scale, as in «how easy or difficult».
    """
    yield from question(side, language, text)
    yield from _short(text)
    yield from _single(language, text, either=text.endswith("?"))
    yield from _positive(language, text)


def _tidy(text: str, *, lines: bool) -> Iterator[Fault]:
    allowed = "\n" if lines else ""
    odd = [c for c in text if unicodedata.category(c) in {"Cc", "Cf"} and c not in allowed]
    if odd:
        yield Rule.UNTIDY_TEXT, f"«{text}» holds the invisible character {odd[0]!a}; remove it"
    if text != text.strip() or "  " in text:
        yield Rule.UNTIDY_TEXT, f"«{text}» has spaces at an end or two in a row; remove them"
    if text != unicodedata.normalize("NFC", text):
        yield Rule.UNTIDY_TEXT, f"«{text}» has letters with loose accents; save it in form NFC"


def _no_braces(text: str) -> Iterator[Fault]:
    found = re.search(r"\{[^{}]*\}?|\}", text)
    if found:
        message = f"«{found[0]}» has no place here; items and introductions may name "
        message += "{partner} and {organisation}, other texts neither"
        yield Rule.UNKNOWN_PLACEHOLDER, message


def _short(text: str) -> Iterator[Fault]:
    count = len([word for word in PLACEHOLDER.sub(_PARTY, text).split() if re.search(r"\w", word)])
    if count > MAX_WORDS:
        yield Rule.TEXT_TOO_LONG, f"«{text}» has {count} words; at most {MAX_WORDS} are allowed"
    if len(text) > MAX_CHARACTERS:
        yield (
            Rule.TEXT_TOO_LONG,
            f"«{text}» has {len(text)} characters; at most {MAX_CHARACTERS} are allowed",
        )


def _single(language: str, text: str, *, either: bool = False) -> Iterator[Fault]:
    if "/" in text:
        yield Rule.AND_OR_PAIR, f"«{text}» has a slash; ask one idea, in one wording"
    found = [word for word in words(text) if word in OR[language] and not either]
    found += _joining(language, words(text))
    if found:
        yield (
            Rule.AND_OR_PAIR,
            f"«{text}» joins two ideas by «{found[0]}»; make two items, or keep one idea",
        )


def _joining(language: str, of_text: list[str]) -> Iterator[str]:
    """Yield each «and» that joins anything but the two parties."""

    def is_party(word: str) -> bool:
        return word.startswith(_PARTY) or word in PARTIES[language]

    for place, word in enumerate(of_text):
        if word in AND[language]:
            before, after = of_text[max(place - 1, 0) : place], of_text[place + 1 : place + 3]
            if not (any(map(is_party, before)) and any(map(is_party, after))):
                yield word


def _positive(language: str, text: str) -> Iterator[Fault]:
    for word in words(text):
        if word in NEGATIONS[language] or (language == "en" and _CONTRACTED.fullmatch(word)):
            yield Rule.NEGATION, f"«{text}» has the negation «{word}»; state it positively"
