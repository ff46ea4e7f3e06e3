"""How long the data of a wave are kept, and their deletion when that time has come."""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.files import destroy
from survey.services.published import (
    comments_path,
    older_snapshots,
    report_path,
    research_paths,
    results_path,
    snapshot_path,
    unfinished,
    workspace_path,
)
from survey.services.record.forgetting import forget_wave
from survey.services.researched import resting_on
from survey.settings import Settings
from survey.storage.engine import Storage, leave_no_trace
from survey.storage.models import (
    SIDES,
    AnonymousAnswers,
    Assessment,
    Draft,
    Invitation,
    OpenLink,
    Outbox,
    Participant,
    Participation,
    Roster,
    Study,
    Wave,
    today,
)
from survey.storage.schema import copies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purged:
    """A wave whose data are deleted; the counts of what was found."""

    study: str
    wave: int
    keep_until: dt.date
    rows: int
    people: int
    files: int


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


def purge(storage: Storage, settings: Settings, day: dt.date | None = None) -> tuple[Purged, ...]:
    """Delete the data of all waves whose last day is over: rows, people, data files, results.

    Parameters
    ----------
    storage, settings
        Of the installation.
    day
        Today, unless it is to be another day.

    Returns
    -------
    tuple of Purged
        The wave itself stays with its study, instrument and notices, without data. People
        stay only where they are invited to another wave of the study. Cards that were let out
        lose their numbers; what partners replied to them stays. The copies that
        upgrades made of the database go too, since they hold what it held before, and so do
        reports of later waves that were compared with this one; they can be made anew without.
    """
    with storage.read() as session:
        found = [(study.slug, wave.number, wave.id) for study, wave in due(session, day)]
    done = []
    for slug, number, wave_id in found:
        with storage.write() as session:
            wave = session.get_one(Wave, wave_id, with_for_update=True)
            if wave.purged_on is not None or wave.keep_until is None:
                continue  # another process was first
            leave_no_trace(session)
            # Files first: a wave that counts as purged is not looked at again.
            later = resting_on(session, settings, slug, number)
            files = _destroy_files(settings, slug, wave) + _destroyed([*later, *copies(storage)])
            rows, people = _delete_rows(session, wave)
            forget_wave(session, wave.id)
            wave.purged_on = day or today()
            done.append(Purged(slug, number, wave.keep_until, rows, people, files))
        log.info("purged: study %s, wave %d", slug, number)
    return tuple(done)


def _destroy_files(settings: Settings, slug: str, wave: Wave) -> int:
    place = (slug, wave.number)
    paths: list[Path] = [
        snapshot_path(settings, *place, wave.data_version),
        snapshot_path(settings, *place, wave.data_version + 1),  # of a withdrawal that failed
        *older_snapshots(settings, *place, wave.data_version),
        *unfinished(settings, *place),
    ]
    for side in (None, *SIDES):
        paths += [results_path(settings, *place, side), report_path(settings, *place, side)]
    paths += reversed(research_paths(settings, *place))
    paths += [workspace_path(settings, *place), comments_path(settings, *place)]
    return _destroyed(paths)


def _destroyed(paths: Iterable[Path]) -> int:
    there = [path for path in paths if path.exists()]
    for path in there:
        destroy(path)
    return len(there)


def _delete_rows(session: Session, wave: Wave) -> tuple[int, int]:
    """Delete what people gave in a wave, and the people who are in no other wave."""
    counted = sa.select(sa.func.count())
    rows = sum(
        session.scalars(counted.select_from(table).where(table.wave_id == wave.id)).one()
        for table in (Assessment, AnonymousAnswers)
    )
    invited = session.scalars(
        sa.select(Invitation.participant_id).where(Invitation.wave_id == wave.id)
    ).all()
    kept = (Assessment, AnonymousAnswers, Draft, Participation, OpenLink, Outbox, Invitation)
    for table in kept:
        session.execute(sa.delete(table).where(table.wave_id == wave.id))
    elsewhere = sa.exists().where(Invitation.participant_id == Participant.id)
    gone = session.scalars(
        sa.select(Participant.id).where(Participant.study_id == wave.study_id, ~elsewhere)
    ).all()
    leaving = set(gone) & set(invited)
    session.execute(sa.delete(Roster).where(Roster.participant_id.in_(leaving)))
    session.execute(sa.delete(Participant).where(Participant.id.in_(leaving)))
    return rows, len(leaving)
