"""Questionnaires as data: an item bank, instruments over it, and a loader that checks both.

An instrument that loads is complete; `load("grunig7").version` is the hash of its content.
"""

from questionnaires.combining import combine
from questionnaires.errors import (
    InstrumentError,
    Problem,
    UnknownInstrument,
    UnknownItem,
    UnknownText,
)
from questionnaires.loader import available, check_file, load, load_file
from questionnaires.model import Instrument, from_canonical
from questionnaires.nameless import nameless
from questionnaires.parts import (
    ITEM_KINDS,
    LANGUAGES,
    OFF_SCALE,
    PERSPECTIVES,
    SIDES,
    STATUSES,
    AnswerScale,
    Condition,
    Construct,
    Item,
    OffScale,
    Option,
    Page,
    Point,
    fill,
)
from questionnaires.provenance import TranslationStatus
from questionnaires.recording import record_pass
from questionnaires.rules import Rule
from questionnaires.translations import Translation, translations

__all__ = [
    "ITEM_KINDS",
    "LANGUAGES",
    "OFF_SCALE",
    "PERSPECTIVES",
    "SIDES",
    "STATUSES",
    "AnswerScale",
    "Condition",
    "Construct",
    "Instrument",
    "InstrumentError",
    "Item",
    "OffScale",
    "Option",
    "Page",
    "Point",
    "Problem",
    "Rule",
    "Translation",
    "TranslationStatus",
    "UnknownInstrument",
    "UnknownItem",
    "UnknownText",
    "available",
    "check_file",
    "combine",
    "fill",
    "from_canonical",
    "load",
    "load_file",
    "nameless",
    "record_pass",
    "translations",
]
