"""What a new study may be, with every reason why it may not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from questionnaires import Instrument, nameless
from survey.services.naming import LONGEST_NAME, name_problem, slug_problem, tidy
from survey.services.partners import NewPartner, partners_problems
from survey.storage.models import (
    CONFIDENTIAL,
    HIGHEST_GROUP,
    IDENTIFIED,
    LONGEST_KEPT,
    LOWEST_GROUP,
    PRIVACY_MODES,
    SHORTEST_KEPT,
)

HEAVIEST: Final = 1000
_NAMELESS: Final = "every question needs to know who answers: use identified"


@dataclass(frozen=True, slots=True)
class NewStudy:
    """Everything that is decided when a study is made."""

    slug: str
    title: str
    instrument: Instrument
    partners: tuple[NewPartner, ...]
    sides: tuple[str, ...] = ("ours",)
    languages: tuple[str, ...] = ()
    min_group: int = 5
    min_group_text: int = 10
    privacy_mode: str = CONFIDENTIAL
    contact: str = ""
    retention_days: int = 730
    weights: Mapping[str, float] | None = None


def named(new: NewStudy) -> tuple[NewPartner, ...]:
    """Give the partners of a new study, their names tidied."""
    return tuple(NewPartner(tidy(partner.name), partner.kind) for partner in new.partners)


def asked(new: NewStudy) -> Instrument:
    """Give the questionnaire without what only a study that tells names can ask."""
    return new.instrument if new.privacy_mode == IDENTIFIED else nameless(new.instrument)


def study_problems(new: NewStudy) -> tuple[str, ...]:
    """Say everything that is wrong with a new study."""
    return tuple(said for problems in problems_by_field(new).values() for said in problems)


def problems_by_field(new: NewStudy) -> dict[str, list[str]]:
    """Say everything that is wrong, by what was decided; what is right is not there."""
    offered = new.instrument.languages
    nothing = None if asked(new).pages else _NAMELESS
    found = {
        "slug": (slug_problem(new.slug),),
        "title": (name_problem(tidy(new.title), "title"),),
        "instruments": (_instrument_problem(new.instrument),),
        "sides": (_choice_problem("side", new.sides, new.instrument.sides),),
        "languages": (_choice_problem("language", new.languages or offered, offered),),
        "privacy_mode": (
            _choice_problem("privacy mode", (new.privacy_mode,), PRIVACY_MODES),
            nothing,
        ),
        "min_group": (_threshold_problem(new),),
        "contact": (_contact_problem(tidy(new.contact)),),
        "retention_days": (_retention_problem(new.retention_days),),
        "weights": (_weights_problem(new),),
        "partners": partners_problems(named(new)),
    }
    return {
        field: [problem for problem in problems if problem]
        for field, problems in found.items()
        if any(problems)
    }


def _choice_problem(what: str, chosen: tuple[str, ...], allowed: tuple[str, ...]) -> str | None:
    wrong = [value for value in chosen if value not in allowed]
    if wrong or not chosen:
        given = ", ".join(map(repr, wrong)) or "nothing"
        return f"{what}: {given} was given; allowed are {', '.join(allowed)}"
    twice = [value for value, times in Counter(chosen).items() if times > 1]
    return f"{what}: {twice[0]!r} was given twice" if twice else None


def _threshold_problem(new: NewStudy) -> str | None:
    if not LOWEST_GROUP <= new.min_group <= HIGHEST_GROUP:
        return (
            f"min-group is {new.min_group}; allowed is {LOWEST_GROUP} to {HIGHEST_GROUP} "
            "(fewer would show single persons, more would hide nearly everything)"
        )
    if not new.min_group <= new.min_group_text <= HIGHEST_GROUP:
        return (
            f"min-group-text is {new.min_group_text}; allowed is {new.min_group} (min-group) "
            f"to {HIGHEST_GROUP}, because words tell more about a person than numbers"
        )
    return None


def _instrument_problem(instrument: Instrument) -> str | None:
    """Refuse so many instruments at once that their names no longer fit."""
    if len(instrument.id) <= LONGEST_NAME:
        return None
    return (
        f"the instruments have {len(instrument.id)} characters in their names, at most "
        f"{LONGEST_NAME} are kept: combine fewer"
    )


def _contact_problem(contact: str) -> str | None:
    """Refuse a contact that cannot be shown; none at all is allowed."""
    if not contact:
        return None
    if len(contact) > LONGEST_NAME:
        return f"the contact has {len(contact)} characters, at most {LONGEST_NAME} are allowed"
    return name_problem(contact, "contact")


def _weights_problem(new: NewStudy) -> str | None:
    """Refuse weights of what is not measured, and such as weigh nothing."""
    if new.weights is None:
        return None
    measured = list(asked(new).scoring_key())
    unknown = [name for name in new.weights if name not in measured]
    if unknown:
        return f"weight: {unknown[0]!r} is none of {', '.join(measured)}"
    wrong = [name for name, weight in new.weights.items() if not 0 < weight <= HEAVIEST]
    if wrong:
        given = new.weights[wrong[0]]
        return f"weight: {wrong[0]} weighs {given:g}; allowed is more than 0, up to {HEAVIEST}"
    return None if new.weights else "weight: there is none; leave them out for equal weights"


def _retention_problem(days: int) -> str | None:
    if SHORTEST_KEPT <= days <= LONGEST_KEPT:
        return None
    return (
        f"retention-days is {days}; allowed is {SHORTEST_KEPT} to {LONGEST_KEPT} days after "
        "closing, when answers and results are deleted"
    )
