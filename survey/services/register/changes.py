"""What a sheet would change, row by row, before anything is changed."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from survey.errors import ChangedMeanwhile

NEW, CHANGED, SAME = "new", "changed", "same"
KINDS: Final = (NEW, CHANGED, SAME)

Values = Mapping[str, str]  # field → what stands there, as people write it; "" is nothing


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row that would change."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one row of a sheet would do."""

    row: int
    name: str
    kind: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a whole sheet would do; ``digest`` stands for exactly these changes."""

    file: str
    changes: tuple[Change, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, changed and the same."""
        counted = Counter(change.kind for change in self.changes)
        return {kind: counted[kind] for kind in KINDS}

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the changes: another plan has another one."""
        return hashlib.sha256(msgspec.json.encode(self.changes)).hexdigest()

    def require(self, seen: str | None) -> None:
        """Raise `ChangedMeanwhile` if this is not the plan that was seen; ``None`` asks nothing."""
        if seen is not None and seen != self.digest:
            raise ChangedMeanwhile(file=self.file)


def compared(row: int, name: str, before: Values | None, after: Values) -> Change:
    """Compare a row with what is there, ``None`` where nothing is.

    Fields that the sheet does not have are left as they are, and are not compared.
    """
    had = before or {}
    fields = tuple(
        Field(field, had.get(field, ""), value)
        for field, value in after.items()
        if had.get(field, "") != value
    )
    kind = NEW if before is None else CHANGED if fields else SAME
    return Change(row, name, kind, fields)


def planned(file: str, changes: Sequence[Change]) -> Plan:
    """Put the changes of a sheet together."""
    return Plan(file, tuple(changes))
