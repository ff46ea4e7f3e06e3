"""Reads an instrument file against an item bank."""

from pathlib import Path

from questionnaires import wording
from questionnaires.errors import Problem
from questionnaires.groups import check_scales, read_groups, scored_constructs
from questionnaires.item_bank import Bank
from questionnaires.model import Instrument
from questionnaires.pages import read_pages
from questionnaires.parts import LANGUAGES, OFF_SCALE, PERSPECTIVES, SIDES, Page, Texts
from questionnaires.paths import check_conditions
from questionnaires.rules import Rule
from questionnaires.table import Table, read_table


def read_instrument(path: Path, bank: Bank, problems: list[Problem]) -> Instrument | None:
    """Read an instrument, noting every problem of the file and of the items it uses.

    Parameters
    ----------
    path : the instrument's file
    bank : the items it may use
    problems : the list that problems are added to

    Returns
    -------
    The instrument, complete only when no problem was added; None when the file is no TOML.

    """
    table = read_table(path, problems)
    if table is None:
        return None
    with table.about(path.stem) as entry:
        sides = entry.choices("sides", SIDES, Rule.UNKNOWN_SIDE)
        entry.note_empty("sides", Rule.MISSING_SIDE)
        pages = read_pages(entry, bank, sides)
        items = [item for page in pages for item in page.items]
        off_scale = entry.choices("off_scale", OFF_SCALE, Rule.UNKNOWN_OFF_SCALE)
        groups = read_groups(entry, bank, items)
        check_scales(entry, items, groups)
        check_conditions(entry, pages, bank, off_scale)
        return Instrument(
            id=_id(entry, path),
            title=entry.texts("title"),
            introduction=_introduction(entry, sides),
            reference_period=entry.texts("reference_period"),
            sides=sides,
            perspectives=_perspectives(entry, pages, whole=bank.whole),
            languages=LANGUAGES,
            min_answered=_min_answered(entry),
            pages=pages,
            constructs=scored_constructs(bank, items, groups),
            off_scale=tuple(bank.off_scale[code] for code in off_scale if code in bank.off_scale),
            sources=entry.strings("sources"),
            groups=groups,
        )


def _id(entry: Table, path: Path) -> str:
    found = entry.get("id", str)
    if found is None:
        return path.stem
    entry.check_id(found)
    if found != path.stem:
        message = f"the id is «{found}», the file {path.name}; name the file {found}.toml"
        entry.note(Rule.ID_NOT_FILE_NAME, message)
    return found


def _introduction(entry: Table, sides: tuple[str, ...]) -> dict[str, Texts]:
    table = entry.table("introduction")
    if table is None:
        return {}
    with table:
        if not sides:  # then that is the problem, not the introductions
            table.asked.update(SIDES)
        for side in sides:
            if side not in table.content:
                message = f"side «{side}» has no introduction; give [introduction.{side}]"
                table.note(Rule.MISSING_SIDE, message)
        return {side: table.texts(side, wording.prose) for side in sides if side in table.content}


def _min_answered(entry: Table) -> float:
    share = entry.get("min_answered", float)
    if share is None:
        return 1.0
    if not 0 < share <= 1:
        message = f"«min_answered» is {share}; it is a share above 0, up to 1"
        entry.note(Rule.OUT_OF_RANGE, message)
    return float(share)


def _perspectives(entry: Table, pages: tuple[Page, ...], *, whole: bool) -> tuple[str, ...]:
    """Give the perspectives of the pages; where the file declares them, they must be the same."""
    used = {item.perspective for page in pages for item in page.items}
    if "perspectives" not in entry.content:
        entry.asked.add("perspectives")
        return tuple(each for each in PERSPECTIVES if each in used)
    declared = entry.choices("perspectives", PERSPECTIVES, Rule.UNKNOWN_PERSPECTIVE)
    entry.note_empty("perspectives", Rule.MISSING_PERSPECTIVE)
    for name in PERSPECTIVES:
        if name in used and declared and name not in declared:
            message = f"a page asks for «{name}», which «perspectives» lacks; add it there"
            entry.note(Rule.MISSING_PERSPECTIVE, message)
        if name in declared and used and name not in used and whole:
            message = f'no page asks for «{name}»; give a page `perspective = "{name}"`, or remove '
            entry.note(Rule.MISSING_PERSPECTIVE, f"{message}it from «perspectives»")
    return declared
