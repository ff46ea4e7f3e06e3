"""Until when the data of each wave are kept, and which are due to be deleted."""

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.models import (
    AnonymousAnswers,
    Assessment,
    Draft,
    Invitation,
    Study,
    Wave,
    today,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long the data of a wave are kept, and what will go then.

    Parameters
    ----------
    study, title, wave, state
        Which wave, and whether it is in draft, open or closed.
    days
        Promised days after closing; ``None`` where none were.
    goes_on
        The first day on which the data are deleted; ``None`` before closing, or without a promise.
    purged_on
        When they were.
    assessments, people
        What is there now: stored assessments, submitted or not, and people invited.
    """

    study: str
    title: str
    wave: int
    state: str
    days: int | None
    goes_on: dt.date | None
    purged_on: dt.date | None
    assessments: int
    people: int


def kept(session: Session) -> tuple[Kept, ...]:
    """Say of each wave until when its data are kept: what goes next first, the rest by name."""
    stored: Counter[uuid.UUID] = Counter()
    for table in (Assessment, AnonymousAnswers, Draft):
        stored.update(_by_wave(session, table.wave_id))
    people = _by_wave(session, Invitation.wave_id)
    rows = session.execute(
        sa.select(Study, Wave)
        .join(Wave, Wave.study_id == Study.id)
        .order_by(
            Wave.purged_on.is_not(None), Wave.keep_until.is_(None), Wave.keep_until, Study.slug
        )
        .order_by(Wave.number)
    )
    return tuple(
        Kept(
            study=study.slug,
            title=study.title,
            wave=wave.number,
            state=wave.status,
            days=study.retention_days,
            goes_on=wave.keep_until + dt.timedelta(days=1) if wave.keep_until else None,
            purged_on=wave.purged_on,
            assessments=stored[wave.id],
            people=people.get(wave.id, 0),
        )
        for study, wave in rows
    )


def _by_wave(session: Session, column: Any) -> dict[uuid.UUID, int]:  # noqa: ANN401
    rows = session.execute(sa.select(column, sa.func.count()).group_by(column))
    return {wave: number for wave, number in rows if wave is not None}


def keep_until(retention_days: int | None, closed_on: dt.date) -> dt.date | None:
    """Give the last day on which the data of a wave are kept; ``None`` where none was promised.

    A study of before there was a date has none.
    """
    return None if retention_days is None else closed_on + dt.timedelta(days=retention_days)


def due(session: Session, day: dt.date | None = None) -> list[tuple[Study, Wave]]:
    """Give the closed waves whose last day is over, oldest first."""
    rows = session.execute(
        sa.select(Study, Wave)
        .join(Wave, Wave.study_id == Study.id)
        .where(
            Wave.status == "closed",
            Wave.purged_on.is_(None),
            Wave.keep_until < (day or today()),
        )
        .order_by(Wave.keep_until, Study.slug, Wave.number)
    )
    return [(study, wave) for study, wave in rows]
