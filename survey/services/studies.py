"""Studies and their waves: made, opened, looked up, counted."""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.errors import BadInput, StudyExists, UnknownStudy, UnknownWave, WaveState
from survey.services import instruments, notices
from survey.services.naming import name_problem, slug_problem, tidy
from survey.services.partners import NewPartner, partners_of, partners_problems, rows_of
from survey.storage.models import (
    HIGHEST_GROUP,
    LOWEST_GROUP,
    PRIVACY_MODES,
    Assessment,
    Invitation,
    Roster,
    Study,
    StudyPartner,
    Wave,
    now,
)

log = logging.getLogger(__name__)


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
    privacy_mode: str = "confidential"


@dataclass(frozen=True, slots=True)
class Status:
    """How far a wave has come. While it is open this is all that anyone may know."""

    study: str
    title: str
    wave: int
    state: str
    instrument: str
    instrument_version: str
    privacy_mode: str
    sides: tuple[str, ...]
    languages: tuple[str, ...]
    partners: int
    min_group: int
    min_group_text: int
    invited: int
    assessments: int
    started: int
    saved: int
    submitted: int
    snapshot_sha256: str | None


def create(session: Session, new: NewStudy) -> Study:
    """Make a study with its partners and a first wave in draft.

    Raises
    ------
    BadInput
        With every reason why it cannot be made so.
    StudyExists
        The slug is taken.
    """
    named = tuple(NewPartner(tidy(partner.name), partner.kind) for partner in new.partners)
    problems = (*_study_problems(new), *partners_problems(named))
    if problems:
        raise BadInput(f"study {new.slug}", problems)
    if session.scalar(sa.select(Study.id).where(Study.slug == new.slug)):
        raise StudyExists(slug=new.slug)
    partners = rows_of(session, named)
    instruments.store(session, new.instrument)
    study = Study(
        slug=new.slug,
        title=tidy(new.title),
        instrument_id=new.instrument.id,
        instrument_version=new.instrument.version,
        privacy_mode=new.privacy_mode,
        sides=list(new.sides),
        languages=list(new.languages or new.instrument.languages),
        min_group=new.min_group,
        min_group_text=new.min_group_text,
    )
    session.add_all((study, *partners))
    session.flush()
    session.add(Wave(study_id=study.id, number=1))
    session.add_all(
        StudyPartner(study_id=study.id, partner_id=partner.id, place=place)
        for place, partner in enumerate(partners, 1)
    )
    session.flush()
    log.info("study made: %s, %d partners", study.slug, len(partners))
    return study


def open_wave(session: Session, slug: str, number: int | None = None) -> Wave:
    """Open a draft wave: links work from now on, and thresholds are frozen.

    Raises
    ------
    UnknownStudy, UnknownWave, WaveState
    """
    study, wave = find(session, slug, number)
    if wave.status != "draft":
        raise WaveState(
            wave=wave.number, slug=slug, state=wave.status, needed="draft", act="open it", hint=""
        )
    wave.status, wave.opened_at = "open", now()
    session.flush()
    notices.keep(session, study, wave)
    log.info("wave opened: study %s, wave %d", study.slug, wave.number)
    return wave


def find(session: Session, slug: str, number: int | None = None) -> tuple[Study, Wave]:
    """Find a wave of a study, the latest if no number is given.

    Raises
    ------
    UnknownStudy, UnknownWave
        Naming those that there are.
    """
    study = None
    if slug_problem(slug) is None:  # a terminal can hand over what no database takes
        study = session.scalar(sa.select(Study).where(Study.slug == slug))
    if study is None:
        known = session.scalars(sa.select(Study.slug).order_by(Study.slug)).all()
        raise UnknownStudy(slug=slug, known=", ".join(known) or "none")
    waves = session.scalars(
        sa.select(Wave).where(Wave.study_id == study.id).order_by(Wave.number)
    ).all()
    chosen = [wave for wave in waves if number in {None, wave.number}]
    if not chosen:
        known = [str(wave.number) for wave in waves]
        raise UnknownWave(slug=slug, wave=number, known=", ".join(known))
    return study, chosen[-1]


def status(session: Session, slug: str, number: int | None = None) -> Status:
    """Count participation in a wave, for the study as a whole and nothing finer."""
    study, wave = find(session, slug, number)
    in_wave = Assessment.wave_id == wave.id
    started = _count(session, sa.select(Assessment.id).where(in_wave))
    submitted = _count(
        session, sa.select(Assessment.id).where(in_wave, Assessment.receipt.is_not(None))
    )
    listed = (
        sa.select(Roster.place)
        .join(Invitation, Invitation.participant_id == Roster.participant_id)
        .where(Invitation.wave_id == wave.id)
    )
    return Status(
        study=study.slug,
        title=study.title,
        wave=wave.number,
        state=wave.status,
        instrument=study.instrument_id,
        instrument_version=study.instrument_version,
        privacy_mode=study.privacy_mode,
        sides=tuple(study.sides),
        languages=tuple(study.languages),
        partners=len(partners_of(session, study)),
        min_group=study.min_group,
        min_group_text=study.min_group_text,
        invited=_count(session, sa.select(Invitation.id).where(Invitation.wave_id == wave.id)),
        assessments=_count(session, listed),
        started=started,
        saved=started - submitted,
        submitted=submitted,
        snapshot_sha256=wave.snapshot_sha256,
    )


def _count(session: Session, rows: sa.Select[Any]) -> int:
    return session.scalars(sa.select(sa.func.count()).select_from(rows.subquery())).one()


def _study_problems(new: NewStudy) -> tuple[str, ...]:
    return tuple(
        problem
        for problem in (
            slug_problem(new.slug),
            name_problem(tidy(new.title), "title"),
            _choice_problem("side", new.sides, new.instrument.sides),
            _choice_problem(
                "language", new.languages or new.instrument.languages, new.instrument.languages
            ),
            _choice_problem("privacy mode", (new.privacy_mode,), PRIVACY_MODES),
            _threshold_problem(new),
        )
        if problem
    )


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
