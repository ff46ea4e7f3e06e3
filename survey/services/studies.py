"""Studies and their waves: made, opened, looked up, counted."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import BadInput, StudyExists, UnknownStudy, UnknownWave, WaveState
from survey.services import counters, instruments, notices, translations
from survey.services.naming import slug_problem, tidy
from survey.services.partners import partners_of, rows_of
from survey.services.study_rules import NewStudy, asked, named, study_problems
from survey.services.translations import shortcomings
from survey.storage.models import (
    Invitation,
    Study,
    StudyPartner,
    Wave,
    now,
    today,
)

__all__ = [
    "NewStudy",
    "Status",
    "ask_until",
    "create",
    "find",
    "next_wave",
    "open_wave",
    "require_state",
    "status",
]

log = logging.getLogger(__name__)


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
    opened: int
    started: int
    saved: int
    submitted: int
    withdrawn: int
    declined: int
    contact: str | None
    retention_days: int | None
    answer_by: dt.date | None
    weights: dict[str, Any] | None
    keep_until: dt.date | None
    purged_on: dt.date | None
    accepted: dict[str, Any] | None
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
    problems = study_problems(new)
    if problems:
        raise BadInput(f"study {new.slug}", problems)
    if session.scalar(sa.select(Study.id).where(Study.slug == new.slug)):
        raise StudyExists(slug=new.slug)
    partners = rows_of(session, named(new))
    instrument = asked(new)
    instruments.store(session, instrument)
    languages = new.languages or instrument.languages
    study = Study(
        slug=new.slug,
        title=tidy(new.title),
        instrument_id=instrument.id,
        instrument_version=instrument.version,
        privacy_mode=new.privacy_mode,
        sides=list(new.sides),
        languages=list(languages),
        min_group=new.min_group,
        min_group_text=new.min_group_text,
        contact=tidy(new.contact) or None,
        retention_days=new.retention_days,
        translations=shortcomings(instrument, languages),
        weights=dict(new.weights) if new.weights else None,
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


def open_wave(
    session: Session,
    slug: str,
    number: int | None = None,
    *,
    accept: Sequence[str] = (),
    by: str = "",
    at: dt.datetime | None = None,
) -> Wave:
    """Open a draft wave: links work from now on, and thresholds are frozen.

    Parameters
    ----------
    session
        A writing session.
    slug, number
        The study, and its wave: the latest if not given.
    accept
        Languages whose translations are used although they are not reviewed, or stale.
    by
        Who accepts them.
    at
        When it is opened: now if not told.

    Raises
    ------
    UnknownStudy, UnknownWave, WaveState, TranslationsNotReady
    """
    study, wave = find(session, slug, number)
    require_state(slug, wave, "draft", act="open it")
    translations.accept(study, wave, accept, by)
    wave.status, wave.opened_at = "open", at or now()
    session.flush()
    notices.keep(session, study, wave)
    log.info("wave opened: study %s, wave %d", study.slug, wave.number)
    return wave


def next_wave(session: Session, slug: str) -> Wave:
    """Begin another wave of a study, in draft, once the last one is closed.

    Raises
    ------
    UnknownStudy, WaveState
    """
    study, last = find(session, slug)
    hint = f"; run `tillit study close {slug}`" if last.status == "open" else ""
    require_state(slug, last, "closed", act="begin the next one", hint=hint)
    wave = Wave(study_id=study.id, number=last.number + 1)
    session.add(wave)
    session.flush()
    log.info("wave made: study %s, wave %d", study.slug, wave.number)
    return wave


def ask_until(session: Session, slug: str, day: dt.date, number: int | None = None) -> Wave:
    """Say until when people are asked to answer a wave, in draft or open.

    It is a plea and no lock: answers are taken until the wave is closed, so that nobody loses
    what they have begun.

    Raises
    ------
    UnknownStudy, UnknownWave, WaveState
    BadInput
        The day is over.
    """
    _, wave = find(session, slug, number)
    require_state(slug, wave, "draft", "open", act="ask for answers by a day")
    if day < today():
        said = f"{day.isoformat()} is over; name today ({today().isoformat()}) or a later day"
        raise BadInput(f"study {slug}", (said,))
    wave.answer_by = day
    session.flush()
    log.info("answers asked for: study %s, wave %d, by %s", slug, wave.number, day)
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


def require_state(slug: str, wave: Wave, *states: str, act: str, hint: str = "") -> None:
    """Raise `WaveState` unless the wave is in one of the states in which this can be done."""
    if wave.status not in states:
        raise WaveState(
            wave=wave.number,
            slug=slug,
            state=wave.status,
            needed=" or ".join(states),
            act=act,
            hint=hint,
        )


def status(session: Session, slug: str, number: int | None = None) -> Status:
    """Count participation in a wave, for the study as a whole and nothing finer."""
    study, wave = find(session, slug, number)
    counts = counters.of_wave(session, study, wave)
    invited = sa.select(sa.func.count()).where(Invitation.wave_id == wave.id)
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
        invited=session.scalars(invited).one(),
        assessments=counts.asked,
        opened=counts.opened,
        started=counts.started,
        saved=counts.saved,
        submitted=counts.submitted,
        withdrawn=counts.withdrawn,
        declined=counts.declined,
        contact=study.contact,
        retention_days=study.retention_days,
        answer_by=wave.answer_by,
        weights=study.weights,
        keep_until=wave.keep_until,
        purged_on=wave.purged_on,
        accepted=wave.overrides,
        snapshot_sha256=wave.snapshot_sha256,
    )
