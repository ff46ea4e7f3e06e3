"""A TOML table being read: it notes every problem and reads on."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from questionnaires import wording
from questionnaires.errors import Problem
from questionnaires.parts import LANGUAGES, Texts
from questionnaires.rules import Rule

_Value = TypeVar("_Value")
Check = Callable[[str, str], Iterator[wording.Fault]]  # language, text → faults

_SNAKE_CASE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TWICE: Final = re.compile(r"Cannot declare \((.*)\) twice \((.*)\)")
_TYPES: Final[dict[type, str]] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
}


def suggest(name: str, known: Collection[str]) -> str:
    """Say which of the known names was probably meant, else which there are."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean «{close[0]}»?" if close else f"known: {', '.join(known) or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a file; asking for a key that is missing or wrong notes a problem.

    As a context manager it notes at the end every key that nobody asked for.
    """

    content: Mapping[str, Any]
    file: str
    problems: list[Problem]
    subject: str = ""
    path: str = ""
    asked: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in self.content:
            if key not in self.asked:
                hint = suggest(key, sorted(self.asked))
                self.note(Rule.UNKNOWN_KEY, f"«{self.path}{key}» is no key of this table; {hint}")

    def note(self, rule: Rule, message: str, language: str | None = None) -> None:
        """Add a problem of this table's subject."""
        self.problems.append(Problem(self.file, self.subject, language, rule, message))

    def note_empty(self, key: str, rule: Rule) -> None:
        """Note a list that has no members."""
        if self.content.get(key) == []:
            self.note(rule, f"«{self.path}{key}» is empty; it needs at least one")

    def about(self, subject: str) -> Self:
        """Give the same table under another subject."""
        return replace(self, subject=subject)

    def get(self, key: str, kind: type[_Value], *, optional: bool = False) -> _Value | None:
        """Give the value of a key, or None after noting that it is missing or of another type."""
        self.asked.add(key)
        if key not in self.content:
            if not optional:
                message = f"«{self.path}{key}» is missing; it must be {_TYPES[kind]}"
                self.note(Rule.MISSING_KEY, message)
            return None
        return self._typed(self.content[key], kind, f"{self.path}{key}")

    def choice(
        self, key: str, known: Collection[str], rule: Rule, *, default: str | None = None
    ) -> str | None:
        """Give a text that must be one of the known names."""
        found = self.get(key, str, optional=default is not None)
        if found is None:
            return default
        return found if self._is_known(found, known, rule, key) else None

    def strings(self, key: str) -> tuple[str, ...]:
        """Give a list of texts."""
        members = (
            self._typed(member, str, f"{self.path}{key}") for member in self.get(key, list) or ()
        )
        return tuple(member for member in members if member is not None)

    def choices(self, key: str, known: Collection[str], rule: Rule) -> tuple[str, ...]:
        """Give a list of texts that must each be one of the known names, once."""
        found: dict[str, None] = {}
        for name in self.strings(key):
            if name in found:
                self.note(Rule.REPEATED_VALUE, f"«{self.path}{key}» has «{name}» twice")
            elif self._is_known(name, known, rule, key):
                found[name] = None
        return tuple(found)

    def texts(self, key: str, check: Check = wording.plain) -> Texts:
        """Give the texts of the four languages, each passed through a check of its wording."""
        table = self.table(key)
        if table is None:
            return {}
        found = {language: self._text(table, language) for language in LANGUAGES}
        for name in sorted(table.content.keys() - found.keys()):
            message = f"«{table.path}{name}» is no language of ours; {suggest(name, LANGUAGES)}"
            self.note(Rule.UNKNOWN_LANGUAGE, message, name)
        texts = {language: text for language, text in found.items() if text is not None}
        for language, text in texts.items():
            for rule, message in check(language, text):
                self.note(rule, f"{table.path.rstrip('.')}: {message}", language)
        return texts

    def table(self, key: str, *, optional: bool = False) -> Self | None:
        """Give the table under a key."""
        content = self.get(key, dict, optional=optional)
        return None if content is None else self._below(content, f"{self.path}{key}.")

    def tables(self, key: str) -> Iterator[Self]:
        """Yield the tables of a list, such as `[[pages]]`."""
        for place, member in enumerate(self.get(key, list) or (), start=1):
            path = f"{self.path}{key}.{place}"
            content = self._typed(member, dict, path)
            if content is not None:
                yield self._below(content, f"{path}.")

    def members(self, key: str) -> Iterator[str | Self]:
        """Yield the members of a list whose members are texts or tables."""
        for place, member in enumerate(self.get(key, list) or (), start=1):
            path = f"{self.path}{key}.{place}"
            if isinstance(member, dict):
                yield self._below(member, f"{path}.")
            else:
                text = self._typed(member, str, path)
                if text is not None:
                    yield text

    def named_tables(self) -> Iterator[tuple[str, Self]]:
        """Yield every table in this one with its key, which is an id and becomes its subject."""
        for key in self.content:
            table = self.about(key).table(key)
            if table is not None:
                table.check_id(key)
                yield key, table

    def check_id(self, name: str) -> None:
        """Note an id that is not snake_case."""
        if not _SNAKE_CASE.fullmatch(name):
            self.note(
                Rule.BAD_ID,
                f"the id «{name}» must be snake_case: a-z, 0-9 and single _, first a letter",
            )

    def _text(self, table: Self, language: str) -> str | None:
        """Give the text of one language; a blank one is a missing one."""
        path = f"{table.path}{language}"
        text = self._typed(table.content.get(language, ""), str, path, language)
        if text is not None and not text.strip():
            message = f"«{path}» is missing; give the text in «{language}»"
            self.note(Rule.MISSING_LANGUAGE, message, language)
            return None
        return text

    def _typed(
        self, found: object, kind: type[_Value], path: str, language: str | None = None
    ) -> _Value | None:
        if type(found) is kind or (kind is float and type(found) is int):
            return found  # type: ignore[return-value]
        self.note(Rule.WRONG_TYPE, f"«{path}» is {found!r}; it must be {_TYPES[kind]}", language)
        return None

    def _is_known(self, name: str, known: Collection[str], rule: Rule, key: str) -> bool:
        if name not in known:
            self.note(rule, f"«{self.path}{key}» has «{name}»; {suggest(name, known)}")
        return name in known

    def _below(self, content: Mapping[str, Any], path: str) -> Self:
        return replace(self, content=content, path=path, asked=set())


def read_table(path: Path, problems: list[Problem]) -> Table | None:
    """Read a TOML file; what keeps it from being read is noted and None returned."""
    table = Table(content={}, file=str(path), problems=problems)
    try:
        return replace(table, content=tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        table.note(Rule.UNREADABLE, f"{reason}; give the path of a TOML file")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        table.note(Rule.NOT_UTF8, f"line {line} has the byte 0x{byte:02x}; save the file as UTF-8")
    except (ValueError, RecursionError) as error:  # also a number or a nesting without end
        _note_syntax(table, str(error))
    return None


def _note_syntax(table: Table, message: str) -> None:
    """Note what the parser said; a table declared twice is an id used twice."""
    twice = _TWICE.fullmatch(message)
    if twice is None:
        table.note(Rule.BAD_TOML, f"{message}; mend the TOML there")
        return
    keys = [key.strip(" '\"") for key in twice[1].split(",") if key.strip()]
    subject = keys[1] if keys[0] == "items" and len(keys) > 1 else keys[0]
    declared = ".".join(keys)
    table.about(subject).note(
        Rule.DUPLICATE_ID, f"[{declared}] stands twice ({twice[2]}); give each its own id"
    )
