"""A questionnaire for studies that do not tell who answered."""

from msgspec import structs

from questionnaires.model import Instrument, scored
from questionnaires.parts import PERSPECTIVES, Condition


def nameless(instrument: Instrument) -> Instrument:
    """Leave out the items that make sense only where it is known who answers.

    Such as a wish to be contacted, which nobody can meet in a study without names.

    Parameters
    ----------
    instrument : any instrument

    Returns
    -------
    The instrument without the items marked `only_named`, without items and pages shown only
    after one of those, and without pages left empty; the same object where nothing goes.

    """
    gone = {item.id for item in instrument.items if item.only_named}
    pages = []
    for page in instrument.pages:  # a condition names an item of an earlier page
        closed = _needs(page.show_if, gone)
        gone |= {item.id for item in page.items if closed or _needs(item.show_if, gone)}
        kept = tuple(item for item in page.items if item.id not in gone)
        if kept:
            pages.append(structs.replace(page, items=kept))
    if not gone:
        return instrument
    items = [item for page in pages for item in page.items]
    groups = {
        group: left
        for group, members in instrument.groups.items()
        if (left := tuple(member for member in members if member not in gone))
    }
    used = scored(items, groups)
    perspectives = {item.perspective for item in items}
    return structs.replace(
        instrument,
        pages=tuple(pages),
        groups=groups,
        constructs=tuple(each for each in instrument.constructs if each.id in used),
        perspectives=tuple(each for each in PERSPECTIVES if each in perspectives),
    )


def _needs(conditions: tuple[Condition, ...], gone: set[str]) -> bool:
    return any(condition.item in gone for condition in conditions)
