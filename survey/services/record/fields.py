"""The fields of an entry: read from what was typed, and written as it is typed, kept and compared.

Both ways go through one text per field: days as 2026-10-05, ids of items with blanks between,
an owner as ``user/<key>`` or ``contact/<key>``, so that no name stands in the history.
"""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.naming import name_problem, tidy
from survey.services.record.items import Known
from survey.services.record.kinds import KINDS, SORTS_OF
from survey.storage.models import Contact, RecordEntry, User
from survey.words import in_words

Given = Mapping[str, str]
Problems = dict[str, str]  # field → what is wrong with it
LONGEST_TEXT: Final = 4000
MOST_ITEMS: Final = 30
USER, CONTACT = "user", "contact"
_COLUMNS: Final = {"touches": ("touches_id",), "owner": ("owner_user_id", "owner_contact_id")}
_LAYOUT: Final = frozenset({"\n", "\t"})


class Unfit(Exception):  # noqa: N818 (it says what is wrong)
    """A field that cannot be taken; the only argument says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: whose record, on which day it is written, what it may name."""

    session: Session
    partner_id: uuid.UUID
    today: dt.date
    known: Known


def read(place: Place, kind: str, given: Given) -> tuple[dict[str, Any], Problems]:
    """Read the fields of a kind of entry.

    Parameters
    ----------
    place
        Where the entry stands.
    kind
        One of `KINDS`.
    given
        What was typed, by field; what is missing is empty.

    Returns
    -------
    tuple
        The values by column, and what is wrong, by field; with problems there are no values.
    """
    rule = KINDS[kind]
    values: dict[str, Any] = {}
    problems: Problems = {}
    for field in rule.fields:
        text = given.get(field, "").strip()
        if not text and field in rule.needed:
            problems[field] = in_words("this is needed")
            continue
        try:
            values |= _READERS[field](place, kind, text)
        except Unfit as unfit:
            problems[field] = unfit.args[0]
    problems = {**_together(place, kind, values), **problems}
    return ({}, problems) if problems else (values, {})


def written(entry: RecordEntry) -> dict[str, str]:
    """Write the fields of an entry as `read` reads them."""
    return {field: _written(entry, field) for field in KINDS[entry.kind].fields}


def read_day(text: str) -> dt.date:
    """Read a day written as 2026-10-05.

    Raises
    ------
    Unfit
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise Unfit(in_words("choose a day"))
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Unfit(in_words("choose a day")) from None


def read_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Read words of several lines.

    Raises
    ------
    Unfit
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > longest:
        raise Unfit(
            in_words(
                "it has %(has)d characters, at most %(most)d are allowed",
                has=len(text),
                most=longest,
            )
        )
    if any(unicodedata.category(sign) == "Cc" and sign not in _LAYOUT for sign in text):
        raise Unfit(in_words("it has invisible control characters: type it anew"))
    return text


def _text(field: str) -> Callable[[Place, str, str], dict[str, Any]]:
    return lambda _place, _kind, text: {field: read_text(text) or None}


def _day(field: str) -> Callable[[Place, str, str], dict[str, Any]]:
    return lambda _place, _kind, text: {field: read_day(text) if text else None}


def _sort(_place: Place, kind: str, text: str) -> dict[str, Any]:
    if text not in SORTS_OF[kind]:
        raise Unfit(in_words("choose one of them"))
    return {"sort": text}


def _party(_place: Place, _kind: str, text: str) -> dict[str, Any]:
    name = tidy(text)
    if name and (problem := name_problem(name)):
        raise Unfit(problem)
    return {"party": name or None}


def _items(place: Place, _kind: str, text: str) -> dict[str, Any]:
    named = list(dict.fromkeys(text.split()))
    unknown = [item for item in named if item not in place.known.items]
    if unknown:
        raise Unfit(in_words("there is no item %(item)s in the bank", item=unknown[0][:60]))
    if len(named) > MOST_ITEMS:
        raise Unfit(in_words("choose at most %(most)d items", most=MOST_ITEMS))
    return {"items": named or None}


def _aspect(place: Place, _kind: str, text: str) -> dict[str, Any]:
    if text and text not in place.known.constructs:
        raise Unfit(in_words("choose one of them"))
    return {"aspect": text or None}


def _touches(place: Place, _kind: str, text: str) -> dict[str, Any]:
    key = _key(text) if text else None
    if key is not None:
        here = (RecordEntry.id == key, RecordEntry.partner_id == place.partner_id)
        rule = RecordEntry.kind == "expectation"
        if place.session.scalar(sa.select(RecordEntry.id).where(*here, rule)) is None:
            raise Unfit(in_words("choose one of them"))
    return {"touches_id": key}


def _owner(place: Place, _kind: str, text: str) -> dict[str, Any]:
    whose, _, rest = text.partition("/")
    values: dict[str, Any] = {"owner_user_id": None, "owner_contact_id": None}
    if not text:
        return values
    key = _key(rest)
    found = {
        USER: sa.select(User.id).where(User.id == key),
        CONTACT: sa.select(Contact.id).where(
            Contact.id == key, Contact.partner_id == place.partner_id
        ),
    }.get(whose)
    if found is None or place.session.scalar(found) is None:
        raise Unfit(in_words("choose one of them"))
    return values | {f"owner_{whose}_id": key}


def _key(text: str) -> uuid.UUID:
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise Unfit(in_words("choose one of them"))
    return uuid.UUID(hex=text)


def _together(place: Place, kind: str, values: Mapping[str, Any]) -> Problems:
    """Say what is wrong between fields that can each be read."""
    problems: Problems = {}
    day, due = values.get("day"), values.get("due_on")
    if day and KINDS[kind].is_past and day > place.today:
        problems["day"] = in_words("this day is still to come")
    if day and due and due < day:
        problems["due_on"] = in_words("this is before it begins")
    owned = values.get("owner_user_id") or values.get("owner_contact_id")
    if owned and values.get("party"):
        problems["party"] = in_words("choose somebody above or type a name, not both")
    return problems


def _written(entry: RecordEntry, field: str) -> str:
    for column in _COLUMNS.get(field, (field,)):
        value = getattr(entry, column)
        if isinstance(value, uuid.UUID):
            before = {"owner_user_id": f"{USER}/", "owner_contact_id": f"{CONTACT}/"}
            return f"{before.get(column, '')}{value.hex}"
        if isinstance(value, dt.date):
            return value.isoformat()
        if value is not None:
            return " ".join(value) if isinstance(value, list) else str(value)
    return ""


_READERS: Final[Mapping[str, Callable[[Place, str, str], dict[str, Any]]]] = {
    "sort": _sort,
    "text": _text("text"),
    "party": _party,
    "day": _day("day"),
    "due_on": _day("due_on"),
    "items": _items,
    "touches": _touches,
    "owner": _owner,
    "aspect": _aspect,
    "limits": _text("limits"),
    "give": _text("give"),
    "gain": _text("gain"),
}
