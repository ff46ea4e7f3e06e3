"""Read a scales file: the TOML that tells a researcher's columns and scales."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import BadScale, BadScalesFile
from analysis.scale import Scale

_TOP = ("range", "missing", "min_answered", "scales")
_SCALE = ("items", "reverse", "range", "min_answered")


@dataclass(frozen=True, slots=True)
class ScalesFile:
    """What a scales file says: the scales, and the codes in the data that mean no answer."""

    scales: tuple[Scale, ...]
    missing: tuple[float | str, ...]


def read_scales(path: Path | str) -> ScalesFile:
    """Read a scales file.

    Parameters
    ----------
    path
        A TOML file with `range = [low, high]`, `missing = [codes]`, `min_answered` (all three
        optional) and one table `[scales.NAME]` per scale with `items`, and optionally
        `reverse`, and its own `range` and `min_answered`. Codes are numbers or texts; a text
        that spells a number is that number.

    Returns
    -------
    ScalesFile
        Scales in the order of the file.

    Raises
    ------
    BadScalesFile
        If the file cannot be read, is not TOML, has an unknown or ill-formed entry, or a code
        for «no answer» lies on a scale.
    """
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadScalesFile(f"{file} cannot be read ({error}); give a TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadScalesFile(f"{file} is not TOML: {error}.") from error
    try:
        return _scales(content)
    except (BadScale, BadScalesFile) as error:
        raise BadScalesFile(f"{file}: {error}") from error


def _scales(content: Mapping[str, Any]) -> ScalesFile:
    _only(content, _TOP, "at the top")
    tables = content.get("scales")
    if not isinstance(tables, dict) or not tables:
        raise BadScalesFile("There are no scales; add a table [scales.NAME] with its items.")
    scales = tuple(_scale(name, table, content) for name, table in tables.items())
    missing = _codes(content.get("missing", []))
    for scale in scales:
        for code in missing:
            if not isinstance(code, str) and scale.low <= code <= scale.high:
                raise BadScalesFile(
                    f"The code {code:g} for «no answer» lies on scale {scale.name!r} "
                    f"({scale.low} to {scale.high}), where it would be an answer; "
                    "recode it in the data, or correct range or missing."
                )
    return ScalesFile(scales, missing)


def _codes(given: object) -> tuple[float | str, ...]:
    """Return the codes for «no answer», those that spell a number as numbers."""
    if not isinstance(given, list) or not all(map(_is_code, given)):
        raise BadScalesFile(
            f'missing is {given!r}; give a list of numbers or texts such as [-99, "refused"].'
        )
    return tuple(map(_code, given))


def _is_code(code: object) -> bool:
    if isinstance(code, bool) or not isinstance(code, int | float | str):
        return False
    return isinstance(code, str) or math.isfinite(code)


def _code(given: float | str) -> float | str:
    try:
        number = float(given)
    except ValueError:
        return str(given).strip()
    return number if math.isfinite(number) else str(given).strip()


def _scale(name: str, table: object, top: Mapping[str, Any]) -> Scale:
    where = f"in [scales.{name}]"
    if not isinstance(table, dict):
        raise BadScalesFile(f"scales.{name} is {table!r}; make it a table {where[3:]} with items.")
    _only(table, _SCALE, where)
    if not isinstance(table.get("items"), list):
        raise BadScalesFile(f'There is no list of items {where}; add items = ["…", "…"].')
    if not isinstance(table.get("reverse", []), list):
        raise BadScalesFile(f"reverse {where} is {table['reverse']!r}; give a list of items.")
    bounds = table.get("range", top.get("range"))
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise BadScalesFile(
            f"range {where} is {bounds!r}; give range = [low, high], or at the top."
        )
    low, high = bounds
    share = table.get("min_answered", top.get("min_answered", 0.5))
    return Scale(name, table["items"], low, high, table.get("reverse", ()), share)


def _only(table: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in allowed:
            raise BadScalesFile(f"Unknown entry {key!r} {where}; allowed are {', '.join(allowed)}.")
