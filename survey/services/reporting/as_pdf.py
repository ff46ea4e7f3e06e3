"""A report as a PDF that everybody can read: tagged, PDF/UA-1, the same bytes on any machine.

typst sets it, with the fonts that come along with typst and no others. All text reaches it as
data, in JSON, so nothing in it is ever read as markup.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module, resources
from types import ModuleType
from typing import Any, Final

import msgspec

from survey.errors import BadSettings
from survey.services.reporting.blocks import FINGERPRINT, Document
from survey.services.reporting.figures import WIDTH, stand_alone

_REGIONS: Final = {"en": "GB", "nb": "NO", "nn": "NO", "is": "IS"}
_BOX: Final = "□"  # instead of a letter that no font has, which PDF/UA allows nobody to leave open
_SHORT: Final = 16  # letters of the fingerprint at the foot of a page
_JOINERS: Final = "\u200c\u200d"  # unseen, but letters beside them look otherwise
_VARIANTS: Final = range(0xFE00, 0xFE10)  # ask for another shape of the letter before
_PROBE: Final = b'#set document(title: "-")\n#sys.inputs.letters.codepoints().join(" ")'
_DRAWN: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # of what nobody sees


def as_pdf(document: Document) -> bytes:
    """Set a report as a tagged PDF/UA-1 document.

    Parameters
    ----------
    document
        The report. Letters that no font has are shown as □; what nobody sees is left out.

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
    told = _each_text(msgspec.to_builtins(document), _seen)
    letters = "".join(sorted(set().union(*_texts(told))))
    boxes = str.maketrans(dict.fromkeys(_undrawn(letters), _BOX))
    page = _prepared(_each_text(told, lambda text: text.translate(boxes)))
    source = resources.files(__package__).joinpath("report.typ").read_bytes()
    made = dt.datetime.combine(document.day, dt.time(), dt.UTC)
    return _set(source, {"report": msgspec.json.encode(page).decode()}, made)


def _set(source: bytes, inputs: dict[str, str], made: dt.datetime) -> bytes:
    """Set a source with the fonts that come along, and nothing else that is the machine's."""
    pdf: bytes = _typst().compile(
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


def _texts(tree: object) -> Iterator[str]:
    """Yield every text of a document, as JSON has it."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list | tuple):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(part)


def _each_text(tree: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 (JSON)
    """Return a document with each of its texts changed."""
    if isinstance(tree, str):
        return change(tree)
    if isinstance(tree, dict):
        return {key: _each_text(part, change) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        return [_each_text(part, change) for part in tree]
    return tree


def _seen(text: str) -> str:
    """Return a text without what steers a terminal or turns lines around, and is not seen."""
    return text if text.isascii() and text.isprintable() else "".join(map(_seen_letter, text))


def _seen_letter(letter: str) -> str:
    kind = unicodedata.category(letter)
    if letter == "\n" or letter in _JOINERS:
        return letter
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    if kind == "Cf" or ord(letter) in _VARIANTS:
        return ""
    return _BOX if kind in ("Cs", "Co") else letter


@lru_cache(maxsize=1000)
def _undrawn(letters: str) -> str:
    """Return those of some letters that none of the fonts has, by trying ever fewer of them."""
    if not letters:
        return ""
    try:
        _set(_PROBE, {"letters": letters}, _DRAWN)
    except _typst().TypstError:
        middle = len(letters) // 2
        return _undrawn(letters[:middle]) + _undrawn(letters[middle:]) if middle else letters
    return ""


def _prepared(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the template asks for beside what the document says."""
    blocks = [_drawn(block) if block["type"] == "figure" else block for block in told["blocks"]]
    stamp, words = told["stamp"]["rows"], told["words"]
    is_stamped = stamp and stamp[-1][0] == words.get(FINGERPRINT)
    return told | {
        "blocks": blocks,
        "region": _REGIONS[told["language"]],
        "short": stamp[-1][1][:_SHORT] if is_stamped else "",
    }


def _drawn(figure: dict[str, Any]) -> dict[str, Any]:
    picture = stand_alone(figure["svg"])
    return figure | {"svg": picture.svg, "share": picture.width / WIDTH}
