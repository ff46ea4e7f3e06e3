"""The item bank: every construct, answer scale and item, read and checked as one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from questionnaires.errors import Problem
from questionnaires.items import read_items
from questionnaires.parts import Construct, Item, OffScale
from questionnaires.rules import Rule
from questionnaires.scales import read_constructs, read_off_scale, read_scales
from questionnaires.table import Table, read_table

CONSTRUCTS_FILE = "constructs.toml"
SCALES_FILE = "scales.toml"
ITEMS_FOLDER = "items"


@dataclass(frozen=True, slots=True)
class BankFiles:
    """Where the parts of a bank lie."""

    constructs: Path
    scales: Path
    items: tuple[Path, ...]

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Name the files of a bank folder."""
        return cls(
            folder / CONSTRUCTS_FILE,
            folder / SCALES_FILE,
            tuple(sorted((folder / ITEMS_FOLDER).glob("*.toml"))),
        )

    def with_file(self, path: Path) -> Self:
        """Put one file in the place of the file of its name, or add it to the items."""
        if path.name == CONSTRUCTS_FILE:
            return replace(self, constructs=path)
        if path.name == SCALES_FILE:
            return replace(self, scales=path)
        others = tuple(other for other in self.items if other.name != path.name)
        return replace(self, items=(*others, path))


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank as far as it could be read; it is sound only when it has no problems."""

    constructs: dict[str, Construct]
    off_scale: dict[str, OffScale]
    items: dict[str, Item]
    files: dict[str, str]  # item id → the file it stands in
    whole: bool  # whether every file of items could be read
    problems: tuple[Problem, ...]


def read_bank(files: BankFiles) -> Bank:
    """Read a bank and collect the problems of all its files.

    Parameters
    ----------
    files : where its parts lie

    Returns
    -------
    What could be read, with every problem found.

    """
    problems: list[Problem] = []
    construct_table = read_table(files.constructs, problems)
    constructs = None if construct_table is None else read_constructs(construct_table)
    scale_table = read_table(files.scales, problems)
    scales = None if scale_table is None else read_scales(scale_table)
    off_scale = {} if scale_table is None else read_off_scale(scale_table)
    items: dict[str, Item] = {}
    homes: dict[str, str] = {}
    tables = {path: read_table(path, problems) for path in files.items}
    for path, table in tables.items():
        if table is not None:
            _check_name(path, table)
            _add(read_items(table, constructs, scales), table, items, homes)
    problems.extend(_same_texts(items, homes))
    whole = None not in tables.values()
    return Bank(constructs or {}, off_scale, items, homes, whole, tuple(problems))


def _check_name(path: Path, table: Table) -> None:
    """Note a file that does not bear the name of its construct."""
    construct = table.content.get("construct", path.stem)
    if construct != path.stem:
        message = f"the file holds the items of {construct!r}; name it {construct}.toml"
        table.about(str(construct)).note(Rule.ID_NOT_FILE_NAME, message)


def _add(
    found: dict[str, Item], table: Table, items: dict[str, Item], homes: dict[str, str]
) -> None:
    """Add the items of one file to those of the files before it."""
    for item_id, item in found.items():
        if item_id in items:
            message = f"the id is taken by an item in {homes[item_id]}; choose another"
            table.about(item_id).note(Rule.DUPLICATE_ID, message)
        else:
            items[item_id], homes[item_id] = item, table.file


def _same_texts(items: dict[str, Item], homes: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each text that two items share."""
    seen: dict[tuple[str, str, str, str], str] = {}
    for item in items.values():
        for side, perspective, texts in item.each_text():
            for language, text in texts.items():
                first = seen.setdefault((side, perspective, language, text.casefold()), item.id)
                if first != item.id:
                    message = (
                        f"{side}.{perspective}: «{text}» is also the text of {first}; reword it"
                    )
                    rule = Rule.DUPLICATE_TEXT
                    yield Problem(homes[item.id], item.id, language, rule, message)
