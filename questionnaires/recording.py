"""Records that translations have been through a pass, in the text files of the bank."""

import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from questionnaires.errors import InstrumentError, Problem
from questionnaires.item_bank import Bank
from questionnaires.loader import bank_and_items
from questionnaires.parts import LANGUAGES, STATUSES, Item, Texts
from questionnaires.provenance import SOURCE, fingerprint
from questionnaires.rules import Rule
from questionnaires.table import suggest

_KEY: Final = re.compile(r"\s*(\w+)\s*=")
_TABLE: Final = re.compile(r"\{[^{}]*\}")
_BOM: Final = "\ufeff"


def record_pass(
    name: str, *, language: str, status: str, items: Collection[str] = ()
) -> dict[Path, tuple[str, ...]]:
    """Write into the bank that translations now have a status, made from the English of today.

    Parameters
    ----------
    name : id of a shipped instrument, or path of an instrument's or a bank's TOML file
    language : the language that was read; English itself has a status, but no source
    status : "draft", "reviewed", "adjudicated" or "pretested"
    items : ids of the items that were read; all of the instrument or file when empty

    Returns
    -------
    The files that were rewritten, each with the ids of its items. Only the values of `status`
    and `source` change; every other line of a file stays as it is.

    Raises
    ------
    InstrumentError
        Before any file is written: the bank breaks a rule, an item is unknown, a status skips a
        pass or follows from a stale one (rule `skipped_status`), or a file is laid out in a way
        that cannot be edited safely (rule `cannot_record`).

    """
    bank, known = bank_and_items(name)
    chosen = tuple(items) or known
    problems = [*_unknown(chosen, known, name), *_skipped(bank, chosen, language, status)]
    if problems:
        raise InstrumentError(problems)
    by_file: dict[Path, list[str]] = {}
    for item_id in chosen:
        by_file.setdefault(Path(bank.files[item_id]), []).append(item_id)
    edited = {
        path: _edited(path, [bank.items[item_id] for item_id in ids], language, status)
        for path, ids in by_file.items()
    }
    for path, text in edited.items():
        _replace(path, text)
    return {path: tuple(ids) for path, ids in by_file.items()}


def _unknown(chosen: Iterable[str], known: Collection[str], name: str) -> list[Problem]:
    return [
        Problem(name, item_id, None, Rule.UNKNOWN_ITEM, f"no such item; {suggest(item_id, known)}")
        for item_id in chosen
        if item_id not in known
    ]


def _skipped(bank: Bank, chosen: Iterable[str], language: str, status: str) -> list[Problem]:
    """Give a problem for each item whose translation cannot have that status yet."""
    problems = []
    for item in (bank.items[item_id] for item_id in chosen if item_id in bank.items):
        now = STATUSES.index(item.status[language])
        stale = language in item.stale
        if STATUSES.index(status) > now + (not stale):
            message = f"it is «{item.status[language]}»; "
            message += (
                "its English text has changed since, so record it there again first"
                if stale
                else f"record it as «{STATUSES[now + 1]}» first"
            )
            file = bank.files[item.id]
            problems.append(Problem(file, item.id, language, Rule.SKIPPED_STATUS, message))
    return problems


def _edited(path: Path, items: Iterable[Item], language: str, status: str) -> str:
    """Give the text of a file with the new values, sure that nothing else has changed."""
    text = path.read_bytes().decode("utf-8")
    lines = text.split("\n")
    expected = _parsed(text)
    for item in items:
        values = {"status": item.status | {language: status}}
        if language != SOURCE:
            now = fingerprint(item.texts, item.hint, item.options)
            values["source"] = item.source | {language: now}
        _edit(lines, item.id, values)
        expected["items"][item.id] |= deepcopy(values)
    edited = "\n".join(lines)
    if _parsed(edited) != expected:
        ids = ", ".join(item.id for item in items)
        message = "the file cannot be edited safely; write `status = { … }` of each item on one "
        message += "line right below its [items.<id>]"
        raise InstrumentError([Problem(str(path), ids, language, Rule.CANNOT_RECORD, message)])
    return edited


def _edit(lines: list[str], item_id: str, values: Mapping[str, Texts]) -> None:
    """Rewrite the lines of an item that hold these keys; a missing one follows the status."""
    header = re.compile(rf"\s*\[\s*items\s*\.\s*{re.escape(item_id)}\s*\]\s*(#.*)?")
    place = next((at for at, line in enumerate(lines) if header.fullmatch(line.rstrip())), None)
    if place is None:
        return
    found: dict[str, int] = {}
    for at in range(place + 1, len(lines)):
        if lines[at].lstrip().startswith("["):
            break
        named = _KEY.match(lines[at])
        if named:
            found.setdefault(named[1], at)
    if "status" not in found:
        return
    for key, texts in values.items():
        if key in found:
            lines[found[key]] = _TABLE.sub(_inline(texts), lines[found[key]], count=1)
    if "source" in values and "source" not in found:
        ending = "\r" if lines[found["status"]].endswith("\r") else ""
        lines.insert(found["status"] + 1, f"source = {_inline(values['source'])}{ending}")


def _inline(texts: Texts) -> str:
    """Write a table of languages on one line."""
    listed = ", ".join(f'{name} = "{texts[name]}"' for name in LANGUAGES if name in texts)
    return f"{{ {listed} }}"


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix(_BOM))
    except tomllib.TOMLDecodeError:
        return {}


def _replace(path: Path, text: str) -> None:
    """Put a file in the place of another in one step."""
    home = path.resolve()
    with tempfile.NamedTemporaryFile(dir=home.parent, delete=False) as file:
        file.write(text.encode())
    shutil.copymode(home, file.name)
    os.replace(file.name, home)  # noqa: PTH105 (the name of the temporary file is a text)
