"""A report as a PDF that everybody can read: tagged, PDF/UA-1, the same bytes on any machine.

typst sets it, with the fonts that come along with typst and no others. All text reaches it as
data, in JSON, so nothing in it is ever read as markup.
"""

import datetime as dt
from functools import cache
from importlib import import_module, resources
from threading import Lock
from types import ModuleType
from typing import Any, Final

import msgspec

from survey.errors import BadSettings
from survey.services.reporting.blocks import FINGERPRINT, Document
from survey.services.reporting.figures import WIDTH, stand_alone
from survey.services.reporting.glyphs import drawable

_REGIONS: Final = {"en": "GB", "nb": "NO", "nn": "NO", "is": "IS"}
_ONE_BY_ONE: Final = Lock()  # four large reports at once took five times as long, twice the memory
_SHORT: Final = 16  # letters of the fingerprint at the foot of a page


def as_pdf(document: Document) -> bytes:
    """Set a report as a tagged PDF/UA-1 document.

    Parameters
    ----------
    document
        The report. Letters that the font has not are shown as □ (see `glyphs`).

    Returns
    -------
    bytes
        The same for the same document, whatever fonts, time zone and language a machine has.
        Another version of typst may give others.

    Raises
    ------
    BadSettings
        The program that sets it is not installed.
    """
    made = dt.datetime.combine(document.day, dt.time(), dt.UTC)
    inputs = {"report": msgspec.json.encode(_drawable(_prepared(document))).decode()}
    template = resources.files(__package__).joinpath("report.typ")
    with resources.as_file(template) as source, _ONE_BY_ONE:
        pdf: bytes = _typst().compile(  # of a path: of bytes it takes no more than 65,535 in a life
            source,
            format="pdf",
            pdf_standards=["ua-1"],
            sys_inputs=inputs,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            timestamp=made,
        )
    return pdf


def _typst() -> ModuleType:
    try:
        return import_module("typst")
    except ImportError:
        raise BadSettings(
            problem="reports are set by typst, which is not installed: pip install 'tillit[report]'"
        ) from None


@cache
def _fonts() -> Any:  # noqa: ANN401 (a class of typst, which need not be there)
    return _typst().Fonts(include_system_fonts=False)


def _prepared(document: Document) -> dict[str, Any]:
    """Return what a document says, with pictures that stand alone and what the template asks."""
    told: dict[str, Any] = msgspec.to_builtins(document)
    stamp, words = told["stamp"]["rows"], told["words"]
    is_stamped = stamp and stamp[-1][0] == words.get(FINGERPRINT)
    return told | {
        "blocks": [_pictured(block) for block in told["blocks"]],
        "region": _REGIONS[document.language],
        "short": stamp[-1][1][:_SHORT] if is_stamped else "",
    }


def _pictured(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "figure":
        return block
    picture = stand_alone(block["svg"])
    return block | {
        "svg": picture.svg,
        "share": picture.width / WIDTH,
        "rise": picture.height / picture.width,
    }


def _drawable(tree: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return what a document says in letters that the font has."""
    if isinstance(tree, str):
        return drawable(tree)
    if isinstance(tree, dict):
        return {key: _drawable(part) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        return [_drawable(part) for part in tree]
    return tree
