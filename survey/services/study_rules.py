"""What a new study may be, with every reason why it may not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from questionnaires import Instrument, nameless
from survey.services.naming import LONGEST_NAME, name_problem, none_of, slug_problem, tidy
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
from survey.words import in_words

HEAVIEST: Final = 1000


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
    nothing = (
        None
        if asked(new).pages
        else in_words("every question needs to know who answers: choose identified")
    )
    found = {
        "slug": (slug_problem(new.slug),),
        "title": (labelled(in_words("title"), name_problem(tidy(new.title))),),
        "instruments": (_instrument_problem(new.instrument),),
        "sides": (_choice_problem(in_words("side"), new.sides, new.instrument.sides),),
        "languages": (_choice_problem(in_words("language"), new.languages or offered, offered),),
        "privacy_mode": (
            _choice_problem(in_words("privacy mode"), (new.privacy_mode,), PRIVACY_MODES),
            nothing,
        ),
        "min_group": (_scores_problem(new),),
        "min_group_text": (None if _scores_problem(new) else _words_problem(new),),
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


def labelled(field: str, problem: str | None) -> str | None:
    """Say to what a problem belongs."""
    return problem and in_words("%(field)s: %(problem)s", field=field, problem=problem)


def _choice_problem(what: str, chosen: tuple[str, ...], allowed: tuple[str, ...]) -> str | None:
    wrong = [value for value in chosen if value not in allowed]
    if wrong or not chosen:
        given = ", ".join(map(repr, wrong)) or in_words("nothing")
        return in_words(
            "%(what)s: %(given)s was given; allowed are %(allowed)s",
            what=what,
            given=given,
            allowed=", ".join(allowed),
        )
    twice = [value for value, times in Counter(chosen).items() if times > 1]
    if not twice:
        return None
    return in_words("%(what)s: %(given)r was given twice", what=what, given=twice[0])


def _scores_problem(new: NewStudy) -> str | None:
    if not LOWEST_GROUP <= new.min_group <= HIGHEST_GROUP:
        return in_words(
            "the threshold for scores is %(given)d; allowed is %(lowest)d to %(highest)d (fewer "
            "would show single persons, more would hide nearly everything)",
            given=new.min_group,
            lowest=LOWEST_GROUP,
            highest=HIGHEST_GROUP,
        )
    return None


def _words_problem(new: NewStudy) -> str | None:
    if not new.min_group <= new.min_group_text <= HIGHEST_GROUP:
        return in_words(
            "the threshold for words is %(given)d; allowed is %(lowest)d (the one for scores) to "
            "%(highest)d, because words tell more about a person than numbers",
            given=new.min_group_text,
            lowest=new.min_group,
            highest=HIGHEST_GROUP,
        )
    return None


def _instrument_problem(instrument: Instrument) -> str | None:
    """Refuse so many instruments at once that their names no longer fit."""
    if len(instrument.id) <= LONGEST_NAME:
        return None
    return in_words(
        "the instruments have %(has)d characters in their names, at most %(most)d are kept: "
        "combine fewer",
        has=len(instrument.id),
        most=LONGEST_NAME,
    )


def _contact_problem(contact: str) -> str | None:
    """Refuse a contact that cannot be shown; none at all is allowed."""
    if not contact:
        return None
    return labelled(in_words("contact"), name_problem(contact))


def _weights_problem(new: NewStudy) -> str | None:
    """Refuse weights of what is not measured, and such as weigh nothing."""
    if new.weights is None:
        return None
    measured = list(asked(new).scoring_key())
    unknown = [name for name in new.weights if name not in measured]
    if unknown:
        return labelled(in_words("weight"), none_of(unknown[0], measured))
    wrong = [name for name, weight in new.weights.items() if not 0 < weight <= HEAVIEST]
    if wrong:
        return in_words(
            "weight: %(name)s weighs %(given)g; allowed is more than 0, up to %(most)d",
            name=wrong[0],
            given=new.weights[wrong[0]],
            most=HEAVIEST,
        )
    if new.weights:
        return None
    return in_words("weight: there is none; leave them out for equal weights")


def _retention_problem(days: int) -> str | None:
    if SHORTEST_KEPT <= days <= LONGEST_KEPT:
        return None
    return in_words(
        "the data are kept %(given)d days; allowed is %(shortest)d to %(longest)d days after "
        "closing, when answers and results are deleted",
        given=days,
        shortest=SHORTEST_KEPT,
        longest=LONGEST_KEPT,
    )
