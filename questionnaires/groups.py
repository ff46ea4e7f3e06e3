"""Reads the instrument's own scales, and the constructs that are scored in it."""

from collections.abc import Sequence

from questionnaires.item_bank import Bank
from questionnaires.model import scored
from questionnaires.parts import META_SUFFIX, Construct, Item
from questionnaires.perspectives import guessed
from questionnaires.rules import Rule
from questionnaires.table import Table, suggest


def read_groups(entry: Table, bank: Bank, items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """Read `[groups]`: construct → ids of the items of the instrument that measure it there."""
    table = entry.table("groups", optional=True)
    if table is None:
        return {}
    known = {item.id: item for item in items}
    group_of: dict[str, str] = {}
    groups = {}
    for construct in table.content:
        about = table.about(construct)
        if bank.constructs and construct.removesuffix(META_SUFFIX) not in bank.constructs:
            message = f"there is no construct «{construct}»; {suggest(construct, bank.constructs)}"
            about.note(Rule.UNKNOWN_CONSTRUCT, message)
        members = about.strings(construct)
        if about.content[construct] == []:
            about.note(Rule.BAD_GROUP, "the group is empty; name its items")
        for member in members:
            _check_member(about, construct, member, known, group_of, whole=bank.whole)
        groups[construct] = tuple(dict.fromkeys(each for each in members if each in known))
    return groups


def scored_constructs(
    bank: Bank, items: Sequence[Item], groups: dict[str, tuple[str, ...]]
) -> tuple[Construct, ...]:
    """Give the constructs that are scored, in order of appearance."""
    found = []
    for construct in scored(items, groups):
        own = bank.constructs.get(construct.removesuffix(META_SUFFIX))
        if own is not None:
            found.append(guessed(own) if construct.endswith(META_SUFFIX) else own)
    return tuple(found)


def check_scales(entry: Table, items: Sequence[Item], groups: dict[str, tuple[str, ...]]) -> None:
    """Note a construct whose items are answered on more than one scale."""
    for construct, members in scored(items, groups).items():
        first = members[0].scale
        for item in members:
            if first is not None and item.scale is not None and item.scale.id != first.id:
                message = f"items of {construct} are answered on {first.id}, this one on "
                message += f"{item.scale.id}; a construct is scored on one scale"
                entry.about(item.id).note(Rule.MIXED_SCALES, message)


def _check_member(
    about: Table,
    construct: str,
    member: str,
    known: dict[str, Item],
    group_of: dict[str, str],
    *,
    whole: bool,
) -> None:
    """Note a member of a group that cannot be scored in it."""
    item = known.get(member)
    before = group_of.setdefault(member, construct)
    if item is None:
        if whole:
            message = f"no page asks «{member}»; {suggest(member, known)}"
            about.note(Rule.UNKNOWN_ITEM, message)
    elif item.kind != "rating":
        message = f"«{member}» is of kind «{item.kind}»; only rating items can be scored"
        about.note(Rule.BAD_GROUP, message)
    elif member.endswith(META_SUFFIX) is not construct.endswith(META_SUFFIX):
        message = f"«{member}» is of the other perspective; guesses form groups of their own, "
        about.note(Rule.BAD_GROUP, f"{message}which end in {META_SUFFIX}")
    elif before != construct:
        message = f"«{member}» stands in the group {before} as well; an item counts once"
        about.note(Rule.BAD_GROUP, message)
