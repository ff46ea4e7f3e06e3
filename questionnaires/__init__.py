"""Questionnaires as data: an item bank, instruments over it, and a loader that checks both.

An instrument that loads is complete; `load("grunig7").version` is the hash of its content.
"""

from questionnaires.errors import (
    InstrumentError,
    Problem,
    UnknownInstrument,
    UnknownItem,
    UnknownText,
)
from questionnaires.loader import available, check_file, load, load_file
from questionnaires.model import (
    LANGUAGES,
    OFF_SCALE,
    PERSPECTIVES,
    SIDES,
    AnswerScale,
    Construct,
    Instrument,
    Item,
    OffScale,
    Page,
    Point,
    fill,
    from_canonical,
)
from questionnaires.rules import Rule

__all__ = [
    "LANGUAGES",
    "OFF_SCALE",
    "PERSPECTIVES",
    "SIDES",
    "AnswerScale",
    "Construct",
    "Instrument",
    "InstrumentError",
    "Item",
    "OffScale",
    "Page",
    "Point",
    "Problem",
    "Rule",
    "UnknownInstrument",
    "UnknownItem",
    "UnknownText",
    "available",
    "check_file",
    "fill",
    "from_canonical",
    "load",
    "load_file",
]
