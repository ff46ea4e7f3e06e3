"""Studies that are being made, step by step: what was chosen so far, and what is wrong with it."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

import questionnaires
from questionnaires import Instrument, InstrumentError
from survey.errors import BadInput, NoDraft
from survey.services import studies, study_rules
from survey.services.partners import NewPartner, partners_of
from survey.services.study_rules import NewStudy
from survey.storage.models import (
    CONFIDENTIAL,
    HIGHEST_GROUP,
    SHORTEST_KEPT,
    Study,
    StudyDraft,
    now,
)
from survey.words import in_words

log = logging.getLogger(__name__)

# step → the fields that it decides, in the order in which a person meets them
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("title", "slug", "contact"),
    "questions": ("instruments",),
    "partners": ("partners",),
    "people": ("sides", "languages"),
    "privacy": ("privacy_mode", "min_group", "min_group_text", "retention_days"),
    "weights": ("weights",),
}
N = TypeVar("N", int, float)
_OF_QUESTIONS: Final = frozenset({"instruments", "sides", "languages", "weights", "privacy_mode"})
LAST: Final = "review"  # where all is looked at, and the study is made


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was chosen of a study so far; what nobody touched is as in any new study.

    Where a number is asked for and none was typed, what was typed stands in its place.
    """

    title: str = ""
    slug: str = ""
    contact: str = ""
    instruments: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    sides: tuple[str, ...] = ("ours",)
    languages: tuple[str, ...] = ()
    privacy_mode: str = CONFIDENTIAL
    min_group: int | str = 5
    min_group_text: int | str = 10
    retention_days: int | str = 730
    weights: dict[str, float | str] = {}


# The types are read here, by one thread: see questionnaires.model.
msgspec.json.Decoder(Chosen)


@dataclass(frozen=True, slots=True)
class Draft:
    """A study in the making."""

    key: uuid.UUID
    chosen: Chosen


def begin(session: Session, *, like: str | None = None) -> Draft:
    """Begin a study, from nothing or with the choices of another one.

    Parameters
    ----------
    session
        A writing session.
    like
        The study to begin from; its name and title are to be chosen anew.

    Raises
    ------
    UnknownStudy
    """
    chosen = Chosen() if like is None else _choices_of(session, like)
    row = StudyDraft(chosen=msgspec.to_builtins(chosen))
    session.add(row)
    session.flush()
    return Draft(row.id, chosen)


def draft(session: Session, key: uuid.UUID) -> Draft:
    """Find a study in the making.

    Raises
    ------
    NoDraft
        It was made, or dropped.
    """
    return Draft(key, msgspec.convert(_row(session, key).chosen, Chosen))


def drafts(session: Session) -> list[Draft]:
    """Give all studies in the making, the latest changed first."""
    rows = session.scalars(sa.select(StudyDraft).order_by(StudyDraft.changed_at.desc())).all()
    return [Draft(row.id, msgspec.convert(row.chosen, Chosen)) for row in rows]


def choose(session: Session, key: uuid.UUID, **fields: Any) -> Draft:  # noqa: ANN401 (fields of Chosen)
    """Keep what was chosen in a step; it may still be wrong, and is not lost for that."""
    row = _row(session, key)
    chosen = msgspec.structs.replace(draft(session, key).chosen, **fields)
    row.chosen, row.changed_at = msgspec.to_builtins(chosen), now()
    session.flush()
    return Draft(key, chosen)


def drop(session: Session, key: uuid.UUID) -> None:
    """Give a study up before it was made."""
    session.delete(_row(session, key))
    session.flush()


def problems(chosen: Chosen) -> dict[str, list[str]]:
    """Say what is wrong, by step; a step with nothing wrong is not there."""
    steps = {field: step for step, fields in STEPS.items() for field in fields}
    by_step: dict[str, list[str]] = {}
    for field, said in problems_by_field(chosen).items():
        by_step.setdefault(steps[field.partition("-")[0]], []).extend(said)
    return by_step


def problems_by_field(chosen: Chosen) -> dict[str, list[str]]:
    """Say what is wrong, by field; that of a single weight is ``weights-`` with its construct."""
    try:
        found = study_rules.problems_by_field(new_study(chosen))
    except InstrumentError as error:
        some = msgspec.structs.replace(chosen, instruments=questionnaires.available()[:1])
        rest = study_rules.problems_by_field(new_study(some))
        found = {field: said for field, said in rest.items() if field not in _OF_QUESTIONS}
        found["instruments"] = [problem.message for problem in error.problems]
    return found | {
        field: [in_words("“%(typed)s” is no number that can stand here", typed=typed)]
        for field, typed in _no_numbers(chosen).items()
    }


def finish(session: Session, key: uuid.UUID) -> Study:
    """Make the study that was chosen, with a first wave in draft.

    Raises
    ------
    NoDraft
    BadInput
        With everything that is wrong; the choices are kept.
    StudyExists
        The name is taken.
    """
    chosen = draft(session, key).chosen
    wrong = problems(chosen)
    if wrong:
        said = tuple(line for step in STEPS for line in wrong.get(step, ()))
        raise BadInput(f"study {chosen.slug or chosen.title}", said)
    made = studies.create(session, new_study(chosen))
    drop(session, key)
    return made


def instrument_of(chosen: Chosen) -> Instrument:
    """Load the questionnaire that was chosen, one or several in one.

    Raises
    ------
    InstrumentError
        None was chosen, it is not there, or they do not go together.
    """
    return questionnaires.combine(*(questionnaires.load(each) for each in chosen.instruments))


def new_study(chosen: Chosen) -> NewStudy:
    """Give what was chosen as a study to be made; what is wrong with it is not looked at."""
    return NewStudy(
        slug=chosen.slug,
        title=chosen.title,
        instrument=instrument_of(chosen),
        partners=tuple(NewPartner(name) for name in chosen.partners),
        sides=chosen.sides,
        languages=chosen.languages,
        min_group=_number(chosen.min_group, 5),
        min_group_text=_number(chosen.min_group_text, HIGHEST_GROUP),
        privacy_mode=chosen.privacy_mode,
        contact=chosen.contact,
        retention_days=_number(chosen.retention_days, SHORTEST_KEPT),
        weights={name: _number(weight, 1.0) for name, weight in chosen.weights.items()} or None,
    )


def _no_numbers(chosen: Chosen) -> dict[str, str]:
    """Give what was typed where numbers are asked for and is none, by field."""
    typed: dict[str, float | str] = {
        field: getattr(chosen, field) for field in ("min_group", "min_group_text", "retention_days")
    }
    typed |= {f"weights-{name}": weight for name, weight in chosen.weights.items()}
    return {field: each for field, each in typed.items() if isinstance(each, str)}


def _number(typed: N | str, instead: N) -> N:
    """Give a number; one that breaks no rule where none was typed, since that is told itself."""
    return instead if isinstance(typed, str) else typed


def _choices_of(session: Session, slug: str) -> Chosen:
    study, _ = studies.find(session, slug)
    return Chosen(
        contact=study.contact or "",
        instruments=tuple(study.instrument_id.split("+")),
        partners=tuple(
            partner.name for partner in partners_of(session, study) if not partner.archived_on
        ),
        sides=tuple(study.sides),
        languages=tuple(study.languages),
        privacy_mode=study.privacy_mode,
        min_group=study.min_group,
        min_group_text=study.min_group_text,
        retention_days=study.retention_days or Chosen().retention_days,
        weights=dict(study.weights or {}),
    )


def _row(session: Session, key: uuid.UUID) -> StudyDraft:
    row = session.get(StudyDraft, key)
    if row is None:
        raise NoDraft
    return row
