"""The forms of a partner's record: fields as they are typed, choices and history in words."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from wtforms import SelectMultipleField, StringField

from survey.pages import record_words, visitor
from survey.pages.forms import Fields, GuardedForm
from survey.pages.languages import long_date
from survey.pages.site import database, site
from survey.services.accounts.users import organisation
from survey.services.record import items, whole
from survey.services.record.fields import Problems
from survey.services.record.items import Known
from survey.services.record.kinds import KINDS, SORTS_OF
from survey.services.record.whole import Record
from survey.storage.models import Partner
from survey.words import say_in


def fields(kind: str) -> Fields:
    """Give the fields of a form for a kind of entry."""
    return tuple(
        (name, SelectMultipleField(validate_choice=False) if name == "items" else StringField())
        for name in KINDS[kind].fields
    )


def given(form: GuardedForm, kind: str) -> dict[str, str]:
    """Give what was typed, by field, items with blanks between."""
    found = {name: form[name].data or "" for name in KINDS[kind].fields}
    return {name: " ".join(v) if isinstance(v, list) else str(v) for name, v in found.items()}


def blank(kind: str) -> dict[str, str]:
    """Give the fields of a kind, with nothing in them."""
    return dict.fromkeys(KINDS[kind].fields, "")


def said(problems: Problems) -> dict[str, str]:
    """Say what is wrong in the language of the page."""
    catalogue = site().renderer.catalogues[visitor.language()]
    return {field: say_in(catalogue, problem) for field, problem in problems.items()}


def about(partner: Partner, record: Record) -> dict[str, Any]:
    """Give what every page of entries needs: words, the texts of items, the names of aspects."""
    known, language = items.known(database(), partner.id), visitor.language()
    return {
        "words": record_words,
        "kinds": KINDS,
        "texts": {each.id: each.text for each in record.entries},
        "item": _texts_of(partner, known),
        "aspect": lambda aspect: known.label(aspect, language),
        "bank": [(known.label(name, language), ids) for name, ids in known.by_aspect().items()],
    }


def choices(
    partner: Partner, record: Record, kind: str, kept: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Give what may be chosen in the fields of a kind, each with its words.

    What is ``kept`` in the entry can be chosen although nobody could choose it anew: an owner
    who was disabled since, an agreement that was struck out since.
    """
    language = visitor.language()
    say = site().renderer.catalogues[language].gettext
    known = items.known(database(), partner.id)
    agreed = [
        each
        for each in record.of("expectation")
        if each.struck_on is None or each.id.hex == kept.get("touches")
    ]
    aspects = sorted((known.label(name, language), name) for name in known.constructs)
    found = {
        "sort": [(each, say(record_words.SORTS[kind][each])) for each in SORTS_OF.get(kind, ())],
        "touches": [("", say("none of them")), *((e.id.hex, e.text[:80]) for e in agreed)],
        "owner": [("", say("not decided yet")), *_owners(partner, kept)],
        "aspect": [("", say("none in particular")), *((name, text) for text, name in aspects)],
    }
    return {name: found[name] for name in KINDS[kind].fields if name in found}


def _owners(partner: Partner, kept: Mapping[str, str]) -> list[tuple[str, str]]:
    return whole.owners(database(), partner.id, kept=kept.get("owner", ""))


def spoken(partner: Partner, kind: str) -> Callable[[str, str], str]:
    """Give how a field of the history is said: its words instead of its ids."""
    language = visitor.language()
    say = site().renderer.catalogues[language].gettext
    known = items.known(database(), partner.id)
    text_of = _texts_of(partner, known)
    ways: dict[str, Callable[[str], str]] = {
        "sort": lambda text: say(record_words.SORTS[kind][text]),
        "state": lambda text: say(record_words.STATES[text]),
        "items": lambda text: "\n".join(map(text_of, text.split())),
        "aspect": lambda text: known.label(text, language),
        **dict.fromkeys(
            ("day", "due_on", "on"),
            lambda text: long_date(dt.date.fromisoformat(text), language),
        ),
    }
    return lambda field, text: ways.get(field, str)(text)


def _texts_of(partner: Partner, known: Known) -> Callable[[str], str]:
    names = {"partner": partner.name, "organisation": organisation(database())}
    language = visitor.language()
    return lambda item: known.text(item, language, **names)
