"""What a respondent of a study would meet, made for a look; nothing here is ever stored.

A study in the making and one that is made are brought into the same shape, and a respondent
is made of it who is nobody: without a link, without a person, with the words of that side.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from msgspec import structs
from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.kinds import Answer, Given
from survey.services import drafts, notices
from survey.services.answers import read_page
from survey.services.drafts import Chosen
from survey.services.instruments import stored
from survey.services.notices import Notice
from survey.services.partners import partners_of
from survey.services.respondents import Respondent, RosterEntry, State, state_of
from survey.services.studies import find
from survey.services.study_rules import NewStudy, asked
from survey.storage.models import Installation, Study, Wave

NOBODY: Final = uuid.UUID(int=0)
_NEEDED: Final = ("questions", "people", "privacy")  # steps without which nothing can be shown


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A study as far as respondents see it; ``partners`` and ``title`` may still be empty.

    ``rules`` are what its notice is filled with; of a wave that has opened the notice that was
    kept is shown, ``wave`` is its row.
    """

    title: str
    instrument: Instrument
    sides: tuple[str, ...]
    languages: tuple[str, ...]
    partners: tuple[str, ...]
    rules: Study | NewStudy
    wave: Wave | None = None

    @property
    def answer_by(self) -> dt.date | None:
        """By which day people are asked to answer."""
        return self.wave.answer_by if self.wave else None


@dataclass(frozen=True, slots=True)
class Unready:
    """A study in the making of which nothing can be shown yet; ``steps`` are still to be done."""

    steps: tuple[str, ...]


def of_study(session: Session, slug: str) -> Subject:
    """Give the latest wave of a study, in whatever state.

    Raises
    ------
    UnknownStudy
    """
    study, wave = find(session, slug)
    return Subject(
        title=study.title,
        instrument=stored(session, study.instrument_id, study.instrument_version),
        sides=tuple(study.sides),
        languages=tuple(study.languages),
        partners=tuple(partner.name for partner in partners_of(session, study)),
        rules=study,
        wave=wave,
    )


def of_draft(chosen: Chosen) -> Subject | Unready:
    """Give a study in the making, or what is to be chosen before it can be shown."""
    wrong = drafts.problems(chosen)
    steps = tuple(step for step in _NEEDED if step in wrong)
    if steps:
        return Unready(steps)
    instrument = asked(drafts.new_study(chosen))
    return Subject(
        title=chosen.title,
        instrument=instrument,
        sides=chosen.sides,
        languages=chosen.languages or instrument.languages,
        partners=chosen.partners,
        rules=drafts.new_study(chosen),
    )


def respondent(
    session: Session,
    subject: Subject,
    side: str,
    language: str,
    partners: tuple[str, ...],
    *,
    left_out: frozenset[int] = frozenset(),
    done: frozenset[int] = frozenset(),
) -> Respondent:
    """Make a respondent who is nobody.

    Parameters
    ----------
    session
        Any; it is only read.
    subject
        The study.
    side, language
        Of the respondent; of those that the study has.
    partners
        Names on the list, in this order.
    left_out, done
        Places on the list, from 1, that the respondent does not know, or has sent.
    """
    rules = subject.rules
    return Respondent(
        ticket="",
        invitation_id=None,
        study_slug="",
        study_title=subject.title,
        organisation=session.scalars(sa.select(Installation.organisation)).one(),
        privacy_mode=rules.privacy_mode,
        min_group=rules.min_group,
        min_group_text=rules.min_group_text,
        wave_number=subject.wave.number if subject.wave else 1,
        language=language,
        languages=subject.languages,
        side=side,
        instrument=subject.instrument,
        notice=_notice(session, subject, side, language),
        roster=tuple(
            RosterEntry(place, name, _state(place, left_out, done), 0, None, NOBODY)
            for place, name in enumerate(partners, 1)
        ),
        participant_id=None,
        wave_id=NOBODY,
        answer_by=subject.answer_by,
    )


def unconditional(instrument: Instrument) -> Instrument:
    """Give the questionnaire with every question shown to everybody, whatever they answer."""
    pages = tuple(
        structs.replace(
            page,
            show_if=(),
            items=tuple(structs.replace(item, show_if=()) for item in page.items),
        )
        for page in instrument.pages
    )
    return structs.replace(instrument, pages=pages)


def answers_of(instrument: Instrument, given: Mapping[str, Given]) -> dict[str, Answer]:
    """Read what was given in a preview as it would be kept, page by page.

    Parameters
    ----------
    instrument
        The questionnaire.
    given
        Item id → what a form said; ids that the questionnaire does not have are passed over.

    Raises
    ------
    OffScale, TooManyChosen, TextTooLong
    """
    answers: dict[str, Answer] = {}
    for number, page in enumerate(instrument.pages, 1):
        on_page = {item.id: given[item.id] for item in page.items if item.id in given}
        read = read_page(instrument, number, on_page, answers, whole=False)
        answers.update({item: value for item, value in read.items() if value is not None})
    return answers


def _state(place: int, left_out: frozenset[int], done: frozenset[int]) -> State:
    return state_of(None, submitted=place in done, declined=place in left_out)


def _notice(session: Session, subject: Subject, side: str, language: str) -> Notice:
    """Give what was kept when the wave opened, or what would be kept if it opened now."""
    if subject.wave is not None and subject.wave.status != "draft":
        return notices.shown(session, subject.wave.id, side, language)
    return notices.written(session, subject.rules, side, language)
