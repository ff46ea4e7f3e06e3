"""What can be wrong with an instrument, and the errors that say so."""

# ruff: noqa: N818 -- the named errors say what is unknown; only the base is called an error
from collections.abc import Iterable

from msgspec import Struct

from questionnaires.rules import Rule


class Problem(Struct, frozen=True):
    """One broken rule: in which file, of which subject, in which language, and what to do."""

    file: str
    subject: str
    language: str | None
    rule: Rule
    message: str

    def __str__(self) -> str:
        language = f"[{self.language}]" if self.language else ""
        subject = " ".join(part for part in (self.subject, language) if part)
        return ": ".join(part for part in (self.file, subject, self.rule, self.message) if part)


class InstrumentError(Exception):
    """An item bank or an instrument that cannot be used; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __str__(self) -> str:
        return str(self.args[0])


class UnknownInstrument(InstrumentError):
    """No instrument of that id is shipped."""


class UnknownItem(InstrumentError, KeyError):
    """The instrument has no item of that id."""


class UnknownText(InstrumentError, KeyError):
    """The item has no text for that side, perspective and language."""
